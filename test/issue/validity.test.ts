import { describe, expect, test } from "vitest";
import { PkiError } from "../../src/errors.ts";
import { issueCertificateSync } from "../../src/issue/issue.ts";
import { clientTemplate, servingTemplate } from "../../src/issue/template.ts";
import { csrSignerValidity, validFor } from "../../src/issue/validity.ts";
import { fault } from "../support/fault.ts";
import { HOUR, NOW, after, authority, leafKey } from "./fixtures.ts";

const MINUTE = 60;
const DAY = 24 * HOUR;

describe("kube-controller-manager's policy", () => {
  // TestPermissiveSigningPolicy in Kubernetes pkg/controller/certificates/authority/authority_test.go: TTL, backdate, short; start and end.
  test.each([
    ["1h", HOUR, 0, 0, 0, HOUR],
    ["1h, backdated", HOUR, 5 * MINUTE, 0, -5 * MINUTE, 55 * MINUTE],
    ["1m, backdated: expired at once", MINUTE, 5 * MINUTE, 0, -5 * MINUTE, -4 * MINUTE],
    ["1h, backdated and short", HOUR, 5 * MINUTE, 8 * HOUR, -5 * MINUTE, HOUR],
    ["1m, backdated and short", MINUTE, 5 * MINUTE, 8 * HOUR, -5 * MINUTE, MINUTE],
    ["24h, backdated, not short", DAY, 5 * MINUTE, 8 * HOUR, -5 * MINUTE, DAY - 5 * MINUTE],
  ])("%s", (_, lifetime, backdateSeconds, shortLifetimeSeconds, start, end) => {
    const validity = csrSignerValidity(lifetime, NOW, { backdateSeconds, shortLifetimeSeconds });
    expect(validity).toEqual({ notBefore: after(start), notAfter: after(end) });
  });

  test("a lifetime just under eight hours ends later than one of eight hours", () => {
    const [under, eight] = [8 * HOUR - 1, 8 * HOUR].map(
      (lifetime) => csrSignerValidity(lifetime, NOW).notAfter,
    );
    expect(under!.getTime()).toBeGreaterThan(eight!.getTime());
  });

  test("the preset csrSigner follows it", () => {
    const { validity } = clientTemplate({
      subject: { commonName: "u" },
      preset: "csrSigner",
      now: NOW,
      lifetimeSeconds: DAY,
    });
    expect(validity).toEqual(csrSignerValidity(DAY, NOW));
  });
});

describe("the issuer's end", () => {
  const ends = (seconds: number) =>
    authority({ validity: { notBefore: after(-DAY), notAfter: after(seconds) } });
  const issue = (lifetimeSeconds: number, caEnds: number, backdateSeconds: number, now = NOW) =>
    issueCertificateSync(
      servingTemplate({ subject: {}, dnsNames: ["a.example"], now: NOW, lifetimeSeconds, backdateSeconds }),
      { publicKey: leafKey, issuer: ends(caEnds), now },
    );

  test("48h under a CA that ends in 24h: the end is cut, and a finding says so", () => {
    const { certificate, findings } = issue(2 * DAY, DAY, 0);
    expect(certificate.notAfter).toEqual(after(DAY));
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([
      ["WARN_TEMPLATE_VALIDITY_CAPPED", "warning"],
    ]);
    expect(findings[0]?.found).toBe("2030-01-03T00:00:00Z");
  });

  test("an end equal to the issuer's is not cut", () => {
    expect(issue(DAY, DAY, 0).findings).toEqual([]);
  });

  test("a start at the issuer's end: the signer has expired", () => {
    expect(() => issue(HOUR, 0, 0)).toThrow("the signer has expired: NotAfter=2030-01-01 00:00:00 +0000 UTC");
  });

  test("a start before the issuer's end, which is now: nothing is signed in the past", () => {
    const message =
      "refusing to sign a certificate that expired in the past: NotAfter=2030-01-01 00:00:00 +0000 UTC";
    expect(() => issue(HOUR, 0, 300)).toThrow(message);
  });

  test("the start may be before the issuer's, as in Kubernetes", () => {
    const issuer = authority({ validity: { notBefore: NOW, notAfter: after(DAY) } });
    const template = clientTemplate({ subject: { commonName: "u" }, now: NOW, lifetimeSeconds: HOUR });
    const { certificate, findings } = issueCertificateSync(template, {
      publicKey: leafKey,
      issuer,
      now: NOW,
    });
    expect(certificate.notBefore).toEqual(after(-300));
    expect(findings).toEqual([]);
  });

  test("an issuer that is not valid yet is a warning, and so is a certificate that has expired", () => {
    expect(issue(HOUR, DAY, 0, after(-2 * DAY)).findings).toEqual([]); // starts after its issuer
    const issuer = authority({ validity: { notBefore: after(HOUR), notAfter: after(DAY) } });
    const early = clientTemplate({ subject: { commonName: "u" }, now: NOW, lifetimeSeconds: 2 * HOUR });
    const codes = (now: Date) =>
      issueCertificateSync(early, { publicKey: leafKey, issuer, now }).findings.map(({ code }) => code);
    expect(codes(NOW)).toEqual(["WARN_TEMPLATE_BEFORE_ISSUER"]);
    expect(codes(after(3 * HOUR))).toEqual(["WARN_TEMPLATE_EXPIRED"]);
  });
});

