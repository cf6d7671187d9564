import { createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { PkiError } from "../../src/errors.ts";
import { encodePublicKeyPem, keyMatchesCertificate, parsePublicKey } from "../../src/keys/public-key.ts";
import { fault } from "../support/fault.ts";
import { nodeKey, plain } from "../support/keys.ts";
import { bits, hex, int, join, nul, oid, seq } from "../support/tlv.ts";

const spkiOf = (name: string): Uint8Array =>
  plain(createPublicKey(nodeKey(name)).export({ format: "der", type: "spki" }));
const rsa = (modulus: bigint, exponent: bigint): Uint8Array =>
  seq(seq(oid("1.2.840.113549.1.1.1"), nul), bits(seq(int(modulus), int(exponent))));
const ed25519 = (octets: Uint8Array): Uint8Array => seq(seq(oid("1.3.101.112")), bits(octets));
const p256 = (point: Uint8Array, unused = 0): Uint8Array =>
  seq(seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")), bits(point, unused));
const code = (der: Uint8Array, options = {}): string => fault(() => parsePublicKey(der, options)).code;

/** An odd number of exactly so many bits; whether it has two primes does not matter here. */
const modulus = (size: number): bigint => (1n << BigInt(size - 1)) + 12345n;

describe("public keys", () => {
  const names = ["ECDSA-P256", "ECDSA-P384", "ECDSA-P521", "RSA-2048", "Ed25519"];

  test.for(names)("%s is read from DER and PEM as OpenSSL writes them, and written so", (name) => {
    const spki = spkiOf(name);
    const pem = createPublicKey(nodeKey(name)).export({ format: "pem", type: "spki" }).toString();
    expect(parsePublicKey(spki)).toEqual({ algorithm: name, subjectPublicKeyInfo: spki });
    expect(parsePublicKey(pem)).toEqual(parsePublicKey(spki));
    expect(encodePublicKeyPem(spki)).toBe(pem);
  });

  test.for(names)("every truncation of %s, and a byte behind it, is a typed error", (name) => {
    const spki = spkiOf(name);
    for (let length = 0; length < spki.length; length++) {
      expect(() => parsePublicKey(spki.subarray(0, length))).toThrow(PkiError);
    }
    expect(code(join(spki, Uint8Array.of(0)))).toBe("ERR_DER_TRAILING_DATA");
  });

  test("what is read does not change with the caller's bytes", () => {
    const bytes = spkiOf("Ed25519");
    const key = parsePublicKey(bytes);
    bytes.fill(0);
    expect(key.subjectPublicKeyInfo).toEqual(spkiOf("Ed25519"));
  });
});

describe("RSA", () => {
  test("has the size of its modulus in its name", () => {
    expect(parsePublicKey(rsa(modulus(2048), 65537n)).algorithm).toBe("RSA-2048");
    expect(parsePublicKey(rsa(modulus(2056), 3n)).algorithm).toBe("RSA-2056");
    expect(parsePublicKey(rsa(modulus(8192), 2n ** 31n - 1n)).algorithm).toBe("RSA-8192");
  });

  test.for([
    ["2047 bits", modulus(2047), 65537n, "ERR_KEY_WEAK"],
    ["8193 bits", modulus(8193), 65537n, "ERR_KEY_WEAK"],
    ["an even modulus", modulus(2048) + 1n, 65537n, "ERR_KEY_FORMAT"],
    ["a negative modulus", -modulus(2048), 65537n, "ERR_DER_INTEGER"],
    ["exponent 1", modulus(2048), 1n, "ERR_KEY_WEAK"],
    ["exponent 2", modulus(2048), 2n, "ERR_KEY_WEAK"],
    ["an even exponent", modulus(2048), 65536n, "ERR_KEY_WEAK"],
    ["an exponent of 32 bits", modulus(2048), 2n ** 32n - 1n, "ERR_KEY_WEAK"],
    ["a negative exponent", modulus(2048), -65537n, "ERR_DER_INTEGER"],
  ] as const)("with %s is refused", ([, n, e, expected]) => {
    expect(code(rsa(n, e))).toBe(expected);
  });

  test("of 1024 bits is read only by who asks for it, and of fewer by nobody", () => {
    expect(code(rsa(modulus(1024), 65537n))).toBe("ERR_KEY_WEAK");
    expect(parsePublicKey(rsa(modulus(1024), 65537n), { minimumRsaBits: 1024 }).algorithm).toBe("RSA-1024");
    expect(code(rsa(modulus(1023), 65537n), { minimumRsaBits: 512 })).toBe("ERR_KEY_WEAK");
    expect(code(rsa(modulus(2048), 65537n), { minimumRsaBits: 3072 })).toBe("ERR_KEY_WEAK");
    expect(code(rsa(modulus(2048), 65537n), { minimumRsaBits: Number.NaN })).toBe("ERR_KEY_WEAK");
  });
});

describe("curves", () => {
  const point = spkiOf("ECDSA-P256").subarray(-65);

  test.for([
    ["compressed", join(Uint8Array.of(2), point.subarray(1, 33))],
    ["hybrid", join(Uint8Array.of(6), point.subarray(1))],
    ["the point at infinity", Uint8Array.of(0)],
    ["short", point.subarray(0, 64)],
    ["empty", new Uint8Array()],
  ] as const)("a point that is %s is refused", ([, bytes]) => {
    expect(code(p256(bytes))).toBe("ERR_KEY_FORMAT");
  });

  test("a key that is not whole octets is refused", () => {
    expect(code(p256(join(point, Uint8Array.of(0)), 1))).toBe("ERR_KEY_FORMAT");
  });
});

describe("Ed25519", () => {
  const p = 2n ** 255n - 19n;
  const mod = (x: bigint): bigint => ((x % p) + p) % p;
  const power = (base: bigint, exponent: bigint): bigint => {
    let result = 1n;
    for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b))
      if (e & 1n) result = mod(result * b);
    return result;
  };
  const d = mod(-121665n * power(121666n, p - 2n));
  const littleEndian = (y: bigint): Uint8Array => hex(y.toString(16).padStart(64, "0")).reverse();

  /** y of the points whose order divides 8: the neutral one, the one of order 2, those with y = 0, and the halves of these. */
  function smallOrder(): bigint[] {
    // Doubling gives y = 0 where x² = -y² (RFC 8032 5.1.4); in the curve's equation -x² + y² = 1 + d·x²·y² that is d·y⁴ + 2·y² - 1 = 0.
    const root = squareRoot(mod(1n + d));
    const squares = [mod((-1n + root) * power(d, p - 2n)), mod((-1n - root) * power(d, p - 2n))];
    const y = squares.map(squareRoot).filter((candidate) => candidate >= 0n);
    return [0n, 1n, p - 1n, ...y.flatMap((value) => [value, p - value])];
  }

  /** -1 if there is none; p is 5 modulo 8. */
  function squareRoot(square: bigint): bigint {
    const candidate = power(square, (p + 3n) / 8n);
    for (const root of [candidate, mod(candidate * power(2n, (p - 1n) / 4n))])
      if (mod(root * root) === square) return root;
    return -1n;
  }

  test("every point of small order is refused, with either sign", () => {
    const points = smallOrder();
    expect(points).toHaveLength(5);
    for (const y of points) {
      for (const sign of [0, 0x80]) {
        const octets = littleEndian(y);
        octets[31]! |= sign;
        expect(code(ed25519(octets)), toHex(octets)).toBe("ERR_KEY_WEAK");
      }
    }
  });

  test("a number that is not below the prime is refused", () => {
    for (const y of [p, p + 1n, p + 18n]) expect(code(ed25519(littleEndian(y)))).toBe("ERR_KEY_FORMAT");
    expect(parsePublicKey(ed25519(littleEndian(p - 2n))).algorithm).toBe("Ed25519");
  });

  test("a key of another length is refused", () => {
    expect(code(ed25519(new Uint8Array(31).fill(9)))).toBe("ERR_KEY_FORMAT");
    expect(code(ed25519(new Uint8Array(33).fill(9)))).toBe("ERR_KEY_FORMAT");
  });
});

test("keys match by their bytes, wherever they stand", () => {
  const certificate = { subjectPublicKeyInfo: spkiOf("ECDSA-P256") };
  expect(keyMatchesCertificate(spkiOf("ECDSA-P256"), certificate)).toBe(true);
  expect(keyMatchesCertificate({ subjectPublicKeyInfo: spkiOf("Ed25519") }, certificate)).toBe(false);
});
