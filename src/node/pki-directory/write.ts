import { lstat, mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../../errors.ts";
import { codeOf, isMissing, readRegularFile } from "../file-access.ts";
import {
  applyJournal,
  commitJournal,
  digestOf,
  readJournal,
  recover,
  removeWorkFolder,
  stageFile,
} from "./journal.ts";
import type { JournalEntry } from "./journal.ts";
import { checkPaths, kindOf } from "./pki-file.ts";
import type { PkiFileInput } from "./pki-file.ts";
import { checkCaKeys, checkPairs } from "./rules.ts";
import { abandonWorkFolder, makeWorkFolder } from "./work-folder.ts";

/** How files are written; all fields have defaults. */
export interface WritePkiDirectoryOptions {
  /** Lets keys of CAs, and of service account tokens, be replaced by others. What they have signed is worth nothing then. */
  readonly allowReplacingCaKeys?: boolean;
  /** Stops the work as long as nothing counts yet; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What {@link writePkiDirectory} has done. */
export interface WrittenPkiDirectory {
  /** The paths that are new or have other contents than before, in the order given. */
  readonly written: readonly string[];
  /** The paths that had these very contents, and permissions no wider, already. */
  readonly unchanged: readonly string[];
}

/** As {@link readPkiDirectory}: what is larger is nothing that was written here. */
const MAX_BYTES = 1_048_576;

/**
 * Writes certificates, keys and kubeconfigs into a directory such as `/etc/kubernetes`: all of them or none, whatever happens on the way. Files that are not in the list stay.
 *
 * Each file is made with its permissions, in a folder of its own, and put on the disk; a journal then makes all of them count at once; after that they are moved to their places. A process that
 * is killed leaves either what was before or what is new: {@link readPkiDirectory} sees it so at once, and the next writer moves what is left to move
 * ({@link recoverPkiDirectory} does nothing but that). A folder that did not exist appears whole to everybody; where files are replaced, other programs can see some old and some new ones
 * for the moment of moving.
 *
 * Guaranteed: one writer at a time; no symbolic link is followed or replaced below the directory; a key and the certificate or public key beside it belong together afterwards; no key of a CA is
 * replaced without an explicit word. Nothing is removed, and modes are never changed afterwards. Not checked: anything else about the contents.
 *
 * Sources: kubeadm `cmd/kubeadm/app/util/pkiutil/pki_helpers.go` (layout, modes), POSIX `rename`, `fsync`.
 *
 * @throws FileError `ERR_FILE_PATH`, `ERR_FILE_LOCKED`, `ERR_FILE_LINK`, `ERR_FILE_CA_KEY`, `ERR_FILE_CHANGED`, `ERR_FILE_READ`, `ERR_FILE_SIZE`, `ERR_FILE_WRITE`
 * @throws KeyError `ERR_KEY_MISMATCH`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { caTemplate, encodePem, generateKeyPair, issueSelfSigned } from "kubepki";
 * import { readPkiDirectory, writePkiDirectory } from "kubepki/node";
 *
 * const { signer, privateKey } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * const folder = await mkdtemp(join(tmpdir(), "kubernetes-"));
 * await writePkiDirectory(folder, [
 *   { path: "pki/ca.crt", text: encodePem("CERTIFICATE", certificate.der) },
 *   { path: "pki/ca.key", text: await privateKey.exportPem() },
 * ]);
 * const { files } = await readPkiDirectory(folder);
 * assert.deepEqual(files.map(({ path, mode }) => [path, mode]), [["pki/ca.crt", 0o644], ["pki/ca.key", 0o600]]);
 * await rm(folder, { recursive: true });
 * ```
 */
export async function writePkiDirectory(
  directory: string,
  files: readonly PkiFileInput[],
  options: WritePkiDirectoryOptions = {},
): Promise<WrittenPkiDirectory> {
  checkPaths(files);
  return writing(directory, async () => {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    return exclusively(directory, async (root, folder) => {
      const changes = await planChanges(root, files, options);
      options.signal?.throwIfAborted();
      if (changes.length > 0) await commitChanges(root, folder, changes, options.signal);
      const written = new Set(changes.map(({ file }) => file.path));
      const paths = files.map(({ path }) => path);
      return {
        written: paths.filter((path) => written.has(path)),
        unchanged: paths.filter((path) => !written.has(path)),
      };
    });
  });
}

/**
 * Finishes what an interrupted writer of a directory had begun: moves the files that count, removes those that never did. Whoever writes does this first, and whoever reads by
 * {@link readPkiDirectory} need not care; it is for the start of other programs that read the directory.
 *
 * @throws FileError `ERR_FILE_LOCKED` while a writer is alive, `ERR_FILE_CHANGED` if a file that is to be replaced was changed in between, `ERR_FILE_WRITE`
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { recoverPkiDirectory } from "kubepki/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "kubernetes-"));
 * await recoverPkiDirectory(folder); // nothing to do
 * await rm(folder, { recursive: true });
 * ```
 */
export async function recoverPkiDirectory(directory: string): Promise<void> {
  await writing(directory, () => exclusively(directory, () => Promise.resolve()));
}

/** With the lock, and after everything that was begun before is finished. */
async function exclusively<T>(
  directory: string,
  work: (root: string, folder: string) => Promise<T>,
): Promise<T> {
  const root = await realpath(directory);
  const { path: folder, abandoned } = await makeWorkFolder(root);
  try {
    await recover(root, abandoned);
    return await work(root, folder);
  } finally {
    // What counts and is not moved yet, because moving failed, is left to the next writer.
    if (await readJournal(folder)) await abandonWorkFolder(folder);
    else await removeWorkFolder(folder);
  }
}

interface Change {
  readonly file: PkiFileInput;
  readonly mode: number;
  readonly before: string | null;
}

async function planChanges(
  root: string,
  files: readonly PkiFileInput[],
  { allowReplacingCaKeys = false }: WritePkiDirectoryOptions,
): Promise<Change[]> {
  const textNow = (path: string): Promise<string | undefined> =>
    readIfThere(root, path).then((found) => found?.text);
  const given = new Map(files.map(({ path, text }) => [path, text]));
  if (!allowReplacingCaKeys) await checkCaKeys(files, textNow);
  await checkPairs([...given.keys()], async (path) => given.get(path) ?? textNow(path));
  const changes: Change[] = [];
  for (const file of files) {
    const mode = file.mode ?? kindOf(file.path)!.mode;
    const found = await readIfThere(root, file.path);
    if (found?.text === file.text && (found.mode & ~mode) === 0) continue;
    changes.push({ file, mode, before: found?.digest ?? null });
  }
  return changes;
}

async function commitChanges(
  root: string,
  folder: string,
  changes: readonly Change[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const entries: JournalEntry[] = [];
  for (const { file, mode, before } of changes) {
    signal?.throwIfAborted();
    await stageFile(folder, file.path, file.text, mode);
    entries.push({ path: file.path, before, after: digestOf(file.text) });
  }
  await commitJournal(root, folder, entries);
  await applyJournal(root, folder);
}

interface Found {
  readonly text: string;
  readonly digest: string;
  readonly mode: number;
}

/** Every folder on the way must be one, and no link to one. */
async function readIfThere(root: string, path: string): Promise<Found | undefined> {
  const segments = path.split("/");
  for (let depth = 1; depth < segments.length; depth++) {
    const folder = join(root, ...segments.slice(0, depth));
    const stats = await lstat(folder).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (!stats) return undefined;
    if (stats.isSymbolicLink()) throw new FileError("ERR_FILE_LINK", `${folder} is a symbolic link`);
    if (!stats.isDirectory()) throw new FileError("ERR_FILE_WRITE", `${folder} is no folder`);
  }
  try {
    const limits = { maxBytes: MAX_BYTES, followLinks: false };
    const { bytes, mode } = await readRegularFile(join(root, path), limits);
    return { text: bytes.toString("utf8"), digest: digestOf(bytes), mode };
  } catch (error) {
    if (error instanceof FileError && isMissing(error.cause)) return undefined;
    throw error;
  }
}

async function writing<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = codeOf(cause);
    if (code === undefined || code.startsWith("ERR_") || cause instanceof DOMException) throw cause;
    throw new FileError("ERR_FILE_WRITE", `${directory} cannot be written: ${code}`, { cause });
  }
}
