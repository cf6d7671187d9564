/** Faults of the outermost structures: Certificate, signature, TBSCertificate, version, serial number. */
import {
  certificate,
  dummySignature,
  ecdsaWithSha256,
  ed25519,
  extension,
  tbsCertificate,
} from "../../support/certificate.ts";
import {
  bits,
  bool,
  ctx,
  ctxPrimitive,
  hex,
  int,
  join,
  latin1,
  nul,
  octets,
  oid,
  seq,
  set,
  tlv,
  withLength,
} from "../../support/tlv.ts";
import { type MalformedCertificate, zeros, truncated, faults } from "./row.ts";

const rows: MalformedCertificate[] = [];

const sound = certificate();
const body = sound.subarray(4);

rows.push(
  ...faults("", [
    ["nothing at all", zeros(0), "ERR_DER_TRUNCATED"],
    ["PEM given as bytes", latin1("-----BEGIN CERTIFICATE-----"), "ERR_DER_UNEXPECTED_TAG"],
    ["a SET instead of a SEQUENCE", tlv(0x31, body), "ERR_DER_UNEXPECTED_TAG"],
    ["the last octet is missing", sound.subarray(0, -1), "ERR_DER_TRUNCATED"],
    ["an octet follows", join(sound, zeros(1)), "ERR_DER_TRAILING_DATA"],
    ["another certificate follows", join(sound, sound), "ERR_DER_TRAILING_DATA"],
    ["indefinite length", withLength(0x30, hex("80"), join(body, zeros(2))), "ERR_DER_LENGTH"],
    ["length in one octet too many", join(hex("30 83 00"), sound.subarray(2)), "ERR_DER_LENGTH"],
    [
      "an element after the signature",
      certificate({ afterSignature: nul }),
      "ERR_DER_TRAILING_DATA",
      undefined,
      "accepts",
    ],
    [
      "an octet after the signature",
      certificate({ afterSignature: zeros(1) }),
      "ERR_DER_TRAILING_DATA",
      undefined,
      "accepts",
    ],
    [
      "more than 64 KiB",
      certificate({ extensions: [extension("1.2.3.4", zeros(65_536))] }),
      "ERR_DER_SIZE",
      undefined,
      "limit",
    ],
  ]),
);

rows.push(
  ...faults("", [
    ["no signature", seq(tbsCertificate(), ecdsaWithSha256), "ERR_DER_TRUNCATED", "signatureValue"],
    [
      "signature as OCTET STRING",
      certificate({ signature: octets(zeros(8)) }),
      "ERR_DER_UNEXPECTED_TAG",
      "signatureValue",
    ],
    [
      "constructed signature",
      certificate({ signature: tlv(0x23, dummySignature) }),
      "ERR_DER_UNEXPECTED_TAG",
      "signatureValue",
    ],
    [
      "signature without a first octet",
      certificate({ signature: tlv(3) }),
      "ERR_DER_BIT_STRING",
      "signatureValue",
    ],
    [
      "signature with 8 unused bits",
      certificate({ signature: bits(zeros(1), 8) }),
      "ERR_DER_BIT_STRING",
      "signatureValue",
    ],
    [
      "signature with unused bits that are set",
      certificate({ signature: bits(hex("ff"), 1) }),
      "ERR_DER_BIT_STRING",
      "signatureValue",
    ],
    [
      "signature with unused bits",
      certificate({ signature: bits(hex("f0"), 4) }),
      "ERR_DER_BIT_STRING",
      "signatureValue",
      "accepts",
    ],
    [
      "no signatureAlgorithm",
      seq(tbsCertificate(), dummySignature),
      "ERR_DER_UNEXPECTED_TAG",
      "signatureAlgorithm",
    ],
    [
      "another algorithm beside the signature",
      certificate({ outerAlgorithm: ed25519 }),
      "ERR_CERTIFICATE_SIGNATURE_ALGORITHM",
      "signatureAlgorithm",
    ],
    [
      "NULL parameters beside the signature only",
      certificate({ outerAlgorithm: seq(oid("1.2.840.10045.4.3.2"), nul) }),
      "ERR_CERTIFICATE_SIGNATURE_ALGORITHM",
      "signatureAlgorithm",
    ],
    [
      "NULL parameters in the signed part only",
      certificate({ innerAlgorithm: seq(oid("1.2.840.10045.4.3.2"), nul), outerAlgorithm: ecdsaWithSha256 }),
      "ERR_CERTIFICATE_SIGNATURE_ALGORITHM",
      "signatureAlgorithm",
    ],
  ]),
);

