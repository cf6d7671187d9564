/**
 * A tiny encoder of tag-length-value that lets a test write anything, right or wrong. It shares no
 * code with the library, so that the two cannot be wrong in the same way.
 */

/** Joins pieces of an encoding. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Bytes from hexadecimal; spaces are allowed. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(" ", "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

/** One byte per character: the way to write any bytes as a text. */
export const latin1 = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

const bigEndian = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes;
};

/** The shortest length octets, as DER wants them. */
export function length(value: number): Uint8Array {
  if (value < 128) return Uint8Array.of(value);
  const bytes = bigEndian(value);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

/** Any identifier octet with any contents. */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = join(...contents);
  return join(Uint8Array.of(tag), length(content.length), content);
}

/** As {@link tlv} with length octets of the test's own choice. */
export const withLength = (tag: number, lengthOctets: Uint8Array, content: Uint8Array): Uint8Array =>
  join(Uint8Array.of(tag), lengthOctets, content);

export const seq = (...contents: readonly Uint8Array[]): Uint8Array => tlv(0x30, ...contents);
/** In the order given: DER would want it sorted. */
export const set = (...contents: readonly Uint8Array[]): Uint8Array => tlv(0x31, ...contents);
/** `[n]` constructed: EXPLICIT, or IMPLICIT of something constructed. */
export const ctx = (n: number, ...contents: readonly Uint8Array[]): Uint8Array => tlv(0xa0 | n, ...contents);
/** `[n]` primitive: IMPLICIT of something primitive. */
export const ctxPrimitive = (n: number, content: Uint8Array): Uint8Array => tlv(0x80 | n, content);

export const octets = (...contents: readonly Uint8Array[]): Uint8Array => tlv(0x04, ...contents);
export const bits = (content: Uint8Array, unused = 0): Uint8Array =>
  tlv(0x03, Uint8Array.of(unused), content);
export const bool = (value: boolean): Uint8Array => tlv(0x01, Uint8Array.of(value ? 0xff : 0));
export const nul: Uint8Array = tlv(0x05);

/** The shortest two's complement form. */
export function int(value: number | bigint): Uint8Array {
  let rest = BigInt(value);
  const bytes: number[] = [];
  do {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (!(rest === 0n && bytes[0]! < 0x80) && !(rest === -1n && bytes[0]! >= 0x80));
  return tlv(0x02, Uint8Array.from(bytes));
}

const base128 = (value: bigint): number[] => {
  const bytes = [Number(value & 0x7fn)];
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) bytes.unshift(Number(rest & 0x7fn) | 0x80);
  return bytes;
};

/** Dotted text to OBJECT IDENTIFIER; arcs may be of any size. */
export function oid(dotted: string): Uint8Array {
  const [first = 0n, second = 0n, ...rest] = dotted.split(".").map(BigInt);
  return tlv(0x06, Uint8Array.from([first * 40n + second, ...rest].flatMap(base128)));
}

const text = (tag: number) => (value: string) => tlv(tag, latin1(value));
export const numeric: (value: string) => Uint8Array = text(18);
export const printable: (value: string) => Uint8Array = text(19);
export const t61: (value: string) => Uint8Array = text(20);
export const ia5: (value: string) => Uint8Array = text(22);
export const utcTime: (value: string) => Uint8Array = text(23);
export const generalizedTime: (value: string) => Uint8Array = text(24);
export const visible: (value: string) => Uint8Array = text(26);
export const general: (value: string) => Uint8Array = text(27);
export const utf8 = (value: string): Uint8Array => tlv(12, new TextEncoder().encode(value));
export const bmp = (value: string): Uint8Array =>
  tlv(30, Uint8Array.from([...value].flatMap((c) => [c.charCodeAt(0) >> 8, c.charCodeAt(0) & 255])));
export const universal = (value: string): Uint8Array =>
  tlv(28, Uint8Array.from([...value].flatMap((c) => [0, 0, c.charCodeAt(0) >> 8, c.charCodeAt(0) & 255])));
