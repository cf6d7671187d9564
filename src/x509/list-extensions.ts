/** The extensions of certificate lists and of their entries (RFC 5280 5.2, 5.3): one row for each that is understood. */
import { toHex } from "../bytes.ts";
import { readBoolean, readDefaultFalse } from "../der/boolean.ts";
import { readNamedBits } from "../der/bit-string.ts";
import { readInteger } from "../der/integer.ts";
import type { DerReader, Label } from "../der/reader.ts";
import { ENUMERATED, OCTET_STRING, SEQUENCE } from "../der/tag.ts";
import { readGeneralizedTime } from "../der/time.ts";
import { oidToText, readOid } from "../oid.ts";
import { REASON_FLAGS, readCrlDistributionPoints } from "./extensions/crl-distribution-points.ts";
import type { DistributionPoint, ReasonFlag } from "./extensions/crl-distribution-points.ts";
import { readAuthorityKeyIdentifier } from "./extensions/key-identifiers.ts";
import type { AuthorityKeyIdentifier } from "./extensions/key-identifiers.ts";
import { generalNames } from "./general-name-values.ts";
import type { GeneralName } from "./general-name-values.ts";
import { walkGeneralNames } from "./general-name.ts";
import type { Limits } from "./limits.ts";

/** Names of the reasons by their codes (RFC 5280 5.3.1); 7 is not used. */
export const CRL_REASONS = [
  "unspecified",
  "keyCompromise",
  "cACompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "certificateHold",
  undefined,
  "removeFromCRL",
  "privilegeWithdrawn",
  "aACompromise",
] as const;

/** Why a certificate was revoked (RFC 5280 5.3.1). */
export type CrlReason = NonNullable<(typeof CRL_REASONS)[number]>;

/** Which certificates a list is about (RFC 5280 5.2.5). What is absent does not narrow it. */
export interface IssuingDistributionPoint {
  /** Names under which this part of the list is found, which the certificates it is about state too. */
  readonly fullName?: readonly GeneralName[];
  /** It is about certificates of leaves alone. */
  readonly onlyContainsUserCerts?: true;
  /** It is about certificates of CAs alone. */
  readonly onlyContainsCACerts?: true;
  /** It is about attribute certificates alone. */
  readonly onlyContainsAttributeCerts?: true;
  /** It is about these reasons alone. */
  readonly onlySomeReasons?: readonly ReasonFlag[];
  /** It has certificates of other issuers too. */
  readonly indirectCRL?: true;
}

/** The value of each extension of a list that is understood, by its name in RFC 5280 5.2. */
export interface ListExtensionValues {
  /** Which key signed the list. */
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier;
  /** Grows with each list; lower-case hex without leading zeros. */
  readonly crlNumber: string;
  /** The list has only what changed since the list of this number, lower-case hex. */
  readonly deltaCrlIndicator: string;
  /** Which certificates the list is about. */
  readonly issuingDistributionPoint: IssuingDistributionPoint;
  /** Where deltas to this list are found. */
  readonly freshestCrl: readonly DistributionPoint[];
}

/** The value of each extension of an entry that is understood, by its name in RFC 5280 5.3. */
export interface EntryExtensionValues {
  /** Why; undefined for a code that RFC 5280 does not have, which only Kubernetes mode lets through. */
  readonly reasonCode: CrlReason | undefined;
  /** Since when the key is believed to be in wrong hands, in seconds since 1970. */
  readonly invalidityDate: number;
  /** Who issued the certificates from this entry on, in an indirect list. */
  readonly certificateIssuer: readonly GeneralName[];
}

/** One row of a table. */
export interface ListExtensionRow<T> {
  /** The object identifier as dotted text. */
  readonly oid: string;
  /** Reads the contents of extnValue. */
  readonly read: (reader: DerReader, limits: Limits) => T;
  /** Whether Go looks at the value. */
  readonly seenByGo: boolean;
  /** `"go"` where Go too refuses a critical one. */
  readonly neverCritical?: "rfc" | "go";
}

/** A table: a row for each name. */
export type ListExtensionTable<Values> = { readonly [Id in keyof Values]: ListExtensionRow<Values[Id]> };

