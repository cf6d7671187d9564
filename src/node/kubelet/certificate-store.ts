/** Where a kubelet keeps its certificates: files that are replaced whole. */
import { chmod, lstat, mkdir, open, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { KubeletError, PkiError } from "../../errors.ts";
import type { CertificatePair } from "./certificate-pair.ts";
import { parseCertificatePair } from "./certificate-pair.ts";

/** Keeps the current certificate and key. One of your own may keep them elsewhere: a Secret, a key service. */
export interface CertificateStore {
  /** What is current, or nothing if there is none yet. Rejects if there is one that cannot be read. */
  current(): Promise<CertificatePair | undefined>;
  /** Makes this the current pair. When it resolves, the pair outlives a loss of power. */
  update(pair: CertificatePair): Promise<void>;
}

/** Where the files of a store are. */
export interface FileStoreOptions {
  /** The directory, `/var/lib/kubelet/pki` for a kubelet. It is made if need be. */
  readonly directory: string;
  /** What the names begin with: `kubelet-client`, `kubelet-server`. */
  readonly prefix: string;
  /** A certificate from elsewhere, which counts as long as the store has none. */
  readonly certFile?: string;
  /** Its private key. */
  readonly keyFile?: string;
  /** How many dated files stay, the current one included. By default all do, as a kubelet's. */
  readonly keep?: number;
}

/**
 * A store in the files of a kubelet, which a kubelet can go on to use, and the other way round. Made by {@link openCertificateStore}.
 *
 * The link `<prefix>-current.pem` leads to `<prefix>-2026-01-31-12-00-00.pem` (local time, mode 0600), which has the certificates and then the key. The
 * file is written under another name, synced, and renamed; the link is made beside and renamed. So at every moment the link is the old pair or the new one, whole: a
 * kubelet removes its link first, and has none for that moment.
 */
export class FileCertificateStore implements CertificateStore {
  /** The link that always leads to the current pair; a kubeconfig names it. */
  readonly currentPath: string;
  readonly #options: FileStoreOptions;
  readonly #updatedPath: string;

  /** Not for callers: {@link openCertificateStore} makes these. */
  constructor(options: FileStoreOptions) {
    const { directory, prefix } = options;
    this.#options = options;
    this.currentPath = join(directory, `${prefix}-current.pem`);
    this.#updatedPath = join(directory, `${prefix}-updated.pem`);
  }

  /**
   * The pair that counts: of the link, else of `certFile` and `keyFile`, else of `<prefix>.crt` and `<prefix>.key`; a pair of which one file is missing is passed over.
   *
   * @throws KubeletError `ERR_KUBELET_STORE` if the first that exists cannot be read, or is no pair
   */
  async current(): Promise<CertificatePair | undefined> {
    const { directory, prefix, certFile, keyFile } = this.#options;
    const places: [string | undefined, string | undefined][] = [
      [this.currentPath, this.currentPath],
      [certFile, keyFile],
      [join(directory, `${prefix}.crt`), join(directory, `${prefix}.key`)],
    ];
    for (const [cert, key] of places) {
      if (cert === undefined || key === undefined) continue;
      if ((await exists(cert)) && (await exists(key))) return readPair(cert, key);
    }
    return undefined;
  }

  /**
   * Makes this the current pair. What was current before stays as a file, unless `keep` says otherwise; a pair of the same second is replaced.
   *
   * There must be one writer at a time; readers may be many.
   *
   * @throws KubeletError `ERR_KUBELET_STORE` if the files cannot be written, or something other than a link has the link's name
   */
  async update(pair: CertificatePair, at: Date = new Date()): Promise<void> {
    const { directory, prefix } = this.#options;
    await attempt(directory, () => mkdir(directory, { recursive: true, mode: 0o755 }));
    await mustBeLink(this.currentPath);
    await mustBeLink(this.#updatedPath);
    const path = resolve(directory, `${prefix}-${localTime(at)}.pem`);
    await attempt(path, async () => {
      await this.#writeFile(path, pair.exportPem());
      await rm(this.#updatedPath, { force: true });
      await symlink(path, this.#updatedPath);
      await rename(this.#updatedPath, this.currentPath);
      await syncDirectory(directory);
    });
    await this.#forget(basename(path));
  }

  /** Finishes what a kubelet had begun when it was stopped: its new link is there, the old one was removed. */
  async recover(): Promise<void> {
    if (await exists(this.currentPath)) return;
    if (!(await mustBeLink(this.#updatedPath))) return;
    await attempt(this.currentPath, () => rename(this.#updatedPath, this.currentPath));
  }

  async #writeFile(path: string, text: string): Promise<void> {
    const temporary = join(dirname(path), `.${this.#options.prefix}-new.tmp`);
    await rm(temporary, { force: true }); // of a writer that was stopped
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(temporary, 0o600); // whatever the umask has taken
    await rename(temporary, path);
  }

  /** Removes the oldest files; what cannot be removed now is next time. */
  async #forget(current: string): Promise<void> {
    const { directory, prefix, keep } = this.#options;
    if (keep === undefined) return;
    const names = await attempt(directory, () => readdir(directory));
    const dated = names.filter(
      (name) => name.startsWith(`${prefix}-`) && DATED.test(name.slice(prefix.length)),
    );
    const old = dated.filter((name) => name !== current).sort();
    const surplus = old.slice(0, Math.max(0, old.length + 1 - keep));
    await Promise.all(
      surplus.map((name) => rm(join(directory, name), { force: true }).catch(() => undefined)),
    );
  }
}

const DATED = /^-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d\.pem$/;

/**
 * Opens the certificate store of a kubelet, and finishes what a kubelet that was stopped in between had begun. Nothing is read yet, and no directory made.
 *
 * Source: client-go `util/certificate/certificate_store.go` (`NewFileStore`).
 *
 * @throws KubeletError `ERR_KUBELET_STORE` if a file has the name of the link `<prefix>-updated.pem`, or the directory cannot be looked into
 * @throws TypeError if the prefix is no name of a file, or `keep` is less than 1
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { openCertificateStore } from "kubepki/node";
 *
 * const directory = await mkdtemp(join(tmpdir(), "pki-"));
 * const store = await openCertificateStore({ directory, prefix: "kubelet-client" });
 * assert.equal(await store.current(), undefined);
 * assert.equal(store.currentPath, join(directory, "kubelet-client-current.pem"));
 * ```
 */
export async function openCertificateStore(options: FileStoreOptions): Promise<FileCertificateStore> {
  const { prefix, keep = 1 } = options;
  if (prefix === "" || basename(prefix) !== prefix)
    throw new TypeError(`the prefix ${JSON.stringify(prefix)} is no name of a file`);
  if (!(keep >= 1)) throw new TypeError(`keep is ${keep}; the current pair must stay`);
  const store = new FileCertificateStore(options);
  await store.recover();
  return store;
}

async function readPair(certFile: string, keyFile: string): Promise<CertificatePair> {
  return attempt(certFile, async () => {
    // One file is read once: between two reads another pair could take its place.
    const cert = await readFile(certFile, "utf8");
    const key = keyFile === certFile ? cert : await readFile(keyFile, "utf8");
    return parseCertificatePair(cert, key);
  });
}

/** Follows links: one that leads nowhere does not exist. */
async function exists(path: string): Promise<boolean> {
  return attempt(path, () =>
    stat(path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    ),
  );
}

/** Whether a link has this name; anything else that has it is nothing to write over. */
async function mustBeLink(path: string): Promise<boolean> {
  return attempt(path, async () => {
    const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (found && !found.isSymbolicLink())
      throw new KubeletError("ERR_KUBELET_STORE", "what stands there must be a symbolic link, and is none", {
        path,
      });
    return found !== undefined;
  });
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof KubeletError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const reason = cause instanceof PkiError ? cause.message : `the system says ${code}`;
    throw new KubeletError("ERR_KUBELET_STORE", `the certificate store cannot be used: ${reason}`, {
      path,
      cause,
    });
  }
}

/** A rename is on the disk when its directory is. Some systems cannot sync directories; there, the rename comes when it comes. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => undefined);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}

/** `2006-01-02-15-04-05` of this machine's time zone, as a kubelet names its files. */
function localTime(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())];
  return [...date, two(at.getHours()), two(at.getMinutes()), two(at.getSeconds())].join("-");
}
