/** THE table of key and signature algorithms; nothing else in this library enumerates them. */
import { concatBytes, fromHex } from "../bytes.ts";
import { contextPrimitive, OCTET_STRING, SEQUENCE } from "../der/tag.ts";
import { DerWriter } from "../der/writer.ts";

/** The keys that can be made. */
export type KeyAlgorithmName =
  | "ECDSA-P256"
  | "ECDSA-P384"
  | "ECDSA-P521"
  | "RSA-2048"
  | "RSA-3072"
  | "RSA-4096"
  | "Ed25519"
  | "ML-DSA-44"
  | "ML-DSA-65"
  | "ML-DSA-87";

/** The keys that can be read: as {@link KeyAlgorithmName}, but RSA of any size from 2048 to 8192 bits. */
export type PublicKeyAlgorithmName = Exclude<KeyAlgorithmName, `RSA-${number}`> | `RSA-${number}`;

/** The names of ECDSA keys. */
export type EcdsaAlgorithmName = Extract<KeyAlgorithmName, `ECDSA-${string}`>;

/** The names of keys that are octets of fixed number, and of their signatures. */
type OctetAlgorithmName = Extract<KeyAlgorithmName, "Ed25519" | `ML-DSA-${string}`>;

/** The signatures that can be verified, and (but for RSA-PSS) made. */
export type SignatureAlgorithmName =
  | "ECDSA-SHA256"
  | "ECDSA-SHA384"
  | "ECDSA-SHA512"
  | "RSA-SHA256"
  | "RSA-SHA384"
  | "RSA-SHA512"
  | "RSA-PSS-SHA256"
  | "RSA-PSS-SHA384"
  | "RSA-PSS-SHA512"
  | OctetAlgorithmName;

/** What keys and signatures must have in common. */
export type KeyFamily = "ECDSA" | "RSA" | OctetAlgorithmName;

interface KeyAlgorithmRow {
  readonly family: KeyFamily;
  /** DER of the AlgorithmIdentifier in SubjectPublicKeyInfo and PKCS#8. */
  readonly identifier: Uint8Array<ArrayBuffer>;
  /** What it signs with, as Kubernetes chooses. */
  readonly signature: SignatureAlgorithmName;
}

/** ECDSA on a named curve. */
export interface CurveAlgorithm extends KeyAlgorithmRow {
  readonly kind: "curve";
  readonly name: EcdsaAlgorithmName;
  /** WebCrypto's name of the curve. */
  readonly curve: string;
  /** DER of the curve's object identifier. */
  readonly parameters: Uint8Array<ArrayBuffer>;
  /** Octets of a coordinate and of a number below the order. */
  readonly size: number;
  /** Order of the base point, big-endian (FIPS 186-5, SP 800-186). */
  readonly order: Uint8Array;
}

/** RSA, whose keys have any size. */
export interface RsaAlgorithm extends KeyAlgorithmRow {
  readonly kind: "rsa";
  /** Its keys are named with their size. */
  readonly name: "RSA";
  /** The sizes that are made, in bits. */
  readonly sizes: readonly number[];
}

/** Algorithms whose keys and signatures are octets of fixed number. */
export interface OctetAlgorithm extends KeyAlgorithmRow {
  readonly kind: "octets";
  readonly name: OctetAlgorithmName;
  /** Octets of the public key, the signature and the seed that is the private key. */
  readonly publicKeySize: number;
  readonly signatureSize: number;
  /** 32 for all of them (RFC 8410 7, RFC 9881 6). */
  readonly seedSize: number;
  /** Tag of the seed in PKCS#8. */
  readonly seedTag: number;
}

/** One row of the table of key algorithms. */
export type KeyAlgorithm = CurveAlgorithm | RsaAlgorithm | OctetAlgorithm;

/** One row of the table of signature algorithms. */
export interface SignatureAlgorithm {
  readonly name: SignatureAlgorithmName;
  readonly family: KeyFamily;
  /** DER of the AlgorithmIdentifier: first the one that is written, then the others that are read. */
  readonly identifiers: readonly Uint8Array<ArrayBuffer>[];
  /** WebCrypto's name of the algorithm. */
  readonly webCryptoName: string;
  /** WebCrypto's name of the hash; undefined where the algorithm has its own. */
  readonly hash?: "SHA-256" | "SHA-384" | "SHA-512";
  /** Octets of the salt, for RSA-PSS. */
  readonly saltLength?: number;
}

