import type { ClusterPlan, PlannedCertificate } from "../kubernetes/cluster/plan.ts";
import type { CertificateUse } from "../kubernetes/cluster/certificate-row.ts";
import { escapeUnseen } from "../x509/name-text.ts";
import { countOf } from "./report.ts";
import { spanInWords } from "./time-words.ts";

/** Certificates of one name: one for the cluster, or one on each of some nodes. */
export interface PlannedGroup {
  /** The first of them. */
  readonly planned: PlannedCertificate;
  /** On how many nodes it is; 0 if the cluster has it once. */
  readonly nodes: number;
}

/** A plan as people look at it: thousands of kubelets are one line. */
export function groupsOf({ certificates }: ClusterPlan): PlannedGroup[] {
  const groups = new Map<string, PlannedGroup>();
  for (const planned of certificates) {
    const nodes = (groups.get(planned.name)?.nodes ?? 0) + (planned.node === undefined ? 0 : 1);
    groups.set(planned.name, { planned: groups.get(planned.name)?.planned ?? planned, nodes });
  }
  return [...groups.values()];
}

/** `O=system:nodes, CN=system:node:w-1`: what Kubernetes reads. */
export function subjectText({ subject: { organizations = [], commonName } }: PlannedCertificate): string {
  const groups = organizations.map((group) => `O=${group}`);
  return [...groups, ...(commonName === undefined ? [] : [`CN=${commonName}`])].join(", ");
}

/** For whom: a node, some nodes, or the cluster. */
export function placeText({ planned, nodes }: PlannedGroup): string {
  if (nodes === 0) return "cluster";
  return nodes === 1 ? planned.node! : countOf(nodes, "node");
}

const HEADINGS: readonly string[] = [
  "certificate",
  "on",
  "subject",
  "issuer",
  "usage",
  "names",
  "valid",
  "files",
  "used by",
];

/**
 * A plan as a table for people, in plain text: a line for each certificate, what each node has in one line for all of them. Where nodes differ, it shows the first.
 *
 * The last column has the flags that name the files. For programs, the plan itself is JSON: `JSON.stringify(plan)`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatClusterPlan, planClusterPki } from "kubepki";
 *
 * const plan = planClusterPki({ nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] });
 * assert.match(formatClusterPlan(plan), /^apiserver +cp-1 +CN=kube-apiserver +ca +serverAuth/m);
 * ```
 */
export function formatClusterPlan(plan: ClusterPlan): string {
  const { path, usedBy, keyAlgorithm } = plan.serviceAccountKeys;
  const keys = ["service accounts", "cluster", "", "", "", "", "", `${path}.{key,pub}`, flagsText(usedBy)];
  const rows = [HEADINGS, ...groupsOf(plan).map(rowOf), keys].map((row) => row.map(escapeUnseen));
  const widths = HEADINGS.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd(),
  );
  const { config, certificates, findings } = plan;
  const total = `${countOf(certificates.length, "certificate")} for ${countOf(config.nodes.length, "node")}, keys of ${keyAlgorithm}`;
  const warnings = findings.map((finding) =>
    escapeUnseen(`${finding.severity}: ${finding.path}: ${finding.message}`),
  );
  return `${[...lines, "", total, ...warnings].join("\n")}\n`;
}

function rowOf(group: PlannedGroup): string[] {
  const { planned } = group;
  const { notBefore, notAfter } = planned.validity;
  return [
    planned.name,
    placeText(group),
    subjectText(planned),
    planned.ca ?? "itself",
    planned.kind === "ca" ? "CA" : planned.extendedKeyUsage.join(","),
    namesText(planned),
    spanInWords((notAfter.getTime() - notBefore.getTime()) / 1000),
    planned.files.length === 1 ? planned.path : `${planned.path}.{crt,key}`,
    flagsText(planned.usedBy),
  ];
}

/** More than these would push the rest of the table out of sight. */
const SHOWN_NAMES = 2;

function namesText({ dnsNames, ipAddresses }: PlannedCertificate): string {
  const names = [...dnsNames, ...ipAddresses];
  const more = names.length > SHOWN_NAMES ? ` +${names.length - SHOWN_NAMES}` : "";
  return names.slice(0, SHOWN_NAMES).join(",") + more;
}

/** `etcd --cert-file --key-file; kube-apiserver ...`. */
function flagsText(usedBy: readonly CertificateUse[]): string {
  const components = new Map<string, string[]>();
  for (const { component, flag } of usedBy)
    components.set(component, [...(components.get(component) ?? [component]), flag]);
  return [...components.values()].map((words) => words.join(" ")).join("; ");
}
