/** Client CAs from files that change while the server runs. */
import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { PeerError, PkiError } from "../errors.ts";
import type { PemOptions } from "../pem.ts";
import { CertificatePool } from "../verify/certificate-pool.ts";
import { parseCertificates } from "../x509/certificate.ts";
import type { Certificate } from "../x509/certificate.ts";

/**
 * How files of client CAs are read and watched. `mode` is `"safe"` by default: a broken block is an error. With `"kubernetes"`, blocks of PEM that are broken or
 * have headers are passed over. In both, blocks of other kinds are passed over, and a certificate that does not parse, or none at all, is an error.
 */
export interface ClientCaOptions extends PemOptions {
  /** How often the files are read without notice of a change, in milliseconds; 60,000 by default, as in kube-apiserver. */
  readonly resyncMilliseconds?: number;
  /** Is told of the certificates that count from now on; not of the first ones. */
  readonly onChange?: (trustAnchors: CertificatePool) => void;
  /** Is told why a file could not be taken; the certificates from before go on to count. Without it nobody is told. */
  readonly onError?: (error: PkiError) => void;
  /** Stops watching. */
  readonly signal?: AbortSignal;
}

/** What is given new trust anchors: an `Authenticator`, a `ForwardedAuthenticator`, an object of your own. */
export interface TrustAnchorsUser {
  /** Believes these and no others from now on. */
  replaceTrustAnchors(trustAnchors: CertificatePool): void;
}

/** A change of a mounted Secret is several notices; they are waited for this long, in milliseconds. */
const SETTLE = 50;

/** Client CAs that follow their files. Made by {@link watchClientCa}. */
export class ClientCa {
  readonly #paths: readonly string[];
  readonly #options: ClientCaOptions;
  readonly #users = new Set<TrustAnchorsUser>();
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #stop = (): void => this.close();
  #texts: readonly string[] = [];
  #pool = new CertificatePool([]);
  #resync: ReturnType<typeof setInterval> | undefined;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  /** Not for callers: use {@link watchClientCa}. */
  constructor(paths: readonly string[], options: ClientCaOptions) {
    this.#paths = paths;
    this.#options = options;
  }

  /** The certificates that count now. */
  get trustAnchors(): CertificatePool {
    return this.#pool;
  }

  /** Gives its certificates to an authenticator, now and after each change. */
  supply(user: TrustAnchorsUser): void {
    user.replaceTrustAnchors(this.#pool);
    this.#users.add(user);
  }

  /**
   * Reads the files now, without waiting for notice or time. What is wrong with them goes to `onError`; this resolves in any case.
   */
  async reload(): Promise<void> {
    // One after the other, so that an older text never replaces a newer one.
    this.#reading = this.#reading.then(async () => {
      if (this.#closed) return;
      try {
        await this.#read();
      } catch (error) {
        if (!(error instanceof PkiError)) throw error;
        this.#options.onError?.(error);
      }
    });
    const done = this.#reading;
    this.#reading = done.catch(() => undefined); // what a callback has thrown is its caller's, and no reason to stop
    return done;
  }

  /** Stops watching; the certificates stay as they are. Again does nothing. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#resync);
    clearTimeout(this.#settle);
    this.#options.signal?.removeEventListener("abort", this.#stop);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** Not for callers: {@link watchClientCa} does it. */
  async start(): Promise<void> {
    const { signal, resyncMilliseconds = 60_000 } = this.#options;
    signal?.throwIfAborted();
    await this.#read();
    signal?.throwIfAborted();
    signal?.addEventListener("abort", this.#stop, { once: true });
    this.#watch();
    this.#resync = setInterval(() => {
      this.#watch();
      void this.reload();
    }, resyncMilliseconds).unref();
  }

  async #read(): Promise<void> {
    const texts = await Promise.all(this.#paths.map((path) => readText(path)));
    if (texts.every((text, index) => text === this.#texts[index])) return;
    // Everything is parsed before anything is replaced.
    const files = texts.map((text, index) => parseFile(this.#paths[index]!, text, this.#options));
    const first = this.#texts.length === 0;
    this.#texts = texts;
    this.#pool = new CertificatePool(files.flat());
    for (const user of this.#users) user.replaceTrustAnchors(this.#pool);
    if (!first) this.#options.onChange?.(this.#pool);
  }

  /**
   * The folders are watched, not the files: a file that is replaced is another file, and Kubernetes replaces the link `..data` beside it. Where nothing
   * can be watched, time alone counts, and the next try is at the next round.
   */
  #watch(): void {
    for (const folder of new Set(this.#paths.map((path) => dirname(path)))) {
      if (this.#watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#noticed());
        this.#watchers.set(folder, watcher);
        watcher.on("error", () => {
          watcher.close();
          this.#watchers.delete(folder);
        });
      } catch {
        // A system without such notices, or without room for more of them.
      }
    }
  }

  #noticed(): void {
    clearTimeout(this.#settle);
    if (this.#closed) return;
    this.#settle = setTimeout(() => void this.reload(), SETTLE).unref();
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new PeerError("ERR_PEER_CA_FILE", `${path} cannot be read`, { cause });
  }
}

function parseFile(path: string, text: string, options: PemOptions): Certificate[] {
  try {
    return parseCertificates(text, options);
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause;
    throw new PeerError("ERR_PEER_CA_FILE", `${path} is no bundle of CAs: ${cause.message}`, { cause });
  }
}

/**
 * Reads the client CAs of a server from PEM files, and reads them again when they change, as kube-apiserver does with `--client-ca-file`.
 *
 * A change is noticed by the system's word for it, and at the latest after `resyncMilliseconds`. Files that are replaced are followed, and Secrets and ConfigMaps that
 * Kubernetes mounts, where links are swapped. All files are read and parsed before anything counts: a broken or missing file leaves the CAs from before as
 * they are and is reported to `onError`. Nothing here keeps a process alive.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/server/dynamiccertificates/dynamic_cafile_content.go`.
 *
 * @throws PeerError `ERR_PEER_CA_FILE` if a file is not good in the beginning; its `cause` says why
 * @throws TypeError if there is no path
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { caTemplate, createAuthenticator, encodePem, generateKeyPair, issueSelfSigned } from "kubepki";
 * import { watchClientCa } from "kubepki/node";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "clients" } }), signer);
 * const folder = mkdtempSync(join(tmpdir(), "client-ca-"));
 * writeFileSync(join(folder, "ca.crt"), encodePem("CERTIFICATE", certificate.der));
 *
 * const clientCa = await watchClientCa(join(folder, "ca.crt"), { onError: (error) => console.error(error.message) });
 * const authenticator = createAuthenticator({ trustAnchors: clientCa.trustAnchors });
 * clientCa.supply(authenticator); // from now on
 * assert.equal(clientCa.trustAnchors.certificates.length, 1);
 * clientCa.close();
 * rmSync(folder, { recursive: true });
 * ```
 */
export async function watchClientCa(
  paths: string | readonly [string, ...string[]],
  options: ClientCaOptions = {},
): Promise<ClientCa> {
  const list = typeof paths === "string" ? [paths] : [...paths];
  if (list.length === 0) throw new TypeError("there is no file to read client CAs from");
  const clientCa = new ClientCa(list, options);
  await clientCa.start();
  return clientCa;
}
