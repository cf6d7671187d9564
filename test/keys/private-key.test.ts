import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { PkiError } from "../../src/errors.ts";
import { generateKeyPair } from "../../src/keys/generate.ts";
import { parsePrivateKey, type PrivateKey, type PrivateKeyFormat } from "../../src/keys/private-key.ts";
import { keyMatchesCertificate } from "../../src/keys/public-key.ts";
import { parseKeyObject } from "../../src/node/signer.ts";
import { encodePem } from "../../src/pem.ts";
import { nodeKey, plain, supportedAlgorithms } from "../support/keys.ts";
import { bits, ctx, ctxPrimitive, hex, int, join, nul, octets, oid, seq } from "../support/tlv.ts";

const supported = (await supportedAlgorithms()).filter((name) => name !== "RSA-3072");
const P256 = oid("1.2.840.10045.3.1.7");
const EC = oid("1.2.840.10045.2.1");
const p256 = seq(EC, P256);

/** The key of RFC 6979 A.2.5: the number x and the point U. */
const X = hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
const U = hex(
  "04 60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6" +
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
);
const sec1 = (...parts: Uint8Array[]): Uint8Array => seq(int(1), octets(X), ...parts);
const pkcs8 = (algorithm: Uint8Array, key: Uint8Array, ...more: Uint8Array[]): Uint8Array =>
  seq(int(0), algorithm, octets(key), ...more);

/** The code of the refusal by both readers, which must agree. */
async function codeOf(input: string | Uint8Array): Promise<string> {
  const error = await parsePrivateKey(input).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PkiError)) throw error ?? new Error("nothing was refused");
  expect(() => parseKeyObject(input)).toThrow(expect.objectContaining({ code: error.code }));
  return error.code;
}

function nodeExport(key: KeyObject, type: "pkcs8" | "sec1" | "pkcs1"): { der: Uint8Array; pem: string } {
  return {
    der: plain(key.export({ format: "der", type })),
    pem: key.export({ format: "pem", type }).toString(),
  };
}

function formatsOf(name: string): ("pkcs8" | "sec1" | "pkcs1")[] {
  return [
    "pkcs8",
    ...(name.startsWith("EC") ? (["sec1"] as const) : name.startsWith("RSA") ? (["pkcs1"] as const) : []),
  ];
}

describe.for(supported)("%s", (name) => {
  test.for(name.startsWith("ML-DSA") ? [] : formatsOf(name))(
    "as OpenSSL writes it in %s is read, and written byte for byte the same",
    async (format) => {
      const { der, pem } = nodeExport(nodeKey(name), format);
      for (const input of [der, pem]) {
        const key = await parsePrivateKey(input, { extractable: true });
        expect(key.algorithm).toBe(name);
        expect(await key.exportDer(format)).toEqual(der);
        expect(await key.exportPem(format)).toBe(pem);
      }
    },
  );

  test("in every format that we write is read by us and by node:crypto as the same key", async () => {
    const { privateKey } = await generateKeyPair(name);
    for (const format of [...formatsOf(name), "kubernetes"] as PrivateKeyFormat[]) {
      const pem = await privateKey.exportPem(format);
      const again = await parsePrivateKey(pem, { extractable: true });
      expect(keyMatchesCertificate(again, privateKey)).toBe(true);
      expect(await again.exportPem(format)).toBe(pem);
      const { subjectPublicKeyInfo } = await parsePrivateKey(nodeExport(parseKeyObject(pem), "pkcs8").der);
      expect(subjectPublicKeyInfo).toEqual(privateKey.subjectPublicKeyInfo);
    }
  });

  test("cut anywhere is a typed error", async () => {
    const { der } = nodeExport(nodeKey(name), "pkcs8");
    const step = der.length > 300 ? 13 : 1;
    for (let length = 0; length < der.length; length += step) {
      await expect(parsePrivateKey(der.subarray(0, length))).rejects.toThrow(PkiError);
    }
  });

  test("with one byte changed is another key of the same form, or a typed error", async () => {
    const { der } = nodeExport(nodeKey(name), "pkcs8");
    const step = der.length > 300 ? 37 : 3;
    for (let at = 0; at < der.length; at += step) {
      const twisted = new Uint8Array(der);
      twisted[at]! ^= 1;
      const key = await parsePrivateKey(twisted).catch((error: unknown) => error);
      expect(
        key instanceof PkiError || (key as PrivateKey).algorithm === name,
        `byte ${at}: ${String(key)}`,
      ).toBe(true);
    }
  });
});

