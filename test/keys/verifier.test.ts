import { constants, createPublicKey, sign, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes.ts";
import { PkiError } from "../../src/errors.ts";
import { encodeSignatureAlgorithm } from "../../src/keys/algorithm-identifier.ts";
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithmName } from "../../src/keys/algorithms.ts";
import { generateKeyPair } from "../../src/keys/generate.ts";
import { verifySignature, type SignatureVerifier } from "../../src/keys/verifier.ts";
import { verifySignatureSync } from "../../src/node/signer.ts";
import { changed, nodeKey, plain, supportedAlgorithms } from "../support/keys.ts";
import { bits, hex, int, join, nul, oid, seq } from "../support/tlv.ts";

const supported = await supportedAlgorithms();
const data = new TextEncoder().encode("the bytes that are signed");
const spkiOf = (key: KeyObject): Uint8Array =>
  plain(createPublicKey(key).export({ format: "der", type: "spki" }));

/** Which keys may make which signatures: ECDSA with any of the hashes, as in Go. */
const keysOf: Record<string, readonly string[]> = {
  ECDSA: ["ECDSA-P256", "ECDSA-P384", "ECDSA-P521"],
  RSA: ["RSA-2048", "RSA-3072"],
};

/** A signature by node:crypto with OpenSSL's defaults. */
function signWithNode(name: SignatureAlgorithmName, key: KeyObject): Uint8Array {
  const row = SIGNATURE_ALGORITHMS.find((algorithm) => algorithm.name === name)!;
  const pss = row.saltLength ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: row.saltLength } : {};
  return plain(sign(row.hash ? row.hash.replace("-", "").toLowerCase() : null, data, { key, ...pss }));
}

const pairs = SIGNATURE_ALGORITHMS.flatMap(({ name, family }) =>
  (keysOf[family] ?? [family]).map((key) => [name, key] as const),
).filter(([, key]) => (supported as readonly string[]).includes(key));

const verifiers: readonly (readonly [string, SignatureVerifier])[] = [
  ["verifySignature", verifySignature],
  ["verifySignatureSync", verifySignatureSync],
];

/** The answer, or the code of the refusal. */
async function answer(run: () => boolean | Promise<boolean>): Promise<boolean | string> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof PkiError) return error.code;
    throw error;
  }
}

