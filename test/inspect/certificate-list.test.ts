import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { encodePem, formatCertificateList } from "../../src/index.ts";
import { cn, extension, name } from "../support/certificate.ts";
import {
  certificateList,
  crlNumber,
  entry,
  keyIdentifier,
  listExtensionIds,
  reasonCode,
  scope,
} from "../support/certificate-list.ts";
import { ctxPrimitive, hex, int, seq, tlv } from "../support/tlv.ts";

const at = Date.UTC(2026, 10, 25);
const invalidity = extension(
  listExtensionIds.invalidityDate,
  tlv(0x18, new TextEncoder().encode("20241224000000Z")),
);
const list = certificateList({
  entries: [entry(31, [reasonCode(1), invalidity]), entry(0x2a42), entry(5, [reasonCode(4)])],
  extensions: [crlNumber(258), keyIdentifier(hex("0102")), scope(ctxPrimitive(1, hex("ff")))],
});

describe("formatCertificateList", () => {
  test("says whose the list is, until when, what it is about, and what it revokes", () => {
    const text = formatCertificateList(list, { at });
    expect(text).toBe(`Certificate list of CN = ca

List
  issuer       CN = ca
  about        certificates of leaves alone
  this update  2025-01-01T00:00:00Z
  next update  2049-12-31T23:59:59Z, due in 23 years
  entries      3 certificates
  signed with  ECDSA-SHA256
  signature    30:06:02:01:01:02:01:01
  SHA-256      ${/[\da-f:]{95}/u.exec(text)?.[0]}

Extensions
  crlNumber                           01:02
  authorityKeyIdentifier              01:02
  issuingDistributionPoint, critical  certificates of leaves alone

Revoked
  1f     2025-01-01T00:00:00Z, keyCompromise, key in wrong hands since 2024-12-24T00:00:00Z
  2a:42  2025-01-01T00:00:00Z
  05     2025-01-01T00:00:00Z, superseded
`);
  });

  test("prints the first entries and counts the others", () => {
    const many = certificateList({ entries: Array.from({ length: 30 }, (_, i) => entry(i + 1)) });
    expect(formatCertificateList(many, { at })).toMatch(/ {2}14 +2025.*\n {2}\.\.\. +and 10 more\n$/u);
    expect(formatCertificateList(many, { at, maxEntries: 0 })).toMatch(
      /Revoked\n {2}\.\.\. {2}and 30 more\n$/u,
    );
  });

  test("says that the list is overdue, or too early, or says nothing", () => {
    expect(formatCertificateList(list, { at: Date.UTC(2050, 0, 3) })).toMatch(
      /overdue since 2 days[^]*error FINDING_EXPIRED at tbsCertList\.nextUpdate\n +a newer list was due 2 days ago/u,
    );
    expect(formatCertificateList(list, { at: Date.UTC(2024, 11, 31) })).toMatch(
      /error FINDING_NOT_YET_VALID at tbsCertList\.thisUpdate\n +the list begins in 24 hours/u,
    );
    const endless = certificateList({ nextUpdate: new Uint8Array() });
    expect(formatCertificateList(endless, { at })).toMatch(/next update +it does not say/u);
  });

  test("tells deltas and indirect lists, which others than us must not rely on either", () => {
    const delta = certificateList({
      extensions: [crlNumber(), extension(listExtensionIds.deltaCrlIndicator, int(7), true)],
    });
    expect(formatCertificateList(delta, { at })).toContain(
      "changes since the list of number 07: the list is a delta",
    );
    const indirect = certificateList({ extensions: [crlNumber(), scope(ctxPrimitive(4, hex("ff")))] });
    expect(formatCertificateList(indirect, { at })).toContain(
      "certificates of other issuers too: the list is indirect",
    );
  });

  test("escapes names, and shows extensions that it does not read", () => {
    const hostile = certificateList({
      issuer: name(cn("a\u202eb")),
      extensions: [crlNumber(), extension("1.2.3.4", hex("0500")), extension("2.5.29.46", seq())],
    });
    const text = formatCertificateList(hostile, { at });
    expect(text).toContain('CN = "a\\u{202e}b"');
    expect(text).toMatch(/1\.2\.3\.4 +05:00\n/u);
    expect(text).toMatch(/freshestCrl +\(nothing\)\n/u);
  });

  test("has the serial numbers and reasons that openssl prints", () => {
    const { stdout, error } = spawnSync("openssl", ["crl", "-noout", "-text"], {
      input: encodePem("X509 CRL", list),
      encoding: "utf8",
    });
    if (error) return console.info("skipped: there is no openssl command");
    const theirs = [...stdout.matchAll(/Serial Number: ([\dA-F]+)/gu)].map((match) =>
      match[1]!.toLowerCase(),
    );
    const ours = formatCertificateList(list, { at }).split("Revoked\n")[1]!.trimEnd().split("\n");
    expect(ours.map((line) => line.trim().split(" ")[0]!.replaceAll(":", ""))).toEqual(theirs);
    expect(stdout).toMatch(/Key Compromise[^]*Superseded/u);
  });
});
