/** Header fields, however a framework hands them over: one list of values for each name, and whether somebody may have joined them before. */
import { HeaderError } from "../../errors.ts";
import type { CodesOf } from "../../errors.ts";
import { printable } from "../../x509/printable.ts";

/**
 * The header fields of a request, in one of these shapes:
 *
 * - `{ rawHeaders }`: Node's `IncomingMessage` and `Http2ServerRequest`, names and values by turns. Best: duplicates are seen;
 * - an array of `[name, value]` pairs; duplicates are seen;
 * - an object of lists, such as Node's `headersDistinct`; duplicates are seen;
 * - web `Headers`, a `Map`, or an object of texts such as Node's `headers`: they join the values of one name with `", "`, so that it cannot be known
 *   any more how many there were. Where that matters, a value with a comma is refused.
 *
 * Values are as HTTP libraries give them: one character an octet (ISO 8859-1). Names have no case.
 */
export type HeadersInput =
  | {
      /** Names and values by turns, as they came. */
      readonly rawHeaders: readonly string[];
    }
  | Iterable<readonly [name: string, value: string]>
  | { readonly [name: string]: string | readonly string[] | undefined };

/** One name and its value. */
export type HeaderPair = readonly [name: string, value: string];

/** The longest value of one header that is read; Envoy sends at most 60 KiB of headers by default, and Node takes 16 KiB. */
export const MAX_HEADER_LENGTH = 65_536;

/** The values of one name. */
export interface HeaderField {
  /** In the order received. */
  readonly values: readonly string[];
  /** False if a value may have been several. */
  readonly distinct: boolean;
}

interface ReadPair {
  readonly name: string;
  readonly value: string;
  readonly distinct: boolean;
}

/** All fields of a request by their names in lower case. */
export class HeaderFields {
  /** Every field as received, without pseudo-headers of HTTP/2 taken apart. */
  readonly pairs: readonly HeaderPair[];
  readonly #fields = new Map<string, { readonly values: string[]; distinct: boolean }>();

  constructor(input: HeadersInput) {
    const read = readPairs(input);
    this.pairs = read.map(({ name, value }) => [name, value]);
    for (const { name, value, distinct } of read) {
      const key = lowerCase(name);
      const field = this.#fields.get(key);
      if (field) {
        field.values.push(value);
        field.distinct &&= distinct;
      } else this.#fields.set(key, { values: [value], distinct });
    }
  }

  /** The field with this name in any case. */
  get(name: string): HeaderField | undefined {
    return this.#fields.get(lowerCase(name));
  }

  /** The names that occur, in lower case. */
  names(): Iterable<string> {
    return this.#fields.keys();
  }

  /**
   * The value of a header that may be there once; undefined if it is not there.
   *
   * @throws HeaderError `ERR_HEADER_DUPLICATE`, `ERR_HEADER_SIZE`, `ERR_HEADER_VALUE`
   */
  single(name: string, maxLength: number = MAX_HEADER_LENGTH): string | undefined {
    const field = this.get(name);
    if (!field) return undefined;
    const { values } = field;
    if (values.length > 1)
      failHeader("ERR_HEADER_DUPLICATE", `the header is there ${values.length} times, expected once`, name);
    return checkValue(values[0]!, name, maxLength);
  }

  /** @throws HeaderError `ERR_HEADER_ALIAS` if one of the names occurs with underscores or dots for hyphens. */
  refuseAliases(names: Iterable<string>): void {
    const wanted = new Map([...names].map((name) => [hyphens(lowerCase(name)), lowerCase(name)]));
    for (const name of this.names()) {
      const meant = wanted.get(hyphens(name));
      if (meant !== undefined && meant !== name) failAlias(name, meant);
    }
  }
}

/** A header that other servers take for one that counts. */
export function failAlias(name: string, meant: string): never {
  failHeader("ERR_HEADER_ALIAS", `the header ${printable(name, 64)} could be taken for ${meant}`, meant);
}

/** As CGI and others do it: they cannot tell these apart. */
export function hyphens(name: string): string {
  return name.replaceAll(/[_.]/g, "-");
}

/** ASCII only: `toLowerCase` makes the letter k of the Kelvin sign. */
export function lowerCase(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32));
}

/**
 * A value that is short enough and has visible ASCII, spaces, tabs and octets above 7F only (RFC 9110 section 5.5).
 *
 * @throws HeaderError `ERR_HEADER_SIZE`, `ERR_HEADER_VALUE`
 */
export function checkValue(value: string, name: string, maxLength: number = MAX_HEADER_LENGTH): string {
  if (!(value.length <= maxLength))
    failHeader(
      "ERR_HEADER_SIZE",
      `the value has ${value.length} characters, at most ${maxLength} are read`,
      name,
    );
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if ((code >= 0x20 && code < 0x7f) || (code > 0x7f && code <= 0xff) || code === 0x09) continue;
    const found = code.toString(16).toUpperCase().padStart(4, "0");
    failHeader("ERR_HEADER_VALUE", `the value has character U+${found} at ${i}`, name);
  }
  return value;
}

/** A header that is not to be believed; the path of the error is its name. */
export function failHeader(code: CodesOf<"HeaderError">, message: string, header?: string): never {
  throw new HeaderError(code, message, header === undefined ? {} : { path: header });
}

function readPairs(input: HeadersInput): ReadPair[] {
  if (typeof input !== "object" || input === null) return misuse();
  const { rawHeaders } = input as { readonly rawHeaders?: unknown };
  if (Array.isArray(rawHeaders)) return readRawHeaders(rawHeaders);
  if (Symbol.iterator in input)
    return Array.from(input as Iterable<HeaderPair>, (pair) =>
      Array.isArray(pair) ? readPair(pair[0], pair[1], Array.isArray(input)) : misuse(),
    );
  return Object.entries(input).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return Array.isArray(value)
      ? value.map((each) => readPair(name, each, true))
      : [readPair(name, value, false)];
  });
}

function readRawHeaders(rawHeaders: readonly unknown[]): ReadPair[] {
  if (rawHeaders.length % 2 === 1) return misuse();
  const pairs: ReadPair[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) pairs.push(readPair(rawHeaders[i], rawHeaders[i + 1], true));
  return pairs;
}

function readPair(name: unknown, value: unknown, distinct: boolean): ReadPair {
  if (typeof name !== "string" || typeof value !== "string") return misuse();
  return { name, value, distinct };
}

function misuse(): never {
  throw new TypeError("expected headers: `{ rawHeaders }`, pairs of texts, or an object of texts");
}
