import type { Kubeconfig } from "./kubeconfig.ts";

/**
 * A kubeconfig whose file names are replaced: CA, client certificate, key, token, and the command of an exec plugin if it has a `/`. Empty names stay.
 *
 * Source: client-go `tools/clientcmd/loader.go` (`GetClusterFileReferences`, `GetAuthInfoFileReferences`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseKubeconfig, resolveKubeconfigPaths } from "kubepki";
 *
 * const config = parseKubeconfig({ clusters: [{ name: "a", cluster: { server: "https://a", "certificate-authority": "ca.crt" } }] });
 * const resolved = resolveKubeconfigPaths(config, (path) => `/home/jane/.kube/${path}`);
 * assert.equal(resolved.clusters[0]?.cluster["certificate-authority"], "/home/jane/.kube/ca.crt");
 * ```
 */
export function resolveKubeconfigPaths(config: Kubeconfig, resolve: (path: string) => string): Kubeconfig {
  const replace = <T extends object>(entry: T, ...fields: readonly (keyof T)[]): T => {
    const changed = { ...entry };
    for (const field of fields) {
      const path: unknown = entry[field];
      if (typeof path === "string" && path !== "") changed[field] = resolve(path) as T[keyof T];
    }
    return changed;
  };
  return {
    ...config,
    clusters: config.clusters.map((entry) => ({
      ...entry,
      cluster: replace(entry.cluster, "certificate-authority"),
    })),
    users: config.users.map((entry) => {
      const user = replace(entry.user, "client-certificate", "client-key", "tokenFile");
      // A command without a slash is looked for in the PATH.
      const { exec } = user;
      return {
        ...entry,
        user: exec?.command.includes("/") ? { ...user, exec: replace(exec, "command") } : user,
      };
    }),
  };
}