/** Extensions of a list. */
export const LIST_EXTENSIONS: ListExtensionTable<ListExtensionValues> = {
  authorityKeyIdentifier: {
    oid: "2.5.29.35",
    read: readAuthorityKeyIdentifier,
    seenByGo: true,
    neverCritical: "go",
  },
  crlNumber: { oid: "2.5.29.20", read: readNumber, seenByGo: true, neverCritical: "rfc" },
  deltaCrlIndicator: { oid: "2.5.29.27", read: readNumber, seenByGo: false },
  issuingDistributionPoint: { oid: "2.5.29.28", read: readIssuingDistributionPoint, seenByGo: false },
  freshestCrl: {
    oid: "2.5.29.46",
    read: readCrlDistributionPoints,
    seenByGo: false,
    neverCritical: "rfc",
  },
};

/** Extensions of an entry. */
export const ENTRY_EXTENSIONS: ListExtensionTable<EntryExtensionValues> = {
  reasonCode: { oid: "2.5.29.21", read: readReason, seenByGo: true, neverCritical: "rfc" },
  invalidityDate: { oid: "2.5.29.24", read: readInvalidityDate, seenByGo: false, neverCritical: "rfc" },
  certificateIssuer: { oid: "2.5.29.29", read: readCertificateIssuer, seenByGo: false },
};

/** One extension as it stands in a list or an entry. */
export interface ListExtension {
  /** Its name, if it is understood. */
  readonly id?: string;
  /** Its object identifier as dotted text. */
  readonly oid: string;
  /** Whether who does not understand it must not use the list. */
  readonly critical: boolean;
  /** The contents of extnValue. */
  readonly der: Uint8Array;
  /** What it says, if it is understood. */
  readonly value?: unknown;
}

/** Reads `Extensions` of a list or an entry: each once, and the value of each that is understood. Go looks at fewer. */
export function readListExtensions<Values>(
  reader: DerReader,
  label: Label,
  table: ListExtensionTable<Values>,
  limits: Limits,
): ListExtension[] {
  const outer = reader.open(SEQUENCE, label);
  const found: ListExtension[] = [];
  if (!reader.more()) reader.deviate("ERR_CRL_EXTENSION", "the list of extensions is empty");
  while (reader.more()) {
    const extension = readListExtension(reader, table, found.length, limits);
    if (found.some(({ oid }) => oid === extension.oid))
      reader.deviate("ERR_CRL_DUPLICATE_EXTENSION", `the extension ${extension.oid} stands there twice`);
    if (found.length >= MAX_EXTENSIONS)
      reader.fail("ERR_CRL_EXTENSION", `there are more than ${MAX_EXTENSIONS} extensions`);
    found.push(extension);
  }
  reader.finish(outer);
  return found;
}

/** RFC 5280 has seven for a list and four for an entry; each is compared with all before it. */
const MAX_EXTENSIONS = 64;

function readListExtension<Values>(
  reader: DerReader,
  table: ListExtensionTable<Values>,
  index: number,
  limits: Limits,
): ListExtension {
  const outer = reader.open(SEQUENCE, index);
  readOid(reader, "extnID");
  const oid = oidToText(reader.bytes, reader.start, reader.position);
  const critical = readDefaultFalse(reader, "critical");
  const id = (Object.keys(table) as (keyof Values & string)[]).find((name) => table[name].oid === oid);
  reader.read(OCTET_STRING, id ?? "extnValue");
  const der = reader.contents();
  const row = id === undefined ? undefined : table[id];
  if (critical && row?.neverCritical) {
    const message = `${id} must not be critical`;
    if (row.neverCritical === "go") reader.fail("ERR_CRL_EXTENSION_CRITICALITY", message, "critical");
    reader.deviate("ERR_CRL_EXTENSION_CRITICALITY", message, "critical");
  }
  const value = row && readValue(reader, row, id!, limits);
  reader.finishOpen(outer);
  return id === undefined ? { oid, critical, der } : { id, oid, critical, der, value };
}

function readValue<T>(
  reader: DerReader,
  row: ListExtensionRow<T>,
  id: string,
  limits: Limits,
): T | undefined {
  const contents = reader.enter(id);
  const read = (): T => row.read(reader, limits);
  const value = row.seenByGo ? read() : reader.tolerate(read);
  reader.finishOpen(contents);
  return value;
}

