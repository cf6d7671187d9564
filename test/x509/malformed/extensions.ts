/** Faults of the frame of extensions, and of those that say what the key and the certificate are for. */
import { certificate, extension, extensionIds, uri, usageIds } from "../../support/certificate.ts";
import {
  bits,
  bool,
  ctx,
  ctxPrimitive,
  hex,
  int,
  join,
  nul,
  octets,
  oid,
  seq,
  set,
  tlv,
  utf8,
} from "../../support/tlv.ts";
import {
  type MalformedCertificate,
  type Fault,
  withExtensions,
  zeros,
  truncated,
  faults,
  extensionFaults,
} from "./row.ts";
import { unknownExtension } from "./envelope.ts";

const rows: MalformedCertificate[] = [];

const rawExtensions = (encoding: Uint8Array): Uint8Array => certificate({ rawExtensions: encoding });
export const keyUsageValue = bits(hex("80"), 7);

rows.push(
  ...faults("tbsCertificate", [
    [
      "extensions tagged as primitive",
      rawExtensions(ctxPrimitive(3, seq(unknownExtension))),
      "ERR_DER_TRAILING_DATA",
      "",
      "accepts",
    ],
    ["extensions without contents", rawExtensions(ctx(3)), "ERR_DER_TRUNCATED", ".extensions"],
    [
      "extensions are a SET",
      rawExtensions(ctx(3, set(unknownExtension))),
      "ERR_DER_UNEXPECTED_TAG",
      ".extensions",
    ],
    ["an empty list of extensions", withExtensions(), "ERR_CERTIFICATE_EXTENSION", ".extensions", "accepts"],
    [
      "an element after the list of extensions",
      rawExtensions(ctx(3, seq(unknownExtension), nul)),
      "ERR_DER_TRAILING_DATA",
      ".extensions",
      "accepts",
    ],
    [
      "an extension is a SET",
      withExtensions(set(oid("1.2.3.4"), octets())),
      "ERR_DER_UNEXPECTED_TAG",
      ".extensions[0]",
    ],
    [
      "the second extension is a NULL",
      withExtensions(unknownExtension, nul),
      "ERR_DER_UNEXPECTED_TAG",
      ".extensions[1]",
    ],
    ["an extension without contents", withExtensions(seq()), "ERR_DER_TRUNCATED", ".extensions[0].extnID"],
    [
      "an extension without identifier",
      withExtensions(seq(octets())),
      "ERR_DER_UNEXPECTED_TAG",
      ".extensions[0].extnID",
    ],
    [
      "an extension with an empty identifier",
      withExtensions(seq(tlv(6), octets())),
      "ERR_DER_OID",
      ".extensions[0].extnID",
    ],
    [
      "an arc of 19 + 2^32, which is not basicConstraints",
      withExtensions(extension("2.5.29.4294967315", seq(bool(true)))),
      "ERR_DER_OID_ARC",
      ".extensions[0].extnID",
    ],
    [
      "an extension without value",
      withExtensions(seq(oid("1.2.3.4"))),
      "ERR_DER_TRUNCATED",
      ".extensions[0].extnValue",
    ],
    [
      "an extension with a BIT STRING as value",
      withExtensions(seq(oid("1.2.3.4"), bits(nul))),
      "ERR_DER_UNEXPECTED_TAG",
      ".extensions[0].extnValue",
    ],
    [
      "an extension with a constructed OCTET STRING",
      withExtensions(seq(oid("1.2.3.4"), tlv(0x24, octets(nul)))),
      "ERR_DER_UNEXPECTED_TAG",
      ".extensions[0].extnValue",
    ],
    [
      "an element after the value of an extension",
      withExtensions(seq(oid("1.2.3.4"), octets(nul), nul)),
      "ERR_DER_TRAILING_DATA",
      ".extensions[0]",
      "accepts",
    ],
    [
      "critical FALSE written out",
      withExtensions(extension("1.2.3.4", nul, false)),
      "ERR_DER_DEFAULT_ENCODED",
      ".extensions[0].critical",
      "accepts",
    ],
    [
      "critical 01",
      withExtensions(seq(oid("1.2.3.4"), hex("01 01 01"), octets(nul))),
      "ERR_DER_BOOLEAN",
      ".extensions[0].critical",
    ],
    [
      "critical of two octets",
      withExtensions(seq(oid("1.2.3.4"), hex("01 02 ff ff"), octets(nul))),
      "ERR_DER_BOOLEAN",
      ".extensions[0].critical",
    ],
    [
      "critical is an INTEGER",
      withExtensions(seq(oid("1.2.3.4"), int(1), octets(nul))),
      "ERR_DER_UNEXPECTED_TAG",
      ".extensions[0].extnValue",
    ],
    [
      "critical twice",
      withExtensions(seq(oid("1.2.3.4"), bool(true), bool(true), octets(nul))),
      "ERR_DER_UNEXPECTED_TAG",
      ".extensions[0].extnValue",
    ],
    [
      "an unknown extension twice",
      withExtensions(unknownExtension, unknownExtension),
      "ERR_CERTIFICATE_DUPLICATE_EXTENSION",
      ".extensions[1].extnValue",
    ],
    [
      "keyUsage twice, with another extension between",
      withExtensions(
        extension("2.5.29.15", keyUsageValue),
        unknownExtension,
        extension("2.5.29.15", keyUsageValue),
      ),
      "ERR_CERTIFICATE_DUPLICATE_EXTENSION",
      ".extensions[2].keyUsage",
    ],
  ]),
);

