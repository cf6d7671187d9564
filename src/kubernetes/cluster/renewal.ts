import type { Finding } from "../../finding.ts";
import { sha256 } from "../../sha256.ts";
import type { Certificate } from "../../x509/certificate.ts";
import { attributeValues } from "../../x509/name.ts";
import { rotationDeadline } from "../kubelet/rotation.ts";
import { GROUP_ATTRIBUTE, USER_ATTRIBUTE } from "../well-known.ts";
import { certificateChanges } from "./certificate-changes.ts";
import type { CertificateChange } from "./certificate-changes.ts";
import type { ClusterPlan, PlannedCertificate } from "./plan.ts";
import { placeOf } from "./validate-plan.ts";

/** A certificate that a cluster has, and which of the plan's it is; {@link IssuedClusterCertificate} is one. */
export interface CurrentCertificate {
  /** Its name in the plan. */
  readonly name: string;
  /** The node that it is for; absent: the whole cluster. */
  readonly node?: string;
  /** The certificate, which need not be valid any more. */
  readonly certificate: Certificate;
}

/** One certificate that will be replaced. */
export interface PlannedRenewal {
  /** What will be issued. */
  readonly planned: PlannedCertificate;
  /** What is there now. */
  readonly current: Certificate;
  /** What will be different, beside serial number and key; `validity` always is. */
  readonly changes: readonly CertificateChange[];
}

/** What a renewal will do, before it is done. */
export interface ClusterRenewal {
  /** The plan that the certificates are from. */
  readonly plan: ClusterPlan;
  /** In the order of the given certificates. */
  readonly renewals: readonly PlannedRenewal[];
  /** What is not renewed although it was given, and what gets lost. */
  readonly findings: readonly RenewalFinding[];
}

/** A finding of {@link planRenewal}. */
export interface RenewalFinding extends Finding {
  /**
   * - `FINDING_RENEWAL_IMPOSSIBLE`: kubeadm cannot derive a certificate from one without a common name or extended key usages.
   * - `FINDING_RENEWAL_UNPLANNED`: the plan has no such certificate; it stays as it is.
   * - `FINDING_RENEWAL_LOST`: the certificate says something that kubeadm does not take over.
   */
  readonly code: "FINDING_RENEWAL_IMPOSSIBLE" | "FINDING_RENEWAL_UNPLANNED" | "FINDING_RENEWAL_LOST";
}

/** Whence the new certificates take what they say. */
export interface RenewalOptions {
  /**
   * - `"plan"`, the default: what the plan says, with the name that was just configured.
   * - `"certificate"`: what the old certificate says, as `kubeadm certs renew` does: common name, organizations, DNS names, addresses and extended key
   *   usages. What was configured since is not added. kubelets' certificates are left to the kubelets.
   */
  readonly from?: "plan" | "certificate";
}

/**
 * Plans the renewal of certificates, with everything that will be different; {@link renewClusterPki} does it. CAs are never renewed, whether given or not.
 *
 * The new validity is the plan's, so make the plan anew. To renew some certificates only, give only these: those, for example, whose time has come by
 * {@link renewalSchedule}.
 *
 * Source: kubeadm `cmd/kubeadm/app/phases/certs/renewal/manager.go`, `filerenewer.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { issueClusterPki, planClusterPki, planRenewal, type ClusterConfig } from "kubepki";
 *
 * const config: ClusterConfig = { nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] };
 * const { certificates } = await issueClusterPki(config);
 *
 * const wanted = planClusterPki({ ...config, certSANs: ["api.example.com"] });
 * const { renewals } = planRenewal(wanted, certificates.filter(({ name }) => name === "apiserver"));
 * const names = renewals[0]!.changes.find(({ field }) => field === "dnsNames");
 * assert.deepEqual(names, { field: "dnsNames", removed: [], added: ["api.example.com"] });
 * ```
 */
