import { compareBytes } from "../bytes.ts";
import { DerReader } from "../der/reader.ts";
import type { Label } from "../der/reader.ts";
import { checkString, decodeString } from "../der/strings.ts";
import { SEQUENCE, SET, describeTag } from "../der/tag.ts";
import { oidToText, readOid } from "../oid.ts";
import { MAX_NAME_ATTRIBUTES, MAX_NAME_VALUE_BYTES } from "./limits.ts";
import type { Limits } from "./limits.ts";

/** One attribute of a name, for example `O = system:nodes` (RFC 5280 4.1.2.4, AttributeTypeAndValue). */
export interface NameAttribute {
  /** Attribute type as dotted text, for example `2.5.4.3` for CN. */
  readonly type: string;
  /** The value as Go reads it: never trimmed, folded or normalised. */
  readonly value: string;
  /** Identifier octet of the string type in the encoding, for example 12 for UTF8String. */
  readonly tag: number;
}

/** Attributes that stand together in one SET; almost always one (RFC 5280 4.1.2.4, RelativeDistinguishedName). */
export type RelativeDistinguishedName = readonly NameAttribute[];

/** A distinguished name as it is encoded: nothing is merged, sorted or dropped (RFC 5280 4.1.2.4). */
export interface Name {
  /** The whole Name element. Go compares issuer and subject by these bytes and by nothing else. */
  readonly der: Uint8Array;
  /** The RDNs in encoded order, each with its attributes in encoded order. */
  readonly rdns: readonly RelativeDistinguishedName[];
}

/** Is called for each attribute: its type is at `typeStart` to `typeEnd`, its value at `reader.start` to `reader.position`. */
export type AttributeVisitor = (
  reader: DerReader,
  typeStart: number,
  typeEnd: number,
  tag: number,
  rdn: number,
) => void;

/**
 * Reads a Name and checks every attribute of it, as Go's `parseName` does; `visit` sees each attribute in encoded order.
 *
 * Beyond Go, in safe mode: no empty SET, SETs in DER order, nothing after a value.
 */
export function walkName(reader: DerReader, label: Label, limits: Limits, visit?: AttributeVisitor): void {
  const outer = reader.open(SEQUENCE, label);
  const { maxNameAttributes = MAX_NAME_ATTRIBUTES, maxNameValueBytes = MAX_NAME_VALUE_BYTES } = limits;
  let count = 0;
  for (let rdn = 0; reader.more(); rdn++) {
    const set = reader.open(SET, rdn);
    if (!reader.more()) reader.deviate("ERR_CERTIFICATE_NAME", "an RDN must have an attribute");
    let previous = -1;
    for (let index = 0; reader.more(); index++) {
      if (++count > maxNameAttributes) fail(reader, `the name has more than ${maxNameAttributes} attributes`);
      const begin = reader.position;
      walkAttribute(reader, index, maxNameValueBytes, rdn, visit);
      if (previous >= 0) checkOrder(reader, previous, begin);
      previous = begin;
    }
    reader.finish(set);
  }
  reader.finish(outer);
}

function walkAttribute(
  reader: DerReader,
  index: number,
  maxBytes: number,
  rdn: number,
  visit?: AttributeVisitor,
): void {
  const outer = reader.open(SEQUENCE, index);
  readOid(reader, "type");
  const typeStart = reader.start;
  const typeEnd = reader.position;
  const tag = reader.readAny("value");
  if (reader.position - reader.start > maxBytes) fail(reader, `the value is longer than ${maxBytes} bytes`);
  if (!checkString(reader, tag, "value")) {
    const message = `${describeTag(tag)} is no string type that Go reads`;
    reader.fail("ERR_CERTIFICATE_NAME_VALUE", message, "value");
  }
  if (visit !== undefined) visit(reader, typeStart, typeEnd, tag, rdn);
  reader.finishOpen(outer);
}

/** X.690 11.6: the encodings of a SET OF ascend. Go takes them in any order. */
function checkOrder(reader: DerReader, previous: number, begin: number): void {
  const { bytes, position } = reader;
  if (compareBytes(bytes.subarray(previous, begin), bytes.subarray(begin, position)) > 0) {
    reader.deviate("ERR_DER_SET_ORDER", "the attributes of an RDN must ascend");
  }
}

function fail(reader: DerReader, message: string): never {
  reader.fail("ERR_CERTIFICATE_NAME", message);
}

/** Reads a Name with its values; checks as {@link walkName}. */
export function readName(reader: DerReader, label: Label, limits: Limits): Name {
  const begin = reader.position;
  const rdns: NameAttribute[][] = [];
  walkName(reader, label, limits, (at, typeStart, typeEnd, tag, rdn) => {
    const value = decodeString(at.bytes, at.start, at.position, tag);
    // An empty SET, which Kubernetes mode lets through, leaves an empty RDN behind.
    while (rdns.length <= rdn) rdns.push([]);
    rdns[rdn]!.push({ type: oidToText(at.bytes, typeStart, typeEnd), value, tag });
  });
  return { der: reader.bytes.subarray(begin, reader.position), rdns };
}

/**
 * All values of one attribute type in a name, in encoded order, from every RDN.
 *
 * `type` is dotted text. Go takes all O and OU, but of CN only the last.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { attributeValues, parseName, encodeName } from "kubepki";
 *
 * const name = parseName(encodeName({ organizations: ["b", "a"], commonName: "jane" }));
 * assert.deepEqual(attributeValues(name, "2.5.4.10"), ["a", "b"]); // one SET, in DER order
 * ```
 */
export function attributeValues(name: Name, type: string): string[] {
  return name.rdns.flatMap((rdn) =>
    rdn.filter((attribute) => attribute.type === type).map((attribute) => attribute.value),
  );
}
