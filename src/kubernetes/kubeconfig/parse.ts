import { KubeconfigError } from "../../errors.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { readStructure } from "./structure.ts";

/**
 * Reads a kubeconfig out of an object, such as a YAML reader makes of the file: types, base64 and unique names, as kubectl demands them. For text and files see
 * `parseKubeconfigYaml` and `readKubeconfig` of `kubepki/node`.
 *
 * The result is a copy. What is absent or null is left out, but the three lists and `current-context` are always there; fields that Kubernetes does not have are kept. Not checked:
 * whether contexts name what is there, and everything about certificates and keys; see {@link validateKubeconfig} and {@link inspectKubeconfig}.
 *
 * Source: client-go `tools/clientcmd/loader.go` (`Load`), `tools/clientcmd/api/v1/conversion.go`.
 *
 * @throws KubeconfigError `ERR_KUBECONFIG_FORMAT` with the `path` of the first fault; no value of the file is in the message
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseKubeconfig } from "kubepki";
 *
 * const config = parseKubeconfig({ clusters: [{ name: "here", cluster: { server: "https://127.0.0.1:6443" } }], users: null });
 * assert.equal(config.clusters[0]?.cluster.server, "https://127.0.0.1:6443");
 * assert.deepEqual(config.users, []);
 * assert.throws(() => parseKubeconfig({ clusters: {} }), { code: "ERR_KUBECONFIG_FORMAT", path: "clusters" });
 * ```
 */
export function parseKubeconfig(input: unknown): Kubeconfig {
  return readStructure(input, (path, found, expected, isUnknownField) => {
    if (isUnknownField) return;
    throw new KubeconfigError("ERR_KUBECONFIG_FORMAT", `found ${found}, expected ${expected}`, { path });
  });
}
