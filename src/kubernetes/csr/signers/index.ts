/** The signers of kube-controller-manager. */
import { CLIENT_SIGNER, LEGACY_UNKNOWN_SIGNER } from "./client.ts";
import { KUBELET_CLIENT_SIGNER, KUBELET_SERVING_SIGNER } from "./kubelet.ts";
import type { SignerPolicy } from "./policy.ts";

export { CLIENT_SIGNER, KUBELET_CLIENT_SIGNER, KUBELET_SERVING_SIGNER, LEGACY_UNKNOWN_SIGNER };
export type { SignerFinding, SignerPolicy, SignerQuestion } from "./policy.ts";

/**
 * THE table of kube-controller-manager's signers. Another signer is another object of this shape, handed to whoever asks for a policy.
 *
 * Source: Kubernetes `pkg/controller/certificates/signer/signer.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { BUILT_IN_SIGNERS } from "kubepki";
 *
 * assert.deepEqual(BUILT_IN_SIGNERS.map(({ signerName }) => signerName), [
 *   "kubernetes.io/kube-apiserver-client",
 *   "kubernetes.io/kube-apiserver-client-kubelet",
 *   "kubernetes.io/kubelet-serving",
 *   "kubernetes.io/legacy-unknown",
 * ]);
 * ```
 */
export const BUILT_IN_SIGNERS: readonly SignerPolicy[] = [
  CLIENT_SIGNER,
  KUBELET_CLIENT_SIGNER,
  KUBELET_SERVING_SIGNER,
  LEGACY_UNKNOWN_SIGNER,
];