export const unknownExtension = extension("1.2.3.4", nul);
const tbs = (content: Uint8Array): Uint8Array => certificate({ tbs: content });
const algorithm = (...content: Uint8Array[]): Uint8Array => certificate({ innerAlgorithm: seq(...content) });

rows.push(
  ...faults("tbsCertificate", [
    ["the signed part is a SET", tbs(tlv(0x31, tbsCertificate())), "ERR_DER_UNEXPECTED_TAG", ""],
    ["the signed part is empty", tbs(seq()), "ERR_DER_TRUNCATED", ".serialNumber"],
    [
      "the signed part ends after the serial number",
      tbs(seq(ctx(0, int(2)), int(1))),
      "ERR_DER_TRUNCATED",
      ".signature",
    ],
    [
      "an element after the extensions",
      certificate({ extensions: [unknownExtension], afterExtensions: nul }),
      "ERR_DER_TRAILING_DATA",
      "",
      "accepts",
    ],
    [
      "an element after the key",
      certificate({ afterExtensions: nul }),
      "ERR_DER_TRAILING_DATA",
      "",
      "accepts",
    ],
    [
      "[4] after the key",
      certificate({ afterExtensions: ctx(4, nul) }),
      "ERR_DER_TRAILING_DATA",
      "",
      "accepts",
    ],

    ["algorithm without contents", algorithm(), "ERR_DER_TRUNCATED", ".signature.algorithm"],
    [
      "algorithm is a SET",
      certificate({ innerAlgorithm: set(oid("1.2.3")) }),
      "ERR_DER_UNEXPECTED_TAG",
      ".signature",
    ],
    ["algorithm without an identifier", algorithm(nul), "ERR_DER_UNEXPECTED_TAG", ".signature.algorithm"],
    ["empty identifier of the algorithm", algorithm(tlv(6)), "ERR_DER_OID", ".signature.algorithm"],
    [
      "padded identifier of the algorithm",
      algorithm(hex("06 03 2a 80 03")),
      "ERR_DER_OID",
      ".signature.algorithm",
    ],
    ["cut identifier of the algorithm", algorithm(hex("06 02 2a 83")), "ERR_DER_OID", ".signature.algorithm"],
    [
      "an arc of 32 bits in the algorithm",
      algorithm(oid("1.2.4294967296")),
      "ERR_DER_OID_ARC",
      ".signature.algorithm",
    ],
    [
      "an identifier of 65 octets",
      algorithm(tlv(6, zeros(65))),
      "ERR_DER_OID",
      ".signature.algorithm",
      "limit",
    ],
    ["cut parameters", algorithm(oid("1.2.3"), truncated(5)), "ERR_DER_TRUNCATED", ".signature.parameters"],
    [
      "parameters with a long tag",
      algorithm(oid("1.2.3"), hex("1f 81 00 00")),
      "ERR_DER_TAG",
      ".signature.parameters",
    ],
    ["parameters twice", algorithm(oid("1.2.3"), nul, nul), "ERR_DER_TRAILING_DATA", ".signature", "accepts"],
  ]),
);

const version = (content: Uint8Array): Uint8Array => certificate({ version: content });
const withUniqueIds = (...ids: Uint8Array[]): Uint8Array => certificate({ uniqueIds: join(...ids) });
export const issuerId = ctxPrimitive(1, hex("00 aa"));
export const subjectId = ctxPrimitive(2, hex("00 aa"));

