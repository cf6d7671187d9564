/** PEM, the text form of keys and certificates (RFC 7468): a strict reader, Go's tolerant reader, and a writer. */
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { PemError } from "./errors.ts";

/** What a block holds; the labels of RFC 7468 and of the files that Kubernetes and OpenSSL write. Other labels are read as well. */
export type PemLabel =
  | "CERTIFICATE"
  | "TRUSTED CERTIFICATE"
  | "X509 CERTIFICATE"
  | "CERTIFICATE REQUEST"
  | "NEW CERTIFICATE REQUEST"
  | "X509 CRL"
  | "PRIVATE KEY"
  | "ENCRYPTED PRIVATE KEY"
  | "EC PRIVATE KEY"
  | "RSA PRIVATE KEY"
  | "EC PARAMETERS"
  | "PUBLIC KEY"
  | "RSA PUBLIC KEY"
  | "PKCS7"
  | "CMS"
  | (string & {});

/** How PEM text is read. */
export interface PemOptions {
  /**
   * - `"safe"`, the default: a broken block is an error, so that a CA never vanishes from a bundle in silence.
   * - `"kubernetes"`: what Go's `pem.Decode` finds, called until it finds nothing more; broken blocks are skipped.
   */
  readonly mode?: "safe" | "kubernetes";
  /** The longest text that is read, in UTF-16 code units; 1,048,576 by default, as much as a Kubernetes Secret holds. */
  readonly maxCharacters?: number;
  /** The most blocks that are read; 512 by default, over three times the public web's trust store. */
  readonly maxBlocks?: number;
}

/** One block of a PEM text. */
export interface PemBlock {
  /** The text between `BEGIN` and the dashes. */
  readonly label: PemLabel;
  /** The decoded contents; whether they are DER is not checked here. */
  readonly der: Uint8Array;
  /** Line of the `BEGIN` boundary, from 1. */
  readonly line: number;
  /** RFC 1421 headers such as `Proc-Type`, only in Kubernetes mode and only if there are any. */
  readonly headers?: ReadonlyMap<string, string>;
}

interface Found {
  readonly label: string;
  readonly der: Uint8Array;
  readonly headers?: ReadonlyMap<string, string>;
  /** Offset of the `BEGIN` boundary. */
  readonly begin: number;
  /** Offset where the search for the next block starts. */
  readonly next: number;
}

const BEGIN = "-----BEGIN ";
const END = "-----END ";
const DASHES = "-----";

/**
 * Reads every block of a PEM text, in order; text without any block gives an empty list. Takes time linear in the text.
 *
 * In safe mode, text between blocks is skipped, but every `BEGIN` or `END` boundary must be part of a whole block: at the start of
 * its line, in upper case, with the same label at both ends, no headers, and strict base64 with zero spare bits (white space is fine).
 * Every block that is read so is read alike by Go. Not checked: what the label means, and whether the contents fit it.
 *
 * Source: RFC 7468 section 3, RFC 4648 section 3.5, Go encoding/pem `Decode`.
 *
 * @throws PemError `ERR_PEM_SIZE`; in safe mode `ERR_PEM_BOUNDARY`, `ERR_PEM_BASE64`, `ERR_PEM_HEADERS`; `TypeError` if it is no text
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodePem, parsePem } from "kubepki";
 *
 * const text = `# from the CA\n${encodePem("PUBLIC KEY", new Uint8Array([0x30, 0x00]))}`;
 * const [block] = parsePem(text);
 * assert.equal(block?.label, "PUBLIC KEY");
 * assert.deepEqual(block.der, new Uint8Array([0x30, 0x00]));
 * assert.equal(block.line, 2);
 * ```
 */
export function parsePem(text: string, options: PemOptions = {}): readonly PemBlock[] {
  const { mode, maxCharacters = 1 << 20, maxBlocks = 512 } = options;
  if (typeof text !== "string") throw new TypeError("expected PEM text");
  if (!(text.length <= maxCharacters))
    throw new PemError(
      "ERR_PEM_SIZE",
      `the text has ${text.length} characters, at most ${maxCharacters} are read`,
    );
  const find = mode === "kubernetes" ? findGoBlock : findBlock;
  const blocks: PemBlock[] = [];
  let line = 1;
  let counted = 0;
  for (let found; (found = find(text, found?.next ?? 0));) {
    if (!(blocks.length < maxBlocks))
      fail("ERR_PEM_SIZE", `the text has more than ${maxBlocks} blocks`, text, found.begin);
    const { label, der, headers, begin } = found;
    line += countLines(text, counted, begin);
    counted = begin;
    blocks.push(headers ? { label, der, line, headers } : { label, der, line });
  }
  return blocks;
}

