/**
 * Certification requests with one fault each, and what Go does with them. What is wrong with names, keys and extensions is read by the same code as in certificates, whose tables
 * are longer; here are those that a request has of its own, and of the others enough to see that the same code is asked.
 */
import type { ErrorCode } from "../../../src/errors.ts";
import {
  certificationRequest,
  cn,
  dnsName,
  dummySignature,
  ecdsaWithSha256,
  extension,
  extensionIds,
  name,
  p256Key,
  subjectAltName,
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
  printable,
  seq,
  set,
  tlv,
  utf8,
  withLength,
} from "../../support/tlv.ts";
import { truncated, zeros } from "./row.ts";

export interface MalformedRequest {
  readonly title: string;
  readonly der: Uint8Array;
  readonly code: ErrorCode;
  readonly path?: string | undefined;
  readonly kubernetes: "refuses" | "accepts" | ErrorCode;
  /** Go reads it: the refusal in both modes is a limit of ours. */
  readonly limit?: true;
}

type Row = readonly [
  title: string,
  der: Uint8Array,
  code: ErrorCode,
  path?: string | undefined,
  kubernetes?: "accepts" | "limit" | ErrorCode,
];

const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7";
const subject = name(cn("jane"));

interface Parts {
  readonly version?: Uint8Array;
  readonly subject?: Uint8Array;
  readonly key?: Uint8Array;
  readonly attributes?: Uint8Array;
  readonly afterAttributes?: Uint8Array;
  readonly algorithm?: Uint8Array;
  readonly signature?: Uint8Array;
  readonly afterSignature?: Uint8Array;
}

const NOTHING = zeros(0);

function request(parts: Parts = {}): Uint8Array {
  const info = seq(
    parts.version ?? int(0),
    parts.subject ?? subject,
    parts.key ?? p256Key,
    parts.attributes ?? tlv(0xa0),
    parts.afterAttributes ?? NOTHING,
  );
  const { algorithm = ecdsaWithSha256, signature = dummySignature, afterSignature = NOTHING } = parts;
  return seq(info, algorithm, signature, afterSignature);
}

const attribute = (type: string, ...values: Uint8Array[]): Uint8Array => seq(oid(type), set(...values));
const extensionRequest = (...extensions: Uint8Array[]): Uint8Array =>
  attribute(EXTENSION_REQUEST, seq(...extensions));
const withAttributes = (...list: Uint8Array[]): Uint8Array => request({ attributes: tlv(0xa0, ...list) });
const withExtensions = (...list: Uint8Array[]): Uint8Array => withAttributes(extensionRequest(...list));
const ipAddress = (...content: number[]): Uint8Array => ctxPrimitive(7, Uint8Array.of(...content));
const uri = (text: string): Uint8Array => ctxPrimitive(6, latin1(text));

/** Every field that a request can have. */
export const soundRequests: Readonly<Record<string, Uint8Array>> = {
  "no attributes": certificationRequest(subject),
  "an empty subject": request({ subject: seq() }),
  "a challenge password": withAttributes(attribute(CHALLENGE_PASSWORD, utf8("secret"))),
  "an attribute of two values": withAttributes(attribute("1.2.3.4", nul, int(7))),
  extensions: withExtensions(
    subjectAltName(dnsName("a.example"), ipAddress(192, 0, 2, 1), uri("spiffe://td/a")),
    extension(extensionIds.keyUsage, hex("03020780"), true),
    extension("1.2.3.4", octets()),
  ),
};

const info = "certificationRequestInfo";
const list = `${info}.attributes`;
const requested = `${list}[0].extensionRequest`;
const sound = request();

