/** Issues certificate revocation lists (RFC 5280 section 5), full ones only. */
import { equalBytes } from "../bytes.ts";
import { SEQUENCE } from "../der/tag.ts";
import { DerWriter } from "../der/writer.ts";
import { TemplateError } from "../errors.ts";
import type { Signer } from "../keys/signer.ts";
import { checkSignature, verifySignature } from "../keys/verifier.ts";
import type { SignatureVerifier } from "../keys/verifier.ts";
import { CertificateListLayout } from "../x509/certificate-list-layout.ts";
import { CertificateList } from "../x509/certificate-list.ts";
import { CRL_REASONS } from "../x509/list-extensions.ts";
import type { CrlReason } from "../x509/list-extensions.ts";
import type { CertificateAuthority } from "./authority.ts";
import type { CertificateListTemplate } from "./list-template.ts";
import { failResult } from "./finish.ts";
import { atOnce } from "./issue.ts";
import { parseSerialNumber } from "./serial-number.ts";
import { encodeTbsList } from "./tbs-certificate-list.ts";
import { isMoment, secondsOf } from "./validity.ts";

/** Who issues a list. */
export interface IssueListOptions {
  /** The CA that issued the certificates; its key usage must have cRLSign where it has a key usage. */
  readonly issuer: CertificateAuthority;
  /** What verifies the signature; {@link verifySignature} by default, and nothing where no promise may be waited for. */
  readonly verifier?: SignatureVerifier;
}

/**
 * Issues a full certificate revocation list, and reads back what it made.
 *
 * Written as Go's `CreateRevocationList` writes it, byte for byte, for entries without an invalidity date and lists without a scope: authority key
 * identifier, CRL number, then the issuing distribution point, critical. Guaranteed: the result passes {@link parseCertificateList} in safe mode,
 * has the entries and dates that were asked for, and its signature holds. Not checked: that the number is larger than the last, and that the
 * certificates were issued by this CA.
 *
 * @throws TemplateError `ERR_TEMPLATE_ISSUER`, `ERR_TEMPLATE_VALIDITY`, `ERR_TEMPLATE_SERIAL_NUMBER`, `ERR_TEMPLATE_EXTENSION`, `ERR_TEMPLATE_RESULT`;
 * and whatever the signer throws
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueCertificateList, issueSelfSigned } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * const thisUpdate = new Date("2030-01-01T00:00:00Z");
 * const list = await issueCertificateList(
 *   {
 *     entries: [{ serialNumber: "1f", revocationDate: thisUpdate, reasonCode: "keyCompromise" }],
 *     crlNumber: "1",
 *     thisUpdate,
 *     nextUpdate: new Date("2030-01-08T00:00:00Z"),
 *   },
 *   { issuer: { certificate, signer } },
 * );
 * assert.equal(list.find("1f")?.reasonCode, "keyCompromise");
 * ```
 */
export async function issueCertificateList(
  template: CertificateListTemplate,
  options: IssueListOptions,
): Promise<CertificateList> {
  const { signer } = options.issuer;
  const tbs = prepareList(template, options.issuer);
  const signature = await signer.sign(tbs.slice()); // a copy: ours must stay what it is
  const list = finishList(template, tbs, signature, signer);
  const { verifier = verifySignature } = options;
  const { subjectPublicKeyInfo, signatureAlgorithm } = signer;
  acceptSignature(await verifier(subjectPublicKeyInfo, signatureAlgorithm, signature, tbs));
  return list;
}

/**
 * As {@link issueCertificateList}, at once: with a signer that answers without a promise, such as `keyObjectSigner` of `kubepki/node`. The signature is
 * verified only if `verifier` is given, and answers at once too.
 *
 * @throws TypeError if signer or verifier answer with a promise; TemplateError as {@link issueCertificateList}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPairSync } from "node:crypto";
 * import { caTemplate, issueCertificateListSync, issueSelfSignedSync } from "kubepki";
 * import { keyObjectSigner } from "kubepki/node";
 *
 * const signer = keyObjectSigner(generateKeyPairSync("ed25519").privateKey);
 * const { certificate } = issueSelfSignedSync(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * const dates = { thisUpdate: new Date("2030-01-01T00:00:00Z"), nextUpdate: new Date("2030-01-08T00:00:00Z") };
 * const list = issueCertificateListSync({ entries: [], crlNumber: "1", ...dates }, { issuer: { certificate, signer } });
 * assert.equal(list.size, 0);
 * ```
 */
export function issueCertificateListSync(
  template: CertificateListTemplate,
  options: IssueListOptions,
): CertificateList {
  const { signer } = options.issuer;
  const tbs = prepareList(template, options.issuer);
  const signature = atOnce(signer.sign(tbs.slice()), "signer");
  const list = finishList(template, tbs, signature, signer);
  const { subjectPublicKeyInfo, signatureAlgorithm } = signer;
  if (options.verifier)
    acceptSignature(
      atOnce(options.verifier(subjectPublicKeyInfo, signatureAlgorithm, signature, tbs), "verifier"),
    );
  return list;
}

