/** OBJECT IDENTIFIERs: dotted text and DER contents. Arcs are exact at any size; comparing texts compares identifiers. */
import { DerError } from "./errors.ts";
import type { DerReader, Label } from "./der/reader.ts";
import { OBJECT_IDENTIFIER } from "./der/tag.ts";

/** The most content octets that are read or written; real identifiers have up to 30. */
const MAX_OCTETS = 64;
/** Where Go reads arcs into an int, it stops at 31 bits. */
const GO_ARC_BITS = 31;
/** The widest arc at all: a UUID under 2.25 (X.667) has 128 bits. */
export const MAX_ARC_BITS = 128;

/**
 * Reads an OBJECT IDENTIFIER: not empty, terminated, no padding (X.690 8.19.2). Its contents are `reader.start` to `reader.position`.
 *
 * `arcBits` says how wide an arc may be: 31 bits by default, as Go reads attribute types, algorithms and extension ids; 128 for policies.
 *
 * @throws DerError `ERR_DER_OID`, `ERR_DER_OID_ARC`, and the codes of {@link DerReader.read}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DerReader, oidToText, readOid } from "kubepki/der";
 *
 * const reader = new DerReader(new Uint8Array([0x06, 0x03, 0x55, 0x04, 0x03]));
 * readOid(reader, "type");
 * assert.equal(oidToText(reader.contents()), "2.5.4.3");
 * ```
 */
export function readOid(
  reader: DerReader,
  label: Label,
  arcBits: number = GO_ARC_BITS,
  tag: number = OBJECT_IDENTIFIER,
): void {
  reader.read(tag, label);
  const { bytes, start, position } = reader;
  const length = position - start;
  if (length === 0) reader.fail("ERR_DER_OID", "an OBJECT IDENTIFIER must not be empty", label);
  if (length > MAX_OCTETS)
    reader.fail(
      "ERR_DER_OID",
      `the OBJECT IDENTIFIER has ${length} octets, at most ${MAX_OCTETS} are read`,
      label,
    );
  let all = 0;
  for (let i = start; i < position; i++) all |= bytes[i]!;
  if (all >= 0x80) checkArcs(reader, label, arcBits);
}

/** What most identifiers do not need: their arcs have one octet each. */
function checkArcs(reader: DerReader, label: Label, arcBits: number): void {
  const { bytes, start, position } = reader;
  if (bytes[position - 1]! >= 0x80) reader.fail("ERR_DER_OID", "the last arc is cut", label);
  let first = start;
  for (let i = start; i < position; i++) {
    if (bytes[i]! >= 0x80) {
      if (i === first && bytes[i] === 0x80) reader.fail("ERR_DER_OID", "an arc has padding", label);
      continue;
    }
    if (i - first >= 4 && bitsOfArc(bytes, first, i) > arcBits) {
      reader.fail("ERR_DER_OID_ARC", `an arc has more than ${arcBits} bits`, label);
    }
    first = i + 1;
  }
}

function bitsOfArc(bytes: Uint8Array, first: number, last: number): number {
  return (last - first) * 7 + (32 - Math.clz32(bytes[first]! & 0x7f));
}

/**
 * Dotted text of DER contents that {@link readOid} has let pass, from `start` to `end`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { oidToText } from "kubepki/der";
 *
 * assert.equal(oidToText(new Uint8Array([0x55, 0x04, 0x0a])), "2.5.4.10");
 * ```
 */
export function oidToText(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  let text = "";
  let arc = 0;
  let first = start;
  for (let i = start; i < end; i++) {
    arc = arc * 128 + (bytes[i]! & 0x7f);
    if (bytes[i]! >= 0x80) continue;
    text += first === start ? firstArcs(bytes, first, i, arc) : `.${arcText(bytes, first, i, arc)}`;
    first = i + 1;
    arc = 0;
  }
  return text;
}

