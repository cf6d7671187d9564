import { readPositiveInteger } from "../der/integer.ts";
import { DerReader } from "../der/reader.ts";
import { SEQUENCE } from "../der/tag.ts";
import { KeyError } from "../errors.ts";
import type { KeyAlgorithm } from "../keys/algorithms.ts";
import { readPublicKey } from "../keys/public-key.ts";

/** More takes readers too long to verify with; TLS stacks refuse 8192 bits and more. */
const MAX_RSA_BITS = 4096;

/**
 * Holds a key to what may be certified anew, which is stricter than what is read: RSA of at most 4096 bits with the exponent 65537, and none
 * of the moduli that are known to be factored with ease.
 *
 * Sources: CVE-2017-15361 (ROCA), CVE-2022-26320 (close primes), CA/Browser Forum Baseline Requirements 6.1.1.3 and 6.1.6.
 *
 * Returns the key's algorithm.
 *
 * @throws KeyError `ERR_KEY_WEAK`, and the codes of {@link parsePublicKey}
 */
export function checkSubjectKey(subjectPublicKeyInfo: Uint8Array): KeyAlgorithm {
  const { algorithm, publicKey, name } = readPublicKey(subjectPublicKeyInfo);
  if (algorithm.kind === "rsa") checkRsaKey(publicKey, Number(name.slice(4)));
  return algorithm;
}

function checkRsaKey(publicKey: Uint8Array, bits: number): void {
  const { modulus, exponent } = readRsaNumbers(publicKey);
  if (bits > MAX_RSA_BITS) fail(`the RSA modulus has ${bits} bits, expected at most ${MAX_RSA_BITS}`);
  if (exponent !== 65_537n) fail(`the RSA exponent is ${exponent}, expected 65537`);
  if (isRoca(modulus)) fail("the RSA modulus is one of Infineon's, which can be factored (CVE-2017-15361)");
  if (hasClosePrimes(modulus)) fail("the primes of the RSA modulus are close to each other (CVE-2022-26320)");
}

function fail(message: string): never {
  throw new KeyError("ERR_KEY_WEAK", message, { path: "subjectPublicKeyInfo" });
}

function readRsaNumbers(publicKey: Uint8Array): { modulus: bigint; exponent: bigint } {
  const reader = new DerReader(publicKey);
  reader.open(SEQUENCE, "");
  const read = (label: string): bigint => {
    readPositiveInteger(reader, label);
    return reader.contents().reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
  };
  return { modulus: read("modulus"), exponent: read("publicExponent") };
}

/** The first odd primes; each of the moduli in question is a power of 65537 modulo all of them, another with a chance of one in 2^27. */
const SMALL_PRIMES: readonly number[] = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
  109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

function isRoca(modulus: bigint): boolean {
  return SMALL_PRIMES.every((prime) => isPowerOf65537(Number(modulus % BigInt(prime)), prime));
}

function isPowerOf65537(residue: number, prime: number): boolean {
  let power = 1;
  do {
    if (power === residue) return true;
    power = (power * 65_537) % prime;
  } while (power !== 1);
  return false;
}

/** As many steps as boulder makes: random primes of any real size are further apart by hundreds of orders of magnitude. */
const FERMAT_STEPS = 110;

/** Fermat's method: with n = a² - b², the two primes are a + b and a - b, and a is near the root of n if they are close. */
function hasClosePrimes(modulus: bigint): boolean {
  let a = squareRoot(modulus);
  if (a * a < modulus) a++;
  for (let step = 0; step < FERMAT_STEPS; step++, a++) {
    const square = a * a - modulus;
    const b = squareRoot(square);
    if (b * b === square) return true;
  }
  return false;
}

/** The whole part of the square root, by Newton's method from above. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(16).length * 4) / 2 + 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
