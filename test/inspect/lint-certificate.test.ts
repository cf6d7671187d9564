import { describe, expect, test } from "vitest";
import { lintCertificate, parseCertificate } from "../../src/index.ts";
import * as make from "../support/certificate.ts";
import { bits, hex, nul, oid, seq, utcTime } from "../support/tlv.ts";

const codes = (parts: make.CertificateParts, at = Date.UTC(2030, 0)): string[] => {
  const certificate = parseCertificate(make.certificate(parts), { mode: "kubernetes" });
  return lintCertificate(certificate, { at }).map(({ code, severity }) => `${severity} ${code}`);
};
const server = make.extendedKeyUsage("serverAuth");
const named = make.subjectAltName(make.dnsName("a.example"));
const good = { extensions: [server, named] };
const long = "warning FINDING_LONG_LIFETIME";
const tenDays = seq(utcTime("300101000000Z"), utcTime("300111000000Z"));
const sha1 = seq(oid("1.2.840.113549.1.1.5"), nul);

describe("lintCertificate", () => {
  test.for([
    [
      "nothing of a serving certificate in its days",
      { ...good, validity: tenDays },
      Date.UTC(2030, 0, 2),
      [],
    ],
    ["that it is too early", { ...good }, Date.UTC(2019, 0), ["error FINDING_NOT_YET_VALID"]],
    ["that it is too late", { ...good }, Date.UTC(2050, 0), ["error FINDING_EXPIRED"]],
    ["nothing before nine tenths", { ...good, validity: tenDays }, Date.UTC(2030, 0, 9, 23), []],
    [
      "that it expires soon",
      { ...good, validity: tenDays },
      Date.UTC(2030, 0, 10),
      ["warning FINDING_EXPIRES_SOON"],
    ],
    [
      "that it does so in the last second",
      { ...good, validity: tenDays },
      Date.UTC(2030, 0, 11),
      ["warning FINDING_EXPIRES_SOON"],
    ],
    [
      "that a millisecond later it has",
      { ...good, validity: tenDays },
      Date.UTC(2030, 0, 11) + 1,
      ["error FINDING_EXPIRED"],
    ],
  ] as const)("says %s", ([, parts, at, expected]) => {
    expect(codes(parts, at)).toEqual(expected);
  });

  test("says all of a client that is to be said of its identity", () => {
    const subject = make.name(make.o("system:masters"), make.cn("jane"));
    const extensions = [make.extendedKeyUsage("clientAuth")];
    expect(codes({ subject, extensions })).toEqual(["warning FINDING_SYSTEM_MASTERS", long]);
    expect(codes({ subject, extensions: [server, named] })).toEqual([]);
  });

  test("says of every certificate what is not to the letter, and what cannot be seen", () => {
    const pathLength = make.extension(make.extensionIds.basicConstraints, hex("3003020101"));
    expect(codes({ extensions: [server, named, pathLength] })).toEqual(["error FINDING_DEVIATION"]);
    const subject = make.name(make.cn("a\u202eb"));
    expect(codes({ ...good, subject })).toEqual(["error FINDING_INVISIBLE_CHARACTER"]);
  });

  test("says that a server has no name, but not of what nobody made for servers alone", () => {
    expect(codes({ extensions: [server] })).toEqual(["error FINDING_NO_SERVER_NAME"]);
    expect(codes({ extensions: [server, make.subjectAltName(make.uri("spiffe://td/x"))] })).toEqual([]);
    expect(codes({})).not.toContain("error FINDING_NO_SERVER_NAME");
  });

  test("says that a CA may not sign", () => {
    const usage = make.keyUsage(hex("80"), 7); // digitalSignature
    expect(codes({ extensions: [make.basicConstraints(), usage] })).toEqual(["error FINDING_CA_CANNOT_SIGN"]);
    const signs = make.keyUsage(hex("04"), 2); // keyCertSign
    expect(codes({ extensions: [make.basicConstraints(), signs] })).toEqual([]);
  });

  test("says that a signature is made with SHA-1, but of no root", () => {
    expect(codes({ ...good, innerAlgorithm: sha1 })).toEqual(["error FINDING_SIGNATURE_ALGORITHM"]);
    expect(codes({ ...good, innerAlgorithm: sha1, issuer: make.name(make.cn("alice")) })).toEqual([]);
  });

  test("says that a key is refused", () => {
    const ed448 = seq(seq(oid("1.3.101.113")), bits(hex("00")));
    expect(codes({ ...good, subjectPublicKeyInfo: ed448 })).toEqual(["warning FINDING_KEY"]);
  });
});
