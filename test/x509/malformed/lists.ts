/** Certificate lists with one fault each, and what Go does with them. */
import type { ErrorCode } from "../../../src/errors.ts";
import { dnsName, ed25519, extension, name } from "../../support/certificate.ts";
import {
  certificateList as list,
  crlNumber,
  entry,
  keyIdentifier,
  listExtensionIds as ids,
  reasonCode,
  scope,
  tbsList,
} from "../../support/certificate-list.ts";
import type { ListParts } from "../../support/certificate-list.ts";
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
  utf8,
  withLength,
} from "../../support/tlv.ts";
import { truncated, zeros } from "./row.ts";

export interface MalformedList {
  readonly title: string;
  readonly der: Uint8Array;
  readonly code: ErrorCode;
  readonly path?: string | undefined;
  readonly kubernetes: "refuses" | "accepts";
  /** Go reads it: the refusal in both modes is a limit of ours. */
  readonly limit?: true;
}

const point = (...names: Uint8Array[]): Uint8Array => ctx(0, ctx(0, ...names));
const uri = (text: string): Uint8Array => ctxPrimitive(6, new TextEncoder().encode(text));

/** Every field that a list can have. */
export const soundLists: Readonly<Record<string, Uint8Array>> = {
  "two entries": list(),
  "no entries": list({ entries: [] }),
  "no extensions": list({ extensions: [] }),
  "every extension": list({
    extensions: [
      keyIdentifier(zeros(20)),
      crlNumber(70_000),
      scope(point(uri("http://ca/list")), ctxPrimitive(1, hex("ff")), ctxPrimitive(3, hex("05 60"))),
      extension(ids.freshestCrl, seq(seq(point(uri("http://ca/delta"))))),
      extension("1.2.3.4", octets()),
    ],
    entries: [
      entry(1, [reasonCode(1)]),
      entry(2, [extension(ids.invalidityDate, generalizedTime("20240101000000Z"))]),
      entry(3, [extension(ids.certificateIssuer, seq(dnsName("other")), true)]),
      entry(4, [extension("1.2.3.4", octets(), true)]),
      entry(0n),
      entry(tlv(2, hex("00ff"))),
      entry(2n ** 152n),
      entry(7, [], generalizedTime("20500101000000Z")),
      entry(8, [], utcTime("240229235959Z")),
    ],
  }),
  "a delta": list({ extensions: [crlNumber(2), extension(ids.deltaCrlIndicator, int(1), true)] }),
};

type Row = readonly [string, Uint8Array, ErrorCode, (string | undefined)?, ("accepts" | "limit")?];

const withEntry = (...entries: Uint8Array[]): Uint8Array => list({ entries: [entry(1), ...entries] });
const withExtensions = (...extensions: Uint8Array[]): Uint8Array => list({ extensions });
const tbs = (parts: ListParts): Uint8Array => list(parts);
const entryPath = "tbsCertList.revokedCertificates[1]";
const extensionPath = "tbsCertList.crlExtensions[0]";
const inEntry = "tbsCertList.revokedCertificates[1].crlEntryExtensions[0]";
const idp = `${extensionPath}.issuingDistributionPoint`;

const envelope: readonly Row[] = [
  ["empty", zeros(0), "ERR_DER_TRUNCATED"],
  ["no SEQUENCE", set(), "ERR_DER_UNEXPECTED_TAG"],
  ["bytes after it", join(list(), hex("00")), "ERR_DER_TRAILING_DATA", undefined, "accepts"],
  ["an indefinite length", withLength(0x30, hex("80"), zeros(4)), "ERR_DER_LENGTH"],
  [
    "a field after the signature",
    list({ afterSignature: nul }),
    "ERR_DER_TRAILING_DATA",
    undefined,
    "accepts",
  ],
  ["no signature", seq(tbsList()), "ERR_DER_TRUNCATED", "signatureAlgorithm"],
  [
    "a signature that is no BIT STRING",
    list({ signature: octets() }),
    "ERR_DER_UNEXPECTED_TAG",
    "signatureValue",
  ],
  [
    "a signature of broken octets",
    list({ signature: bits(hex("80"), 1) }),
    "ERR_DER_BIT_STRING",
    "signatureValue",
    "accepts",
  ],
  ["an empty signature field", list({ signature: tlv(3) }), "ERR_DER_BIT_STRING", "signatureValue"],
  [
    "another algorithm outside",
    list({ outerAlgorithm: ed25519 }),
    "ERR_CRL_SIGNATURE_ALGORITHM",
    "signatureAlgorithm",
  ],
  [
    "an algorithm without identifier",
    list({ innerAlgorithm: seq() }),
    "ERR_DER_TRUNCATED",
    "tbsCertList.signature.algorithm",
  ],
  ["tbsCertList that is no SEQUENCE", list({ tbs: set() }), "ERR_DER_UNEXPECTED_TAG", "tbsCertList"],
];