test("ML-DSA is written as its seed, and read also as OpenSSL writes it, with the expanded key beside it", async () => {
  if (!supported.includes("ML-DSA-44")) return console.info("skipped: this runtime has no ML-DSA");
  const { privateKey } = await generateKeyPair("ML-DSA-44");
  const der = await privateKey.exportDer();
  expect(der).toHaveLength(54); // RFC 9881 6, seed
  const both = nodeExport(parseKeyObject(der), "pkcs8").der;
  expect(both.length).toBeGreaterThan(2560);
  const again = await parsePrivateKey(both, { extractable: true });
  expect(await again.exportDer()).toEqual(der);
  expect(keyMatchesCertificate(again, privateKey)).toBe(true);
});

describe("the default format is what Kubernetes writes", () => {
  test.for([
    ["ECDSA-P384", "EC PRIVATE KEY"],
    ["RSA-2048", "RSA PRIVATE KEY"],
    ["Ed25519", "PRIVATE KEY"],
  ] as const)("%s as %s", async ([name, label]) => {
    const { privateKey } = await generateKeyPair(name);
    expect((await privateKey.exportPem()).split("\n")[0]).toBe(`-----BEGIN ${label}-----`);
  });

  test("bytes of SEC 1 and PKCS#8 are those of Go: the curve in SEC 1, the point in both", async () => {
    const key = await parsePrivateKey(sec1(ctx(0, P256)), { extractable: true });
    expect(toHex(await key.exportDer())).toBe(toHex(sec1(ctx(0, P256), ctx(1, bits(U)))));
    expect(toHex(await key.exportDer("pkcs8"))).toBe(toHex(pkcs8(p256, sec1(ctx(1, bits(U))))));
  });
});

describe("what Go reads is read", () => {
  test.for([
    ["SEC 1 without the public key", sec1(ctx(0, P256))],
    ["PKCS#8 without the public key", pkcs8(p256, sec1())],
    ["PKCS#8 with the curve twice", pkcs8(p256, sec1(ctx(0, P256), ctx(1, bits(U))))],
    ["PKCS#8 with attributes", pkcs8(p256, sec1(ctx(1, bits(U))), ctx(0, seq(oid("1.2.3"))))],
    [
      "PKCS#8 version 2 with the public key",
      seq(int(1), p256, octets(sec1()), ctxPrimitive(1, join(Uint8Array.of(0), U))),
    ],
    ["a number with zeros in front", seq(int(1), octets(Uint8Array.of(0, 0), X), ctx(0, P256))],
  ] as const)("%s", async ([, der]) => {
    const key = await parsePrivateKey(der);
    expect(toHex(key.subjectPublicKeyInfo)).toBe(toHex(seq(p256, bits(U))));
    const { subjectPublicKeyInfo } = await parsePrivateKey(nodeExport(parseKeyObject(der), "pkcs8").der);
    expect(subjectPublicKeyInfo).toEqual(key.subjectPublicKeyInfo);
  });

  test("a number that has lost its leading zeros, as OpenSSL once wrote it", async () => {
    const key = await parsePrivateKey(seq(int(1), octets(Uint8Array.of(5)), ctx(0, P256)), {
      extractable: true,
    });
    const written = toHex(await key.exportDer());
    expect(written).toContain(`0420${"00".repeat(31)}05`);
  });

  test("EC PARAMETERS and certificates around the key are skipped", async () => {
    const text =
      encodePem("EC PARAMETERS", P256) +
      encodePem("EC PRIVATE KEY", sec1(ctx(0, P256))) +
      encodePem("CERTIFICATE", seq());
    expect((await parsePrivateKey(text)).algorithm).toBe("ECDSA-P256");
  });

  test("Ed25519 in version 2 with its public key, as ring and Java write it", async () => {
    const { der } = nodeExport(nodeKey("Ed25519"), "pkcs8");
    const one = await parsePrivateKey(der);
    const publicKey = join(Uint8Array.of(0), one.subjectPublicKeyInfo.subarray(-32));
    const v2 = seq(int(1), der.subarray(5, 12), der.subarray(12), ctxPrimitive(1, publicKey));
    expect((await parsePrivateKey(v2)).subjectPublicKeyInfo).toEqual(one.subjectPublicKeyInfo);
    publicKey[5]! ^= 1;
    const other = seq(int(1), der.subarray(5, 12), der.subarray(12), ctxPrimitive(1, publicKey));
    expect(await codeOf(other)).toBe("ERR_KEY_MISMATCH");
  });
});

