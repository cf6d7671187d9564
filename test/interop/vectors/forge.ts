/**
 * Signs whatever a test dreams up, with keys that follow from a name, so that the same scenario
 * gives the same bytes on every run. None of these keys protects anything.
 */
import {
  checkPrimeSync,
  createHash,
  createPrivateKey,
  createPublicKey,
  sign,
  type KeyObject,
} from "node:crypto";
import {
  certificate,
  cn,
  ecdsaWithSha256,
  ed25519,
  name,
  tbsCertificate,
  type Parts,
} from "../../support/certificate.ts";
import { bits, hex, int, join, nul, octets, oid, seq } from "../../support/tlv.ts";
import type { Referee } from "../referee.ts";

const seed = (text: string): Uint8Array => createHash("sha256").update(`kubepki test ${text}`).digest();
const toBigInt = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);

export interface Algorithm {
  readonly identifier: Uint8Array;
  readonly hash: "MD5" | "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";
}

const rsa = (arc: number, hash: Algorithm["hash"]): Algorithm => ({
  identifier: seq(oid(`1.2.840.113549.1.1.${arc}`), nul),
  hash,
});

export const algorithms = {
  ecdsaWithSha1: { identifier: seq(oid("1.2.840.10045.4.1")), hash: "SHA-1" },
  ecdsaWithSha256: { identifier: ecdsaWithSha256, hash: "SHA-256" },
  ecdsaWithSha384: { identifier: seq(oid("1.2.840.10045.4.3.3")), hash: "SHA-384" },
  ecdsaWithSha512: { identifier: seq(oid("1.2.840.10045.4.3.4")), hash: "SHA-512" },
  ed25519: { identifier: ed25519, hash: "SHA-512" },
  rsaWithMd5: rsa(4, "MD5"),
  rsaWithSha1: rsa(5, "SHA-1"),
  rsaWithSha256: rsa(11, "SHA-256"),
  rsaWithSha384: rsa(12, "SHA-384"),
  rsaWithSha512: rsa(13, "SHA-512"),
} as const satisfies Record<string, Algorithm>;

export interface TestKey {
  readonly pkcs8: string;
  readonly spki: Uint8Array;
  readonly key: KeyObject;
  readonly algorithm: Algorithm;
}

const testKey = (key: KeyObject, algorithm: Algorithm): TestKey => ({
  key,
  algorithm,
  pkcs8: key.export({ format: "der", type: "pkcs8" }).toString("base64"),
  spki: new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" })),
});

const pkcs8Key = (algorithm: Uint8Array, inner: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.from(seq(int(0), algorithm, octets(inner))), format: "der", type: "pkcs8" });

const ecAlgorithm = (curve: string): Uint8Array => seq(oid("1.2.840.10045.2.1"), oid(curve));

/** P-256 unless the name starts with `p384`. */
export function ecKey(label: string): TestKey {
  const wide = label.startsWith("p384");
  const scalar = wide ? join(seed(`${label} more`).subarray(0, 16), seed(label)) : seed(label);
  const inner = seq(int(1), octets(scalar));
  const key = pkcs8Key(ecAlgorithm(wide ? "1.3.132.0.34" : "1.2.840.10045.3.1.7"), inner);
  return testKey(key, wide ? algorithms.ecdsaWithSha384 : algorithms.ecdsaWithSha256);
}

export const edKey = (label: string): TestKey =>
  testKey(pkcs8Key(ed25519, octets(seed(label))), algorithms.ed25519);

/** The next prime after a number of so many bits that follows from the label. */
function prime(label: string, size: number): bigint {
  let digits = "";
  for (let i = 0; digits.length < size / 4; i++) digits += Buffer.from(seed(`${label} ${i}`)).toString("hex");
  const top = 3n << BigInt(size - 2);
  let candidate = toBigInt(hex(digits.slice(0, size / 4))) | top | 1n;
  while (candidate % 65_537n === 1n || !checkPrimeSync(candidate)) candidate += 2n;
  return candidate;
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [r0, r1, s0, s1] = [modulus, value % modulus, 0n, 1n];
  while (r1 > 0n) [r0, r1, s0, s1] = [r1, r0 % r1, s1, s0 - (r0 / r1) * s1];
  return (s0 + modulus) % modulus;
}

export function rsaKey(label: string, size = 2048): TestKey {
  const e = 65_537n;
  const p = prime(`${label} p`, size / 2);
  const q = prime(`${label} q`, size / 2);
  const d = inverse(e, (p - 1n) * (q - 1n));
  const numbers = [0n, p * q, e, d, p, q, d % (p - 1n), d % (q - 1n), inverse(q, p)];
  const key = pkcs8Key(seq(oid("1.2.840.113549.1.1.1"), nul), seq(...numbers.map(int)));
  return testKey(key, algorithms.rsaWithSha256);
}

export interface Issued {
  readonly der: Uint8Array;
  readonly subject: Uint8Array;
  readonly key: TestKey;
}

export interface Wish extends Parts {
  /** Text stands for a name of one CN. */
  readonly subjectName?: string;
  readonly key?: TestKey;
  /** Absent: self-signed. */
  readonly by?: { readonly subject: Uint8Array; readonly key: TestKey };
  readonly algorithm?: Algorithm;
  /** Signs other bytes than the certificate's. */
  readonly spoil?: boolean;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** Signs with the key's algorithm, or one that is named. */
async function signature(
  referee: Referee,
  key: TestKey,
  algorithm: Algorithm,
  data: Uint8Array,
): Promise<Uint8Array> {
  const kind = key.key.asymmetricKeyType;
  // RSA and Ed25519 are deterministic everywhere; for ECDSA it takes RFC 6979.
  if (kind !== "ec") {
    const hash = kind === "ed25519" ? null : algorithm.hash.replace("-", "").toLowerCase();
    return new Uint8Array(sign(hash, data, key.key));
  }
  const answer = await referee.demand("sign", { key: key.pkcs8, data: base64(data), hash: algorithm.hash });
  return new Uint8Array(Buffer.from(answer.signature, "base64"));
}

/** A really signed certificate; fields not wished for are those of {@link tbsCertificate}. */
export async function forge(referee: Referee, wish: Wish): Promise<Issued> {
  const subject = wish.subject ?? name(cn(wish.subjectName ?? "alice"));
  const key = wish.key ?? ecKey(wish.subjectName ?? "leaf");
  const signer = wish.by ?? { subject, key };
  const algorithm = wish.algorithm ?? signer.key.algorithm;
  const tbs = tbsCertificate({
    issuer: signer.subject,
    innerAlgorithm: algorithm.identifier,
    ...wish,
    subject,
    subjectPublicKeyInfo: wish.subjectPublicKeyInfo ?? key.spki,
  });
  const signed = await signature(referee, signer.key, algorithm, wish.spoil ? join(tbs, hex("00")) : tbs);
  return {
    subject,
    key,
    der: certificate({ tbs, outerAlgorithm: algorithm.identifier, signature: bits(signed) }),
  };
}
