import { SEQUENCE, contextConstructed } from "../der/tag.ts";
import { DerWriter } from "../der/writer.ts";
import { writeExtension } from "../x509/extensions/encode.ts";
import { keyIdentifier } from "./key-identifier.ts";
import type { CertificateTemplate } from "./template.ts";
import type { Period } from "./validity-rules.ts";

/** The fields of a TBSCertificate as they are written (RFC 5280 4.1). */
export interface TbsParts extends Period {
  /** Big-endian, without sign. */
  readonly serialNumber: Uint8Array;
  /** DER AlgorithmIdentifier. */
  readonly signatureAlgorithm: Uint8Array;
  /** DER Name. */
  readonly issuer: Uint8Array;
  /** DER Name. */
  readonly subject: Uint8Array;
  /** DER SubjectPublicKeyInfo. */
  readonly subjectPublicKeyInfo: Uint8Array;
  /** DER Extensions; empty if there are none. */
  readonly extensions: Uint8Array;
}

const VERSION = contextConstructed(0);
const EXTENSIONS = contextConstructed(3);
const V3 = 2;

/** One for all, because a buffer takes longer to make than a certificate to write. Who uses it clears it first. */
const scratch = /* @__PURE__ */ new DerWriter(2048);

/** DER Extensions of a template; `authorityKeyIdentifier` is the whole extension, or absent where none belongs. */
export function encodeExtensions(
  extensions: CertificateTemplate["extensions"],
  subjectPublicKeyInfo: Uint8Array,
  authorityKeyIdentifier: Uint8Array | undefined,
): Uint8Array {
  const writer = scratch;
  writer.reset();
  for (let i = extensions.length - 1; i >= 0; i--) {
    const extension = extensions[i]!;
    if (!("computed" in extension)) writeExtension(writer, extension);
    else if (extension.computed === "subjectKeyIdentifier") {
      const value = keyIdentifier(subjectPublicKeyInfo);
      writeExtension(writer, { id: "subjectKeyIdentifier", critical: false, value });
    } else if (authorityKeyIdentifier) writer.raw(authorityKeyIdentifier);
  }
  if (writer.mark() > 0) writer.close(SEQUENCE, 0); // an empty list is not DER of this type (RFC 5280 4.1)
  return writer.finish();
}

/** The part of a certificate that is signed. */
export function encodeTbs(parts: TbsParts): Uint8Array {
  const validity = encodeValidity(parts);
  const writer = scratch;
  writer.reset();
  if (parts.extensions.length > 0) {
    writer.raw(parts.extensions);
    writer.close(EXTENSIONS, 0);
  }
  writer.raw(parts.subjectPublicKeyInfo);
  writer.raw(parts.subject);
  writer.raw(validity);
  writer.raw(parts.issuer);
  writer.raw(parts.signatureAlgorithm);
  writer.unsignedInteger(parts.serialNumber);
  const version = writer.mark();
  writer.smallInteger(V3);
  writer.close(VERSION, version);
  writer.close(SEQUENCE, 0);
  return writer.finish();
}

/** Certificates that are issued one after the other often have the same dates, and a date takes longer to write than a name. */
let last: { readonly period: Period; readonly der: Uint8Array } | undefined;

function encodeValidity(period: Period): Uint8Array {
  if (last?.period.notBefore === period.notBefore && last.period.notAfter === period.notAfter)
    return last.der;
  const { notBefore, notAfter } = period;
  const writer = new DerWriter(64);
  writer.time(notAfter);
  writer.time(notBefore);
  writer.close(SEQUENCE, 0);
  last = { period: { notBefore, notAfter }, der: writer.finish() };
  return last.der;
}

/** A certificate of its three parts. */
export function encodeCertificate(
  tbs: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  const writer = scratch;
  writer.reset();
  writer.bitString(signature);
  writer.raw(signatureAlgorithm);
  writer.raw(tbs);
  writer.close(SEQUENCE, 0);
  return writer.finish();
}