const envelope: readonly Row[] = [
  ["empty", NOTHING, "ERR_DER_TRUNCATED"],
  ["no SEQUENCE", set(), "ERR_DER_UNEXPECTED_TAG"],
  ["PEM given as bytes", latin1("-----BEGIN CERTIFICATE REQUEST-----"), "ERR_DER_UNEXPECTED_TAG"],
  ["the last octet is missing", sound.subarray(0, -1), "ERR_DER_TRUNCATED"],
  ["an octet follows", join(sound, zeros(1)), "ERR_DER_TRAILING_DATA"],
  ["another request follows", join(sound, sound), "ERR_DER_TRAILING_DATA"],
  ["indefinite length", withLength(0x30, hex("80"), join(sound.subarray(3), zeros(2))), "ERR_DER_LENGTH"],
  ["length in more octets than needed", join(hex("30 82 00"), sound.subarray(2)), "ERR_DER_LENGTH"],
  [
    "an element after the signature",
    request({ afterSignature: nul }),
    "ERR_DER_TRAILING_DATA",
    undefined,
    "accepts",
  ],
  [
    "no signature",
    seq(seq(int(0), subject, p256Key, tlv(0xa0)), ecdsaWithSha256),
    "ERR_DER_TRUNCATED",
    "signature",
  ],
  ["no algorithm", seq(seq(int(0), subject, p256Key, tlv(0xa0))), "ERR_DER_TRUNCATED", "signatureAlgorithm"],
  [
    "an algorithm that is a SET",
    request({ algorithm: set(oid("1.2.840.10045.4.3.2")) }),
    "ERR_DER_UNEXPECTED_TAG",
    "signatureAlgorithm",
  ],
  [
    "an algorithm without identifier",
    request({ algorithm: seq() }),
    "ERR_DER_TRUNCATED",
    "signatureAlgorithm.algorithm",
  ],
  [
    "a signature that is an OCTET STRING",
    request({ signature: octets() }),
    "ERR_DER_UNEXPECTED_TAG",
    "signature",
  ],
  ["a signature without a first octet", request({ signature: tlv(3) }), "ERR_DER_BIT_STRING", "signature"],
  [
    "a signature of broken octets",
    request({ signature: bits(hex("80"), 1) }),
    "ERR_DER_BIT_STRING",
    "signature",
    "accepts",
  ],
  [
    "more than 64 KiB",
    withExtensions(extension("1.2.3.4", zeros(65_536))),
    "ERR_DER_SIZE",
    undefined,
    "limit",
  ],
];

const version: readonly Row[] = [
  [
    "version 1, which means v2",
    request({ version: int(1) }),
    "ERR_REQUEST_VERSION",
    `${info}.version`,
    "accepts",
  ],
  [
    "a negative version",
    request({ version: hex("02 01 ff") }),
    "ERR_REQUEST_VERSION",
    `${info}.version`,
    "accepts",
  ],
  [
    "a version of 65 bits",
    request({ version: hex("02 09 01 00 00 00 00 00 00 00 00") }),
    "ERR_REQUEST_VERSION",
    `${info}.version`,
  ],
  [
    "a version with a leading zero",
    request({ version: hex("02 02 00 00") }),
    "ERR_DER_INTEGER",
    `${info}.version`,
  ],
  ["an empty version", request({ version: hex("02 00") }), "ERR_DER_INTEGER", `${info}.version`],
  [
    "a version in a context tag, as in certificates",
    request({ version: ctx(0, int(0)) }),
    "ERR_DER_UNEXPECTED_TAG",
    `${info}.version`,
  ],
  ["no version", request({ version: NOTHING }), "ERR_DER_UNEXPECTED_TAG", `${info}.version`],
];

