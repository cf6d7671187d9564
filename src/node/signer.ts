import { createPrivateKey, createPublicKey, createSign, constants, sign, verify } from "node:crypto";
import type { KeyObject, VerifyKeyObjectInput } from "node:crypto";
import { equalBytes } from "../bytes.ts";
import { KeyError } from "../errors.ts";
import { signatureAlgorithmNamed } from "../keys/algorithm-identifier.ts";
import type { SignatureAlgorithm } from "../keys/algorithms.ts";
import { writePrivateKey, type PrivateKeyParts } from "../keys/private-key-der.ts";
import { readPrivateKeyInput } from "../keys/private-key.ts";
import { readPublicKey, type PublicKeyOptions } from "../keys/public-key.ts";
import { asReader, type Signer } from "../keys/signer.ts";
import { checkSignature } from "../keys/verifier.ts";
import { withText } from "../readable.ts";
import { importError, importPublicKey } from "./public-key-object.ts";

/** A {@link Signer} that answers at once. */
export interface SyncSigner extends Signer {
  /** As {@link Signer.sign}, at once. */
  sign(data: Uint8Array): Uint8Array;
}

/**
 * A {@link Signer} with a `node:crypto` key, which answers at once: issuing then needs no promise, and costs little more than the signature.
 *
 * The signature algorithm is that of `signatureAlgorithmFor`. The public key is derived from the private one, so they belong together.
 *
 * Source: Go crypto/x509 `signingParamsForKey`, node:crypto `sign`.
 *
 * @throws KeyError, DerError as `parsePublicKey`
 * @throws TypeError if it is no private key
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPairSync } from "node:crypto";
 * import { parseSignatureAlgorithm } from "kubepki";
 * import { keyObjectSigner } from "kubepki/node";
 *
 * const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
 * const signer = keyObjectSigner(privateKey);
 * assert.equal(parseSignatureAlgorithm(signer.signatureAlgorithm), "ECDSA-SHA256");
 * assert.equal(signer.sign(new Uint8Array([1, 2, 3]))[0], 0x30);
 * ```
 */
export function keyObjectSigner(privateKey: KeyObject): SyncSigner {
  if (privateKey.type !== "private")
    throw new TypeError(`the KeyObject is a ${privateKey.type} key, not a private key`);
  const subjectPublicKeyInfo = exportPublicKey(privateKey);
  const { algorithm, name } = readPublicKey(subjectPublicKeyInfo);
  const signature = signatureAlgorithmNamed(algorithm.signature);
  const digest = digestOf(signature);
  const signer = {
    subjectPublicKeyInfo,
    signatureAlgorithm: signature.identifiers[0]!.slice(),
    sign(data: Uint8Array): Uint8Array {
      // The streaming form costs a twentieth less than the other, which knows the algorithms that hash by themselves.
      const made =
        digest === null ? sign(null, data, privateKey) : createSign(digest).update(data).sign(privateKey);
      const { buffer, byteOffset, byteLength } = made;
      return new Uint8Array(buffer, byteOffset, byteLength); // no Buffer: its methods differ from those of Uint8Array
    },
  };
  return asReader(withText(signer, `Signer(${name})`, { algorithm: name }));
}

/**
 * Reads a private key as `parsePrivateKey` does, at once, into a `node:crypto` key.
 *
 * The bytes are read by us first and given to OpenSSL in one form, PKCS#8. Guaranteed: a public key that stands beside the private one is
 * its own, and that the key can make a signature that holds.
 *
 * @throws KeyError, PemError, DerError as `parsePrivateKey`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair } from "kubepki";
 * import { keyObjectSigner, parseKeyObject } from "kubepki/node";
 *
 * const { privateKey } = await generateKeyPair("ECDSA-P256");
 * const signer = keyObjectSigner(parseKeyObject(await privateKey.exportPem()));
 * assert.deepEqual(signer.subjectPublicKeyInfo, privateKey.subjectPublicKeyInfo);
 * ```
 */
export function parseKeyObject(input: string | Uint8Array): KeyObject {
  const parts = readPrivateKeyInput(input);
  const key = importPkcs8(parts);
  const subjectPublicKeyInfo = exportPublicKey(key);
  const { publicKey } = readPublicKey(subjectPublicKeyInfo);
  if (parts.publicKey && !equalBytes(parts.publicKey, publicKey)) {
    throw new KeyError(
      "ERR_KEY_MISMATCH",
      `the ${parts.algorithm.name} key states a public key that is not its own`,
    );
  }
  proveKey(key, subjectPublicKeyInfo);
  return key;
}

/** Without the public key: OpenSSL computes it, so that it cannot be another's. */
function importPkcs8(parts: PrivateKeyParts): KeyObject {
  const pkcs8 = writePrivateKey({ ...parts, publicKey: undefined }, "pkcs8");
  try {
    return createPrivateKey({ key: Buffer.from(pkcs8.buffer), format: "der", type: "pkcs8" });
  } catch (error) {
    throw importError(error, parts.algorithm);
  } finally {
    pkcs8.fill(0);
  }
}

function proveKey(key: KeyObject, subjectPublicKeyInfo: Uint8Array): void {
  const data = new TextEncoder().encode("kubepki: do these two keys belong together?");
  const signer = keyObjectSigner(key);
  let signature: Uint8Array | undefined;
  let cause: unknown;
  try {
    signature = signer.sign(data);
  } catch (error) {
    cause = error; // what OpenSSL says of RSA numbers that contradict each other
  }
  if (signature && verifySignatureSync(subjectPublicKeyInfo, signer.signatureAlgorithm, signature, data))
    return;
  throw new KeyError("ERR_KEY_MISMATCH", "the private key and the public key do not belong together", {
    cause,
  });
}

/**
 * Verifies a signature at once, with `node:crypto`, under the rules of `verifySignature`, and with the same answers.
 *
 * Keys are remembered by their bytes, up to 256 of them.
 *
 * @throws KeyError, DerError as `verifySignature`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPairSync } from "node:crypto";
 * import { keyObjectSigner, verifySignatureSync } from "kubepki/node";
 *
 * const { sign, subjectPublicKeyInfo, signatureAlgorithm } = keyObjectSigner(generateKeyPairSync("ed25519").privateKey);
 * const data = new Uint8Array([1, 2, 3]);
 * assert.equal(verifySignatureSync(subjectPublicKeyInfo, signatureAlgorithm, sign(data), data), true);
 * assert.equal(verifySignatureSync(subjectPublicKeyInfo, signatureAlgorithm, sign(data), new Uint8Array(3)), false);
 * ```
 */
export function verifySignatureSync(
  subjectPublicKeyInfo: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
  data: Uint8Array,
  options: PublicKeyOptions = {},
): boolean {
  const checked = checkSignature(subjectPublicKeyInfo, signatureAlgorithm, signature, options);
  if (!checked.wellFormed) return false;
  const { saltLength } = checked.algorithm;
  const publicKey = importPublicKey(subjectPublicKeyInfo, checked.key);
  const key: KeyObject | VerifyKeyObjectInput = saltLength
    ? { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
    : publicKey;
  return verify(digestOf(checked.algorithm), data, key, signature);
}

const DIGESTS = { "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" } as const;

/** OpenSSL's name of the hash; null where the algorithm has its own. */
export function digestOf({ hash }: SignatureAlgorithm): string | null {
  return hash ? DIGESTS[hash] : null;
}

function exportPublicKey(privateKey: KeyObject): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createPublicKey(privateKey).export({ format: "der", type: "spki" }));
}
