import { describe, expect, test } from "vitest";
import { lintCertificateChain, parseCertificate } from "../../src/index.ts";
import type { Certificate } from "../../src/index.ts";
import * as make from "../support/certificate.ts";
import { int, seq, utcTime } from "../support/tlv.ts";

const at = Date.UTC(2030, 0);
let serial = 1;
const issue = (
  subject: string,
  issuer: string,
  extensions: readonly Uint8Array[],
  end = "300601000000Z",
): Certificate =>
  parseCertificate(
    make.certificate({
      subject: make.name(make.cn(subject)),
      issuer: make.name(make.cn(issuer)),
      serialNumber: int(serial++),
      validity: seq(utcTime("290901000000Z"), utcTime(end)),
      extensions,
    }),
  );
const serving = [make.extendedKeyUsage("serverAuth"), make.subjectAltName(make.dnsName("a.example"))];
const leaf = issue("leaf", "lower", serving);
const lower = issue("lower", "upper", [make.basicConstraints()]);
const upper = issue("upper", "root", [make.basicConstraints()]);
const root = issue("root", "root", [make.basicConstraints()]);
const codes = (...certificates: Certificate[]): string[] =>
  lintCertificateChain(certificates, { at }).map(
    ({ code, severity, path }) => `${severity} ${code.slice(8)} ${path}`,
  );

describe("lintCertificateChain", () => {
  test("finds nothing in a chain in order, from the certificate to below the root", () => {
    expect(codes(leaf)).toEqual([]);
    expect(codes(leaf, lower, upper)).toEqual([]);
    expect(codes(root)).toEqual([]);
  });

  test.for([
    ["no certificate", [], ["error CHAIN_EMPTY certificates"]],
    ["the root", [leaf, lower, upper, root], ["warning CHAIN_ROOT certificates[3]"]],
    ["another order", [leaf, upper, lower], ["error CHAIN_ORDER certificates[0]"]],
    [
      "two that changed places",
      [leaf, lower, root, upper],
      ["warning CHAIN_ROOT certificates[2]", "error CHAIN_ORDER certificates[1]"],
    ],
    [
      "one of others at the end",
      [leaf, lower, upper, issue("x", "y", [make.basicConstraints()])],
      ["error CHAIN_GAP certificates[2]"],
    ],
    ["a gap", [leaf, upper], ["error CHAIN_GAP certificates[0]"]],
    ["a certificate twice", [leaf, lower, lower], ["warning CHAIN_DUPLICATE certificates[2]"]],
    ["two leaves", [leaf, issue("lower", "x", serving)], ["error CHAIN_NOT_A_CA certificates[1]"]],
  ] as const)("finds %s", ([, certificates, expected]) => {
    expect(codes(...certificates)).toEqual(expected);
  });

  test("says of each certificate what there is to say, and which it is", () => {
    const ended = issue("lower", "upper", [make.basicConstraints()], "291201000000Z");
    expect(codes(leaf, ended)).toEqual(["error EXPIRED certificates[1].tbsCertificate.validity"]);
    const bare = issue("leaf", "lower", [make.extendedKeyUsage("serverAuth")]);
    expect(codes(bare, lower)).toEqual(["error NO_SERVER_NAME certificates[0].extensions.subjectAltName"]);
  });

  test("escapes names in what it says", () => {
    const hostile = issue("leaf", "a\u202eb", serving);
    const [finding] = lintCertificateChain([hostile, lower], { at });
    expect(finding?.message).toBe('its issuer, CN = "a\\u{202e}b", does not follow it');
  });
});
