import { createPublicKey, sign, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KEY_ALGORITHMS, type CurveAlgorithm, type EcdsaAlgorithmName } from "../../src/keys/algorithms.ts";
import { encodeEcdsaSignature, isSignatureDer, parseEcdsaSignature } from "../../src/keys/ecdsa-signature.ts";
import { DerError, KeyError, safely } from "../../src/errors.ts";
import { fault } from "../support/fault.ts";
import { nodeKey, plain } from "../support/keys.ts";
import { hex, int, join, seq, tlv } from "../support/tlv.ts";

const curves: readonly (readonly [EcdsaAlgorithmName, number])[] = [
  ["ECDSA-P256", 32],
  ["ECDSA-P384", 48],
  ["ECDSA-P521", 66],
];
const data = new TextEncoder().encode("data");

const order = (name: EcdsaAlgorithmName): bigint => {
  const row = KEY_ALGORITHMS.find((algorithm) => algorithm.name === name)!;
  return row.kind === "curve" ? BigInt(`0x${Buffer.from(row.order).toString("hex")}`) : 0n;
};

const bytesOf = (number: bigint, size: number): Uint8Array =>
  hex(number.toString(16).padStart(2 * size, "0"));

describe.for(curves)("%s", ([name, size]) => {
  const n = order(name);
  const der = (r: bigint, s: bigint): Uint8Array => seq(int(r), int(s));
  const scalar = fc.oneof(
    fc.bigInt(1n, n - 1n),
    fc.integer({ min: 1, max: size * 8 - 8 }).map((bits) => (1n << BigInt(bits)) - 1n), // short numbers and high bits
  );

  test("both forms say the same, and come back byte for byte", () => {
    fc.assert(
      fc.property(scalar, scalar, (r, s) => {
        const concatenated = join(bytesOf(r, size), bytesOf(s, size));
        expect(plain(encodeEcdsaSignature(concatenated, name))).toEqual(plain(der(r, s)));
        expect(parseEcdsaSignature(der(r, s), name)).toEqual(plain(concatenated));
      }),
    );
  });

  test("node:crypto accepts what we turn, in both directions", () => {
    const key = nodeKey(name);
    const publicKey = createPublicKey(key);
    for (let i = 0; i < 20; i++) {
      const concatenated = parseEcdsaSignature(plain(sign("sha256", data, key)), name);
      expect(verify("sha256", data, { key: publicKey, dsaEncoding: "ieee-p1363" }, concatenated)).toBe(true);
      const p1363 = plain(sign("sha256", data, { key, dsaEncoding: "ieee-p1363" }));
      expect(verify("sha256", data, publicKey, encodeEcdsaSignature(p1363, name))).toBe(true);
    }
  });

  test("r and s are from 1 to the order less 1", () => {
    expect(parseEcdsaSignature(der(1n, n - 1n), name)).toHaveLength(2 * size);
    for (const [r, s] of [
      [n, 1n],
      [1n, n],
      [n + 1n, 1n],
      [1n << BigInt(size * 8), 1n],
      [1n, 1n << BigInt(size * 8 + 40)],
    ] as const) {
      expect(fault(() => parseEcdsaSignature(der(r, s), name)).code).toBe("ERR_SIGNATURE_FORMAT");
    }
    for (const [r, s] of [
      [0n, 1n],
      [1n, 0n],
      [-1n, 1n],
      [1n, -n],
    ] as const) {
      expect(fault(() => parseEcdsaSignature(der(r, s), name)).code).toBe("ERR_DER_INTEGER");
    }
    const zero = new Uint8Array(2 * size);
    expect(fault(() => encodeEcdsaSignature(zero, name)).code).toBe("ERR_SIGNATURE_FORMAT");
    expect(fault(() => encodeEcdsaSignature(zero.fill(0xff), name)).code).toBe("ERR_SIGNATURE_FORMAT");
  });

  test("a concatenation of another length is refused, DER above all", () => {
    for (const length of [0, 1, 2 * size - 1, 2 * size + 1, 2 * size + 8]) {
      expect(fault(() => encodeEcdsaSignature(new Uint8Array(length).fill(1), name)).code).toBe(
        "ERR_SIGNATURE_FORMAT",
      );
    }
  });
});

test.for([
  ["nothing", "", "ERR_DER_TRUNCATED"],
  ["bytes behind it", "3006020101020101 00", "ERR_DER_TRAILING_DATA"],
  ["bytes behind s", "3009020101020101 020101", "ERR_DER_TRAILING_DATA"],
  ["a padded number", "300702020001 020101", "ERR_DER_INTEGER"],
  ["an empty number", "30050200020101", "ERR_DER_INTEGER"],
  ["an indefinite length", "3080020101020101 0000", "ERR_DER_LENGTH"],
  ["a long length that could be short", "308106020101020101", "ERR_DER_LENGTH"],
  ["a missing s", "3003020101", "ERR_DER_TRUNCATED"],
  ["a SET", "3106020101020101", "ERR_DER_UNEXPECTED_TAG"],
] as const)("%s is refused", ([, encoding, code]) => {
  expect(fault(() => parseEcdsaSignature(hex(encoding), "ECDSA-P256")).code).toBe(code);
});

test("whatever the bytes, they come back the same or are refused by a typed error", () => {
  const almost = fc
    .tuple(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }))
    .map(([r, s]) => seq(tlv(2, r), tlv(2, s)));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), almost), (bytes) => {
      try {
        const concatenated = parseEcdsaSignature(bytes, "ECDSA-P256");
        expect(plain(encodeEcdsaSignature(concatenated, "ECDSA-P256"))).toEqual(plain(bytes));
      } catch (error) {
        if (!(error instanceof KeyError || error instanceof DerError)) throw error;
      }
    }),
  );
});

test.for(curves)(
  "the check of %s that makes nothing agrees with the reading, at the edges too",
  ([name, size]) => {
    const n = order(name);
    const row = KEY_ALGORITHMS.find((algorithm) => algorithm.name === name) as CurveAlgorithm;
    const edge = fc.constantFrom(
      0n,
      1n,
      n - 1n,
      n,
      n + 1n,
      (1n << BigInt(size * 8)) - 1n,
      1n << BigInt(size * 8),
    );
    const number = fc.oneof(edge, fc.bigInt(1n, n - 1n)).map(int);
    const octets = fc.oneof(
      number,
      fc.uint8Array({ maxLength: size + 2 }).map((value) => tlv(2, value)),
    );
    const tail = fc.oneof(
      { weight: 8, arbitrary: fc.constant(new Uint8Array()) },
      fc.uint8Array({ maxLength: 3 }),
    );
    let taken = 0;
    const outer = fc
      .tuple(octets, octets, tail, tail)
      .map(([r, s, inside, after]) => join(seq(r, s, inside), after));
    fc.assert(
      fc.property(fc.oneof(outer, fc.uint8Array({ maxLength: 80 })), (der) => {
        const expected = safely(() => parseEcdsaSignature(der, name)).ok;
        if (expected) taken++;
        expect(isSignatureDer(der, row)).toBe(expected);
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(0);
  },
);

test("asking for another algorithm is a misuse", () => {
  expect(() => parseEcdsaSignature(new Uint8Array(), "Ed25519" as EcdsaAlgorithmName)).toThrow(TypeError);
});