rows.push(
  ...faults("tbsCertificate", [
    ["v1 is written out", version(ctx(0, int(0))), "ERR_DER_DEFAULT_ENCODED", ".version", "accepts"],
    ["v4", version(ctx(0, int(3))), "ERR_CERTIFICATE_VERSION", ".version"],
    [
      "version 2^32 + 2, which is not 2",
      version(ctx(0, int(2n ** 32n + 2n))),
      "ERR_CERTIFICATE_VERSION",
      ".version",
    ],
    ["version 2^64 + 2", version(ctx(0, int(2n ** 64n + 2n))), "ERR_DER_INTEGER", ".version"],
    ["version -1", version(ctx(0, int(-1))), "ERR_DER_INTEGER", ".version"],
    ["version with a zero in front", version(ctx(0, hex("02 02 00 02"))), "ERR_DER_INTEGER", ".version"],
    ["version without octets", version(ctx(0, tlv(2))), "ERR_DER_INTEGER", ".version"],
    ["version without an INTEGER", version(ctx(0)), "ERR_DER_TRUNCATED", ".version"],
    ["version is a BOOLEAN", version(ctx(0, bool(true))), "ERR_DER_UNEXPECTED_TAG", ".version"],
    ["two versions", version(ctx(0, int(2), int(2))), "ERR_DER_TRAILING_DATA", ".version"],
    [
      "version is tagged implicitly",
      version(ctxPrimitive(0, hex("02"))),
      "ERR_DER_UNEXPECTED_TAG",
      ".serialNumber",
    ],
    [
      "extensions in v1",
      certificate({ version: zeros(0), extensions: [unknownExtension] }),
      "ERR_CERTIFICATE_VERSION_FIELDS",
      "",
      "accepts",
    ],
    [
      "extensions in v2",
      certificate({ version: ctx(0, int(1)), extensions: [unknownExtension] }),
      "ERR_CERTIFICATE_VERSION_FIELDS",
      "",
      "accepts",
    ],
    [
      "a unique identifier in v1",
      certificate({ version: zeros(0), uniqueIds: issuerId }),
      "ERR_CERTIFICATE_VERSION_FIELDS",
      "",
      "accepts",
    ],
    [
      "issuerUniqueID without octets",
      withUniqueIds(ctxPrimitive(1, zeros(0))),
      "ERR_DER_BIT_STRING",
      ".issuerUniqueID",
      "accepts",
    ],
    [
      "subjectUniqueID with 9 unused bits",
      withUniqueIds(ctxPrimitive(2, hex("09 00"))),
      "ERR_DER_BIT_STRING",
      ".subjectUniqueID",
      "accepts",
    ],
    [
      "subjectUniqueID before issuerUniqueID",
      withUniqueIds(subjectId, issuerId),
      "ERR_DER_TRAILING_DATA",
      "",
      "accepts",
    ],
    [
      "constructed issuerUniqueID",
      withUniqueIds(ctx(1, bits(zeros(1)))),
      "ERR_DER_TRAILING_DATA",
      "",
      "accepts",
    ],
    ["cut issuerUniqueID", withUniqueIds(truncated(0x81)), "ERR_DER_TRUNCATED", ".issuerUniqueID"],
  ]),
);

const serial = (content: Uint8Array): Uint8Array => certificate({ serialNumber: content });

rows.push(
  ...faults("tbsCertificate.serialNumber", [
    ["no serial number", serial(zeros(0)), "ERR_DER_UNEXPECTED_TAG", ""],
    ["ENUMERATED serial number", serial(hex("0a 01 01")), "ERR_DER_UNEXPECTED_TAG", ""],
    ["serial number without octets", serial(tlv(2)), "ERR_DER_INTEGER", ""],
    ["serial number with a zero in front", serial(hex("02 02 00 01")), "ERR_DER_INTEGER", ""],
    ["serial number -1", serial(int(-1)), "ERR_CERTIFICATE_SERIAL_NUMBER", ""],
    ["serial number of 20 octets, negative", serial(int(-(2n ** 159n))), "ERR_CERTIFICATE_SERIAL_NUMBER", ""],
    ["serial number of 21 octets", serial(int(2n ** 160n)), "ERR_CERTIFICATE_SERIAL_NUMBER", "", "accepts"],
  ]),
);

export const envelope: readonly MalformedCertificate[] = rows;
