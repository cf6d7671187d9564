import { matchesBytes } from "../bytes.ts";
import { readBitString } from "../der/bit-string.ts";
import { readPositiveInteger } from "../der/integer.ts";
import type { DerReader, Label } from "../der/reader.ts";
import { NULL, OBJECT_IDENTIFIER, SEQUENCE } from "../der/tag.ts";
import { oidToText, readOid } from "../oid.ts";

/* Contents of the object identifiers whose keys Go decodes while it parses a certificate (`parsePublicKey`). */
const RSA = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const DSA = [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];
const EC = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519 = [0x2b, 0x65, 0x70];

/** Named curves that Go knows, with the octets of one coordinate. */
const P256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P224 = [0x2b, 0x81, 0x04, 0x00, 0x21];
const P384 = [0x2b, 0x81, 0x04, 0x00, 0x22];
const P521 = [0x2b, 0x81, 0x04, 0x00, 0x23];

/*
 * What nearly every certificate of a cluster is signed with (kubeadm's are of RSA, many others of P-256), and how a key of P-256 begins before its
 * coordinates. There is one DER encoding of each: who finds these octets need not read them.
 */
const ECDSA_WITH_SHA256 = [0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const SHA256_WITH_RSA = [
  0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00,
];
const P256_KEY = [
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
  0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

/**
 * Reads an AlgorithmIdentifier: an object identifier and at most one element of parameters, which stays unread.
 * Returns where the object identifier ends; the parameters, if any, are from there to `reader.position`. The identifier is at `reader.start`.
 */
export function walkAlgorithmIdentifier(reader: DerReader, label: Label): number {
  if (pass(reader, ECDSA_WITH_SHA256) || pass(reader, SHA256_WITH_RSA)) {
    return reader.start + reader.bytes[reader.start - 1]!;
  }
  const outer = reader.open(SEQUENCE, label);
  readOid(reader, "algorithm");
  const { start, position } = reader;
  if (reader.more()) reader.readAny("parameters");
  reader.start = start;
  reader.finishOpen(outer);
  return position;
}

/** Which algorithm, with which parameters (RFC 5280 4.1.1.2). */
export interface AlgorithmIdentifier {
  /** The algorithm as dotted text. */
  readonly algorithm: string;
  /** The parameters, a whole element, where there are any. */
  readonly parameters?: Uint8Array;
  /** The whole AlgorithmIdentifier element. Algorithms are told apart by these bytes. */
  readonly der: Uint8Array;
}

/** Reads an AlgorithmIdentifier with its values. */
export function readAlgorithmIdentifier(reader: DerReader, label: Label): AlgorithmIdentifier {
  const begin = reader.position;
  const oidEnd = walkAlgorithmIdentifier(reader, label);
  const { bytes, start, position } = reader;
  const algorithm = oidToText(bytes, start, oidEnd);
  const der = bytes.subarray(begin, position);
  return oidEnd === position
    ? { algorithm, der }
    : { algorithm, parameters: bytes.subarray(oidEnd, position), der };
}

/**
 * Reads a SubjectPublicKeyInfo and checks keys of the algorithms that Go decodes: RSA with NULL parameters and positive numbers,
 * ECDSA on P-224 to P-521 as uncompressed point, Ed25519, DSA. Keys of other algorithms stay unread.
 *
 * Not checked: that a point is on its curve, that an RSA key is strong. Importing a key checks that.
 */
export function walkSubjectPublicKeyInfo(reader: DerReader, label: Label): void {
  if (pass(reader, P256_KEY, 91, 26)) return;
  const outer = reader.open(SEQUENCE, label);
  const algorithm = reader.open(SEQUENCE, "algorithm");
  readOid(reader, "algorithm");
  const { start: oidStart, position: algorithmEnd } = reader;
  if (reader.more()) reader.readAny("parameters");
  const parametersEnd = reader.position;
  reader.finishOpen(algorithm);
  const unused = readBitString(reader, "subjectPublicKey");
  checkKey(reader, oidStart, algorithmEnd, parametersEnd, unused);
  reader.finishOpen(outer);
}

function checkKey(
  reader: DerReader,
  oidStart: number,
  oidEnd: number,
  parametersEnd: number,
  unused: number,
): void {
  const { bytes } = reader;
  const is = (oid: readonly number[]): boolean => matchesBytes(bytes, oidStart, oidEnd, oid);
  const check = is(EC)
    ? checkPoint
    : is(RSA)
      ? checkRsa
      : is(ED25519)
        ? checkEd25519
        : is(DSA)
          ? checkDsa
          : undefined;
  if (unused !== 0) {
    const message = "a public key must be whole octets";
    if (check) fail(reader, message);
    reader.deviate("ERR_CERTIFICATE_PUBLIC_KEY", message);
  }
  check?.(reader, oidEnd, parametersEnd);
}

/** RFC 5480 2.1.1, 2.2: a named curve and an uncompressed point. */
function checkPoint(reader: DerReader, start: number, end: number): void {
  const { bytes } = reader;
  if (bytes[start] !== OBJECT_IDENTIFIER || end === start) fail(reader, "an EC key must have a named curve");
  const size = coordinateSize(bytes, start + 2, end);
  if (size === 0) fail(reader, "the curve is none of P-224, P-256, P-384, P-521");
  if (reader.position - reader.start !== 1 + 2 * size || bytes[reader.start] !== 4) {
    fail(reader, `the point must be uncompressed and have ${1 + 2 * size} octets`);
  }
}

/** Octets of a coordinate on the curve with this object identifier; 0 if Go does not know it. */
function coordinateSize(bytes: Uint8Array, start: number, end: number): number {
  if (matchesBytes(bytes, start, end, P256)) return 32;
  if (matchesBytes(bytes, start, end, P384)) return 48;
  if (matchesBytes(bytes, start, end, P521)) return 66;
  return matchesBytes(bytes, start, end, P224) ? 28 : 0;
}

/** RFC 3279 2.3.1: NULL parameters; modulus and exponent above zero, the exponent within 63 bits as Go reads it. */
function checkRsa(reader: DerReader, start: number, end: number): void {
  if (end - start !== 2 || reader.bytes[start] !== NULL) fail(reader, "an RSA key must have NULL parameters");
  const bits = reader.enter("subjectPublicKey");
  const sequence = reader.open(SEQUENCE, "RSAPublicKey");
  readPositiveInteger(reader, "modulus");
  readPositiveInteger(reader, "publicExponent");
  if (reader.position - reader.start > 8) fail(reader, "the RSA exponent is larger than 63 bits");
  reader.finishOpen(sequence);
  reader.finishOpen(bits);
}

/** RFC 3279 2.3.2, as far as Go looks: DSA certificates parse, but nothing here verifies with them. */
function checkDsa(reader: DerReader, parametersStart: number): void {
  const key = reader.enter("subjectPublicKey");
  const keyEnd = reader.limit;
  readPositiveInteger(reader, "y");
  reader.finishOpen(key);
  const outer = reader.limit;
  reader.position = parametersStart;
  const parameters = reader.open(SEQUENCE, "parameters");
  for (const part of ["p", "q", "g"]) readPositiveInteger(reader, part);
  reader.finishOpen(parameters);
  reader.limit = outer;
  reader.position = keyEnd;
}

/** RFC 8410 3, 4: no parameters, 32 octets. */
function checkEd25519(reader: DerReader, start: number, end: number): void {
  if (start !== end) fail(reader, "this algorithm must not have parameters");
  if (reader.position - reader.start !== 32) fail(reader, "the key must have 32 octets");
}

/** Passes the next element of `size` octets if it begins like this, and tells whether it did; `start` is then the octet `inside` of it. */
function pass(
  reader: DerReader,
  beginning: readonly number[],
  size: number = beginning.length,
  inside = 4,
): boolean {
  const { bytes, position } = reader;
  if (position + size > reader.limit) return false;
  if (!matchesBytes(bytes, position, position + beginning.length, beginning)) return false;
  reader.start = position + inside;
  reader.position = position + size;
  return true;
}

function fail(reader: DerReader, message: string): never {
  reader.fail("ERR_CERTIFICATE_PUBLIC_KEY", message);
}
