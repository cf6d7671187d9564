import { readBitString } from "../der/bit-string.ts";
import { readInteger, readSmallInteger } from "../der/integer.ts";
import { DerReader, FAULT } from "../der/reader.ts";
import type { Mode } from "../der/reader.ts";
import { SEQUENCE } from "../der/tag.ts";
import { readTime } from "../der/time.ts";
import type { PkiError } from "../errors.ts";
import { checkExtensions } from "./extension.ts";
import { MAX_BYTES } from "./limits.ts";
import type { Limits } from "./limits.ts";
import { walkName } from "./name.ts";
import { walkAlgorithmIdentifier, walkSubjectPublicKeyInfo } from "./subject-public-key-info.ts";

/** How a certificate is parsed; all fields have defaults. */
export interface ParseOptions extends Limits {
  /** `"safe"` by default; `"kubernetes"` lets through what kube-apiserver's parser lets through. */
  readonly mode?: Mode;
}

const UNTRACED = { traced: false } as const;
const VERSION = 0xa0;
const ISSUER_UNIQUE_ID = 0x81;
const SUBJECT_UNIQUE_ID = 0x82;
const EXTENSIONS = 0xa3;

/**
 * Where the parts of a certificate are. The constructor walks the whole certificate once and checks every rule;
 * whoever holds a layout holds bytes that passed. Values are made later, by those who want them.
 */
export class CertificateLayout {
  /** The whole certificate. */
  readonly bytes: Uint8Array;
  /** How it was parsed. */
  readonly options: ParseOptions;
  /** How strictly it was parsed. */
  readonly mode: Mode;
  /** What Kubernetes mode let through. */
  readonly deviations: readonly PkiError[];
  /** 1, 2 or 3. */
  version = 1;
  /** Where the signed part begins. */
  tbsStart = 0;
  /** Offset after the signed part. */
  tbsEnd = 0;
  /** Where the contents of the serial number begin. */
  serialStart = 0;
  /** Where the serial number ends and the inner signature algorithm begins. */
  algorithmStart = 0;
  /** Where the inner signature algorithm ends and the issuer begins. */
  issuerStart = 0;
  /** Offset after the issuer. */
  issuerEnd = 0;
  /** First second in which it is valid, since 1970. */
  notBefore = 0;
  /** Last second in which it is valid, since 1970. */
  notAfter = 0;
  /** Where the subject begins. */
  subjectStart = 0;
  /** Where the subject ends and its public key begins. */
  keyStart = 0;
  /** Offset after the subject's public key. */
  keyEnd = 0;
  /** Where the SEQUENCE of extensions begins; 0 if there is none. */
  extensionsStart = 0;
  /** Offset after the extensions; 0 if there are none. */
  extensionsEnd = 0;
  /** Where the octets of the signature begin. */
  signatureStart = 0;
  /** Offset after the signature. */
  signatureEnd = 0;

  constructor(bytes: Uint8Array, options: ParseOptions) {
    this.bytes = bytes;
    this.options = options;
    this.mode = options.mode ?? "safe";
    this.deviations = this.walkTwice();
  }

  /**
   * Walks as if nothing were wrong, without keeping the path that only an error needs; if something is, a second walk finds it again and says
   * what and where. Returns what Kubernetes mode let through.
   */
  private walkTwice(): readonly PkiError[] {
    const { bytes, mode } = this;
    try {
      return this.walk(new DerReader(bytes, UNTRACED));
    } catch (error) {
      if (error !== FAULT) throw error;
    }
    return this.walk(new DerReader(bytes, { mode }));
  }

  private walk(reader: DerReader): readonly PkiError[] {
    const { maxBytes = MAX_BYTES } = this.options;
    const size = this.bytes.length;
    if (!(size <= maxBytes))
      reader.fail("ERR_DER_SIZE", `the certificate has ${size} bytes, at most ${maxBytes} are read`);
    const certificate = reader.open(SEQUENCE, "");
    this.tbsStart = reader.position;
    this.walkTbs(reader);
    this.tbsEnd = reader.position;
    this.walkOuterAlgorithm(reader);
    if (readBitString(reader, "signatureValue") !== 0) {
      reader.deviate("ERR_DER_BIT_STRING", "a signature must be whole octets", "signatureValue");
    }
    this.signatureStart = reader.start;
    this.signatureEnd = reader.position;
    reader.finishOpen(certificate);
    reader.end();
    return reader.deviations;
  }

