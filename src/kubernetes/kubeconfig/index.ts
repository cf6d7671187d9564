/** kubeconfig files as plain data. */
export type {
  Kubeconfig,
  KubeconfigCluster,
  KubeconfigContext,
  KubeconfigExec,
  KubeconfigExecVariable,
  KubeconfigExtension,
  KubeconfigUser,
} from "./kubeconfig.ts";
export { kubeconfig } from "./build.ts";
export type { KubeconfigCa, KubeconfigCredentials, KubeconfigOptions } from "./build.ts";
export { mergeKubeconfigs } from "./merge.ts";
export { parseKubeconfig } from "./parse.ts";
export { resolveKubeconfigPaths } from "./paths.ts";
export { validateKubeconfig } from "./validate.ts";
export type { KubeconfigFinding, KubeconfigFindingCode, KubeconfigFindings } from "./validate.ts";
export { inspectKubeconfig } from "./inspect.ts";
export type { InspectedContext, InspectKubeconfigOptions, KubeconfigInspection } from "./inspect.ts";
export type { InspectedCluster, ServerCertificates } from "./inspect-cluster.ts";
export type { InspectedUser, KubeconfigMethod } from "./inspect-user.ts";
export type {
  KubeconfigFileReader,
  KubeconfigInspectionFinding,
  KubeconfigInspectionFindings,
} from "./inspection.ts";
