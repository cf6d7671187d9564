/** Makes requests for certificates (PKCS#10). */
import { concatBytes } from "../bytes.ts";
import { SEQUENCE, SET } from "../der/tag.ts";
import { DerWriter } from "../der/writer.ts";
import { TemplateError } from "../errors.ts";
import { checkSignature, verifySignature } from "../keys/verifier.ts";
import type { Signer } from "../keys/signer.ts";
import { encodePem } from "../pem.ts";
import { readCertificateRequest } from "../x509/certificate-request.ts";
import type { CertificateRequest } from "../x509/certificate-request.ts";
import { writeExtension } from "../x509/extensions/encode.ts";
import type { ExtensionTemplate } from "../x509/extensions/encode.ts";
import type { Limits } from "../x509/limits.ts";
import { writeName } from "../x509/name-writer.ts";
import type { NameTemplate } from "../x509/name-writer.ts";
import { MAX_ALTERNATIVE_NAMES, checkAlternativeNames } from "./alternative-name-rules.ts";
import { failResult, readingLimits } from "./finish.ts";
import { Report } from "./report.ts";
import { checkSubjectKey } from "./subject-key.ts";
import { checkSubject } from "./subject-rules.ts";
import type { NameRules } from "./subject-rules.ts";
import { generalNamesOf } from "./template.ts";
import type { AlternativeNames } from "./template.ts";
import { tryToEncode } from "./validate-template.ts";

/** What a request asks for: plain data. Whoever signs decides what of it comes true. */
export interface CertificateRequestTemplate extends AlternativeNames {
  /** Whom the certificate shall be about; for Kubernetes, CN is the user and O are the groups. */
  readonly subject: NameTemplate;
  /** Further extensions, written after the alternative names. Kubernetes' signers look at none of them. */
  readonly extraExtensions?: readonly ExtensionTemplate[];
}

/** A request that was made. */
export interface CreatedCertificateRequest {
  /** Parsed from the bytes that were made, in safe mode. */
  readonly request: CertificateRequest;
  /** PEM, as `spec.request` of a CertificateSigningRequest holds it in base64. */
  readonly pem: string;
}

/** How a request is made; all fields have defaults. */
export interface CreateRequestOptions extends NameRules, Limits {}

/**
 * Makes a request for a certificate, signed by the key that the certificate shall have.
 *
 * The bytes are those that Go's `CreateCertificateRequest` writes: version 0, the subject, the key, and one extensionRequest if there are alternative
 * names or other extensions. Names are checked as those of certificates are, but for names that have privileges: a kubelet asks for one. What was
 * made is parsed again, and its signature verified, before it is returned.
 *
 * Source: RFC 2986, Go crypto/x509 `CreateCertificateRequest`, client-go `util/cert/csr.go` (`MakeCSR`).
 *
 * @throws TemplateError `ERR_TEMPLATE_NAME`, `ERR_TEMPLATE_SUBJECT`, `ERR_TEMPLATE_ALTERNATIVE_NAME`, `ERR_TEMPLATE_EXTENSION`, `ERR_TEMPLATE_RESULT`
 * @throws KeyError `ERR_KEY_WEAK` and others for a key that nobody should certify
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createCertificateRequest, generateKeyPair } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { pem } = await createCertificateRequest({ subject: { commonName: "jane", organizations: ["developers"] } }, signer);
 * assert.match(pem, /^-----BEGIN CERTIFICATE REQUEST-----/);
 * ```
 */
export async function createCertificateRequest(
  template: CertificateRequestTemplate,
  signer: Signer,
  options: CreateRequestOptions = {},
): Promise<CreatedCertificateRequest> {
  const info = encodeInfo(template, signer, options);
  const created = finish(info, signer, await signer.sign(info), options);
  const { subjectPublicKeyInfo, signatureAlgorithm } = signer;
  const { signature } = created.request;
  if (!(await verifySignature(subjectPublicKeyInfo, signatureAlgorithm, signature, info)))
    failResult("the signer has signed with another key than it says");
  return created;
}

