/** Private keys under a password (RFC 5958 `EncryptedPrivateKeyInfo`). */
import * as asn1js from "asn1js";
import { PKCS8ShroudedKeyBag } from "pkijs";
import { KeyError, DerError, PemError, FormatError } from "../errors.ts";
import { parsePrivateKey } from "../keys/private-key.ts";
import type { PrivateKey, PrivateKeyOptions } from "../keys/private-key.ts";
import { encodePem, parsePem } from "../pem.ts";
import { IterationBudget, bufferOf, readBer, reading } from "./asn1.ts";
import type { PasswordLimits } from "./asn1.ts";
import { decryptWithPassword, encryptWithPassword, passwordError } from "./pbes2.ts";
import type { Encrypted } from "./pbes2.ts";

/** How a key is encrypted. */
export interface EncryptOptions {
  /** Rounds of PBKDF2; 600,000 by default, as OWASP recommends for HMAC-SHA256. */
  readonly iterations?: number;
}

const ITERATIONS = 600_000;
const LABEL = "ENCRYPTED PRIVATE KEY";

/**
 * A private key as PEM that only the password opens: PKCS#8 under PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC, as `openssl pkcs8 -topk8` writes it and
 * OpenSSL, Go's x/crypto and Java read it.
 *
 * A short password is guessed whatever the rounds. Kubernetes reads no encrypted keys: this is for transport and backups.
 *
 * Source: RFC 5958 section 3, RFC 8018 section 6.2.
 *
 * @throws KeyError `ERR_KEY_NOT_EXTRACTABLE`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, keyMatchesCertificate } from "kubepki";
 * import { decryptPrivateKey, encryptPrivateKey } from "kubepki/formats";
 *
 * const { privateKey } = await generateKeyPair("ECDSA-P256");
 * const pem = await encryptPrivateKey(privateKey, "correct horse battery staple");
 * assert.match(pem, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
 * const again = await decryptPrivateKey(pem, "correct horse battery staple");
 * assert.equal(keyMatchesCertificate(again, privateKey), true);
 * ```
 */
export async function encryptPrivateKey(
  key: PrivateKey,
  password: string,
  { iterations = ITERATIONS }: EncryptOptions = {},
): Promise<string> {
  const pkcs8 = await key.exportDer("pkcs8");
  try {
    const encrypted = await encryptWithPassword(pkcs8, password, iterations);
    return encodePem(LABEL, new Uint8Array(encryptedKeyInfo(encrypted).toBER()));
  } finally {
    pkcs8.fill(0);
  }
}

/** `EncryptedPrivateKeyInfo`. */
export function encryptedKeyInfo({ algorithm, content }: Encrypted): asn1js.Sequence {
  return new asn1js.Sequence({
    value: [algorithm.toSchema(), new asn1js.OctetString({ valueHex: content })],
  });
}

/**
 * Reads a private key that {@link encryptPrivateKey}, `openssl pkcs8 -topk8`, certtool or Java encrypted: PEM with one block `ENCRYPTED PRIVATE KEY`, or DER.
 *
 * PBES2 with PBKDF2 and AES-CBC is read. DES, 3DES and RC2 of old tools are not: no WebCrypto has them.
 *
 * Source: RFC 5958 section 3, RFC 8018 section 6.2.
 *
 * @throws FormatError `ERR_FORMAT_PASSWORD`, `ERR_FORMAT_STRUCTURE`, `ERR_FORMAT_UNSUPPORTED`, `ERR_FORMAT_LIMIT`
 * @throws PemError `ERR_PEM_NO_BLOCK`, `ERR_PEM_MULTIPLE` and the codes of `parsePem`; KeyError as `parsePrivateKey`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair } from "kubepki";
 * import { decryptPrivateKey, encryptPrivateKey } from "kubepki/formats";
 *
 * const { privateKey } = await generateKeyPair("Ed25519");
 * const pem = await encryptPrivateKey(privateKey, "secret", { iterations: 1000 });
 * await assert.rejects(decryptPrivateKey(pem, "Secret"), { code: "ERR_FORMAT_PASSWORD" });
 * ```
 */
export async function decryptPrivateKey(
  input: string | Uint8Array,
  password: string,
  options: PrivateKeyOptions & PasswordLimits = {},
): Promise<PrivateKey> {
  const der = typeof input === "string" ? encryptedBlock(input) : input;
  const schema = readBer(der, "EncryptedPrivateKeyInfo", options);
  const bag = reading("EncryptedPrivateKeyInfo", () => new PKCS8ShroudedKeyBag({ schema }));
  return decryptKeyBag(bag, password, new IterationBudget(options), options);
}

/** The key in a bag of PKCS#12, which has the same shape. */
export async function decryptKeyBag(
  bag: PKCS8ShroudedKeyBag,
  password: string,
  budget: IterationBudget,
  options: PrivateKeyOptions,
): Promise<PrivateKey> {
  const pkcs8 = await decryptBag(bag, password, budget);
  try {
    return await parsePrivateKey(pkcs8, options);
  } catch (error) {
    // One wrong password in 256 leaves a padding that looks right, and garbage before it.
    if (error instanceof DerError || (error instanceof KeyError && error.code === "ERR_KEY_FORMAT"))
      throw passwordError(error);
    throw error;
  } finally {
    pkcs8.fill(0);
  }
}

/** What is in the bag, PKCS#8 if the password is the right one. */
export function decryptBag(
  { encryptionAlgorithm, encryptedData }: PKCS8ShroudedKeyBag,
  password: string,
  budget: IterationBudget,
): Promise<Uint8Array> {
  const content = bufferOf(new Uint8Array(encryptedData.getValue()));
  return decryptWithPassword({ algorithm: encryptionAlgorithm, content }, password, budget);
}

function encryptedBlock(text: string): Uint8Array {
  const blocks = parsePem(text).filter(({ label }) => label.endsWith("PRIVATE KEY"));
  const [block, second] = blocks;
  if (!block) throw new PemError("ERR_PEM_NO_BLOCK", "there is no private key in the text");
  if (second) {
    const message = `there are ${blocks.length} private keys in the text`;
    throw new PemError("ERR_PEM_MULTIPLE", message, { line: second.line });
  }
  if (block.label === LABEL) return block.der;
  const message = `the ${block.label} is not encrypted; parsePrivateKey reads it`;
  throw new FormatError("ERR_FORMAT_STRUCTURE", message, { line: block.line });
}
