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
  const { length } = bytes;
  const state = INITIAL.slice();
  const words = new Int32Array(16);
  let block = 0;
  for (; block + 64 <= length; block += 64) {
    for (let i = 0, at = block; i < 16; i++, at += 4)
      words[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    compress(state, words);
  }
  for (const end = length + 9; block < end; block += 64) {
    for (let i = 0, at = block; i < 16; i++, at += 4) words[i] = paddedWord(bytes, at);
    if (block + 64 >= end) {
      words[14] = Math.floor(length / 2 ** 29);
      words[15] = length * 8;
    }
    compress(state, words);
  }
  const digest = new Uint8Array(32);
  for (let i = 0; i < 8; i++) writeWord(digest, i * 4, state[i]!);
  return digest;
}

/** A word of the last blocks: what is left of the bytes, one bit, zeros (FIPS 180-4, 5.1.1). */
function paddedWord(bytes: Uint8Array, at: number): number {
  let word = 0;
  for (let i = at; i < at + 4; i++)
    word = (word << 8) | (i < bytes.length ? bytes[i]! : i === bytes.length ? 0x80 : 0);
  return word;
}

/** Big-endian. */
function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}

/**
 * FIPS 180-4, 6.2.2, with the schedule of 6.1.3 in 16 words: arrays of more than 64 bytes cost an allocation outside of the heap.
 * Plain locals and signed words, which engines keep in registers: a chain costs two signatures and one digest.
 */
function compress(state: Int32Array, words: Int32Array): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 64; i++) {
    if (i > 15) words[i & 15] = nextWord(words, i);
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + words[i & 15]!) | 0;
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

function nextWord(words: Int32Array, i: number): number {
  const a = words[(i + 1) & 15]!;
  const b = words[(i + 14) & 15]!;
  const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
  const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
  return (words[i & 15]! + s0 + words[(i + 9) & 15]! + s1) | 0;
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
