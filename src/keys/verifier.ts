import { ByteCache } from "../byte-cache.ts";
import { compareBytes, fromHex } from "../bytes.ts";
import { KeyError } from "../errors.ts";
import { findSignatureAlgorithm } from "./algorithm-identifier.ts";
import type { SignatureAlgorithm } from "./algorithms.ts";
import { isSignatureDer, signatureFromDer } from "./ecdsa-signature.ts";
import { readPublicKey, type PublicKeyOptions, type PublicKeyParts } from "./public-key.ts";
import { cryptoKeyFrom, webCryptoParameters } from "./web-crypto.ts";
import type { CryptoKey, WebCryptoParameters } from "./web-crypto.ts";

/**
 * Tells whether a signature holds: of this key, under this algorithm, over these bytes. It may answer at once or with a promise.
 *
 * `subjectPublicKeyInfo` and `signatureAlgorithm` are DER, `signature` has the form of certificates (ECDSA as DER).
 * {@link verifySignature} is the default wherever a verifier can be given.
 */
export type SignatureVerifier = (
  subjectPublicKeyInfo: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
  data: Uint8Array,
) => boolean | Promise<boolean>;

/** What is known before any arithmetic. */
export interface CheckedSignature {
  readonly key: PublicKeyParts;
  readonly algorithm: SignatureAlgorithm;
  /** Whether a signature of this key can look so. */
  readonly wellFormed: boolean;
}

/**
 * Verifies a signature with WebCrypto, after a strict reading of key, algorithm and signature of our own.
 *
 * A signature that does not hold, whether malformed or wrong, gives `false`. A key or algorithm that must not be used throws, for then the
 * question has no answer: see {@link parsePublicKey} and {@link parseSignatureAlgorithm} for what is taken.
 * For a certificate, give the issuer's `subjectPublicKeyInfo`, and its own `signatureAlgorithm.der`, `signature` and `tbsCertificate`.
 * Imported keys are remembered by their bytes, up to 256 of them. Not checked: who the key belongs to.
 *
 * Source: RFC 5280 6.1.3 (a)(1), Go crypto/x509 `checkSignature`.
 *
 * @throws KeyError `ERR_KEY_UNSUPPORTED_ALGORITHM`, `ERR_KEY_UNSUPPORTED_BY_RUNTIME`, `ERR_KEY_FORMAT`, `ERR_KEY_WEAK`, `ERR_SIGNATURE_ALGORITHM`
 * @throws DerError if the key is not DER
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, verifySignature } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const data = new TextEncoder().encode("to be signed");
 * const signature = await signer.sign(data);
 * const { subjectPublicKeyInfo, signatureAlgorithm } = signer;
 * assert.equal(await verifySignature(subjectPublicKeyInfo, signatureAlgorithm, signature, data), true);
 * assert.equal(await verifySignature(subjectPublicKeyInfo, signatureAlgorithm, signature, new Uint8Array(3)), false);
 * ```
 */
export async function verifySignature(
  subjectPublicKeyInfo: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
  data: Uint8Array,
  options: PublicKeyOptions = {},
): Promise<boolean> {
  const spki = new Uint8Array(subjectPublicKeyInfo); // copies: the caller's bytes may change while we wait
  const signed = new Uint8Array(data);
  const checked = checkSignature(spki, signatureAlgorithm, signature, options);
  if (!checked.wellFormed) return false;
  const { algorithm } = checked.key;
  const parameters = webCryptoParameters(algorithm, checked.algorithm);
  const value =
    algorithm.kind === "curve" ? signatureFromDer(signature, algorithm) : new Uint8Array(signature);
  const key = await importPublicKey(spki, parameters, checked);
  return crypto.subtle.verify(parameters, key, value, signed);
}

/**
 * Everything about a signature that needs no arithmetic: key and algorithm are sound and belong together, and the value has the shape that
 * this key makes. Both verifiers start here.
 *
 * @throws KeyError, DerError as {@link verifySignature}
 */
export function checkSignature(
  subjectPublicKeyInfo: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
  options: PublicKeyOptions,
): CheckedSignature {
  const algorithm = findSignatureAlgorithm(signatureAlgorithm);
  const key = readPublicKey(subjectPublicKeyInfo, options);
  if (key.algorithm.family !== algorithm.family) {
    throw new KeyError(
      "ERR_SIGNATURE_ALGORITHM",
      `a key of ${key.name} cannot have made a signature of ${algorithm.name}`,
    );
  }
  return { key, algorithm, wellFormed: isSignatureShaped(key, signature) };
}

/** Whether a signature of this key can look so, in the form of certificates. */
export function isSignatureShaped(
  { algorithm, signatureSize }: PublicKeyParts,
  signature: Uint8Array,
): boolean {
  if (algorithm.kind === "curve") return isSignatureDer(signature, algorithm);
  return signature.length === signatureSize && (algorithm.name !== "Ed25519" || isReduced(signature));
}

/** Order of Ed25519's base point, big-endian (RFC 8032 5.1). */
const ED25519_ORDER: Uint8Array = /* @__PURE__ */ fromHex(
  "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed",
);

/** RFC 8032 5.1.7: S, the little-endian second half, is below the order, or one signature would have many forms. */
function isReduced(signature: Uint8Array): boolean {
  return compareBytes(signature.slice(32).reverse(), ED25519_ORDER) < 0;
}

/** As many CAs as a process sees, and little memory where an attacker chooses the keys. */
const MAX_REMEMBERED = 256;
const remembered = /* @__PURE__ */ new ByteCache<Promise<CryptoKey>>(MAX_REMEMBERED);

function importPublicKey(
  spki: Uint8Array<ArrayBuffer>,
  parameters: WebCryptoParameters,
  { key, algorithm }: CheckedSignature,
): Promise<CryptoKey> {
  const known = remembered.get(spki, algorithm.name);
  if (known) return known;
  const imported = cryptoKeyFrom(key.name, () =>
    crypto.subtle.importKey("spki", spki, parameters, false, ["verify"]),
  );
  remembered.set(imported, spki, algorithm.name);
  imported.catch(() => remembered.delete(spki, algorithm.name));
  return imported;
}
