import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isDns1123Label,
  isDns1123Subdomain,
  isWildcardDns1123Subdomain,
  validateDnsName,
  validateEmailAddress,
  validateIpAddress,
  validateUri,
} from "../../src/x509/dns-name.ts";
import { isDomainNameValid } from "../../src/x509/domain-name.ts";

const a63 = "a".repeat(63);

// Rows of Kubernetes apimachinery/pkg/util/validation/validation_test.go and bounds: label, subdomain, wildcard.
const kubernetes: [string, boolean, boolean, boolean][] = [
  ["a", true, true, false],
  ["ab1", true, true, false],
  ["a-1--b", true, true, false],
  ["0", true, true, false],
  [a63, true, true, false],
  [`${a63}a`, false, true, false],
  ["a".repeat(253), false, true, false],
  ["a".repeat(254), false, false, false],
  [`${"a.".repeat(126)}a`, false, true, false],
  ["a.b.c", false, true, false],
  ["*.a", false, false, true],
  ["*.a.b", false, false, true],
  [`*.${"a".repeat(251)}`, false, false, true],
  [`*.${"a".repeat(252)}`, false, false, false],
  ["*", false, false, false],
  ["*.", false, false, false],
  ["*a.b", false, false, false],
  ["**.a", false, false, false],
  ["a.*.b", false, false, false],
  ["", false, false, false],
  ["A", false, false, false],
  ["a_b", false, false, false],
  ["-a", false, false, false],
  ["a-", false, false, false],
  ["a.", false, false, false],
  [".a", false, false, false],
  ["a..b", false, false, false],
  ["a-.b", false, false, false],
  ["a b", false, false, false],
  ["a\n", false, false, false],
  ["ä", false, false, false],
];

describe("Kubernetes' names", () => {
  test.each(kubernetes)("%j is judged as Kubernetes does", (text, label, subdomain, wildcard) => {
    expect([isDns1123Label(text), isDns1123Subdomain(text), isWildcardDns1123Subdomain(text)]).toEqual([
      label,
      subdomain,
      wildcard,
    ]);
  });

  test("the judgement is that of Kubernetes' regular expressions", () => {
    const texts = fc
      .array(fc.constantFrom("a", "9", "-", ".", "*", "A", "_"), { maxLength: 8 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(texts, (text) => {
        expect(isDns1123Label(text)).toBe(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text));
        const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text);
        expect(isDns1123Subdomain(text)).toBe(subdomain);
        expect(isWildcardDns1123Subdomain(`*.${text}`)).toBe(subdomain);
      }),
    );
  });
});

describe("DNS names of new certificates", () => {
  test.each([
    "a",
    "kubernetes.default.svc",
    "Node-1",
    "a_b.example",
    "_srv.example",
    "*.example.com",
    "*.com",
    "xn--bcher-kva.example",
    a63,
    "1.example",
    "0x1.example",
    "1-2-3-4.example",
    "a0x1",
    `${`${a63}.`.repeat(3)}${"a".repeat(61)}`,
  ])("%j is fine", (text) => {
    expect(validateDnsName(text)).toBeUndefined();
  });

  test.each([
    ["", "is empty"],
    ["10.0.0.1", "is an IP address"],
    ["010.0.0.1", "is an IP address"],
    ["::1", "is an IP address"],
    ["[::1]", "is an IP address"],
    ["fe80::1%eth0", "is an IP address"],
    ["10.0.1", "ends in a number"],
    ["1.2.3.256", "ends in a number"],
    ["167772161", "ends in a number"],
    ["0x0a000001", "ends in a number"],
    ["a.0X1f", "ends in a number"],
    ["a.0x", "ends in a number"],
    ["https://example.com", "URL"],
    ["example.com/x", "URL"],
    ["10.0.0.0/8", "URL"],
    ["example.com:6443", "port"],
    ["a b", "white space"],
    [" a", "white space"],
    ["a\n", "white space"],
    ["a\0.example", "control"],
    ["bücher.example", "xn--"],
    ["\u212A.example", "xn--"],
    ["a,b", "comma"],
    ["invalid,commas,in,DNS", "comma"],
    ["example.com.", "ends in a dot"],
    [".", "ends in a dot"],
    [".example.com", "empty label"],
    ["a..b", "empty label"],
    ["*", "bare wildcard"],
    ["**.a", "wildcard"],
    ["a*.b", "wildcard"],
    ["a.*.b", "wildcard"],
    ["*.*.b", "wildcard"],
    ["-a.b", "no DNS label"],
    ["a-.b", "no DNS label"],
    ["a@b", "no DNS label"],
    ["%41", "no DNS label"],
    [`${a63}a`, "no DNS label"],
    ["a".repeat(254), "at most 253"],
  ])("%j is refused", (text, reason) => {
    expect(validateDnsName(text)).toContain(reason);
    expect(validateDnsName(text)!.length).toBeLessThan(300);
  });

  test("what passes is a domain name to Go", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aB9-_.*: ,/"ü\0') }), (text) => {
        if (validateDnsName(text) === undefined) expect(isDomainNameValid(text, false)).toBe(true);
      }),
    );
  });
});

