/** Faults of SubjectPublicKeyInfo: EC, Ed25519, RSA, DSA. */
import { certificate, ecAlgorithm, p256Point } from "../../support/certificate.ts";
import { bits, hex, int, join, nul, octets, oid, seq, set, tlv } from "../../support/tlv.ts";
import { type MalformedCertificate, zeros, faults } from "./row.ts";

const rows: MalformedCertificate[] = [];

const spki = (...content: Uint8Array[]): Uint8Array => certificate({ subjectPublicKeyInfo: seq(...content) });
const key = (parameters: Uint8Array | undefined, id: string, content: Uint8Array, unused = 0): Uint8Array =>
  spki(parameters ? seq(oid(id), parameters) : seq(oid(id)), bits(content, unused));
const EC = "1.2.840.10045.2.1";
const P256 = oid("1.2.840.10045.3.1.7");
const ec = (parameters: Uint8Array | undefined, point: Uint8Array): Uint8Array => key(parameters, EC, point);
const compressed = join(hex("03"), p256Point.subarray(1, 33));
/** The point, shifted to the left by four bits that are unused: Go shifts it back. */
const shifted = hex(`${Buffer.from(p256Point).toString("hex").slice(1)}0`);

rows.push(
  ...faults("tbsCertificate.subjectPublicKeyInfo", [
    [
      "the key is a SET",
      certificate({ subjectPublicKeyInfo: set(ecAlgorithm, bits(p256Point)) }),
      "ERR_DER_UNEXPECTED_TAG",
      "",
    ],
    ["no key", certificate({ subjectPublicKeyInfo: zeros(0) }), "ERR_DER_TRUNCATED", ""],
    [
      "an element after the key's bits",
      spki(ecAlgorithm, bits(p256Point), nul),
      "ERR_DER_TRAILING_DATA",
      "",
      "accepts",
    ],
    [
      "parameters twice in the key's algorithm",
      spki(seq(oid("1.2.3"), nul, nul), bits(zeros(1))),
      "ERR_DER_TRAILING_DATA",
      ".algorithm",
      "accepts",
    ],
    [
      "the key's bits as OCTET STRING",
      spki(ecAlgorithm, octets(p256Point)),
      "ERR_DER_UNEXPECTED_TAG",
      ".subjectPublicKey",
    ],
    [
      "the key's bits without a first octet",
      spki(ecAlgorithm, tlv(3)),
      "ERR_DER_BIT_STRING",
      ".subjectPublicKey",
    ],
    [
      "unused bits in a key of an unknown algorithm",
      key(undefined, "1.3.101.113", hex("f0"), 4),
      "ERR_CERTIFICATE_PUBLIC_KEY",
      "",
      "accepts",
    ],
    ["unused bits in an EC key", key(P256, EC, shifted, 4), "ERR_CERTIFICATE_PUBLIC_KEY", "", "limit"],

    ["EC key without parameters", ec(undefined, p256Point), "ERR_CERTIFICATE_PUBLIC_KEY", ""],
    ["EC key with NULL parameters", ec(nul, p256Point), "ERR_CERTIFICATE_PUBLIC_KEY", ""],
    ["EC key with explicit parameters", ec(seq(int(1)), p256Point), "ERR_CERTIFICATE_PUBLIC_KEY", ""],
    [
      "EC key on a curve Go does not know (secp256k1)",
      ec(oid("1.3.132.0.10"), p256Point),
      "ERR_CERTIFICATE_PUBLIC_KEY",
      "",
    ],
    [
      "EC key with a padded curve",
      ec(hex("06 09 2a 80 86 48 ce 3d 03 01 07"), p256Point),
      "ERR_CERTIFICATE_PUBLIC_KEY",
      "",
    ],
    [
      "EC key on P-384 with a point of P-256",
      ec(oid("1.3.132.0.34"), p256Point),
      "ERR_CERTIFICATE_PUBLIC_KEY",
      "",
    ],
    ["compressed point", ec(P256, compressed), "ERR_CERTIFICATE_PUBLIC_KEY", ""],
    ["hybrid point", ec(P256, join(hex("07"), p256Point.subarray(1))), "ERR_CERTIFICATE_PUBLIC_KEY", ""],
    ["the point at infinity", ec(P256, hex("00")), "ERR_CERTIFICATE_PUBLIC_KEY", ""],
    ["a point of no octets", ec(P256, zeros(0)), "ERR_CERTIFICATE_PUBLIC_KEY", ""],
    ["a point one octet short", ec(P256, p256Point.subarray(0, -1)), "ERR_CERTIFICATE_PUBLIC_KEY", ""],
    ["a point one octet long", ec(P256, join(p256Point, zeros(1))), "ERR_CERTIFICATE_PUBLIC_KEY", ""],

    ["Ed25519 with NULL parameters", key(nul, "1.3.101.112", zeros(32)), "ERR_CERTIFICATE_PUBLIC_KEY", ""],
    ["Ed25519 of 31 octets", key(undefined, "1.3.101.112", zeros(31)), "ERR_CERTIFICATE_PUBLIC_KEY", ""],
    ["Ed25519 of 33 octets", key(undefined, "1.3.101.112", zeros(33)), "ERR_CERTIFICATE_PUBLIC_KEY", ""],
  ]),
);