const subjects: readonly Row[] = [
  ["no subject", request({ subject: NOTHING }), "ERR_DER_UNEXPECTED_TAG", `${info}.subject[0]`],
  ["a subject that is a SET", request({ subject: set() }), "ERR_DER_UNEXPECTED_TAG", `${info}.subject`],
  [
    "an RDN that is a SEQUENCE",
    request({ subject: seq(seq(cn("u"))) }),
    "ERR_DER_UNEXPECTED_TAG",
    `${info}.subject[0]`,
  ],
  [
    "an RDN without attributes",
    request({ subject: seq(set()) }),
    "ERR_CERTIFICATE_NAME",
    `${info}.subject[0]`,
    "accepts",
  ],
  [
    "a CN with an octet that is no PrintableString",
    request({ subject: name(seq(oid("2.5.4.3"), printable("a_b"))) }),
    "ERR_DER_STRING",
    `${info}.subject[0][0].value`,
  ],
  [
    "a CN that is no UTF-8",
    request({ subject: name(seq(oid("2.5.4.3"), tlv(12, hex("ff")))) }),
    "ERR_DER_STRING",
    `${info}.subject[0][0].value`,
  ],
  [
    "a CN that is an INTEGER",
    request({ subject: name(cn("jane"), seq(oid("2.5.4.3"), int(5))) }),
    "ERR_CERTIFICATE_NAME_VALUE",
    `${info}.subject[1][0].value`,
    "accepts",
  ],
  [
    "a CN that is a constructed string of nonsense",
    request({ subject: name(seq(oid("2.5.4.3"), tlv(0x2c, hex("ff")))) }),
    "ERR_CERTIFICATE_NAME_VALUE",
    `${info}.subject[0][0].value`,
    "accepts",
  ],
  [
    "a CN that is an INTEGER with padding",
    request({ subject: name(seq(oid("2.5.4.3"), hex("02020001"))) }),
    "ERR_CERTIFICATE_NAME_VALUE",
    `${info}.subject[0][0].value`,
    "ERR_DER_INTEGER",
  ],
  [
    "a CN that is an INTEGER of 65 bits",
    request({ subject: name(seq(oid("2.5.4.3"), int(2n ** 64n))) }),
    "ERR_CERTIFICATE_NAME_VALUE",
    `${info}.subject[0][0].value`,
    "ERR_DER_INTEGER",
  ],
  [
    "a CN in a tag of two octets",
    request({ subject: name(seq(oid("2.5.4.3"), hex("1f1f00"))) }),
    "ERR_DER_TAG",
    `${info}.subject[0][0].value`,
    "limit",
  ],
  [
    "a CN that reaches beyond the name",
    request({ subject: name(seq(oid("2.5.4.3"), truncated(12))) }),
    "ERR_DER_TRUNCATED",
    `${info}.subject[0][0].value`,
  ],
];

const EC = oid("1.2.840.10045.2.1");
const P256 = oid("1.2.840.10045.3.1.7");
const keyPath = `${info}.subjectPKInfo`;
const keys: readonly Row[] = [
  ["no key", request({ key: NOTHING }), "ERR_DER_UNEXPECTED_TAG", keyPath],
  ["a key that is a SET", request({ key: set() }), "ERR_DER_UNEXPECTED_TAG", keyPath],
  [
    "a point that is compressed",
    request({ key: seq(seq(EC, P256), bits(join(hex("03"), zeros(32)))) }),
    "ERR_CERTIFICATE_PUBLIC_KEY",
    keyPath,
  ],
  [
    "a curve that is unknown",
    request({ key: seq(seq(EC, oid("1.3.132.0.10")), bits(join(hex("04"), zeros(64)))) }),
    "ERR_CERTIFICATE_PUBLIC_KEY",
    keyPath,
  ],
  [
    "an element after the key's bits",
    request({ key: seq(seq(oid("1.2.3")), bits(zeros(1)), nul) }),
    "ERR_DER_TRAILING_DATA",
    keyPath,
    "accepts",
  ],
  [
    "an RSA key without numbers",
    request({ key: seq(seq(oid("1.2.840.113549.1.1.1"), nul), bits(zeros(1))) }),
    "ERR_DER_UNEXPECTED_TAG",
    `${keyPath}.subjectPublicKey.RSAPublicKey`,
  ],
];

