/** RFC 5280 section 6.1, rule by rule: a good chain, and the same chain with one thing wrong. */
import { describe, expect, test } from "vitest";
import { ChainError, PkiError } from "../../src/errors.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { verifySignatureSync } from "../../src/node/signer.ts";
import { CertificatePool } from "../../src/verify/certificate-pool.ts";
import { verifyCertificateChain, verifyCertificateChainSync } from "../../src/verify/verify-chain.ts";
import type { VerifyChainOptions } from "../../src/verify/verify-chain.ts";
import {
  attribute,
  attributes,
  basicConstraints,
  cn,
  dnsName,
  ecdsaWithSha256,
  ed25519,
  extendedKeyUsage,
  extension,
  extensionIds,
  keyUsage,
  name,
  o,
  p256Key,
  p256Point,
  ecAlgorithm,
  subjectAltName,
} from "../support/certificate.ts";
import type { Parts } from "../support/certificate.ts";
import { party, signed, signedCa, type Party } from "../support/chain.ts";
import {
  bits,
  ctx,
  ctxPrimitive,
  hex,
  int,
  nul,
  octets,
  oid,
  printable,
  seq,
  utcTime,
} from "../support/tlv.ts";

const at = new Date("2026-06-01T12:00:00Z");
const root = party("root");
const intermediate = party("intermediate");
const alice = party("alice");

/** The good chain, with other parts where a test wants them. */
interface Wish {
  readonly root?: Parts;
  readonly intermediate?: Parts;
  readonly leaf?: Parts;
  /** Who really signs the leaf. */
  readonly leafBy?: Party;
}

function chain({
  root: rootParts,
  intermediate: middleParts,
  leaf: leafParts,
  leafBy = intermediate,
}: Wish = {}) {
  return {
    root: signedCa(root, root, rootParts),
    intermediate: signedCa(intermediate, root, middleParts),
    leaf: signed(alice, leafBy, leafParts),
  };
}

type Options = Partial<VerifyChainOptions>;

/** The good verdict, or the error; both ways of verifying must say the same. */
async function verdict(ders: ReturnType<typeof chain>, options: Options = {}): Promise<number | ChainError> {
  const all = {
    trustAnchors: [ders.root],
    intermediates: [ders.intermediate],
    usage: "clientAuth",
    at,
    ...options,
  } as const;
  const caught = (error: unknown): ChainError => {
    if (error instanceof ChainError) return error;
    throw error;
  };
  const later = await verifyCertificateChain(ders.leaf, all).then(
    ({ certificates }) => certificates.length,
    caught,
  );
  let now: number | ChainError;
  try {
    now = verifyCertificateChainSync(ders.leaf, { ...all, verifySignature: verifySignatureSync }).certificates
      .length;
  } catch (error) {
    now = caught(error);
  }
  const summary = (answer: number | ChainError): unknown =>
    typeof answer === "number" ? answer : [answer.code, answer.message, answer.certificateIndex, answer.fix];
  expect(summary(now)).toEqual(summary(later));
  return later;
}

test("a leaf, an intermediate and a root are a chain", async () => {
  expect(await verdict(chain())).toBe(3);
  expect(await verdict(chain(), { mode: "kubernetes" })).toBe(3);
});

const past = seq(utcTime("200101000000Z"), utcTime("201231235959Z"));
const future = seq(utcTime("400101000000Z"), utcTime("401231235959Z"));
const unknownCritical = extension("1.2.3.4", nul, true);
const noKeyCertSign = keyUsage(hex("80"), 7);
const serverOnly = extendedKeyUsage("serverAuth");
const { nameConstraints, certificatePolicies, policyConstraints, policyMappings } = extensionIds;
const policies = (...arcs: string[]): Uint8Array =>
  extension(certificatePolicies, seq(...arcs.map((arc) => seq(oid(`1.3.6.1.4.1.1.${arc}`)))));
const requirePolicy = extension(policyConstraints, seq(ctxPrimitive(0, Uint8Array.of(0))), true);
const permitted = (...names: Uint8Array[]): Uint8Array =>
  extension(nameConstraints, seq(ctx(0, ...names.map((base) => seq(base)))), true);
const excluded = (...names: Uint8Array[]): Uint8Array =>
  extension(nameConstraints, seq(ctx(1, ...names.map((base) => seq(base)))), true);
