import type { DerReader, Label } from "./reader.ts";
import {
  BMP_STRING,
  IA5_STRING,
  NUMERIC_STRING,
  PRINTABLE_STRING,
  TELETEX_STRING,
  UTF8_STRING,
} from "./tag.ts";

const UTF8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Up to this many octets a string is made from character codes; beyond, the call of TextDecoder pays off (bench/strings.bench.ts). */
const SHORT = 32;

/** One list for each length up to that, written anew for each string: making one costs as much as the rest. */
const CODES: number[][] = [];

/**
 * Checks that the contents of the element read last are a string of type `tag`, and tells whether `tag` is a string type at all.
 *
 * The types and their alphabets are those that Go reads in a certificate (`parseASN1String`): UTF8String must be valid UTF-8,
 * PrintableString may also have `*` and `&`, IA5String is ASCII, NumericString has digits and spaces, BMPString has no surrogates.
 * In safe mode TeletexString must be ASCII, because nobody agrees on the rest, and BMPString must not end in NUL, which Go cuts off.
 * UniversalString, VisibleString and GeneralString are no string types here, as in Go.
 *
 * @throws DerError `ERR_DER_STRING`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkString, DerReader, PRINTABLE_STRING } from "kubepki/der";
 *
 * const reader = new DerReader(new Uint8Array([PRINTABLE_STRING, 0x01, 0x40]));
 * const tag = reader.readAny("value");
 * assert.throws(() => checkString(reader, tag, "value"), { code: "ERR_DER_STRING" }); // an at sign
 * ```
 */
export function checkString(reader: DerReader, tag: number, label: Label): boolean {
  const { bytes, start, position } = reader;
  switch (tag) {
    case UTF8_STRING:
      if (!isAscii(bytes, start, position) && !isUtf8(bytes, start, position))
        fail(reader, "the UTF8String is not valid UTF-8", label);
      return true;
    case PRINTABLE_STRING:
      for (let i = start; i < position; i++) {
        if (!isPrintable(bytes[i]!)) fail(reader, `a PrintableString cannot have octet ${bytes[i]}`, label);
      }
      return true;
    case IA5_STRING:
      if (!isAscii(bytes, start, position)) fail(reader, "the IA5String has an octet above 127", label);
      return true;
    case NUMERIC_STRING:
      for (let i = start; i < position; i++) {
        const octet = bytes[i]!;
        if ((octet < 0x30 || octet > 0x39) && octet !== 0x20)
          fail(reader, `a NumericString cannot have octet ${octet}`, label);
      }
      return true;
    case TELETEX_STRING:
      if (!isAscii(bytes, start, position)) {
        reader.deviate("ERR_DER_STRING", "the TeletexString has an octet above 127", label);
      }
      return true;
    case BMP_STRING:
      checkBmp(reader, label);
      return true;
    default:
      return false;
  }
}

/** Tells whether elements with this tag are strings to {@link checkString}. */
export function isStringTag(tag: number): boolean {
  return (
    tag === UTF8_STRING ||
    tag === PRINTABLE_STRING ||
    tag === IA5_STRING ||
    tag === NUMERIC_STRING ||
    tag === TELETEX_STRING ||
    tag === BMP_STRING
  );
}

/**
 * The text of a string that {@link checkString} has let pass, as Go reads it: Teletex as Latin-1, a BMPString without a NUL at its end.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkString, decodeString, DerReader, UTF8_STRING } from "kubepki/der";
 *
 * const reader = new DerReader(new Uint8Array([UTF8_STRING, 0x02, 0xc3, 0xbc]));
 * const tag = reader.readAny("value");
 * assert(checkString(reader, tag, "value"));
 * assert.equal(decodeString(reader.bytes, reader.start, reader.position, tag), "\u00fc");
 * ```
 */
export function decodeString(bytes: Uint8Array, start: number, end: number, tag: number): string {
  if (tag === BMP_STRING) return decodeBmp(bytes, start, end);
  if (tag === TELETEX_STRING) return decodeLatin1(bytes, start, end);
  const short = end - start <= SHORT ? fromCharCodes(bytes, start, end, 0x7f) : undefined;
  return short ?? UTF8.decode(bytes.subarray(start, end));
}

/** Tells whether all bytes are below 128. */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0;
  for (let i = start; i < end; i++) all |= bytes[i]!;
  return all < 0x80;
}

/** X.680 41.4, and the `*` and `&` that real CAs write and Go accepts. */
export function isPrintable(code: number): boolean {
  const letter = code | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) ||
    (code >= 0x26 && code <= 0x3a) || // & ' ( ) * + , - . / digits :
    code === 0x20 ||
    code === 0x3d ||
    code === 0x3f
  );
}

function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  try {
    UTF8.decode(bytes.subarray(start, end));
    return true;
  } catch {
    return false;
  }
}

/** UCS-2: an even number of octets, no surrogates and none of the non-characters that Go refuses. */
function checkBmp(reader: DerReader, label: Label): void {
  const { bytes, start, position } = reader;
  if ((position - start) % 2 !== 0) fail(reader, "a BMPString must have an even number of octets", label);
  let last = 1;
  for (let i = start; i < position; i += 2) {
    last = bytes[i]! * 256 + bytes[i + 1]!;
    if ((last >= 0xd800 && last <= 0xdfff) || (last >= 0xfdd0 && last <= 0xfdef) || last >= 0xfffe) {
      fail(reader, "the BMPString has a surrogate or a non-character", label);
    }
  }
  if (last === 0) reader.deviate("ERR_DER_STRING", "the BMPString ends in NUL", label);
}

function decodeBmp(bytes: Uint8Array, start: number, end: number): string {
  const stop = end - start >= 2 && bytes[end - 1] === 0 && bytes[end - 2] === 0 ? end - 2 : end;
  let text = "";
  for (let i = start; i < stop; i += 2) text += String.fromCharCode(bytes[i]! * 256 + bytes[i + 1]!);
  return text;
}

function decodeLatin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += SHORT)
    text += fromCharCodes(bytes, at, Math.min(at + SHORT, end), 0xff)!;
  return text;
}

/**
 * Each octet as the character with its code; undefined if one is above `highest`, which is one less than a power of two. Made in one call,
 * a string is flat: whoever looks at it pays for nothing more.
 */
function fromCharCodes(bytes: Uint8Array, start: number, end: number, highest: number): string | undefined {
  const length = end - start;
  const codes = (CODES[length] ??= Array.from({ length }, () => 0));
  let all = 0;
  for (let i = 0; i < length; i++) {
    const octet = bytes[start + i]!;
    all |= octet;
    codes[i] = octet;
  }
  return all <= highest ? String.fromCharCode(...codes) : undefined;
}

function fail(reader: DerReader, message: string, label: Label): never {
  reader.fail("ERR_DER_STRING", message, label);
}