export const RSA = "1.2.840.113549.1.1.1";
const modulus = int(2n ** 2047n + 1n);
const rsa = (...content: Uint8Array[]): Uint8Array => key(nul, RSA, seq(...content));
export const rsaKey = seq(modulus, int(65_537));

rows.push(
  ...faults("tbsCertificate.subjectPublicKeyInfo", [
    ["RSA without parameters", key(undefined, RSA, rsaKey), "ERR_CERTIFICATE_PUBLIC_KEY", ""],
    ["RSA with another type of parameters", key(seq(), RSA, rsaKey), "ERR_CERTIFICATE_PUBLIC_KEY", ""],
    [
      "RSA with a NULL that has contents",
      key(hex("05 01 00"), RSA, rsaKey),
      "ERR_CERTIFICATE_PUBLIC_KEY",
      "",
    ],
    [
      "RSA key is no SEQUENCE",
      key(nul, RSA, modulus),
      "ERR_DER_UNEXPECTED_TAG",
      ".subjectPublicKey.RSAPublicKey",
    ],
    ["RSA key is empty", key(nul, RSA, zeros(0)), "ERR_DER_TRUNCATED", ".subjectPublicKey.RSAPublicKey"],
    ["RSA modulus 0", rsa(int(0), int(3)), "ERR_DER_INTEGER", ".subjectPublicKey.RSAPublicKey.modulus"],
    [
      "negative RSA modulus",
      rsa(int(-5), int(3)),
      "ERR_DER_INTEGER",
      ".subjectPublicKey.RSAPublicKey.modulus",
    ],
    [
      "RSA modulus with a zero in front",
      rsa(hex("02 02 00 05"), int(3)),
      "ERR_DER_INTEGER",
      ".subjectPublicKey.RSAPublicKey.modulus",
    ],
    [
      "RSA without exponent",
      rsa(modulus),
      "ERR_DER_TRUNCATED",
      ".subjectPublicKey.RSAPublicKey.publicExponent",
    ],
    [
      "RSA exponent 0",
      rsa(modulus, int(0)),
      "ERR_DER_INTEGER",
      ".subjectPublicKey.RSAPublicKey.publicExponent",
    ],
    [
      "negative RSA exponent",
      rsa(modulus, int(-3)),
      "ERR_DER_INTEGER",
      ".subjectPublicKey.RSAPublicKey.publicExponent",
    ],
    [
      "RSA exponent 2^63",
      rsa(modulus, int(2n ** 63n)),
      "ERR_CERTIFICATE_PUBLIC_KEY",
      ".subjectPublicKey.RSAPublicKey",
    ],
    [
      "a third INTEGER in the RSA key",
      rsa(modulus, int(3), int(5)),
      "ERR_DER_TRAILING_DATA",
      ".subjectPublicKey.RSAPublicKey",
      "accepts",
    ],
    [
      "an octet after the RSA key",
      key(nul, RSA, join(rsaKey, zeros(1))),
      "ERR_DER_TRAILING_DATA",
      ".subjectPublicKey",
      "accepts",
    ],
  ]),
);

export const DSA = "1.2.840.10040.4.1";
const dsaParameters = (...list: (number | bigint)[]): Uint8Array => seq(...list.map((number) => int(number)));
const dsa = (parameters: Uint8Array | undefined, y: Uint8Array): Uint8Array => key(parameters, DSA, y);
export const pqg = dsaParameters(23, 11, 4);

rows.push(
  ...faults("tbsCertificate.subjectPublicKeyInfo", [
    ["DSA without parameters", dsa(undefined, int(8)), "ERR_DER_UNEXPECTED_TAG", ".parameters"],
    ["DSA without g", dsa(dsaParameters(23, 11), int(8)), "ERR_DER_TRUNCATED", ".parameters.g"],
    ["DSA with q = 0", dsa(dsaParameters(23, 0, 4), int(8)), "ERR_DER_INTEGER", ".parameters.q"],
    ["DSA with negative p", dsa(dsaParameters(-23, 11, 4), int(8)), "ERR_DER_INTEGER", ".parameters.p"],
    [
      "DSA with a fourth parameter",
      dsa(dsaParameters(23, 11, 4, 1), int(8)),
      "ERR_DER_TRAILING_DATA",
      ".parameters",
      "accepts",
    ],
    ["DSA with y = 0", dsa(pqg, int(0)), "ERR_DER_INTEGER", ".subjectPublicKey.y"],
    ["DSA key is no INTEGER", dsa(pqg, octets()), "ERR_DER_UNEXPECTED_TAG", ".subjectPublicKey.y"],
    [
      "an octet after the DSA key",
      dsa(pqg, join(int(8), zeros(1))),
      "ERR_DER_TRAILING_DATA",
      ".subjectPublicKey",
      "accepts",
    ],
  ]),
);

export const keys: readonly MalformedCertificate[] = rows;