const directory = (...parts: Uint8Array[]): Uint8Array => ctx(4, name(...parts));
const ca = (...more: Uint8Array[]): Parts => ({ extensions: [basicConstraints(), ...more] });

/** What is wrong, where, and what is said about it. Each row alone is the reason: without it the chain is the good one. */
const rows: readonly (readonly [rule: string, wish: Wish, code: ErrorCode, index: number])[] = [
  [
    "6.1.3 (a)(1): a signature by another key",
    { leafBy: party("intermediate", "imposter") },
    "ERR_CHAIN_SIGNATURE",
    0,
  ],
  ["6.1.3 (a)(2): an expired leaf", { leaf: { validity: past } }, "ERR_CHAIN_EXPIRED", 0],
  ["6.1.3 (a)(2): an expired intermediate", { intermediate: { validity: past } }, "ERR_CHAIN_EXPIRED", 1],
  ["6.1.3 (a)(2): an expired root", { root: { validity: past } }, "ERR_CHAIN_EXPIRED", 2],
  ["6.1.3 (a)(2): a leaf of the future", { leaf: { validity: future } }, "ERR_CHAIN_NOT_YET_VALID", 0],
  ["6.1.3 (a)(2): a root of the future", { root: { validity: future } }, "ERR_CHAIN_NOT_YET_VALID", 2],
  [
    "6.1.3 (a)(4): an issuer of another string type",
    { leaf: { issuer: name(attribute(attributes.commonName, printable("intermediate"))) } },
    "ERR_CHAIN_UNKNOWN_AUTHORITY",
    0,
  ],
  [
    "6.1.3 (a)(4): an issuer in another case",
    { leaf: { issuer: name(cn("Intermediate")) } },
    "ERR_CHAIN_UNKNOWN_AUTHORITY",
    0,
  ],
  [
    "6.1.3 (b): a DNS name that is not permitted",
    {
      root: ca(permitted(dnsName("example.com"))),
      leaf: { extensions: [subjectAltName(dnsName("example.org"))] },
    },
    "ERR_CHAIN_NAME_CONSTRAINTS",
    0,
  ],
  [
    "6.1.3 (c): a DNS name that is excluded",
    {
      intermediate: ca(excluded(dnsName("example.com"))),
      leaf: { extensions: [subjectAltName(dnsName("a.example.com"))] },
    },
    "ERR_CHAIN_NAME_CONSTRAINTS",
    0,
  ],
  [
    "6.1.3 (b): a subject that is not permitted",
    { intermediate: ca(permitted(directory(o("tenant")))) },
    "ERR_CHAIN_NAME_CONSTRAINTS",
    0,
  ],
  [
    "6.1.3 (c): a subject that is excluded",
    {
      root: ca(excluded(directory(o("system:masters")))),
      leaf: { subject: name(o("system:masters"), cn("alice")) },
    },
    "ERR_CHAIN_NAME_CONSTRAINTS",
    0,
  ],
  [
    "6.1.3 (f): no policy where one is required",
    { intermediate: ca(requirePolicy, policies("1")) },
    "ERR_CHAIN_POLICY",
    0,
  ],
  [
    "6.1.3 (f): another policy",
    { intermediate: ca(requirePolicy, policies("1")), leaf: { extensions: [policies("2")] } },
    "ERR_CHAIN_POLICY",
    0,
  ],
  [
    "6.1.4 (a): anyPolicy is mapped",
    {
      intermediate: ca(
        requirePolicy,
        policies("1"),
        extension(policyMappings, seq(seq(oid("2.5.29.32.0"), oid("1.3.6.1.4.1.1.1")))),
      ),
      leaf: { extensions: [policies("1")] },
    },
    "ERR_CHAIN_POLICY",
    0,
  ],
  [
    "6.1.4 (k): an intermediate without basic constraints",
    { intermediate: { extensions: [] as Uint8Array[], rawExtensions: ctx(3, seq(keyUsage(hex("06"), 1))) } },
    "ERR_CHAIN_NOT_A_CA",
    1,
  ],
  [
    "6.1.4 (k): an intermediate that is no CA",
    { intermediate: { extensions: [extension(extensionIds.basicConstraints, seq(), true)] } },
    "ERR_CHAIN_NOT_A_CA",
    1,
  ],
  [
    "6.1.4 (k): a root of version 3 that is no CA",
    { root: { extensions: [extension(extensionIds.basicConstraints, seq(), true)] } },
    "ERR_CHAIN_NOT_A_CA",
    2,
  ],
  [
    "6.1.4 (k): an intermediate of version 1",
    { intermediate: { version: new Uint8Array(), rawExtensions: new Uint8Array() } },
    "ERR_CHAIN_NOT_A_CA",
    1,
  ],
  [
    "6.1.4 (l), (m): a path length of 0 above an intermediate",
    { root: { extensions: [basicConstraints(0)] } },
    "ERR_CHAIN_PATH_LENGTH",
    2,
  ],
  [
    "6.1.4 (n): an intermediate that may not sign certificates",
    { intermediate: ca(noKeyCertSign) },
    "ERR_CHAIN_NOT_A_CA",
    1,
  ],
  ["6.1.4 (n): a root that may not sign certificates", { root: ca(noKeyCertSign) }, "ERR_CHAIN_NOT_A_CA", 2],
  [
    "6.1.4 (o): an unknown critical extension in the intermediate",
    { intermediate: ca(unknownCritical) },
    "ERR_CHAIN_CRITICAL_EXTENSION",
    1,
  ],
  [
    "an unknown critical extension in the root",
    { root: ca(unknownCritical) },
    "ERR_CHAIN_CRITICAL_EXTENSION",
    2,
  ],
  [
    "6.1.5 (f): an unknown critical extension in the leaf",
    { leaf: { extensions: [unknownCritical] } },
    "ERR_CHAIN_CRITICAL_EXTENSION",
    0,
  ],
  ["4.2.1.12: a leaf for servers", { leaf: { extensions: [serverOnly] } }, "ERR_CHAIN_USAGE", 0],
  ["4.2.1.12, nested: an intermediate for servers", { intermediate: ca(serverOnly) }, "ERR_CHAIN_USAGE", 1],
  ["4.2.1.12, nested: a root for servers", { root: ca(serverOnly) }, "ERR_CHAIN_USAGE", 2],
  [
    "an algorithm that is not the key's",
    { leaf: { innerAlgorithm: ecdsaWithSha256 } },
    "ERR_CHAIN_SIGNATURE_ALGORITHM",
    0,
  ],
  [
    "SHA-1",
    { leaf: { innerAlgorithm: seq(oid("1.2.840.113549.1.1.5"), nul) } },
    "ERR_CHAIN_SIGNATURE_ALGORITHM",
    0,
  ],
  [
    "a leaf's key off its curve",
    {
      leaf: {
        subjectPublicKeyInfo: seq(
          ecAlgorithm,
          bits(Uint8Array.from(p256Point, (octet, i) => (i === 64 ? octet ^ 1 : octet))),
        ),
      },
    },
    "ERR_CHAIN_KEY",
    0,
  ],
  [
    "a leaf's key of small order",
    { leaf: { subjectPublicKeyInfo: seq(ed25519, bits(new Uint8Array(32))) } },
    "ERR_CHAIN_KEY",
    0,
  ],
];

