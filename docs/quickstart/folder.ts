/** Writes a PKI into a fresh folder, whole or not at all. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClusterPki } from "kubepki";
import { clusterFiles, writePkiDirectory } from "kubepki/node";

/** Writes what the cluster has once, and below `nodes` what each node's `/etc/kubernetes` holds; returns the folder. Keys are made with mode 0600. */
export async function writePki(pki: ClusterPki): Promise<string> {
  const files = [...(await clusterFiles(pki))];
  for (const { name: node } of pki.plan.config.nodes)
    for (const { path, text } of await clusterFiles(pki, { node }))
      files.push({ path: `nodes/${node}/${path}`, text });
  const home = await mkdtemp(join(tmpdir(), "kubepki-quickstart-"));
  try {
    const folder = join(home, "kubernetes");
    await writePkiDirectory(folder, files);
    return folder;
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}