const critical = (id: keyof typeof extensionIds, content: Uint8Array): Fault => [
  `${id}: critical`,
  withExtensions(extension(extensionIds[id], content, true)),
  "ERR_CERTIFICATE_EXTENSION_CRITICALITY",
  "critical",
];

rows.push(
  ...faults("tbsCertificate.extensions[0].", [
    critical("subjectKeyIdentifier", octets(zeros(20))),
    critical("authorityKeyIdentifier", seq(ctxPrimitive(0, zeros(20)))),
    critical("authorityInfoAccess", seq(seq(oid("1.3.6.1.5.5.7.48.1"), uri("http://ocsp.example/")))),
  ]),
);

rows.push(
  ...extensionFaults("keyUsage", [
    ["no contents at all", zeros(0), "ERR_DER_TRUNCATED", ""],
    ["an OCTET STRING", octets(hex("80")), "ERR_DER_UNEXPECTED_TAG", ""],
    ["no first octet", tlv(3), "ERR_DER_BIT_STRING", ""],
    ["unused bits that are set", bits(hex("ff"), 1), "ERR_DER_BIT_STRING", ""],
    ["8 unused bits", bits(hex("00"), 8), "ERR_DER_BIT_STRING", ""],
    ["zero bits at the end", bits(hex("80"), 6), "ERR_DER_NAMED_BITS", "", "accepts"],
    ["no bit is set", bits(zeros(0)), "ERR_CERTIFICATE_EXTENSION", "", "accepts"],
    ["a bit without a name", bits(hex("80 40"), 6), "ERR_CERTIFICATE_EXTENSION", "", "accepts"],
    ["a bit far beyond those with a name", bits(hex("80 00 00 01")), "ERR_DER_NAMED_BITS", "", "accepts"],
    ["an octet follows", join(keyUsageValue, zeros(1)), "ERR_DER_TRAILING_DATA", "", "accepts"],
  ]),
);

rows.push(
  ...extensionFaults("extendedKeyUsage", [
    ["an OBJECT IDENTIFIER alone", oid(usageIds.clientAuth), "ERR_DER_UNEXPECTED_TAG", ""],
    ["no usage", seq(), "ERR_CERTIFICATE_EXTENSION", "", "accepts"],
    ["a usage that is a text", seq(utf8("clientAuth")), "ERR_DER_UNEXPECTED_TAG", "[0]"],
    [
      "the second usage is padded",
      seq(oid(usageIds.clientAuth), hex("06 03 2a 80 03")),
      "ERR_DER_OID",
      "[1]",
    ],
    ["an arc of 32 bits", seq(oid("1.3.6.1.5.5.7.3.4294967298")), "ERR_DER_OID_ARC", "[0]"],
    [
      "an octet follows",
      join(seq(oid(usageIds.clientAuth)), zeros(1)),
      "ERR_DER_TRAILING_DATA",
      "",
      "accepts",
    ],
  ]),
);