/** RFC 5280 5.2.3: at most 20 octets, not negative. Go reads any. */
function readNumber(reader: DerReader): string {
  readInteger(reader, "");
  const { bytes, start, position } = reader;
  if (bytes[start]! >= 0x80 || position - start > 20)
    reader.deviate("ERR_CRL_EXTENSION", "the number must be from 0 to 20 octets");
  return integerToHex(bytes, start, position);
}

/** The contents of an INTEGER as lower-case hex without the octet for the sign; negative ones with a minus and as two's complement. */
export function integerToHex(bytes: Uint8Array, start: number, end: number): string {
  if (bytes[start]! >= 0x80) return `-${toHex(bytes, start, end)}`;
  return toHex(bytes, end - start > 1 && bytes[start] === 0 ? start + 1 : start, end);
}

function readReason(reader: DerReader): CrlReason | undefined {
  readInteger(reader, "", ENUMERATED);
  const { bytes, start, position } = reader;
  if (position - start > 8) reader.fail("ERR_CRL_EXTENSION", "the reason has more than 8 octets");
  const reason = position - start === 1 ? CRL_REASONS[bytes[start]!] : undefined;
  if (reason === undefined) reader.deviate("ERR_CRL_EXTENSION", "the reason is none of RFC 5280");
  return reason;
}

/** RFC 5280 5.3.2: always GeneralizedTime, also before 2050. */
function readInvalidityDate(reader: DerReader): number {
  return readGeneralizedTime(reader, "");
}

function readCertificateIssuer(reader: DerReader, limits: Limits): GeneralName[] {
  return readNames(reader, SEQUENCE, limits);
}

function readNames(reader: DerReader, tag: number, limits: Limits): GeneralName[] {
  const outer = reader.open(tag, "");
  const begin = reader.position;
  if (!reader.more()) reader.fail("ERR_CRL_EXTENSION", "there must be at least one name");
  walkGeneralNames(reader, limits);
  reader.start = begin;
  const names = generalNames(reader, limits);
  reader.finish(outer);
  return names;
}

const POINT_NAME = 0xa0;
const FULL_NAME = 0xa0;
const SOME_REASONS = 0x83;

function readIssuingDistributionPoint(reader: DerReader, limits: Limits): IssuingDistributionPoint {
  const outer = reader.open(SEQUENCE, "");
  if (!reader.more()) reader.fail("ERR_CRL_EXTENSION", "an issuing distribution point must say something");
  const fullName = readPointName(reader, limits);
  const userCerts = readFlag(reader, 0x81, "onlyContainsUserCerts");
  const caCerts = readFlag(reader, 0x82, "onlyContainsCACerts");
  const reasons = reader.peek() === SOME_REASONS ? readReasonFlags(reader) : undefined;
  const indirect = readFlag(reader, 0x84, "indirectCRL");
  const attributeCerts = readFlag(reader, 0x85, "onlyContainsAttributeCerts");
  if ([userCerts, caCerts, attributeCerts].filter(Boolean).length > 1)
    reader.fail("ERR_CRL_EXTENSION", "a list can be of one kind of certificates only");
  reader.finish(outer);
  return {
    ...(fullName && { fullName }),
    ...(userCerts && { onlyContainsUserCerts: userCerts }),
    ...(caCerts && { onlyContainsCACerts: caCerts }),
    ...(attributeCerts && { onlyContainsAttributeCerts: attributeCerts }),
    ...(reasons && { onlySomeReasons: reasons }),
    ...(indirect && { indirectCRL: indirect }),
  };
}

/** As Go does for certificates, a name relative to the issuer is refused: nobody writes it. */
function readPointName(reader: DerReader, limits: Limits): GeneralName[] | undefined {
  if (reader.peek() !== POINT_NAME) return undefined;
  const outer = reader.open(POINT_NAME, "distributionPoint");
  const names = readNames(reader, FULL_NAME, limits);
  reader.finish(outer);
  return names;
}

function readReasonFlags(reader: DerReader): ReasonFlag[] {
  const flags = readNamedBits(reader, "onlySomeReasons", SOME_REASONS);
  return REASON_FLAGS.filter((_, bit) => flags & (1 << bit));
}

function readFlag(reader: DerReader, tag: number, label: string): true | undefined {
  if (reader.peek() !== tag) return undefined;
  if (!readBoolean(reader, label, tag))
    reader.fail("ERR_DER_DEFAULT_ENCODED", "FALSE is the default and must be left out", label);
  return true;
}
