/** kubeconfig files: read as kubectl reads them, written so that nobody sees half of one. */
import { lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { FileError, KubeconfigError, PkiError } from "../../errors.ts";
import type { Kubeconfig } from "../../kubernetes/kubeconfig/kubeconfig.ts";
import { mergeKubeconfigs } from "../../kubernetes/kubeconfig/merge.ts";
import { parseKubeconfig } from "../../kubernetes/kubeconfig/parse.ts";
import { resolveKubeconfigPaths } from "../../kubernetes/kubeconfig/paths.ts";
import { codeOf, isMissing, readRegularFile, syncFolder } from "../file-access.ts";
import { encodeKubeconfigYaml, parseKubeconfigYaml } from "./yaml.ts";
import type { KubeconfigTextOptions } from "./yaml.ts";

/** UTF-8 needs at most three bytes for a UTF-16 unit. */
const BYTES_PER_CHARACTER = 3;
const MAX_CHARACTERS = 1_048_576;

/**
 * Reads one kubeconfig file, as it stands: relative file names in it are not changed. Symbolic links are followed.
 *
 * @throws FileError `ERR_FILE_READ`, `ERR_FILE_SIZE`
 * @throws KubeconfigError as {@link parseKubeconfigYaml}, which is the `cause`; the message names the file too
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { kubeconfig } from "kubepki";
 * import { readKubeconfig, writeKubeconfig } from "kubepki/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
 * const config = await kubeconfig({ server: "https://127.0.0.1:6443", userName: "me", credentials: { token: "t" } });
 * await writeKubeconfig(join(folder, "config"), config);
 * assert.deepEqual(await readKubeconfig(join(folder, "config")), config);
 * await rm(folder, { recursive: true });
 * ```
 */
export async function readKubeconfig(path: string, options: KubeconfigTextOptions = {}): Promise<Kubeconfig> {
  const maxBytes = (options.maxCharacters ?? MAX_CHARACTERS) * BYTES_PER_CHARACTER;
  const { bytes } = await readRegularFile(path, { maxBytes, followLinks: true });
  try {
    return parseKubeconfigYaml(new TextDecoder("utf-8", { fatal: true }).decode(bytes), options);
  } catch (error) {
    if (error instanceof KubeconfigError)
      throw new KubeconfigError(error.code as "ERR_KUBECONFIG_YAML", `${path}: ${error.message}`, {
        cause: error,
      });
    if (error instanceof PkiError) throw error;
    throw new KubeconfigError("ERR_KUBECONFIG_YAML", `${path} is not UTF-8`, { cause: error });
  }
}

/** Which files {@link readKubeconfigFiles} reads. */
export interface KubeconfigFilesOptions extends KubeconfigTextOptions {
  /** The files; by default those of `KUBECONFIG`, and without it `.kube/config` in the home folder. */
  readonly paths?: readonly string[];
}

/** What {@link readKubeconfigFiles} has read. */
export interface KubeconfigFiles {
  /** All of them, merged, with absolute file names. */
  readonly config: Kubeconfig;
  /** The files that were there, in their order. */
  readonly read: readonly string[];
  /** The files that were not there. */
  readonly missing: readonly string[];
}

/**
 * Reads the kubeconfig that kubectl would use: the files of `KUBECONFIG`, or `~/.kube/config`, merged as {@link mergeKubeconfigs} does it. Files that are not there are passed over, and each
 * counts once. Relative file names count from the folder of the file that has them, and come out absolute.
 *
 * Source: client-go `tools/clientcmd/loader.go` (`NewDefaultClientConfigLoadingRules`, `Load`, `ResolveLocalPaths`).
 *
 * @throws FileError, KubeconfigError as {@link readKubeconfig} for a file that is there
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readKubeconfigFiles } from "kubepki/node";
 *
 * const { config, missing } = await readKubeconfigFiles({ paths: ["/there/is/no/such/file"] });
 * assert.deepEqual(config.contexts, []);
 * assert.equal(missing.length, 1);
 * ```
 */
export async function readKubeconfigFiles(options: KubeconfigFilesOptions = {}): Promise<KubeconfigFiles> {
  const { paths = defaultPaths(), ...textOptions } = options;
  const configs: Kubeconfig[] = [];
  const read: string[] = [];
  const missing: string[] = [];
  for (const path of new Set(paths)) {
    if (path === "") continue;
    try {
      const config = await readKubeconfig(path, textOptions);
      configs.push(resolveKubeconfigPaths(config, (name) => resolve(dirname(path), name)));
      read.push(path);
    } catch (error) {
      if (!(error instanceof FileError && isMissing(error.cause))) throw error;
      missing.push(path);
    }
  }
  return { config: mergeKubeconfigs(configs), read, missing };
}

function defaultPaths(): readonly string[] {
  const list = process.env["KUBECONFIG"];
  return list ? list.split(delimiter) : [join(homedir(), ".kube", "config")];
}

/**
 * Writes a kubeconfig file, whole or not at all: beside it, with mode 0600 from the first moment, onto the disk, and then in its place. An existing file is replaced, and with it its
 * mode. Missing folders are made.
 *
 * The file beside it is `<path>.lock`, the lock of `kubectl config`: neither writes while the other does. After a process was killed it may be left over; what it is meant for is untouched then.
 *
 * Source: client-go `tools/clientcmd/config.go` (`ModifyConfig`), `tools/clientcmd/loader.go` (`WriteToFile`, `lockFile`).
 *
 * @throws FileError `ERR_FILE_LOCKED`, `ERR_FILE_LINK` if the path is a symbolic link, `ERR_FILE_WRITE`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm, stat } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { kubeconfig } from "kubepki";
 * import { writeKubeconfig } from "kubepki/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
 * const config = await kubeconfig({ server: "https://127.0.0.1:6443", userName: "me", credentials: { token: "t" } });
 * await writeKubeconfig(join(folder, ".kube", "config"), config);
 * assert.equal((await stat(join(folder, ".kube", "config"))).mode & 0o777, 0o600);
 * await rm(folder, { recursive: true });
 * ```
 */
export async function writeKubeconfig(path: string, config: Kubeconfig): Promise<void> {
  await replaceFile(path, () => encodeKubeconfigYaml(config));
}

/**
 * Changes a kubeconfig file: locks it, reads it, and writes what `change` makes of it, as {@link writeKubeconfig} does. A file that is not there is an empty kubeconfig. If `change` throws,
 * nothing is written.
 *
 * @throws FileError, KubeconfigError as {@link readKubeconfig} and {@link writeKubeconfig}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { kubeconfig, mergeKubeconfigs } from "kubepki";
 * import { readKubeconfig, updateKubeconfig } from "kubepki/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
 * const mine = await kubeconfig({ server: "https://127.0.0.1:6443", userName: "me", credentials: { token: "t" } });
 * await updateKubeconfig(join(folder, "config"), (others) => mergeKubeconfigs([mine, others]));
 * assert.equal((await readKubeconfig(join(folder, "config")))["current-context"], "me@kubernetes");
 * await rm(folder, { recursive: true });
 * ```
 */
export async function updateKubeconfig(
  path: string,
  change: (config: Kubeconfig) => Kubeconfig | Promise<Kubeconfig>,
  options: KubeconfigTextOptions = {},
): Promise<void> {
  await replaceFile(path, async () => encodeKubeconfigYaml(await change(await readIfThere(path, options))));
}

async function readIfThere(path: string, options: KubeconfigTextOptions): Promise<Kubeconfig> {
  try {
    return await readKubeconfig(path, options);
  } catch (error) {
    if (error instanceof FileError && isMissing(error.cause)) return parseKubeconfig({});
    throw error;
  }
}

/** The lock is the new file: its name is the right one as soon as it is whole, and then the lock is gone. */
async function replaceFile(path: string, make: () => string | Promise<string>): Promise<void> {
  const folder = dirname(path);
  const lock = `${path}.lock`;
  const file = await writing(path, async () => {
    await mkdir(folder, { recursive: true });
    return open(lock, "wx", 0o600);
  });
  try {
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isSymbolicLink())
      throw new FileError("ERR_FILE_LINK", `${path} is a symbolic link, which would be replaced`);
    const text = await make();
    await writing(path, async () => {
      await file.writeFile(text);
      await file.sync();
      await rename(lock, path);
      await syncFolder(folder);
    });
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (
      codeOf(cause) === "EEXIST" &&
      cause instanceof Error &&
      "syscall" in cause &&
      cause.syscall === "open"
    )
      throw new FileError("ERR_FILE_LOCKED", `${path} is being written: ${path}.lock is there`, { cause });
    throw new FileError("ERR_FILE_WRITE", `${path} cannot be written: ${codeOf(cause) ?? "unknown"}`, {
      cause,
    });
  }
}
