import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseUriHost } from "../../src/x509/uri.ts";

// Text, and the host that Go 1.26 gives it; undefined where Go refuses a certificate with it.
// The first rows are those of Kubernetes' and SPIFFE's documents; test/interop/names.test.ts asks Go for many more.
const table: [string, string | undefined][] = [
  ["spiffe://cluster.local/ns/default/sa/web", "cluster.local"],
  ["spiffe://td/a b", "td"],
  ["spiffe://td/%zz", undefined],
  ["spiffe://td/%4", undefined],
  ["spiffe://td/%", undefined],
  ["spiffe://td/%41%fF", "td"],
  ["http://[::1", undefined],
  ["://x", undefined],
  [":", undefined],
  ["relative/path", ""],
  ["mailto:x@y", ""],
  ["mailto:%zz", ""],
  ["", ""],
  ["*", ""],
  ["/", ""],
  ["/%zz", undefined],
  ["?", ""],
  ["#", ""],
  ["https://a_b:80/x", "a_b:80"],
  ["spiffe://td?q#f", "td"],
  ["spiffe://td?%zz", "td"],
  ["spiffe://td#%zz", undefined],
  ["spiffe://td#\u0001", "td"],
  ["spiffe://td/\u0001", undefined],
  ["spiffe://td/\u007f", undefined],
  ["spiffe://td#ü", undefined],
  ["spiffe://tü", undefined],
  ["https://a..b/", undefined],
  ["https://a.b./", undefined],
  ["https://.a/", undefined],
  ["https:///x", ""],
  ["https://", ""],
  ["//a.b/c", "a.b"],
  ["///a.b/c", ""],
  ["a b:c", undefined],
  ["1a:b", undefined],
  ["a/b:c", ""],
  ["a?b:c", ""],
  ["a+-.1:b", ""],
  ["https://u:p@h/", "h"],
  ["https://u@v@h/", "h"],
  ["https://u%40@h/", "h"],
  ["https://u%zz@h/", undefined],
  ["https://u[@h/", undefined],
  ["https://u p@h/", undefined],
  ["https://u@/", ""],
  ["https://h:/", "h:"],
  ["https://:80/", ":80"],
  ["https://h:8a/", undefined],
  ["https://a:1:2/", undefined],
  ["HTTP://a:1:2/", undefined],
  ["spiffe://a:1:2/", "a:1:2"],
  ["spiffe://a:b:2/", "a:b:2"],
  ["spiffe://a:2:b/", undefined],
  ["https://[::1]/", "[::1]"],
  ["https://[::1]:443/", "[::1]:443"],
  ["https://[::1]443/", undefined],
  ["https://[::ffff:1.2.3.4]/", "[::ffff:1.2.3.4]"],
  ["https://[1.2.3.4]/", undefined],
  ["https://[a.b]/", undefined],
  ["https://[]/", undefined],
  ["https://a[::1]/", undefined],
  ["https://[::1%25eth0]/", "[::1%eth0]"],
  ["https://[::1%25%65%25]/", "[::1%e%]"],
  ["https://[::1%25]/", undefined],
  ["https://[::1%eth0]/", undefined],
  ["https://[::1%25a%20b]/", undefined],
  ["https://[::1%25a%2fb]/", undefined],
  ["https://[::1%25a%c3]/", undefined],
  ["https://[::1%25a%2e%2eb]/", undefined],
  ["https://[fe80::1%25a].b/", undefined],
  ["https://a%25b/", "a%b"],
  ["https://a%41b/", undefined],
  ["https://a%c3%bc/", undefined],
  ["https://a%2/", undefined],
  ["https://a]b/", "a]b"],
  ["https://!\"$&'()*+,-;<=>_~/", "!\"$&'()*+,-;<=>_~"],
  ["https://a|b/", undefined],
  ["https://a\\b/", undefined],
  ["https://a^b/", undefined],
  ["https://a b/", undefined],
];

describe("host of a URI", () => {
  test.each(table)("%j is %j", (text, host) => {
    expect(parseUriHost(text)).toBe(host);
  });

  test("no text provokes an error", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(["string", "undefined"]).toContain(typeof parseUriHost(`s://${text}`));
        expect(["string", "undefined"]).toContain(typeof parseUriHost(text));
      }),
    );
  });

  test("the time is linear in the text", () => {
    for (const part of ["%41", "[", "]", ":", "@", "/", "?", "#", "a.", "%25", "a"])
      for (const before of ["", "s://", "http://[::1%25", "s:"]) {
        const start = performance.now();
        parseUriHost(before + part.repeat(300_000));
        expect(performance.now() - start).toBeLessThan(1000);
      }
  });
});