/** The first subidentifier holds two arcs: 40 times the first plus the second (X.690 8.19.4). */
function firstArcs(bytes: Uint8Array, first: number, last: number, value: number): string {
  if (value < 80) return `${Math.floor(value / 40)}.${value % 40}`;
  return Number.isSafeInteger(value) ? `2.${value - 80}` : `2.${bigArc(bytes, first, last) - 80n}`;
}

function arcText(bytes: Uint8Array, first: number, last: number, value: number): string {
  return String(Number.isSafeInteger(value) ? value : bigArc(bytes, first, last));
}

function bigArc(bytes: Uint8Array, first: number, last: number): bigint {
  let arc = 0n;
  for (let i = first; i <= last; i++) arc = arc * 128n + BigInt(bytes[i]! & 0x7f);
  return arc;
}

/**
 * DER contents (without identifier and length octets) of dotted text such as `2.5.4.3`.
 *
 * @throws DerError `ERR_DER_OID` if the text is no object identifier, `ERR_DER_OID_ARC` if an arc has more than 128 bits
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeOid } from "kubepki/der";
 *
 * assert.deepEqual([...encodeOid("2.5.4.10")], [0x55, 0x04, 0x0a]);
 * assert.throws(() => encodeOid("3.1"), { code: "ERR_DER_OID" });
 * ```
 */
export function encodeOid(text: string): Uint8Array<ArrayBuffer> {
  return oidContents(text).slice(); // whoever writes into the answer changes only that
}

/** As {@link encodeOid}, for who only reads: the answer is everybody's. */
export function oidContents(text: string): Uint8Array<ArrayBuffer> {
  let contents = encoded.get(text);
  if (contents === undefined) {
    contents = encodeArcs(text);
    if (encoded.size < MAX_ENCODED) encoded.set(text, contents);
  }
  return contents;
}

/** The few identifiers that names and extensions are made of, over and over; looking one up costs a fifth of encoding it. */
const encoded = /* @__PURE__ */ new Map<string, Uint8Array<ArrayBuffer>>();
const MAX_ENCODED = 256;

function encodeArcs(text: string): Uint8Array<ArrayBuffer> {
  const arcs = text.split(".");
  if (text.length > 1024 || arcs.length < 2 || !arcs.every(isArc)) failText(text);
  const root = Number(arcs[0]);
  if (root > 2 || (root < 2 && Number(arcs[1]) >= 40)) failText(text);
  const octets: number[] = [];
  for (let i = 1; i < arcs.length; i++) {
    const above = i === 1 ? root * 40 : 0;
    // Numbers where they are exact, which is almost always: BigInt costs ten times as much.
    if (arcs[i]!.length <= 15) appendArc(octets, Number(arcs[i]) + above);
    else appendBigArc(octets, BigInt(arcs[i]!) + BigInt(above), text);
  }
  if (octets.length > MAX_OCTETS) failText(text);
  return new Uint8Array(octets);
}

function appendArc(octets: number[], arc: number): void {
  let unit = 1;
  while (unit * 128 <= arc) unit *= 128;
  for (; unit > 1; unit /= 128) octets.push((Math.floor(arc / unit) % 128) | 0x80);
  octets.push(arc % 128);
}

function appendBigArc(octets: number[], arc: bigint, text: string): void {
  if (arc >> BigInt(MAX_ARC_BITS)) {
    throw new DerError(
      "ERR_DER_OID_ARC",
      `an arc of ${JSON.stringify(text.slice(0, 64))} has more than ${MAX_ARC_BITS} bits`,
    );
  }
  const groups = [Number(arc & 127n)];
  for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 127n) | 0x80);
  octets.push(...groups);
}

/** Decimal digits without a leading zero. */
function isArc(text: string): boolean {
  if (text === "" || (text.length > 1 && text[0] === "0")) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

function failText(text: string): never {
  throw new DerError(
    "ERR_DER_OID",
    `${JSON.stringify(text.slice(0, 64))} is no object identifier such as 2.5.4.3`,
  );
}
