/** The signers of kube-controller-manager. */
export { CLIENT_SIGNER, LEGACY_UNKNOWN_SIGNER } from "./client.ts";
export { KUBELET_CLIENT_SIGNER, KUBELET_SERVING_SIGNER } from "./kubelet.ts";
export type { SignerFinding, SignerPolicy, SignerQuestion } from "./policy.ts";