export function planRenewal(
  plan: ClusterPlan,
  current: readonly CurrentCertificate[],
  options: RenewalOptions = {},
): ClusterRenewal {
  const { from = "plan" } = options;
  const wanted = new Map(plan.certificates.map((planned) => [placeOf(planned), planned]));
  const findings: RenewalFinding[] = [];
  const renewals: PlannedRenewal[] = [];
  for (const { certificate, ...entry } of current) {
    const place = placeOf(entry);
    const inPlan = wanted.get(place);
    if (inPlan?.kind === "ca" || (from === "certificate" && entry.name === "kubelet")) continue;
    if (!inPlan) {
      const message = "the plan has no such certificate";
      findings.push({ code: "FINDING_RENEWAL_UNPLANNED", severity: "warning", path: place, message });
      continue;
    }
    const planned =
      from === "plan" ? inPlan : derive(inPlan, certificate, (finding) => findings.push(finding));
    if (planned)
      renewals.push({ planned, current: certificate, changes: certificateChanges(certificate, planned) });
  }
  return { plan, renewals, findings };
}

/** What kubeadm makes of an old certificate; undefined if it can make nothing of it. */
function derive(
  inPlan: PlannedCertificate,
  certificate: Certificate,
  report: (finding: RenewalFinding) => unknown,
): PlannedCertificate | undefined {
  const path = placeOf(inPlan);
  const commonName = attributeValues(certificate.subject, USER_ATTRIBUTE).at(-1);
  const organizations = attributeValues(certificate.subject, GROUP_ATTRIBUTE);
  const extendedKeyUsage = certificate.extensionValue("extendedKeyUsage");
  if (!commonName || !extendedKeyUsage) {
    const missing = commonName ? "extended key usages" : "a common name";
    const message = `a certificate without ${missing} cannot be renewed from what it says; renew it from the plan`;
    report({ code: "FINDING_RENEWAL_IMPOSSIBLE", severity: "error", path, message });
    return undefined;
  }
  const lost = [...certificate.uris, ...certificate.emailAddresses];
  const others = certificate.subject.rdns.flat().length - 1 - organizations.length;
  if (lost.length > 0 || others > 0) {
    const what = [
      ...(lost.length > 0 ? ["URIs or e-mail addresses"] : []),
      ...(others > 0 ? ["parts of its subject"] : []),
    ];
    const message = `the renewed certificate will not have its ${what.join(" and ")}`;
    report({ code: "FINDING_RENEWAL_LOST", severity: "warning", path, message });
  }
  return {
    ...inPlan,
    subject: organizations.length > 0 ? { organizations, commonName } : { commonName },
    dnsNames: [...new Set(certificate.dnsNames)].sort(),
    ipAddresses: [...new Set(certificate.ipAddresses)],
    extendedKeyUsage,
  };
}

/** When a certificate is to be renewed. */
export interface ScheduledRenewal<T extends CurrentCertificate = CurrentCertificate> {
  /** The certificate. */
  readonly current: T;
  /** The moment for it: after 70 to 90 % of the lifetime. */
  readonly renewAt: Date;
}

/**
 * When each certificate is to be renewed, soonest first: after 70 to 90 % of its lifetime, as client-go has it, so that certificates which were issued together are not renewed
 * together. Where in between is computed from the certificate: the same for the same certificate, so that a program that starts again does not think again.
 *
 * Source: client-go `util/certificate/certificate_manager.go` (`nextRotationDeadline`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { issueClusterPki, renewalSchedule } from "kubepki";
 *
 * const { certificates } = await issueClusterPki({ nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] });
 * const leaves = certificates.filter(({ kind }) => kind !== "ca");
 * const schedule = renewalSchedule(leaves);
 * const due = schedule.filter(({ renewAt }) => renewAt.getTime() <= Date.now());
 * assert.equal(due.length, 0); // they are new
 * ```
 */
export function renewalSchedule<T extends CurrentCertificate>(current: readonly T[]): ScheduledRenewal<T>[] {
  return current
    .map((one) => ({ current: one, renewAt: rotationDeadline(one.certificate, chanceOf(one.certificate)) }))
    .sort((a, b) => a.renewAt.getTime() - b.renewAt.getTime());
}

/** A number from 0 to 1 that looks drawn, and is the same for the same certificate. */
function chanceOf({ der }: Certificate): number {
  const digest = sha256(der);
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0) / 4_294_967_296;
}
