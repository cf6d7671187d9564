/** One look at all certificates of a cluster, whoever made them. */
import { verifySignature } from "../keys/verifier.ts";
import type { SignatureVerifier } from "../keys/verifier.ts";
import type { ClusterPlan } from "../kubernetes/cluster/plan.ts";
import { momentOf } from "../verify/asking.ts";
import { judgeChains } from "./chain-rules.ts";
import { collect } from "./evidence.ts";
import { AuditedTexts } from "./audited-certificate.ts";
import type { AuditedCertificate } from "./audited-certificate.ts";
import type { AuditFinding } from "./finding.ts";
import { judgeByPlan } from "./plan-rules.ts";
import { findIssuers, judgeCertificates, judgeKeys, judgeSharedKeys } from "./rules.ts";
import type { AuditSource } from "./source.ts";

/** What an audit may know; all fields have defaults. */
export interface AuditOptions {
  /** The moment that counts; now by default. A number is milliseconds since 1970. */
  readonly at?: Date | number;
  /** What should be there, see {@link planClusterPki}. Without it, certificates are held to each other and to what Kubernetes needs. */
  readonly plan?: Pick<ClusterPlan, "certificates">;
  /** For the files of one machine: of the plan, only what is for this node must be there; what the cluster has once is looked at where it is. */
  readonly node?: string;
  /** Whether signatures are checked, which is most of the work; true by default. Without, the first CA of the issuer's name is taken for the issuer. */
  readonly checkSignatures?: boolean;
  /** Checks signatures; WebCrypto by default. */
  readonly verifier?: SignatureVerifier;
}

/** What an audit has found out; `JSON.stringify` gives all of it, and what was read from JSON can be shown by {@link formatClusterAudit}, too. */
export interface ClusterAudit {
  /** The moment that counted; ISO 8601. */
  readonly at: string;
  /** All certificates, those that expire first first; copies stand there once for each place. */
  readonly certificates: readonly AuditedCertificate[];
  /** Errors first, else in the order of the sources. */
  readonly findings: readonly AuditFinding[];
  /** Whether there is no error: `process.exitCode = audit.isHealthy ? 0 : 1`. */
  readonly isHealthy: boolean;
}

/**
 * Says what is wrong with the certificates and keys of a cluster, or dangerous, or about to be: what `lintCertificate` says of each, whether issuers, keys and lifetimes fit together, whether the front proxy's
 * CA is one of its own, who may read the keys; and with a plan, what is missing or is not as planned. It works on what kubeadm, cfssl, k3s or openssl scripts made: only contents count, except for keys, which are
 * matched to certificates by file names (`x.crt` and `x.key`, `x.pem` and `x-key.pem`), and CAs of the front proxy.
 *
 * Never throws for what the sources hold. Private keys are read to see whom they belong to, and not kept. Not checked: what running components use, and revocation.
 *
 * Sources: Kubernetes "PKI certificates and requirements", kubeadm `cmd/kubeadm/app/phases/certs`, kube-apiserver `--requestheader-client-ca-file`.
 *
 * @throws TypeError if `at` is no date
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { auditClusterPki, encodePem, issueClusterPki, planClusterPki } from "kubepki";
 *
 * const config = { nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] } as const;
 * const { certificates } = await issueClusterPki(config);
 * const files = certificates.map(({ path, certificate }) => ({ path: `${path}.crt`, text: encodePem("CERTIFICATE", certificate.der) }));
 * const serving = files.filter(({ path }) => path.startsWith("pki/"));
 *
 * const healthy = await auditClusterPki(serving);
 * assert.equal(healthy.isHealthy, true);
 *
 * const balanced = { ...config, controlPlaneEndpoint: "api.example.com:6443" };
 * const { findings } = await auditClusterPki(serving, { plan: { certificates: planClusterPki(balanced).certificates.filter(({ name }) => name === "apiserver") } });
 * assert.deepEqual(findings.filter(({ severity }) => severity === "error").map(({ path, expected }) => [path, expected]), [["pki/apiserver.crt", "api.example.com"]]);
 * ```
 */
export async function auditClusterPki(
  sources: readonly AuditSource[],
  options: AuditOptions = {},
): Promise<ClusterAudit> {
  const { plan, node, checkSignatures = true, verifier = verifySignature } = options;
  const at = momentOf(options.at);
  const evidence = await collect(sources, at);
  const findings = await findIssuers(evidence, checkSignatures ? verifier : undefined);
  const all: AuditFinding[] = [
    ...evidence.findings,
    ...judgeCertificates(evidence),
    ...findings,
    ...judgeChains(evidence),
    ...judgeKeys(evidence),
    ...judgeSharedKeys(evidence),
    ...(plan ? judgeByPlan(evidence, plan, node) : []),
  ];
  const isError = ({ severity }: AuditFinding): boolean => severity === "error";
  return {
    at: new Date(at).toISOString(),
    certificates: evidence.certificates
      .toSorted((a, b) => a.layout.notAfter - b.layout.notAfter)
      .map((found) => new AuditedTexts(found)),
    findings: [...all.filter(isError), ...all.filter((finding) => !isError(finding))],
    isHealthy: !all.some(isError),
  };
}
