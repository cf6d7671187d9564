import { equalBytes } from "../bytes.ts";
import { TemplateError, PkiError } from "../errors.ts";
import type { PublicKeySource } from "../keys/public-key.ts";
import { onlyReads } from "../keys/signer.ts";
import type { Signer } from "../keys/signer.ts";
import { verifySignature } from "../keys/verifier.ts";
import type { SignatureVerifier } from "../keys/verifier.ts";
import { parseCertificate } from "../x509/certificate.ts";
import type { Limits } from "../x509/limits.ts";
import { encodeName } from "../x509/name-writer.ts";
import { prepareIssuer, selfIssuer } from "./authority.ts";
import type { CertificateAuthority, Issuer } from "./authority.ts";
import { extensionFacts } from "./extension-rules.ts";
import { failResult, finish, keep, readingLimits } from "./finish.ts";
import type { IssuedCertificate, Prepared } from "./finish.ts";
import { checkKeyUsages } from "./key-usage-rules.ts";
import { Report } from "./report.ts";
import { drawSerialNumber, parseSerialNumber } from "./serial-number.ts";
import type { RandomSource } from "./serial-number.ts";
import { checkSubjectKey } from "./subject-key.ts";
import { encodeCertificate, encodeSubject, encodeTbs } from "./tbs-certificate.ts";
import type { TbsParts } from "./tbs-certificate.ts";
import type { CertificateTemplate } from "./template.ts";
import { checkTemplate, tryToEncode } from "./validate-template.ts";
import type { TemplateRules } from "./validate-template.ts";

export type { IssuedCertificate } from "./finish.ts";

/** How a certificate is issued; all fields have defaults. */
export interface SelfSignOptions extends TemplateRules, Limits {
  /** Hex, above zero, at most 20 octets; 159 random bits by default. */
  readonly serialNumber?: string;
  /** What fills arrays with random bytes; `crypto.getRandomValues` by default. For tests that need the same serial numbers again. */
  readonly random?: RandomSource;
  /** What verifies the first signature of each signer; {@link verifySignature} by default, and nothing where no promise may be waited for. */
  readonly verifier?: SignatureVerifier;
}

/** Who issues a certificate to whom, and how. */
export interface IssueOptions extends SelfSignOptions {
  /** Whose key it is: a key pair's `publicKey`, a request, a signer, or DER SubjectPublicKeyInfo. */
  readonly publicKey: PublicKeySource;
  /** Who signs. Keep and reuse the certificate and the signer: what they have in common for all certificates is remembered by them. */
  readonly issuer: CertificateAuthority;
}

/**
 * Issues a certificate: checks the template, signs, and reads back what it made.
 *
 * Guaranteed: nothing was signed if this throws before the signer was asked, which is so for everything that {@link validateTemplate} finds
 * and for keys that must not be certified; the end is not after the issuer's; the result passes {@link parseCertificate}, says what the template says
 * and nothing else, and the signature has the form of the issuer's key. The first signature of each signer is verified, so that a signer with
 * another key than it says is found out. Not checked: certificates above the issuer, revocation, whether the subject holds the private key.
 *
 * Sources: RFC 5280 4.1 and 4.2, Go crypto/x509 `CreateCertificate`, Kubernetes `pkg/controller/certificates/authority`.
 *
 * @throws TemplateError `ERR_TEMPLATE_*`
 * @throws KeyError `ERR_KEY_WEAK` and the codes of {@link parsePublicKey}; and whatever the signer throws
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, clientTemplate, generateKeyPair, issueCertificate, issueSelfSigned, parseIdentity } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const root = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * const issuer = { certificate: root.certificate, signer };
 *
 * const { publicKey } = await generateKeyPair("ECDSA-P256");
 * const template = clientTemplate({ subject: { commonName: "jane", organizations: ["developers"] } });
 * const { certificate } = await issueCertificate(template, { publicKey, issuer });
 * assert.deepEqual(parseIdentity(certificate)?.groups, ["developers"]);
 * ```
 */
export async function issueCertificate(
  template: CertificateTemplate,
  options: IssueOptions,
): Promise<IssuedCertificate> {
  return finishLater(prepareFor(template, options), options);
}