const attributes: readonly Row[] = [
  ["attributes in another context tag", request({ attributes: tlv(0xa1) }), "ERR_DER_UNEXPECTED_TAG", list],
  ["attributes in a SET", request({ attributes: set() }), "ERR_DER_UNEXPECTED_TAG", list],
  ["no attributes, not even an empty list", request({ attributes: NOTHING }), "ERR_DER_TRUNCATED", list],
  [
    "an element after the attributes",
    request({ afterAttributes: nul }),
    "ERR_DER_TRAILING_DATA",
    info,
    "accepts",
  ],
  [
    "an attribute that is a SET",
    withAttributes(set(oid("1.2.3.4"), set(nul))),
    "ERR_DER_UNEXPECTED_TAG",
    `${list}[0]`,
    "accepts",
  ],
  [
    "an attribute without values",
    withAttributes(seq(oid("1.2.3.4"))),
    "ERR_DER_TRUNCATED",
    `${list}[0].values`,
    "accepts",
  ],
  [
    "an attribute of no values",
    withAttributes(attribute("1.2.3.4")),
    "ERR_REQUEST_ATTRIBUTE",
    `${list}[0].values`,
    "accepts",
  ],
  [
    "an attribute whose values are a SEQUENCE",
    withAttributes(seq(oid("1.2.3.4"), seq(nul))),
    "ERR_DER_UNEXPECTED_TAG",
    `${list}[0].values`,
    "accepts",
  ],
  [
    "an element after the values",
    withAttributes(seq(oid("1.2.3.4"), set(nul), nul)),
    "ERR_DER_TRAILING_DATA",
    `${list}[0]`,
    "accepts",
  ],
  [
    "an attribute without type",
    withAttributes(seq(set(nul))),
    "ERR_DER_UNEXPECTED_TAG",
    `${list}[0].type`,
    "accepts",
  ],
  [
    "a type with a padded arc",
    withAttributes(seq(hex("06 03 2a 80 01"), set(nul))),
    "ERR_DER_OID",
    `${list}[0].type`,
    "accepts",
  ],
  [
    "an attribute that reaches beyond the list",
    withAttributes(truncated(0x30)),
    "ERR_DER_TRUNCATED",
    `${list}[0]`,
  ],
  [
    "a value that reaches beyond its attribute",
    withAttributes(seq(oid("1.2.3.4"), set(truncated(4)))),
    "ERR_DER_TRUNCATED",
    `${list}[0].values.value`,
    "accepts",
  ],
  [
    "more than 64 attributes",
    withAttributes(...Array.from({ length: 65 }, () => attribute("1.2.3.4", nul))),
    "ERR_REQUEST_ATTRIBUTE",
    list,
    "limit",
  ],
];

