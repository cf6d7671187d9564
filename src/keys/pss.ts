import { signatureAlgorithmNamed } from "./algorithm-identifier.ts";
import { readPublicKey } from "./public-key.ts";
import { cryptoKeyFrom, webCryptoParameters } from "./web-crypto.ts";

/** Octets of SHA-256. */
const HASH_OCTETS = 32;

/**
 * Tells whether an RSA-PSS signature with SHA-256 holds whose salt nobody wrote down: it is as long as the key allows, which is Go's default, or as the hash,
 * which is that of TLS and of certificates. WebCrypto must be told; Go finds out any length.
 *
 * Source: RFC 8017 9.1.1, Go crypto/rsa `PSSSaltLengthAuto`, `PSSSaltLengthEqualsHash`.
 *
 * @throws KeyError, DerError as `parsePublicKey`
 */
export async function verifyPssSha256(
  subjectPublicKeyInfo: Uint8Array,
  signature: Uint8Array,
  data: Uint8Array,
): Promise<boolean> {
  const spki = new Uint8Array(subjectPublicKeyInfo); // copies: the caller's bytes may change while we wait
  const [value, signed] = [new Uint8Array(signature), new Uint8Array(data)];
  const { algorithm, name, signatureSize } = readPublicKey(spki);
  if (value.length !== signatureSize) return false;
  const pss = signatureAlgorithmNamed("RSA-PSS-SHA256");
  const parameters = webCryptoParameters(algorithm, pss);
  const key = await cryptoKeyFrom(name, () =>
    crypto.subtle.importKey("spki", spki, parameters, false, ["verify"]),
  );
  // The encoded message has one bit less than the modulus; two octets of it are neither hash nor salt.
  const longest = ((Number(name.slice("RSA-".length)) + 6) >> 3) - HASH_OCTETS - 2;
  for (const saltLength of [longest, HASH_OCTETS]) {
    if (await crypto.subtle.verify({ ...parameters, saltLength }, key, value, signed)) return true;
  }
  return false;
}
