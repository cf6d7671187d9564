/** What must hold of certificates and keys before they replace others. */
import { createPublicKey } from "node:crypto";
import { equalBytes } from "../../bytes.ts";
import { FileError, KeyError, PkiError } from "../../errors.ts";
import { parsePublicKey } from "../../keys/public-key.ts";
import { parseCertificates } from "../../x509/certificate.ts";
import type { Certificate } from "../../x509/certificate.ts";
import { parseKeyObject } from "../signer.ts";

/** What stands at a path: as it is now, or as it will be. Undefined if nothing does. */
export type TextAt = (path: string) => Promise<string | undefined>;

/**
 * Every certificate and public key that is written, or whose key is, belongs to the private key beside it.
 *
 * @throws KeyError `ERR_KEY_MISMATCH`; its `cause` says more if one of them cannot be read
 */
export async function checkPairs(paths: readonly string[], textAt: TextAt): Promise<void> {
  const bases = new Set(
    paths.filter((path) => /\.(crt|key|pub)$/.test(path)).map((path) => path.slice(0, -4)),
  );
  for (const base of bases) {
    const key = await textAt(`${base}.key`);
    if (key === undefined) continue;
    for (const [path, read] of [
      [`${base}.crt`, (text: string) => firstCertificate(text).subjectPublicKeyInfo],
      [`${base}.pub`, (text: string) => parsePublicKey(text).subjectPublicKeyInfo],
    ] as const) {
      const text = await textAt(path);
      if (text !== undefined && !isPair(path, () => [publicHalf(key), read(text)]))
        throw new KeyError("ERR_KEY_MISMATCH", `${base}.key is not the key of ${path}`, { path });
    }
  }
}

function isPair(path: string, read: () => readonly [Uint8Array, Uint8Array]): boolean {
  try {
    return equalBytes(...read());
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause;
    const message = `whether ${path} belongs to its key cannot be told: ${cause.message}`;
    throw new KeyError("ERR_KEY_MISMATCH", message, { path, cause });
  }
}

function publicHalf(key: string): Uint8Array {
  return new Uint8Array(createPublicKey(parseKeyObject(key)).export({ format: "der", type: "spki" }));
}

function firstCertificate(text: string): Certificate {
  return parseCertificates(text)[0]!;
}

/**
 * No key of a CA, and no key of service account tokens, is replaced by another.
 *
 * @throws FileError `ERR_FILE_CA_KEY`
 */
export async function checkCaKeys(
  files: readonly { readonly path: string; readonly text: string }[],
  textNow: TextAt,
): Promise<void> {
  for (const { path, text } of files) {
    if (!path.endsWith(".key")) continue;
    const old = await textNow(path);
    if (old === undefined || old === text || !(await isPrecious(path, textNow))) continue;
    throw new FileError(
      "ERR_FILE_CA_KEY",
      `${path} is the key of a CA or of service accounts, and is there already`,
    );
  }
}

/** By its name, or because the certificate beside it is a CA's. */
async function isPrecious(path: string, textNow: TextAt): Promise<boolean> {
  const base = path.slice(0, -4);
  const name = base.slice(base.lastIndexOf("/") + 1);
  if (name === "ca" || name.endsWith("-ca") || name === "sa") return true;
  const certificate = await textNow(`${base}.crt`);
  if (certificate === undefined) return false;
  try {
    const certificates = parseCertificates(certificate, { mode: "kubernetes" });
    return certificates.some((one) => one.extensionValue("basicConstraints")?.ca === true);
  } catch (error) {
    if (error instanceof PkiError) return true; // nobody knows
    throw error;
  }
}
