/** What stands in a piece of DER, for people. */
import { toHex } from "../bytes.ts";
import { FormatError, PemError } from "../errors.ts";
import { oidToText } from "../oid.ts";
import { parsePem } from "../pem.ts";
import { quoteText, showText } from "../x509/name-text.ts";
import { rowsOf } from "./description-rows.ts";
import type { Row } from "./description-rows.ts";
import { objectNames } from "./object-identifiers.ts";

/** How much is described; all fields have defaults. */
export interface DescribeOptions {
  /** The largest input in bytes, or characters of PEM; 1,048,576 by default. */
  readonly maxBytes?: number;
  /** The most lines of the answer, one for each element; 10,000 by default. The last one says how much is left. */
  readonly maxLines?: number;
}

const MAX_BYTES = 1_048_576;
const MAX_LINES = 10_000;
/** How many octets of a value are shown. */
const SHOWN = 32;

/** Names by tag number. */
const UNIVERSAL =
  "- BOOLEAN INTEGER BIT_STRING OCTET_STRING NULL OBJECT_IDENTIFIER ObjectDescriptor EXTERNAL REAL ENUMERATED EMBEDDED_PDV UTF8String RELATIVE-OID TIME - " +
  "SEQUENCE SET NumericString PrintableString TeletexString VideotexString IA5String UTCTime GeneralizedTime GraphicString VisibleString GeneralString " +
  "UniversalString CHARACTER_STRING BMPString";

/**
 * A readable dump of any DER, or of each block of a PEM text: a line for each element with its offset, the lengths of header and contents, its type and value.
 * Object identifiers are named, as far as they belong to X.509 and the formats around it; DER inside of OCTET STRINGs and BIT STRINGs is taken apart like the rest. Where it is
 * no DER, a line with `!!` says why, and the dump goes on: inside of an element that is cut, else behind the one in which that is. A value is cut after 32 octets or 64 characters.
 *
 * **Private keys are not shown**, in PKCS#8, SEC 1 and PKCS#1: their octets are counted. Safe to print, whatever the input is. Takes time linear in the input. Not for machines.
 *
 * Source: X.690.
 *
 * @throws FormatError `ERR_FORMAT_LIMIT` if the input is larger than `maxBytes`; PemError as `parsePem`, and `ERR_PEM_NO_BLOCK`; TypeError for
 *   another kind of input
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeName } from "kubepki";
 * import { describe } from "kubepki/formats";
 *
 * assert.equal(
 *   describe(encodeName({ commonName: "jane" })),
 *   `   0 2+15   SEQUENCE
 *    2 2+13     SET
 *    4 2+11       SEQUENCE
 *    6 2+3          OBJECT IDENTIFIER 2.5.4.3 (CN)
 *   11 2+4          PrintableString jane
 * `,
 * );
 * ```
 */
export function describe(input: Uint8Array | string, options: DescribeOptions = {}): string {
  const { maxBytes = MAX_BYTES, maxLines = MAX_LINES } = options;
  if (input instanceof Uint8Array) return describeDer(input, maxBytes, maxLines);
  if (typeof input !== "string") throw new TypeError("expected DER bytes or PEM text");
  const blocks = parsePem(input, { maxCharacters: maxBytes });
  if (blocks.length === 0)
    throw new PemError("ERR_PEM_NO_BLOCK", "the text has no PEM block; give DER as bytes");
  let left = maxLines;
  let text = "";
  for (const { label, der } of blocks) {
    const lines = describeDer(der, maxBytes, left);
    text += `${label}\n${lines}`;
    left = Math.max(0, left - lines.split("\n").length);
  }
  return text;
}

function describeDer(bytes: Uint8Array, maxBytes: number, maxLines: number): string {
  if (!(bytes.length <= maxBytes))
    throw new FormatError(
      "ERR_FORMAT_LIMIT",
      `the input has ${bytes.length} bytes, more than maxBytes, ${maxBytes}`,
    );
  const nameOf = objectNames();
  let text = "";
  let lines = 0;
  for (const row of rowsOf(bytes)) {
    if (lines++ >= maxLines) return `${text}... ${bytes.length - row.at} octets are left\n`;
    const place = `${String(row.at).padStart(4)} ${row.header}+${row.length}`;
    text += `${place.padEnd(12)}${"  ".repeat(row.depth)}${contentsText(row, bytes, nameOf)}\n`;
  }
  return text;
}

type NameOf = (oid: string) => string | undefined;

