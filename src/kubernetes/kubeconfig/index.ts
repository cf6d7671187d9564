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
