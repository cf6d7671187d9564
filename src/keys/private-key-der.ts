/** The encodings of private keys as data: what is read from them, and written. No WebCrypto here. */
import { equalBytes } from "../bytes.ts";
import { readBitString } from "../der/bit-string.ts";
import { readPositiveInteger, readSmallInteger } from "../der/integer.ts";
import { DerReader } from "../der/reader.ts";
import {
  BIT_STRING,
  contextConstructed,
  contextPrimitive,
  INTEGER,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  SEQUENCE,
} from "../der/tag.ts";
import { DerWriter } from "../der/writer.ts";
import { KeyError } from "../errors.ts";
import { findKeyAlgorithm } from "./algorithm-identifier.ts";
import { KEY_ALGORITHMS, type CurveAlgorithm, type KeyAlgorithm, type OctetAlgorithm } from "./algorithms.ts";
import { isScalar } from "./ecdsa-signature.ts";
import { checkPublicKey, checkRsaNumbers } from "./public-key.ts";

/** The encodings of private keys: PKCS#8 (RFC 5958), SEC 1 (RFC 5915), PKCS#1 (RFC 8017 A.1.2). */
export type PrivateKeyEncoding = "pkcs8" | "sec1" | "pkcs1";

/** What a private key says, in whichever encoding it came. It holds the secret: never let it out of this folder. */
export interface PrivateKeyParts {
  readonly algorithm: KeyAlgorithm;
  /** The number of a curve key in as many octets as the order has, DER RSAPrivateKey, or a seed. */
  readonly secret: Uint8Array;
  /** As in the BIT STRING of SubjectPublicKeyInfo; undefined where the encoding leaves it out. */
  readonly publicKey: Uint8Array | undefined;
}

/** An RSA key of 8192 bits has 4.7 KB, and an expanded ML-DSA-87 key 5 KB. */
const MAX_BYTES = 16_384;

/**
 * Reads a private key in any of its encodings, which tell each other apart by their second element.
 *
 * @throws KeyError `ERR_KEY_ENCRYPTED`, `ERR_KEY_FORMAT`, `ERR_KEY_WEAK`, `ERR_KEY_UNSUPPORTED_ALGORITHM`
 * @throws DerError if it is not DER
 */
export function readPrivateKey(der: Uint8Array, encoding?: PrivateKeyEncoding): PrivateKeyParts {
  const reader = new DerReader(der, { path: "privateKey" });
  if (der.length > MAX_BYTES)
    reader.fail("ERR_DER_SIZE", `a private key has at most ${MAX_BYTES} bytes, this has ${der.length}`);
  const outer = reader.open(SEQUENCE, "");
  if (reader.peek() === SEQUENCE) failNoPrivateKey(reader);
  const start = reader.position;
  const version = readSmallInteger(reader, "version");
  const found = encodingOf(reader.peek());
  if (!found) throw formatError(reader, "it is none of PKCS#8, SEC 1 and PKCS#1");
  if (encoding && encoding !== found)
    throw formatError(reader, `the key is encoded as ${found}, its label says ${encoding}`);
  if (found === "pkcs1") reader.position = start;
  const parts = READERS[found](reader, version);
  reader.finish(outer);
  reader.end();
  if (parts.publicKey) checkPublicKey(parts.algorithm, parts.publicKey);
  return found === "pkcs1" ? { ...parts, secret: der } : parts;
}

/** Which encoding it is, by the tag of the element after the version. */
function encodingOf(tag: number): PrivateKeyEncoding | undefined {
  if (tag === SEQUENCE) return "pkcs8";
  if (tag === OCTET_STRING) return "sec1";
  return tag === INTEGER ? "pkcs1" : undefined;
}

const READERS: Readonly<Record<PrivateKeyEncoding, (reader: DerReader, version: number) => PrivateKeyParts>> =
  {
    pkcs8: readPkcs8,
    sec1: (reader, version) => readSec1(reader, version),
    pkcs1: readPkcs1,
  };

/** EncryptedPrivateKeyInfo, SubjectPublicKeyInfo and Certificate begin with a SEQUENCE where a private key has its version. */
function failNoPrivateKey(reader: DerReader): never {
  reader.read(SEQUENCE, "algorithm");
  const next = reader.peek();
  if (next === OCTET_STRING)
    throw new KeyError("ERR_KEY_ENCRYPTED", "the private key is encrypted", reader.place());
  throw formatError(reader, next === BIT_STRING ? "this is a public key" : "this is no private key");
}

