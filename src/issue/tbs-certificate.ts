import { SEQUENCE } from "../der/tag.ts";
import { DerWriter } from "../der/writer.ts";
import type { CertificateLayout } from "../x509/certificate-layout.ts";
import { writeExtension } from "../x509/extensions/encode.ts";
import type { ExtensionTemplate } from "../x509/extensions/encode.ts";
import { writeName } from "../x509/name-writer.ts";
import type { NameTemplate } from "../x509/name-writer.ts";
import { isFixed } from "./extension-rules.ts";
import { keyIdentifier } from "./key-identifier.ts";
import type { CertificateTemplate } from "./template.ts";
import type { Period } from "./validity-rules.ts";

/** What goes into a TBSCertificate (RFC 5280 4.1). */
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
  readonly extensions: CertificateTemplate["extensions"];
  /** The whole authority key identifier extension; absent where none belongs. */
  readonly authorityKeyIdentifier: Uint8Array | undefined;
}

/** A TBSCertificate, and where each field of it begins: as distance from its end, for it is written from the back to the front. */
export interface Tbs extends Period {
  /** Good until the next is encoded, unless it was kept. */
  readonly der: Uint8Array;
  /** The SEQUENCE of extensions; 0 if there is none. */
  readonly extensions: number;
  readonly key: number;
  /** What follows the key: the extensions with their tag. */
  readonly keyEnd: number;
  readonly subject: number;
  readonly validity: number;
  readonly issuer: number;
  readonly algorithm: number;
  /** The contents of the serial number. */
  readonly serial: number;
}

const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const V3 = 2;

/** For signed parts. One for all, because a buffer takes longer to make than a certificate to write. Who uses it clears it first. */
const scratch = /* @__PURE__ */ new DerWriter(2048);

/** For what is read while a signed part is written, or written while one is read: subjects and certificates. */
const otherScratch = /* @__PURE__ */ new DerWriter(2048);

/** DER Name. As `encodeName`, but good only until the next call of whatever writes here. */
export function encodeSubject(subject: NameTemplate): Uint8Array {
  otherScratch.reset();
  writeName(otherScratch, subject);
  return otherScratch.view();
}

/** The part of a certificate that is signed; its bytes are good only until the next call. */
export function encodeTbs(parts: TbsParts): Tbs {
  const { notBefore, notAfter } = parts;
  const writer = scratch;
  writer.reset();
  writeExtensions(writer, parts);
  const extensions = writer.mark();
  if (extensions > 0) writer.close(EXTENSIONS, 0);
  const keyEnd = writer.mark();
  writer.raw(parts.subjectPublicKeyInfo);
  const key = writer.mark();
  writer.raw(parts.subject);
  const subject = writer.mark();
  writeDate(writer, notAfter);
  writeDate(writer, notBefore);
  writer.close(SEQUENCE, subject);
  const validity = writer.mark();
  writer.raw(parts.issuer);
  const issuer = writer.mark();
  writer.raw(parts.signatureAlgorithm);
  const algorithm = writer.mark();
  writer.unsignedInteger(parts.serialNumber);
  const serial = writer.mark() - 2; // tag and length are one octet each: at most 20 octets follow
  const version = writer.mark();
  writer.smallInteger(V3);
  writer.close(VERSION, version);
  writer.close(SEQUENCE, 0);
  const der = writer.view();
  return { der, notBefore, notAfter, extensions, key, keyEnd, subject, validity, issuer, algorithm, serial };
}

function writeExtensions(writer: DerWriter, parts: TbsParts): void {
  const { extensions, authorityKeyIdentifier } = parts;
  for (let i = extensions.length - 1; i >= 0; i--) {
    const extension = extensions[i]!;
    if (!("computed" in extension)) writeRemembered(writer, extension);
    else if (extension.computed === "subjectKeyIdentifier") {
      const value = keyIdentifier(parts.subjectPublicKeyInfo);
      writeExtension(writer, { id: "subjectKeyIdentifier", critical: false, value });
    } else if (authorityKeyIdentifier) writer.raw(authorityKeyIdentifier);
  }
  if (writer.mark() > 0) writer.close(SEQUENCE, 0); // an empty list must be left out (RFC 5280 4.1)
}

/** What the usual extensions look like. By object, so only of what cannot change, as those that templates share. */
const remembered = /* @__PURE__ */ new WeakMap<ExtensionTemplate, Uint8Array>();

function writeRemembered(writer: DerWriter, extension: ExtensionTemplate): void {
  const known = remembered.get(extension);
  if (known) return writer.raw(known);
  const start = writer.mark();
  writeExtension(writer, extension);
  if (!isFixed(extension)) return;
  const own = new DerWriter(writer.mark() - start);
  writeExtension(own, extension);
  remembered.set(extension, own.finish());
}

/** Dates in DER. Certificates that are issued one after the other have the same, and a date takes longer to write than a name. */
const dates = /* @__PURE__ */ new Map<number, Uint8Array>();
const MAX_DATES = 64;

function writeDate(writer: DerWriter, seconds: number): void {
  let der = dates.get(seconds);
  if (der === undefined) {
    const own = new DerWriter(20);
    own.time(seconds);
    der = own.finish();
    if (dates.size >= MAX_DATES) dates.clear();
    dates.set(seconds, der);
  }
  writer.raw(der);
}

/** A certificate of its three parts. */
export function encodeCertificate(
  tbs: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  const writer = otherScratch;
  writer.reset();
  writer.bitString(signature);
  writer.raw(signatureAlgorithm);
  writer.raw(tbs);
  writer.close(SEQUENCE, 0);
  return writer.finish();
}

/**
 * The first field that the reader finds elsewhere, or with another value, than the writer put it. The bytes between are those that were written,
 * for nobody else has had them in hands.
 */
export function differingField(
  read: CertificateLayout,
  written: Tbs,
  signatureLength: number,
): string | undefined {
  const { tbsStart, tbsEnd, signatureStart, signatureEnd } = read;
  const differs = (at: number, distance: number): boolean => tbsEnd - at !== distance;
  if (tbsEnd - tbsStart !== written.der.length) return "length";
  if (read.version !== V3 + 1) return "version";
  if (differs(read.serialStart, written.serial)) return "serial number";
  if (differs(read.algorithmStart, written.algorithm)) return "signature algorithm";
  if (differs(read.issuerStart, written.issuer) || differs(read.issuerEnd, written.validity)) return "issuer";
  if (read.notBefore !== written.notBefore || read.notAfter !== written.notAfter) return "validity";
  if (differs(read.subjectStart, written.subject)) return "subject";
  if (differs(read.keyStart, written.key) || differs(read.keyEnd, written.keyEnd)) return "public key";
  if (signatureEnd !== read.bytes.length || signatureEnd - signatureStart !== signatureLength)
    return "signature";
  if (written.extensions === 0) return read.extensionsEnd === 0 ? undefined : "extensions";
  return differs(read.extensionsStart, written.extensions) || read.extensionsEnd !== tbsEnd
    ? "extensions"
    : undefined;
}
