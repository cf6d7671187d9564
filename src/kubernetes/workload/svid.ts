/** X.509-SVIDs: certificates that carry a SPIFFE ID. */
import { IdentityError, PkiError } from "../../errors.ts";
import type { Finding } from "../../finding.ts";
import { caTemplate, clientTemplate } from "../../issue/template.ts";
import type { AlternativeNames, CertificateTemplate } from "../../issue/template.ts";
import type { ValidityOptions } from "../../issue/validity.ts";
import { parseCertificate } from "../../x509/certificate.ts";
import type { Certificate, CertificateInput } from "../../x509/certificate.ts";
import type { ParseOptions } from "../../x509/certificate-layout.ts";
import type { NameTemplate } from "../../x509/name-writer.ts";
import { checkTrustDomain, parseSpiffeId } from "./spiffe-id.ts";
import type { SpiffeId } from "./spiffe-id.ts";

/** A certificate that names a workload. */
export interface Svid {
  /** The workload. */
  readonly id: SpiffeId;
  /** The certificate that names it. */
  readonly certificate: Certificate;
}

/** What an SVID is for: a workload that authenticates, or a CA that signs. */
export type SvidKind = "leaf" | "signing";

/** The codes of {@link validateSvid}; all of them are errors, but for a missing usage. */
export type SvidFindingCode =
  | "FINDING_SVID_URI"
  | "FINDING_SVID_PATH"
  | "FINDING_SVID_CA"
  | "FINDING_SVID_KEY_USAGE"
  | "FINDING_SVID_EXTENDED_KEY_USAGE";

/** A finding of {@link validateSvid}. */
export interface SvidFinding extends Finding {
  /** Stable name of the rule. */
  readonly code: SvidFindingCode;
}

/**
 * Everything that speaks against a certificate as an X.509-SVID of this kind; empty if it is one. It says nothing about trust.
 *
 * A leaf has exactly one URI, a SPIFFE ID with a path; is no CA; has a critical key usage with digitalSignature and without keyCertSign and
 * cRLSign; its extended key usages, if there are any, have serverAuth and clientAuth. Having none is a warning. A signing certificate has at most one
 * URI, whose SPIFFE ID has no path (one with a path is a warning); is a CA; its key usage has keyCertSign.
 *
 * Source: SPIFFE X509-SVID sections 2, 4.1 to 4.4 and 5.2, Appendix A.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueSelfSigned, validateSvid } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "CA" } }), signer);
 * assert.deepEqual(validateSvid(certificate, "signing"), []);
 * assert.equal(validateSvid(certificate, "leaf")[0]?.code, "FINDING_SVID_URI");
 * ```
 */
export function validateSvid(certificate: Certificate, kind: SvidKind): SvidFinding[] {
  return kind === "leaf"
    ? [...leafNames(certificate), ...leafConstraints(certificate), ...leafUsages(certificate)]
    : [...signingNames(certificate), ...signingUsages(certificate)];
}

/**
 * Reads the SPIFFE ID of a workload's certificate. **It says nothing about trust**: see {@link createSvidAuthenticator} for that.
 *
 * The certificate is checked as by {@link parseCertificate} and by all rules of {@link validateSvid} for a leaf.
 *
 * @throws IdentityError `ERR_SPIFFE_SVID` with the first rule that it breaks, `ERR_SPIFFE_ID`
 * @throws PemError, DerError, CertificateError as {@link parseCertificate}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, issueCertificate, issueSelfSigned, parseSpiffeId, parseSvid, signingSvidTemplate, svidTemplate } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const ca = await issueSelfSigned(signingSvidTemplate({ trustDomain: "example.org", subject: { commonName: "CA" } }), signer);
 * const { publicKey } = await generateKeyPair("ECDSA-P256");
 * const template = svidTemplate({ id: parseSpiffeId("spiffe://example.org/web") });
 * const { certificate } = await issueCertificate(template, { publicKey, issuer: { certificate: ca.certificate, signer } });
 * assert.equal(parseSvid(certificate).id.uri, "spiffe://example.org/web");
 * ```
 */
export function parseSvid(input: CertificateInput, options: ParseOptions = {}): Svid {
  const certificate = parseCertificate(input, options);
  const fault = validateSvid(certificate, "leaf").find(({ severity }) => severity === "error");
  if (fault)
    throw new IdentityError("ERR_SPIFFE_SVID", `no X.509-SVID: ${fault.message}`, { path: fault.path });
  return { id: parseSpiffeId(certificate.uris[0]!), certificate };
}

/** What {@link svidTemplate} takes. */
export interface SvidTemplateOptions
  extends ValidityOptions, Pick<AlternativeNames, "dnsNames" | "ipAddresses"> {
  /** The workload; its ID must have a path. */
  readonly id: SpiffeId;
  /** A subject, for people and for programs that do not know SPIFFE; empty by default. */
  readonly subject?: NameTemplate;
}

/** An hour: SVIDs are short-lived, and renewed by machines. SPIRE's default (`default_x509_svid_ttl`). */
const LIFETIME_SECONDS = 3600;

/**
 * The template of a workload's X.509-SVID: the SPIFFE ID as the only URI, for servers and clients, valid for an hour by default.
 *
 * @throws IdentityError `ERR_SPIFFE_ID` if the ID has no path
 * @throws TemplateError `ERR_TEMPLATE_VALIDITY` as {@link validFor}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseSpiffeId, svidTemplate } from "kubepki";
 *
 * const template = svidTemplate({ id: parseSpiffeId("spiffe://example.org/web"), dnsNames: ["web.default.svc"] });
 * assert.deepEqual(template.extensions[1], { id: "extendedKeyUsage", critical: false, value: ["serverAuth", "clientAuth"] });
 * ```
 */