describe("other names of new certificates", () => {
  test.each(["10.0.0.1", "::", "fd00::1", "2001:DB8::1"])("%j is a fine address", (text) => {
    expect(validateIpAddress(text)).toBeUndefined();
  });

  test.each([
    ["10.0.0.0/8", "range"],
    ["10.0.0.1:6443", "no IP address"],
    ["[fd00::1]:6443", "no IP address"],
    ["[fd00::1]", "brackets"],
    ["fe80::1%eth0", "zone"],
    ["010.0.0.1", "leading zeros"],
    ["::ffff:10.0.0.1", "inside of an IPv6"],
    ["10.0.1", "no IP address"],
    ["1e1.0.0.1", "no IP address"],
    ["+10.0.0.1", "no IP address"],
    ["10.0.0.1 ", "no IP address"],
    ["", "no IP address"],
  ])("the address %j is refused", (text, reason) => {
    expect(validateIpAddress(text)).toContain(reason);
  });

  test.each(["spiffe://td/ns/a/sa/b", "https://u@[::1]:443/%41?q#f", "urn:uuid:0", "mailto:a@b.example"])(
    "%j is a fine URI",
    (text) => {
      expect(validateUri(text)).toBeUndefined();
    },
  );

  test.each([
    ["", "not absolute"],
    ["a/b", "not absolute"],
    ["//td/a", "not absolute"],
    ["a/b:c", "not absolute"],
    ["1a:b", "not absolute"],
    ["a_b:c", "not absolute"],
    ["urn:", "not absolute"],
    [":a", "not absolute"],
    ["spiffe://td/a b", "percent"],
    ["spiffe://td/a\r\nb", "percent"],
    ["spiffe://td/a\tb", "percent"],
    ["spiffe://tdü/", "percent"],
    ["spiffe://td/{a}", "percent"],
    ["spiffe://td\\a", "percent"],
    ["spiffe://td/%zz", "no URI"],
    ["spiffe://a..b/", "no URI"],
    ["spiffe:///a", "no host"],
  ])("the URI %j is refused", (text, reason) => {
    expect(validateUri(text)).toContain(reason);
  });

  test.each(["ops@example.com", "a.b+c@x", '"a"@x.example'])("%j is a fine e-mail address", (text) => {
    expect(validateEmailAddress(text)).toBeUndefined();
  });

  test.each([
    ["", "no e-mail"],
    ["a", "no e-mail"],
    ["a@", "is empty"],
    ["a@b@c", "no DNS label"],
    ["a@*.b", "wildcard"],
    ["a@10.0.0.1", "IP address"],
    ["a\n@b", "white space"],
    ["Ops <ops@b>", "white space"],
    ["ö@b", "beyond ASCII"],
  ])("the e-mail address %j is refused", (text, reason) => {
    expect(validateEmailAddress(text)).toContain(reason);
  });

  test("no text provokes an error, and no message shows a control character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const validate of [validateDnsName, validateIpAddress, validateUri, validateEmailAddress])
          expect([...(validate(text) ?? "")].every((character) => character >= " ")).toBe(true);
      }),
    );
  });
});
