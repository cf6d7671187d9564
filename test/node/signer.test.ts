import { createPublicKey, sign, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parseSignatureAlgorithm } from "../../src/keys/algorithm-identifier.ts";
import { generateKeyPair } from "../../src/keys/generate.ts";
import { parsePublicKey } from "../../src/keys/public-key.ts";
import { signatureAlgorithmFor } from "../../src/keys/signer.ts";
import { verifySignature } from "../../src/keys/verifier.ts";
import { keyObjectSigner, parseKeyObject, verifySignatureSync } from "../../src/node/signer.ts";
import { nodeKey, supportedAlgorithms } from "../support/keys.ts";

const supported = await supportedAlgorithms();
const data = new TextEncoder().encode("the bytes that are signed");

describe.for(supported)("a signer with a KeyObject of %s", (name) => {
  const key = nodeKey(name);

  test("signs at once what both verifiers and node:crypto hold", async () => {
    const { subjectPublicKeyInfo, signatureAlgorithm, sign: signNow } = keyObjectSigner(key);
    const signature = signNow(data);
    expect(parsePublicKey(subjectPublicKeyInfo).algorithm).toBe(name);
    expect(signatureAlgorithm).toEqual(signatureAlgorithmFor(subjectPublicKeyInfo));
    expect(verifySignatureSync(subjectPublicKeyInfo, signatureAlgorithm, signature, data)).toBe(true);
    expect(await verifySignature(subjectPublicKeyInfo, signatureAlgorithm, signature, data)).toBe(true);
    const digest = /SHA(\d+)$/.exec(parseSignatureAlgorithm(signatureAlgorithm))?.[1];
    expect(verify(digest ? `sha${digest}` : null, data, createPublicKey(key), signature)).toBe(true);
  });

  test("gives plain bytes", () => {
    const { sign: signNow, subjectPublicKeyInfo } = keyObjectSigner(key);
    for (const bytes of [signNow(data), subjectPublicKeyInfo]) expect(bytes.constructor).toBe(Uint8Array);
  });

  test("takes the keys that WebCrypto has made, through PEM", async () => {
    const { privateKey } = await generateKeyPair(name);
    const signer = keyObjectSigner(parseKeyObject(await privateKey.exportPem()));
    expect(signer.subjectPublicKeyInfo).toEqual(privateKey.subjectPublicKeyInfo);
    expect(signer.signatureAlgorithm).toEqual(privateKey.signer.signatureAlgorithm);
  });
});

test("a public key cannot sign", () => {
  expect(() => keyObjectSigner(createPublicKey(nodeKey("Ed25519")))).toThrow(TypeError);
});

test("signatures cost a hair more than those of node:crypto", () => {
  const key = nodeKey("ECDSA-P256");
  const signer = keyObjectSigner(key);
  const time = (run: () => unknown): number => {
    const start = performance.now();
    for (let i = 0; i < 200; i++) run();
    return performance.now() - start;
  };
  const ratios = Array.from(
    { length: 15 },
    () => time(() => signer.sign(data)) / time(() => sign("sha256", data, key)),
  );
  expect(Math.min(...ratios)).toBeLessThan(1.1); // the best of many, for other work disturbs the rest
});