const NAME = subjectAltName(dnsName("a.example"));
const san = `${requested}[0].subjectAltName`;
const extensions: readonly Row[] = [
  [
    "an extension request without values",
    withAttributes(seq(oid(EXTENSION_REQUEST))),
    "ERR_DER_TRUNCATED",
    requested,
    "accepts",
  ],
  [
    "an extension request whose values are a SEQUENCE",
    withAttributes(seq(oid(EXTENSION_REQUEST), seq(seq(NAME)))),
    "ERR_DER_UNEXPECTED_TAG",
    requested,
    "accepts",
  ],
  [
    "an extension request of no values",
    withAttributes(attribute(EXTENSION_REQUEST)),
    "ERR_REQUEST_ATTRIBUTE",
    requested,
    "accepts",
  ],
  [
    "extensions that are a SET",
    withAttributes(attribute(EXTENSION_REQUEST, set(NAME))),
    "ERR_DER_UNEXPECTED_TAG",
    requested,
  ],
  ["an empty list of extensions", withExtensions(), "ERR_CERTIFICATE_EXTENSION", requested, "accepts"],
  [
    "a second list in the same attribute",
    withAttributes(attribute(EXTENSION_REQUEST, seq(NAME), seq(NAME))),
    "ERR_REQUEST_ATTRIBUTE",
    requested,
    "accepts",
  ],
  [
    "a second attribute with other extensions",
    withAttributes(extensionRequest(NAME), extensionRequest(extension("1.2.3.4", octets()))),
    "ERR_REQUEST_ATTRIBUTE",
    `${list}[1].extensionRequest`,
    "accepts",
  ],
  [
    "a second attribute with the same extension",
    withAttributes(extensionRequest(NAME), extensionRequest(NAME)),
    "ERR_REQUEST_ATTRIBUTE",
    `${list}[1].extensionRequest`,
    "ERR_REQUEST_ATTRIBUTE",
  ],
  [
    "the same extension twice",
    withExtensions(NAME, NAME),
    "ERR_CERTIFICATE_DUPLICATE_EXTENSION",
    `${requested}[1].subjectAltName`,
  ],
  [
    "an unknown extension twice",
    withExtensions(extension("1.2.3.4", octets()), extension("1.2.3.4", nul)),
    "ERR_CERTIFICATE_DUPLICATE_EXTENSION",
    `${requested}[1].extnValue`,
  ],
  [
    "an extension that is a SET",
    withExtensions(set(oid("1.2.3.4"), octets())),
    "ERR_DER_UNEXPECTED_TAG",
    `${requested}[0]`,
  ],
  [
    "an extension without value",
    withExtensions(seq(oid("1.2.3.4"))),
    "ERR_DER_TRUNCATED",
    `${requested}[0].extnValue`,
  ],
  [
    "an element after the value",
    withExtensions(seq(oid("1.2.3.4"), octets(), nul)),
    "ERR_DER_TRAILING_DATA",
    `${requested}[0]`,
    "accepts",
  ],
  [
    "critical FALSE written out",
    withExtensions(seq(oid("1.2.3.4"), bool(false), octets())),
    "ERR_DER_DEFAULT_ENCODED",
    `${requested}[0].critical`,
    "accepts",
  ],
  [
    "critical that is neither",
    withExtensions(seq(oid("1.2.3.4"), tlv(1, hex("01")), octets())),
    "ERR_DER_BOOLEAN",
    `${requested}[0].critical`,
  ],
  [
    "a key usage that is an INTEGER, which Go does not look at",
    withExtensions(extension(extensionIds.keyUsage, int(1), true)),
    "ERR_DER_UNEXPECTED_TAG",
    `${requested}[0].keyUsage`,
    "accepts",
  ],
  [
    "basic constraints that are followed by something",
    withExtensions(extension(extensionIds.basicConstraints, join(seq(), nul), true)),
    "ERR_DER_TRAILING_DATA",
    `${requested}[0].basicConstraints`,
    "accepts",
  ],
  [
    "a key identifier that is critical",
    withExtensions(extension(extensionIds.subjectKeyIdentifier, octets(hex("00")), true)),
    "ERR_CERTIFICATE_EXTENSION_CRITICALITY",
    `${requested}[0].critical`,
    "accepts",
  ],
  [
    "a key usage twice, which nobody can read",
    withExtensions(extension(extensionIds.keyUsage, int(1)), extension(extensionIds.keyUsage, int(1))),
    "ERR_DER_UNEXPECTED_TAG",
    `${requested}[0].keyUsage`,
    "ERR_CERTIFICATE_DUPLICATE_EXTENSION",
  ],
  [
    "an empty alternative name",
    withExtensions(subjectAltName()),
    "ERR_CERTIFICATE_EXTENSION",
    san,
    "accepts",
  ],
  [
    "an address of 5 octets",
    withExtensions(subjectAltName(ipAddress(1, 2, 3, 4, 5))),
    "ERR_CERTIFICATE_GENERAL_NAME",
    `${san}[0]`,
  ],
  [
    "an address of no octets",
    withExtensions(subjectAltName(ipAddress())),
    "ERR_CERTIFICATE_GENERAL_NAME",
    `${san}[0]`,
  ],
  [
    "a URI with a broken escape",
    withExtensions(subjectAltName(uri("spiffe://td/%zz"))),
    "ERR_CERTIFICATE_GENERAL_NAME",
    `${san}[0]`,
  ],
  [
    "a URI with two dots in its host",
    withExtensions(subjectAltName(uri("https://a..b/"))),
    "ERR_CERTIFICATE_GENERAL_NAME",
    `${san}[0]`,
  ],
  [
    "a DNS name that is no IA5String",
    withExtensions(subjectAltName(ctxPrimitive(2, hex("ff")))),
    "ERR_CERTIFICATE_GENERAL_NAME",
    `${san}[0]`,
  ],
  [
    "names that are followed by something",
    withExtensions(extension(extensionIds.subjectAltName, join(seq(dnsName("a.example")), nul))),
    "ERR_DER_TRAILING_DATA",
    san,
    "accepts",
  ],
];

export const malformedRequests: readonly MalformedRequest[] = [
  ...envelope,
  ...version,
  ...subjects,
  ...keys,
  ...attributes,
  ...extensions,
].map(([title, der, code, path, kubernetes]): MalformedRequest => {
  const row = { title, der, code, path };
  return kubernetes === "limit"
    ? { ...row, kubernetes: "refuses", limit: true }
    : { ...row, kubernetes: kubernetes ?? "refuses" };
});