export function svidTemplate(options: SvidTemplateOptions): CertificateTemplate {
  const { id, subject = {}, ...rest } = options;
  if (parseSpiffeId(id.uri).path === "")
    throw new IdentityError("ERR_SPIFFE_ID", "the SPIFFE ID of a workload must have a path");
  return clientTemplate({
    lifetimeSeconds: LIFETIME_SECONDS,
    ...rest,
    subject,
    extendedKeyUsage: ["serverAuth", "clientAuth"],
    uris: [id.uri],
  });
}

/** What {@link signingSvidTemplate} takes. */
export interface SigningSvidTemplateOptions extends ValidityOptions {
  /** The trust domain it signs for. */
  readonly trustDomain: string;
  /** Its name; a CA must have one. */
  readonly subject: NameTemplate;
  /** How many CAs may stand below; 0 by default. */
  readonly pathLength?: number;
}

/**
 * The template of a trust domain's CA: `spiffe://<trust domain>` as its only URI, keyCertSign and cRLSign as its only usages.
 *
 * @throws IdentityError `ERR_SPIFFE_ID` if the trust domain is none
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, issueSelfSigned, signingSvidTemplate, validateSvid } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const template = signingSvidTemplate({ trustDomain: "example.org", subject: { commonName: "example.org" } });
 * const { certificate } = await issueSelfSigned(template, signer);
 * assert.deepEqual(validateSvid(certificate, "signing"), []);
 * ```
 */
export function signingSvidTemplate(options: SigningSvidTemplateOptions): CertificateTemplate {
  const { trustDomain, pathLength = 0, ...rest } = options;
  checkTrustDomain(trustDomain);
  const uris = [`spiffe://${trustDomain}`];
  return caTemplate({ ...rest, pathLength, keyUsage: ["keyCertSign", "cRLSign"], uris });
}

const NAMES = "extensions.subjectAltName";

function leafNames({ uris }: Certificate): SvidFinding[] {
  if (uris.length !== 1)
    return [error("FINDING_SVID_URI", NAMES, `it has ${uris.length} URIs, expected exactly one`)];
  const { path, fault } = readId(uris[0]!);
  if (fault !== undefined) return [error("FINDING_SVID_URI", NAMES, fault)];
  return path === ""
    ? [
        error(
          "FINDING_SVID_PATH",
          NAMES,
          "its SPIFFE ID has no path, so it names a trust domain and no workload",
        ),
      ]
    : [];
}

function signingNames({ uris }: Certificate): SvidFinding[] {
  if (uris.length === 0) return [];
  if (uris.length > 1)
    return [error("FINDING_SVID_URI", NAMES, `it has ${uris.length} URIs, expected at most one`)];
  const { path, fault } = readId(uris[0]!);
  if (fault !== undefined) return [error("FINDING_SVID_URI", NAMES, fault)];
  if (path === "") return [];
  const message = "its SPIFFE ID has a path, although it signs for a whole trust domain";
  return [{ ...error("FINDING_SVID_PATH", NAMES, message), severity: "warning" }];
}

function readId(uri: string): { readonly path?: string; readonly fault?: string } {
  try {
    return parseSpiffeId(uri);
  } catch (fault) {
    if (fault instanceof PkiError) return { fault: fault.message };
    throw fault;
  }
}

function leafConstraints(certificate: Certificate): SvidFinding[] {
  return certificate.extensionValue("basicConstraints")?.ca
    ? [error("FINDING_SVID_CA", "extensions.basicConstraints", "it is a CA, which must not authenticate")]
    : [];
}

function leafUsages(certificate: Certificate): SvidFinding[] {
  const findings: SvidFinding[] = [];
  const usage = certificate.extension("keyUsage");
  const add = (message: string): unknown =>
    findings.push(error("FINDING_SVID_KEY_USAGE", "extensions.keyUsage", message));
  if (!usage?.critical) add("its key usage is missing or not critical");
  if (usage && !usage.value.includes("digitalSignature")) add("its key usage lacks digitalSignature");
  for (const forbidden of ["keyCertSign", "cRLSign"] as const)
    if (usage?.value.includes(forbidden)) add(`its key usage has ${forbidden}, which only a CA may have`);
  return [...findings, ...leafPurposes(certificate)];
}

function leafPurposes(certificate: Certificate): SvidFinding[] {
  const purposes = certificate.extensionValue("extendedKeyUsage");
  const path = "extensions.extendedKeyUsage";
  if (!purposes) {
    const message = "it has no extended key usage, which it should have";
    return [{ ...error("FINDING_SVID_EXTENDED_KEY_USAGE", path, message), severity: "warning" }];
  }
  const missing = (["serverAuth", "clientAuth"] as const).filter((usage) => !purposes.includes(usage));
  const message = `its extended key usage lacks ${missing.join(" and ")}`;
  return missing.length > 0 ? [error("FINDING_SVID_EXTENDED_KEY_USAGE", path, message)] : [];
}

function signingUsages(certificate: Certificate): SvidFinding[] {
  const findings: SvidFinding[] = [];
  if (!certificate.extensionValue("basicConstraints")?.ca)
    findings.push(error("FINDING_SVID_CA", "extensions.basicConstraints", "it is no CA"));
  const usage = certificate.extension("keyUsage");
  if (!usage?.critical || !usage.value.includes("keyCertSign")) {
    const message = "its key usage is missing, not critical, or lacks keyCertSign";
    findings.push(error("FINDING_SVID_KEY_USAGE", "extensions.keyUsage", message));
  }
  return findings;
}

function error(code: SvidFindingCode, path: string, message: string): SvidFinding {
  return { code, severity: "error", path, message };
}
