import { KeyError } from "../errors.ts";
import { signatureAlgorithmNamed } from "./algorithm-identifier.ts";
import { KEY_ALGORITHMS, type KeyAlgorithm, type KeyAlgorithmName } from "./algorithms.ts";
import { PrivateKey, type PrivateKeyOptions } from "./private-key.ts";
import type { PublicKey } from "./public-key.ts";
import { cryptoKeySigner, trustedKeySigner, type Signer } from "./signer.ts";
import { cryptoKeyFrom, webCryptoParameters } from "./web-crypto.ts";
import type { CryptoKeyPair } from "./web-crypto.ts";

/** A private key, its public key, and what signs with it. */
export interface KeyPair {
  /** The secret, which does not show itself. */
  readonly privateKey: PrivateKey;
  /** What goes into a certificate. */
  readonly publicKey: PublicKey;
  /** The same as `privateKey.signer`. */
  readonly signer: Signer;
}

/** How key pairs are made. */
export interface GenerateKeyOptions extends PrivateKeyOptions {
  /** What draws the key; WebCrypto's `generateKey` by default. For tests that need the same keys again. */
  readonly generateKey?: (
    parameters: Readonly<Record<string, unknown>> & { readonly name: string },
    extractable: boolean,
    usages: readonly ["sign", "verify"],
  ) => Promise<CryptoKeyPair>;
}

/**
 * Makes a key pair. RSA keys have the exponent 65537 and sign with SHA-256, as Kubernetes makes them.
 *
 * `extractable` is true by default, for a new key that cannot be saved is lost with the process.
 * ML-DSA needs a runtime that has it (Node 24.7 and later); ask {@link supportsKeyAlgorithm}.
 *
 * Source: kubeadm `encryptionAlgorithm`, FIPS 186-5, RFC 8032, FIPS 204.
 *
 * @throws KeyError `ERR_KEY_UNSUPPORTED_BY_RUNTIME`
 * @throws TypeError if the algorithm is none of the names
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, verifySignature } from "kubepki";
 *
 * const { signer } = await generateKeyPair("RSA-2048");
 * const data = new Uint8Array([1, 2, 3]);
 * const signature = await signer.sign(data);
 * assert.equal(await verifySignature(signer.subjectPublicKeyInfo, signer.signatureAlgorithm, signature, data), true);
 * ```
 */
export async function generateKeyPair(
  algorithm: KeyAlgorithmName,
  options: GenerateKeyOptions = {},
): Promise<KeyPair> {
  const { extractable = true, generateKey = generateWithWebCrypto } = options;
  const row = keyAlgorithmNamed(algorithm);
  const parameters = {
    ...webCryptoParameters(row, signatureAlgorithmNamed(row.signature)),
    ...(row.kind === "rsa" && {
      modulusLength: Number(algorithm.slice(4)),
      publicExponent: Uint8Array.of(1, 0, 1),
    }),
  };
  const keys = await cryptoKeyFrom(algorithm, () => generateKey(parameters, extractable, ["sign", "verify"]));
  const signer = await (generateKey === generateWithWebCrypto ? trustedKeySigner : cryptoKeySigner)(keys);
  const privateKey = new PrivateKey(keys.privateKey, signer);
  const { subjectPublicKeyInfo } = signer;
  return { privateKey, publicKey: { algorithm: privateKey.algorithm, subjectPublicKeyInfo }, signer };
}

const generateWithWebCrypto: NonNullable<GenerateKeyOptions["generateKey"]> = async (
  parameters,
  extractable,
  usages,
) => (await crypto.subtle.generateKey(parameters, extractable, [...usages])) as CryptoKeyPair;

function keyAlgorithmNamed(name: KeyAlgorithmName): KeyAlgorithm {
  const found = KEY_ALGORITHMS.find((row) =>
    row.kind === "rsa" ? row.sizes.some((size) => name === `RSA-${size}`) : row.name === name,
  );
  if (!found)
    throw new TypeError(
      `${JSON.stringify(name)} is no key algorithm; there are ${keyAlgorithmNames().join(", ")}`,
    );
  return found;
}

/**
 * The names that {@link generateKeyPair} takes, in the order of the table; not every runtime has them all.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { keyAlgorithmNames } from "kubepki";
 *
 * assert.deepEqual(keyAlgorithmNames().slice(0, 2), ["ECDSA-P256", "ECDSA-P384"]);
 * ```
 */
export function keyAlgorithmNames(): readonly KeyAlgorithmName[] {
  return KEY_ALGORITHMS.flatMap((row) =>
    row.kind === "rsa" ? row.sizes.map((size) => `RSA-${size}` as KeyAlgorithmName) : [row.name],
  );
}

/**
 * Tells whether this runtime's WebCrypto has an algorithm, by making a key of it (of RSA the smallest).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { supportsKeyAlgorithm } from "kubepki";
 *
 * assert.equal(await supportsKeyAlgorithm("ECDSA-P256"), true);
 * ```
 */
export async function supportsKeyAlgorithm(algorithm: KeyAlgorithmName): Promise<boolean> {
  const row = keyAlgorithmNamed(algorithm);
  try {
    await generateKeyPair(row.kind === "rsa" ? "RSA-2048" : row.name, { extractable: false });
    return true;
  } catch (error) {
    if (error instanceof KeyError && error.code === "ERR_KEY_UNSUPPORTED_BY_RUNTIME") return false;
    throw error;
  }
}
