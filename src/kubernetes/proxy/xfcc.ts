/** Envoy's `x-forwarded-client-cert` (XFCC): what each proxy on the way says about the certificate of its client. */
import { checkValue, failHeader, lowerCase, MAX_HEADER_LENGTH } from "./header-fields.ts";

/** The name of the header. */
export const XFCC_HEADER = "x-forwarded-client-cert";

/** Elements that are read, of one proxy each; more hops than any mesh has. */
const MAX_ELEMENTS = 16;
/** Pairs in one element: a certificate may have many names. */
const MAX_PAIRS = 1000;

/** What one proxy says about its client. All of it is text that somebody wrote; only `cert` and `chain` can be verified. */
export interface XfccElement {
  /** URIs of the proxy's own certificate. */
  readonly by: readonly string[];
  /** SHA-256 of the client's certificate, in hex. */
  readonly hash?: string;
  /** The client's certificate: percent-encoded PEM. */
  readonly cert?: string;
  /** What the client sent, its own certificate first: percent-encoded PEM. */
  readonly chain?: string;
  /** The client's subject, as OpenSSL prints it. */
  readonly subject?: string;
  /** URIs of the client's certificate. */
  readonly uri: readonly string[];
  /** DNS names of the client's certificate. */
  readonly dns: readonly string[];
}

/** How much is read; both fields have defaults. */
export interface XfccLimits {
  /** Characters of the value; 65,536 by default. */
  readonly maxHeaderLength?: number;
  /** Elements in it; 16 by default. */
  readonly maxElements?: number;
}

/** Keys that stand in an element once; the others are lists. */
const SINGLE_KEYS = ["hash", "cert", "chain", "subject"] as const;
const LIST_KEYS = ["by", "uri", "dns"] as const;

/**
 * Reads the value of an `x-forwarded-client-cert` header: the elements in their order, the last one added by the proxy that is next to us.
 * **It says nothing about trust.** Anybody can write such a header, and Envoy does not quote `URI`, `DNS` and `By`, so that a client whose CA
 * lets it choose such a name can write elements of its own. See {@link parseForwardedCertificates} for certificates.
 *
 * Elements are divided by commas, pairs by semicolons. A value in double quotes may hold anything, with a backslash before a quote or a
 * backslash; another value holds no comma, semicolon or quote. Keys have no case; `Hash`, `Cert`, `Chain` and `Subject` stand there once. White space
 * beside a separator is refused: Envoy writes none, but whatever joins two headers does. Time is linear in the length.
 *
 * Source: Envoy docs/root/configuration/http/http_conn_man/headers.rst and source/common/http/conn_manager_utility.cc (`mutateXfccRequestHeader`).
 *
 * @throws HeaderError `ERR_HEADER_SYNTAX`, `ERR_HEADER_DUPLICATE` for a key that is there twice, `ERR_HEADER_SIZE`, `ERR_HEADER_VALUE`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseXfcc } from "kubepki";
 *
 * const [element] = parseXfcc('By=spiffe://a/front;Hash=00ff;Subject="CN=jane,O=\\"devs\\"";DNS=a.example;DNS=b.example');
 * assert.equal(element?.subject, 'CN=jane,O="devs"');
 * assert.deepEqual(element.dns, ["a.example", "b.example"]);
 * ```
 */
export function parseXfcc(value: string, limits: XfccLimits = {}): XfccElement[] {
  const { maxHeaderLength = MAX_HEADER_LENGTH, maxElements = MAX_ELEMENTS } = limits;
  const cursor = { text: checkValue(value, XFCC_HEADER, maxHeaderLength), at: 0 };
  const elements: XfccElement[] = [];
  for (;;) {
    if (!(elements.length < maxElements))
      failHeader(
        "ERR_HEADER_SIZE",
        `the value has more than ${maxElements} elements`,
        pathOf(elements.length),
      );
    elements.push(readElement(cursor, pathOf(elements.length)));
    if (cursor.at === cursor.text.length) return elements;
    cursor.at++; // the comma
  }
}

interface Cursor {
  readonly text: string;
  at: number;
}

function pathOf(element: number): string {
  return `${XFCC_HEADER}[${element}]`;
}

/** Up to a comma or the end. */
function readElement(cursor: Cursor, path: string): XfccElement {
  const found = new Map<string, string[]>();
  for (let pairs = 1; ; pairs++) {
    if (pairs > MAX_PAIRS)
      failHeader("ERR_HEADER_SIZE", `the element has more than ${MAX_PAIRS} pairs`, path);
    const key = readKey(cursor, path);
    const values = found.get(key);
    if (values && SINGLE_KEYS.some((single) => single === key))
      failHeader("ERR_HEADER_DUPLICATE", `the key ${key} is there twice`, path);
    const value = readValue(cursor, path);
    if (values) values.push(value);
    else found.set(key, [value]);
    if (cursor.text[cursor.at] !== ";") return toElement(found);
    cursor.at++;
  }
}

function toElement(found: ReadonlyMap<string, readonly string[]>): XfccElement {
  const singles = SINGLE_KEYS.filter((key) => found.has(key)).map((key) => [key, found.get(key)![0]]);
  // Envoy writes `URI=` for a certificate without any.
  const lists = LIST_KEYS.map((key) => [key, (found.get(key) ?? []).filter((value) => value !== "")]);
  return Object.fromEntries([...lists, ...singles]) as XfccElement;
}

function readKey(cursor: Cursor, path: string): string {
  const { text, at } = cursor;
  let end = at;
  while (isLetter(text.charCodeAt(end))) end++;
  const key = lowerCase(text.slice(at, end));
  const known = [...SINGLE_KEYS, ...LIST_KEYS].some((name) => name === key);
  if (!known || text[end] !== "=")
    failHeader("ERR_HEADER_SYNTAX", `expected one of Envoy's keys and \`=\` at ${at}`, path);
  cursor.at = end + 1;
  return key;
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

/** Up to a comma, a semicolon or the end, one of which must follow. */
function readValue(cursor: Cursor, path: string): string {
  const { text, at } = cursor;
  const value = text[at] === '"' ? readQuoted(cursor, path) : readPlain(cursor);
  const next = text[cursor.at];
  if (next !== undefined && next !== "," && next !== ";")
    failHeader("ERR_HEADER_SYNTAX", `expected a comma, a semicolon or the end at ${cursor.at}`, path);
  return value;
}

function readPlain(cursor: Cursor): string {
  const { text, at } = cursor;
  let end = at;
  while (end < text.length && !',; \t"'.includes(text[end]!)) end++;
  cursor.at = end;
  return text.slice(at, end);
}

/**
 * Envoy puts the subject between quotes as OpenSSL prints it (RFC 2253), with a backslash before quotes and backslashes, and before what is
 * special in names. So a backslash always takes the next character with it; only before a quote or a backslash it is taken away.
 */
function readQuoted(cursor: Cursor, path: string): string {
  const { text, at } = cursor;
  const parts: string[] = [];
  let copied = at + 1;
  let end = copied;
  for (; text[end] !== '"'; end++) {
    if (end >= text.length) failHeader("ERR_HEADER_SYNTAX", `the quote at ${at} is never closed`, path);
    if (text[end] !== "\\") continue;
    const next = text[end + 1];
    if (next === '"' || next === "\\") {
      parts.push(text.slice(copied, end));
      copied = end + 1;
    }
    end++;
  }
  cursor.at = end + 1;
  return parts.join("") + text.slice(copied, end);
}
