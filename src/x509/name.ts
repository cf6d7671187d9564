import type { DerReader, Label } from "../der/reader.ts";
import { contentStart, elementEnd } from "../der/skip.ts";
import { checkString, decodeString, isStringTag } from "../der/strings.ts";
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

/**
 * A distinguished name as it is encoded: nothing is merged, sorted or dropped (RFC 5280 4.1.2.4). Of a request that was read in Kubernetes mode, attributes whose value is
 * no string are left out, as Go leaves them out of what it understands; their bytes are in `der`, and each is a deviation.
 */
export interface Name {
  /** The whole Name element. Go compares issuer and subject by these bytes and by nothing else. */
  readonly der: Uint8Array;
  /** The RDNs in encoded order, each with its attributes in encoded order. */
  readonly rdns: readonly RelativeDistinguishedName[];
}

/** Reads the element that begins at `begin` and has this tag, which is none of a string. */
export type ValueWalker = (reader: DerReader, tag: number, begin: number) => void;

/**
 * Reads a Name and checks every attribute of it, as Go's `parseName` does. In requests Go's encoding/asn1 does it instead, which takes values that are no strings:
 * `walkOther` reads those in Kubernetes mode; without it they are refused in both.
 *
 * Beyond Go, in safe mode: no empty SET, SETs in DER order, nothing after a value, strings only.
 */
export function walkName(
  reader: DerReader,
  label: Label,
  limits: Limits,
  walkOther: ValueWalker = refuseValue,
): void {
  const outer = reader.open(SEQUENCE, label);
  const { maxNameAttributes = MAX_NAME_ATTRIBUTES, maxNameValueBytes = MAX_NAME_VALUE_BYTES } = limits;
  let count = 0;
  for (let rdn = 0; reader.more(); rdn++) {
    const set = reader.open(SET, rdn);
    if (!reader.more()) reader.deviate("ERR_CERTIFICATE_NAME", "an RDN must have an attribute");
    let previous = -1;
    for (let index = 0; reader.more(); index++) {
      if (!(++count <= maxNameAttributes))
        fail(reader, `the name has more than ${maxNameAttributes} attributes`);
      const begin = reader.position;
      walkAttribute(reader, index, maxNameValueBytes, walkOther);
      if (previous >= 0) checkOrder(reader, previous, begin);
      previous = begin;
    }
    reader.finish(set);
  }
  reader.finish(outer);
}

/** What a value is that {@link walkName} does not know. */
export const noString = (tag: number): string => `${describeTag(tag)} is no string type that Go reads`;

function refuseValue(reader: DerReader, tag: number): never {
  reader.fail("ERR_CERTIFICATE_NAME_VALUE", noString(tag), "value");
}

function walkAttribute(reader: DerReader, index: number, maxBytes: number, walkOther: ValueWalker): void {
  const outer = reader.open(SEQUENCE, index);
  readOid(reader, "type");
  const begin = reader.position;
  const tag = reader.readAny("value");
  if (!(reader.position - reader.start <= maxBytes))
    fail(reader, `the value is longer than ${maxBytes} bytes`);
  if (!checkString(reader, tag, "value")) walkOther(reader, tag, begin);
  reader.finishOpen(outer);
}

/** X.690 11.6: the encodings of a SET OF ascend. Go takes them in any order. No element begins with another, so both have the first octet that differs. */
function checkOrder(reader: DerReader, previous: number, begin: number): void {
  const { bytes } = reader;
  let at = 0;
  while (previous + at < begin && bytes[previous + at] === bytes[begin + at]) at++;
  if (previous + at < begin && bytes[previous + at]! > bytes[begin + at]!)
    reader.deviate("ERR_DER_SET_ORDER", "the attributes of an RDN must ascend");
}

function fail(reader: DerReader, message: string): never {
  reader.fail("ERR_CERTIFICATE_NAME", message);
}

/**
 * Goes through the contents of a Name that {@link walkName} has let pass: from a SET, which is an RDN, into it, and from an attribute to what
 * follows. What is met is in encoded order; the end of the Name ends it.
 */
export function nextInName(bytes: Uint8Array, at: number): number {
  return bytes[at] === SET ? contentStart(bytes, at) : elementEnd(bytes, at);
}

/** Reads a Name with its values; checks as {@link walkName}. */
export function readName(reader: DerReader, label: Label, limits: Limits, walkOther?: ValueWalker): Name {
  const begin = reader.position;
  const { bytes } = reader;
  const rdns: NameAttribute[][] = [];
  walkName(reader, label, limits, walkOther);
  for (let at = contentStart(bytes, begin); at < reader.position; at = nextInName(bytes, at)) {
    if (bytes[at] === SET) rdns.push([]);
    else {
      const attribute = attributeAt(bytes, at);
      if (attribute !== undefined) rdns.at(-1)!.push(attribute);
    }
  }
  return { der: bytes.subarray(begin, reader.position), rdns };
}

/** Undefined if the value is no string. */
function attributeAt(bytes: Uint8Array, at: number): NameAttribute | undefined {
  const type = contentStart(bytes, at);
  const value = elementEnd(bytes, type);
  const tag = bytes[value]!;
  if (!isStringTag(tag)) return undefined;
  return {
    type: oidToText(bytes, contentStart(bytes, type), value),
    value: decodeString(bytes, contentStart(bytes, value), elementEnd(bytes, value), tag),
    tag,
  };
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
  const values: string[] = [];
  for (const rdn of name.rdns)
    for (const attribute of rdn) if (attribute.type === type) values.push(attribute.value);
  return values;
}
