import { lstat, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../../errors.ts";
import type { Finding } from "../../finding.ts";
import { codeOf, isMissing, readRegularFile } from "../file-access.ts";
import { readJournal, stagedPath } from "./journal.ts";
import { isSecret, kindOf, PkiFile } from "./pki-file.ts";
import { isWorkFolder, workFolders } from "./work-folder.ts";

/** What {@link readPkiDirectory} has to say about what it met. */
export interface PkiDirectoryFindings {
  /** A file or folder cannot be read, is too large, or is no regular file. */
  FINDING_PKI_UNREADABLE: "error";
  /** A symbolic link, which is not followed. */
  FINDING_PKI_LINK: "warning";
  /** A file that is no certificate, key or kubeconfig by its name; it is left alone. */
  FINDING_PKI_FOREIGN: "warning";
  /** Others than its owner may read a key or a kubeconfig. */
  FINDING_PKI_FILE_MODE: "error";
  /** Everybody may put files into a folder, and so replace keys. */
  FINDING_PKI_FOLDER_MODE: "error";
  /** A writer was interrupted, or is at work: files that count are not in their places yet. What was read is what counts. */
  FINDING_PKI_PENDING: "warning";
}

/** A finding of {@link readPkiDirectory}; `path` is the file, below the directory. */
export interface PkiDirectoryFinding extends Finding {
  /** Stable name of the rule. */
  readonly code: keyof PkiDirectoryFindings;
}

/** What is in a directory. */
export interface PkiDirectory {
  /** Certificates, keys and kubeconfigs, sorted by path. */
  readonly files: readonly PkiFile[];
  /** Everything else that is there, and what is wrong with the files. */
  readonly findings: readonly PkiDirectoryFinding[];
}

/** How a directory is read; all fields have defaults. */
export interface ReadPkiDirectoryOptions {
  /** The most files and folders; 10,000 by default. */
  readonly maxFiles?: number;
  /** The largest file that is read, in bytes; 1 MiB by default. */
  readonly maxFileBytes?: number;
}

const MAX_FILES = 10_000;
const MAX_FILE_BYTES = 1_048_576;
const MAX_DEPTH = 16;
const ATTEMPTS = 10;

/**
 * Reads the certificates, keys and kubeconfigs below a directory such as `/etc/kubernetes`, whoever made them. It writes nothing.
 *
 * What is read is one state: of a set that {@link writePkiDirectory} is about to write, or was killed while it did, all or nothing. Nothing is passed over in silence: what cannot be read, is a link
 * or is no file of a PKI is a finding. Symbolic links are not followed. The contents are not looked at.
 *
 * @throws FileError `ERR_FILE_READ` if the directory itself cannot be read, `ERR_FILE_SIZE` if there are too many files, `ERR_FILE_CHANGED` if it does not keep still
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readPkiDirectory } from "kubepki/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "kubernetes-"));
 * await writeFile(join(folder, "admin.conf"), "kind: Config", { mode: 0o644 });
 * await symlink("/etc/passwd", join(folder, "ca.crt"));
 * const { files, findings } = await readPkiDirectory(folder);
 * assert.equal(files[0]?.kind, "kubeconfig");
 * assert.deepEqual(findings.map(({ code, path }) => [code, path]), [
 *   ["FINDING_PKI_FILE_MODE", "admin.conf"],
 *   ["FINDING_PKI_LINK", "ca.crt"],
 * ]);
 * await rm(folder, { recursive: true });
 * ```
 */
export async function readPkiDirectory(
  directory: string,
  options: ReadPkiDirectoryOptions = {},
): Promise<PkiDirectory> {
  try {
    const root = await realpath(directory);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await new Walk(root, options).run();
      const found = await readAll(before, options);
      const after = await new Walk(root, options).run();
      if (found && after.state === before.state) return found;
    }
  } catch (cause) {
    if (cause instanceof FileError || codeOf(cause) === undefined) throw cause;
    throw new FileError("ERR_FILE_READ", `${directory} cannot be read: ${codeOf(cause)}`, { cause });
  }
  throw new FileError(
    "ERR_FILE_CHANGED",
    `${directory} was changed each of ${ATTEMPTS} times while it was read`,
  );
}

interface Walked {
  /** Path below the directory to the place where the file is now. */
  readonly files: ReadonlyMap<string, string>;
  readonly findings: readonly PkiDirectoryFinding[];
  /** Two walks with the same state have met the same files. */
  readonly state: string;
}