const header: readonly Row[] = [
  ["version 1", tbs({ version: zeros(0) }), "ERR_CRL_VERSION", "tbsCertList.version"],
  ["version 1 written out", tbs({ version: int(0) }), "ERR_CRL_VERSION", "tbsCertList.version"],
  ["version 3", tbs({ version: int(2) }), "ERR_CRL_VERSION", "tbsCertList.version"],
  [
    "a version that is not minimal",
    tbs({ version: tlv(2, hex("0001")) }),
    "ERR_DER_INTEGER",
    "tbsCertList.version",
  ],
  ["an issuer that is no Name", tbs({ issuer: utf8("ca") }), "ERR_DER_UNEXPECTED_TAG", "tbsCertList.issuer"],
  [
    "an issuer with a bad string",
    tbs({ issuer: name(seq(oid("2.5.4.3"), tlv(12, hex("ff")))) }),
    "ERR_DER_STRING",
    "tbsCertList.issuer[0][0].value",
  ],
  [
    "an issuer with an empty RDN",
    tbs({ issuer: seq(set()) }),
    "ERR_CERTIFICATE_NAME",
    "tbsCertList.issuer[0]",
    "accepts",
  ],
  ["no thisUpdate", tbs({ thisUpdate: nul }), "ERR_DER_UNEXPECTED_TAG", "tbsCertList.thisUpdate"],
  [
    "thisUpdate on a day that is none",
    tbs({ thisUpdate: utcTime("250230000000Z") }),
    "ERR_DER_TIME",
    "tbsCertList.thisUpdate",
  ],
  [
    "thisUpdate without seconds",
    tbs({ thisUpdate: utcTime("2501010000Z") }),
    "ERR_DER_TIME",
    "tbsCertList.thisUpdate",
    "accepts",
  ],
  [
    "nextUpdate with an hour of 24",
    tbs({ nextUpdate: utcTime("250101240000Z") }),
    "ERR_DER_TIME",
    "tbsCertList.nextUpdate",
  ],
  [
    "GeneralizedTime before 2050",
    tbs({ nextUpdate: generalizedTime("20300101000000Z") }),
    "ERR_DER_TIME",
    "tbsCertList.nextUpdate",
    "accepts",
  ],
  [
    "something after the extensions",
    tbs({ afterExtensions: nul }),
    "ERR_DER_TRAILING_DATA",
    "tbsCertList",
    "accepts",
  ],
  [
    "extensions under another tag",
    tbs({ rawExtensions: ctx(1, seq(crlNumber())) }),
    "ERR_DER_TRAILING_DATA",
    "tbsCertList",
    "accepts",
  ],
  [
    "extensions that are no SEQUENCE",
    tbs({ rawExtensions: ctx(0, set()) }),
    "ERR_DER_UNEXPECTED_TAG",
    "tbsCertList.crlExtensions",
  ],
  [
    "extensions twice in one tag",
    tbs({ rawExtensions: ctx(0, seq(crlNumber()), seq()) }),
    "ERR_DER_TRAILING_DATA",
    "tbsCertList.crlExtensions",
    "accepts",
  ],
  [
    "no extension in the list of them",
    tbs({ rawExtensions: ctx(0, seq()) }),
    "ERR_CRL_EXTENSION",
    "tbsCertList.crlExtensions",
    "accepts",
  ],
  [
    "too many extensions",
    withExtensions(...Array.from({ length: 65 }, (_, i) => extension(`1.2.3.${i + 1}`, nul))),
    "ERR_CRL_EXTENSION",
    "tbsCertList.crlExtensions",
    "limit",
  ],
];

