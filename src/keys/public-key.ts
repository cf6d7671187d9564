import { compareBytes, equalBytes, fromHex } from "../bytes.ts";
import { readBitString } from "../der/bit-string.ts";
import { readPositiveInteger } from "../der/integer.ts";
import { DerReader, FAULT } from "../der/reader.ts";
import { SEQUENCE } from "../der/tag.ts";
import { DerWriter } from "../der/writer.ts";
import { KeyError } from "../errors.ts";
import { encodePem, pemToDer } from "../pem.ts";
import { findKeyAlgorithm } from "./algorithm-identifier.ts";
import { isPostQuantum } from "./algorithms.ts";
import type { CurveAlgorithm, KeyAlgorithm, OctetAlgorithm, PublicKeyAlgorithmName } from "./algorithms.ts";

/** A public key whose encoding and strength are checked. */
export interface PublicKey {
  /** What kind of key it is; for RSA with its size. */
  readonly algorithm: PublicKeyAlgorithmName;
  /** DER SubjectPublicKeyInfo, as in a certificate. */
  readonly subjectPublicKeyInfo: Uint8Array;
}

/** How public keys are judged. */
export interface PublicKeyOptions {
  /** The smallest RSA modulus in bits, 1024 or more; 2048 by default. Lower it only to read what old CAs have signed. */
  readonly minimumRsaBits?: number;
  /** Whether ML-DSA is taken, which Go's crypto/x509 does not know (as of Go 1.26), and so no component of Kubernetes; true by default. */
  readonly allowPostQuantum?: boolean;
}

/** Where a SubjectPublicKeyInfo stands: its DER, or anything that has it, such as a certificate, a request, a signer or a private key. */
export type PublicKeySource =
  | Uint8Array
  | {
      /** DER SubjectPublicKeyInfo. */
      readonly subjectPublicKeyInfo: Uint8Array;
    };

const MAX_RSA_BITS = 8192;
const MIN_RSA_BITS = 1024;

/** What a SubjectPublicKeyInfo holds. */
export interface PublicKeyParts {
  readonly algorithm: KeyAlgorithm;
  readonly name: PublicKeyAlgorithmName;
  /** Octets of a signature where they are fixed: RSA, Ed25519, ML-DSA. */
  readonly signatureSize: number | undefined;
  /** Contents of the BIT STRING: a point, DER RSAPublicKey, or octets. */
  readonly publicKey: Uint8Array;
}

/**
 * Reads and checks a public key: DER SubjectPublicKeyInfo, or PEM with the label `PUBLIC KEY`.
 *
 * Guaranteed: a supported algorithm in its one encoding; named curves and uncompressed points only; RSA with an odd modulus of 2048 to
 * 8192 bits and an odd exponent from 3 to 2^31 - 1; for Ed25519 a number below the field's prime that is none of the points of small order.
 * Not checked here: that a point is on its curve, which importing the key does.
 *
 * Source: RFC 5280 4.1.2.7, RFC 3279 2.3.1, RFC 5480 2, RFC 8410 3, RFC 9881 4, Go crypto/x509 `parsePublicKey`.
 *
 * @throws KeyError `ERR_KEY_UNSUPPORTED_ALGORITHM`, `ERR_KEY_FORMAT`, `ERR_KEY_WEAK`
 * @throws DerError, PemError if the encoding is broken
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, parsePublicKey } from "kubepki";
 *
 * const { publicKey } = await generateKeyPair("ECDSA-P256");
 * assert.equal(parsePublicKey(publicKey.subjectPublicKeyInfo).algorithm, "ECDSA-P256");
 * ```
 */
export function parsePublicKey(input: string | Uint8Array, options: PublicKeyOptions = {}): PublicKey {
  const subjectPublicKeyInfo =
    typeof input === "string" ? pemToDer(input, "PUBLIC KEY") : new Uint8Array(input);
  return { algorithm: readPublicKey(subjectPublicKeyInfo, options).name, subjectPublicKeyInfo };
}

