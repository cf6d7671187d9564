/** Rows of name constraints: what a root allows, and what a leaf below it is called. */
import { dnsName, ipAddress, rfc822Name, uri } from "../../support/certificate.ts";
import { ctx, hex, seq } from "../../support/tlv.ts";

/** One constraint on the root, and the names of the leaf: none at all where undefined. */
export const constrained: readonly (readonly [
  label: string,
  constraint: Uint8Array,
  names: readonly Uint8Array[] | undefined,
])[] = (() => {
  const tree = (...list: Uint8Array[]): Uint8Array[] => list.map((base) => seq(base));
  const permitted = (...list: Uint8Array[]): Uint8Array => seq(ctx(0, ...tree(...list)));
  const excluded = (...list: Uint8Array[]): Uint8Array => seq(ctx(1, ...tree(...list)));
  const both = (yes: Uint8Array, no: Uint8Array): Uint8Array => seq(ctx(0, seq(yes)), ctx(1, seq(no)));
  const dns = dnsName;
  const ip = (text: string): Uint8Array => ipAddress(hex(text));
  const net10 = ip("0a000000ff000000");
  return [
    ["DNS equal", permitted(dns("example.com")), [dns("example.com")]],
    ["DNS below", permitted(dns("example.com")), [dns("a.b.example.com")]],
    ["DNS beside", permitted(dns("example.com")), [dns("badexample.com")]],
    ["DNS above", permitted(dns("example.com")), [dns("com")]],
    ["DNS other case", permitted(dns("EXAMPLE.com")), [dns("a.example.COM")]],
    ["DNS leading dot, equal", permitted(dns(".example.com")), [dns("example.com")]],
    ["DNS leading dot, below", permitted(dns(".example.com")), [dns("a.example.com")]],
    ["DNS empty permits all", permitted(dns("")), [dns("a.example")]],
    ["DNS empty excludes all", excluded(dns("")), [dns("a.example")]],
    ["DNS excluded below", excluded(dns("example.com")), [dns("a.example.com")]],
    ["DNS excluded beside", excluded(dns("example.com")), [dns("example.org")]],
    [
      "DNS excluded within permitted",
      both(dns("example.com"), dns("bad.example.com")),
      [dns("x.bad.example.com")],
    ],
    [
      "DNS permitted outside excluded",
      both(dns("example.com"), dns("bad.example.com")),
      [dns("good.example.com")],
    ],
    ["DNS wildcard below permitted", permitted(dns("example.com")), [dns("*.example.com")]],
    ["DNS wildcard above permitted", permitted(dns("a.example.com")), [dns("*.example.com")]],
    ["DNS wildcard above excluded", excluded(dns("a.example.com")), [dns("*.example.com")]],
    ["DNS wildcard constraint", permitted(dns("*.example.com")), [dns("a.example.com")]],
    ["DNS one good, one bad", permitted(dns("example.com")), [dns("a.example.com"), dns("b.example.org")]],
    ["DNS trailing dot in the name", permitted(dns("example.com")), [dns("a.example.com.")]],
    ["DNS empty name", permitted(dns("example.com")), [dns("")]],
    ["DNS name of a space", permitted(dns("example.com")), [dns("a b.example.com")]],
    ["DNS name with an empty label", permitted(dns("example.com")), [dns("a..example.com")]],
    ["DNS name with a leading dot", permitted(dns("example.com")), [dns(".example.com")]],
    ["DNS malformed name, only an IP constraint", permitted(net10), [dns("a..b")]],
    ["DNS constraint, leaf without SAN, CN outside", permitted(dns("example.com")), undefined],
    ["DNS constraint, leaf with IP", permitted(dns("example.com")), [ip("0a000001")]],
    ["DNS two permitted, second matches", permitted(dns("a.org"), dns("b.org")), [dns("x.b.org")]],
    ["IP inside", permitted(net10), [ip("0a010203")]],
    ["IP outside", permitted(net10), [ip("0b010203")]],
    ["IP excluded inside", excluded(net10), [ip("0a010203")]],
    ["IP excluded outside", excluded(net10), [ip("0b010203")]],
    ["IP v4 constraint, v6 name", permitted(net10), [ip("fd000000000000000000000000000001")]],
    ["IP v4 excluded, mapped name", excluded(net10), [ip("00000000000000000000ffff0a000001")]],
    ["IP v4 permitted, mapped name", permitted(net10), [ip("00000000000000000000ffff0a000001")]],
    [
      "IP v6 inside",
      permitted(ip(`fd${"00".repeat(15)}ff${"00".repeat(15)}`)),
      [ip("fd120000000000000000000000000001")],
    ],
    [
      "IP mapped constraint, v4 name",
      permitted(ip(`${"00".repeat(10)}ffff0a000000${"ff".repeat(13)}000000`)),
      [ip("0a000001")],
    ],
    ["IP host bits in the constraint", permitted(ip("0a010203ff000000")), [ip("0a090909")]],
    ["IP /0 excludes all", excluded(ip("0000000000000000")), [ip("0a000001")]],
    ["IP constraint, leaf with DNS", permitted(net10), [dns("a.example")]],
    ["email host", permitted(rfc822Name("example.com")), [rfc822Name("a@example.com")]],
    ["email host, sub-domain", permitted(rfc822Name("example.com")), [rfc822Name("a@b.example.com")]],
    ["email leading dot, sub-domain", permitted(rfc822Name(".example.com")), [rfc822Name("a@b.example.com")]],
    ["email leading dot, host itself", permitted(rfc822Name(".example.com")), [rfc822Name("a@example.com")]],
    ["email mailbox", permitted(rfc822Name("a@example.com")), [rfc822Name("a@example.com")]],
    [
      "email mailbox, other local part",
      permitted(rfc822Name("a@example.com")),
      [rfc822Name("b@example.com")],
    ],
    [
      "email mailbox, local part in another case",
      permitted(rfc822Name("a@example.com")),
      [rfc822Name("A@example.com")],
    ],
    [
      "email mailbox, host in another case",
      permitted(rfc822Name("a@example.com")),
      [rfc822Name("a@EXAMPLE.com")],
    ],
    ["email quoted local part", permitted(rfc822Name("a@example.com")), [rfc822Name('"a"@example.com')]],
    ["email malformed", permitted(rfc822Name("example.com")), [rfc822Name("nobody")]],
    ["email excluded", excluded(rfc822Name("example.com")), [rfc822Name("a@example.com")]],
    ["email empty constraint", permitted(rfc822Name("")), [rfc822Name("a@example.com")]],
    ["URI host", permitted(uri("example.com")), [uri("spiffe://example.com/x")]],
    ["URI sub-domain", permitted(uri("example.com")), [uri("spiffe://a.example.com/x")]],
    ["URI leading dot", permitted(uri(".example.com")), [uri("spiffe://a.example.com/x")]],
    ["URI outside", permitted(uri("example.com")), [uri("spiffe://example.org/x")]],
    ["URI excluded", excluded(uri("example.com")), [uri("spiffe://example.com/x")]],
    ["URI with a port", permitted(uri("example.com")), [uri("https://example.com:443/x")]],
    ["URI host is an IP", permitted(uri("example.com")), [uri("https://10.0.0.1/x")]],
    ["URI host is an IPv6", excluded(uri("example.com")), [uri("https://[::1]/x")]],
    ["URI without host", permitted(uri("example.com")), [uri("mailto:a@example.com")]],
    ["URI without host, excluded", excluded(uri("example.com")), [uri("urn:x:y")]],
    ["URI in another case", permitted(uri("example.com")), [uri("spiffe://EXAMPLE.com/x")]],
    ["URI with user", permitted(uri("example.com")), [uri("https://u@example.com/")]],
    [
      "several kinds, all inside",
      permitted(dns("example.com"), net10),
      [dns("a.example.com"), ip("0a000001")],
    ],
    [
      "several kinds, one outside",
      permitted(dns("example.com"), net10),
      [dns("a.example.com"), ip("0b000001")],
    ],
  ];
})();
