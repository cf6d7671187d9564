import type { DerReader, Label } from "../der/reader.ts";
import { decodeString, isAscii } from "../der/strings.ts";
import { describeTag } from "../der/tag.ts";
import { MAX_ARC_BITS, readOid } from "../oid.ts";
import type { Limits } from "./limits.ts";
import { walkName } from "./name.ts";
import { parseUriHost } from "./uri.ts";

/* Identifier octets of the kinds of GeneralName (RFC 5280 4.2.1.6). */
/** otherName. */
export const OTHER_NAME = 0xa0;
/** rfc822Name. */
export const EMAIL = 0x81;
/** dNSName. */
export const DNS = 0x82;
/** x400Address. */
export const X400_ADDRESS = 0xa3;
/** directoryName; explicit, because Name is a CHOICE. */
export const DIRECTORY_NAME = 0xa4;
/** ediPartyName. */
export const EDI_PARTY_NAME = 0xa5;
/** uniformResourceIdentifier. */
export const URI = 0x86;
/** iPAddress. */
export const IP = 0x87;
/** registeredID. */
export const REGISTERED_ID = 0x88;

/** Is called for something that passed: its contents are at `reader.start` to `reader.position`. `index` says which of several it is. */
export type Visitor = (reader: DerReader, tag: number, index: number) => void;

/**
 * Reads the GeneralNames of a subject alternative name, as Go's `parseSANExtension` checks them: ASCII text, URIs that `net/url` parses
 * with a host of valid labels, addresses of 4 or 16 octets. Go does not look at the other kinds; in safe mode they are checked as well.
 */
export function walkAlternativeNames(reader: DerReader, limits: Limits, visit?: Visitor): void {
  for (let index = 0; reader.more(); index++) {
    const tag = reader.peek();
    if (isGoKind(tag)) {
      walkGeneralName(reader, index, limits, visit);
      if (
        tag === URI &&
        parseUriHost(decodeString(reader.bytes, reader.start, reader.position, tag)) === undefined
      ) {
        fail(reader, index, "the URI does not parse, or its host is no domain name");
      }
    } else walkUnseen(reader, index, limits, visit);
  }
}

/** Reads a GeneralName that Go does not look into. */
export function walkUnseen(reader: DerReader, label: Label, limits: Limits, visit?: Visitor): void {
  const passed = reader.tolerate(() => {
    walkGeneralName(reader, label, limits, visit);
    return true;
  });
  if (!passed) reader.readAny(label);
}

/** Tells whether Go reads names of this kind. */
export function isGoKind(tag: number): boolean {
  return tag === DNS || tag === IP || tag === URI || tag === EMAIL;
}

/** Reads GeneralNames up to the end of the open element. */
export function walkGeneralNames(reader: DerReader, limits: Limits, visit?: Visitor): void {
  for (let index = 0; reader.more(); index++) walkGeneralName(reader, index, limits, visit);
}

/** Reads one GeneralName of any kind: text must be ASCII, an address has 4 or 16 octets. */
export function walkGeneralName(reader: DerReader, label: Label, limits: Limits, visit?: Visitor): void {
  const tag = reader.peek();
  if (isGoKind(tag)) {
    reader.read(tag, label);
    const { bytes, start, position } = reader;
    const length = position - start;
    if (tag === IP ? length !== 4 && length !== 16 : !isAscii(bytes, start, position)) {
      fail(
        reader,
        label,
        tag === IP ? `an IP address cannot have ${length} octets` : "the name has an octet above 127",
      );
    }
  } else walkOtherKind(reader, tag, label, limits);
  if (visit !== undefined) visit(reader, tag, 0);
}

function walkOtherKind(reader: DerReader, tag: number, label: Label, limits: Limits): void {
  if (tag === REGISTERED_ID) return readOid(reader, label, MAX_ARC_BITS, tag);
  if (tag === X400_ADDRESS || tag === EDI_PARTY_NAME) return reader.read(tag, label);
  if (tag !== DIRECTORY_NAME && tag !== OTHER_NAME) {
    reader.readAny(label);
    fail(reader, label, `${describeTag(tag)} is no kind of GeneralName`);
  }
  const outer = reader.open(tag, label);
  const begin = reader.position;
  if (tag === DIRECTORY_NAME) walkName(reader, "directoryName", limits);
  else {
    readOid(reader, "type-id", MAX_ARC_BITS);
    const value = reader.open(0xa0, "value");
    reader.readAny("");
    reader.finish(value);
  }
  reader.finish(outer);
  reader.start = begin;
}

function fail(reader: DerReader, label: Label, message: string): never {
  reader.fail("ERR_CERTIFICATE_GENERAL_NAME", message, label);
}
