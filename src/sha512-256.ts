/**
 * SHA-512/256 (FIPS 180-4, 5.3.6.2) in one call, for the names that kubelets give to their requests.
 *
 * Our own for the reasons of `sha256.ts`, and WebCrypto does not have it. Words of 64 bits are BigInts: it is slow, and called once for a node.
 */
const MASK = 0xffffffffffffffffn;

/** FIPS 180-4, 5.3.6.2. */
const INITIAL: readonly bigint[] = [
  0x22312194fc2bf72cn,
  0x9f555fa3c84c64c2n,
  0x2393b86b6f53b151n,
  0x963877195940eabdn,
  0x96283ee2a88effe3n,
  0xbe5e1e2553863992n,
  0x2b0199fc2c85b8aan,
  0x0eb72ddc81c52ca2n,
];

/** The SHA-512/256 digest of the bytes, 32 octets. */
export function sha512By256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(((bytes.length + 144) >> 7) << 7);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  const constants = cubeRoots();
  let state = INITIAL;
  for (let block = 0; block < padded.length; block += 128)
    state = compress(state, schedule(view, block), constants);
  const digest = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) digest.setBigUint64(8 * i, state[i]!);
  return new Uint8Array(digest.buffer);
}

/** The first 64 bits of the fractional parts of the cube roots of the first 80 primes (FIPS 180-4, 4.2.3). */
function cubeRoots(): readonly bigint[] {
  const primes: bigint[] = [];
  for (let candidate = 2n; primes.length < 80; candidate++)
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate);
  return primes.map((prime) => cubeRoot(prime << 192n) & MASK);
}

/** Rounded down, by bisection. */
function cubeRoot(value: bigint): bigint {
  let low = 0n;
  let high = 1n << 68n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** 3n <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** FIPS 180-4, 6.4.2 step 1. */
function schedule(view: DataView, block: number): readonly bigint[] {
  const words: bigint[] = [];
  for (let i = 0; i < 16; i++) words.push(view.getBigUint64(block + 8 * i));
  for (let i = 16; i < 80; i++) {
    const early = words[i - 15]!;
    const late = words[i - 2]!;
    const sum =
      words[i - 16]! +
      (rotate(early, 1n) ^ rotate(early, 8n) ^ (early >> 7n)) +
      words[i - 7]! +
      (rotate(late, 19n) ^ rotate(late, 61n) ^ (late >> 6n));
    words.push(sum & MASK);
  }
  return words;
}

/** FIPS 180-4, 6.4.2 steps 2 to 4. */
function compress(
  state: readonly bigint[],
  words: readonly bigint[],
  constants: readonly bigint[],
): readonly bigint[] {
  let [a, b, c, d, e, f, g, h] = state as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
  for (const [i, word] of words.entries()) {
    const first =
      h + (rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n)) + ((e & f) ^ (~e & g)) + constants[i]! + word;
    const second = (rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
    [a, b, c, d, e, f, g, h] = [(first + second) & MASK, a, b, c, (d + first) & MASK, e, f, g];
  }
  return [a, b, c, d, e, f, g, h].map((word, i) => (state[i]! + word) & MASK);
}

function rotate(word: bigint, by: bigint): bigint {
  return ((word >> by) | (word << (64n - by))) & MASK;
}