rows.push(
  ...extensionFaults("basicConstraints", [
    ["no contents at all", zeros(0), "ERR_DER_TRUNCATED", ""],
    ["a BOOLEAN alone", bool(true), "ERR_DER_UNEXPECTED_TAG", ""],
    ["cA FALSE written out", seq(bool(false)), "ERR_DER_DEFAULT_ENCODED", ".cA", "accepts"],
    ["cA is 01, which BER takes for TRUE", seq(hex("01 01 01")), "ERR_DER_BOOLEAN", ".cA"],
    ["cA without octets", seq(tlv(1)), "ERR_DER_BOOLEAN", ".cA"],
    ["a path length without cA", seq(int(0)), "ERR_CERTIFICATE_EXTENSION", ".pathLenConstraint", "accepts"],
    [
      "a negative path length",
      seq(bool(true), int(-1)),
      "ERR_DER_INTEGER",
      ".pathLenConstraint",
      "ERR_CERTIFICATE_EXTENSION",
    ],
    [
      "a path length with a zero in front",
      seq(bool(true), hex("02 02 00 01")),
      "ERR_DER_INTEGER",
      ".pathLenConstraint",
    ],
    [
      "a path length of 2^53",
      seq(bool(true), int(2n ** 53n)),
      "ERR_DER_INTEGER",
      ".pathLenConstraint",
      "accepts",
    ],
    ["a path length of 2^63", seq(bool(true), int(2n ** 63n)), "ERR_DER_INTEGER", ".pathLenConstraint"],
    ["a third element", seq(bool(true), int(0), nul), "ERR_DER_TRAILING_DATA", "", "accepts"],
    [
      "an element after cA that is no INTEGER",
      seq(bool(true), octets()),
      "ERR_DER_TRAILING_DATA",
      "",
      "accepts",
    ],
    ["an octet follows", join(seq(bool(true)), zeros(1)), "ERR_DER_TRAILING_DATA", "", "accepts"],
  ]),
);

rows.push(
  ...extensionFaults("subjectKeyIdentifier", [
    ["the octets without their OCTET STRING", zeros(20), "ERR_DER_UNEXPECTED_TAG", ""],
    ["cut", truncated(4), "ERR_DER_TRUNCATED", ""],
    ["an octet follows", join(octets(zeros(20)), zeros(1)), "ERR_DER_TRAILING_DATA", "", "accepts"],
  ]),
);

rows.push(
  ...extensionFaults("authorityKeyIdentifier", [
    ["an OCTET STRING", octets(zeros(20)), "ERR_DER_UNEXPECTED_TAG", ""],
    ["the key identifier is cut", seq(truncated(0x80)), "ERR_DER_TRUNCATED", ".keyIdentifier"],
    [
      "the key identifier is tagged explicitly",
      seq(ctx(0, octets(zeros(20)))),
      "ERR_DER_TRAILING_DATA",
      "",
      "accepts",
    ],
    [
      "an issuer that is no GeneralName",
      seq(ctx(1, nul)),
      "ERR_CERTIFICATE_GENERAL_NAME",
      ".authorityCertIssuer[0]",
      "accepts",
    ],
    [
      "a serial number without octets",
      seq(ctxPrimitive(2, zeros(0))),
      "ERR_DER_INTEGER",
      ".authorityCertSerialNumber",
      "accepts",
    ],
    ["an unknown field", seq(ctxPrimitive(3, zeros(1))), "ERR_DER_TRAILING_DATA", "", "accepts"],
    ["an octet follows", join(seq(), zeros(1)), "ERR_DER_TRAILING_DATA", "", "accepts"],
  ]),
);

export const extensions: readonly MalformedCertificate[] = rows;
