/** A certificate and its key from files that are replaced while the process runs. */
import { FileError, PkiError } from "../errors.ts";
import { FollowedFiles } from "./followed-files.ts";
import type { FollowOptions } from "./followed-files.ts";
import { parseCertificatePair } from "./kubelet/certificate-pair.ts";
import type { CertificatePair } from "./kubelet/certificate-pair.ts";

/** How a bundle is followed. */
export interface CredentialBundleOptions extends FollowOptions {
  /** Is told of the pair that counts from now on; not of the first one. */
  readonly onChange?: (pair: CertificatePair) => void;
}

/** Where the bundle is: one file with the key and the chain, or a file for each as in a Secret. */
export type CredentialBundlePath =
  | string
  | {
      /** The certificate, then its intermediates, for example `tls.crt`. */
      readonly certFile: string;
      /** The private key, for example `tls.key`. */
      readonly keyFile: string;
    };

/** A certificate and its key that follow their files. Made by {@link watchCredentialBundle}. */
export class CredentialBundle {
  readonly #paths: readonly [certFile: string, keyFile: string];
  readonly #options: CredentialBundleOptions;
  readonly #files: FollowedFiles;
  readonly #followers = new Set<(pair: CertificatePair) => void>();
  #pair: CertificatePair | undefined;

  /** Not for callers: use {@link watchCredentialBundle}. */
  constructor(path: CredentialBundlePath, options: CredentialBundleOptions) {
    this.#paths = typeof path === "string" ? [path, path] : [path.certFile, path.keyFile];
    this.#options = options;
    const unreadable = (file: string, cause: unknown): PkiError =>
      new FileError("ERR_FILE_READ", `${file} cannot be read`, { cause });
    const take = (contents: readonly Buffer[]): void => this.#take(contents);
    this.#files = new FollowedFiles([...new Set(this.#paths)], { unreadable, take }, options);
  }

  /** The pair that counts now. For clients: `https.request({ ...bundle.current.exportTlsOptions() })`. */
  get current(): CertificatePair {
    return this.#pair!; // there is one before anybody sees this object
  }

  /** Calls back at once with the pair, and then with each new one; returns what ends it. Servers are given it by {@link followCertificate}. */
  follow(follower: (pair: CertificatePair) => void): () => void {
    follower(this.current);
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  /** Reads the files now, without waiting for notice or time. What is wrong with them goes to `onError`; this resolves in any case. */
  async reload(): Promise<void> {
    return this.#files.reload();
  }

  /** Stops watching; the pair stays as it is. Again does nothing. */
  close(): void {
    this.#files.close();
    this.#followers.clear();
  }

  /** Not for callers: {@link watchCredentialBundle} does it. */
  async start(): Promise<void> {
    return this.#files.start();
  }

  #take(contents: readonly Buffer[]): void {
    const [certificates, key = certificates] = contents.map((content) => content.toString("utf8"));
    const isFirst = this.#pair === undefined;
    const pair = parsePair(certificates!, key!, this.#paths);
    this.#pair = pair;
    const refusals = [...this.#followers].flatMap((follower) => this.#give(follower, pair));
    if (!isFirst) this.#options.onChange?.(pair);
    if (refusals[0]) throw refusals[0];
  }

  /** OpenSSL may refuse what we take, for example a key that this machine's policy finds too weak. The other servers get it all the same. */
  #give(follower: (pair: CertificatePair) => void, pair: CertificatePair): FileError[] {
    try {
      follower(pair);
      return [];
    } catch (cause) {
      const message = `${[...new Set(this.#paths)].join(" and ")}: a server does not take them`;
      return [new FileError("ERR_FILE_CREDENTIALS", message, { cause })];
    }
  }
}

function parsePair(certificates: string, key: string, paths: readonly string[]): CertificatePair {
  try {
    return parseCertificatePair(certificates, key);
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause;
    const message = `${[...new Set(paths)].join(" and ")}: no certificate with its key: ${cause.message}`;
    throw new FileError("ERR_FILE_CREDENTIALS", message, { cause });
  }
}

/**
 * Reads a certificate with its chain and its private key, and reads them again when the files change: the credential bundle of a pod certificate, a mounted Secret of the type
 * `kubernetes.io/tls`, what cert-manager or a kubelet writes.
 *
 * A change is noticed by the system's word for it, and at the latest after `resyncMilliseconds`. Guaranteed of what counts: there is one key, it works, and it is that of the first certificate. While
 * the files are broken, missing or do not belong together, the pair from before goes on to count, and `onError` is told. Not checked: whether the certificate is current and who issued it, see
 * `lintCertificateChain`. Nothing here keeps a process alive.
 *
 * Source: KEP-4317 (`credentialBundlePath`), Kubernetes `staging/src/k8s.io/apiserver/pkg/server/dynamiccertificates/dynamic_serving_content.go`.
 *
 * @throws FileError `ERR_FILE_READ`, `ERR_FILE_CREDENTIALS` if the files are not good in the beginning; its `cause` says why
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
 * import { createServer } from "node:https";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { caTemplate, encodePem, generateKeyPair, issueSelfSigned } from "kubepki";
 * import { followCertificate, watchCredentialBundle } from "kubepki/node";
 *
 * const { privateKey, signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "web" } }), signer);
 * const folder = mkdtempSync(join(tmpdir(), "bundle-"));
 * const path = join(folder, "credentialbundle.pem");
 * writeFileSync(path, (await privateKey.exportPem("pkcs8")) + encodePem("CERTIFICATE", certificate.der), { mode: 0o600 });
 *
 * const bundle = await watchCredentialBundle(path, { onError: (error) => console.error(error.message) });
 * const server = createServer();
 * followCertificate(server, bundle, { minVersion: "TLSv1.3" }); // from now on, after each change too
 * assert.equal(bundle.current.certificate.serialNumber, certificate.serialNumber);
 * bundle.close();
 * rmSync(folder, { recursive: true });
 * ```
 */
export async function watchCredentialBundle(
  path: CredentialBundlePath,
  options: CredentialBundleOptions = {},
): Promise<CredentialBundle> {
  const bundle = new CredentialBundle(path, options);
  await bundle.start();
  return bundle;
}
