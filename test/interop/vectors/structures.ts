/** Certificates that are odd anywhere but in the subject: does Go parse them, and as what? */
import {
  certificate,
  cn,
  dnsName,
  dummySignature,
  ecAlgorithm,
  ecdsaWithSha256,
  extendedKeyUsage,
  name,
  p256Key,
  p256Point,
  tbsCertificate,
  validity,
} from "../../support/certificate.ts";
import {
  bits,
  bool,
  ctx,
  ctxPrimitive,
  generalizedTime,
  hex,
  int,
  join,
  nul,
  octets,
  oid,
  seq,
  set,
  tlv,
  utcTime,
  withLength,
} from "../../support/tlv.ts";

type Cases = Record<string, Uint8Array>;

const good = certificate();
const eku = extendedKeyUsage("clientAuth");
const keyUsageExtension = hex("300e 0603551d0f 0101ff 0404 03020780");
const zeros = (count: number): Uint8Array => new Uint8Array(count);

const envelope: Cases = {
  "a plain certificate": good,
  "a byte after the certificate": join(good, hex("00")),
  "two certificates": join(good, good),
  "the last byte missing": good.subarray(0, -1),
  nothing: zeros(0),
  "one byte": hex("30"),
  "an empty SEQUENCE": seq(),
  "a SET": join(hex("31"), good.subarray(1)),
  "a fourth element": certificate({ afterSignature: nul }),
  "a byte after the signature": certificate({ afterSignature: hex("00") }),
  "no signature": seq(tbsCertificate(), ecdsaWithSha256),
  "signature with unused bits": certificate({ signature: bits(hex("f0"), 4) }),
  "signature with set unused bits": certificate({ signature: bits(hex("ff"), 4) }),
  "signature with 8 unused bits": certificate({ signature: bits(hex("00"), 8) }),
  "signature without contents": certificate({ signature: tlv(3) }),
  "signature of no bits": certificate({ signature: bits(zeros(0)) }),
  "signature of no bits with unused bits": certificate({ signature: bits(zeros(0), 1) }),
  "signature as OCTET STRING": certificate({ signature: octets(hex("00")) }),
  "constructed signature": certificate({ signature: tlv(0x23, dummySignature) }),
  "outer length in too many octets": withLength(0x30, hex("83 0000ff"), zeros(255)),
  "indefinite outer length": join(hex("30 80"), tbsCertificate(), ecdsaWithSha256, dummySignature, zeros(2)),
  "an element after the extensions": certificate({ extensions: [eku], afterExtensions: nul }),
  "an element after the key, no extensions": certificate({ afterExtensions: nul }),
  "[4] after the extensions": certificate({ extensions: [eku], afterExtensions: ctx(4, nul) }),
};

const version = (value: Uint8Array): Uint8Array => certificate({ version: value });
const versions: Cases = {
  "no version (v1)": version(zeros(0)),
  "version 0 written out": version(ctx(0, int(0))),
  "version 1 (v2)": version(ctx(0, int(1))),
  "version 3 (v4)": version(ctx(0, int(3))),
  "version -1": version(ctx(0, int(-1))),
  "version 2^63": version(ctx(0, int(2n ** 63n))),
  "version 2^63 - 1": version(ctx(0, int(2n ** 63n - 1n))),
  "version padded": version(ctx(0, hex("02 02 00 02"))),
  "version without INTEGER": version(ctx(0)),
  "version with two INTEGERs": version(ctx(0, int(2), int(2))),
  "version not wrapped": version(int(2)),
  "version [0] primitive": version(ctxPrimitive(0, int(2))),
  "v1 with extensions": certificate({ version: zeros(0), extensions: [eku] }),
  "v2 with extensions": certificate({ version: ctx(0, int(1)), extensions: [eku] }),
  "v1 with an element after the key": certificate({ version: zeros(0), afterExtensions: nul }),
};

const serial = (value: Uint8Array): Uint8Array => certificate({ serialNumber: value });
const serials: Cases = {
  "serial 0": serial(int(0)),
  "serial -1": serial(int(-1)),
  "serial 128": serial(int(128)),
  "serial padded": serial(hex("02 02 00 01")),
  "serial padded with ff": serial(hex("02 02 ff 80")),
  "serial without octets": serial(hex("02 00")),
  "serial of 20 octets": serial(tlv(2, hex("7f"), zeros(19))),
  "serial of 21 octets": serial(tlv(2, hex("7f"), zeros(20))),
  "serial of 300 octets": serial(tlv(2, hex("7f"), zeros(299))),
  "serial as ENUMERATED": serial(hex("0a 01 01")),
};

