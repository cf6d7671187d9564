/**
 * SHA-256 (FIPS 180-4) in one call, for the few bytes of a certificate or a key.
 *
 * Our own because it must answer at once, on every runtime: `crypto.subtle.digest` gives a promise, `node:crypto` is Node's alone, and
 * the library that has it in JavaScript is several times this size in a bundle. Nothing secret goes through here.
 */

/** Fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
const K: Int32Array = /* @__PURE__ */ roots(64, 3);
/** Fractional parts of the square roots of the first 8 primes (FIPS 180-4, 5.3.3). */
const INITIAL: Int32Array = /* @__PURE__ */ roots(8, 2);

/** The first 32 bits of the fractional parts of the roots of the first primes; doubles hold them exactly. */
function roots(count: number, degree: number): Int32Array {
  const words = new Int32Array(count);
  for (let found = 0, candidate = 2; found < count; candidate++) {
    let prime = true;
    for (let divisor = 2; prime && divisor * divisor <= candidate; divisor++)
      prime = candidate % divisor !== 0;
    if (prime) words[found++] = (candidate ** (1 / degree) % 1) * 2 ** 32;
  }
  return words;
}

/**
 * The SHA-256 digest of the bytes, 32 octets.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sha256 } from "kubepki";
 *
 * assert.equal(sha256(new Uint8Array()).length, 32);
 * ```
 */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(((bytes.length + 72) >> 6) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  writeWord(padded, padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  writeWord(padded, padded.length - 4, bytes.length * 8);
  const state = INITIAL.slice();
  const words = new Int32Array(64);
  for (let block = 0; block < padded.length; block += 64) compress(state, words, padded, block);
  const digest = new Uint8Array(32);
  for (let i = 0; i < 8; i++) writeWord(digest, i * 4, state[i]!);
  return digest;
}

/** Big-endian. */
function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}

/** FIPS 180-4, 6.2.2. Plain locals and signed words, which engines keep in registers: a chain costs two signatures and one digest. */
function compress(state: Int32Array, words: Int32Array, bytes: Uint8Array, block: number): void {
  for (let i = 0, at = block; i < 16; i++, at += 4)
    words[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  for (let i = 16; i < 64; i++) {
    const a = words[i - 15]!;
    const b = words[i - 2]!;
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    words[i] = (words[i - 16]! + s0 + words[i - 7]! + s1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + words[i]!) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