/**
 * The contents of the only block of a PEM text, which must have this label. In Kubernetes mode, as in its `ParseCSR`, the first
 * block counts and what follows is not looked at.
 *
 * @throws PemError `ERR_PEM_NO_BLOCK`, `ERR_PEM_LABEL`, `ERR_PEM_MULTIPLE`, and the codes of {@link parsePem}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodePem, pemToDer } from "kubepki";
 *
 * const der = new Uint8Array([0x30, 0x00]);
 * assert.deepEqual(pemToDer(encodePem("CERTIFICATE", der), "CERTIFICATE"), der);
 * ```
 */
export function pemToDer(text: string, label: PemLabel, options: PemOptions = {}): Uint8Array {
  const [block, second] = parsePem(text, options);
  if (!block) throw new PemError("ERR_PEM_NO_BLOCK", `the text has no PEM block, expected one ${label}`);
  const { line } = block;
  if (block.label !== label)
    throw new PemError("ERR_PEM_LABEL", `found ${quote(block.label)}, expected ${label}`, { line });
  if (second && options.mode !== "kubernetes")
    throw new PemError("ERR_PEM_MULTIPLE", `a second block follows, expected one ${label}`, {
      line: second.line,
    });
  return block.der;
}

/**
 * Writes one PEM block as Go and OpenSSL do: 64 characters a line, lines ended by LF, the last one too.
 *
 * Guarantees that {@link parsePem} in either mode reads the same label and bytes, unless `der` is empty.
 *
 * Source: RFC 7468 section 2, Go encoding/pem `Encode`.
 *
 * @throws TypeError if the label is not printable ASCII words joined by single spaces or hyphens
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodePem } from "kubepki";
 *
 * assert.equal(
 *   encodePem("CERTIFICATE", new Uint8Array([0x30, 0x00])),
 *   "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
 * );
 * ```
 */
export function encodePem(label: PemLabel, der: Uint8Array): string {
  if (!isLabel(label)) throw new TypeError(`${quote(label)} is no PEM label`);
  let text = `${BEGIN}${label}${DASHES}\n`;
  const base64 = encodeBase64(der);
  for (let at = 0; at < base64.length; at += 64) text += `${base64.slice(at, at + 64)}\n`;
  return `${text}${END}${label}${DASHES}\n`;
}

/** The next block from `from`, or undefined if no boundary follows; anything that is not quite a block is an error. */
function findBlock(text: string, from: number): Found | undefined {
  const begin = findBoundary(text, from);
  if (begin < 0) return undefined;
  const label = boundaryLabel(text, begin);
  const body = lineStop(text, begin) + 1;
  const end = text.indexOf(DASHES, body);
  const boundary = `${END}${label}${DASHES}`;
  if (end < 0 || text[end - 1] !== "\n" || trimmedLine(text, end) !== boundary)
    fail("ERR_PEM_BOUNDARY", `the block has no end line for ${quote(label)}`, text, end < 0 ? begin : end);
  const base64 = text.slice(body, end);
  if (base64.includes(":"))
    fail("ERR_PEM_HEADERS", "the block has header lines, expected base64 only", text, begin);
  const der = decodeBase64(base64, true);
  if (!der?.length)
    fail("ERR_PEM_BASE64", "the block is empty, or no strict base64 with padding", text, begin);
  return { label, der, begin, next: end + boundary.length };
}

/** Offset of the next thing that is, or tries to be, a boundary; -1 if there is none. */
function findBoundary(text: string, from: number): number {
  for (let at = from; (at = text.indexOf(DASHES, at)) >= 0; at++) {
    const word = text.slice(at + 5, at + 11).toUpperCase();
    if (word === "BEGIN " || word.startsWith("END ")) return at;
  }
  return -1;
}

