import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PkiError } from "../../../src/errors.ts";
import { parseXfcc } from "../../../src/kubernetes/proxy/xfcc.ts";
import type { XfccElement } from "../../../src/kubernetes/proxy/xfcc.ts";

/** The examples of Envoy's documentation (docs/root/configuration/http/http_conn_man/headers.rst). */
const hash = "468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688";
const secondHash = "9ba61d6425303443c0748a02dd8de688468ed33be74eee6556d90c0149c1309e";
const subject = "/C=US/ST=CA/L=San Francisco/OU=Lyft/CN=Test Client";
const lyft = { by: ["http://frontend.lyft.com"], hash, uri: ["http://testclient.lyft.com"] };

const documented: readonly (readonly [string, string, readonly XfccElement[]])[] = [
  [
    "one certificate with a URI",
    `By=http://frontend.lyft.com;Hash=${hash};Subject="${subject}";URI=http://testclient.lyft.com`,
    [{ ...lyft, subject, dns: [] }],
  ],
  [
    "two certificates",
    `By=http://frontend.lyft.com;Hash=${hash};URI=http://testclient.lyft.com,By=http://backend.lyft.com;Hash=${secondHash};URI=http://frontend.lyft.com`,
    [
      { ...lyft, dns: [] },
      { by: ["http://backend.lyft.com"], hash: secondHash, uri: ["http://frontend.lyft.com"], dns: [] },
    ],
  ],
  [
    "URI and DNS names",
    `By=http://frontend.lyft.com;Hash=${hash};Subject="${subject}";URI=http://testclient.lyft.com;DNS=lyft.com;DNS=www.lyft.com`,
    [{ ...lyft, subject, dns: ["lyft.com", "www.lyft.com"] }],
  ],
];

describe("the examples of Envoy's documentation", () => {
  test.for(documented)("%s", ([, value, elements]) => {
    expect(parseXfcc(value)).toEqual(elements);
  });
});

const readable: readonly (readonly [string, string, object])[] = [
  ["keys have no case", 'hash=aa;CERT="x";dNs=a', { hash: "aa", cert: "x", dns: ["a"] }],
  ["an empty URI is none, as Envoy writes it", "Hash=aa;URI=", { hash: "aa", uri: [] }],
  ["an empty subject is a subject", 'Subject=""', { subject: "" }],
  ["separators may stand between quotes", 'Subject="a,b;c=d";Hash=aa', { subject: "a,b;c=d", hash: "aa" }],
  ["a quote is escaped with a backslash", String.raw`Subject="a\"b"`, { subject: 'a"b' }],
  ["a backslash is escaped with another", String.raw`Subject="a\\";Hash=aa`, { subject: "a\\", hash: "aa" }],
  [
    "RFC 2253 escapes stay, and hide no quote",
    String.raw`Subject="CN=a\,b\+c"`,
    { subject: String.raw`CN=a\,b\+c` },
  ],
  ["an equals sign in a plain value is part of it", "URI=http://a/?b=c", { uri: ["http://a/?b=c"] }],
  ["many URIs and names of the proxy", "By=a;By=b;URI=c;URI=d", { by: ["a", "b"], uri: ["c", "d"] }],
];

test.for(readable)("%s", ([, value, element]) => {
  expect(parseXfcc(value)).toMatchObject([element]);
});

