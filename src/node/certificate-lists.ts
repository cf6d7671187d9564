/** Certificate lists from files that change while the server runs. */
import { CertificateListError, PkiError } from "../errors.ts";
import { CertificateListChecker } from "../verify/certificate-list-checker.ts";
import type { ParseOptions } from "../x509/certificate-layout.ts";
import { MAX_LIST_BYTES } from "../x509/certificate-list-layout.ts";
import { parseCertificateList } from "../x509/certificate-list.ts";
import type { CertificateList } from "../x509/certificate-list.ts";
import { parsePem } from "../pem.ts";
import { FollowedFiles } from "./followed-files.ts";
import type { FollowOptions } from "./followed-files.ts";

/** How files of lists are read and followed; `maxBytes` is that of one list, 8 MiB by default. */
export interface ListFilesOptions extends ParseOptions, FollowOptions {
  /** Is told that other lists count from now on; not of the first ones. */
  readonly onChange?: (lists: readonly CertificateList[]) => void;
}

/** A checker whose lists follow their files. Made by {@link watchCertificateLists}. */
export class WatchedCertificateLists extends CertificateListChecker {
  readonly #files: FollowedFiles;

  /** Not for callers: use {@link watchCertificateLists}. */
  constructor(paths: readonly string[], options: ListFilesOptions) {
    super([], options);
    let isFirst = true;
    const unreadable = (path: string, cause: unknown): PkiError =>
      new CertificateListError("ERR_CRL_FILE", `${path} cannot be read`, { cause });
    const take = (contents: readonly Buffer[]): void => {
      // Everything is parsed before anything is replaced.
      const lists = contents.flatMap((content, index) => parseFile(paths[index]!, content, options));
      this.replace(lists);
      if (!isFirst) options.onChange?.(lists);
      isFirst = false;
    };
    this.#files = new FollowedFiles(paths, { unreadable, take }, options);
  }

  /** Reads the files now, without waiting for notice or time. What is wrong with them goes to `onError`; this resolves in any case. */
  async reload(): Promise<void> {
    return this.#files.reload();
  }

  /** Stops watching; the lists stay as they are. Again does nothing. */
  close(): void {
    this.#files.close();
  }

  /** Not for callers: {@link watchCertificateLists} does it. */
  async start(): Promise<void> {
    return this.#files.start();
  }
}

function parseFile(path: string, content: Buffer, options: ParseOptions): CertificateList[] {
  const { mode = "safe", maxBytes = MAX_LIST_BYTES } = options;
  try {
    // DER begins with the octet of a SEQUENCE, which is the digit 0: no PEM begins so.
    if (content[0] === 0x30) return [parseCertificateList(content, options)];
    const blocks = parsePem(content.toString("utf8"), { mode, maxCharacters: maxBytes * 1.4 + 1024 });
    const lists = blocks.filter(({ label }) => label === "X509 CRL");
    if (lists.length === 0)
      throw new CertificateListError("ERR_CRL_FILE", "there is no X509 CRL block in it");
    return lists.map(({ der }) => parseCertificateList(der, options));
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause;
    throw new CertificateListError("ERR_CRL_FILE", `${path} has no certificate list: ${cause.message}`, {
      cause,
    });
  }
}

/**
 * A revocation checker with lists from files, PEM or DER, which are read again when they change.
 *
 * Files are followed as `watchClientCa` follows them, mounted ConfigMaps and Secrets too. All files are parsed before anything counts: a broken or
 * missing file leaves the lists from before as they are, and is reported to `onError`; when those lists run out, the policy says what happens. Nothing
 * here keeps a process alive. Not fetched: anything from a network.
 *
 * @throws CertificateListError `ERR_CRL_FILE` if a file is not good in the beginning; its `cause` says why
 * @throws TypeError if there is no path
 *
 * @example
 * ```ts no-run
 * import { createAuthenticator } from "kubepki";
 * import { watchCertificateLists, watchClientCa } from "kubepki/node";
 *
 * const { trustAnchors } = await watchClientCa("/etc/pki/ca.crt");
 * const checker = await watchCertificateLists("/etc/pki/ca.crl", { onError: (error) => console.error(error.message) });
 * const authenticator = createAuthenticator({ trustAnchors, revocation: { checker, onUnknown: "refuse" } });
 * ```
 */
export async function watchCertificateLists(
  paths: string | readonly [string, ...string[]],
  options: ListFilesOptions = {},
): Promise<WatchedCertificateLists> {
  const list = typeof paths === "string" ? [paths] : [...paths];
  if (list.length === 0) throw new TypeError("there is no file to read certificate lists from");
  const lists = new WatchedCertificateLists(list, options);
  await lists.start();
  return lists;
}
