/** Whether a certificate list can be relied on. */
import { CertificateListError } from "../errors.ts";
import type { CodesOf } from "../errors.ts";
import { equalBytes } from "../bytes.ts";
import type { Mode } from "../der/reader.ts";
import { verifySignature as verifyWithWebCrypto } from "../keys/verifier.ts";
import { parseCertificate } from "../x509/certificate.ts";
import type { Certificate, CertificateInput } from "../x509/certificate.ts";
import { parseCertificateList } from "../x509/certificate-list.ts";
import type { CertificateList, CertificateListInput } from "../x509/certificate-list.ts";
import { answerLater, answerNow, keyOptions, momentOf } from "./asking.ts";
import type { Asking, ChainSignatureVerifier, SignatureAnswer } from "./asking.ts";
import { describeName } from "./refusal.ts";

/** How a list is verified; all fields have defaults. */
export interface VerifyListOptions {
  /** The moment that counts; now by default. A number is milliseconds since 1970. */
  readonly at?: Date | number;
  /** As for `verifyCertificateChain`: `"kubernetes"` parses lists as Go does and takes RSA from 1024 bits. */
  readonly mode?: Mode;
  /** Bytes of a list; 8 MiB by default. */
  readonly maxBytes?: number;
  /** Checks signatures; WebCrypto by default. */
  readonly verifySignature?: ChainSignatureVerifier;
}

/** As {@link VerifyListOptions}, for an answer at once. */
export interface VerifyListSyncOptions extends Omit<VerifyListOptions, "verifySignature"> {
  /** Checks signatures at once, for example `verifySignatureSync` of `kubepki/node`. */
  readonly verifySignature: ChainSignatureVerifier<boolean>;
}

/** Why a list is not to be relied on. */
export interface ListFault {
  readonly code: CodesOf<"CertificateListError">;
  /** Continues a sentence that begins with the list. */
  readonly message: string;
  readonly cause?: unknown;
}

/**
 * Verifies that a list was issued by this CA, and is the current one: then {@link CertificateList.find} tells which certificates of that CA, in the
 * scope of the list, are revoked.
 *
 * Checked: the issuer's name byte for byte and, where both have it, the key identifier; that the issuer is a CA and its key usage, if any, has cRLSign;
 * the signature; `thisUpdate` and `nextUpdate`, which must be there, both ends included; that the list is a full one of a version with a number,
 * without critical extensions that are not understood, neither delta nor indirect nor for some reasons only. Not checked: whether the CA is to be
 * trusted, which is the matter of {@link verifyCertificateChain}; whether a newer list exists.
 *
 * Source: RFC 5280 5 and 6.3.3, Go crypto/x509 `CheckSignatureFrom`, which checks key usage and signature alone.
 *
 * @returns the parsed list
 * @throws CertificateListError `ERR_CRL_ISSUER`, `ERR_CRL_SIGNATURE`, `ERR_CRL_NOT_YET_VALID`, `ERR_CRL_EXPIRED`, `ERR_CRL_UNSUPPORTED`, and what
 * {@link parseCertificateList} and {@link parseCertificate} throw
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { CertificateListError, caTemplate, generateKeyPair, issueCertificateList, issueSelfSigned, verifyCertificateList } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * const thisUpdate = new Date();
 * const nextUpdate = new Date(thisUpdate.getTime() + 86_400_000);
 * const issued = await issueCertificateList({ entries: [], crlNumber: "1", thisUpdate, nextUpdate }, { issuer: { certificate, signer } });
 *
 * const list = await verifyCertificateList(issued.der, certificate);
 * assert.equal(list.crlNumber, "01");
 * const at = new Date(nextUpdate.getTime() + 1000);
 * await assert.rejects(verifyCertificateList(list, certificate, { at }), CertificateListError);
 * ```
 */
export async function verifyCertificateList(
  list: CertificateListInput,
  issuer: CertificateInput,
  options: VerifyListOptions = {},
): Promise<CertificateList> {
  const verifier = options.verifySignature ?? verifyWithWebCrypto;
  return answerLater(startVerifying(list, issuer, options), verifier, keyOptions(options));
}

/**
 * As {@link verifyCertificateList}, at once: for a verifier of signatures that answers at once.
 *
 * @throws CertificateListError, PemError, DerError, CertificateError, TypeError as {@link verifyCertificateList}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueCertificateList, issueSelfSigned, verifyCertificateListSync } from "kubepki";
 * import { verifySignatureSync } from "kubepki/node";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * const dates = { thisUpdate: new Date(), nextUpdate: new Date(Date.now() + 86_400_000) };
 * const issued = await issueCertificateList({ entries: [], crlNumber: "1", ...dates }, { issuer: { certificate, signer } });
 * assert.equal(verifyCertificateListSync(issued, certificate, { verifySignature: verifySignatureSync }).size, 0);
 * ```
 */
