import { readBitString } from "../der/bit-string.ts";
import { readInteger } from "../der/integer.ts";
import { DerReader } from "../der/reader.ts";
import type { Mode } from "../der/reader.ts";
import { SEQUENCE, SET } from "../der/tag.ts";
import { requestInputError } from "../errors.ts";
import type { PkiError } from "../errors.ts";
import { readOid } from "../oid.ts";
import { walkAnyValue } from "./any-value.ts";
import type { ParseOptions } from "./certificate-layout.ts";
import { checkExtensions } from "./extension.ts";
import { MAX_BYTES } from "./limits.ts";
import { walkName } from "./name.ts";
import { walkAlgorithmIdentifier, walkSubjectPublicKeyInfo } from "./subject-public-key-info.ts";

const ATTRIBUTES = 0xa0;

/** Contents of 1.2.840.113549.1.9.14, extensionRequest (RFC 2985 5.4.2). */
const EXTENSION_REQUEST = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e];

/** As many as anybody has a use for; each costs an object. */
const MAX_ATTRIBUTES = 64;

/** Where one attribute of a request is. */
export interface AttributePlace {
  /** Where the contents of its type begin. */
  readonly typeStart: number;
  /** Offset after its type. */
  readonly typeEnd: number;
  /** Offset after the attribute; its values are what follows the type. */
  readonly end: number;
}

/**
 * Where the parts of a request are (RFC 2986 4.1, 4.2). The constructor walks the whole request once and checks every rule; whoever holds a layout
 * holds bytes that passed.
 */
export class CertificateRequestLayout {
  /** The whole request. */
  readonly bytes: Uint8Array;
  /** How it was parsed. */
  readonly options: ParseOptions;
  /** How strictly it was parsed. */
  readonly mode: Mode;
  /** What Kubernetes mode let through. */
  readonly deviations: readonly PkiError[];
  /** The attributes in encoded order. */
  readonly attributes: AttributePlace[] = [];
  /** Where each list of requested extensions begins and ends; safe mode lets one pass. */
  readonly extensionLists: (readonly [start: number, end: number])[] = [];
  /** Where the signed part begins. */
  infoStart = 0;
  /** Offset after the signed part. */
  infoEnd = 0;
  /** Where the subject begins. */
  subjectStart = 0;
  /** Offset after the subject. */
  subjectEnd = 0;
  /** Where the subject's public key begins. */
  keyStart = 0;
  /** Offset after the subject's public key. */
  keyEnd = 0;
  /** Where the signature algorithm begins. */
  algorithmStart = 0;
  /** Offset after the signature algorithm. */
  algorithmEnd = 0;
  /** Where the octets of the signature begin. */
  signatureStart = 0;
  /** Offset after the signature. */
  signatureEnd = 0;

  constructor(bytes: Uint8Array, options: ParseOptions) {
    this.bytes = bytes;
    this.options = options;
    this.mode = options.mode ?? "safe";
    const reader = new DerReader(bytes, { mode: this.mode, errorMaker: requestInputError });
    const { maxBytes = MAX_BYTES } = options;
    if (!(bytes.length <= maxBytes))
      reader.fail("ERR_DER_SIZE", `the request has ${bytes.length} bytes, at most ${maxBytes} are read`);
    const request = reader.open(SEQUENCE, "");
    this.infoStart = reader.position;
    this.walkInfo(reader);
    this.infoEnd = this.algorithmStart = reader.position;
    walkAlgorithmIdentifier(reader, "signatureAlgorithm");
    this.algorithmEnd = reader.position;
    if (readBitString(reader, "signature") !== 0)
      reader.deviate("ERR_DER_BIT_STRING", "a signature must be whole octets", "signature");
    this.signatureStart = reader.start;
    this.signatureEnd = reader.position;
    reader.finishOpen(request);
    reader.end();
    this.deviations = reader.deviations;
  }

  private walkInfo(reader: DerReader): void {
    const outer = reader.open(SEQUENCE, "certificationRequestInfo");
    readInteger(reader, "version");
    const { start, position } = reader;
    if (position - start > 8)
      reader.fail("ERR_REQUEST_VERSION", "the version is larger than 63 bits", "version");
    if (position - start > 1 || reader.bytes[start] !== 0)
      reader.deviate("ERR_REQUEST_VERSION", "the version is not 0, which means v1", "version");
    this.subjectStart = reader.position;
    walkName(reader, "subject", this.options, walkAnyValue);
    this.subjectEnd = this.keyStart = reader.position;
    walkSubjectPublicKeyInfo(reader, "subjectPKInfo");
    this.keyEnd = reader.position;
    this.walkAttributes(reader);
    reader.finishOpen(outer);
  }

  private walkAttributes(reader: DerReader): void {
    const outer = reader.open(ATTRIBUTES, "attributes");
    for (let index = 0; reader.more(); index++) {
      if (index >= MAX_ATTRIBUTES)
        reader.fail("ERR_REQUEST_ATTRIBUTE", `there are more than ${MAX_ATTRIBUTES} attributes`);
      const start = reader.position;
      const place = reader.tolerate(() => walkAttribute(reader, index));
      if (place === undefined) reader.readAny(index);
      else {
        this.attributes.push(place);
        if (isExtensionRequest(this.bytes, place)) this.walkExtensionRequest(reader, index, start);
      }
    }
    reader.finish(outer);
  }

  /** RFC 2985 5.4.2: SINGLE VALUE TRUE. Go reads the first value of each such attribute, and all such attributes as one list. */
  private walkExtensionRequest(reader: DerReader, index: number, start: number): void {
    reader.position = start;
    const attribute = reader.open(SEQUENCE, index);
    readOid(reader, "type");
    const outer = reader.open(SET, "extensionRequest");
    if (this.extensionLists.length > 0)
      reader.deviate("ERR_REQUEST_ATTRIBUTE", "extensions are requested by a second attribute");
    if (reader.more()) this.walkExtensions(reader);
    reader.finish(outer);
    reader.finishOpen(attribute);
  }

  private walkExtensions(reader: DerReader): void {
    const start = reader.position;
    checkExtensions(reader, this.options, "request");
    this.extensionLists.push([start, reader.position]);
    if (reader.more()) {
      reader.deviate("ERR_REQUEST_ATTRIBUTE", "extensions are requested by a second value");
      while (reader.more()) reader.readAny("value");
    }
  }

  /** The layout's own reader over a part of the bytes, with the path of that part for errors. */
  reader(start: number, end: number, path: string): DerReader {
    return new DerReader(this.bytes, { start, end, path, mode: this.mode });
  }
}

/** RFC 2986 4.1: a type and `SET SIZE(1..MAX)` of anything. What Go cannot read so far, it passes over, extension requests included. */
function walkAttribute(reader: DerReader, index: number): AttributePlace {
  const attribute = reader.open(SEQUENCE, index);
  readOid(reader, "type");
  const { start: typeStart, position: typeEnd, limit: end } = reader;
  const place = { typeStart, typeEnd, end };
  const outer = reader.open(SET, isExtensionRequest(reader.bytes, place) ? "extensionRequest" : "values");
  if (!reader.more()) reader.deviate("ERR_REQUEST_ATTRIBUTE", "an attribute must have a value");
  while (reader.more()) reader.readAny("value");
  reader.finish(outer);
  reader.finishOpen(attribute);
  return place;
}

function isExtensionRequest(bytes: Uint8Array, { typeStart, typeEnd }: AttributePlace): boolean {
  return (
    typeEnd - typeStart === EXTENSION_REQUEST.length &&
    EXTENSION_REQUEST.every((octet, index) => bytes[typeStart + index] === octet)
  );
}