describe.for(verifiers)("%s", ([, verify]) => {
  test.for(pairs)("holds %s of %s by node:crypto, and nothing else", async ([name, keyName]) => {
    const key = nodeKey(keyName);
    const [spki, algorithm, signature] = [
      spkiOf(key),
      encodeSignatureAlgorithm(name),
      signWithNode(name, key),
    ];
    expect(await verify(spki, algorithm, signature, data)).toBe(true);
    expect(await verify(spki, algorithm, signature, changed(data, 3))).toBe(false);
    expect(await verify(spki, algorithm, signature, new Uint8Array())).toBe(false);
    expect(await verify(spki, algorithm, signature.subarray(1), data)).toBe(false);
    expect(await verify(spki, algorithm, new Uint8Array(), data)).toBe(false);
    expect(await verify(spki, algorithm, join(signature, Uint8Array.of(0)), data)).toBe(false);
    expect(await verify(spki, algorithm, new Uint8Array(signature.length), data)).toBe(false);
  });

  test.for(["ECDSA-P256", "ECDSA-P521", "RSA-2048", "Ed25519"] as const)(
    "no single bit of a signature of %s may be another",
    async (keyName) => {
      const key = nodeKey(keyName);
      const name = {
        "ECDSA-P256": "ECDSA-SHA256",
        "ECDSA-P521": "ECDSA-SHA512",
        "RSA-2048": "RSA-SHA256",
        Ed25519: "Ed25519",
      }[keyName];
      const signature = signWithNode(name as SignatureAlgorithmName, key);
      const algorithm = encodeSignatureAlgorithm(name as SignatureAlgorithmName);
      for (let at = 0; at < signature.length; at++) {
        const twisted = changed(signature, at, 1 << (at % 8));
        expect(await verify(spkiOf(key), algorithm, twisted, data), `byte ${at}`).toBe(false);
      }
    },
  );

  test("a change of a single byte of the key gives false or a typed error", async () => {
    for (const [keyName, name] of [
      ["ECDSA-P256", "ECDSA-SHA256"],
      ["RSA-2048", "RSA-SHA256"],
      ["Ed25519", "Ed25519"],
    ] as const) {
      const key = nodeKey(keyName);
      const [spki, signature] = [spkiOf(key), signWithNode(name, key)];
      for (let at = 0; at < spki.length; at++) {
        const result = await answer(() =>
          verify(changed(spki, at), encodeSignatureAlgorithm(name), signature, data),
        );
        expect(result, `${keyName} byte ${at}`).not.toBe(true);
      }
    }
  });

  test("a point that is not on its curve is refused", async () => {
    const spki = changed(spkiOf(nodeKey("ECDSA-P256")), 90);
    const signature = signWithNode("ECDSA-SHA256", nodeKey("ECDSA-P256"));
    expect(await answer(() => verify(spki, encodeSignatureAlgorithm("ECDSA-SHA256"), signature, data))).toBe(
      "ERR_KEY_FORMAT",
    );
  });

  test("key and algorithm must be of one family", async () => {
    const signature = signWithNode("Ed25519", nodeKey("Ed25519"));
    for (const [keyName, name] of [
      ["Ed25519", "RSA-SHA256"],
      ["RSA-2048", "ECDSA-SHA256"],
      ["ECDSA-P256", "Ed25519"],
      ["Ed25519", "ML-DSA-44"],
    ] as const) {
      const run = (): boolean | Promise<boolean> =>
        verify(spkiOf(nodeKey(keyName)), encodeSignatureAlgorithm(name), signature, data);
      expect(await answer(run)).toBe("ERR_SIGNATURE_ALGORITHM");
    }
  });

  test("an RSA-PSS signature with another salt does not hold", async () => {
    const key = nodeKey("RSA-2048");
    const signature = sign("sha256", data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 20 });
    expect(await verify(spkiOf(key), encodeSignatureAlgorithm("RSA-PSS-SHA256"), signature, data)).toBe(
      false,
    );
  });

  test("Ed25519: S plus the order, which RFC 8032 5.1.7 refuses, does not hold", async () => {
    const key = nodeKey("Ed25519");
    const signature = signWithNode("Ed25519", key);
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = BigInt(`0x${toHex(signature.slice(32).reverse())}`) + order;
    const twin = join(signature.subarray(0, 32), hex(s.toString(16).padStart(64, "0")).reverse());
    expect(await verify(spkiOf(key), encodeSignatureAlgorithm("Ed25519"), twin, data)).toBe(false);
  });

  test("PKCS#1 v1.5 forgeries by the key's owner with other padding do not hold", async () => {
    // Raw RSA over hand-made blocks: garbage behind the hash, and a DigestInfo without NULL (CVE-2006-4339, CVE-2022-24771).
    const { createHash, privateEncrypt } = await import("node:crypto");
    const key = nodeKey("RSA-2048");
    const digest = createHash("sha256").update(data).digest();
    const block = (info: Uint8Array, padding: number, tail = new Uint8Array()): Uint8Array =>
      join(Uint8Array.of(0, 1), new Uint8Array(padding).fill(0xff), Uint8Array.of(0), info, tail);
    const withNull = join(fromHex("3031300d060960864801650304020105000420"), digest);
    const withoutNull = join(fromHex("302f300b0609608648016503040201 0420".replace(" ", "")), digest);
    const raw = (bytes: Uint8Array): Uint8Array =>
      privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, bytes);
    const run = (bytes: Uint8Array): boolean | Promise<boolean> =>
      verify(spkiOf(key), encodeSignatureAlgorithm("RSA-SHA256"), raw(bytes), data);
    expect(await run(block(withNull, 256 - 3 - withNull.length))).toBe(true);
    expect(await run(block(withoutNull, 256 - 3 - withoutNull.length))).toBe(false);
    expect(await run(block(withNull, 8, new Uint8Array(256 - 11 - withNull.length)))).toBe(false);
  });

  test("small RSA keys are verified only for who asks", async () => {
    const { generateKeyPairSync } = await import("node:crypto");
    const key = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
    const [spki, algorithm, signature] = [
      spkiOf(key),
      encodeSignatureAlgorithm("RSA-SHA256"),
      plain(sign("sha256", data, key)),
    ];
    const lenient = verify as typeof verifySignature;
    expect(await answer(() => verify(spki, algorithm, signature, data))).toBe("ERR_KEY_WEAK");
    expect(await lenient(spki, algorithm, signature, data, { minimumRsaBits: 1024 })).toBe(true);
  });

  test("keys of an algorithm that the runtime lacks are refused with a code of its own", async () => {
    if (supported.includes("ML-DSA-44")) return console.info("skipped: this runtime has ML-DSA");
    const spki = seq(seq(oid("2.16.840.1.101.3.4.3.17")), bits(new Uint8Array(1312).fill(7)));
    const run = (): boolean | Promise<boolean> =>
      verify(spki, encodeSignatureAlgorithm("ML-DSA-44"), new Uint8Array(2420), data);
    expect(await answer(run)).toBe("ERR_KEY_UNSUPPORTED_BY_RUNTIME");
  });

  test("remembers no more keys than it has room for, and forgets no answer", async () => {
    const algorithm = encodeSignatureAlgorithm("RSA-SHA256");
    const key = nodeKey("RSA-2048");
    const signature = signWithNode("RSA-SHA256", key);
    for (let i = 0n; i < 300n; i++) {
      const spki = seq(
        seq(oid("1.2.840.113549.1.1.1"), nul),
        bits(seq(int((1n << 2047n) + 2n * i + 1n), int(65537))),
      );
      expect(await verify(spki, algorithm, new Uint8Array(256), data)).toBe(false);
    }
    expect(await verify(spkiOf(key), algorithm, signature, data)).toBe(true);
  });
});

test("bytes that change while the promise is pending do not change the answer", async () => {
  const { signer } = await generateKeyPair("ECDSA-P256");
  const spki = new Uint8Array(signer.subjectPublicKeyInfo);
  const signed = data.slice();
  const signature = plain(await signer.sign(signed));
  const pending = verifySignature(spki, signer.signatureAlgorithm, signature, signed);
  for (const bytes of [spki, signature, signed]) bytes.fill(0);
  expect(await pending).toBe(true);
});
