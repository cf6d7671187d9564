/** What keeps a PKCS#12 file whole: the MAC of RFC 7292, whose key pkijs derives in JavaScript, and PBMAC1 of RFC 9579, which is WebCrypto's work. */
import * as asn1js from "asn1js";
import { AlgorithmIdentifier, PBKDF2Params, getCrypto } from "pkijs";
import type { MacData } from "pkijs";
import { FormatError } from "../errors.ts";
import { bufferOf, passwordBytes, reading, readingLater } from "./asn1.ts";
import type { IterationBudget } from "./asn1.ts";

const PBMAC1 = "1.2.840.113549.1.5.14";
const PBKDF2 = "1.2.840.113549.1.5.12";
const HMAC_SHA256 = "1.2.840.113549.2.9";

/** SHA-1 and SHA-2: the hashes that pkijs has for the MAC of RFC 7292. */
const HASHES: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "SHA-1",
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};

/** The hashes of HMAC in PBMAC1. */
const HMACS: Readonly<Record<string, string>> = {
  "1.2.840.113549.2.9": "SHA-256",
  "1.2.840.113549.2.10": "SHA-384",
  "1.2.840.113549.2.11": "SHA-512",
};

/** Whether the MAC is the one that the password makes of the content. */
export async function macHolds(
  macData: MacData,
  content: Uint8Array,
  password: string,
  budget: IterationBudget,
): Promise<boolean> {
  const { mac, macSalt, iterations: iterationCount = 1 } = macData;
  const { algorithmId } = mac.digestAlgorithm;
  const digest = bufferOf(new Uint8Array(mac.digest.getValue()));
  if (algorithmId === PBMAC1) {
    const parameters = readPbmac1(mac.digestAlgorithm);
    budget.take(parameters.iterations);
    const key = await pbmac1Key(parameters, password);
    return crypto.subtle.verify("HMAC", key, digest, bufferOf(content));
  }
  const hashAlgorithm = hashOf(HASHES, algorithmId, "SHA-1, SHA-2 or PBMAC1");
  budget.takeSlow(iterationCount);
  return readingLater("PKCS#12 file", () =>
    getCrypto(true).verifyDataStampedWithPassword({
      password: passwordBytes(password),
      hashAlgorithm,
      salt: bufferOf(new Uint8Array(macSalt.getValue())),
      iterationCount,
      contentToVerify: bufferOf(content),
      signatureToVerify: digest,
    }),
  );
}

interface Pbmac1 {
  readonly salt: ArrayBuffer;
  readonly iterations: number;
  /** Octets of the key; RFC 9579 wants it stated. */
  readonly keyLength: number;
  /** Of the key derivation. */
  readonly prf: string;
  /** Of the MAC. */
  readonly hash: string;
}

function readPbmac1({ algorithmParams }: AlgorithmIdentifier): Pbmac1 {
  const { keyDerivation, scheme } = reading("PBMAC1-params", () => {
    if (!(algorithmParams instanceof asn1js.Sequence)) throw new Error("a SEQUENCE is missing");
    const [first, second] = algorithmParams.valueBlock.value;
    return {
      keyDerivation: new AlgorithmIdentifier({ schema: first }),
      scheme: new AlgorithmIdentifier({ schema: second }),
    };
  });
  if (keyDerivation.algorithmId !== PBKDF2) throw unsupported(keyDerivation.algorithmId, "PBKDF2");
  const parameters = reading(
    "PBKDF2-params",
    () => new PBKDF2Params({ schema: keyDerivation.algorithmParams as asn1js.AsnType }),
  );
  const { salt, iterationCount, keyLength, prf } = parameters;
  if (!(salt instanceof asn1js.OctetString)) throw unsupported("a salt from elsewhere", "a salt");
  if (keyLength === undefined || !(keyLength >= 20 && keyLength <= 64))
    throw unsupported(`a key of ${keyLength ?? "unknown"} octets`, "20 to 64");
  return {
    salt: salt.getValue(),
    iterations: iterationCount,
    keyLength,
    prf: hashOf(HMACS, prf?.algorithmId ?? "SHA-1", "HMAC with SHA-2"),
    hash: hashOf(HMACS, scheme.algorithmId, "HMAC with SHA-2"),
  };
}

async function pbmac1Key(
  { salt, iterations, keyLength, prf, hash }: Pbmac1,
  password: string,
): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey("raw", passwordBytes(password), "PBKDF2", false, [
    "deriveBits",
  ]);
  const bits = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: prf, salt, iterations },
    secret,
    keyLength * 8,
  );
  return crypto.subtle.importKey("raw", bits, { name: "HMAC", hash }, false, ["sign", "verify"]);
}

/** MacData with PBMAC1 of HMAC-SHA256, whose salt and rounds stand in the parameters; those of RFC 7292 say nothing then (RFC 9579 4). */
export async function pbmac1Data(
  content: Uint8Array,
  password: string,
  iterations: number,
): Promise<asn1js.Sequence> {
  const salt = crypto.getRandomValues(new Uint8Array(16)).buffer;
  const key = await pbmac1Key({ salt, iterations, keyLength: 32, prf: "SHA-256", hash: "SHA-256" }, password);
  const digest = await crypto.subtle.sign("HMAC", key, bufferOf(content));
  const hmac = sequence(oid(HMAC_SHA256), new asn1js.Null());
  const derivation = sequence(
    new asn1js.OctetString({ valueHex: salt }),
    new asn1js.Integer({ value: iterations }),
    new asn1js.Integer({ value: 32 }),
    hmac,
  );
  const algorithm = sequence(oid(PBMAC1), sequence(sequence(oid(PBKDF2), derivation), hmac));
  return sequence(
    sequence(algorithm, new asn1js.OctetString({ valueHex: digest })),
    new asn1js.OctetString({ valueHex: new TextEncoder().encode("NOT USED").buffer }),
    new asn1js.Integer({ value: 1 }),
  );
}

function sequence(...value: asn1js.AsnType[]): asn1js.Sequence {
  return new asn1js.Sequence({ value });
}

function oid(value: string): asn1js.ObjectIdentifier {
  return new asn1js.ObjectIdentifier({ value });
}

function hashOf(hashes: Readonly<Record<string, string>>, id: string, expected: string): string {
  if (Object.hasOwn(hashes, id)) return hashes[id]!;
  throw unsupported(id, expected);
}

function unsupported(found: string, expected: string): FormatError {
  return new FormatError("ERR_FORMAT_UNSUPPORTED", `the MAC is made with ${found}, expected ${expected}`);
}