/**
 * As {@link issueCertificate}, at once: with a signer that answers without a promise, such as `keyObjectSigner` of `kubepki/node`.
 *
 * The signer's first signature is verified only if `verifier` is given, and answers at once too: `verifySignatureSync` of `kubepki/node` does.
 *
 * @throws TypeError if signer or verifier answer with a promise; TemplateError, KeyError as {@link issueCertificate}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPairSync } from "node:crypto";
 * import { caTemplate, issueCertificateSync, issueSelfSignedSync, servingTemplate } from "kubepki";
 * import { keyObjectSigner } from "kubepki/node";
 *
 * const signer = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
 * const { certificate } = issueSelfSignedSync(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 *
 * const publicKey = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
 * const template = servingTemplate({ subject: { commonName: "web" }, dnsNames: ["web.default.svc"] });
 * const issued = issueCertificateSync(template, { publicKey, issuer: { certificate, signer } });
 * assert.deepEqual(issued.certificate.dnsNames, ["web.default.svc"]);
 * ```
 */
export function issueCertificateSync(
  template: CertificateTemplate,
  options: IssueOptions,
): IssuedCertificate {
  return finishNow(prepareFor(template, options), options);
}

/**
 * Issues a root: a CA certificate signed with its own key. The authority key identifier is left out, as Go leaves it out.
 *
 * @throws TemplateError `ERR_TEMPLATE_EXTENSION` if the template is none of a CA, and the codes of {@link issueCertificate}; KeyError as there
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueSelfSigned } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P384");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "etcd-ca" }, preset: "kubeadm" }), signer);
 * assert.deepEqual(certificate.dnsNames, ["etcd-ca"]);
 * assert.deepEqual(certificate.issuer.der, certificate.subject.der);
 * ```
 */
export async function issueSelfSigned(
  template: CertificateTemplate,
  signer: Signer,
  options: SelfSignOptions = {},
): Promise<IssuedCertificate> {
  return finishLater(prepareSelfSigned(template, signer, options), options);
}

/**
 * As {@link issueSelfSigned}, at once; see {@link issueCertificateSync}.
 *
 * @throws TypeError if signer or verifier answer with a promise; TemplateError, KeyError as {@link issueSelfSigned}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPairSync } from "node:crypto";
 * import { caTemplate, issueSelfSignedSync } from "kubepki";
 * import { keyObjectSigner } from "kubepki/node";
 *
 * const signer = keyObjectSigner(generateKeyPairSync("ed25519").privateKey);
 * const { certificate } = issueSelfSignedSync(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * assert.equal(certificate.extension("authorityKeyIdentifier"), undefined);
 * ```
 */
export function issueSelfSignedSync(
  template: CertificateTemplate,
  signer: Signer,
  options: SelfSignOptions = {},
): IssuedCertificate {
  return finishNow(prepareSelfSigned(template, signer, options), options);
}

/** Everything up to the signature. */
export function prepareFor(template: CertificateTemplate, options: IssueOptions): Prepared {
  const { publicKey } = options;
  const issuer = prepareIssuer(options.issuer);
  const key = publicKey instanceof Uint8Array ? publicKey : publicKey.subjectPublicKeyInfo;
  const prepared = prepare(template, key, issuer, options);
  if (equalBytes(key, issuer.signer.subjectPublicKeyInfo)) {
    throw new TemplateError("ERR_TEMPLATE_KEY", "the key is that of the issuer, expected one of its own");
  }
  return prepared;
}

function prepareSelfSigned(
  template: CertificateTemplate,
  signer: Signer,
  options: SelfSignOptions,
): Prepared {
  if (!extensionFacts(template.extensions).ca) {
    const message = "only a CA signs itself; a leaf needs an issuer";
    throw new TemplateError("ERR_TEMPLATE_EXTENSION", message, { path: "extensions.basicConstraints" });
  }
  const name = tryToEncode("subject", encodeName, template.subject, new Report(true))!;
  return prepare(template, signer.subjectPublicKeyInfo, selfIssuer(name, signer), options);
}