/**
 * PEM text of a public key, with the label `PUBLIC KEY`, as kubeadm writes `sa.pub`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodePublicKeyPem, generateKeyPair, parsePublicKey } from "kubepki";
 *
 * const { publicKey } = await generateKeyPair("Ed25519");
 * assert.deepEqual(parsePublicKey(encodePublicKeyPem(publicKey)), publicKey);
 * ```
 */
export function encodePublicKeyPem(key: PublicKeySource): string {
  return encodePem("PUBLIC KEY", subjectPublicKeyInfoOf(key));
}

/**
 * Tells whether a key and a certificate (or a request, or another key) have the same public key, byte for byte.
 *
 * Both sides may be anything with a `subjectPublicKeyInfo`, or its DER. Not constant time, for public keys are public.
 * That a `PrivateKey` has the public key that it names was proven when it was made.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, keyMatchesCertificate } from "kubepki";
 *
 * const ours = await generateKeyPair("ECDSA-P256");
 * const other = await generateKeyPair("ECDSA-P256");
 * assert.equal(keyMatchesCertificate(ours.privateKey, ours.publicKey), true);
 * assert.equal(keyMatchesCertificate(other.privateKey, ours.publicKey), false);
 * ```
 */
export function keyMatchesCertificate(key: PublicKeySource, certificate: PublicKeySource): boolean {
  return equalBytes(subjectPublicKeyInfoOf(key), subjectPublicKeyInfoOf(certificate));
}

function subjectPublicKeyInfoOf(source: PublicKeySource): Uint8Array {
  return source instanceof Uint8Array ? source : source.subjectPublicKeyInfo;
}

const UNTRACED = { traced: false } as const;

/** Reads DER SubjectPublicKeyInfo with the checks of {@link parsePublicKey}; the parts are views of the bytes. */
export function readPublicKey(
  subjectPublicKeyInfo: Uint8Array,
  options: PublicKeyOptions = {},
): PublicKeyParts {
  try {
    return readParts(new DerReader(subjectPublicKeyInfo, UNTRACED), options);
  } catch (error) {
    if (error !== FAULT) throw error;
    return readParts(new DerReader(subjectPublicKeyInfo, { path: "subjectPublicKeyInfo" }), options);
  }
}

function readParts(reader: DerReader, options: PublicKeyOptions): PublicKeyParts {
  const outer = reader.open(SEQUENCE, "");
  const begin = reader.position;
  reader.read(SEQUENCE, "algorithm");
  const algorithm = findKeyAlgorithm(reader.bytes, begin, reader.position);
  if (options.allowPostQuantum === false && isPostQuantum(algorithm))
    throw new KeyError(
      "ERR_KEY_UNSUPPORTED_ALGORITHM",
      `the key's algorithm is ${algorithm.name}, which Go does not know`,
    );
  const unused = readBitString(reader, "subjectPublicKey");
  const publicKey = reader.contents();
  reader.finish(outer);
  reader.end();
  if (unused !== 0) throw new KeyError("ERR_KEY_FORMAT", "the public key is not whole octets");
  const { name, signatureSize } = checkPublicKey(algorithm, publicKey, options);
  return { algorithm, publicKey, name, signatureSize };
}

/** DER SubjectPublicKeyInfo of the contents of its BIT STRING. */
export function encodeSubjectPublicKeyInfo(
  algorithm: KeyAlgorithm,
  publicKey: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const writer = new DerWriter(publicKey.length + 64);
  writer.bitString(publicKey);
  writer.raw(algorithm.identifier);
  writer.close(SEQUENCE, 0);
  return writer.finish();
}

/** Checks the contents of the BIT STRING of SubjectPublicKeyInfo as {@link parsePublicKey} does. */
export function checkPublicKey(
  algorithm: KeyAlgorithm,
  publicKey: Uint8Array,
  options: PublicKeyOptions = {},
): Pick<PublicKeyParts, "name" | "signatureSize"> {
  if (algorithm.kind === "rsa") {
    const bits = readRsaPublicKey(publicKey, options);
    return { name: `RSA-${bits}`, signatureSize: (bits + 7) >> 3 };
  }
  if (algorithm.kind === "curve") checkPoint(algorithm, publicKey);
  else checkOctets(algorithm, publicKey);
  return {
    name: algorithm.name,
    signatureSize: algorithm.kind === "octets" ? algorithm.signatureSize : undefined,
  };
}

