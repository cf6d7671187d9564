/** The credentials of kubelets: how a machine joins, and how its certificates are replaced in time. */
export { formatBootstrapToken, parseBootstrapToken } from "./bootstrap-token.ts";
export type { BootstrapToken } from "./bootstrap-token.ts";
export {
  authenticateBootstrapToken,
  bootstrapTokenSecret,
  validateBootstrapTokenSecret,
} from "./bootstrap-token-secret.ts";
export type {
  BootstrapSecretFinding,
  BootstrapSecretFindingCode,
  BootstrapSecretFindings,
  BootstrapTokenOptions,
  BootstrapTokenSecret,
  NewBootstrapTokenSecret,
} from "./bootstrap-token-secret.ts";
export { caPublicKeyPin, pinnedCertificates } from "./ca-pin.ts";
export type { PinnedKey } from "./ca-pin.ts";
export {
  kubeletClientTemplate,
  kubeletServingTemplate,
  kubeletUsages,
  nodeNames,
} from "./kubelet-template.ts";
export type { ManagedTemplate, NodeAddress, NodeNames, ServingTemplateRules } from "./kubelet-template.ts";
export { rotationDeadline, templateGap } from "./rotation.ts";
export type { TemplateGap } from "./rotation.ts";
