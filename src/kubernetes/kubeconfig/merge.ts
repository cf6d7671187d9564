import type { Kubeconfig, KubeconfigExtension } from "./kubeconfig.ts";

/**
 * Merges kubeconfigs as kubectl does with the files of `KUBECONFIG`: the first that has a cluster, user or context of a name wins, whole; nothing of
 * a later one of that name is kept. So it is with `current-context`. The lists come out sorted by name.
 *
 * File names in it are not looked at: make them absolute first, as `readKubeconfigFiles` of `kubepki/node` does, or they mean other files.
 *
 * Source: client-go `tools/clientcmd/loader.go` (`ClientConfigLoadingRules.Load`), `tools/clientcmd/merge.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mergeKubeconfigs, parseKubeconfig } from "kubepki";
 *
 * const one = parseKubeconfig({ users: [{ name: "me", user: { token: "1" } }], "current-context": "" });
 * const two = parseKubeconfig({ users: [{ name: "me", user: { as: "you" } }], "current-context": "there" });
 * const merged = mergeKubeconfigs([one, two]);
 * assert.deepEqual(merged.users, [{ name: "me", user: { token: "1" } }]);
 * assert.equal(merged["current-context"], "there");
 * ```
 */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const preferences = configs.flatMap((config) => config.preferences ?? []);
  const ofPreferences = firstOfEachName(preferences.map(({ extensions = [] }) => extensions));
  const extensions = firstOfEachName<KubeconfigExtension>(configs.map((config) => config.extensions ?? []));
  const colors = preferences.some((one) => one.colors === true);
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: firstOfEachName(configs.map(({ clusters }) => clusters)),
    users: firstOfEachName(configs.map(({ users }) => users)),
    contexts: firstOfEachName(configs.map(({ contexts }) => contexts)),
    "current-context": configs.map((config) => config["current-context"]).find((name) => name !== "") ?? "",
    ...((colors || ofPreferences.length > 0) && {
      preferences: {
        ...(colors && { colors }),
        ...(ofPreferences.length > 0 && { extensions: ofPreferences }),
      },
    }),
    ...(extensions.length > 0 && { extensions }),
  };
}

function firstOfEachName<T extends { readonly name: string }>(lists: readonly (readonly T[])[]): T[] {
  const byName = new Map<string, T>();
  for (const entry of lists.flat()) if (!byName.has(entry.name)) byName.set(entry.name, entry);
  // By UTF-16 unit; Go sorts by UTF-8 octet, which differs only above U+FFFF.
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
