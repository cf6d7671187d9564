/** Client CAs from files that change while the server runs. */
import { PeerError, PkiError } from "../errors.ts";
import type { PemOptions } from "../pem.ts";
import { CertificatePool } from "../verify/certificate-pool.ts";
import { parseCertificates } from "../x509/certificate.ts";
import type { Certificate } from "../x509/certificate.ts";
import { FollowedFiles } from "./followed-files.ts";
import type { FollowOptions } from "./followed-files.ts";

/**
 * How files of client CAs are read and watched. `mode` is `"safe"` by default: a broken block is an error. With `"kubernetes"`, blocks of PEM that are broken or
 * have headers are passed over. In both, blocks of other kinds are passed over, and a certificate that does not parse, or none at all, is an error.
 */
export interface ClientCaOptions extends PemOptions, FollowOptions {
  /** Is told of the certificates that count from now on; not of the first ones. */
  readonly onChange?: (trustAnchors: CertificatePool) => void;
}

/** What is given new trust anchors: an `Authenticator`, a `ForwardedAuthenticator`, an object of your own. */
export interface TrustAnchorsUser {
  /** Believes these and no others from now on. */
  replaceTrustAnchors(trustAnchors: CertificatePool): void;
}

/** Client CAs that follow their files. Made by {@link watchClientCa}. */
export class ClientCa {
  readonly #paths: readonly string[];
  readonly #options: ClientCaOptions;
  readonly #users = new Set<TrustAnchorsUser>();
  readonly #files: FollowedFiles;
  #pool: CertificatePool | undefined;

  /** Not for callers: use {@link watchClientCa}. */
  constructor(paths: readonly string[], options: ClientCaOptions) {
    this.#paths = paths;
    this.#options = options;
    const unreadable = (path: string, cause: unknown): PeerError =>
      new PeerError("ERR_PEER_CA_FILE", `${path} cannot be read`, { cause });
    const take = (contents: readonly Buffer[]): void => this.#take(contents);
    this.#files = new FollowedFiles(paths, { unreadable, take }, options);
  }

  /** The certificates that count now. */
  get trustAnchors(): CertificatePool {
    return this.#pool ?? new CertificatePool([]);
  }

  /** Gives its certificates to an authenticator, now and after each change. */
  supply(user: TrustAnchorsUser): void {
    user.replaceTrustAnchors(this.trustAnchors);
    this.#users.add(user);
  }

  /**
   * Reads the files now, without waiting for notice or time. What is wrong with them goes to `onError`; this resolves in any case.
   */
  async reload(): Promise<void> {
    return this.#files.reload();
  }

  /** Stops watching; the certificates stay as they are. Again does nothing. */
  close(): void {
    this.#files.close();
  }

  /** Not for callers: {@link watchClientCa} does it. */
  async start(): Promise<void> {
    return this.#files.start();
  }

  #take(contents: readonly Buffer[]): void {
    // Everything is parsed before anything is replaced.
    const files = contents.map((content, index) =>
      parseFile(this.#paths[index]!, content.toString("utf8"), this.#options),
    );
    const isFirst = !this.#pool;
    const pool = new CertificatePool(files.flat());
    this.#pool = pool;
    for (const user of this.#users) user.replaceTrustAnchors(pool);
    if (!isFirst) this.#options.onChange?.(pool);
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