/** RFC 5958 2: attributes are skipped, as Go does; of the public key in version 2 only the encoding is looked at here. */
function readPkcs8(reader: DerReader, version: number): PrivateKeyParts {
  if (version > 1) throw formatError(reader, `PKCS#8 has the versions 0 and 1, not ${version}`);
  const start = reader.position;
  reader.read(SEQUENCE, "privateKeyAlgorithm");
  const algorithm = findKeyAlgorithm(reader.bytes, start, reader.position);
  reader.read(OCTET_STRING, "privateKey");
  const parts = readInner(reader, algorithm);
  if (reader.peek() === contextConstructed(0)) reader.read(contextConstructed(0), "attributes");
  if (version === 0 || !reader.more()) return parts;
  const publicKey = readPublicBits(reader, contextPrimitive(1));
  if (parts.publicKey && !equalBytes(parts.publicKey, publicKey)) {
    throw new KeyError("ERR_KEY_MISMATCH", "the key names two different public keys", reader.place());
  }
  return { ...parts, publicKey };
}

/** The contents of PKCS#8's OCTET STRING, which was read last. */
function readInner(reader: DerReader, algorithm: KeyAlgorithm): PrivateKeyParts {
  const der = reader.contents();
  const inner = reader.enter("privateKey");
  const parts =
    algorithm.kind === "octets" ? readSeed(reader, algorithm) : readInnerSequence(reader, algorithm, der);
  reader.finish(inner);
  return parts;
}

function readInnerSequence(
  reader: DerReader,
  algorithm: Exclude<KeyAlgorithm, OctetAlgorithm>,
  der: Uint8Array,
): PrivateKeyParts {
  const sequence = reader.open(SEQUENCE, "");
  const parts =
    algorithm.kind === "rsa"
      ? { ...readPkcs1(reader), secret: der }
      : readSec1(reader, readSmallInteger(reader, "version"), algorithm);
  reader.finish(sequence);
  return parts;
}

/**
 * RFC 5915 3. As Go reads it: the number may have lost leading zero octets, or have too many; inside of PKCS#8 the curve may be named
 * once or twice, and the public key may be left out anywhere.
 */
function readSec1(reader: DerReader, version: number, outside?: CurveAlgorithm): PrivateKeyParts {
  if (version !== 1) throw formatError(reader, `SEC 1 has the version 1, not ${version}`);
  reader.read(OCTET_STRING, "privateKey");
  const number = reader.contents();
  const named = reader.peek() === contextConstructed(0) ? readCurve(reader) : undefined;
  const algorithm = outside ?? named;
  if (!algorithm) throw formatError(reader, "the key does not name its curve");
  if (named && named !== algorithm)
    throw formatError(reader, `the key names two curves, ${algorithm.name} and ${named.name}`);
  const secret = padScalar(reader, number, algorithm);
  if (!reader.more()) return { algorithm, secret, publicKey: undefined };
  const outer = reader.open(contextConstructed(1), "publicKey");
  const publicKey = readPublicBits(reader, BIT_STRING);
  reader.finish(outer);
  return { algorithm, secret, publicKey };
}

function readCurve(reader: DerReader): CurveAlgorithm {
  const outer = reader.open(contextConstructed(0), "parameters");
  const start = reader.position;
  if (reader.peek() !== OBJECT_IDENTIFIER) {
    throw new KeyError(
      "ERR_KEY_UNSUPPORTED_ALGORITHM",
      "the curve is not named by an object identifier",
      reader.place(),
    );
  }
  reader.read(OBJECT_IDENTIFIER, "namedCurve");
  const oid = reader.bytes.subarray(start, reader.position);
  reader.finish(outer);
  for (const row of KEY_ALGORITHMS) if (row.kind === "curve" && equalBytes(row.parameters, oid)) return row;
  throw new KeyError(
    "ERR_KEY_UNSUPPORTED_ALGORITHM",
    "the curve is none of P-256, P-384 and P-521",
    reader.place(),
  );
}

function padScalar(reader: DerReader, number: Uint8Array, { name, size, order }: CurveAlgorithm): Uint8Array {
  const surplus = Math.max(number.length - size, 0);
  const secret = new Uint8Array(size);
  secret.set(number.subarray(surplus), size - (number.length - surplus));
  if (number.subarray(0, surplus).some((octet) => octet !== 0) || !isScalar(secret, order)) {
    throw formatError(reader, `the private key is not from 1 to the order of ${name} less 1`);
  }
  return secret;
}

function readPublicBits(reader: DerReader, tag: number): Uint8Array {
  if (readBitString(reader, "publicKey", tag) !== 0)
    throw formatError(reader, "the public key is not whole octets");
  return reader.contents();
}