/** As {@link prepareFor}, for any issuer. */
export function prepare(
  template: CertificateTemplate,
  subjectPublicKeyInfo: Uint8Array,
  issuer: Issuer,
  options: SelfSignOptions,
): Prepared {
  const report = new Report(true);
  // A report that throws gives back what is to be written whenever it comes back at all; the same holds for what is encoded.
  const { subject: name, period, facts } = checkTemplate(template, issuer, options, report)!;
  checkKeyUsages(facts, checkSubjectKey(subjectPublicKeyInfo), report);
  const { serialNumber: hex, random } = options;
  const serialNumber = hex === undefined ? drawSerialNumber(random) : parseSerialNumber(hex);
  const subject = tryToEncode("subject", encodeSubject, name, report)!;
  const selfIssued = equalBytes(subject, issuer.name);
  const parts: TbsParts = {
    serialNumber,
    signatureAlgorithm: issuer.signer.signatureAlgorithm,
    issuer: issuer.name,
    notBefore: period.notBefore,
    notAfter: period.notAfter,
    subject,
    subjectPublicKeyInfo,
    extensions: template.extensions,
    authorityKeyIdentifier: selfIssued ? undefined : issuer.authorityKeyIdentifier,
  };
  const tbs = tryToEncode("extensions", encodeTbs, parts, report)!;
  // Where the rules alone make sure that the certificate can be read, there is nothing to rehearse.
  if (!facts.covered || "der" in name || tbs.der.length > SMALL) rehearse(tbs.der, issuer.signer, options);
  return { issuer, tbs, findings: report.findings };
}

/** Up to here, no limit of any reader is near. */
const SMALL = 32_768;

/** What stands for a signature that is yet to be made. */
const NO_SIGNATURE = /* @__PURE__ */ new Uint8Array(0);

/** Reads what is about to be signed as everybody will read it: what would be refused then must not be signed now. */
function rehearse(tbs: Uint8Array, { signatureAlgorithm }: Signer, limits: Limits): void {
  try {
    parseCertificate(encodeCertificate(tbs, signatureAlgorithm, NO_SIGNATURE), readingLimits(limits));
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    const inSubject = error.path?.startsWith("tbsCertificate.subject");
    const code = inSubject ? "ERR_TEMPLATE_NAME" : "ERR_TEMPLATE_EXTENSION";
    throw new TemplateError(code, `no reader would take the certificate: ${error.message}`, { cause: error });
  }
}

/** Signers whose signatures were found to hold. */
const proven = /* @__PURE__ */ new WeakSet<Signer>();

async function finishLater(prepared: Prepared, options: SelfSignOptions): Promise<IssuedCertificate> {
  const { signer } = prepared.issuer;
  const kept = keep(prepared);
  const { der } = kept.tbs;
  const signature = await signer.sign(der.slice()); // a copy: ours must stay what it is
  const issued = finish(kept, signature, options);
  const { verifier = verifySignature } = options;
  if (!proven.has(signer)) {
    const { subjectPublicKeyInfo, signatureAlgorithm } = signer;
    acceptProof(signer, await verifier(subjectPublicKeyInfo, signatureAlgorithm, signature, der));
  }
  return issued;
}

function finishNow(prepared: Prepared, options: SelfSignOptions): IssuedCertificate {
  const { signer } = prepared.issuer;
  const harmless = onlyReads(signer);
  const kept = harmless ? prepared : keep(prepared);
  const { der } = kept.tbs;
  const signature = atOnce(signer.sign(harmless ? der : der.slice()), "signer");
  const issued = finish(kept, signature, options);
  const { verifier } = options;
  if (verifier && !proven.has(signer)) {
    const { subjectPublicKeyInfo, signatureAlgorithm } = signer;
    const holds = verifier(subjectPublicKeyInfo, signatureAlgorithm, signature, der.slice());
    acceptProof(signer, atOnce(holds, "verifier"));
  }
  return issued;
}

/** The answer of a signer or verifier that needs no promise; `TypeError` for one that gives a promise. */
export function atOnce<T extends Uint8Array | boolean>(answer: T | Promise<T>, who: string): T {
  if (typeof answer === "boolean" || answer instanceof Uint8Array) return answer;
  Promise.resolve(answer).catch(() => undefined); // nobody will look at it
  throw new TypeError(`the ${who} answers with a promise; use the function without Sync`);
}

function acceptProof(signer: Signer, holds: boolean): void {
  if (!holds) failResult("the signature does not hold: the signer has another key than it says");
  proven.add(signer);
}