/** RFC 5480 2.2; compressed points are allowed there, but neither Go nor WebCrypto takes them. */
function checkPoint({ name, size }: CurveAlgorithm, point: Uint8Array): void {
  if (point.length === 1 + 2 * size && point[0] === 4) return;
  throw new KeyError(
    "ERR_KEY_FORMAT",
    `the point of ${name} is not 04 and ${2 * size} octets, which is its uncompressed form`,
  );
}

/**
 * Points of small order as the y coordinate, little-endian, without the sign of x: 0, 1, the two of order 8, and p - 1.
 * With such a key, signatures can be made that hold for any data (RFC 8032 8.9 and 5.1.7 tell how they would pass).
 */
const SMALL_ORDER: readonly Uint8Array[] = /* @__PURE__ */ [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map(fromHex);

/** 2^255 - 19, big-endian. */
const FIELD_PRIME: Uint8Array = /* @__PURE__ */ fromHex(
  "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed",
);

function checkOctets({ name, publicKeySize }: OctetAlgorithm, publicKey: Uint8Array): void {
  if (publicKey.length !== publicKeySize) {
    throw new KeyError(
      "ERR_KEY_FORMAT",
      `the ${name} key has ${publicKey.length} octets, not ${publicKeySize}`,
    );
  }
  if (name !== "Ed25519") return;
  const y = publicKey.slice();
  y[31]! &= 0x7f;
  if (SMALL_ORDER.some((point) => equalBytes(point, y))) {
    throw new KeyError("ERR_KEY_WEAK", "the Ed25519 key is a point of small order");
  }
  if (compareBytes(y.reverse(), FIELD_PRIME) >= 0) {
    throw new KeyError("ERR_KEY_FORMAT", "the Ed25519 key is not below the prime of its field");
  }
}

/** Checks DER RSAPublicKey; returns the size of the modulus in bits. */
function readRsaPublicKey(der: Uint8Array, options: PublicKeyOptions): number {
  const reader = new DerReader(der, { path: "RSAPublicKey" });
  const outer = reader.open(SEQUENCE, "");
  const bits = checkRsaNumbers(reader, options);
  reader.finish(outer);
  reader.end();
  return bits;
}

/**
 * Reads modulus and public exponent, which follow each other in public and private keys; returns the size of the modulus in bits.
 *
 * @throws KeyError `ERR_KEY_FORMAT`, `ERR_KEY_WEAK`
 */
export function checkRsaNumbers(reader: DerReader, { minimumRsaBits = 2048 }: PublicKeyOptions = {}): number {
  const { bytes } = reader;
  readPositiveInteger(reader, "modulus");
  const bits = bitLength(bytes, reader.start, reader.position);
  const least = Math.max(minimumRsaBits, MIN_RSA_BITS);
  if (!(bits >= least && bits <= MAX_RSA_BITS)) {
    throw new KeyError("ERR_KEY_WEAK", `the RSA modulus has ${bits} bits, not ${least} to ${MAX_RSA_BITS}`);
  }
  if (bytes[reader.position - 1]! % 2 === 0) throw new KeyError("ERR_KEY_FORMAT", "the RSA modulus is even");
  readPositiveInteger(reader, "publicExponent");
  const exponentBits = bitLength(bytes, reader.start, reader.position);
  if (exponentBits < 2 || exponentBits > 31 || bytes[reader.position - 1]! % 2 === 0) {
    throw new KeyError("ERR_KEY_WEAK", "the RSA exponent is not an odd number from 3 to 2^31 - 1");
  }
  return bits;
}

function bitLength(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] === 0 ? start + 1 : start;
  return first === end ? 0 : (end - first) * 8 - (Math.clz32(bytes[first]!) - 24);
}
