import { ClusterError } from "../../errors.ts";
import type { Finding } from "../../finding.ts";
import { quote } from "./cluster-finding.ts";
import { issuePlanned } from "./issue-planned.ts";
import type {
  ClusterAuthority,
  IssuedClusterCertificate,
  IssuePlannedOptions,
  RequestedClusterCertificate,
} from "./issue-planned.ts";
import type { PlannedCertificate } from "./plan.ts";
import type { ClusterRenewal } from "./renewal.ts";
import { requireValid } from "./validate-config.ts";
import { placeOf, validateClusterPlan } from "./validate-plan.ts";

/** How certificates are renewed. */
export interface RenewClusterOptions extends IssuePlannedOptions {
  /** The cluster's CAs, by their names in the plan; every CA that issues one of the certificates. Without its key, requests come out. */
  readonly authorities: Readonly<Record<string, ClusterAuthority>>;
}

/** What came of a renewal. Nothing is written, and the old certificates stay valid until they expire. */
export interface RenewedClusterPki {
  /** The new certificates with new keys. The CAs are not among them. */
  readonly certificates: readonly IssuedClusterCertificate[];
  /** What others have yet to issue, because their CA was given without its key. */
  readonly requests: readonly RequestedClusterCertificate[];
  /** The findings of the plan of this renewal, and warnings about the certificates. */
  readonly findings: readonly Finding[];
}

/**
 * Issues what {@link planRenewal} has planned: new certificates with new keys, by the CAs that are there. No CA is ever made.
 *
 * Programs that have read the old files must be started again, or read them again: static pods do not do that by themselves.
 *
 * Source: kubeadm `cmd/kubeadm/app/phases/certs/renewal/manager.go`.
 *
 * @throws ClusterError `ERR_CLUSTER_CONFIG` if a CA is missing, or what is planned cannot be issued
 * @throws TemplateError, KeyError as {@link issueCertificate}; the signal's reason if it was aborted
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { issueClusterPki, planClusterPki, planRenewal, renewClusterPki, type ClusterConfig } from "kubepki";
 *
 * const config: ClusterConfig = { nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] };
 * const { certificates } = await issueClusterPki(config);
 * const ca = certificates.find(({ name }) => name === "ca")!;
 *
 * const wanted = planClusterPki({ ...config, certSANs: ["api.example.com"] });
 * const renewal = planRenewal(wanted, certificates.filter(({ name }) => name === "apiserver"));
 * const renewed = await renewClusterPki(renewal, { authorities: { ca } });
 * assert(renewed.certificates[0]?.certificate.dnsNames.includes("api.example.com"));
 * ```
 */
export async function renewClusterPki(
  { plan, renewals, findings }: ClusterRenewal,
  options: RenewClusterOptions,
): Promise<RenewedClusterPki> {
  const given = new Map(Object.entries(options.authorities));
  const needed = new Set<string>();
  for (const { planned } of renewals) {
    const { ca } = planned;
    if (ca === undefined || planned.kind === "ca")
      throw fault(planned.name, "a CA is not renewed but rotated");
    if (!given.has(ca))
      throw fault(`${placeOf(planned)}.ca`, `its CA ${quote(ca)} is not among the authorities`);
    needed.add(ca);
  }
  // CAs that nothing comes from are left out, and those above the needed ones do not matter: these are there already.
  const authorities = plan.certificates
    .filter(({ name, kind }) => kind === "ca" && needed.has(name))
    .map(asRoot);
  const part = { ...plan, certificates: [...authorities, ...renewals.map(({ planned }) => planned)] };
  requireValid(validateClusterPlan(part));
  const issued = await issuePlanned(part, {
    ...options,
    authorities: Object.fromEntries([...given].filter(([name]) => needed.has(name))),
  });
  return {
    certificates: issued.certificates.filter(({ kind }) => kind !== "ca"),
    requests: issued.requests,
    findings: [...findings, ...issued.findings],
  };
}

function asRoot(authority: PlannedCertificate): PlannedCertificate {
  const root = { ...authority };
  delete (root as { ca?: string }).ca;
  return root;
}

function fault(path: string, message: string): ClusterError {
  return new ClusterError("ERR_CLUSTER_CONFIG", message, { path });
}
