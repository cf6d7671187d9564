import { constants, createVerify } from "node:crypto";
import { checkSignature } from "../keys/verifier.ts";
import { findSignatureAlgorithm } from "../keys/algorithm-identifier.ts";
import { readPublicKey } from "../keys/public-key.ts";
import { concatBytes } from "../bytes.ts";
import type { StreamingSignature } from "../verify/read-certificate-list.ts";
import { importPublicKey } from "./public-key-object.ts";
import { digestOf, verifySignatureSync } from "./signer.ts";

/**
 * Verifies a signature over bytes that come one after the other, with `node:crypto`, which hashes them as they come: the verifier to give to
 * `readCertificateList`, so that nothing of a long list is kept.
 *
 * Ed25519 and ML-DSA go over their input more than once, so for them the bytes are kept until the end.
 *
 * @throws KeyError, DerError as `verifySignature`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPairSync } from "node:crypto";
 * import { keyObjectSigner, nodeStreamingVerifier } from "kubepki/node";
 *
 * const signer = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
 * const signature = nodeStreamingVerifier(signer.subjectPublicKeyInfo, signer.signatureAlgorithm);
 * signature.update(new Uint8Array([1, 2]));
 * signature.update(new Uint8Array([3]));
 * assert.equal(signature.verify(signer.sign(new Uint8Array([1, 2, 3]))), true);
 * ```
 */
export function nodeStreamingVerifier(
  subjectPublicKeyInfo: Uint8Array,
  signatureAlgorithm: Uint8Array,
): StreamingSignature {
  const algorithm = findSignatureAlgorithm(signatureAlgorithm);
  const digest = digestOf(algorithm);
  const key = importPublicKey(subjectPublicKeyInfo, readPublicKey(subjectPublicKeyInfo));
  const isSound = (signature: Uint8Array): boolean =>
    checkSignature(subjectPublicKeyInfo, signatureAlgorithm, signature, {}).wellFormed;
  if (digest === null) {
    const parts: Uint8Array[] = [];
    return {
      update: (bytes) => void parts.push(bytes.slice()),
      verify: (signature) =>
        verifySignatureSync(subjectPublicKeyInfo, signatureAlgorithm, signature, concatBytes(...parts)),
    };
  }
  isSound(new Uint8Array()); // throws now if key and algorithm do not belong together
  const verify = createVerify(digest);
  const { saltLength } = algorithm;
  return {
    update: (bytes) => void verify.update(bytes),
    verify: (signature) =>
      isSound(signature) &&
      verify.verify(
        saltLength ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } : key,
        signature,
      ),
  };
}