function contentsText(row: Row, bytes: Uint8Array, nameOf: NameOf): string {
  if (row.kind === "broken") return `!! ${row.fault}: ${hexOf(bytes, row.at, row.at + row.length)}`;
  const type = `${typeText(row)}${row.fault === "" ? "" : ` !! ${row.fault}`}`;
  if (row.kind === "opens") return row.isEnclosing ? `${type}, in which there is` : type;
  const start = row.at + row.header;
  if (row.kind === "secret") return `${type} (of a private key, not shown)`;
  const value = valueText(row, bytes, start, start + row.length, nameOf);
  return value === "" ? type : `${type} ${value}`;
}

function typeText({ tagClass, number, isConstructed }: Row): string {
  if (tagClass === 0) return UNIVERSAL.split(" ")[number]?.replace("_", " ") ?? `universal ${number}`;
  const word = ["", "application ", "", "private "][tagClass];
  return `[${word}${number}]${isConstructed ? "" : " primitive"}`;
}

function valueText(
  { tagClass, number }: Row,
  bytes: Uint8Array,
  start: number,
  end: number,
  nameOf: NameOf,
): string {
  if (tagClass !== 0) return octetsText(bytes, start, end);
  const octet = end - start === 1 ? bytes[start] : undefined;
  switch (number) {
    case 1:
      return octet === 0
        ? "FALSE"
        : octet === 0xff
          ? "TRUE"
          : `!! neither 00 nor ff: ${hexOf(bytes, start, end)}`;
    case 2:
    case 10:
      return integerText(bytes, start, end);
    case 3:
      return bitsText(bytes, start, end);
    case 6:
      return oidText(bytes, start, end, nameOf);
    case 23:
    case 24:
      return timeText(latin1(bytes, start, end));
    case 12:
    case 30:
      return stringText(bytes, start, end, number === 12 ? "utf-8" : "utf-16be");
    case 18:
    case 19:
    case 20:
    case 22:
    case 26:
    case 27:
      return showText(cut(latin1(bytes, start, end)));
    default:
      return hexOf(bytes, start, end);
  }
}

function integerText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 6 || end === start) return hexOf(bytes, start, end);
  let value = bytes[start]! >= 0x80 ? -1 : 0;
  for (let i = start; i < end; i++) value = value * 256 + bytes[i]!;
  return String(value);
}

function bitsText(bytes: Uint8Array, start: number, end: number): string {
  if (start === end) return "!! the number of unused bits is missing";
  const unused = bytes[start]!;
  return `${hexOf(bytes, start + 1, end)}${unused === 0 ? "" : `, ${unused} bits unused`}`;
}

function oidText(bytes: Uint8Array, start: number, end: number, nameOf: NameOf): string {
  if (end === start || end - start > 64 || bytes[end - 1]! >= 0x80)
    return `!! no object identifier: ${hexOf(bytes, start, end)}`;
  const oid = oidToText(bytes, start, end);
  const name = nameOf(oid);
  return name === undefined ? oid : `${oid} (${name})`;
}

/** `261124120000Z` is 2026-11-24T12:00:00Z; other forms are shown as they are. */
function timeText(text: string): string {
  const parts = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!parts) return showText(cut(text));
  const [, digits, month, day, hour, minute, second] = parts;
  const year = digits!.length === 4 ? digits! : `${Number(digits) < 50 ? "20" : "19"}${digits!}`;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

function stringText(bytes: Uint8Array, start: number, end: number, encoding: string): string {
  try {
    // A text that is cut may end inside of a character, which is then left out.
    const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
    const text = decoder.decode(bytes.subarray(start, Math.min(end, start + 256)), {
      stream: end > start + 256,
    });
    return showText(cut(text));
  } catch {
    return `!! no ${encoding}: ${hexOf(bytes, start, end)}`;
  }
}

/** Octets of which the type does not say what they are: as hex, and as text if they are one. */
function octetsText(bytes: Uint8Array, start: number, end: number): string {
  const hex = hexOf(bytes, start, end);
  if (end - start < 2) return hex;
  for (let i = start; i < end; i++) if (bytes[i]! < 0x20 || bytes[i]! > 0x7e) return hex;
  return `${hex} ${quoteText(cut(latin1(bytes, start, end)))}`.trim();
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 256)));
}

function cut(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}...` : text;
}

function hexOf(bytes: Uint8Array, start: number, end: number): string {
  return `${toHex(bytes, start, Math.min(end, start + SHOWN))}${end - start > SHOWN ? "..." : ""}`;
}