function boundaryLabel(text: string, begin: number): string {
  const line = trimmedLine(text, begin);
  const label = line.slice(BEGIN.length, -DASHES.length);
  const whole = line === `${BEGIN}${label}${DASHES}` && (begin === 0 || text[begin - 1] === "\n");
  if (!whole || !isLabel(label))
    fail("ERR_PEM_BOUNDARY", "expected a line `-----BEGIN label-----` of its own", text, begin);
  return label;
}

/** RFC 7468 section 3: words of printable ASCII, joined by single spaces or hyphens. */
function isLabel(label: string): boolean {
  let separated = true;
  for (let i = 0; i < label.length; i++) {
    const code = label.charCodeAt(i);
    const separator = code === 0x20 || code === 0x2d;
    if (code < 0x20 || code > 0x7e || (separator && separated)) return false;
    separated = separator;
  }
  return !separated;
}

/**
 * The next block as Go's `pem.Decode` finds it: the first end boundary, the last begin boundary before it, and if that is no
 * block, the search goes on behind the end boundary. The order of these steps is what decides on odd input, so it is Go's.
 */
function findGoBlock(text: string, from: number): Found | undefined {
  for (let after = from; ;) {
    let at = after;
    const end = text.indexOf(`\n${END}`, at);
    if (end < 0) return undefined;
    after = end + END.length + 1;
    // The slice keeps the search backwards from going over the same text again.
    const begin = at + text.slice(at, end).lastIndexOf(BEGIN);
    if (begin < at || (begin > at && text[begin - 1] !== "\n")) continue;
    const typeLine = trimmedLine(text, begin + BEGIN.length);
    at = lineStop(text, begin) + 1;
    if (!typeLine.endsWith(DASHES)) continue;
    const label = typeLine.slice(0, -DASHES.length);

    const headers = new Map<string, string>();
    for (; at < text.length; at = lineStop(text, at) + 1) {
      const line = trimmedLine(text, at);
      const colon = line.indexOf(":");
      if (colon < 0) break;
      headers.set(trimGoSpace(line.slice(0, colon)), trimGoSpace(line.slice(colon + 1)));
    }
    if (at >= text.length || at > after) return undefined;
    if (headers.size && end < at) continue;
    if (trimmedLine(text, after) !== label + DASHES) continue;
    const der = decodeBase64(text.slice(at, end), false);
    if (!der) continue;
    const next = Math.min(lineStop(text, after - 1) + 1, text.length);
    return headers.size ? { label, der, headers, begin, next } : { label, der, begin, next };
  }
}

/** Go's `bytes.TrimSpace`: unlike JavaScript's it takes NEL for a space, and a byte order mark for none. */
function trimGoSpace(text: string): string {
  const isSpace = (index: number): boolean => {
    const character = text.charAt(index);
    return character === "\u0085" || (character !== "\uFEFF" && character.trim() === "");
  };
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(start)) start++;
  while (end > start && isSpace(end - 1)) end--;
  return text.slice(start, end);
}

/** Offset of the line feed that ends the line at `at`, or of the end of the text. */
function lineStop(text: string, at: number): number {
  const stop = text.indexOf("\n", at);
  return stop < 0 ? text.length : stop;
}

/** The line at `at` without its end, CRLF or LF, and without spaces and tabs before that. */
function trimmedLine(text: string, at: number): string {
  let stop = lineStop(text, at);
  if (stop < text.length && stop > at && text[stop - 1] === "\r") stop--;
  while (stop > at && (text[stop - 1] === " " || text[stop - 1] === "\t")) stop--;
  return text.slice(at, stop);
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = from; (at = text.indexOf("\n", at)) >= 0 && at < to; at++) lines++;
  return lines;
}

function fail(
  code: "ERR_PEM_BOUNDARY" | "ERR_PEM_BASE64" | "ERR_PEM_HEADERS" | "ERR_PEM_SIZE",
  message: string,
  text: string,
  at: number,
): never {
  throw new PemError(code, message, { line: 1 + countLines(text, 0, at) });
}

function quote(label: string): string {
  return JSON.stringify(label.slice(0, 64));
}
