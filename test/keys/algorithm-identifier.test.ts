import { createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes.ts";
import {
  encodeSignatureAlgorithm,
  findKeyAlgorithm,
  parseSignatureAlgorithm,
} from "../../src/keys/algorithm-identifier.ts";
import { KEY_ALGORITHMS, REFUSED_ALGORITHMS, SIGNATURE_ALGORITHMS } from "../../src/keys/algorithms.ts";
import { signatureAlgorithmFor } from "../../src/keys/signer.ts";
import { fault, refusal } from "../support/fault.ts";
import { nodeKey, plain } from "../support/keys.ts";
import { ctx, int, nul, oid, seq } from "../support/tlv.ts";

const PSS = "1.2.840.113549.1.1.10";
const SHA256 = "2.16.840.1.101.3.4.2.1";
const SHA384 = "2.16.840.1.101.3.4.2.2";
const SHA512 = "2.16.840.1.101.3.4.2.3";

/** RSASSA-PSS-params written by the test's own encoder. */
const pss = (hash: Uint8Array, mask: Uint8Array, salt: number, ...more: Uint8Array[]): Uint8Array =>
  seq(
    oid(PSS),
    seq(ctx(0, hash), ctx(1, seq(oid("1.2.840.113549.1.1.8"), mask)), ctx(2, int(salt)), ...more),
  );

describe("signature algorithms", () => {
  // Written from the object identifiers of RFC 5758, RFC 4055, RFC 8410 and RFC 9881.
  test.for([
    ["ECDSA-SHA256", seq(oid("1.2.840.10045.4.3.2"))],
    ["ECDSA-SHA384", seq(oid("1.2.840.10045.4.3.3"))],
    ["ECDSA-SHA512", seq(oid("1.2.840.10045.4.3.4"))],
    ["RSA-SHA256", seq(oid("1.2.840.113549.1.1.11"), nul)],
    ["RSA-SHA384", seq(oid("1.2.840.113549.1.1.12"), nul)],
    ["RSA-SHA512", seq(oid("1.2.840.113549.1.1.13"), nul)],
    ["RSA-PSS-SHA256", pss(seq(oid(SHA256), nul), seq(oid(SHA256), nul), 32)],
    ["RSA-PSS-SHA384", pss(seq(oid(SHA384), nul), seq(oid(SHA384), nul), 48)],
    ["RSA-PSS-SHA512", pss(seq(oid(SHA512), nul), seq(oid(SHA512), nul), 64)],
    ["Ed25519", seq(oid("1.3.101.112"))],
    ["ML-DSA-44", seq(oid("2.16.840.1.101.3.4.3.17"))],
    ["ML-DSA-65", seq(oid("2.16.840.1.101.3.4.3.18"))],
    ["ML-DSA-87", seq(oid("2.16.840.1.101.3.4.3.19"))],
  ] as const)("%s has its registered identifier", ([name, der]) => {
    expect(toHex(encodeSignatureAlgorithm(name))).toBe(toHex(der));
    expect(parseSignatureAlgorithm(der)).toBe(name);
  });

  test("RSA-PSS is written with the parameters that Go writes", () => {
    // pssParametersSHA256 of Go's crypto/x509, which are the bytes of RFC 4055 with NULL for both hashes.
    const parameters =
      "3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120";
    expect(toHex(encodeSignatureAlgorithm("RSA-PSS-SHA256"))).toMatch(parameters);
  });

  test("RSA is also read without NULL, as RFC 4055 section 5 asks, and RSA-PSS with hashes without NULL, as OpenSSL writes them", () => {
    expect(parseSignatureAlgorithm(seq(oid("1.2.840.113549.1.1.11")))).toBe("RSA-SHA256");
    expect(parseSignatureAlgorithm(pss(seq(oid(SHA256)), seq(oid(SHA256)), 32))).toBe("RSA-PSS-SHA256");
    expect(parseSignatureAlgorithm(pss(seq(oid(SHA512)), seq(oid(SHA512), nul), 64))).toBe("RSA-PSS-SHA512");
  });

  test("no two rows share an encoding", () => {
    const all = SIGNATURE_ALGORITHMS.flatMap(({ identifiers }) => identifiers.map((der) => toHex(der)));
    expect(new Set(all).size).toBe(all.length);
    expect(all).toHaveLength(3 + 3 * 2 + 3 * 4 + 4);
  });

  test("the caller cannot change the table", () => {
    encodeSignatureAlgorithm("Ed25519").fill(0);
    expect(toHex(encodeSignatureAlgorithm("Ed25519"))).toBe("300506032b6570");
  });

  test.for([
    ["MD5", seq(oid("1.2.840.113549.1.1.4"), nul), /MD5 with RSA, which is broken/],
    ["SHA-1 with RSA", seq(oid("1.2.840.113549.1.1.5"), nul), /SHA-1 with RSA, which is broken/],
    ["SHA-1 with ECDSA", seq(oid("1.2.840.10045.4.1")), /SHA-1 with ECDSA, which is broken/],
    ["DSA", seq(oid("2.16.840.1.101.3.4.3.2")), /SHA-256 with DSA/],
    ["no signature", seq(oid("1.3.6.1.5.5.7.6.36")), /no signature at all/],
    ["HMAC", seq(oid("1.2.840.113549.2.9"), nul), /1\.2\.840\.113549\.2\.9, which is unknown/],
    ["ECDSA with NULL", seq(oid("1.2.840.10045.4.3.2"), nul), /parameters that are not its own/],
    ["Ed25519 with NULL", seq(oid("1.3.101.112"), nul), /parameters that are not its own/],
    ["PSS without parameters", seq(oid(PSS)), /RSASSA-PSS with other parameters/],
    ["PSS with defaults (SHA-1)", seq(oid(PSS), seq()), /RSASSA-PSS with other parameters/],
    ["PSS with a short salt", pss(seq(oid(SHA256)), seq(oid(SHA256)), 20), /RSASSA-PSS with other/],
    ["PSS with two hashes", pss(seq(oid(SHA256)), seq(oid(SHA384)), 32), /RSASSA-PSS with other/],
    [
      "PSS with its default trailer",
      pss(seq(oid(SHA256)), seq(oid(SHA256)), 32, ctx(3, int(1))),
      /RSASSA-PSS/,
    ],
    ["no DER", Uint8Array.of(0x30, 0x80), /no AlgorithmIdentifier/],
    ["nothing", new Uint8Array(), /no AlgorithmIdentifier/],
  ] as const)("%s is refused, and the message says what it is", ([, der, message]) => {
    const error = refusal(() => parseSignatureAlgorithm(der));
    expect(error.code).toBe("ERR_SIGNATURE_ALGORITHM");
    expect(error.message).toMatch(message);
  });

  test("asking for a name that does not exist is a misuse", () => {
    expect(() => encodeSignatureAlgorithm("RSA-SHA1" as "RSA-SHA256")).toThrow(TypeError);
  });
});

describe("key algorithms", () => {
  test.for(["ECDSA-P256", "ECDSA-P384", "ECDSA-P521", "RSA-2048", "Ed25519"])(
    "%s begins as OpenSSL writes it",
    (name) => {
      const spki = plain(createPublicKey(nodeKey(name)).export({ format: "der", type: "spki" }));
      const row = KEY_ALGORITHMS.find((algorithm) => name.startsWith(algorithm.name))!;
      expect(toHex(spki)).toContain(toHex(row.identifier));
      expect(findKeyAlgorithm(row.identifier)).toBe(row);
    },
  );

  test("ML-DSA has the identifiers of RFC 9881", () => {
    const identifiers = ["44", "65", "87"].map((set) =>
      KEY_ALGORITHMS.find(({ name }) => name === `ML-DSA-${set}`)!,
    );
    expect(identifiers.map(({ identifier }) => toHex(identifier))).toEqual(
      [17, 18, 19].map((arc) => toHex(seq(oid(`2.16.840.1.101.3.4.3.${arc}`)))),
    );
  });

  // kube-controller-manager signs so: RSA and P-256 with SHA-256, P-384 with SHA-384, P-521 with SHA-512 (Go `signingParamsForKey`).
  test.for([
    ["ECDSA-P256", "ECDSA-SHA256"],
    ["ECDSA-P384", "ECDSA-SHA384"],
    ["ECDSA-P521", "ECDSA-SHA512"],
    ["RSA-2048", "RSA-SHA256"],
    ["RSA-3072", "RSA-SHA256"],
    ["Ed25519", "Ed25519"],
  ] as const)("a key of %s signs with %s", ([key, signature]) => {
    const spki = plain(createPublicKey(nodeKey(key)).export({ format: "der", type: "spki" }));
    expect(parseSignatureAlgorithm(signatureAlgorithmFor(spki))).toBe(signature);
  });

  test.for([
    ["DSA", seq(oid("1.2.840.10040.4.1"))],
    ["X25519", seq(oid("1.3.101.110"))],
    ["P-224", seq(oid("1.2.840.10045.2.1"), oid("1.3.132.0.33"))],
    ["secp256k1", seq(oid("1.2.840.10045.2.1"), oid("1.3.132.0.10"))],
    ["explicit curve parameters", seq(oid("1.2.840.10045.2.1"), seq(int(1)))],
    ["RSA without NULL", seq(oid("1.2.840.113549.1.1.1"))],
    ["RSA for PSS alone", seq(oid(PSS))],
    ["Ed25519 with NULL", fromHex("300706032b65700500")],
  ] as const)("%s is refused", ([, identifier]) => {
    expect(fault(() => findKeyAlgorithm(identifier)).code).toBe("ERR_KEY_UNSUPPORTED_ALGORITHM");
  });

  test("what is refused by name is in no row", () => {
    const der = Object.keys(REFUSED_ALGORITHMS).map((dotted) => toHex(seq(oid(dotted))));
    const used = SIGNATURE_ALGORITHMS.flatMap(({ identifiers }) => identifiers.map((bytes) => toHex(bytes)));
    expect(der.filter((bytes) => used.includes(bytes))).toEqual([]);
  });
});