describe("is refused for exactly one reason", () => {
  test.each(rows)("%s", async (_rule, wish, code, index) => {
    const error = await verdict(chain(wish));
    expect(error).toMatchObject({ code, certificateIndex: index });
    const { reasons, fix, message } = error as ChainError;
    const meant = reasons.filter((reason) => reason.code !== "ERR_CHAIN_UNKNOWN_AUTHORITY");
    expect(meant.map((reason) => reason.code)).toEqual(code === "ERR_CHAIN_UNKNOWN_AUTHORITY" ? [] : [code]);
    expect(reasons[0]!.message).toBe(message);
    expect(fix).toBeTypeOf("string");
  });
});

/** The same with something that looks wrong and is not, as in Go. */
const goodRows: readonly (readonly [what: string, wish: Wish])[] = [
  ["a root's own signature is not its own", { root: { innerAlgorithm: ed25519, serialNumber: int(7) } }],
  ["a root of version 1", { root: { version: new Uint8Array(), rawExtensions: new Uint8Array() } }],
  ["a path length of 1 above an intermediate", { root: { extensions: [basicConstraints(1)] } }],
  ["a path length of 0 above the leaf", { intermediate: { extensions: [basicConstraints(0)] } }],
  ["a leaf that is a CA", { leaf: ca() }],
  ["a leaf whose key usage is odd", { leaf: { extensions: [keyUsage(hex("08"), 3)] } }],
  [
    "a leaf for clients and servers",
    { leaf: { extensions: [extendedKeyUsage("serverAuth", "clientAuth")] } },
  ],
  ["a leaf for anything", { leaf: { extensions: [extendedKeyUsage("any")] } }],
  ["an unknown extension that is not critical", { leaf: { extensions: [extension("1.2.3.4", nul)] } }],
  [
    "names within the constraints",
    {
      root: ca(permitted(dnsName("example.com"))),
      leaf: { extensions: [subjectAltName(dnsName("a.example.com"))] },
    },
  ],
  [
    "a subject within the constraints",
    { root: ca(permitted(directory(cn("alice")), directory(cn("intermediate")))) },
  ],
  [
    "a required policy that all assert",
    { intermediate: ca(requirePolicy, policies("1")), leaf: { extensions: [policies("1", "2")] } },
  ],
  [
    "a policy that is mapped",
    {
      intermediate: ca(
        requirePolicy,
        policies("1"),
        extension(policyMappings, seq(seq(oid("1.3.6.1.4.1.1.1"), oid("1.3.6.1.4.1.1.2")))),
      ),
      leaf: { extensions: [policies("2")] },
    },
  ],
  [
    "key identifiers that do not fit",
    {
      leaf: { extensions: [extension(extensionIds.authorityKeyIdentifier, seq(ctxPrimitive(0, hex("01"))))] },
      intermediate: ca(extension(extensionIds.subjectKeyIdentifier, hex("040102"))),
    },
  ],
  ["a P-256 key in the leaf", { leaf: { subjectPublicKeyInfo: p256Key } }],
];

