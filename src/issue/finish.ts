import { TemplateError } from "../errors.ts";
import type { Finding } from "../finding.ts";
import { isSignatureShaped } from "../keys/verifier.ts";
import { Certificate } from "../x509/certificate.ts";
import { CertificateLayout } from "../x509/certificate-layout.ts";
import type { Limits } from "../x509/limits.ts";
import type { Issuer } from "./authority.ts";
import { differingField, encodeCertificate } from "./tbs-certificate.ts";
import type { Tbs } from "./tbs-certificate.ts";

/** A certificate, and what is to be known about it. */
export interface IssuedCertificate {
  /** Parsed from the bytes that were made, in safe mode. */
  readonly certificate: Certificate;
  /** Warnings only, for errors are thrown. */
  readonly findings: readonly Finding[];
}

/** All that is known before the signature. */
export interface Prepared {
  readonly issuer: Issuer;
  readonly tbs: Tbs;
  readonly findings: readonly Finding[];
}

/** With a signed part that stays what it is, whatever is encoded next: for signers who take their time, or do who knows what. */
export function keep(prepared: Prepared): Prepared {
  const { tbs } = prepared;
  return { ...prepared, tbs: { ...tbs, der: tbs.der.slice() } };
}

/**
 * Puts the certificate together, and lets nothing out that is not what was asked for.
 *
 * @throws TemplateError `ERR_TEMPLATE_RESULT`
 */
export function finish(
  { issuer, tbs, findings }: Prepared,
  signature: Uint8Array,
  limits: Limits,
): IssuedCertificate {
  const { signatureAlgorithm } = issuer.signer;
  if (!(signature instanceof Uint8Array)) failResult("the signer did not answer with bytes");
  if (!issuer.key || !isSignatureShaped(issuer.key, signature)) {
    failResult(
      "the signer's answer has not the form of a signature of its key; ECDSA signatures must be DER",
    );
  }
  const layout = readBack(encodeCertificate(tbs.der, signatureAlgorithm, signature), limits);
  const field = differingField(layout, tbs, signature.length);
  if (field) failResult(`the certificate has another ${field} than was asked for`);
  return { certificate: new Certificate(layout), findings };
}

/** As `parseCertificate` in safe mode, but without its copy: these bytes are nobody else's. */
function readBack(der: Uint8Array, limits: Limits): CertificateLayout {
  try {
    return new CertificateLayout(der, readingLimits(limits));
  } catch (cause) {
    return failResult("the certificate cannot be read back", cause);
  }
}

/** The limits alone, so that nothing else of what a caller gives has a say in how strictly the result is read. */
export function readingLimits({ maxBytes, maxNameAttributes, maxNameValueBytes }: Limits): Limits {
  if (maxBytes === undefined && maxNameAttributes === undefined && maxNameValueBytes === undefined)
    return NONE;
  return {
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxNameAttributes !== undefined && { maxNameAttributes }),
    ...(maxNameValueBytes !== undefined && { maxNameValueBytes }),
  };
}

const NONE: Limits = {};

/** The result must not leave the house. */
export function failResult(message: string, cause?: unknown): never {
  throw new TemplateError("ERR_TEMPLATE_RESULT", message, cause === undefined ? {} : { cause });
}
