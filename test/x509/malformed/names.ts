/** Faults of names and of validity. */
import { attribute, attributes, certificate, cn, name, o } from "../../support/certificate.ts";
import {
  bmp,
  bool,
  ctxPrimitive,
  general,
  generalizedTime,
  hex,
  ia5,
  int,
  latin1,
  nul,
  numeric,
  octets,
  oid,
  printable,
  seq,
  set,
  t61,
  tlv,
  universal,
  utcTime,
  utf8,
  visible,
} from "../../support/tlv.ts";
import { type MalformedCertificate, zeros, truncated, faults } from "./row.ts";

const rows: MalformedCertificate[] = [];

const subject = (...attributeList: Uint8Array[]): Uint8Array =>
  certificate({ subject: name(...attributeList) });
const value = (encoding: Uint8Array): Uint8Array => subject(attribute(attributes.commonName, encoding));
export const many = (count: number): Uint8Array[] => Array.from({ length: count }, () => o("g"));

rows.push(
  ...faults("tbsCertificate.subject", [
    ["subject is a SET", certificate({ subject: tlv(0x31, set(cn("u"))) }), "ERR_DER_UNEXPECTED_TAG", ""],
    ["an RDN is a SEQUENCE", certificate({ subject: seq(seq(cn("u"))) }), "ERR_DER_UNEXPECTED_TAG", "[0]"],
    [
      "the second RDN is an INTEGER",
      certificate({ subject: seq(set(cn("u")), int(1)) }),
      "ERR_DER_UNEXPECTED_TAG",
      "[1]",
    ],
    ["an attribute is a SET", subject(set(oid("2.5.4.3"), utf8("u"))), "ERR_DER_UNEXPECTED_TAG", "[0][0]"],
    [
      "an RDN reaches beyond the name",
      certificate({ subject: seq(truncated(0x31)) }),
      "ERR_DER_TRUNCATED",
      "[0]",
    ],
    [
      "an RDN without attributes",
      certificate({ subject: seq(set()) }),
      "ERR_CERTIFICATE_NAME",
      "[0]",
      "accepts",
    ],
    [
      "attributes of an RDN in descending order",
      certificate({ subject: seq(set(cn("b"), cn("a"))) }),
      "ERR_DER_SET_ORDER",
      "[0]",
      "accepts",
    ],
    ["an attribute without a type", subject(seq(utf8("u"))), "ERR_DER_UNEXPECTED_TAG", "[0][0].type"],
    ["an attribute without contents", subject(seq()), "ERR_DER_TRUNCATED", "[0][0].type"],
    ["an attribute without a value", subject(seq(oid("2.5.4.3"))), "ERR_DER_TRUNCATED", "[0][0].value"],
    [
      "a third element in an attribute",
      subject(seq(oid("2.5.4.3"), utf8("u"), nul)),
      "ERR_DER_TRAILING_DATA",
      "[0][0]",
      "accepts",
    ],
    ["empty attribute type", subject(seq(tlv(6), utf8("u"))), "ERR_DER_OID", "[0][0].type"],
    [
      "padded attribute type, which BER takes for CN",
      subject(seq(hex("06 04 55 04 80 03"), utf8("u"))),
      "ERR_DER_OID",
      "[0][0].type",
    ],
    [
      "an arc of 3 + 2^32, which is not CN",
      subject(attribute("2.5.4.4294967299", utf8("u"))),
      "ERR_DER_OID_ARC",
      "[0][0].type",
    ],
    [
      "1,001 RDNs without attributes",
      certificate({ subject: seq(...Array.from({ length: 1001 }, () => set())) }),
      "ERR_CERTIFICATE_NAME",
      "[0]",
      "limit",
    ],
    ["1,001 attributes", subject(...many(1001)), "ERR_CERTIFICATE_NAME", "[1000]", "limit"],
    ["a value of 4,097 octets", value(utf8("u".repeat(4097))), "ERR_CERTIFICATE_NAME", "[0][0]", "limit"],
  ]),
);

