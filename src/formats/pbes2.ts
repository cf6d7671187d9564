/** Encryption under a password: PBES2 with PBKDF2 and AES-256-CBC (RFC 8018 6.2). */
import * as asn1js from "asn1js";
import { EncryptedContentInfo, EncryptedData, PBES2Params, PBKDF2Params } from "pkijs";
import type { AlgorithmIdentifier } from "pkijs";
import { FormatError } from "../errors.ts";
import { bufferOf, passwordBytes, reading } from "./asn1.ts";
import type { IterationBudget } from "./asn1.ts";

const DATA = "1.2.840.113549.1.7.1";
const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";

/** What old tools and other schemes use, by name, so that the error says more than a number. */
const OTHERS: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.5.3": "MD5 and DES",
  "1.2.840.113549.1.5.10": "SHA-1 and DES",
  "1.2.840.113549.1.12.1.1": "SHA-1 and RC4",
  "1.2.840.113549.1.12.1.3": "SHA-1 and 3DES",
  "1.2.840.113549.1.12.1.5": "SHA-1 and RC2",
  "1.2.840.113549.1.12.1.6": "SHA-1 and RC2 of 40 bits",
  "1.3.6.1.4.1.11591.4.11": "scrypt",
};
/** AES-128, AES-192 and AES-256 in CBC mode. */
const CIPHERS: readonly string[] = [
  "2.16.840.1.101.3.4.1.2",
  "2.16.840.1.101.3.4.1.22",
  "2.16.840.1.101.3.4.1.42",
];

/** What is encrypted, and how. */
export interface Encrypted {
  readonly algorithm: AlgorithmIdentifier;
  readonly content: ArrayBuffer;
}

/** Encrypts with a key of the password; salt and initialization vector are drawn by pkijs from the runtime's generator. */
export async function encryptWithPassword(
  content: Uint8Array,
  password: string,
  iterations: number,
): Promise<Encrypted> {
  const data = new EncryptedData();
  await data.encrypt({
    password: passwordBytes(password),
    contentEncryptionAlgorithm: { name: "AES-CBC", length: 256 } as AesCbcParams & { length: number },
    hmacHashAlgorithm: "SHA-256",
    iterationCount: iterations,
    contentToEncrypt: bufferOf(content),
  });
  const { encryptedContentInfo } = data;
  return {
    algorithm: encryptedContentInfo.contentEncryptionAlgorithm,
    content: encryptedContentInfo.getEncryptedContent(),
  };
}

/** Looks at the algorithm before any work is done for it. */
export async function decryptWithPassword(
  { algorithm, content }: Encrypted,
  password: string,
  budget: IterationBudget,
): Promise<Uint8Array> {
  budget.take(iterationsOf(algorithm));
  const encryptedContentInfo = new EncryptedContentInfo({
    contentType: DATA,
    contentEncryptionAlgorithm: algorithm,
    encryptedContent: new asn1js.OctetString({ valueHex: content }),
  });
  try {
    const data = new EncryptedData({ encryptedContentInfo });
    return new Uint8Array(await data.decrypt({ password: passwordBytes(password) }));
  } catch (cause) {
    throw passwordError(cause);
  }
}

/** Of a wrong password as of broken bytes. */
export function passwordError(cause?: unknown): FormatError {
  return new FormatError("ERR_FORMAT_PASSWORD", "the password is wrong, or the file is damaged", { cause });
}

function iterationsOf({ algorithmId, algorithmParams }: AlgorithmIdentifier): number {
  if (algorithmId !== PBES2) throw unsupported(algorithmId);
  const { keyDerivationFunc, encryptionScheme } = reading(
    "PBES2-params",
    () => new PBES2Params({ schema: algorithmParams as asn1js.AsnType }),
  );
  if (keyDerivationFunc.algorithmId !== PBKDF2) throw unsupported(keyDerivationFunc.algorithmId);
  if (!CIPHERS.includes(encryptionScheme.algorithmId)) throw unsupported(encryptionScheme.algorithmId);
  return reading(
    "PBKDF2-params",
    () => new PBKDF2Params({ schema: keyDerivationFunc.algorithmParams as asn1js.AsnType }).iterationCount,
  );
}

function unsupported(oid: string): FormatError {
  const name = Object.hasOwn(OTHERS, oid) ? `${OTHERS[oid]} (${oid})` : oid;
  return new FormatError(
    "ERR_FORMAT_UNSUPPORTED",
    `it is encrypted with ${name}, expected PBKDF2 and AES-CBC`,
  );
}
