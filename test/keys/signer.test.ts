import { createPublicKey, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { KeyError } from "../../src/errors.ts";
import { parseSignatureAlgorithm } from "../../src/keys/algorithm-identifier.ts";
import type { KeyAlgorithmName } from "../../src/keys/algorithms.ts";
import { generateKeyPair, keyAlgorithmNames, supportsKeyAlgorithm } from "../../src/keys/generate.ts";
import { parsePublicKey } from "../../src/keys/public-key.ts";
import { cryptoKeySigner } from "../../src/keys/signer.ts";
import { verifySignature } from "../../src/keys/verifier.ts";
import { supportedAlgorithms } from "../support/keys.ts";

const supported = await supportedAlgorithms();
const data = new TextEncoder().encode("the bytes that are signed");

async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof KeyError) return error.code;
    throw error;
  }
  return "nothing was refused";
}

describe.for(supported)("a generated key of %s", (name) => {
  test("signs what our verifier and node:crypto hold", async () => {
    const { privateKey, publicKey, signer } = await generateKeyPair(name, { extractable: false });
    expect([privateKey.algorithm, publicKey.algorithm]).toEqual([name, name]);
    expect(parsePublicKey(publicKey.subjectPublicKeyInfo)).toEqual(publicKey);
    const { subjectPublicKeyInfo, signatureAlgorithm } = signer;
    const signature = await signer.sign(data);
    expect(await verifySignature(subjectPublicKeyInfo, signatureAlgorithm, signature, data)).toBe(true);
    const key = createPublicKey({ key: Buffer.from(subjectPublicKeyInfo), format: "der", type: "spki" });
    const digest = /SHA(\d+)$/.exec(parseSignatureAlgorithm(signatureAlgorithm))?.[1];
    expect(verify(digest ? `sha${digest}` : null, data, key, signature)).toBe(true);
  });
});

describe("generateKeyPair", () => {
  test("RSA has the exponent 65537 that Kubernetes takes", async () => {
    const { publicKey } = await generateKeyPair("RSA-2048");
    const key = createPublicKey({
      key: Buffer.from(publicKey.subjectPublicKeyInfo),
      format: "der",
      type: "spki",
    });
    expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65537n });
  });

  test("an algorithm that the runtime lacks is refused with a code of its own", async () => {
    const lacking = async (): Promise<never> => {
      throw new DOMException("Unrecognized algorithm name", "NotSupportedError");
    };
    expect(await codeOf(() => generateKeyPair("ML-DSA-65", { generateKey: lacking }))).toBe(
      "ERR_KEY_UNSUPPORTED_BY_RUNTIME",
    );
  });

  test("takes the key that an injected source draws", async () => {
    const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
      "sign",
      "verify",
    ]);
    const asked: unknown[] = [];
    const { publicKey } = await generateKeyPair("ECDSA-P256", {
      generateKey: async (...args) => (asked.push(args), keys),
    });
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
    expect(publicKey.subjectPublicKeyInfo).toEqual(spki);
    expect(asked).toEqual([
      [{ name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" }, true, ["sign", "verify"]],
    ]);
  });

  test("another name is a misuse", async () => {
    await expect(generateKeyPair("RSA-1024" as KeyAlgorithmName)).rejects.toThrow(TypeError);
  });

  test("what is said to be supported is what can be made", async () => {
    expect(keyAlgorithmNames()).toHaveLength(10);
    for (const name of ["ECDSA-P256", "RSA-4096", "Ed25519"] as const)
      expect(await supportsKeyAlgorithm(name)).toBe(true);
  });
});

describe("cryptoKeySigner", () => {
  const ecdsa = (namedCurve: string): Promise<CryptoKeyPair> =>
    crypto.subtle.generateKey({ name: "ECDSA", namedCurve }, false, ["sign", "verify"]);
  const rsa = (name: string, hash: string): Promise<CryptoKeyPair> =>
    crypto.subtle.generateKey(
      { name, hash, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
      false,
      ["sign", "verify"],
    );
  const spki = async (key: CryptoKey): Promise<Uint8Array> =>
    new Uint8Array(await crypto.subtle.exportKey("spki", key));

  test("takes a private key that cannot be extracted, with the bytes of its public key", async () => {
    const keys = await ecdsa("P-384");
    const subjectPublicKeyInfo = await spki(keys.publicKey);
    const signer = await cryptoKeySigner({ privateKey: keys.privateKey, subjectPublicKeyInfo });
    const signature = await signer.sign(data);
    expect(await verifySignature(subjectPublicKeyInfo, signer.signatureAlgorithm, signature, data)).toBe(
      true,
    );
  });

  test("an RSA key signs with the hash that it is bound to", async () => {
    const signer = await cryptoKeySigner(await rsa("RSASSA-PKCS1-v1_5", "SHA-384"));
    expect(parseSignatureAlgorithm(signer.signatureAlgorithm)).toBe("RSA-SHA384");
  });

  test.for([
    ["RSASSA-PKCS1-v1_5", "SHA-1"],
    ["RSA-PSS", "SHA-256"],
  ] as const)("an RSA key for %s with %s is refused", async ([name, hash]) => {
    const keys = await rsa(name, hash);
    expect(await codeOf(() => cryptoKeySigner(keys))).toBe("ERR_SIGNATURE_ALGORITHM");
  });

  test("halves that do not belong together are refused", async () => {
    const [a, b, c, d] = await Promise.all([
      ecdsa("P-256"),
      ecdsa("P-256"),
      ecdsa("P-384"),
      rsa("RSASSA-PKCS1-v1_5", "SHA-256"),
    ]);
    for (const { publicKey } of [b, c]) {
      expect(await codeOf(() => cryptoKeySigner({ privateKey: a.privateKey, publicKey }))).toBe(
        "ERR_KEY_MISMATCH",
      );
    }
    expect(await codeOf(() => cryptoKeySigner({ privateKey: d.privateKey, publicKey: a.publicKey }))).toBe(
      "ERR_KEY_MISMATCH",
    );
    expect(await codeOf(() => cryptoKeySigner({ privateKey: a.privateKey, publicKey: d.publicKey }))).toBe(
      "ERR_KEY_MISMATCH",
    );
  });

  test("a key that may not sign is a misuse", async () => {
    const { publicKey } = await ecdsa("P-256");
    await expect(cryptoKeySigner({ privateKey: publicKey, publicKey })).rejects.toThrow(TypeError);
  });
});