describe("what is refused", () => {
  const order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const other = nodeExport(nodeKey("ECDSA-P256"), "sec1").der.subarray(-65);
  const rsa = (): Uint8Array => nodeExport(nodeKey("RSA-2048"), "pkcs1").der;
  const secretBits = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" } as const;

  test.for([
    ["SEC 1 without a curve", sec1(), "ERR_KEY_FORMAT"],
    ["two curves that differ", pkcs8(p256, sec1(ctx(0, oid("1.3.132.0.34")))), "ERR_KEY_FORMAT"],
    ["another curve", sec1(ctx(0, oid("1.3.132.0.10"))), "ERR_KEY_UNSUPPORTED_ALGORITHM"],
    ["explicit curve parameters", sec1(ctx(0, seq(int(1)))), "ERR_KEY_UNSUPPORTED_ALGORITHM"],
    ["another key's point", sec1(ctx(0, P256), ctx(1, bits(other))), "ERR_KEY_MISMATCH"],
    [
      "two points that differ",
      seq(int(1), p256, octets(sec1(ctx(1, bits(U)))), ctxPrimitive(1, join(Uint8Array.of(0), other))),
      "ERR_KEY_MISMATCH",
    ],
    [
      "a compressed point",
      sec1(ctx(0, P256), ctx(1, bits(join(Uint8Array.of(3), U.subarray(1, 33))))),
      "ERR_KEY_FORMAT",
    ],
    ["the number 0", seq(int(1), octets(new Uint8Array(32)), ctx(0, P256)), "ERR_KEY_FORMAT"],
    ["the order as number", seq(int(1), octets(order), ctx(0, P256)), "ERR_KEY_FORMAT"],
    ["a number too long", seq(int(1), octets(Uint8Array.of(1), X), ctx(0, P256)), "ERR_KEY_FORMAT"],
    ["SEC 1 version 2", seq(int(2), octets(X), ctx(0, P256)), "ERR_KEY_FORMAT"],
    ["PKCS#8 version 3", seq(int(2), p256, octets(sec1())), "ERR_KEY_FORMAT"],
    ["bytes behind the key", join(sec1(ctx(0, P256)), Uint8Array.of(0)), "ERR_DER_TRAILING_DATA"],
    ["elements behind the point", sec1(ctx(0, P256), ctx(1, bits(U)), nul), "ERR_DER_TRAILING_DATA"],
    ["a public key", seq(p256, bits(U)), "ERR_KEY_FORMAT"],
    ["something else", seq(seq(), seq()), "ERR_KEY_FORMAT"],
    ["a number alone", seq(int(5)), "ERR_KEY_FORMAT"],
    ["X25519", pkcs8(seq(oid("1.3.101.110")), octets(X)), "ERR_KEY_UNSUPPORTED_ALGORITHM"],
    ["Ed25519 with 33 octets", pkcs8(seq(oid("1.3.101.112")), octets(X, Uint8Array.of(1))), "ERR_KEY_FORMAT"],
    [
      "an ML-DSA key without its seed",
      pkcs8(seq(oid("2.16.840.1.101.3.4.3.17")), octets(new Uint8Array(2560))),
      "ERR_DER_UNEXPECTED_TAG",
    ],
    ["20 KB", new Uint8Array(20_000).fill(0x30), "ERR_DER_SIZE"],
  ] as const)("%s", async ([, der, code]) => {
    expect(await codeOf(der)).toBe(code);
  });

  test("RSA with more than two primes, without its primes, too small, or with another modulus", async () => {
    const multi = rsa();
    multi[multi.indexOf(2) + 2] = 1; // the version
    expect(await codeOf(multi)).toBe("ERR_KEY_FORMAT");
    expect(await codeOf(seq(int(0), int((1n << 2047n) + 1n), int(65537), int(3)))).toBe("ERR_DER_TRUNCATED");
    const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
    expect(await codeOf(nodeExport(small, "pkcs1").der)).toBe("ERR_KEY_WEAK");
    const modulus = rsa();
    modulus[100]! ^= 4;
    expect(await codeOf(modulus)).toBe("ERR_KEY_MISMATCH");
  });

  test("encrypted keys, in both of their forms", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const modern = privateKey.export(secretBits).toString();
    const traditional = privateKey.export({ ...secretBits, type: "sec1" }).toString();
    expect(modern).toContain("ENCRYPTED PRIVATE KEY");
    expect(traditional).toContain("Proc-Type: 4,ENCRYPTED");
    expect(await codeOf(modern)).toBe("ERR_KEY_ENCRYPTED");
    expect(await codeOf(traditional)).toBe("ERR_KEY_ENCRYPTED");
    expect(await codeOf(plain(privateKey.export({ ...secretBits, format: "der" })))).toBe(
      "ERR_KEY_ENCRYPTED",
    );
  });

  test("PEM without a key, with two, with an unknown kind, and with a label that is not its content's", async () => {
    const der = sec1(ctx(0, P256));
    expect(await codeOf("")).toBe("ERR_PEM_NO_BLOCK");
    expect(await codeOf(encodePem("CERTIFICATE", der))).toBe("ERR_PEM_NO_BLOCK");
    expect(await codeOf(encodePem("EC PRIVATE KEY", der).repeat(2))).toBe("ERR_PEM_MULTIPLE");
    expect(await codeOf(encodePem("DSA PRIVATE KEY", der))).toBe("ERR_PEM_LABEL");
    expect(await codeOf(encodePem("RSA PRIVATE KEY", der))).toBe("ERR_KEY_FORMAT");
  });

  test("exporting what may not be exported, or into a form that is not its own", async () => {
    const locked = await parsePrivateKey(sec1(ctx(0, P256)));
    expect(locked.extractable).toBe(false);
    await expect(locked.exportDer()).rejects.toMatchObject({ code: "ERR_KEY_NOT_EXTRACTABLE" });
    await expect(locked.exportPem()).rejects.toMatchObject({ code: "ERR_KEY_NOT_EXTRACTABLE" });
    const { privateKey } = await generateKeyPair("Ed25519");
    for (const format of ["sec1", "pkcs1"] as const) {
      await expect(privateKey.exportDer(format)).rejects.toMatchObject({ code: "ERR_KEY_FORMAT" });
    }
  });
});

