import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isOnCurve } from "../../src/keys/curve-point.ts";

const curves = { secp224r1: 28, "P-256": 32, "P-384": 48, "P-521": 66 } as const;

/** The last octets of SubjectPublicKeyInfo are the point. */
function point(curve: keyof typeof curves): Uint8Array {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: curve });
  const spki = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
  return spki.slice(-(1 + 2 * curves[curve]));
}

const names = Object.keys(curves) as (keyof typeof curves)[];

test.each(names)("every public key that OpenSSL makes on %s is on its curve", (curve) => {
  for (let i = 0; i < 10; i++) expect(isOnCurve(point(curve))).toBe(true);
});

test.each(names)("no point of %s stays on its curve when one bit changes", (curve) => {
  const good = point(curve);
  fc.assert(
    fc.property(fc.integer({ min: 8, max: good.length * 8 - 1 }), (bit) => {
      const bad = good.slice();
      bad[bit >> 3]! ^= 1 << (bit & 7);
      expect(isOnCurve(bad)).toBe(false);
    }),
  );
});

test("compressed points, other lengths and coordinates that are not reduced are on no curve", () => {
  const good = point("P-256");
  expect(isOnCurve(Uint8Array.of(2, ...good.subarray(1, 33)))).toBe(false);
  expect(isOnCurve(Uint8Array.of(2, ...good.subarray(1)))).toBe(false);
  expect(isOnCurve(good.subarray(0, 64))).toBe(false);
  expect(isOnCurve(new Uint8Array())).toBe(false);
  // (0, y) is on P-521, and so would (p, y) be if p were reduced: 66 octets have room for it.
  const prime = (1n << 521n) - 1n;
  const hexOf = (number: bigint): string => number.toString(16).padStart(132, "0");
  const b =
    0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n;
  let y = 1n;
  for (
    let base = b, exponent = (prime + 1n) / 4n;
    exponent > 0n;
    exponent >>= 1n, base = (base * base) % prime
  )
    if (exponent & 1n) y = (y * base) % prime;
  const at = (x: bigint): Uint8Array => new Uint8Array(Buffer.from(`04${hexOf(x)}${hexOf(y)}`, "hex"));
  expect(isOnCurve(at(0n))).toBe(true);
  expect(isOnCurve(at(prime))).toBe(false);
});