const entries: readonly Row[] = [
  [
    "an empty list of entries",
    tbs({ rawEntries: seq() }),
    "ERR_CRL_EMPTY",
    "tbsCertList.revokedCertificates",
    "accepts",
  ],
  ["an entry that is no SEQUENCE", withEntry(int(1)), "ERR_DER_UNEXPECTED_TAG", entryPath],
  [
    "an entry that is cut",
    tbs({ rawEntries: seq(entry(1), truncated(0x30)) }),
    "ERR_DER_TRUNCATED",
    entryPath,
  ],
  ["an empty entry", withEntry(seq()), "ERR_DER_TRUNCATED", `${entryPath}.userCertificate`],
  [
    "a length that is not minimal",
    withEntry(withLength(0x30, hex("8112"), join(int(1), utcTime("250101000000Z")))),
    "ERR_DER_LENGTH",
    entryPath,
  ],
  [
    "no serial number",
    withEntry(seq(utcTime("250101000000Z"))),
    "ERR_DER_UNEXPECTED_TAG",
    `${entryPath}.userCertificate`,
  ],
  ["an empty serial number", withEntry(entry(tlv(2))), "ERR_DER_INTEGER", `${entryPath}.userCertificate`],
  [
    "a serial number that is not minimal",
    withEntry(entry(tlv(2, hex("007f")))),
    "ERR_DER_INTEGER",
    `${entryPath}.userCertificate`,
  ],
  [
    "a negative serial number",
    withEntry(entry(-1)),
    "ERR_CRL_SERIAL_NUMBER",
    `${entryPath}.userCertificate`,
    "accepts",
  ],
  [
    "a serial number of 21 octets",
    withEntry(entry(2n ** 160n)),
    "ERR_CRL_SERIAL_NUMBER",
    `${entryPath}.userCertificate`,
    "accepts",
  ],
  ["no date", withEntry(seq(int(1))), "ERR_DER_TRUNCATED", `${entryPath}.revocationDate`],
  [
    "a letter in the date",
    withEntry(entry(1, [], utcTime("25010100000aZ"))),
    "ERR_DER_TIME",
    `${entryPath}.revocationDate`,
  ],
  [
    "a month of 13",
    withEntry(entry(1, [], utcTime("251301000000Z"))),
    "ERR_DER_TIME",
    `${entryPath}.revocationDate`,
  ],
  [
    "a month of 00",
    withEntry(entry(1, [], utcTime("250001000000Z"))),
    "ERR_DER_TIME",
    `${entryPath}.revocationDate`,
  ],
  [
    "a day of 00",
    withEntry(entry(1, [], utcTime("250100000000Z"))),
    "ERR_DER_TIME",
    `${entryPath}.revocationDate`,
  ],
  [
    "a 29 February that was none",
    withEntry(entry(1, [], utcTime("250229000000Z"))),
    "ERR_DER_TIME",
    `${entryPath}.revocationDate`,
  ],
  [
    "a minute of 60",
    withEntry(entry(1, [], utcTime("250101006000Z"))),
    "ERR_DER_TIME",
    `${entryPath}.revocationDate`,
  ],
  [
    "a second of 60",
    withEntry(entry(1, [], utcTime("250101000060Z"))),
    "ERR_DER_TIME",
    `${entryPath}.revocationDate`,
  ],
  [
    "a zone in the date",
    withEntry(entry(1, [], utcTime("250101000000+0100"))),
    "ERR_DER_TIME",
    `${entryPath}.revocationDate`,
    "accepts",
  ],
  [
    "something after the date",
    withEntry(seq(int(1), utcTime("250101000000Z"), nul)),
    "ERR_DER_TRAILING_DATA",
    entryPath,
    "accepts",
  ],
  [
    "something after the extensions of an entry",
    withEntry(seq(int(1), utcTime("250101000000Z"), seq(reasonCode(1)), nul)),
    "ERR_DER_TRAILING_DATA",
    entryPath,
    "accepts",
  ],
  [
    "no extension in the list of an entry",
    withEntry(seq(int(1), utcTime("250101000000Z"), seq())),
    "ERR_CRL_EXTENSION",
    `${entryPath}.crlEntryExtensions`,
    "accepts",
  ],
];