/** RFC 8017 A.1.2, with two primes. Whether the numbers fit each other shows when the key signs for the first time. */
function readPkcs1(reader: DerReader): PrivateKeyParts {
  const version = readSmallInteger(reader, "version");
  if (version !== 0)
    throw formatError(
      reader,
      `only RSA keys with two primes (version 0) are read, this has version ${version}`,
    );
  const start = reader.position;
  checkRsaNumbers(reader);
  const numbers = reader.bytes.subarray(start, reader.position);
  for (const label of ["privateExponent", "prime1", "prime2", "exponent1", "exponent2", "coefficient"]) {
    readPositiveInteger(reader, label);
  }
  const writer = new DerWriter(numbers.length + 8);
  writer.element(SEQUENCE, numbers);
  return { algorithm: rsaRow(), secret: numbers, publicKey: writer.finish() };
}

function rsaRow(): KeyAlgorithm {
  return KEY_ALGORITHMS.find((row) => row.kind === "rsa")!;
}

/**
 * A seed: Ed25519's OCTET STRING (RFC 8410 7), ML-DSA's `[0]` (RFC 9881 6). Of ML-DSA's `both` the seed counts, from which the rest follows;
 * an expanded key without its seed is not read.
 */
function readSeed(reader: DerReader, algorithm: OctetAlgorithm): PrivateKeyParts {
  const both = reader.peek() === SEQUENCE && algorithm.seedTag !== OCTET_STRING;
  if (!both)
    return { algorithm, secret: readSeedOctets(reader, algorithm, algorithm.seedTag), publicKey: undefined };
  const outer = reader.open(SEQUENCE, "both");
  const secret = readSeedOctets(reader, algorithm, OCTET_STRING);
  reader.read(OCTET_STRING, "expandedKey");
  reader.finish(outer);
  return { algorithm, secret, publicKey: undefined };
}

function readSeedOctets(reader: DerReader, { name, seedSize }: OctetAlgorithm, tag: number): Uint8Array {
  reader.read(tag, "seed");
  const seed = reader.contents();
  if (seed.length !== seedSize)
    throw formatError(reader, `a private key of ${name} has ${seedSize} octets, not ${seed.length}`);
  return seed;
}

/**
 * Writes a private key. Where the public key is known, it goes where Go and OpenSSL write it: into SEC 1, and into the SEC 1 inside of PKCS#8.
 *
 * @throws KeyError `ERR_KEY_FORMAT` if the algorithm has no such encoding
 */
export function writePrivateKey(
  parts: PrivateKeyParts,
  encoding: PrivateKeyEncoding,
): Uint8Array<ArrayBuffer> {
  const { algorithm, secret } = parts;
  const own = algorithm.kind === "curve" ? "sec1" : algorithm.kind === "rsa" ? "pkcs1" : undefined;
  if (encoding !== "pkcs8" && encoding !== own) {
    throw new KeyError("ERR_KEY_FORMAT", `a key of ${algorithm.name} cannot be encoded as ${encoding}`);
  }
  if (encoding === "pkcs1") return new Uint8Array(secret);
  const writer = new DerWriter(secret.length + 192);
  if (encoding === "sec1") writeSec1(writer, parts, true);
  else writePkcs8(writer, parts);
  return writer.finish();
}

function writePkcs8(writer: DerWriter, parts: PrivateKeyParts): void {
  const { algorithm, secret } = parts;
  const end = writer.mark();
  if (algorithm.kind === "curve") writeSec1(writer, parts, false);
  else if (algorithm.kind === "rsa") writer.raw(secret);
  else writer.octetString(secret, algorithm.seedTag);
  writer.close(OCTET_STRING, end);
  writer.raw(algorithm.identifier);
  writer.smallInteger(0);
  writer.close(SEQUENCE, end);
}

function writeSec1(
  writer: DerWriter,
  { algorithm, secret, publicKey }: PrivateKeyParts,
  withCurve: boolean,
): void {
  const end = writer.mark();
  if (publicKey) {
    writer.bitString(publicKey);
    writer.close(contextConstructed(1), end);
  }
  if (withCurve && algorithm.kind === "curve") writer.element(contextConstructed(0), algorithm.parameters);
  writer.octetString(secret);
  writer.smallInteger(1);
  writer.close(SEQUENCE, end);
}

function formatError(reader: DerReader, message: string): KeyError {
  return new KeyError("ERR_KEY_FORMAT", message, reader.place());
}
