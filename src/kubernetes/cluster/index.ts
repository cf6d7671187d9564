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
export type {
  ClusterAuthority,
  ClusterPki,
  ClusterProgress,
  IssueClusterOptions,
  IssuedClusterCertificate,
  RequestedClusterCertificate,
} from "./issue.ts";
export { apiServerClients, etcdClients, lintServerNames, serviceClients } from "./server-clients.ts";
export type { ApiServerAccess, ServerClient, ServerNameFinding } from "./server-clients.ts";