const entryExtensions: readonly Row[] = [
  [
    "a reason that is not used",
    withEntry(entry(1, [reasonCode(7)])),
    "ERR_CRL_EXTENSION",
    `${inEntry}.reasonCode`,
    "accepts",
  ],
  [
    "a reason that is unknown",
    withEntry(entry(1, [reasonCode(11)])),
    "ERR_CRL_EXTENSION",
    `${inEntry}.reasonCode`,
    "accepts",
  ],
  [
    "a negative reason",
    withEntry(entry(1, [reasonCode(0xff)])),
    "ERR_CRL_EXTENSION",
    `${inEntry}.reasonCode`,
    "accepts",
  ],
  [
    "a reason that is an INTEGER",
    withEntry(entry(1, [extension(ids.reasonCode, int(1))])),
    "ERR_DER_UNEXPECTED_TAG",
    `${inEntry}.reasonCode`,
  ],
  [
    "an empty reason",
    withEntry(entry(1, [extension(ids.reasonCode, tlv(10))])),
    "ERR_DER_INTEGER",
    `${inEntry}.reasonCode`,
  ],
  [
    "a reason that is not minimal",
    withEntry(entry(1, [extension(ids.reasonCode, tlv(10, hex("0001")))])),
    "ERR_DER_INTEGER",
    `${inEntry}.reasonCode`,
  ],
  [
    "a reason of nine octets",
    withEntry(entry(1, [extension(ids.reasonCode, tlv(10, hex("010000000000000000")))])),
    "ERR_CRL_EXTENSION",
    `${inEntry}.reasonCode`,
  ],
  [
    "something after the reason",
    withEntry(entry(1, [extension(ids.reasonCode, join(tlv(10, hex("01")), nul))])),
    "ERR_DER_TRAILING_DATA",
    `${inEntry}.reasonCode`,
    "accepts",
  ],
  [
    "a critical reason",
    withEntry(entry(1, [extension(ids.reasonCode, tlv(10, hex("01")), true)])),
    "ERR_CRL_EXTENSION_CRITICALITY",
    `${inEntry}.critical`,
    "accepts",
  ],
  [
    "a reason twice",
    withEntry(entry(1, [reasonCode(1), reasonCode(1)])),
    "ERR_CRL_DUPLICATE_EXTENSION",
    `${entryPath}.crlEntryExtensions`,
    "accepts",
  ],
  [
    "an invalidity date as UTCTime",
    withEntry(entry(1, [extension(ids.invalidityDate, utcTime("250101000000Z"))])),
    "ERR_DER_UNEXPECTED_TAG",
    `${inEntry}.invalidityDate`,
    "accepts",
  ],
  [
    "an invalidity date that is none",
    withEntry(entry(1, [extension(ids.invalidityDate, generalizedTime("20250101000000"))])),
    "ERR_DER_TIME",
    `${inEntry}.invalidityDate`,
    "accepts",
  ],
  [
    "a certificate issuer without a name",
    withEntry(entry(1, [extension(ids.certificateIssuer, seq(), true)])),
    "ERR_CRL_EXTENSION",
    `${inEntry}.certificateIssuer`,
    "accepts",
  ],
  [
    "critical FALSE written out",
    withEntry(entry(1, [extension("1.2.3", nul, false)])),
    "ERR_DER_DEFAULT_ENCODED",
    `${inEntry}.critical`,
    "accepts",
  ],
  [
    "an extension without a value",
    withEntry(entry(1, [seq(oid("1.2.3"))])),
    "ERR_DER_TRUNCATED",
    `${inEntry}.extnValue`,
  ],
  [
    "an extension without an identifier",
    withEntry(entry(1, [seq(octets())])),
    "ERR_DER_UNEXPECTED_TAG",
    `${inEntry}.extnID`,
  ],
  [
    "something after an extension's value",
    withEntry(entry(1, [seq(oid("1.2.3"), octets(), nul)])),
    "ERR_DER_TRAILING_DATA",
    inEntry,
    "accepts",
  ],
];

