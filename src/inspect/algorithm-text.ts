/** Keys and signatures by name. */
import { safely } from "../errors.ts";
import { parseSignatureAlgorithm } from "../keys/algorithm-identifier.ts";
import { REFUSED_ALGORITHMS } from "../keys/algorithms.ts";
import { readPublicKey } from "../keys/public-key.ts";
import type { PublicKeyParts } from "../keys/public-key.ts";
import type { SafeResult } from "../errors.ts";
import type { AlgorithmIdentifier } from "../x509/subject-public-key-info.ts";

/** Which signature: `ECDSA-SHA256`, or what is known of one that is not taken. */
export function signatureText({ der, algorithm }: AlgorithmIdentifier): string {
  const known = safely(() => parseSignatureAlgorithm(der));
  return known.ok ? known.value : `${REFUSED_ALGORITHMS[algorithm] ?? "unknown"} (${algorithm})`;
}

/** The key, or why nobody should use it. */
export function readKey(subjectPublicKeyInfo: Uint8Array): SafeResult<PublicKeyParts> {
  return safely(() => readPublicKey(subjectPublicKeyInfo));
}

/** Which key: `ECDSA-P256`, or why it is refused. */
export function keyText(key: SafeResult<PublicKeyParts>): string {
  return key.ok ? key.value.name : `refused: ${key.error.message}`;
}
