import { checkPrimeSync, createPublicKey, generatePrimeSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { issueCertificateSync } from "../../src/issue/issue.ts";
import { checkSubjectKey } from "../../src/issue/subject-key.ts";
import { clientTemplate } from "../../src/issue/template.ts";
import { keyObjectSigner } from "../../src/node/signer.ts";
import { fault } from "../support/fault.ts";
import { nodeKey, plain } from "../support/keys.ts";
import { NOW, authority, countingSigner } from "./fixtures.ts";

function rsaKey(modulus: bigint, exponent = 65_537n): Uint8Array {
  const base64url = (value: bigint): string => {
    const digits = value.toString(16);
    return Buffer.from(digits.length % 2 ? `0${digits}` : digits, "hex").toString("base64url");
  };
  const key = { kty: "RSA", n: base64url(modulus), e: base64url(exponent) };
  return plain(createPublicKey({ key, format: "jwk" }).export({ format: "der", type: "spki" }));
}

const primesUpTo = (limit: number): bigint[] =>
  Array.from({ length: limit + 1 }, (_, n) => BigInt(n)).filter((n) => n > 1n && checkPrimeSync(n));

describe("keys that must not be certified", () => {
  test("moduli of Infineon's library: powers of 65537 modulo every small prime (CVE-2017-15361)", () => {
    const primorial = primesUpTo(353).reduce((product, prime) => product * prime, 1n);
    let power = 1n;
    for (let i = 0; i < 12_345; i++) power = (power * 65_537n) % primorial;
    const least = 1n << 2047n;
    const modulus = power + (least / primorial + 12_345_678n) * primorial;
    expect(modulus.toString(2).length).toBe(2048);
    expect(() => checkSubjectKey(rsaKey(modulus))).toThrow(/CVE-2017-15361/);
  });

  test("moduli of two close primes (CVE-2022-26320)", () => {
    const q = generatePrimeSync(1024, { bigint: true }); // OpenSSL sets the two highest bits
    let r = q + 2n ** 400n;
    while (!checkPrimeSync(r)) r += 2n;
    expect(() => checkSubjectKey(rsaKey(q * r))).toThrow(/CVE-2022-26320/);
  });

  test("a modulus of more than 4096 bits, or another exponent than 65537", () => {
    expect(() => checkSubjectKey(rsaKey((1n << 8191n) + 1n))).toThrow(/8192 bits, expected at most 4096/);
    const modulus = BigInt(`0x${Buffer.from(modulusOf()).toString("hex")}`);
    expect(() => checkSubjectKey(rsaKey(modulus, 3n))).toThrow(/exponent is 3, expected 65537/);
    expect(fault(() => checkSubjectKey(rsaKey(modulus, 3n))).code).toBe("ERR_KEY_WEAK");
    expect(() => checkSubjectKey(rsaKey(modulus))).not.toThrow();
  });

  test("a modulus of 1024 bits", () => {
    expect(fault(() => checkSubjectKey(rsaKey((1n << 1023n) + 1n))).code).toBe("ERR_KEY_WEAK");
  });

  test("the issuer's own; and the signer is not asked", () => {
    const { certificate } = authority();
    const signer = countingSigner();
    const template = clientTemplate({ subject: { commonName: "u" }, now: NOW });
    const issue = () =>
      issueCertificateSync(template, { publicKey: signer, issuer: { certificate, signer }, now: NOW });
    expect(fault(issue).code).toBe("ERR_TEMPLATE_KEY");
    expect(signer.calls).toBe(0);
  });
});

test("keys of every algorithm that are good pass", () => {
  for (const name of ["RSA-2048", "ECDSA-P256", "ECDSA-P384", "ECDSA-P521", "Ed25519"])
    expect(() => checkSubjectKey(keyObjectSigner(nodeKey(name)).subjectPublicKeyInfo)).not.toThrow();
});

function modulusOf(): Uint8Array {
  const { n } = createPublicKey(nodeKey("RSA-2048")).export({ format: "jwk" });
  return Buffer.from(n!, "base64url");
}