export function verifyCertificateListSync(
  list: CertificateListInput,
  issuer: CertificateInput,
  options: VerifyListSyncOptions,
): CertificateList {
  return answerNow(startVerifying(list, issuer, options), options.verifySignature, keyOptions(options));
}

function* startVerifying(
  input: CertificateListInput,
  issuerInput: CertificateInput,
  { mode = "safe", maxBytes, at }: Omit<VerifyListOptions, "verifySignature">,
): Asking<CertificateList> {
  const list = parseCertificateList(input, { mode, ...(maxBytes !== undefined && { maxBytes }) });
  const issuer = parseCertificate(issuerInput, { mode });
  const fault =
    findUseFault(list) ??
    findIssuerFault(list, issuer) ??
    signatureFault((yield [{ child: list, issuer }])[0]!, issuer) ??
    findTimeFault(list, momentOf(at));
  if (!fault) return list;
  const { code, message, cause } = fault;
  throw new CertificateListError(code, `the list ${message}`, cause === undefined ? {} : { cause });
}

/** RFC 5280 5.2: what makes a list useless, or another thing than the full list of one issuer. */
export function findUseFault(list: CertificateList): ListFault | undefined {
  const unsupported = (message: string): ListFault => ({ code: "ERR_CRL_UNSUPPORTED", message });
  const unknown = list.extensions.find(({ critical, id }) => critical && id === undefined);
  if (unknown) return unsupported(`has the critical extension ${unknown.oid}, which is not understood`);
  if (list.deltaCrlIndicator !== undefined) return unsupported("is a delta, which only amends another list");
  const { indirectCRL, onlySomeReasons, onlyContainsAttributeCerts } = list.issuingDistributionPoint ?? {};
  if (indirectCRL) return unsupported("is indirect: it has certificates of other issuers");
  if (onlySomeReasons) return unsupported("covers only some reasons");
  if (onlyContainsAttributeCerts) return unsupported("is about attribute certificates");
  if (list.layout.unusable !== undefined) return unsupported(`cannot be used: ${list.layout.unusable}`);
  return list.crlNumber === undefined
    ? unsupported("has no number, so that nobody knows the newest")
    : undefined;
}

/** RFC 5280 6.3.3 (b), (f): whose list it is, and whether that CA may sign lists. */
export function findIssuerFault(list: CertificateList, issuer: Certificate): ListFault | undefined {
  const bad = (message: string): ListFault => ({ code: "ERR_CRL_ISSUER", message });
  const by = describeName(issuer.subject);
  if (!equalBytes(list.issuer.der, issuer.subject.der))
    return bad(`is of another issuer (${describeName(list.issuer)}), not of ${by}`);
  const constraints = issuer.extensionValue("basicConstraints");
  if (constraints ? !constraints.ca : issuer.version === 3) return bad(`is signed by ${by}, which is no CA`);
  const usage = issuer.extensionValue("keyUsage") ?? [];
  if (usage.length > 0 && !usage.includes("cRLSign"))
    return bad(`is signed by ${by}, whose key usage has no cRLSign`);
  const stated = list.authorityKeyIdentifier?.keyIdentifier;
  const own = issuer.extensionValue("subjectKeyIdentifier");
  return stated && own && !equalBytes(stated, own) ? bad(`was signed with another key of ${by}`) : undefined;
}

/** What an answer about the signature of a list means. */
export function signatureFault(answer: SignatureAnswer, issuer: Certificate): ListFault | undefined {
  if (answer === true) return undefined;
  const code = "ERR_CRL_SIGNATURE";
  if (answer === false)
    return { code, message: `has a signature that was not made by ${describeName(issuer.subject)}` };
  return { code, message: `has no usable signature: ${answer.message}`, cause: answer };
}

/** RFC 5280 5.1.2.4, 5.1.2.5; `at` is milliseconds since 1970. */
export function findTimeFault({ layout }: CertificateList, at: number): ListFault | undefined {
  const text = (seconds: number): string => new Date(seconds * 1000).toISOString();
  if (at < layout.thisUpdate * 1000)
    return { code: "ERR_CRL_NOT_YET_VALID", message: `is of the future: ${text(layout.thisUpdate)}` };
  if (layout.nextUpdate === undefined)
    return { code: "ERR_CRL_EXPIRED", message: "does not say when the next one comes" };
  if (at <= layout.nextUpdate * 1000) return undefined;
  return { code: "ERR_CRL_EXPIRED", message: `is out of date since ${text(layout.nextUpdate)}` };
}