rows.push(
  ...faults("tbsCertificate.subject[0][0].value", [
    ["VisibleString", value(visible("u")), "ERR_CERTIFICATE_NAME_VALUE", ""],
    ["GeneralString", value(general("u")), "ERR_CERTIFICATE_NAME_VALUE", ""],
    ["UniversalString", value(universal("u")), "ERR_CERTIFICATE_NAME_VALUE", ""],
    ["INTEGER as value", value(int(5)), "ERR_CERTIFICATE_NAME_VALUE", ""],
    ["OCTET STRING as value", value(octets(latin1("u"))), "ERR_CERTIFICATE_NAME_VALUE", ""],
    ["BOOLEAN as value", value(bool(true)), "ERR_CERTIFICATE_NAME_VALUE", ""],
    ["NULL as value", value(nul), "ERR_CERTIFICATE_NAME_VALUE", ""],
    ["SEQUENCE as value", value(seq(utf8("u"))), "ERR_CERTIFICATE_NAME_VALUE", ""],
    ["[0] as value", value(ctxPrimitive(0, latin1("u"))), "ERR_CERTIFICATE_NAME_VALUE", ""],
    ["constructed UTF8String", value(tlv(0x2c, utf8("u"))), "ERR_CERTIFICATE_NAME_VALUE", ""],
    ["a value with a long tag", value(hex("1f 0c 01 75")), "ERR_DER_TAG", ""],
    ["a value with an indefinite length", value(hex("0c 80 75 00 00")), "ERR_DER_LENGTH", ""],
    ["a value whose length is not minimal", value(hex("0c 81 01 75")), "ERR_DER_LENGTH", ""],
    ["a value that is cut", value(truncated(12)), "ERR_DER_TRUNCATED", ""],
    ["UTF8String of Latin-1", value(tlv(12, hex("e9"))), "ERR_DER_STRING", ""],
    ["UTF8String with an overlong NUL", value(tlv(12, hex("c0 80"))), "ERR_DER_STRING", ""],
    ["UTF8String with a surrogate", value(tlv(12, hex("ed a0 80"))), "ERR_DER_STRING", ""],
    ["PrintableString with @", value(printable("u@x")), "ERR_DER_STRING", ""],
    ["PrintableString with _", value(printable("u_x")), "ERR_DER_STRING", ""],
    ["PrintableString with NUL", value(printable("u\0")), "ERR_DER_STRING", ""],
    ["IA5String above 7F", value(ia5("\xe9")), "ERR_DER_STRING", ""],
    ["NumericString with a letter", value(numeric("1a")), "ERR_DER_STRING", ""],
    ["BMPString of three octets", value(tlv(30, hex("00 75 00"))), "ERR_DER_STRING", ""],
    ["BMPString with a surrogate", value(tlv(30, hex("d8 00"))), "ERR_DER_STRING", ""],
    ["BMPString that ends in NUL", value(bmp("system:masters\0")), "ERR_DER_STRING", "", "accepts"],
    ["TeletexString above 7F", value(t61("caf\xe9")), "ERR_DER_STRING", "", "accepts"],
  ]),
);

rows.push(
  ...faults("tbsCertificate.issuer", [
    ["no issuer", certificate({ issuer: zeros(0) }), "ERR_DER_UNEXPECTED_TAG", "[0]"],
    ["issuer is an INTEGER", certificate({ issuer: int(1) }), "ERR_DER_UNEXPECTED_TAG", ""],
    [
      "issuer with a value that is no string",
      certificate({ issuer: name(attribute("2.5.4.3", int(1))) }),
      "ERR_CERTIFICATE_NAME_VALUE",
      "[0][0].value",
    ],
    [
      "issuer with an RDN in descending order",
      certificate({ issuer: seq(set(cn("b"), cn("a"))) }),
      "ERR_DER_SET_ORDER",
      "[0]",
      "accepts",
    ],
    [
      "issuer with an RDN without attributes",
      certificate({ issuer: seq(set()) }),
      "ERR_CERTIFICATE_NAME",
      "[0]",
      "accepts",
    ],
  ]),
);

export const start = utcTime("200101000000Z");
const end = utcTime("491231235959Z");
const times = (...list: Uint8Array[]): Uint8Array => certificate({ validity: seq(...list) });

rows.push(
  ...faults("tbsCertificate.validity", [
    ["validity is a SET", certificate({ validity: set(start, end) }), "ERR_DER_UNEXPECTED_TAG", ""],
    ["no times", times(), "ERR_DER_TRUNCATED", ".notBefore"],
    ["no notAfter", times(start), "ERR_DER_TRUNCATED", ".notAfter"],
    ["a third time", times(start, end, end), "ERR_DER_TRAILING_DATA", "", "accepts"],
    ["notBefore is an INTEGER", times(int(0), end), "ERR_DER_UNEXPECTED_TAG", ".notBefore"],
    [
      "notAfter is a PrintableString",
      times(start, printable("491231235959Z")),
      "ERR_DER_UNEXPECTED_TAG",
      ".notAfter",
    ],
    ["30 February", times(utcTime("200230000000Z"), end), "ERR_DER_TIME", ".notBefore"],
    ["hour 24", times(start, utcTime("491231240000Z")), "ERR_DER_TIME", ".notAfter"],
    ["second 60", times(start, utcTime("491231235960Z")), "ERR_DER_TIME", ".notAfter"],
    [
      "a fraction of a second",
      times(start, generalizedTime("20991231235959.5Z")),
      "ERR_DER_TIME",
      ".notAfter",
    ],
    ["a time without Z", times(start, utcTime("491231235959")), "ERR_DER_TIME", ".notAfter"],
    ["a time without seconds", times(utcTime("2001010000Z"), end), "ERR_DER_TIME", ".notBefore", "accepts"],
    ["a time with a zone", times(utcTime("200101000000+0100"), end), "ERR_DER_TIME", ".notBefore", "accepts"],
    [
      "GeneralizedTime before 2050",
      times(start, generalizedTime("20491231235959Z")),
      "ERR_DER_TIME",
      ".notAfter",
      "accepts",
    ],
    [
      "GeneralizedTime without seconds",
      times(start, generalizedTime("209912312359Z")),
      "ERR_DER_TIME",
      ".notAfter",
    ],
  ]),
);

export const names: readonly MalformedCertificate[] = rows;
