/** Writes a PKI into a fresh folder, whole or not at all. */
import { mkdir, mkdtemp, open, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { encodePem, encodePublicKeyPem } from "kubepki";
import type { ClusterPki } from "kubepki";

interface File {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

const SECRET = 0o600;
const PUBLIC = 0o644;

/**
 * Writes all certificates and keys, and returns the folder. It is written under another name first: whoever finds the folder finds all of it.
 *
 * Files are created with their modes and never changed after that, so that no key can be read by others for a moment.
 */
export async function writePki(pki: ClusterPki): Promise<string> {
  const files = await listFiles(pki);
  const home = await mkdtemp(join(tmpdir(), "kubepki-quickstart-"));
  const unfinished = join(home, "unfinished");
  const folder = join(home, "kubernetes");
  try {
    for (const file of files) await writeNew(unfinished, file);
    await rename(unfinished, folder);
    return folder;
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}

async function writeNew(folder: string, { path, text, mode }: File): Promise<void> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const handle = await open(target, "wx", mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The files as kubeadm names them; what each node has for itself is in a folder of the node's. */
async function listFiles({ certificates, serviceAccountKeys }: ClusterPki): Promise<File[]> {
  const files: File[] = [
    { path: "pki/sa.key", text: await serviceAccountKeys.privateKey.exportPem(), mode: SECRET },
    { path: "pki/sa.pub", text: encodePublicKeyPem(serviceAccountKeys.publicKey), mode: PUBLIC },
  ];
  for (const { path, node, certificate, privateKey } of certificates) {
    const base = (node === undefined ? "" : `nodes/${node}/`) + path.replace(/\.conf$/, "");
    files.push({ path: `${base}.crt`, text: encodePem("CERTIFICATE", certificate.der), mode: PUBLIC });
    if (privateKey) files.push({ path: `${base}.key`, text: await privateKey.exportPem(), mode: SECRET });
  }
  return files;
}
