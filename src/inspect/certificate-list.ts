import { sha256 } from "../sha256.ts";
import { momentOf } from "../verify/asking.ts";
import type { Finding } from "../finding.ts";
import type { PemOptions } from "../pem.ts";
import { parseCertificateList } from "../x509/certificate-list.ts";
import type { CertificateList, CertificateListInput } from "../x509/certificate-list.ts";
import type { Limits } from "../x509/limits.ts";
import type {
  IssuingDistributionPoint,
  ListExtension,
  ListExtensionValues,
} from "../x509/list-extensions.ts";
import { formatName } from "../x509/name-text.ts";
import type { RevokedCertificate } from "../x509/revoked-entry.ts";
import { signatureText } from "./algorithm-text.ts";
import { deviationFindings } from "./certificate-request.ts";
import {
  authorityKeyLines,
  distributionPointLines,
  extensionLabel,
  generalNameText,
  orNothing,
} from "./extension-rows.ts";
import { colons, countOf, dateText, octetLines, pairs, reportText } from "./report.ts";
import type { FormatOptions, Report, Row, Section } from "./report.ts";
import { spanInWords } from "./time-words.ts";

/** How a list is printed; all fields have defaults. */
export interface FormatListOptions extends FormatOptions {
  /** How many of its entries are printed at most, the first ones; 20 by default. */
  readonly maxEntries?: number;
}

/** A screen has room for so many. */
const MAX_ENTRIES = 20;

/**
 * A certificate revocation list (CRL) as text for people: whose it is, until when it holds, what it is about, and its first entries.
 *
 * Lists that safe mode refuses are shown as well. **It says nothing about trust**: no signature is checked. Safe to print as {@link formatCertificate} is; the wording may
 * change from version to version.
 *
 * @param options `at` is the time to which dates are compared, now by default; `maxEntries`, 20 by default; `bytes` prints the signature in full; `maxBytes` as
 * {@link parseCertificateList} has it
 * @throws PemError, DerError, CertificateListError, CertificateError if Go's parser would refuse it too; `TypeError` if `at` is no date
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatCertificateList } from "kubepki";
 *
 * const pem = `-----BEGIN X509 CRL-----
 * MIIBETCBxAIBATAFBgMrZXAwFTETMBEGA1UEAxMKa3ViZXJuZXRlcxcNMjYxMTI0
 * MDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMFAwOgIBHxcNMjYxMTI0MDAwMDAwWjAm
 * MAoGA1UdFQQDCgEBMBgGA1UdGAQRGA8yMDI2MTEyMDAwMDAwMFowEgIBKhcNMjYx
 * MTI0MDAwMDAwWqAvMC0wHwYDVR0jBBgwFoAU4V7QmXlcKXl3F8rIpK1Z0OFnlM8w
 * CgYDVR0UBAMCAQEwBQYDK2VwA0EALiKoVRKQ0Os5+WetQ6OLE0zltSTLlIa7Oyv1
 * byQBI/Qn3x9Mg3t5aTc9n3GyjSJkhlPCpBaVsOmgMMBdnwVMAg==
 * -----END X509 CRL-----`;
 * const text = formatCertificateList(pem, { at: new Date("2026-11-25T00:00:00Z") });
 * assert.match(text, /^Certificate list of CN = kubernetes\n/);
 * assert.match(text, /1f +2026-11-24T00:00:00Z, keyCompromise, key in wrong hands since 2026-11-20T00:00:00Z/);
 * ```
 */
export function formatCertificateList(
  input: CertificateListInput,
  options: FormatListOptions & Limits & PemOptions = {},
): string {
  const list = parseCertificateList(input, { ...options, mode: "kubernetes" });
  return reportText(listReport(list, options));
}

function listReport(list: CertificateList, options: FormatListOptions): Report {
  const at = momentOf(options.at);
  return {
    title: `Certificate list of ${formatName(list.issuer) || "nobody by name"}`,
    sections: [
      details(list, at, options),
      { title: "Extensions", rows: list.extensions.map((extension) => extensionRow(extension, options)) },
      entries(list, options.maxEntries ?? MAX_ENTRIES),
    ].filter(({ rows }) => rows.length > 0),
    findings: [...lintDates(list, at), ...deviationFindings(list)],
  };
}