class Walk {
  readonly #root: string;
  readonly #maxFiles: number;
  readonly #files = new Map<string, string>();
  readonly #findings: PkiDirectoryFinding[] = [];
  readonly #state: string[] = [];
  #count = 0;

  constructor(root: string, { maxFiles = MAX_FILES }: ReadPkiDirectoryOptions) {
    this.#root = root;
    this.#maxFiles = maxFiles;
  }

  async run(): Promise<Walked> {
    const pending: [string, string][] = [];
    for (const { name, isOurs } of await workFolders(this.#root)) {
      if (!isOurs) continue;
      const folder = join(this.#root, name);
      // A file that is moved between the two looks is met at its place.
      for (const { path } of (await readJournal(folder)) ?? [])
        pending.push([path, stagedPath(folder, path)]);
    }
    await this.#folder("", 0);
    for (const [path, place] of pending) {
      if (!(await this.#look(path, place, false))) continue;
      this.#say(
        "FINDING_PKI_PENDING",
        path,
        "the file is not in its place yet: a writer is at work, or was interrupted",
      );
    }
    return { files: this.#files, findings: this.#findings, state: this.#state.join("\n") };
  }

  async #folder(path: string, depth: number): Promise<void> {
    const place = join(this.#root, path);
    const stats = await lstat(place);
    if (stats.mode & 0o002 && !(stats.mode & 0o1000))
      this.#say("FINDING_PKI_FOLDER_MODE", path, "everybody may put files into this folder");
    if (depth > MAX_DEPTH) return this.#say("FINDING_PKI_UNREADABLE", path, "the folder is too deep");
    const entries = await readdir(place, { withFileTypes: true }).catch((error: unknown) => {
      if (depth === 0) throw error;
      if (!isMissing(error))
        this.#say("FINDING_PKI_UNREADABLE", path, `the folder cannot be read: ${codeOf(error)}`);
      return [];
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (depth === 0 && isWorkFolder(entry.name)) continue;
      if (++this.#count > this.#maxFiles)
        throw new FileError("ERR_FILE_SIZE", `${this.#root} has more than ${this.#maxFiles} files`);
      const below = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) await this.#folder(below, depth + 1);
      else await this.#look(below, join(this.#root, below), true);
    }
  }

  /** Takes note of a file; false if it is gone. */
  async #look(path: string, place: string, isInPlace: boolean): Promise<boolean> {
    const stats = await lstat(place, { bigint: true }).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (!stats) return false;
    this.#state.push(`${path} ${isInPlace} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.mode}`);
    if (stats.isSymbolicLink()) this.#say("FINDING_PKI_LINK", path, "a symbolic link is not followed");
    else if (!stats.isFile()) this.#say("FINDING_PKI_UNREADABLE", path, "it is no regular file");
    else if (!kindOf(path))
      this.#say("FINDING_PKI_FOREIGN", path, "it is no certificate, key or kubeconfig by its name");
    else this.#files.set(path, place);
    return true;
  }

  #say(code: keyof PkiDirectoryFindings, path: string, message: string): void {
    this.#findings.push(finding(code, path, message));
  }
}

function finding(code: keyof PkiDirectoryFindings, path: string, message: string): PkiDirectoryFinding {
  const isWarning = ["FINDING_PKI_LINK", "FINDING_PKI_FOREIGN", "FINDING_PKI_PENDING"].includes(code);
  return { code, severity: isWarning ? "warning" : "error", path, message };
}

/** Nothing if a file has gone since the walk. */
async function readAll(
  { files: places, findings: walked }: Walked,
  { maxFileBytes = MAX_FILE_BYTES }: ReadPkiDirectoryOptions,
): Promise<PkiDirectory | undefined> {
  const files: PkiFile[] = [];
  const findings = [...walked];
  for (const path of [...places.keys()].sort()) {
    const { kind } = kindOf(path)!;
    try {
      const { bytes, mode } = await readRegularFile(places.get(path)!, {
        maxBytes: maxFileBytes,
        followLinks: false,
      });
      files.push(new PkiFile(path, kind, mode, bytes.toString("utf8")));
      if (isSecret(kind) && mode & 0o077)
        findings.push(
          finding("FINDING_PKI_FILE_MODE", path, `others may use the file: its mode is ${mode.toString(8)}`),
        );
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (isMissing(error.cause)) return undefined;
      findings.push(finding("FINDING_PKI_UNREADABLE", path, error.message));
    }
  }
  return { files, findings: findings.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)) };
}
