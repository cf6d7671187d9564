import { compareBytes } from "../bytes.ts";
import { readPositiveInteger } from "../der/integer.ts";
import { DerReader, FAULT } from "../der/reader.ts";
import { SEQUENCE } from "../der/tag.ts";
import { DerWriter } from "../der/writer.ts";
import { KeyError } from "../errors.ts";
import { KEY_ALGORITHMS, type CurveAlgorithm, type EcdsaAlgorithmName } from "./algorithms.ts";

/**
 * Turns an ECDSA signature from the form of certificates, DER `SEQUENCE { r, s }`, into that of WebCrypto and JOSE, r and s one after
 * the other in as many octets as the curve's order has.
 *
 * Strict: minimal DER, nothing behind it, r and s from 1 to the order less 1. Not checked: that the signature is anyone's.
 *
 * Source: RFC 3279 2.2.3, FIPS 186-5 6.4.2, W3C Web Cryptography API 23.7.
 *
 * @throws DerError if it is not DER
 * @throws KeyError `ERR_SIGNATURE_FORMAT` if r or s is out of range
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeEcdsaSignature, parseEcdsaSignature } from "kubepki";
 *
 * const concatenated = new Uint8Array(64).fill(7);
 * const der = encodeEcdsaSignature(concatenated, "ECDSA-P256");
 * assert.deepEqual(parseEcdsaSignature(der, "ECDSA-P256"), concatenated);
 * ```
 */
export function parseEcdsaSignature(der: Uint8Array, algorithm: EcdsaAlgorithmName): Uint8Array<ArrayBuffer> {
  return signatureFromDer(der, curveNamed(algorithm));
}

/**
 * Turns an ECDSA signature from the form of WebCrypto, JOSE and some key services, r and s one after the other, into that of
 * certificates, DER `SEQUENCE { r, s }`. The inverse of {@link parseEcdsaSignature}.
 *
 * @throws KeyError `ERR_SIGNATURE_FORMAT` if the length is not that of the curve, or r or s is out of range
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeEcdsaSignature } from "kubepki";
 *
 * const der = encodeEcdsaSignature(new Uint8Array(64).fill(0xa0), "ECDSA-P256");
 * assert.deepEqual([...der.subarray(0, 5)], [0x30, 0x46, 0x02, 0x21, 0x00]);
 * ```
 */
export function encodeEcdsaSignature(
  concatenated: Uint8Array,
  algorithm: EcdsaAlgorithmName,
): Uint8Array<ArrayBuffer> {
  return signatureToDer(concatenated, curveNamed(algorithm));
}

/** As {@link parseEcdsaSignature}, for a row of the table. */
export function signatureFromDer(der: Uint8Array, curve: CurveAlgorithm): Uint8Array<ArrayBuffer> {
  const { size } = curve;
  const concatenated = new Uint8Array(2 * size);
  const reader = new DerReader(der, { path: "signature" });
  const outer = reader.open(SEQUENCE, "");
  for (const [name, stop] of [["r", size] as const, ["s", 2 * size] as const]) {
    readPositiveInteger(reader, name);
    const start = reader.bytes[reader.start] === 0 ? reader.start + 1 : reader.start;
    if (reader.position - start > size) failRange(name, curve);
    concatenated.set(der.subarray(start, reader.position), stop - (reader.position - start));
    requireScalar(concatenated.subarray(stop - size, stop), name, curve);
  }
  reader.finish(outer);
  reader.end();
  return concatenated;
}

const UNTRACED = { traced: false } as const;

/** Tells whether {@link signatureFromDer} would take it; makes nothing, for who only wants to know. */
export function isSignatureDer(der: Uint8Array, { size, order }: CurveAlgorithm): boolean {
  const reader = new DerReader(der, UNTRACED);
  try {
    const outer = reader.open(SEQUENCE, "");
    for (let number = 0; number < 2; number++) {
      readPositiveInteger(reader, "");
      const start = der[reader.start] === 0 ? reader.start + 1 : reader.start;
      const surplus = reader.position - start - size;
      if (surplus > 0 || (surplus === 0 && !isBelow(der, start, order))) return false;
    }
    reader.finish(outer);
    reader.end();
    return true;
  } catch (error) {
    if (error !== FAULT) throw error;
    return false;
  }
}

/** Compares as many octets as the order has. */
function isBelow(bytes: Uint8Array, start: number, order: Uint8Array): boolean {
  let i = 0;
  while (i < order.length && bytes[start + i] === order[i]) i++;
  return i < order.length && bytes[start + i]! < order[i]!;
}

/** As {@link encodeEcdsaSignature}, for a row of the table. */
export function signatureToDer(concatenated: Uint8Array, curve: CurveAlgorithm): Uint8Array<ArrayBuffer> {
  const { size } = curve;
  if (concatenated.length !== 2 * size) {
    throw new KeyError(
      "ERR_SIGNATURE_FORMAT",
      `the signature has ${concatenated.length} octets, r and s of ${curve.name} have ${2 * size}`,
    );
  }
  const r = concatenated.subarray(0, size);
  const s = concatenated.subarray(size);
  requireScalar(r, "r", curve);
  requireScalar(s, "s", curve);
  const writer = new DerWriter(2 * size + 16);
  writer.unsignedInteger(s);
  writer.unsignedInteger(r);
  writer.close(SEQUENCE, 0);
  return writer.finish();
}

/** Tells whether a number of as many octets as the order is from 1 to the order less 1. */
export function isScalar(number: Uint8Array, order: Uint8Array): boolean {
  return number.some((octet) => octet !== 0) && compareBytes(number, order) < 0;
}

function requireScalar(number: Uint8Array, name: string, curve: CurveAlgorithm): void {
  if (!isScalar(number, curve.order)) failRange(name, curve);
}

function failRange(name: string, curve: CurveAlgorithm): never {
  throw new KeyError("ERR_SIGNATURE_FORMAT", `${name} is not from 1 to the order of ${curve.name} less 1`);
}

function curveNamed(name: EcdsaAlgorithmName): CurveAlgorithm {
  const found = KEY_ALGORITHMS.find((row) => row.name === name);
  if (found?.kind !== "curve") throw new TypeError(`${JSON.stringify(name)} is no name of an ECDSA key`);
  return found;
}