const refused: readonly (readonly [string, string, string])[] = [
  ["nothing at all", "", "ERR_HEADER_SYNTAX"],
  ["a key that Envoy does not have", "Name=jane", "ERR_HEADER_SYNTAX"],
  ["a key without a value", "Hash", "ERR_HEADER_SYNTAX"],
  ["a value without a key", "=aa", "ERR_HEADER_SYNTAX"],
  ["a semicolon at the end", "Hash=aa;", "ERR_HEADER_SYNTAX"],
  ["a comma at the end", "Hash=aa,", "ERR_HEADER_SYNTAX"],
  ["an empty element", "Hash=aa,,Hash=bb", "ERR_HEADER_SYNTAX"],
  ["a space after a comma, as two joined headers have it", "Hash=aa, Hash=bb", "ERR_HEADER_SYNTAX"],
  ["a space before a semicolon", "Hash=aa ;URI=b", "ERR_HEADER_SYNTAX"],
  ["a tab in a plain value", "URI=a\tb", "ERR_HEADER_SYNTAX"],
  ["a quote that is never closed", 'Subject="a', "ERR_HEADER_SYNTAX"],
  ["a quote that is closed by an escaped one only", String.raw`Subject="a\"`, "ERR_HEADER_SYNTAX"],
  ["a backslash at the end", 'Subject="a\\', "ERR_HEADER_SYNTAX"],
  ["text after a quote", 'Subject="a"b', "ERR_HEADER_SYNTAX"],
  ["a quote in a plain value", 'URI=a"b"', "ERR_HEADER_SYNTAX"],
  ["two hashes", "Hash=aa;Hash=aa", "ERR_HEADER_DUPLICATE"],
  ["two certificates in one element", 'Cert="a";cert="b"', "ERR_HEADER_DUPLICATE"],
  ["two chains", 'Chain="a";Chain="b"', "ERR_HEADER_DUPLICATE"],
  ["two subjects", 'Subject="a";Subject="b"', "ERR_HEADER_DUPLICATE"],
  ["a line feed", 'Subject="a\nb"', "ERR_HEADER_VALUE"],
  ["a carriage return", 'Subject="a\rb"', "ERR_HEADER_VALUE"],
  ["a NUL", 'Subject="a\0b"', "ERR_HEADER_VALUE"],
  ["a character that is no octet", 'Subject="ā"', "ERR_HEADER_VALUE"],
  ["17 elements", Array.from({ length: 17 }, () => "Hash=aa").join(","), "ERR_HEADER_SIZE"],
  ["1,001 pairs", Array.from({ length: 1001 }, () => "DNS=a").join(";"), "ERR_HEADER_SIZE"],
  ["more than 64 KiB", `Subject="${"a".repeat(65_536)}"`, "ERR_HEADER_SIZE"],
];

describe("refused is", () => {
  test.for(refused)("%s", ([, value, code]) => {
    expect(() => parseXfcc(value)).toThrow(expect.objectContaining({ name: "HeaderError", code }) as Error);
  });
});

test("the limits can be moved", () => {
  const many = Array.from({ length: 40 }, () => "Hash=aa").join(",");
  expect(parseXfcc(many, { maxElements: 40 })).toHaveLength(40);
  expect(() => parseXfcc("Hash=aaaa", { maxHeaderLength: 8 })).toThrow("at most 8");
});

test("an error says in which element", () => {
  expect(() => parseXfcc("Hash=aa,Hash=bb;Hash=bb")).toThrow("x-forwarded-client-cert[1]");
});

const text = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
});
const clean = text.filter((value) => !value.includes("\x7f"));
const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

test("what is quoted with escapes is read back, whatever it is", () => {
  fc.assert(
    fc.property(clean, fc.array(clean), (name, names) => {
      const value = [`Subject=${quoted(name)}`, ...names.map((dns) => `DNS=${quoted(dns)}`)].join(";");
      const dns = names.filter((each) => each !== "");
      expect(parseXfcc(value)).toEqual([{ by: [], uri: [], dns, subject: name }]);
    }),
  );
});

test("any text is read, or refused with a code", () => {
  const pieces = fc.constantFrom(
    "Hash=",
    'Cert="',
    '"',
    "\\",
    ",",
    ";",
    "=",
    "DNS=a",
    " ",
    "URI=",
    "%",
    "\n",
    "é",
    "Subject",
  );
  const odd = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(pieces).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(odd, (value) => {
      try {
        expect(parseXfcc(value).length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(PkiError);
      }
    }),
    { numRuns: 2000 },
  );
});