const algorithm = (inner: Uint8Array, outer = inner): Uint8Array =>
  certificate({ innerAlgorithm: inner, outerAlgorithm: outer });
const algorithms: Cases = {
  "ECDSA with NULL parameters": algorithm(seq(oid("1.2.840.10045.4.3.2"), nul)),
  "inner and outer algorithm differ": algorithm(ecdsaWithSha256, seq(oid("1.2.840.10045.4.3.3"))),
  "only the outer has NULL": algorithm(ecdsaWithSha256, seq(oid("1.2.840.10045.4.3.2"), nul)),
  "RSA with SHA-256": algorithm(seq(oid("1.2.840.113549.1.1.11"), nul)),
  "RSA with SHA-256 without NULL": algorithm(seq(oid("1.2.840.113549.1.1.11"))),
  "RSA with SHA-1": algorithm(seq(oid("1.2.840.113549.1.1.5"), nul)),
  "RSA with MD5": algorithm(seq(oid("1.2.840.113549.1.1.4"), nul)),
  "ECDSA with SHA-1": algorithm(seq(oid("1.2.840.10045.4.1"))),
  Ed25519: algorithm(seq(oid("1.3.101.112"))),
  "Ed25519 with NULL": algorithm(seq(oid("1.3.101.112"), nul)),
  "unknown algorithm": algorithm(seq(oid("1.2.3.4"), octets(hex("01")))),
  "algorithm with a third element": algorithm(seq(oid("1.2.840.10045.4.3.2"), nul, nul)),
  "algorithm without OID": algorithm(seq()),
  "algorithm with a broken OID": algorithm(seq(tlv(6, hex("80 01")))),
  "algorithm as SET": algorithm(set(oid("1.2.840.10045.4.3.2"))),
  "algorithm with truncated parameters": algorithm(seq(oid("1.2.840.10045.4.3.2"), hex("05"))),
  "RSA-PSS without parameters": algorithm(seq(oid("1.2.840.113549.1.1.10"))),
  "RSA-PSS with SHA-256": algorithm(pss("2.16.840.1.101.3.4.2.1", 32)),
  "RSA-PSS with SHA-256, salt 20": algorithm(pss("2.16.840.1.101.3.4.2.1", 20)),
};

/** RSASSA-PSS-params, RFC 4055 section 3.1. */
function pss(hash: string, salt: number): Uint8Array {
  const digest = seq(oid(hash), nul);
  const mask = seq(oid("1.2.840.113549.1.1.8"), digest);
  return seq(oid("1.2.840.113549.1.1.10"), seq(ctx(0, digest), ctx(1, mask), ctx(2, int(salt))));
}

const between = (from: Uint8Array, to: Uint8Array, ...more: Uint8Array[]): Uint8Array =>
  certificate({ validity: seq(from, to, ...more) });