function details(list: CertificateList, at: number, options: FormatOptions): Section {
  const { thisUpdate, nextUpdate, deltaCrlIndicator, issuingDistributionPoint, der } = list;
  return {
    title: "List",
    rows: [
      ["issuer", formatName(list.issuer) || "(empty)"],
      ["about", ...scopeLines(issuingDistributionPoint, deltaCrlIndicator)],
      ["this update", dateText(thisUpdate)],
      ["next update", nextUpdate === undefined ? "it does not say" : dueText(nextUpdate, at)],
      ["entries", countOf(list.size, "certificate")],
      ["signed with", signatureText(list.signatureAlgorithm)],
      ["signature", ...octetLines(list.signature, options)],
      ["SHA-256", colons(sha256(der))],
    ],
  };
}

function dueText(nextUpdate: Date, at: number): string {
  const left = (nextUpdate.getTime() - at) / 1000;
  const words = left < 0 ? `overdue since ${spanInWords(-left)}` : `due in ${spanInWords(left)}`;
  return `${dateText(nextUpdate)}, ${words}`;
}

function scopeLines(point: IssuingDistributionPoint = {}, delta: string | undefined): string[] {
  const { onlyContainsUserCerts, onlyContainsCACerts, onlyContainsAttributeCerts, onlySomeReasons } = point;
  const lines = [
    ...(onlyContainsUserCerts ? ["certificates of leaves alone"] : []),
    ...(onlyContainsCACerts ? ["certificates of CAs alone"] : []),
    ...(onlyContainsAttributeCerts ? ["attribute certificates alone"] : []),
    ...(onlySomeReasons ? [`these reasons alone: ${onlySomeReasons.join(", ")}`] : []),
    ...(point.indirectCRL ? ["certificates of other issuers too: the list is indirect"] : []),
    ...(delta === undefined ? [] : [`changes since the list of number ${pairs(delta)}: the list is a delta`]),
  ];
  return lines.length === 0 ? ["all certificates of its issuer"] : lines;
}

function lintDates({ thisUpdate, nextUpdate }: CertificateList, at: number): Finding[] {
  const early = (thisUpdate.getTime() - at) / 1000;
  if (early > 0) {
    const message = `the list begins in ${spanInWords(Math.ceil(early))}`;
    return [{ code: "FINDING_NOT_YET_VALID", severity: "error", path: "tbsCertList.thisUpdate", message }];
  }
  const late = nextUpdate === undefined ? 0 : (at - nextUpdate.getTime()) / 1000;
  if (late <= 0) return [];
  const message = `a newer list was due ${spanInWords(late)} ago, and may revoke more`;
  const path = "tbsCertList.nextUpdate";
  return [{ code: "FINDING_EXPIRED", severity: "error", path, message, fix: "fetch the newer one" }];
}

type ListLines = {
  readonly [Id in keyof ListExtensionValues]: (value: ListExtensionValues[Id]) => readonly string[];
};

const LIST_EXTENSION_LINES: ListLines = {
  authorityKeyIdentifier: authorityKeyLines,
  crlNumber: (number) => [pairs(number)],
  deltaCrlIndicator: (number) => [pairs(number)],
  issuingDistributionPoint: ({ fullName = [], ...point }) => [
    ...fullName.map(generalNameText),
    ...scopeLines(point, undefined),
  ],
  freshestCrl: (points) => points.flatMap(distributionPointLines),
};

function extensionRow({ id, oid, critical, der, value }: ListExtension, options: FormatOptions): Row {
  // Kubernetes mode lets malformed values pass that Go does not look at; those have bytes alone.
  if (id === undefined || value === undefined || !Object.hasOwn(LIST_EXTENSION_LINES, id))
    return [extensionLabel(id ?? oid, critical), ...octetLines(der, options)];
  const lines = LIST_EXTENSION_LINES[id as keyof ListExtensionValues] as (
    given: unknown,
  ) => readonly string[];
  return [extensionLabel(id, critical), ...orNothing(lines(value))];
}

function entries(list: CertificateList, most: number): Section {
  const rows: Row[] = [];
  for (const entry of list.entries()) {
    if (rows.length >= most) break;
    rows.push([pairs(entry.serialNumber), entryText(entry)]);
  }
  const left = list.size - rows.length;
  if (left > 0) rows.push(["...", `and ${countOf(left, "more", "more")}`]);
  return { title: "Revoked", rows };
}

function entryText(entry: RevokedCertificate): string {
  const { revocationDate, reasonCode, invalidityDate, certificateIssuer = [] } = entry;
  return [
    dateText(revocationDate),
    ...(reasonCode === undefined ? [] : [reasonCode]),
    ...(invalidityDate === undefined ? [] : [`key in wrong hands since ${dateText(invalidityDate)}`]),
    ...certificateIssuer.map((name) => `issued by ${generalNameText(name)}`),
  ].join(", ");
}
