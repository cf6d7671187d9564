import type { DerReader, Label } from "../der/reader.ts";
import { decodeString, isAscii } from "../der/strings.ts";
import { contextConstructed, contextPrimitive, describeTag } from "../der/tag.ts";
import { CertificateError } from "../errors.ts";
import { MAX_ARC_BITS, oidToText, readOid } from "../oid.ts";
import { formatIpAddress } from "./ip-address.ts";
import type { Limits } from "./limits.ts";
import { readName } from "./name.ts";
import type { Name } from "./name.ts";
import { parseUriHost } from "./uri.ts";

/**
 * One GeneralName (RFC 5280 4.2.1.6).
 *
 * `dns`, `email` and `uri` are ASCII and as written in the certificate; `ip` is text, see {@link formatIpAddress}. The other kinds say nothing
 * to Kubernetes, which drops them; they are kept with their bytes.
 */
export type GeneralName =
  | { readonly type: "dns" | "email" | "uri" | "ip"; readonly value: string }
  | { readonly type: "directoryName"; readonly name: Name }
  | {
      readonly type: "otherName";
      /** What kind of name it is, as dotted text. */
      readonly typeId: string;
      /** The value, a whole DER element. */
      readonly der: Uint8Array;
    }
  | { readonly type: "registeredId"; readonly value: string }
  | {
      readonly type: "x400Address" | "ediPartyName";
      /** The contents between the tag's length and its end. */
      readonly der: Uint8Array;
    };

/** Tags of the kinds that Go reads. */
export const EMAIL: number = contextPrimitive(1);
/** dNSName. */
export const DNS: number = contextPrimitive(2);
/** uniformResourceIdentifier. */
export const URI: number = contextPrimitive(6);
/** iPAddress. */
export const IP: number = contextPrimitive(7);
/** directoryName; explicit, because Name is a CHOICE. */
export const DIRECTORY_NAME: number = contextConstructed(4);
/** otherName. */
export const OTHER_NAME: number = contextConstructed(0);
/** x400Address. */
export const X400_ADDRESS: number = contextConstructed(3);
/** ediPartyName. */
export const EDI_PARTY_NAME: number = contextConstructed(5);
/** registeredID. */
export const REGISTERED_ID: number = contextPrimitive(8);

/**
 * Reads the GeneralNames of a subject alternative name, as Go's `parseSANExtension` checks them: ASCII text, URIs that `net/url` parses
 * with a host of valid labels, addresses of 4 or 16 octets. Go does not look at the other kinds; in safe mode they are checked as well.
 */
export function readAlternativeNames(reader: DerReader, keep: boolean, limits: Limits): GeneralName[] {
  const names: GeneralName[] = [];
  for (let index = 0; reader.more(); index++) {
    const tag = reader.peek();
    const name =
      tag === DNS || tag === EMAIL || tag === URI || tag === IP
        ? readGoName(reader, index, tag, keep)
        : readUnseenName(reader, index, limits);
    if (name !== undefined) names.push(name);
  }
  return names;
}

function readGoName(reader: DerReader, index: number, tag: number, keep: boolean): GeneralName | undefined {
  reader.read(tag, index);
  const { bytes, start, position } = reader;
  if (tag === IP) {
    const value = addressText(reader, index);
    return keep ? { type: "ip", value } : undefined;
  }
  if (!isAscii(bytes, start, position)) fail(reader, index, "the name has an octet above 127");
  if (!keep && tag !== URI) return undefined;
  const value = decodeString(bytes, start, position, tag);
  if (tag === URI && parseUriHost(value) === undefined)
    fail(reader, index, "the URI does not parse, or its host is no domain name");
  return keep ? { type: tag === DNS ? "dns" : tag === URI ? "uri" : "email", value } : undefined;
}

function readUnseenName(reader: DerReader, index: number, limits: Limits): GeneralName | undefined {
  const name = reader.tolerate(() => readOtherKind(reader, index, limits));
  if (name === undefined) reader.readAny(index);
  return name;
}

/** Reads one GeneralName of any kind; texts must be ASCII, addresses of 4 or 16 octets. */
export function readGeneralName(reader: DerReader, label: Label, limits: Limits): GeneralName {
  const tag = reader.peek();
  if (tag !== DNS && tag !== EMAIL && tag !== URI && tag !== IP) return readOtherKind(reader, label, limits);
  reader.read(tag, label);
  const { bytes, start, position } = reader;
  if (tag === IP) return { type: "ip", value: addressText(reader, label) };
  if (!isAscii(bytes, start, position)) fail(reader, label, "the name has an octet above 127");
  const value = decodeString(bytes, start, position, tag);
  return { type: tag === DNS ? "dns" : tag === URI ? "uri" : "email", value };
}

/** Reads the GeneralNames up to the end of the open element. */
export function readGeneralNames(reader: DerReader, limits: Limits): GeneralName[] {
  const names: GeneralName[] = [];
  while (reader.more()) names.push(readGeneralName(reader, names.length, limits));
  return names;
}

function readOtherKind(reader: DerReader, label: Label, limits: Limits): GeneralName {
  const tag = reader.peek();
  switch (tag) {
    case DIRECTORY_NAME: {
      const outer = reader.open(tag, label);
      const name = readName(reader, "directoryName", limits);
      reader.finish(outer);
      return { type: "directoryName", name };
    }
    case OTHER_NAME:
      return readOtherName(reader, label);
    case REGISTERED_ID:
      readOid(reader, label, MAX_ARC_BITS, tag);
      return { type: "registeredId", value: oidToText(reader.bytes, reader.start, reader.position) };
    case X400_ADDRESS:
    case EDI_PARTY_NAME:
      reader.read(tag, label);
      return { type: tag === X400_ADDRESS ? "x400Address" : "ediPartyName", der: reader.contents() };
    default:
      return fail(reader, label, `${tag < 0 ? "nothing" : describeTag(tag)} is no kind of GeneralName`);
  }
}

function readOtherName(reader: DerReader, label: Label): GeneralName {
  const outer = reader.open(OTHER_NAME, label);
  readOid(reader, "type-id", MAX_ARC_BITS);
  const typeId = oidToText(reader.bytes, reader.start, reader.position);
  const explicit = reader.open(contextConstructed(0), "value");
  const begin = reader.position;
  reader.readAny("value");
  const der = reader.bytes.subarray(begin, reader.position);
  reader.finish(explicit);
  reader.finish(outer);
  return { type: "otherName", typeId, der };
}

function addressText(reader: DerReader, label: Label): string {
  const octets = reader.contents();
  if (octets.length !== 4 && octets.length !== 16)
    fail(reader, label, `an IP address cannot have ${octets.length} octets`);
  return formatIpAddress(octets);
}

function fail(reader: DerReader, label: Label, message: string): never {
  throw new CertificateError("ERR_CERTIFICATE_GENERAL_NAME", message, reader.place(label));
}
