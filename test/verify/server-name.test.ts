import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChainError } from "../../src/errors.ts";
import { isServerNameMatch, verifyServerName, type ServerNames } from "../../src/verify/server-name.ts";
import { parseCertificate } from "../../src/x509/certificate.ts";

const dns = (...dnsNames: string[]): ServerNames => ({ dnsNames, ipAddresses: [] });

// Rows of Go's crypto/x509/verify_test.go, TestMatchHostnames.
const upstream: [string, string, boolean][] = [
  ["a.b.c", "a.b.c", true],
  ["a.b.c", "b.b.c", false],
  ["", "b.b.c", false],
  ["a.b.c", "", false],
  ["example.com", "example.com", true],
  ["example.com", "www.example.com", false],
  ["*.example.com", "example.com", false],
  ["*.example.com", "www.example.com", true],
  ["*.example.com", "www.example.com.", true],
  ["*.example.com", "xyz.www.example.com", false],
  ["*.example.com", "https://www.example.com", false],
  ["*.example..com", "www.example..com", false],
  ["www.example..com", "www.example..com", true],
  ["*.*.example.com", "xyz.www.example.com", false],
  ["*.www.*.com", "xyz.www.example.com", false],
  ["*bar.example.com", "foobar.example.com", false],
  ["f*.example.com", "foobar.example.com", false],
  ["www.example.com", "*.example.com", false],
  ["", ".", false],
  [".", "", false],
  [".", ".", false],
  ["example.com", "example.com.", true],
  ["example.com.", "example.com", false],
  ["example.com.", "example.com.", true],
  ["*.com.", "example.com.", false],
  ["*.com.", "example.com", false],
  ["*.com", "example.com", true],
  ["*.com", "example.com.", true],
  ["foo:bar", "foo:bar", true],
  ["*.foo:bar", "xxx.foo:bar", false],
  ["*.2.3.4", "1.2.3.4", false],
  ["*.2.3.4", "[1.2.3.4]", false],
  ["*:4860:4860::8888", "2001:4860:4860::8888", false],
  ["*:4860:4860::8888", "[2001:4860:4860::8888]", false],
  ["2001:4860:4860::8888", "2001:4860:4860::8888", false],
  ["2001:4860:4860::8888", "[2001:4860:4860::8888]", false],
  ["[2001:4860:4860::8888]", "2001:4860:4860::8888", false],
  ["[2001:4860:4860::8888]", "[2001:4860:4860::8888]", false],
];

// Rows of TestValidHostname: host, valid as input, valid as pattern.
const hosts: [string, boolean, boolean][] = [
  ["example.com", true, true],
  ["eXample123-.com", true, true],
  ["-eXample123-.com", false, false],
  ["", false, false],
  [".", false, false],
  ["example..com", false, false],
  [".example.com", false, false],
  ["example.com.", true, false],
  ["*.example.com", false, true],
  ["*.example.com.", false, false],
  ["*foo.example.com", false, false],
  ["foo.*.example.com", false, false],
  ["exa_mple.com", true, true],
  ["foo,bar", false, false],
  ["project-dev:us-central1:main", false, false],
];

// What Go 1.26 answers for one certificate with all of these names.
const many: ServerNames = {
  dnsNames: [
    "api.k8s.local",
    "*.wild.example",
    "UPPER.example",
    "1.2.3.4",
    "*.4.5.6",
    "trail.example.",
    "_srv.example",
    "*",
    "a.*.b",
  ],
  ipAddresses: ["10.0.0.1", "fd00::1"],
  subject: { der: new Uint8Array(), rdns: [[{ type: "2.5.4.3", value: "cn.example.com", tag: 12 }]] },
};
const yes = [
  "api.k8s.local",
  "api.k8s.local.",
  "API.k8s.LOCAL",
  "x.wild.example",
  "*.wild.example",
  "upper.EXAMPLE",
  "10.0.0.1",
  "[10.0.0.1]",
  "::ffff:10.0.0.1",
  "[::ffff:10.0.0.1]",
  "fd00::1",
  "[fd00::1]",
  "fd00:0:0::0001",
  "trail.example.",
  "_srv.example",
  "*",
  "a.*.b",
];
const no = [
  "cn.example.com",
  "x.y.wild.example",
  "wild.example",
  ".wild.example",
  "1.2.3.4",
  "[1.2.3.4]",
  "3.4.5.6",
  "010.0.0.1",
  "10.0.0.1.",
  "10.0.1",
  "0x0a000001",
  "fd00::1%eth0",
  "[fd00::1%25eth0]",
  "trail.example",
  "anything",
  "a.x.b",
  "",
  "api.k8s.local:6443",
  "apı.k8s.local",
  "api.\u212A8s.local",
  "spiffe://td/a",
];