describe("no key bytes show", () => {
  test("in logs, JSON, text, spread and copies of a private key", async () => {
    const key = await parsePrivateKey(sec1(ctx(0, P256)), { extractable: true });
    const shown = [
      inspect(key, { depth: 9, showHidden: true }),
      inspect(key, { depth: 9, showHidden: true, customInspect: false, maxArrayLength: 999 }),
      inspect({ key }),
      inspect({ ...key }, { depth: 9, showHidden: true, maxArrayLength: 999 }),
      JSON.stringify(key),
      JSON.stringify({ ...key }),
      String(key),
      inspect(new Error("no", { cause: key }), { depth: 9 }),
      inspect(Object.getOwnPropertyDescriptors(key), { depth: 9, maxArrayLength: 999 }),
    ].join("\n");
    expect(inspect(key)).toBe("PrivateKey(ECDSA-P256)");
    expect(JSON.stringify(key)).toBe('{"algorithm":"ECDSA-P256","extractable":true}');
    for (const secret of [
      toHex(X.subarray(4, 10)),
      [...X.subarray(4, 8)].join(", "),
      [...X.subarray(4, 8)].join(",\n"),
    ]) {
      expect(shown.toLowerCase()).not.toContain(secret);
    }
  });

  test("in errors of a broken key", async () => {
    const der = sec1(ctx(0, P256), ctx(1, bits(U)));
    for (let at = 0; at < der.length; at++) {
      const twisted = new Uint8Array(der);
      twisted[at]! ^= 0xff;
      const error = await parsePrivateKey(twisted).catch((reason: unknown) => reason);
      const shown = inspect(error, { depth: 9, showHidden: true, maxArrayLength: 999 }).toLowerCase();
      expect(shown).not.toContain(toHex(X.subarray(12, 18)));
      expect(shown).not.toContain([...X.subarray(12, 16)].join(", "));
    }
  });
});