function prepareList(template: CertificateListTemplate, issuer: CertificateAuthority): Uint8Array {
  checkListIssuer(issuer);
  checkDates(template);
  // 20 octets with the one for the sign, so that the 40th digit is at most 7.
  if (!/^(?:[0-7][0-9A-Fa-f]{39}|[0-9A-Fa-f]{1,39})$/.test(template.crlNumber))
    fail("ERR_TEMPLATE_EXTENSION", "crlNumber", "a CRL number must be hex of at most 20 octets");
  checkEntries(template);
  if (template.scope?.fullName?.length === 0)
    fail("ERR_TEMPLATE_EXTENSION", "scope.fullName", "there must be at least one name");
  return encodeTbsList(template, issuer);
}

/** RFC 5280 4.2.1.3, 5.2.1: who may sign lists, and has the identifier that lists state. */
function checkListIssuer({ certificate, signer }: CertificateAuthority): void {
  const bad = (message: string): never => fail("ERR_TEMPLATE_ISSUER", "issuer", message);
  if (certificate.deviations[0]) bad("its certificate is not well formed");
  if (certificate.subject.rdns.length === 0) bad("its subject is empty");
  if (certificate.extensionValue("basicConstraints")?.ca !== true) bad("it is no CA");
  if (certificate.extensionValue("keyUsage")?.includes("cRLSign") === false)
    bad("its key usage has no cRLSign: issue the CA again with it");
  if (!certificate.extension("subjectKeyIdentifier")) bad("it has no subject key identifier");
  if (!equalBytes(certificate.subjectPublicKeyInfo, signer.subjectPublicKeyInfo))
    bad("the signer has another key than its certificate");
}

function checkDates({ thisUpdate, nextUpdate }: CertificateListTemplate): void {
  if (!isMoment(thisUpdate)) fail("ERR_TEMPLATE_VALIDITY", "thisUpdate", "the date is invalid");
  if (!isMoment(nextUpdate)) fail("ERR_TEMPLATE_VALIDITY", "nextUpdate", "the date is invalid");
  if (secondsOf(nextUpdate) <= secondsOf(thisUpdate))
    fail("ERR_TEMPLATE_VALIDITY", "nextUpdate", "the next list must be later than this one");
}

function checkEntries({ entries }: CertificateListTemplate): void {
  const seen = new Set<string>();
  for (const [i, entry] of entries.entries()) {
    const path = `entries[${i}]`;
    const serial = parseSerialNumber(entry.serialNumber).join();
    if (seen.has(serial))
      fail("ERR_TEMPLATE_SERIAL_NUMBER", `${path}.serialNumber`, "the serial number stands there twice");
    seen.add(serial);
    const { revocationDate, invalidityDate, reasonCode = "unspecified" } = entry;
    if (!isMoment(revocationDate))
      fail("ERR_TEMPLATE_VALIDITY", `${path}.revocationDate`, "the date is invalid");
    if (invalidityDate && !isMoment(invalidityDate))
      fail("ERR_TEMPLATE_VALIDITY", `${path}.invalidityDate`, "the date is invalid");
    const known: boolean = CRL_REASONS.includes(reasonCode) && (reasonCode as CrlReason) !== "removeFromCRL";
    if (!known) fail("ERR_TEMPLATE_EXTENSION", `${path}.reasonCode`, "the reason is none of a full list");
  }
}

/** Puts the list together, and lets nothing out that is not what was asked for. */
function finishList(
  { entries, thisUpdate, nextUpdate }: CertificateListTemplate,
  tbs: Uint8Array,
  signature: Uint8Array,
  { subjectPublicKeyInfo, signatureAlgorithm }: Signer,
): CertificateList {
  if (!(signature instanceof Uint8Array)) failResult("the signer did not answer with bytes");
  if (!checkSignature(subjectPublicKeyInfo, signatureAlgorithm, signature, {}).wellFormed)
    failResult(
      "the signer's answer has not the form of a signature of its key; ECDSA signatures must be DER",
    );
  const writer = new DerWriter(tbs.length + signature.length + 64);
  writer.bitString(signature);
  writer.raw(signatureAlgorithm);
  writer.raw(tbs);
  writer.close(SEQUENCE, 0);
  const list = readBack(writer.finish());
  const same =
    list.size === entries.length &&
    list.layout.thisUpdate === secondsOf(thisUpdate) &&
    list.layout.nextUpdate === secondsOf(nextUpdate) &&
    equalBytes(list.signature, signature);
  if (!same) failResult("the list has other entries, dates or signature than was asked for");
  return list;
}

function readBack(der: Uint8Array): CertificateList {
  try {
    return new CertificateList(new CertificateListLayout(der, { maxBytes: der.length }));
  } catch (cause) {
    return failResult("the list cannot be read back", cause);
  }
}

function acceptSignature(holds: boolean): void {
  if (!holds) failResult("the signature does not hold: the signer has another key than it says");
}

function fail(code: TemplateError["code"], path: string, message: string): never {
  throw new TemplateError(code as "ERR_TEMPLATE_ISSUER", message, { path });
}