const from = utcTime("200101000000Z");
const to = utcTime("491231235959Z");
const utc = (text: string): Uint8Array => between(utcTime(text), to);
const generalized = (text: string): Uint8Array => between(from, generalizedTime(text));
const times: Cases = {
  "UTCTime 490101": utc("490101000000Z"),
  "UTCTime 500101 (1950)": utc("500101000000Z"),
  "UTCTime 681231 and 690101": between(utcTime("681231235959Z"), utcTime("690101000000Z")),
  "UTCTime 000101": utc("000101000000Z"),
  "UTCTime 000229": utc("000229000000Z"),
  "UTCTime 500229": utc("500229000000Z"),
  "UTCTime 520229": utc("520229000000Z"),
  "UTCTime 990229": utc("990229000000Z"),
  "UTCTime without seconds": utc("2001010000Z"),
  "UTCTime with an offset": utc("200101000000+0100"),
  "UTCTime with a negative offset": utc("200101000000-0700"),
  "UTCTime without seconds, with an offset": utc("2001010000+0100"),
  "UTCTime with offset +0000": utc("200101000000+0000"),
  "UTCTime with offset -0000": utc("200101000000-0000"),
  "UTCTime with an offset that crosses into 2050": utc("491231235959-0100"),
  "UTCTime with offset +2400": utc("200101000000+2400"),
  "UTCTime with offset +2359": utc("200101000000+2359"),
  "UTCTime with offset +0060": utc("200101000000+0060"),
  "UTCTime with offset +9999": utc("200101000000+9999"),
  "UTCTime without zone": utc("200101000000"),
  "UTCTime with a fraction": utc("200101000000.5Z"),
  "UTCTime month 13": utc("201301000000Z"),
  "UTCTime month 00": utc("200001000000Z"),
  "UTCTime day 00": utc("200100000000Z"),
  "UTCTime day 32": utc("200132000000Z"),
  "UTCTime 31 April": utc("200431000000Z"),
  "UTCTime hour 24": utc("200101240000Z"),
  "UTCTime minute 60": utc("200101006000Z"),
  "UTCTime second 60": utc("200101000060Z"),
  "UTCTime with a space": utc(" 00101000000Z"),
  "UTCTime in lower case": utc("200101000000z"),
  "UTCTime empty": utc(""),
  "UTCTime with a letter": utc("2001010000a0Z"),
  "UTCTime with full year": utc("20200101000000Z"),
  "GeneralizedTime 2050": generalized("20500101000000Z"),
  "GeneralizedTime before 2050": generalized("20300101000000Z"),
  "GeneralizedTime 9999": generalized("99991231235959Z"),
  "GeneralizedTime year 0": generalized("00000101000000Z"),
  "GeneralizedTime year 1": generalized("00010101000000Z"),
  "GeneralizedTime 1969": generalized("19691231235959Z"),
  "GeneralizedTime 29 February 2100": generalized("21000229000000Z"),
  "GeneralizedTime 29 February 2000": generalized("20000229000000Z"),
  "GeneralizedTime with a fraction": generalized("20500101000000.5Z"),
  "GeneralizedTime with a comma fraction": generalized("20500101000000,5Z"),
  "GeneralizedTime with fraction .0": generalized("20500101000000.0Z"),
  "GeneralizedTime without seconds": generalized("205001010000Z"),
  "GeneralizedTime with an offset": generalized("20500101000000+0100"),
  "GeneralizedTime with a negative offset": generalized("20500101000000-0330"),
  "GeneralizedTime with offset +0000": generalized("20500101000000+0000"),
  "GeneralizedTime year 0 with an offset": generalized("00000101000000+0100"),
  "GeneralizedTime year 9999 with an offset": generalized("99991231235959-0100"),
  "GeneralizedTime without zone": generalized("20500101000000"),
  "GeneralizedTime with two-digit year": generalized("500101000000Z"),
  "GeneralizedTime second 60": generalized("20500101000060Z"),
  "GeneralizedTime with five-digit year": generalized("120500101000000Z"),
  "notBefore after notAfter": between(to, from),
  "notBefore equals notAfter": between(from, from),
  "a third time": between(from, to, to),
  "one time only": certificate({ validity: seq(from) }),
  "no time": certificate({ validity: seq() }),
  "time as a string": certificate({ validity: seq(tlv(12, from.subarray(2)), to) }),
};

const key = (spki: Uint8Array): Uint8Array => certificate({ subjectPublicKeyInfo: spki });
const rsaKey = (modulus: Uint8Array, exponent: Uint8Array, ...more: Uint8Array[]): Uint8Array =>
  key(seq(seq(oid("1.2.840.113549.1.1.1"), nul), bits(seq(modulus, exponent, ...more))));
const rsa2048 = tlv(2, hex("00 c7"), new Uint8Array(254).fill(0x55), hex("01"));
const e = int(65_537);
const ec = (point: Uint8Array, curve = "1.2.840.10045.3.1.7"): Uint8Array =>
  key(seq(seq(oid("1.2.840.10045.2.1"), oid(curve)), bits(point)));
const offCurve = join(p256Point.subarray(0, 64), hex("00"));
const ed = (bytes: Uint8Array, ...parameters: Uint8Array[]): Uint8Array =>
  key(seq(seq(oid("1.3.101.112"), ...parameters), bits(bytes)));
