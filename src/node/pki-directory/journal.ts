/**
 * How many files become visible as one.
 *
 * They are written into a work folder first. When all are on the disk, so is a journal that says what they are for: from that moment on they count, and before it nothing of them does. Then they
 * are moved to their places. If the writer dies on the way, readers find what is not moved yet in its folder, and the next writer moves the rest.
 */
import { createHash } from "node:crypto";
import { lstat, mkdir, readFile, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FileError } from "../../errors.ts";
import { createFile, isMissing, syncFolder } from "../file-access.ts";

const JOURNAL = "journal.json";
const STAGED = "new";
const MAX_JOURNAL_BYTES = 16_777_216;

/** One file of a journal. */
export interface JournalEntry {
  /** Where it belongs, below the directory. */
  readonly path: string;
  /** SHA-256 of what was there before, hex; null if there was nothing. */
  readonly before: string | null;
  /** SHA-256 of what is to be there, hex. */
  readonly after: string;
}

/** SHA-256 as hex. */
export function digestOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Where a file stands until it is moved. */
export function stagedPath(folder: string, path: string): string {
  return join(folder, STAGED, path);
}

/** Writes a file into the work folder, onto the disk. */
export async function stageFile(folder: string, path: string, text: string, mode: number): Promise<void> {
  const staged = stagedPath(folder, path);
  await mkdir(dirname(staged), { recursive: true, mode: 0o755 });
  await createFile(staged, text, mode);
}

/** Makes the staged files count. Everything before it is on the disk before the journal is, and the journal when this resolves. */
export async function commitJournal(
  root: string,
  folder: string,
  entries: readonly JournalEntry[],
): Promise<void> {
  await syncTree(join(folder, STAGED));
  await syncFolder(root);
  await createFile(join(folder, "journal.tmp"), JSON.stringify(entries), 0o600);
  await rename(join(folder, "journal.tmp"), join(folder, JOURNAL));
  await syncFolder(folder);
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await syncTree(join(folder, entry.name));
  await syncFolder(folder);
}

/** The journal of a work folder; nothing if its files never counted. */
export async function readJournal(folder: string): Promise<readonly JournalEntry[] | undefined> {
  const path = join(folder, JOURNAL);
  try {
    if ((await lstat(path)).size > MAX_JOURNAL_BYTES)
      throw new FileError("ERR_FILE_SIZE", `${path} is too large`);
    return JSON.parse(await readFile(path, "utf8")) as readonly JournalEntry[];
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Moves what counts to its place, and removes the work folder. Can be stopped and called again at any point. */
export async function applyJournal(root: string, folder: string): Promise<void> {
  await moveTree(join(folder, STAGED), root);
  await removeWorkFolder(folder);
  await syncFolder(root);
}

/** The journal goes first: without it the rest is nothing but rubbish. */
export async function removeWorkFolder(folder: string): Promise<void> {
  await rm(join(folder, JOURNAL), { force: true });
  await rm(folder, { recursive: true, force: true });
}

/** A folder that is not there yet is moved whole: pairs in it become visible at once, to every reader. */
async function moveTree(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    const stats = await lstat(target).catch(() => undefined);
    if (stats?.isSymbolicLink()) throw new FileError("ERR_FILE_LINK", `${target} is a symbolic link`);
    if (entry.isDirectory() && stats) await moveTree(source, target);
    else await rename(source, target);
  }
  await syncFolder(to);
  await rmdir(from).catch(() => undefined);
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Finishes what dead writers had begun.
 *
 * @throws FileError `ERR_FILE_CHANGED` if somebody else has changed a file since then; nothing is moved
 */
export async function recover(root: string, abandoned: readonly string[]): Promise<void> {
  for (const folder of abandoned) {
    const journal = await readJournal(folder);
    for (const { path, before, after } of journal ?? []) {
      if (!(await isThere(stagedPath(folder, path)))) continue; // moved already
      const now = await readFile(join(root, path)).then(digestOf, () => null);
      if (now !== before && now !== after)
        throw new FileError(
          "ERR_FILE_CHANGED",
          `${join(root, path)} was changed after a writer was interrupted; its files are in ${folder}`,
        );
    }
    await (journal ? applyJournal(root, folder) : removeWorkFolder(folder));
  }
}