/** AlgorithmIdentifier of these DER elements. */
function identifier(...elements: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const writer = new DerWriter(64);
  writer.element(SEQUENCE, concatBytes(...elements));
  return writer.finish();
}

const NULL_ELEMENT = /* @__PURE__ */ fromHex("0500");
const RSA_ENCRYPTION = /* @__PURE__ */ fromHex("06092a864886f70d010101");
const EC_PUBLIC_KEY = /* @__PURE__ */ fromHex("06072a8648ce3d0201");

function curve(
  name: EcdsaAlgorithmName,
  oid: string,
  order: string,
  signature: SignatureAlgorithmName,
): CurveAlgorithm {
  const parameters = fromHex(oid);
  return {
    kind: "curve",
    name,
    family: "ECDSA",
    identifier: identifier(EC_PUBLIC_KEY, parameters),
    signature,
    curve: name.replace("ECDSA-P", "P-"),
    parameters,
    size: order.length / 2,
    order: fromHex(order),
  };
}

function octets(
  name: OctetAlgorithmName,
  oid: string,
  sizes: readonly [publicKey: number, signature: number],
  seedTag: number,
): OctetAlgorithm {
  const [publicKeySize, signatureSize] = sizes;
  return {
    kind: "octets",
    name,
    family: name,
    identifier: identifier(fromHex(oid)),
    signature: name,
    publicKeySize,
    signatureSize,
    seedSize: 32,
    seedTag,
  };
}

const RSA: RsaAlgorithm = /* @__PURE__ */ (() => ({
  kind: "rsa",
  name: "RSA",
  family: "RSA",
  identifier: identifier(RSA_ENCRYPTION, NULL_ELEMENT),
  signature: "RSA-SHA256",
  sizes: [2048, 3072, 4096],
}))();

/** Every key algorithm: curves of RFC 5480, RSA of RFC 3279, Ed25519 of RFC 8410, ML-DSA of RFC 9881. */
export const KEY_ALGORITHMS: readonly KeyAlgorithm[] = /* @__PURE__ */ (() => [
  curve(
    "ECDSA-P256",
    "06082a8648ce3d030107",
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    "ECDSA-SHA256",
  ),
  curve(
    "ECDSA-P384",
    "06052b81040022",
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    "ECDSA-SHA384",
  ),
  curve(
    "ECDSA-P521",
    "06052b81040023",
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa" +
      "51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    "ECDSA-SHA512",
  ),
  RSA,
  octets("Ed25519", "06032b6570", [32, 64], OCTET_STRING),
  octets("ML-DSA-44", "0609608648016503040311", [1312, 2420], contextPrimitive(0)),
  octets("ML-DSA-65", "0609608648016503040312", [1952, 3309], contextPrimitive(0)),
  octets("ML-DSA-87", "0609608648016503040313", [2592, 4627], contextPrimitive(0)),
])();

interface Hash {
  readonly bits: 256 | 384 | 512;
  /** Last arcs in hexadecimal: of the hash below 2.16.840.1.101.3.4.2, of its signatures below 1.2.840.10045.4.3 and 1.2.840.113549.1.1. */
  readonly sha2: string;
  readonly ecdsa: string;
  readonly rsa: string;
}

/** RFC 5758 3.2: parameters are absent. */
function ecdsaSignature({ bits, ecdsa }: Hash): SignatureAlgorithm {
  return {
    name: `ECDSA-SHA${bits}`,
    family: "ECDSA",
    identifiers: [identifier(fromHex(`06082a8648ce3d0403${ecdsa}`))],
    webCryptoName: "ECDSA",
    hash: `SHA-${bits}`,
  };
}

