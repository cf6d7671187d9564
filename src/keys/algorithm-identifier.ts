import { equalBytes } from "../bytes.ts";
import { DerReader } from "../der/reader.ts";
import { SEQUENCE } from "../der/tag.ts";
import { KeyError, PkiError } from "../errors.ts";
import { oidToText, readOid } from "../oid.ts";
import {
  KEY_ALGORITHMS,
  REFUSED_ALGORITHMS,
  SIGNATURE_ALGORITHMS,
  isPostQuantum,
  type KeyAlgorithm,
  type SignatureAlgorithm,
  type SignatureAlgorithmName,
} from "./algorithms.ts";

/**
 * The key algorithm whose DER AlgorithmIdentifier these are exactly, from `start` to `end`.
 *
 * @throws KeyError `ERR_KEY_UNSUPPORTED_ALGORITHM`
 */
export function findKeyAlgorithm(bytes: Uint8Array, start = 0, end: number = bytes.length): KeyAlgorithm {
  for (const row of KEY_ALGORITHMS) if (standsAt(row.identifier, bytes, start, end)) return row;
  throw new KeyError(
    "ERR_KEY_UNSUPPORTED_ALGORITHM",
    `the key's algorithm is ${describeIdentifier(bytes.subarray(start, end))}`,
  );
}

function standsAt(identifier: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (identifier.length !== end - start) return false;
  for (let i = 0; i < identifier.length; i++) if (identifier[i] !== bytes[start + i]) return false;
  return true;
}

/**
 * The signature algorithm with exactly this DER AlgorithmIdentifier.
 *
 * @throws KeyError `ERR_SIGNATURE_ALGORITHM`
 */
export function findSignatureAlgorithm(identifier: Uint8Array): SignatureAlgorithm {
  const found = signatureAlgorithmOf(identifier);
  if (found) return found;
  throw new KeyError(
    "ERR_SIGNATURE_ALGORITHM",
    `the signature algorithm is ${describeIdentifier(identifier)}`,
  );
}

/** The signature algorithm with exactly this DER AlgorithmIdentifier, if it is one that is taken. */
export function signatureAlgorithmOf(identifier: Uint8Array): SignatureAlgorithm | undefined {
  return SIGNATURE_ALGORITHMS.find((row) => row.identifiers.some((form) => equalBytes(form, identifier)));
}

/**
 * Name of a signature algorithm from its DER AlgorithmIdentifier, such as `Certificate.signatureAlgorithm`.
 *
 * Only exact encodings are known: no parameters for ECDSA (RFC 5758 3.2) and Ed25519 (RFC 8410 3), NULL or none for RSA (RFC 4055 5),
 * and for RSA-PSS one hash throughout with a salt of its length. MD5 and SHA-1 are refused.
 *
 * Source: RFC 5280 4.1.1.2, Go crypto/x509 `getSignatureAlgorithmFromAI`.
 *
 * @throws KeyError `ERR_SIGNATURE_ALGORITHM`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeSignatureAlgorithm, parseSignatureAlgorithm } from "kubepki";
 *
 * const der = encodeSignatureAlgorithm("ECDSA-SHA256");
 * assert.equal(parseSignatureAlgorithm(der), "ECDSA-SHA256");
 * ```
 */
export function parseSignatureAlgorithm(der: Uint8Array): SignatureAlgorithmName {
  return findSignatureAlgorithm(der).name;
}

/**
 * DER AlgorithmIdentifier of a signature algorithm, byte for byte as Go writes it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeSignatureAlgorithm } from "kubepki";
 *
 * assert.equal(Buffer.from(encodeSignatureAlgorithm("Ed25519")).toString("hex"), "300506032b6570");
 * ```
 */
export function encodeSignatureAlgorithm(name: SignatureAlgorithmName): Uint8Array<ArrayBuffer> {
  return signatureAlgorithmNamed(name).identifiers[0]!.slice();
}

/** The row of this name; asking for another is a misuse. */
export function signatureAlgorithmNamed(name: SignatureAlgorithmName): SignatureAlgorithm {
  const found = SIGNATURE_ALGORITHMS.find((row) => row.name === name);
  if (!found) throw new TypeError(`${JSON.stringify(name)} is no name of a signature algorithm`);
  return found;
}

/** Whether it is an identifier of ML-DSA, which signs under the identifier of its keys. */
export function isPostQuantumIdentifier(identifier: Uint8Array): boolean {
  return KEY_ALGORITHMS.some((row) => isPostQuantum(row) && equalBytes(row.identifier, identifier));
}

/** Object identifier and, if known, the name of what is refused. */
function describeIdentifier(identifier: Uint8Array): string {
  try {
    const reader = new DerReader(identifier);
    reader.open(SEQUENCE, "algorithm");
    readOid(reader, "algorithm");
    const oid = oidToText(identifier, reader.start, reader.position);
    const parameters = reader.more() ? "with parameters that are not its own" : "without parameters";
    return `${oid}, ${REFUSED_ALGORITHMS[oid] ?? `which is unknown or stands ${parameters}`}`;
  } catch (error) {
    if (error instanceof PkiError) return `no AlgorithmIdentifier: ${error.message}`;
    throw error;
  }
}
