/** The certificates of a whole cluster. */
export { apiServerNames, etcdNames, firstServiceIpAddress, serviceDnsNames } from "./subject-alt-names.ts";
export type { ApiServerOptions, EtcdOptions, ServiceOptions, ServingNames } from "./subject-alt-names.ts";

export { CLUSTER_CERTIFICATES } from "./certificates.ts";
export type { ClusterCertificate, NodeCertificate, SharedCertificate } from "./certificates.ts";
export { resolveClusterConfig, validateClusterConfig } from "./config.ts";
export type { ClusterConfig, ClusterNode, ResolvedClusterConfig } from "./config.ts";
export { issueClusterPki } from "./issue.ts";
export type { ClusterPki, ClusterProgress, IssueClusterOptions, IssuedClusterCertificate } from "./issue.ts";
export { apiServerClients, etcdClients, lintServerNames, serviceClients } from "./server-clients.ts";
export type { ApiServerAccess, ServerClient, ServerNameFinding } from "./server-clients.ts";