/** RFC 4055 5: parameters are NULL, and readers also accept that they are absent. */
function rsaSignature({ bits, rsa }: Hash): SignatureAlgorithm {
  const oid = fromHex(`06092a864886f70d0101${rsa}`);
  return {
    name: `RSA-SHA${bits}`,
    family: "RSA",
    identifiers: [identifier(oid, NULL_ELEMENT), identifier(oid)],
    webCryptoName: "RSASSA-PKCS1-v1_5",
    hash: `SHA-${bits}`,
  };
}

/** RFC 4055 3.1 as Go reads it: one hash for message and mask, a salt as long as the hash; NULL parameters of a hash may be absent. */
function pssSignature({ bits, sha2 }: Hash): SignatureAlgorithm {
  const saltLength = bits / 8;
  const oid = fromHex(`06096086480165030402${sha2}`);
  const hashes = [identifier(oid, NULL_ELEMENT), identifier(oid)];
  const salt = fromHex(`a2030201${saltLength.toString(16)}`);
  const forms = hashes.flatMap((hash) => hashes.map((maskHash) => pssIdentifier(hash, maskHash, salt)));
  return {
    name: `RSA-PSS-SHA${bits}`,
    family: "RSA",
    identifiers: forms,
    webCryptoName: "RSA-PSS",
    hash: `SHA-${bits}`,
    saltLength,
  };
}

function pssIdentifier(hash: Uint8Array, maskHash: Uint8Array, salt: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new DerWriter(96);
  writer.raw(salt);
  const mask = writer.mark();
  writer.raw(identifier(fromHex("06092a864886f70d010108"), maskHash));
  writer.close(0xa1, mask);
  writer.element(0xa0, hash);
  writer.close(SEQUENCE, 0);
  return identifier(fromHex("06092a864886f70d01010a"), writer.finish());
}

/** ML-DSA, which this library takes where the runtime has it, and Go's crypto/x509 (1.26) does not. */
export function isPostQuantum({ name }: KeyAlgorithm): boolean {
  return name.startsWith("ML-DSA");
}

/** Every signature algorithm. Ed25519 and ML-DSA sign under the identifier of their keys. */
export const SIGNATURE_ALGORITHMS: readonly SignatureAlgorithm[] = /* @__PURE__ */ (() => {
  const hashes: readonly Hash[] = [
    { bits: 256, sha2: "01", ecdsa: "02", rsa: "0b" },
    { bits: 384, sha2: "02", ecdsa: "03", rsa: "0c" },
    { bits: 512, sha2: "03", ecdsa: "04", rsa: "0d" },
  ];
  const own = KEY_ALGORITHMS.filter((key) => key.kind === "octets").map(
    ({ name, family, identifier: der, signature }) => ({
      name: signature,
      family,
      identifiers: [der],
      webCryptoName: name,
    }),
  );
  return [...hashes.map(ecdsaSignature), ...hashes.map(rsaSignature), ...hashes.map(pssSignature), ...own];
})();

/** What is not used, by object identifier, so that a refusal can say what was found. */
export const REFUSED_ALGORITHMS: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.2": "MD2 with RSA, which is broken",
  "1.2.840.113549.1.1.4": "MD5 with RSA, which is broken",
  "1.2.840.113549.1.1.5": "SHA-1 with RSA, which is broken",
  "1.3.14.3.2.29": "SHA-1 with RSA, which is broken",
  "1.2.840.113549.1.1.14": "SHA-224 with RSA",
  "1.2.840.113549.1.1.10":
    "RSASSA-PSS with other parameters than one of SHA-256, SHA-384, SHA-512 throughout",
  "1.2.840.10045.4.1": "SHA-1 with ECDSA, which is broken",
  "1.2.840.10045.4.3.1": "SHA-224 with ECDSA",
  "1.2.840.10045.2.1": "an elliptic curve other than P-256, P-384 and P-521, or explicit curve parameters",
  "1.2.840.10040.4.1": "DSA",
  "1.2.840.10040.4.3": "SHA-1 with DSA, which is broken",
  "2.16.840.1.101.3.4.3.2": "SHA-256 with DSA",
  "1.3.101.110": "X25519, which cannot sign",
  "1.3.101.111": "X448, which cannot sign",
  "1.3.101.113": "Ed448",
  "1.3.6.1.5.5.7.6.36": "no signature at all (id-alg-unsigned)",
};