describe("dates", () => {
  const issuer = authority({
    validity: { notBefore: after(-DAY), notAfter: new Date("9999-12-31T23:59:59Z") },
  });
  const issue = (notBefore: Date, notAfter: Date, maxLifetimeSeconds = Infinity) =>
    issueCertificateSync(
      clientTemplate({ subject: { commonName: "u" }, validity: { notBefore, notAfter } }),
      { publicKey: leafKey, issuer, now: NOW, maxLifetimeSeconds },
    ).certificate;

  test("fractions of seconds are cut", () => {
    const certificate = issue(new Date("2030-01-01T00:00:00.999Z"), new Date("2030-06-01T00:00:00.500Z"));
    expect(certificate.notBefore.toISOString()).toBe("2030-01-01T00:00:00.000Z");
    expect(certificate.notAfter.toISOString()).toBe("2030-06-01T00:00:00.000Z");
  });

  test("UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5)", () => {
    const der = Buffer.from(issue(new Date("2049-12-31T23:59:59Z"), new Date("2050-01-01T00:00:00Z")).der);
    expect(der.includes("\x17\x0d491231235959Z", 0, "latin1")).toBe(true);
    expect(der.includes("\x18\x0f20500101000000Z", 0, "latin1")).toBe(true);
  });

  test.each([
    ["an invalid date", new Date(Number.NaN), NOW, "validity.notBefore"],
    ["a year above 9999", NOW, new Date(253_402_300_800_000), "validity.notAfter"],
    ["an end before the start", after(1), NOW, "validity"],
  ])("%s is refused", (_, notBefore, notAfter, path) => {
    expect(fault(() => issue(notBefore, notAfter))).toMatchObject({ code: "ERR_TEMPLATE_VALIDITY", path });
  });

  test("what is good for clients may be valid for a year and the backdate, servers for longer", () => {
    const year = 365 * DAY;
    const options = { publicKey: leafKey, issuer, now: NOW };
    const client = (lifetimeSeconds: number) =>
      issueCertificateSync(
        clientTemplate({ subject: { commonName: "u" }, now: NOW, lifetimeSeconds, backdateSeconds: HOUR }),
        options,
      );
    expect(client(year).findings).toEqual([]);
    expect(fault(() => client(year + 1)).code).toBe("ERR_TEMPLATE_VALIDITY");
    const server = servingTemplate({
      subject: {},
      dnsNames: ["a.example"],
      now: NOW,
      lifetimeSeconds: 2 * year,
    });
    expect(issueCertificateSync(server, options).findings).toEqual([]);
    expect(() => issueCertificateSync(server, { ...options, maxLifetimeSeconds: year })).toThrow(PkiError);
  });

  test.each([
    [{ lifetimeSeconds: 0 }],
    [{ lifetimeSeconds: Number.NaN }],
    [{ backdateSeconds: -1 }],
    [{ backdateSeconds: 3601 }],
  ])("a lifetime of %o makes no sense", (options) => {
    expect(fault(() => validFor(options)).code).toBe("ERR_TEMPLATE_VALIDITY");
  });
});
