/** The certificates of a whole cluster. */
export { apiServerNames, etcdNames, firstServiceIpAddress, serviceDnsNames } from "./subject-alt-names.ts";
export type { ApiServerOptions, EtcdOptions, ServiceOptions, ServingNames } from "./subject-alt-names.ts";

export { CLUSTER_CERTIFICATES } from "./certificates.ts";
export type {
  CertificateNames,
  CertificateUse,
  ClusterCertificate,
  NodeCertificate,
  SharedCertificate,
} from "./certificate-row.ts";
export { resolveClusterConfig } from "./config.ts";
export type {
  CertificateKind,
  ClusterConfig,
  ClusterNode,
  ClusterPreset,
  ClusterUser,
  EtcdConfig,
  ExtraCertificate,
  ResolvedClusterConfig,
} from "./config.ts";
export { validateClusterConfig } from "./validate-config.ts";
export { planClusterPki, plannedTemplate } from "./plan.ts";
export type { ClusterPlan, PlannedCertificate, PlannedKeyPair } from "./plan.ts";
export { validateClusterPlan } from "./validate-plan.ts";
export { issueClusterPki } from "./issue.ts";
export type { ClusterPki, IssueClusterOptions } from "./issue.ts";
export type {
  ClusterAuthority,
  ClusterProgress,
  IssuedClusterCertificate,
  IssuePlannedOptions,
  RequestedClusterCertificate,
} from "./issue-planned.ts";
export { certificateChanges } from "./certificate-changes.ts";
export type { CertificateChange } from "./certificate-changes.ts";
export { planRenewal, renewalSchedule } from "./renewal.ts";
export type {
  ClusterRenewal,
  CurrentCertificate,
  PlannedRenewal,
  RenewalFinding,
  RenewalOptions,
  ScheduledRenewal,
} from "./renewal.ts";
export { renewClusterPki } from "./renew.ts";
export type { RenewClusterOptions, RenewedClusterPki } from "./renew.ts";
export { apiServerClients, etcdClients, lintServerNames, serviceClients } from "./server-clients.ts";
export type { ApiServerAccess, ServerClient, ServerNameFinding } from "./server-clients.ts";
export { nextCaRotationStage, planCaRotation } from "./ca-rotation.ts";
export type { CaRotationFile, CaRotationStage, CaRotationState, CaRotationStep } from "./ca-rotation.ts";