  private walkTbs(reader: DerReader): void {
    const outer = reader.open(SEQUENCE, "tbsCertificate");
    this.walkVersion(reader);
    this.walkSerialNumber(reader);
    this.algorithmStart = reader.position;
    walkAlgorithmIdentifier(reader, "signature");
    this.issuerStart = reader.position;
    walkName(reader, "issuer", this.options);
    this.issuerEnd = reader.position;
    const validity = reader.open(SEQUENCE, "validity");
    this.notBefore = readTime(reader, "notBefore");
    this.notAfter = readTime(reader, "notAfter");
    reader.finishOpen(validity);
    this.subjectStart = reader.position;
    walkName(reader, "subject", this.options);
    this.keyStart = reader.position;
    walkSubjectPublicKeyInfo(reader, "subjectPublicKeyInfo");
    this.keyEnd = reader.position;
    this.walkOptionalFields(reader);
    reader.finishOpen(outer);
  }

  /** RFC 5280 4.1.1.2: the algorithm beside the signature is the one that was signed. Go compares the contents of the two. */
  private walkOuterAlgorithm(reader: DerReader): void {
    const { bytes, algorithmStart, issuerStart } = this;
    const start = reader.position;
    const end = start + issuerStart - algorithmStart;
    let same = end <= reader.limit;
    for (let at = start; same && at < end; at++) same = bytes[at] === bytes[algorithmStart + at - start];
    if (same) {
      reader.position = end; // the same bytes have been checked inside
      return;
    }
    walkAlgorithmIdentifier(reader, "signatureAlgorithm");
    const message = "the signature algorithm inside of the signed part is another one";
    reader.fail("ERR_CERTIFICATE_SIGNATURE_ALGORITHM", message, "signatureAlgorithm");
  }

  private walkVersion(reader: DerReader): void {
    if (reader.peek() !== VERSION) return;
    const outer = reader.open(VERSION, "version");
    const number = readSmallInteger(reader, "");
    if (number > 2) reader.fail("ERR_CERTIFICATE_VERSION", `version number ${number} is none of 0, 1, 2`);
    if (number === 0) reader.deviate("ERR_DER_DEFAULT_ENCODED", "v1 is the default and must be left out");
    reader.finish(outer);
    this.version = number + 1;
  }

  private walkSerialNumber(reader: DerReader): void {
    readInteger(reader, "serialNumber");
    const { bytes, start, position } = reader;
    if (bytes[start]! >= 0x80)
      reader.fail("ERR_CERTIFICATE_SERIAL_NUMBER", "the serial number is negative", "serialNumber");
    if (position - start > 20) {
      const message = `the serial number has ${position - start} octets, at most 20 are allowed`;
      reader.deviate("ERR_CERTIFICATE_SERIAL_NUMBER", message, "serialNumber");
    }
    this.serialStart = start;
  }

  /** RFC 5280 4.1.2.8, 4.1.2.9: unique identifiers from v2 on, extensions in v3. Go skips fields that the version does not have. */
  private walkOptionalFields(reader: DerReader): void {
    if (this.version > 1) {
      skipUniqueId(reader, ISSUER_UNIQUE_ID, "issuerUniqueID");
      skipUniqueId(reader, SUBJECT_UNIQUE_ID, "subjectUniqueID");
    }
    if (this.version === 3 && reader.peek() === EXTENSIONS) {
      const outer = reader.open(EXTENSIONS, "extensions");
      this.extensionsStart = reader.position;
      checkExtensions(reader, this.options, "certificate");
      this.extensionsEnd = reader.position;
      reader.finishOpen(outer);
    } else if (isOptionalField(reader.peek()) && this.version < 3) {
      const message = `a v${this.version} certificate must not have this field`;
      reader.deviate("ERR_CERTIFICATE_VERSION_FIELDS", message);
      reader.position = reader.limit;
    }
  }
}

function skipUniqueId(reader: DerReader, tag: number, label: string): void {
  if (reader.peek() !== tag) return;
  const read = reader.tolerate(() => readBitString(reader, label, tag));
  if (read === undefined) reader.read(tag, label);
}

function isOptionalField(tag: number): boolean {
  return tag === ISSUER_UNIQUE_ID || tag === SUBJECT_UNIQUE_ID || tag === EXTENSIONS;
}
