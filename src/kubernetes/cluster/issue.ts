import type { Finding } from "../../finding.ts";
import { generateKeyPair } from "../../keys/generate.ts";
import type { KeyPair } from "../../keys/generate.ts";
import type { ClusterConfig } from "./config.ts";
import { issuePlanned } from "./issue-planned.ts";
import type {
  IssuedClusterCertificate,
  IssuePlannedOptions,
  RequestedClusterCertificate,
} from "./issue-planned.ts";
import { planClusterPki } from "./plan.ts";
import type { ClusterPlan } from "./plan.ts";
import { requireValid } from "./validate-config.ts";
import { validateClusterPlan } from "./validate-plan.ts";

/** All certificates and keys of a cluster, as plain data. */
export interface ClusterPki {
  /** What was planned. */
  readonly plan: ClusterPlan;
  /** In the order of the plan. */
  readonly certificates: readonly IssuedClusterCertificate[];
  /** What others have yet to issue, in the order of the plan; empty unless a CA was given without its key. */
  readonly requests: readonly RequestedClusterCertificate[];
  /** What signs service account tokens: kubeadm's `pki/sa.key` and `pki/sa.pub`. */
  readonly serviceAccountKeys: KeyPair;
  /** Warnings about the configuration and the certificates. */
  readonly findings: readonly Finding[];
}

/** How a cluster's certificates are issued; all fields have defaults. */
export interface IssueClusterOptions extends IssuePlannedOptions {
  /** The key pair for service account tokens that is there already; a new one by default. */
  readonly serviceAccountKeys?: KeyPair;
}

/**
 * Issues every certificate of a cluster: CAs first, then all others concurrently, each with a key of its own. Writes nothing.
 *
 * Takes a plan, or a configuration, which it plans. CAs may be there already; if the key of one is held by others, give its `signer`, or nothing but
 * its certificate: then there are requests for all that it should issue. Where kubeadm would let a certificate outlive its CA, the end is cut, with a finding.
 *
 * Sources: kubeadm `cmd/kubeadm/app/phases/certs/certs.go`, `cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go`.
 *
 * @throws ClusterError `ERR_CLUSTER_NAME`, `ERR_CLUSTER_NETWORK`, `ERR_CLUSTER_CONFIG`: the first error of {@link validateClusterConfig},
 * {@link validateClusterPlan} or about `authorities`
 * @throws TemplateError, KeyError as {@link issueCertificate}; the signal's reason if it was aborted
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { issueClusterPki } from "kubepki";
 *
 * const { certificates } = await issueClusterPki({
 *   controlPlaneEndpoint: "api.example.com:6443",
 *   nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }],
 * });
 * const server = certificates.find(({ name }) => name === "apiserver");
 * assert(server?.certificate.dnsNames.includes("api.example.com"));
 * ```
 */
export async function issueClusterPki(
  input: ClusterPlan | ClusterConfig,
  options: IssueClusterOptions = {},
): Promise<ClusterPki> {
  const plan = "certificates" in input ? input : planClusterPki(input);
  requireValid(validateClusterPlan(plan));
  const issued = await issuePlanned(plan, options);
  const { generateKey = generateKeyPair, signal } = options;
  signal?.throwIfAborted();
  const serviceAccountKeys =
    options.serviceAccountKeys ?? (await generateKey(plan.serviceAccountKeys.keyAlgorithm));
  return {
    plan,
    certificates: issued.certificates,
    requests: issued.requests,
    serviceAccountKeys,
    findings: [...plan.findings, ...issued.findings],
  };
}