const keys: Cases = {
  "RSA 2048": rsaKey(rsa2048, e),
  "RSA 512": rsaKey(tlv(2, hex("00 c7"), new Uint8Array(62).fill(0x55), hex("01")), e),
  "RSA, even modulus": rsaKey(tlv(2, hex("00 c7"), new Uint8Array(255).fill(0x54)), e),
  "RSA exponent 1": rsaKey(rsa2048, int(1)),
  "RSA exponent 2": rsaKey(rsa2048, int(2)),
  "RSA exponent 3": rsaKey(rsa2048, int(3)),
  "RSA exponent 0": rsaKey(rsa2048, int(0)),
  "RSA exponent -3": rsaKey(rsa2048, int(-3)),
  "RSA exponent 2^31": rsaKey(rsa2048, int(2n ** 31n)),
  "RSA exponent 2^63 - 1": rsaKey(rsa2048, int(2n ** 63n - 1n)),
  "RSA exponent 2^63": rsaKey(rsa2048, int(2n ** 63n)),
  "RSA modulus 0": rsaKey(int(0), e),
  "RSA modulus negative": rsaKey(int(-5), e),
  "RSA modulus padded": rsaKey(join(hex("02 03 00 00 8f")), e),
  "RSA with a third INTEGER": rsaKey(rsa2048, e, int(1)),
  "RSA without exponent": key(seq(seq(oid("1.2.840.113549.1.1.1"), nul), bits(seq(rsa2048)))),
  "RSA without NULL": key(seq(seq(oid("1.2.840.113549.1.1.1")), bits(seq(rsa2048, e)))),
  "RSA with other parameters": key(seq(seq(oid("1.2.840.113549.1.1.1"), int(0)), bits(seq(rsa2048, e)))),
  "RSA with bytes after the key": key(
    seq(seq(oid("1.2.840.113549.1.1.1"), nul), bits(join(seq(rsa2048, e), nul))),
  ),
  "RSA-PSS key": key(seq(seq(oid("1.2.840.113549.1.1.10")), bits(seq(rsa2048, e)))),
  "EC point off the curve": ec(offCurve),
  "EC point compressed": ec(join(hex("03"), p256Point.subarray(1, 33))),
  "EC point hybrid": ec(join(hex("07"), p256Point.subarray(1))),
  "EC point at infinity": ec(hex("00")),
  "EC point too short": ec(p256Point.subarray(0, 64)),
  "EC point too long": ec(join(p256Point, hex("00"))),
  "EC point with coordinates of zero": ec(join(hex("04"), zeros(64))),
  "EC P-256 point on P-384": ec(p256Point, "1.3.132.0.34"),
  "EC secp256k1": ec(p256Point, "1.3.132.0.10"),
  "EC without curve": key(seq(seq(oid("1.2.840.10045.2.1")), bits(p256Point))),
  "EC with explicit parameters": key(seq(seq(oid("1.2.840.10045.2.1"), seq(int(1))), bits(p256Point))),
  "EC with NULL for the curve": key(seq(seq(oid("1.2.840.10045.2.1"), nul), bits(p256Point))),
  "EC with a third element in the algorithm": key(
    seq(seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"), nul), bits(p256Point)),
  ),
  "key with unused bits": key(seq(ecAlgorithm, bits(p256Point, 1))),
  "key with a third element": key(seq(ecAlgorithm, bits(p256Point), nul)),
  "key as OCTET STRING": key(seq(ecAlgorithm, octets(p256Point))),
  "key algorithm unknown": key(seq(seq(oid("1.2.3.4")), bits(hex("00")))),
  "key algorithm unknown, empty key": key(seq(seq(oid("1.2.3.4")), bits(zeros(0)))),
  "Ed25519 key": ed(new Uint8Array(32).fill(1)),
  "Ed25519 key of zeros": ed(zeros(32)),
  "Ed25519 key of 31 bytes": ed(zeros(31)),
  "Ed25519 key of 33 bytes": ed(zeros(33)),
  "Ed25519 key with NULL": ed(zeros(32), nul),
  "X25519 key": key(seq(seq(oid("1.3.101.110")), bits(new Uint8Array(32).fill(9)))),
  "X25519 key of 31 bytes": key(seq(seq(oid("1.3.101.110")), bits(zeros(31)))),
  "Ed448 key": key(seq(seq(oid("1.3.101.113")), bits(zeros(57)))),
  "ML-DSA-44 key": key(seq(seq(oid("2.16.840.1.101.3.4.3.17")), bits(zeros(1312)))),
  "DSA key": key(seq(seq(oid("1.2.840.10040.4.1"), seq(int(23), int(11), int(2))), bits(int(3)))),
  "DSA key of zero": key(seq(seq(oid("1.2.840.10040.4.1"), seq(int(23), int(11), int(2))), bits(int(0)))),
  "DSA key without parameters": key(seq(seq(oid("1.2.840.10040.4.1")), bits(int(3)))),
  "DSA key with bytes after it": key(
    seq(seq(oid("1.2.840.10040.4.1"), seq(int(23), int(11), int(2), nul)), bits(join(int(3), nul))),
  ),
};

const withIds = (uniqueIds: Uint8Array, extensions?: Uint8Array[]): Uint8Array =>
  certificate(extensions ? { uniqueIds, extensions } : { uniqueIds });
const uniqueIds: Cases = {
  issuerUniqueID: withIds(ctxPrimitive(1, hex("00 01"))),
  "both unique IDs and extensions": withIds(
    join(ctxPrimitive(1, hex("00 01")), ctxPrimitive(2, hex("00 01"))),
    [eku],
  ),
  "unique IDs in the wrong order": withIds(
    join(ctxPrimitive(2, hex("00 01")), ctxPrimitive(1, hex("00 01"))),
    [eku],
  ),
  "unique ID that is no BIT STRING": withIds(ctxPrimitive(1, hex("ff"))),
  "unique ID without contents": withIds(ctxPrimitive(1, zeros(0))),
  "unique ID constructed": withIds(ctx(1, bits(hex("01"))), [eku]),
  "v1 with a unique ID": certificate({ version: zeros(0), uniqueIds: ctxPrimitive(1, hex("00 01")) }),
};

const raw = (rawExtensions: Uint8Array): Uint8Array => certificate({ rawExtensions });
const one = (...parts: Uint8Array[]): Uint8Array => certificate({ extensions: [seq(...parts)] });
const unknown = oid("1.2.3.4");
const containers: Cases = {
  "empty list of extensions": certificate({ extensions: [] }),
  "[3] without a list": raw(ctx(3)),
  "[3] primitive": raw(ctxPrimitive(3, seq(eku))),
  "[3] twice": raw(join(ctx(3, seq(eku)), ctx(3, seq(keyUsageExtension)))),
  "[3] with a second list": raw(ctx(3, seq(eku), seq(eku))),
  "[3] with NULL after the list": raw(ctx(3, seq(eku), nul)),
  "the same extension twice": certificate({ extensions: [eku, eku] }),
  "an unknown extension twice": certificate({
    extensions: [seq(unknown, octets()), seq(unknown, octets(hex("00")))],
  }),
  "unknown extension": one(unknown, octets(hex("00"))),
  "unknown critical extension": one(unknown, bool(true), octets(hex("00"))),
  "critical FALSE written out": one(unknown, bool(false), octets(hex("00"))),
  "critical 01": one(unknown, hex("01 01 01"), octets()),
  "critical of two bytes": one(unknown, hex("01 02 ff ff"), octets()),
  "critical without contents": one(unknown, hex("01 00"), octets()),
  "critical twice": one(unknown, bool(true), bool(true), octets()),
  "extension without value": one(unknown),
  "extension with an element after the value": one(unknown, octets(), nul),
  "extension value as BIT STRING": one(unknown, bits(hex("00"))),
  "extension with a broken OID": one(tlv(6, hex("80 01")), octets()),
  "extension with an OID arc above 2^31": one(oid("1.2.4294967296"), octets()),
  "empty extension": one(),
};

const missing: Cases = {
  "no serial": seq(
    seq(ctx(0, int(2)), ecdsaWithSha256, name(cn("ca")), validity, name(cn("a")), p256Key),
    ecdsaWithSha256,
    dummySignature,
  ),
  "no issuer": certificate({ issuer: zeros(0) }),
  "no subject": certificate({ subject: zeros(0) }),
  "no key": certificate({ subjectPublicKeyInfo: zeros(0) }),
  "no validity": certificate({ validity: zeros(0) }),
  "empty issuer": certificate({ issuer: seq() }),
  "issuer with an unsupported string": certificate({ issuer: name(seq(oid("2.5.4.3"), int(1))) }),
  "issuer with two CNs": certificate({ issuer: name(cn("a"), cn("b")) }),
  "empty subject and a SAN": certificate({
    subject: seq(),
    extensions: [seq(oid("2.5.29.17"), bool(true), octets(seq(dnsName("a.example"))))],
  }),
};

export const structures: Readonly<Cases> = {
  ...envelope,
  ...versions,
  ...serials,
  ...algorithms,
  ...times,
  ...keys,
  ...uniqueIds,
  ...containers,
  ...missing,
};
