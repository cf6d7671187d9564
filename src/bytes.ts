/** Byte helpers that every layer may use; they know nothing of what the bytes mean. */

/** Tells whether two byte arrays have the same content. Not constant time: for public data only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Orders byte arrays as X.690 11.6 orders the elements of a SET OF: octet by octet, the shorter first if one begins the other. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Joins byte arrays into one new array. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

const HEX = "0123456789abcdef";

/** Lower-case hexadecimal text of the bytes from `start` (inclusive) to `end` (exclusive). */
export function toHex(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  let text = "";
  for (let i = start; i < end; i++) text += HEX[bytes[i]! >> 4]! + HEX[bytes[i]! & 15]!;
  return text;
}

/** Bytes of hexadecimal text, either case. Anything else is a misuse of the function: `TypeError`. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < text.length; i++) {
    const digit = HEX.indexOf(text[i]!.toLowerCase());
    if (digit < 0 || text.length % 2 === 1) throw new TypeError("the text is no hexadecimal of whole bytes");
    bytes[i >> 1]! |= i % 2 === 0 ? digit << 4 : digit;
  }
  return bytes;
}

/** Tells whether `bytes[start]` up to, not including, `bytes[end]` are exactly `expected`. */
export function matchesBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  expected: readonly number[],
): boolean {
  if (end - start !== expected.length) return false;
  for (let i = 0; i < expected.length; i++) if (bytes[start + i] !== expected[i]) return false;
  return true;
}
