import type { ClusterRenewal, PlannedRenewal } from "../kubernetes/cluster/renewal.ts";
import { escapeUnseen } from "../x509/name-text.ts";
import { countOf } from "./report.ts";

/**
 * What a renewal will change, for people to look at before it is done: a line with `-` for what goes, with `+` for what comes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatClusterRenewal, issueClusterPki, planClusterPki, planRenewal, type ClusterConfig } from "kubepki";
 *
 * const config: ClusterConfig = { nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] };
 * const { certificates } = await issueClusterPki(config);
 * const servers = certificates.filter(({ name }) => name === "apiserver");
 * const renewal = planRenewal(planClusterPki({ ...config, certSANs: ["api.example.com"] }), servers);
 * assert.match(formatClusterRenewal(renewal), /^ {2}\+ dnsNames: api.example.com$/m);
 * ```
 */
export function formatClusterRenewal({ renewals, findings }: ClusterRenewal): string {
  const lines = [
    ...renewals.flatMap(linesOf),
    `${countOf(renewals.length, "certificate")} to renew`,
    ...findings.map(({ severity, path, message }) => `${severity}: ${path}: ${message}`),
  ];
  return `${lines.map(escapeUnseen).join("\n")}\n`;
}

function linesOf({ planned: { name, node }, changes }: PlannedRenewal): string[] {
  return [
    node === undefined ? name : `${name} on ${node}`,
    ...changes.flatMap(({ field, removed, added }) => [
      ...removed.map((value) => `  - ${field}: ${value}`),
      ...added.map((value) => `  + ${field}: ${value}`),
    ]),
    "",
  ];
}