describe("matching a host", () => {
  test.each(upstream)("pattern %j, host %j: %j", (pattern, host, matches) => {
    expect(isServerNameMatch(dns(pattern), host)).toBe(matches);
  });

  test.each(hosts)("%j is a host: %j, a pattern: %j", (text, input, pattern) => {
    // Only for hosts and patterns that are valid is the dot at the end of the host dropped.
    const base = text.replace(/\.$/, "");
    expect(isServerNameMatch(dns(base), `${base}.`)).toBe(input);
    expect(isServerNameMatch(dns(text), `${text.replace("*", "x")}.`)).toBe(pattern);
  });

  test.each(yes)("one certificate is valid for %j", (host) => {
    expect(isServerNameMatch(many, host)).toBe(true);
    expect(() => verifyServerName(many, host)).not.toThrow();
  });

  test.each(no)("and not for %j", (host) => {
    expect(isServerNameMatch(many, host)).toBe(false);
    expect(() => verifyServerName(many, host)).toThrow(
      expect.objectContaining({
        code: "ERR_SERVER_NAME_MISMATCH",
        certificateIndex: 0,
        fix: expect.stringContaining("alternative names"),
      }),
    );
  });

  test("a name always matches itself, in any case of its ASCII letters, with a dot at its end", () => {
    const label = fc.string({ unit: fc.constantFrom(..."aZ9_"), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), (labels) => {
        const name = `${labels.join(".")}.a`;
        expect(isServerNameMatch(dns(name), `${name.toUpperCase()}.`)).toBe(true);
        expect(isServerNameMatch(dns(`*.${labels.slice(1).join(".")}.a`.replace("..", ".")), name)).toBe(
          true,
        );
        expect(isServerNameMatch(dns(name), `x.${name}`)).toBe(false);
      }),
    );
  });

  test("no text provokes a foreign error", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (name, host) => {
        const certificate = { dnsNames: [name], ipAddresses: [name] };
        const matches = isServerNameMatch(certificate, host);
        if (matches) verifyServerName(certificate, host);
        else expect(() => verifyServerName(certificate, host)).toThrow(ChainError);
      }),
    );
  });
});

describe("the error", () => {
  const message = (certificate: ServerNames, host: string): string => {
    try {
      verifyServerName(certificate, host);
    } catch (error) {
      return (error as ChainError).message;
    }
    throw new Error("it matches");
  };
  const subject = many.subject!;

  test.each<[ServerNames, string, string]>([
    [dns("a", "b"), "c", "x509: certificate is valid for a, b, not c"],
    [dns(), "c", "x509: certificate is not valid for any names, but wanted to match c"],
    [
      dns("a"),
      "[10.0.0.1]",
      "x509: cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs",
    ],
    [
      { dnsNames: [], ipAddresses: ["10.0.0.1", "::1"] },
      "::2",
      "x509: certificate is valid for 10.0.0.1, ::1, not ::2",
    ],
    [
      { ...dns(), subject },
      "CN.example.com.",
      "x509: certificate relies on legacy Common Name field, use SANs instead",
    ],
    [
      { ...dns(), subject, uris: ["a:b"] },
      "cn.example.com",
      "x509: certificate is not valid for any names, but wanted to match cn.example.com",
    ],
    [{ ...dns("a"), subject }, "cn.example.com", "x509: certificate is valid for a, not cn.example.com"],
  ])("says what Go says (%#)", (certificate, host, text) => {
    expect(message(certificate, host)).toBe(`${text} (in browsers NET::ERR_CERT_COMMON_NAME_INVALID)`);
  });

  test("names ten names and stays short", () => {
    const names = Array.from({ length: 5000 }, (_, i) => `n${i}`);
    expect(message(dns(...names), "x")).toContain(
      "n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 4990 more, not x (",
    );
    const long = message(dns(...names.map((name) => name.repeat(500))), "x".repeat(253));
    expect(long).toContain(`not ${"x".repeat(253)} (in browsers`);
    expect(message(dns("a"), "x".repeat(5000)).length).toBeLessThan(1024);
  });

  test("shows no control characters", () => {
    expect(message(dns("a\nb", "c\u202Ed"), "x\0")).toContain("valid for a\\u{a}b, c\\u{202e}d, not x\\u{0}");
  });
});

interface Kept {
  readonly hosts: readonly string[];
  readonly cases: readonly {
    readonly name: string;
    readonly der: string;
    readonly valid?: readonly string[];
    readonly hosts?: readonly (readonly [string, string | null])[];
  }[];
}

describe("Go's kept answers (test/vectors/go-hostnames.json)", () => {
  const kept = JSON.parse(
    readFileSync(new URL("../vectors/go-hostnames.json", import.meta.url), "utf8"),
  ) as Kept;

  test.each(kept.cases)("$name", ({ der, valid, hosts: rows }) => {
    const certificate = parseCertificate(new Uint8Array(Buffer.from(der, "base64")), { mode: "kubernetes" });
    if (valid) expect(kept.hosts.filter((host) => isServerNameMatch(certificate, host))).toEqual(valid);
    for (const [host, error] of rows ?? []) {
      expect(isServerNameMatch(certificate, host)).toBe(error === null);
      const { dnsNames, ipAddresses } = certificate;
      // Go writes mapped addresses as IPv4, letters beyond ASCII as they are, and lists up to a hundred names at any length.
      const alike =
        dnsNames.length <= 10 && !ipAddresses.some((text) => text.includes("::ffff:")) && host.length < 200;
      if (error !== null && alike && !host.includes("\u0131") && dnsNames.every((name) => name.length <= 64))
        expect(message(certificate, host)).toBe(`${error} (in browsers NET::ERR_CERT_COMMON_NAME_INVALID)`);
    }
  });

  function message(certificate: ServerNames, host: string): string {
    try {
      verifyServerName(certificate, host);
      return "";
    } catch (error) {
      return (error as ChainError).message;
    }
  }
});
