import { readBitString } from "../der/bit-string.ts";
import { DerReader } from "../der/reader.ts";
import { SEQUENCE } from "../der/tag.ts";
import { sha256 } from "../sha256.ts";

/**
 * The key identifier that Go 1.25 and later, so Kubernetes 1.35 and later, gives a CA: the first 20 octets of the SHA-256 of the public key's bits
 * (RFC 7093 2, method 1). Readers take identifiers as a hint, so it is no matter that others hash with SHA-1.
 *
 * @throws DerError if it is no SubjectPublicKeyInfo
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, keyIdentifier } from "kubepki";
 *
 * const { publicKey } = await generateKeyPair("ECDSA-P256");
 * assert.equal(keyIdentifier(publicKey.subjectPublicKeyInfo).length, 20);
 * ```
 */
export function keyIdentifier(subjectPublicKeyInfo: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new DerReader(subjectPublicKeyInfo);
  const outer = reader.open(SEQUENCE, "");
  reader.read(SEQUENCE, "algorithm");
  readBitString(reader, "subjectPublicKey");
  const identifier = sha256(reader.contents()).slice(0, 20);
  reader.finish(outer);
  return identifier;
}