test.each(goodRows)("accepts %s", async (_what, wish) => {
  expect(await verdict(chain(wish))).toBe(3);
});

describe("time", () => {
  const wish = { leaf: { validity: seq(utcTime("260101000000Z"), utcTime("260201000000Z")) } };
  test.each([
    ["2026-01-01T00:00:00Z", 3],
    ["2026-02-01T00:00:00Z", 3],
    ["2025-12-31T23:59:59.999Z", "ERR_CHAIN_NOT_YET_VALID"],
    ["2026-02-01T00:00:00.001Z", "ERR_CHAIN_EXPIRED"],
  ])("both ends belong to the validity: %s gives %s", async (moment, expected) => {
    const answer = await verdict(chain(wish), { at: new Date(moment) });
    expect(typeof answer === "number" ? answer : answer.code).toBe(expected);
  });

  test("an invalid date is a misuse, never an answer", async () => {
    const { root: anchor, leaf } = chain();
    for (const moment of [new Date("nonsense"), Number.NaN, Infinity])
      await expect(
        verifyCertificateChain(leaf, { trustAnchors: [anchor], usage: "any", at: moment }),
      ).rejects.toThrow(TypeError);
  });
});

describe("trust anchors", () => {
  test("none means nobody", async () => {
    expect(await verdict(chain(), { trustAnchors: [] })).toMatchObject({
      code: "ERR_CHAIN_UNKNOWN_AUTHORITY",
    });
  });

  test("need not be self-signed", async () => {
    const ders = chain();
    expect(await verdict(ders, { trustAnchors: [ders.intermediate], intermediates: [] })).toBe(2);
  });

  test("may be the leaf itself, whose signature then does not count", async () => {
    const ders = chain();
    expect(await verdict(ders, { trustAnchors: [ders.leaf] })).toBe(1);
    const expired = chain({ leaf: { validity: past } });
    expect(await verdict(expired, { trustAnchors: [expired.leaf] })).toMatchObject({
      code: "ERR_CHAIN_EXPIRED",
    });
    const server = chain({ leaf: { extensions: [serverOnly] } });
    expect(await verdict(server, { trustAnchors: [server.leaf] })).toMatchObject({ code: "ERR_CHAIN_USAGE" });
  });

  test("a self-signed leaf that is none is refused", async () => {
    const ders = { ...chain(), leaf: signed(alice) };
    expect(await verdict(ders)).toMatchObject({ code: "ERR_CHAIN_UNKNOWN_AUTHORITY" });
  });

  test("an imposter with the right name beside the real root does no harm, and alone is refused", async () => {
    const ders = chain();
    const imposter = signedCa(party("root", "imposter"));
    expect(await verdict(ders, { trustAnchors: [imposter, ders.root] })).toBe(3);
    expect(await verdict(ders, { trustAnchors: [imposter] })).toMatchObject({
      code: "ERR_CHAIN_SIGNATURE",
      certificateIndex: 1,
    });
  });

  test("may be given as PEM, which must have a certificate", async () => {
    const ders = chain();
    const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(ders.root).toString("base64")}\n-----END CERTIFICATE-----\n`;
    expect(await verdict(ders, { trustAnchors: pem })).toBe(3);
    const { leaf } = ders;
    await expect(verifyCertificateChain(leaf, { trustAnchors: "", usage: "any", at })).rejects.toMatchObject({
      code: "ERR_PEM_NO_BLOCK",
    });
  });

  test("one that does not parse is an error that says which", async () => {
    const ders = chain();
    const options = { trustAnchors: [ders.root, hex("3000")], usage: "any", at } as const;
    const error = await verifyCertificateChain(ders.leaf, options).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PkiError);
    expect(error).toMatchObject({ certificateIndex: 1 });
  });
});

describe("intermediates", () => {
  test("come in any order, more than once, and among strangers", async () => {
    const ders = chain();
    const stranger = signedCa(party("stranger"), party("nobody"));
    const intermediates = [stranger, ders.root, ders.intermediate, ders.leaf, ders.intermediate];
    expect(await verdict(ders, { intermediates })).toBe(3);
  });

  test("that are cross-signed lead to whichever root is trusted", async () => {
    const ders = chain();
    const other = party("other root");
    const crossed = signedCa(intermediate, other);
    for (const trustAnchors of [[ders.root], [signedCa(other)]])
      expect(await verdict(ders, { trustAnchors, intermediates: [crossed, ders.intermediate] })).toBe(3);
  });

  test("of one CA, one expired and one renewed, do not hide each other", async () => {
    const ders = chain();
    const expired = signedCa(intermediate, root, { validity: past });
    expect(await verdict(ders, { intermediates: [expired, ders.intermediate] })).toBe(3);
  });

  test("that form a loop lead nowhere", async () => {
    const [a, b] = [party("a"), party("b")];
    const ders = { ...chain(), leaf: signed(alice, a) };
    const intermediates = [signedCa(a, b), signedCa(b, a)];
    expect(await verdict(ders, { intermediates })).toMatchObject({ code: "ERR_CHAIN_UNKNOWN_AUTHORITY" });
  });

  test("a path that a constraint forbids does not hide a longer one that is good", async () => {
    const middle = party("middle");
    const ders = {
      ...chain(),
      leaf: signed(alice, intermediate, { extensions: [subjectAltName(dnsName("a.example"))] }),
    };
    const intermediates = [
      signedCa(intermediate, root, ca(permitted(dnsName("b.example")))),
      signedCa(intermediate, middle),
      signedCa(middle, root),
    ];
    expect(await verdict(ders, { intermediates })).toBe(4);
  });
});

describe("usage", () => {
  test("of several wanted ones, the whole path must allow one and the same", async () => {
    const ders = chain({
      intermediate: ca(serverOnly),
      leaf: { extensions: [extendedKeyUsage("clientAuth")] },
    });
    expect(await verdict(ders, { usage: ["clientAuth", "serverAuth"] })).toMatchObject({
      code: "ERR_CHAIN_USAGE",
    });
    expect(await verdict(ders, { usage: "any" })).toBe(3);
  });

  test("none is a misuse", () => {
    const { leaf } = chain();
    const options = { trustAnchors: [], usage: [], verifySignature: verifySignatureSync };
    expect(() => verifyCertificateChainSync(leaf, options)).toThrow(TypeError);
  });

  test("an empty list is refused by default, and allows all in kubernetes mode, as in Go", async () => {
    const ders = chain({ leaf: { extensions: [extension(extensionIds.extendedKeyUsage, seq())] } });
    await expect(verdict(ders)).rejects.toMatchObject({ code: "ERR_CERTIFICATE_EXTENSION" });
    expect(await verdict(ders, { mode: "kubernetes" })).toBe(3);
  });
});

test("a critical constraint on directory names is obeyed by default, and refused in kubernetes mode, as in Go", async () => {
  const ders = chain({ root: ca(permitted(directory(cn("alice")), directory(cn("intermediate")))) });
  expect(await verdict(ders)).toBe(3);
  expect(await verdict(ders, { mode: "kubernetes" })).toMatchObject({ code: "ERR_CHAIN_CRITICAL_EXTENSION" });
});

test("the server name is checked only if it is given, with the error of verifyServerName", async () => {
  const ders = chain({ leaf: { extensions: [subjectAltName(dnsName("a.example"))] } });
  expect(await verdict(ders, { serverName: "a.example" })).toBe(3);
  expect(await verdict(ders, { serverName: "b.example" })).toMatchObject({
    code: "ERR_SERVER_NAME_MISMATCH",
  });
  expect(await verdict(ders, { serverName: "" })).toMatchObject({ code: "ERR_SERVER_NAME_MISMATCH" });
});

test("the answer names leaf and trust anchor, and the first end of a validity", async () => {
  const ders = chain({ intermediate: { validity: seq(utcTime("200101000000Z"), utcTime("300101000000Z")) } });
  const { leaf, trustAnchor, notAfter, certificates } = await verifyCertificateChain(ders.leaf, {
    trustAnchors: [ders.root],
    intermediates: new CertificatePool([ders.intermediate]),
    usage: "clientAuth",
    at,
  });
  expect([leaf.der, trustAnchor.der]).toEqual([ders.leaf, ders.root]);
  expect(notAfter.toISOString()).toBe("2030-01-01T00:00:00.000Z");
  expect(certificates.map(({ der }) => der)).toEqual([ders.leaf, ders.intermediate, ders.root]);
});

test("a signature is checked over the octets that came, also where they are not what would be written", async () => {
  const anchor = signedCa(root);
  const options = { trustAnchors: [anchor], usage: "any", at, mode: "kubernetes" } as const;
  // A default that is written out: Go reads it, and whoever wrote the certificate anew would leave it out.
  const critical = hex("01 01 00");
  const usages = seq(oid("2.5.29.37"), critical, octets(seq(oid("1.3.6.1.5.5.7.3.2"))));
  const odd = signed(alice, root, { extensions: [usages] });
  expect((await verifyCertificateChain(odd, options)).certificates[0]?.der).toEqual(odd);
  await expect(verifyCertificateChain(odd, { ...options, mode: "safe" })).rejects.toMatchObject({
    code: "ERR_DER_DEFAULT_ENCODED",
  });
  const without = signed(alice, root, {
    extensions: [seq(oid("2.5.29.37"), octets(seq(oid("1.3.6.1.5.5.7.3.2"))))],
  });
  const signature = (der: Uint8Array): Uint8Array => der.subarray(-64);
  const swapped = without.slice();
  swapped.set(signature(odd), swapped.length - 64);
  await expect(verifyCertificateChain(swapped, options)).rejects.toMatchObject({
    code: "ERR_CHAIN_SIGNATURE",
  });
});

test("an error that is not about certificates goes up as it is", async () => {
  const { leaf, root: anchor, intermediate: middle } = chain();
  const broken = new Error("the key service is down");
  const options = { trustAnchors: [anchor], intermediates: [middle], usage: "any", at } as const;
  const verifySignature = (): never => {
    throw broken;
  };
  await expect(verifyCertificateChain(leaf, { ...options, verifySignature })).rejects.toBe(broken);
  expect(() => verifyCertificateChainSync(leaf, { ...options, verifySignature })).toThrow(broken);
});

test("a message shows odd names harmlessly and stays short", async () => {
  const odd = party(`x\u001B[31m${"y".repeat(2000)}`);
  const error = await verdict({ ...chain(), leaf: signed(odd, party("nobody")) });
  const { message } = error as ChainError;
  expect(message).not.toContain("\u001B");
  expect(message.length).toBeLessThanOrEqual(1024);
});

test("signatures of a path are checked at the same time where that is possible, and one by one where it is not", async () => {
  const { leaf, root: anchor, intermediate: middle } = chain();
  const options = { trustAnchors: [anchor], intermediates: [middle], usage: "any", at } as const;
  let running = 0;
  let most = 0;
  const verifySignature = async (...parts: Parameters<typeof verifySignatureSync>): Promise<boolean> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
    return verifySignatureSync(...parts);
  };
  await verifyCertificateChain(leaf, { ...options, verifySignature });
  expect(most).toBe(2);
  const imposter = signed(alice, party("intermediate", "imposter"));
  let checks = 0;
  const counting = (...parts: Parameters<typeof verifySignatureSync>): boolean => {
    checks++;
    return verifySignatureSync(...parts);
  };
  expect(() => verifyCertificateChainSync(imposter, { ...options, verifySignature: counting })).toThrow(
    ChainError,
  );
  expect(checks).toBe(1);
});
