import { KeyError } from "../errors.ts";
import { withText } from "../readable.ts";
import { signatureAlgorithmNamed } from "./algorithm-identifier.ts";
import { KEY_ALGORITHMS, SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from "./algorithms.ts";
import { signatureToDer } from "./ecdsa-signature.ts";
import { encodeSubjectPublicKeyInfo, readPublicKey, type PublicKeyParts } from "./public-key.ts";
import { verifySignature } from "./verifier.ts";
import { webCryptoParameters } from "./web-crypto.ts";
import type { CryptoKey } from "./web-crypto.ts";

/**
 * Whatever can sign: a WebCrypto key ({@link cryptoKeySigner}), a `node:crypto` key (`keyObjectSigner` of `kubepki/node`), or a key that
 * never leaves a key service or a hardware module: any object of this shape.
 *
 * @example A key in a key service, which takes the data and answers with a signature in DER.
 * ```ts
 * import assert from "node:assert/strict";
 * import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
 * import { parsePublicKey, signatureAlgorithmFor, verifySignature, type Signer } from "kubepki";
 *
 * // Stands for the service: the key stays behind these two functions.
 * const hidden = generateKeyPairSync("ec", { namedCurve: "P-256" });
 * const service = {
 *   getPublicKey: async () => hidden.publicKey.export({ format: "pem", type: "spki" }).toString(),
 *   sign: async (message: Uint8Array) => sign("sha256", message, hidden.privateKey),
 * };
 *
 * const { subjectPublicKeyInfo } = parsePublicKey(await service.getPublicKey());
 * const signer: Signer = {
 *   subjectPublicKeyInfo,
 *   signatureAlgorithm: signatureAlgorithmFor(subjectPublicKeyInfo),
 *   sign: (data) => service.sign(data),
 * };
 *
 * const data = new Uint8Array([1, 2, 3]);
 * const signature = await signer.sign(data);
 * assert.equal(await verifySignature(subjectPublicKeyInfo, signer.signatureAlgorithm, signature, data), true);
 * ```
 */
export interface Signer {
  /** DER SubjectPublicKeyInfo of the public half. */
  readonly subjectPublicKeyInfo: Uint8Array;
  /** DER AlgorithmIdentifier of the signatures, as it goes into a certificate. */
  readonly signatureAlgorithm: Uint8Array;
  /** Signs the bytes (not their hash). Answers with the signature as it goes into a certificate: for ECDSA as DER, see {@link encodeEcdsaSignature}. */
  sign(data: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Signers of ours that answer at once and only read what they sign; frozen, so that they stay so. */
const readers = /* @__PURE__ */ new WeakSet<Signer>();

/** Tells whether a signer is through with what it signs when it answers, and has not changed it. Of another we do not know, so it gets a copy. */
export function onlyReads(signer: Signer): boolean {
  return readers.has(signer);
}

/** Says of a signer of ours what {@link onlyReads} asks, and freezes it. */
export function asReader<T extends Signer>(signer: T): T {
  readers.add(signer);
  return Object.freeze(signer);
}

/** A WebCrypto key pair, or a private key with the DER SubjectPublicKeyInfo of its public half. */
export type SigningCryptoKey =
  | {
      /** May sign; need not be extractable. */
      readonly privateKey: CryptoKey;
      /** Extractable, as public keys are. */
      readonly publicKey: CryptoKey;
    }
  | {
      /** May sign; need not be extractable. */
      readonly privateKey: CryptoKey;
      /** DER of the public half. */
      readonly subjectPublicKeyInfo: Uint8Array;
    };

/**
 * The signature algorithm that Kubernetes takes for a key, as DER AlgorithmIdentifier: SHA-256 for RSA (PKCS#1 v1.5) and P-256, SHA-384 for
 * P-384, SHA-512 for P-521; Ed25519 and ML-DSA have their own.
 *
 * Source: Go crypto/x509 `signingParamsForKey`.
 *
 * @throws KeyError, DerError as {@link parsePublicKey}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, parseSignatureAlgorithm, signatureAlgorithmFor } from "kubepki";
 *
 * const { publicKey } = await generateKeyPair("ECDSA-P384");
 * const der = signatureAlgorithmFor(publicKey.subjectPublicKeyInfo);
 * assert.equal(parseSignatureAlgorithm(der), "ECDSA-SHA384");
 * ```
 */
export function signatureAlgorithmFor(subjectPublicKeyInfo: Uint8Array): Uint8Array<ArrayBuffer> {
  const { algorithm } = readPublicKey(subjectPublicKeyInfo);
  return signatureAlgorithmNamed(algorithm.signature).identifiers[0]!.slice();
}

/**
 * A {@link Signer} with a WebCrypto key, which may be one that cannot be extracted.
 *
 * The hash is that of {@link signatureAlgorithmFor}; an RSA key signs with the hash it is bound to. Guaranteed: private and public key
 * belong together, for one signature is made and verified before this resolves.
 *
 * @throws KeyError `ERR_KEY_MISMATCH` if they do not belong together, `ERR_SIGNATURE_ALGORITHM` for an RSA key bound to SHA-1 or to PSS, and
 * the codes of {@link parsePublicKey}
 * @throws TypeError if the private key is none that may sign, or the public key cannot be extracted
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { cryptoKeySigner, parseSignatureAlgorithm } from "kubepki";
 *
 * const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
 * const signer = await cryptoKeySigner(keys);
 * assert.equal(parseSignatureAlgorithm(signer.signatureAlgorithm), "ECDSA-SHA256");
 * ```
 */
export async function cryptoKeySigner(keys: SigningCryptoKey): Promise<Signer> {
  const signer = await trustedKeySigner(keys);
  await proveSigner(signer);
  return signer;
}

/** As {@link cryptoKeySigner}, for two halves that the runtime has just made together: a proof of what is so by construction would cost twice as much as the pair. */
export async function trustedKeySigner(keys: SigningCryptoKey): Promise<Signer> {
  const { privateKey } = keys;
  if (privateKey.type !== "private" || !privateKey.usages.includes("sign")) {
    throw new TypeError('the CryptoKey is no private key with the usage "sign"');
  }
  const subjectPublicKeyInfo =
    "subjectPublicKeyInfo" in keys
      ? new Uint8Array(keys.subjectPublicKeyInfo)
      : await exportPublicKey(keys.publicKey);
  const key = readPublicKey(subjectPublicKeyInfo);
  return bindSigner(privateKey, subjectPublicKeyInfo, key, signatureOf(privateKey, key));
}

async function exportPublicKey(key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  if (key.type !== "public" || !key.extractable)
    throw new TypeError("the CryptoKey is no public key that can be exported");
  const { namedCurve } = key.algorithm as { namedCurve?: string };
  const curve = KEY_ALGORITHMS.find((row) => row.kind === "curve" && row.curve === namedCurve);
  if (!curve) return new Uint8Array(await crypto.subtle.exportKey("spki", key));
  // The point alone: OpenSSL takes as long to write the rest around it as to make a key.
  return encodeSubjectPublicKeyInfo(curve, new Uint8Array(await crypto.subtle.exportKey("raw", key)));
}

/** The algorithm that this CryptoKey signs with: chosen by the key's kind, but for RSA by the hash that the CryptoKey is bound to. */
function signatureOf(privateKey: CryptoKey, { algorithm, name }: PublicKeyParts): SignatureAlgorithm {
  const bound = privateKey.algorithm as { name: string; namedCurve?: string; hash?: { name: string } };
  const usual = signatureAlgorithmNamed(algorithm.signature);
  const same =
    algorithm.kind === "rsa"
      ? bound.hash !== undefined
      : bound.name === usual.webCryptoName &&
        (algorithm.kind !== "curve" || bound.namedCurve === algorithm.curve);
  if (!same) {
    const found = bound.namedCurve ?? bound.name;
    throw new KeyError("ERR_KEY_MISMATCH", `the public key is of ${name}, the private key of ${found}`);
  }
  return algorithm.kind === "rsa" ? rsaSignatureOf(bound.name, bound.hash?.name) : usual;
}

function rsaSignatureOf(name: string, hash: string | undefined): SignatureAlgorithm {
  const found = SIGNATURE_ALGORITHMS.find((row) => row.webCryptoName === name && row.hash === hash);
  if (found && !found.saltLength) return found;
  throw new KeyError(
    "ERR_SIGNATURE_ALGORITHM",
    `the RSA key is for ${name} with ${hash}, not for RSASSA-PKCS1-v1_5 with SHA-256, SHA-384 or SHA-512`,
  );
}

function bindSigner(
  privateKey: CryptoKey,
  subjectPublicKeyInfo: Uint8Array,
  { algorithm, name }: PublicKeyParts,
  signature: SignatureAlgorithm,
): Signer {
  const parameters = webCryptoParameters(algorithm, signature);
  const signer = {
    subjectPublicKeyInfo,
    signatureAlgorithm: signature.identifiers[0]!.slice(),
    async sign(data: Uint8Array): Promise<Uint8Array> {
      const value = new Uint8Array(await crypto.subtle.sign(parameters, privateKey, new Uint8Array(data)));
      return algorithm.kind === "curve" ? signatureToDer(value, algorithm) : value;
    },
  };
  return withText(signer, `Signer(${name})`, { algorithm: name });
}

/**
 * Makes one signature and verifies it: nobody gets a signer whose halves do not belong together.
 *
 * @throws KeyError `ERR_KEY_MISMATCH`
 */
async function proveSigner(signer: Signer): Promise<void> {
  const data = new TextEncoder().encode("kubepki: do these two keys belong together?");
  let signature: Uint8Array | undefined;
  let cause: unknown;
  try {
    signature = await signer.sign(data);
  } catch (error) {
    cause = error; // what WebCrypto says of RSA numbers that contradict each other
  }
  const { subjectPublicKeyInfo, signatureAlgorithm } = signer;
  if (signature && (await verifySignature(subjectPublicKeyInfo, signatureAlgorithm, signature, data))) return;
  throw new KeyError("ERR_KEY_MISMATCH", "the private key and the public key do not belong together", {
    cause,
  });
}