const extensions: readonly Row[] = [
  [
    "the same extension twice",
    withExtensions(crlNumber(1), crlNumber(2)),
    "ERR_CRL_DUPLICATE_EXTENSION",
    "tbsCertList.crlExtensions",
    "accepts",
  ],
  [
    "an unknown extension twice",
    withExtensions(extension("1.2.3", nul), extension("1.2.3", nul)),
    "ERR_CRL_DUPLICATE_EXTENSION",
    "tbsCertList.crlExtensions",
    "accepts",
  ],
  [
    "a critical CRL number",
    withExtensions(extension(ids.crlNumber, int(1), true)),
    "ERR_CRL_EXTENSION_CRITICALITY",
    `${extensionPath}.critical`,
    "accepts",
  ],
  [
    "a negative CRL number",
    withExtensions(crlNumber(-1)),
    "ERR_CRL_EXTENSION",
    `${extensionPath}.crlNumber`,
    "accepts",
  ],
  [
    "a CRL number of 21 octets",
    withExtensions(extension(ids.crlNumber, int(2n ** 160n))),
    "ERR_CRL_EXTENSION",
    `${extensionPath}.crlNumber`,
    "accepts",
  ],
  [
    "a CRL number that is no INTEGER",
    withExtensions(extension(ids.crlNumber, nul)),
    "ERR_DER_UNEXPECTED_TAG",
    `${extensionPath}.crlNumber`,
  ],
  [
    "something after the CRL number",
    withExtensions(extension(ids.crlNumber, join(int(1), nul))),
    "ERR_DER_TRAILING_DATA",
    `${extensionPath}.crlNumber`,
    "accepts",
  ],
  [
    "a critical authority key identifier",
    withExtensions(extension(ids.authorityKeyIdentifier, seq(), true)),
    "ERR_CRL_EXTENSION_CRITICALITY",
    `${extensionPath}.critical`,
  ],
  [
    "an authority key identifier that is no SEQUENCE",
    withExtensions(extension(ids.authorityKeyIdentifier, nul)),
    "ERR_DER_UNEXPECTED_TAG",
    `${extensionPath}.authorityKeyIdentifier`,
  ],
  [
    "a delta indicator that is no INTEGER",
    withExtensions(extension(ids.deltaCrlIndicator, nul, true)),
    "ERR_DER_UNEXPECTED_TAG",
    `${extensionPath}.deltaCrlIndicator`,
    "accepts",
  ],
  [
    "a critical freshest CRL",
    withExtensions(extension(ids.freshestCrl, seq(seq(point(uri("http://a")))), true)),
    "ERR_CRL_EXTENSION_CRITICALITY",
    `${extensionPath}.critical`,
    "accepts",
  ],
  ["an empty issuing distribution point", withExtensions(scope()), "ERR_CRL_EXTENSION", idp, "accepts"],
  [
    "a scope of two kinds",
    withExtensions(scope(ctxPrimitive(1, hex("ff")), ctxPrimitive(2, hex("ff")))),
    "ERR_CRL_EXTENSION",
    idp,
    "accepts",
  ],
  [
    "a scope with FALSE written out",
    withExtensions(scope(ctxPrimitive(1, hex("00")))),
    "ERR_DER_DEFAULT_ENCODED",
    `${idp}.onlyContainsUserCerts`,
    "accepts",
  ],
  [
    "a scope with a BOOLEAN of 01",
    withExtensions(scope(ctxPrimitive(1, hex("01")))),
    "ERR_DER_BOOLEAN",
    `${idp}.onlyContainsUserCerts`,
    "accepts",
  ],
  [
    "a scope in the wrong order",
    withExtensions(scope(ctxPrimitive(4, hex("ff")), ctxPrimitive(1, hex("ff")))),
    "ERR_DER_TRAILING_DATA",
    idp,
    "accepts",
  ],
  [
    "a scope without a name in its point",
    withExtensions(scope(point())),
    "ERR_CRL_EXTENSION",
    `${idp}.distributionPoint`,
    "accepts",
  ],
  [
    "a scope relative to the issuer",
    withExtensions(scope(ctx(0, ctx(1, seq(oid("2.5.4.3"), utf8("x")))))),
    "ERR_DER_UNEXPECTED_TAG",
    `${idp}.distributionPoint`,
    "accepts",
  ],
  ["a scope with a BOOLEAN tag", withExtensions(scope(bool(true))), "ERR_DER_TRAILING_DATA", idp, "accepts"],
  ["an extension that is no SEQUENCE", withExtensions(set()), "ERR_DER_UNEXPECTED_TAG", extensionPath],
];

export const malformedLists: readonly MalformedList[] = [
  ...envelope,
  ...header,
  ...entries,
  ...entryExtensions,
  ...extensions,
].map(([title, der, code, path, kubernetes]) => ({
  title,
  der,
  code,
  path,
  kubernetes: kubernetes === "accepts" ? "accepts" : "refuses",
  ...(kubernetes === "limit" && { limit: true }),
}));
