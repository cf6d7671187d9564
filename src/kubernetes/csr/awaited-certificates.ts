/** What became of a request that somebody waits for. */
import { equalBytes } from "../../bytes.ts";
import { KeyError, SignerError } from "../../errors.ts";
import { printable } from "../../x509/printable.ts";
import type { Certificate } from "../../x509/certificate.ts";
import { issuedCertificates } from "./api-object.ts";
import type { CertificateSigningRequest } from "./api-object.ts";

/** Which request it is that one waits for. */
export interface AwaitedRequest {
  /** `metadata.uid` of the object that was made; another object of the same name is not taken for it. */
  readonly uid: string;
  /** DER SubjectPublicKeyInfo of the key in the request; a certificate for another key is not taken. */
  readonly subjectPublicKeyInfo: Uint8Array;
}

/** A CertificateSigningRequest with its identity. */
export interface IdentifiedRequest extends CertificateSigningRequest {
  /** Name and identity. */
  readonly metadata?: {
    /** Its name. */
    readonly name?: string;
    /** The API server's identity of this very object. */
    readonly uid?: string;
  };
}

/** What others wrote is shown in one line and not without end. */
const MAX_SHOWN = 1024;

/**
 * The certificates that a request was answered with, its own first; an empty list while it is pending. For loops that read an object again and again, as
 * `waitForCertificate` of `kubepki/node` does.
 *
 * Guaranteed: the object is the one that was made, it is approved, and the first certificate has the request's key. Not checked: who issued it, and whether it says what was
 * asked for.
 *
 * Source: Kubernetes `staging/src/k8s.io/client-go/util/certificate/csr/csr.go` (`WaitForCertificate`).
 *
 * @throws SignerError `ERR_SIGNER_DENIED`, `ERR_SIGNER_FAILED`, `ERR_SIGNER_REPLACED`: there will be no certificate, make a new request
 * @throws KeyError `ERR_KEY_MISMATCH`; PemError, DerError, CertificateError if what the signer wrote does not parse
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { awaitedCertificates } from "kubepki";
 *
 * const awaited = { uid: "1234", subjectPublicKeyInfo: new Uint8Array() };
 * const object = { metadata: { name: "jane", uid: "1234" }, spec: { request: "", signerName: "example.com/a" } };
 * assert.deepEqual(awaitedCertificates(object, awaited), []);
 * const denied = { ...object, status: { conditions: [{ type: "Denied", status: "True", reason: "Unknown", message: "Who is Jane?" }] } };
 * assert.throws(() => awaitedCertificates(denied, awaited), { code: "ERR_SIGNER_DENIED" });
 * ```
 */
export function awaitedCertificates(
  object: IdentifiedRequest,
  { uid, subjectPublicKeyInfo }: AwaitedRequest,
): readonly Certificate[] {
  const { metadata, status } = object;
  if (metadata?.uid !== uid) {
    const message = `the request of this name has the uid ${shown(metadata?.uid)}, not ${shown(uid)}: it was deleted and made again`;
    throw new SignerError("ERR_SIGNER_REPLACED", message, { path: "metadata.uid" });
  }
  for (const { type, reason, message } of status?.conditions ?? []) {
    if (type !== "Denied" && type !== "Failed") continue;
    const code = type === "Denied" ? "ERR_SIGNER_DENIED" : "ERR_SIGNER_FAILED";
    const text = `the request is ${type === "Denied" ? "denied" : "failed"}, reason: ${shown(reason)}, message: ${shown(message)}`;
    throw new SignerError(code, text, { path: "status.conditions" });
  }
  if (!status?.conditions?.some(({ type }) => type === "Approved")) return [];
  const certificates = issuedCertificates(object);
  if (certificates[0] && !equalBytes(certificates[0].subjectPublicKeyInfo, subjectPublicKeyInfo)) {
    const message = "the signer certified another key than that of the request";
    throw new KeyError("ERR_KEY_MISMATCH", message, { path: "status.certificate" });
  }
  return certificates;
}

function shown(text = ""): string {
  return JSON.stringify(printable(text, MAX_SHOWN));
}
