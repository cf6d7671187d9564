import { equalBytes } from "../bytes.ts";
import { TemplateError } from "../errors.ts";
import type { Finding } from "../finding.ts";
import { checkSignature } from "../keys/verifier.ts";
import { parseCertificate } from "../x509/certificate.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { Limits } from "../x509/limits.ts";
import type { Issuer } from "./authority.ts";
import { encodeCertificate } from "./tbs-certificate.ts";
import type { TbsParts } from "./tbs-certificate.ts";

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
  readonly parts: TbsParts;
  readonly tbs: Uint8Array;
  readonly findings: readonly Finding[];
}

/**
 * Puts the certificate together, and lets nothing out that is not what was asked for.
 *
 * @throws TemplateError `ERR_TEMPLATE_RESULT`
 */
export function finish(
  { issuer, parts, tbs, findings }: Prepared,
  signature: Uint8Array,
  limits: Limits,
): IssuedCertificate {
  const { subjectPublicKeyInfo, signatureAlgorithm } = issuer.signer;
  if (!(signature instanceof Uint8Array)) failResult("the signer did not answer with bytes");
  if (!checkSignature(subjectPublicKeyInfo, signatureAlgorithm, signature, {}).signature)
    failResult(
      "the signer's answer has not the form of a signature of its key; ECDSA signatures must be DER",
    );
  const certificate = readBack(encodeCertificate(tbs, signatureAlgorithm, signature), limits);
  const field = differingField(certificate, parts, signature);
  if (field) failResult(`the certificate has another ${field} than was asked for`);
  return { certificate, findings };
}

function readBack(der: Uint8Array, limits: Limits): Certificate {
  try {
    return parseCertificate(der, limits);
  } catch (cause) {
    return failResult("the certificate cannot be read back", cause);
  }
}

/** The first field that does not stand in the certificate as it was prepared. */
function differingField(
  { layout }: Certificate,
  parts: TbsParts,
  signature: Uint8Array,
): keyof TbsParts | "signature" | undefined {
  const { bytes } = layout;
  const differs = (start: number, end: number, expected: Uint8Array): boolean =>
    !equalBytes(bytes.subarray(start, end), expected);
  const signOctet = parts.serialNumber[0]! >= 0x80 ? 1 : 0;
  if (differs(layout.serialStart + signOctet, layout.serialEnd, parts.serialNumber)) return "serialNumber";
  if (differs(layout.algorithmStart, layout.algorithmEnd, parts.signatureAlgorithm))
    return "signatureAlgorithm";
  if (differs(layout.issuerStart, layout.issuerEnd, parts.issuer)) return "issuer";
  if (layout.notBefore !== parts.notBefore) return "notBefore";
  if (layout.notAfter !== parts.notAfter) return "notAfter";
  if (differs(layout.subjectStart, layout.subjectEnd, parts.subject)) return "subject";
  if (differs(layout.keyStart, layout.keyEnd, parts.subjectPublicKeyInfo)) return "subjectPublicKeyInfo";
  if (differs(layout.extensionsStart, layout.extensionsEnd, parts.extensions)) return "extensions";
  return differs(layout.signatureStart, layout.signatureEnd, signature) ? "signature" : undefined;
}

/** The result must not leave the house. */
export function failResult(message: string, cause?: unknown): never {
  throw new TemplateError("ERR_TEMPLATE_RESULT", message, cause === undefined ? {} : { cause });
}
