/**
 * SHA-256 (FIPS 180-4) in one call, for the few bytes of a certificate or a key.
 *
 * Our own because it must answer at once, on every runtime: `crypto.subtle.digest` gives a promise, `node:crypto` is Node's alone, and
 * the library that has it in JavaScript is several times this size in a bundle. Nothing secret goes through here.
 */

/** Fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
const K: Uint32Array = /* @__PURE__ */ roots(64, 3);
/** Fractional parts of the square roots of the first 8 primes (FIPS 180-4, 5.3.3). */
const INITIAL: Uint32Array = /* @__PURE__ */ roots(8, 2);

/** The first 32 bits of the fractional parts of the roots of the first primes; doubles hold them exactly. */
function roots(count: number, degree: number): Uint32Array {
  const words = new Uint32Array(count);
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
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(padded.length - 4, bytes.length * 8);
  const state = INITIAL.slice();
  const words = new Uint32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getUint32(block + i * 4);
    compress(state, words);
  }
  const digest = new Uint8Array(32);
  const out = new DataView(digest.buffer);
  state.forEach((word, i) => out.setUint32(i * 4, word));
  return digest;
}

/** FIPS 180-4, 6.2.2; the first 16 words are the block. */
function compress(state: Uint32Array, words: Uint32Array): void {
  for (let i = 16; i < 64; i++) {
    const a = words[i - 15]!;
    const b = words[i - 2]!;
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    words[i] = words[i - 16]! + s0 + words[i - 7]! + s1;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + words[i]!) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => {
    state[i]! += word;
  });
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