/**
 * As {@link createCertificateRequest}, at once: for a signer that answers at once. The form of the signature is checked, the signature itself is not.
 *
 * @throws TypeError if the signer answers with a promise; TemplateError, KeyError as {@link createCertificateRequest}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPairSync } from "node:crypto";
 * import { createCertificateRequestSync } from "kubepki";
 * import { keyObjectSigner } from "kubepki/node";
 *
 * const signer = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
 * const { request } = createCertificateRequestSync({ subject: { commonName: "jane" } }, signer);
 * assert.deepEqual(request.subjectPublicKeyInfo, signer.subjectPublicKeyInfo);
 * ```
 */
export function createCertificateRequestSync(
  template: CertificateRequestTemplate,
  signer: Signer,
  options: CreateRequestOptions = {},
): CreatedCertificateRequest {
  const info = encodeInfo(template, signer, options);
  const signature = signer.sign(info);
  if (!(signature instanceof Uint8Array))
    throw new TypeError("the signer answers with a promise; use createCertificateRequest");
  return finish(info, signer, signature, options);
}

const ATTRIBUTES = 0xa0;

/** The attribute type extensionRequest (RFC 2985 5.4.2), a whole element. */
const EXTENSION_REQUEST: Uint8Array = /* @__PURE__ */ new Uint8Array([
  0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e,
]);

function encodeInfo(
  template: CertificateRequestTemplate,
  signer: Signer,
  options: CreateRequestOptions,
): Uint8Array {
  const report = new Report(true);
  const { extraExtensions = [] } = template;
  const subject = checkSubject(template.subject, { ...options, allowPrivileged: true }, report);
  const value = generalNamesOf(template);
  if (value.length > 0)
    checkAlternativeNames(value, MAX_ALTERNATIVE_NAMES, "extensions.subjectAltName", report);
  // Never critical, as Go writes it: the signer decides about that.
  const names: ExtensionTemplate[] =
    value.length > 0 ? [{ id: "subjectAltName", critical: false, value }] : [];
  checkSubjectKey(signer.subjectPublicKeyInfo);
  checkOnce([...names, ...extraExtensions]);
  const encode = (name: NameTemplate): Uint8Array => writeInfo(name, signer, [...names, ...extraExtensions]);
  return tryToEncode("subject", encode, subject, report)!;
}

function writeInfo(
  subject: NameTemplate,
  signer: Signer,
  extensions: readonly ExtensionTemplate[],
): Uint8Array {
  const writer = new DerWriter(1024);
  if (extensions.length > 0) {
    for (const extension of [...extensions].reverse()) writeExtension(writer, extension);
    writer.close(SEQUENCE, 0);
    writer.close(SET, 0);
    writer.raw(EXTENSION_REQUEST);
    writer.close(SEQUENCE, 0);
  }
  writer.close(ATTRIBUTES, 0);
  writer.raw(signer.subjectPublicKeyInfo);
  writeName(writer, subject);
  writer.smallInteger(0);
  writer.close(SEQUENCE, 0);
  return writer.finish();
}

function checkOnce(extensions: readonly ExtensionTemplate[]): void {
  const seen = new Set<string>();
  for (const extension of extensions) {
    const id = extension.id ?? extension.oid;
    if (seen.has(id)) {
      const message = `the extension ${id} is requested twice`;
      throw new TemplateError("ERR_TEMPLATE_EXTENSION", message, { path: `extensions.${id}` });
    }
    seen.add(id);
  }
}

function finish(
  info: Uint8Array,
  { subjectPublicKeyInfo, signatureAlgorithm }: Signer,
  signature: Uint8Array,
  limits: Limits,
): CreatedCertificateRequest {
  if (!(signature instanceof Uint8Array)) failResult("the signer did not answer with bytes");
  if (!checkSignature(subjectPublicKeyInfo, signatureAlgorithm, signature, {}).wellFormed)
    failResult(
      "the signer's answer has not the form of a signature of its key; ECDSA signatures must be DER",
    );
  const writer = new DerWriter(info.length + 512);
  writer.bitString(signature);
  writer.raw(concatBytes(info, signatureAlgorithm));
  writer.close(SEQUENCE, 0);
  const der = writer.finish();
  return { request: readBack(der, limits), pem: encodePem("CERTIFICATE REQUEST", der) };
}

function readBack(der: Uint8Array, limits: Limits): CertificateRequest {
  try {
    return readCertificateRequest(der, readingLimits(limits));
  } catch (cause) {
    return failResult("the request cannot be read back", cause);
  }
}
