import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PkiError } from "../../../src/errors.ts";
import {
  CERTIFICATE_HEADERS,
  forwardedHeaderNames,
  parseForwardedCertificates,
} from "../../../src/kubernetes/proxy/certificate-headers.ts";
import type { ProxyName } from "../../../src/kubernetes/proxy/certificate-headers.ts";
import { base64Of, makeCa, pemOf } from "./fixtures.ts";

const ca = await makeCa("clients");
const jane = (await ca.client({ commonName: "jane" })).certificate;
const joe = (await ca.client({ commonName: "joe" })).certificate;

const proxies = Object.keys(CERTIFICATE_HEADERS) as ProxyName[];
const escaped = encodeURIComponent(pemOf(jane));
/** As Envoy does it (source/common/ssl: `urlEncodedPemEncodedPeerCertificate`). */
const envoyPem = (pem: string): string => pem.replaceAll(/[\n +/=]/g, encodeURIComponent);
/** As AWS says: `+`, `/` and `=` stay. */
const awsPem = (pem: string): string => pem.replaceAll(/[\n ]/g, encodeURIComponent);
const hashOf = (der: Uint8Array): string => createHash("sha256").update(der).digest("hex");
const xfcc = `By=spiffe://cluster.local/ns/a/sa/b;Hash=${hashOf(jane.der)};Cert="${envoyPem(pemOf(jane))}"`;

/** What each proxy writes for jane, her certificate alone, and with the CA's if it sends more. */
const written: Record<ProxyName, { alone: string[]; chain?: string[] }> = {
  envoy: {
    alone: ["x-forwarded-client-cert", xfcc],
    chain: [
      "x-forwarded-client-cert",
      `${xfcc};Chain="${envoyPem(pemOf(jane) + ca.pem)}";Subject="CN=jane";URI=`,
    ],
  },
  "ingress-nginx": { alone: ["ssl-client-verify", "SUCCESS", "ssl-client-cert", escaped] },
  nginx: { alone: ["X-SSL-Client-Verify", "SUCCESS", "X-SSL-Client-Cert", escaped] },
  traefik: {
    alone: ["X-Forwarded-Tls-Client-Cert", base64Of(jane)],
    chain: ["X-Forwarded-Tls-Client-Cert", `${base64Of(jane)},${base64Of(ca.certificate)}`],
  },
  "aws-alb": {
    alone: ["X-Amzn-Mtls-Clientcert", awsPem(pemOf(jane))],
    chain: ["X-Amzn-Mtls-Clientcert", encodeURIComponent(pemOf(jane) + ca.pem)],
  },
  "aws-alb-verify": { alone: ["X-Amzn-Mtls-Clientcert-Leaf", awsPem(pemOf(jane))] },
  haproxy: {
    alone: ["X-SSL-Client-Verify", "0", "X-SSL-Client-Der", base64Of(jane)],
    chain: [
      "X-SSL-Client-Verify",
      "0",
      "X-SSL-Client-Der",
      base64Of(jane),
      "X-SSL-Client-Chain-Der",
      Buffer.concat([ca.certificate.der, joe.der]).toString("base64"),
    ],
  },
  rfc9440: {
    alone: ["Client-Cert", `:${base64Of(jane)}:`],
    chain: ["Client-Cert", `:${base64Of(jane)}:`, "Client-Cert-Chain", `:${base64Of(ca.certificate)}:`],
  },
};

const read = (proxy: ProxyName, rawHeaders: readonly string[], options = {}) =>
  parseForwardedCertificates({ rawHeaders }, { proxy, ...options });
const code = (proxy: ProxyName, rawHeaders: readonly string[], options = {}): string => {
  try {
    read(proxy, rawHeaders, options);
    return "nothing";
  } catch (error) {
    return (error as PkiError).code;
  }
};
const header = (proxy: ProxyName): string => CERTIFICATE_HEADERS[proxy].certificate;
/** The same headers with another value for one of them. */
const replaced = (proxy: ProxyName, name: string, value: string): string[] =>
  written[proxy].alone.map((text, i, all) => (all[i - 1] === name ? value : text));

describe("what a proxy writes is read", () => {
  test.for(proxies)("%s: the certificate alone", (proxy) => {
    expect(read(proxy, written[proxy].alone)?.map(hashOf)).toEqual([hashOf(jane.der)]);
  });

  test.for(proxies.filter((proxy) => written[proxy].chain))("%s: and what came with it", (proxy) => {
    const [leaf, issuer] = read(proxy, written[proxy].chain!) ?? [];
    expect([hashOf(leaf!), hashOf(issuer!)]).toEqual([hashOf(jane.der), hashOf(ca.certificate.der)]);
  });

  test.for(proxies)("%s: no header, or an empty one, is no certificate", (proxy) => {
    expect(read(proxy, ["Host", "a"])).toBeUndefined();
    const { verification, unverified } = CERTIFICATE_HEADERS[proxy];
    const more = verification === undefined ? [] : [verification, unverified!];
    expect(read(proxy, [header(proxy), "", ...more])).toBeUndefined();
  });

  test.for(proxies)("%s: names have no case", (proxy) => {
    const upper = written[proxy].alone.map((text, i) => (i % 2 === 0 ? text.toUpperCase() : text));
    expect(read(proxy, upper)).toHaveLength(1);
  });

  test.for(proxies)("%s: in web headers and Node's objects too", (proxy) => {
    const pairs = written[proxy].alone.flatMap((name, i, all) =>
      i % 2 ? [] : [[name, all[i + 1]!] as const],
    );
    for (const headers of [
      pairs,
      new Headers(pairs.map(([...pair]) => pair)),
      Object.fromEntries(pairs),
      new Map(pairs),
    ])
      expect(parseForwardedCertificates(headers, { proxy })).toHaveLength(1);
    const distinct = Object.fromEntries(pairs.map(([name, value]) => [name, [value]]));
    expect(parseForwardedCertificates(distinct, { proxy })).toHaveLength(1);
  });

  test("Traefik 2 before its pull request 9412: with percent-encoding", () => {
    const value = encodeURIComponent(`${base64Of(jane)},${base64Of(ca.certificate)}`);
    expect(read("traefik", ["X-Forwarded-Tls-Client-Cert", value])).toHaveLength(2);
  });

  test("the names that were changed in the proxy", () => {
    const proxy = { ...CERTIFICATE_HEADERS.nginx, certificate: "X-Cert", verification: "X-Cert-Ok" };
    const rawHeaders = ["X-Cert", escaped, "X-Cert-Ok", "SUCCESS"];
    expect(parseForwardedCertificates({ rawHeaders }, { proxy })).toHaveLength(1);
    expect(forwardedHeaderNames(proxy)).toEqual(["X-Cert", "X-Cert-Ok"]);
  });
});

describe("refused for every proxy", () => {
  test.for(proxies)("%s: the header twice", (proxy) => {
    const twice = [...written[proxy].alone, header(proxy).toLowerCase(), "x"];
    expect(code(proxy, twice)).toBe("ERR_HEADER_DUPLICATE");
  });

  test.for(proxies)("%s: two headers that something has joined", (proxy) => {
    const [name, value] = [header(proxy), written[proxy].alone.at(-1)!];
    const joined = replaced(proxy, name, `${value}, ${value}`);
    // Envoy's own commas have no space behind; RFC 9440 has one certificate where others have lists.
    expect(code(proxy, joined)).toMatch(/^ERR_(HEADER_SYNTAX|DER_)/);
    const headers = new Headers();
    for (let i = 0; i < 2; i++) headers.append(name, value);
    expect(() =>
      parseForwardedCertificates(headers, { proxy: { ...CERTIFICATE_HEADERS[proxy], verification: "none" } }),
    ).toThrow(PkiError);
  });

  test.for(proxies)("%s: the same name with underscores or dots", (proxy) => {
    for (const sign of ["_", "."])
      expect(code(proxy, [...written[proxy].alone, header(proxy).replace("-", sign), "x"])).toBe(
        "ERR_HEADER_ALIAS",
      );
  });

  test.for(proxies)("%s: line ends, NUL and what is no octet", (proxy) => {
    for (const odd of ["\n", "\r\n", "\0", "\u0100", "\x7f"])
      expect(code(proxy, replaced(proxy, header(proxy), `${written[proxy].alone.at(-1)!}${odd}`))).toBe(
        "ERR_HEADER_VALUE",
      );
  });

  test.for(proxies)("%s: more than 64 KiB", (proxy) => {
    expect(code(proxy, replaced(proxy, header(proxy), "A".repeat(65_537)))).toBe("ERR_HEADER_SIZE");
    expect(code(proxy, written[proxy].alone, { maxHeaderLength: 20 })).toBe("ERR_HEADER_SIZE");
  });

  test.for(proxies)("%s: something else than certificates", (proxy) => {
    for (const value of [
      "x",
      "%",
      "%4",
      "%zz",
      "-----BEGIN CERTIFICATE-----",
      "Hash=aa,",
      ":",
      "::",
      ",",
      " ",
    ])
      expect(code(proxy, replaced(proxy, header(proxy), value))).toMatch(
        /^ERR_(HEADER_(SYNTAX|NO_CERTIFICATE)|DER_)/,
      );
  });
});

describe("a word about the verification", () => {
  const verified = proxies.filter((proxy) => CERTIFICATE_HEADERS[proxy].verification);

  test.for(verified)("%s: must be there, once and exactly", (proxy) => {
    const name = CERTIFICATE_HEADERS[proxy].verification!;
    for (const word of [
      "",
      "NONE",
      "success",
      "SUCCESS ",
      "FAILED:certificate has expired",
      "SUCCESS, SUCCESS",
      "0,0",
      "00",
      "1",
      "10",
    ])
      expect(code(proxy, replaced(proxy, name, word))).toBe("ERR_HEADER_VERIFY");
    expect(code(proxy, written[proxy].alone.slice(2))).toBe("ERR_HEADER_VERIFY");
    expect(code(proxy, [...written[proxy].alone, name, "x"])).toBe("ERR_HEADER_DUPLICATE");
    expect(code(proxy, [...written[proxy].alone, name.replaceAll("-", "_"), "x"])).toBe("ERR_HEADER_ALIAS");
  });

  test("nginx: SUCCESS without a certificate is a contradiction", () => {
    expect(code("nginx", ["X-SSL-Client-Verify", "SUCCESS"])).toBe("ERR_HEADER_NO_CERTIFICATE");
  });

  test("nginx: a failure without a certificate is no absence", () => {
    expect(code("nginx", ["X-SSL-Client-Verify", "FAILED:unable to verify"])).toBe("ERR_HEADER_VERIFY");
  });
});

describe("Envoy", () => {
  const envoy = (value: string, options = {}) => code("envoy", ["x-forwarded-client-cert", value], options);

  test("text about a certificate is no certificate", () => {
    expect(envoy(`Hash=${hashOf(jane.der)};Subject="CN=jane";URI=spiffe://a/b`)).toBe(
      "ERR_HEADER_NO_CERTIFICATE",
    );
    expect(envoy('Cert=""')).toBe("ERR_HEADER_NO_CERTIFICATE");
  });

  test("the hash must be the certificate's, in either case", () => {
    expect(envoy(xfcc.replace(hashOf(jane.der), hashOf(jane.der).toUpperCase()))).toBe("nothing");
    for (const other of [hashOf(joe.der), "", "00", `${hashOf(jane.der)}00`])
      expect(envoy(xfcc.replace(hashOf(jane.der), other))).toBe("ERR_HEADER_MISMATCH");
  });

  test("Cert must be the first of Chain", () => {
    expect(envoy(`${xfcc};Chain="${envoyPem(pemOf(joe) + pemOf(jane))}"`)).toBe("ERR_HEADER_MISMATCH");
    expect(envoy(`Hash=${hashOf(jane.der)};Chain="${envoyPem(pemOf(jane) + ca.pem)}"`)).toBe("nothing");
  });

  test("Cert has one certificate", () => {
    expect(envoy(`Cert="${envoyPem(pemOf(jane) + pemOf(joe))}"`)).toBe("ERR_HEADER_SYNTAX");
  });

  test("of several elements the one counts that was named, from the end", () => {
    const other = `Hash=${hashOf(joe.der)};Cert="${envoyPem(pemOf(joe))}"`;
    const pick = (hop?: number) =>
      hashOf(
        read("envoy", ["x-forwarded-client-cert", `${other},${xfcc}`], hop === undefined ? {} : { hop })![0],
      );
    expect(pick(1)).toBe(hashOf(jane.der));
    expect(pick(2)).toBe(hashOf(joe.der));
    expect(() => pick()).toThrow(expect.objectContaining({ code: "ERR_HEADER_HOP" }) as Error);
    expect(() => pick(3)).toThrow(expect.objectContaining({ code: "ERR_HEADER_HOP" }) as Error);
    for (const hop of [0, -1, 1.5, Number.NaN]) expect(() => pick(hop)).toThrow(TypeError);
  });

  test("a client that chooses its URI cannot put another's certificate behind its own", () => {
    // Envoy writes URIs without quotes, so this is what it makes of the SAN of a certificate of the attacker's.
    const san = `spiffe://a/b,Hash=${hashOf(joe.der)};Cert="${envoyPem(pemOf(joe))}"`;
    expect(envoy(`${xfcc};URI=${san}`)).toBe("ERR_HEADER_HOP");
    expect(envoy(`${xfcc};URI=spiffe://a/b;Cert="${envoyPem(pemOf(joe))}"`)).toBe("ERR_HEADER_DUPLICATE");
  });
});

describe("PEM in headers", () => {
  const nginx = (pem: string) =>
    code("nginx", replaced("nginx", "X-SSL-Client-Cert", encodeURIComponent(pem)));

  test("has nothing before, between and after the blocks", () => {
    for (const pem of [`a\n${pemOf(jane)}`, `${pemOf(jane)}a`, `${pemOf(jane)}a\n${pemOf(joe)}`])
      expect(nginx(pem)).toBe("ERR_HEADER_SYNTAX");
  });

  test("has certificates only", () => {
    expect(nginx(pemOf(jane).replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"))).toBe("ERR_HEADER_SYNTAX");
    expect(nginx(`${pemOf(jane)}${pemOf(jane).replaceAll("CERTIFICATE", "PUBLIC KEY")}`)).toBe(
      "ERR_HEADER_SYNTAX",
    );
  });

  test("is decoded once", () => {
    expect(nginx(encodeURIComponent(pemOf(jane)))).toBe("ERR_HEADER_SYNTAX");
  });

  test("+ is a plus, and no space", () => {
    const value = encodeURIComponent(pemOf(jane)).replaceAll("%20", "+");
    expect(code("nginx", replaced("nginx", "X-SSL-Client-Cert", value))).toBe("ERR_HEADER_SYNTAX");
  });
});

test("a chain without a certificate is refused", () => {
  expect(code("rfc9440", ["Client-Cert-Chain", `:${base64Of(jane)}:`])).toBe("ERR_HEADER_NO_CERTIFICATE");
});

test("RFC 9440: the header of the client has one certificate, that of the chain may have many", () => {
  const two = `:${base64Of(jane)}:, :${base64Of(joe)}:`;
  expect(code("rfc9440", ["Client-Cert", two])).toBe("ERR_HEADER_SYNTAX");
  expect(read("rfc9440", ["Client-Cert", `:${base64Of(jane)}:`, "Client-Cert-Chain", two])).toHaveLength(3);
});

test("a proxy that nobody knows is a misuse", () => {
  for (const proxy of ["squid", "__proto__", "constructor", undefined, null, {}])
    expect(() => parseForwardedCertificates([], { proxy: proxy as ProxyName })).toThrow(TypeError);
});

test("headers in another shape are a misuse", () => {
  for (const headers of [
    undefined,
    null,
    "Host: a",
    [["a"]],
    [["a", 1]],
    { rawHeaders: ["a"] },
    { a: 1 },
    new Set(["ab"]),
  ])
    expect(() => parseForwardedCertificates(headers as never, { proxy: "envoy" })).toThrow(TypeError);
});

describe("laws", () => {
  const spoiled = fc
    .tuple(fc.constantFrom(...proxies), fc.nat(), fc.nat(), fc.string({ unit: "binary", maxLength: 4 }))
    .map(([proxy, at, cut, insert]) => {
      const value = (written[proxy].chain ?? written[proxy].alone).at(-1)!;
      const start = at % value.length;
      return { proxy, value: value.slice(0, start) + insert + value.slice(start + (cut % 4)) };
    });

  test("a value that was damaged is read or refused with a code, and never crashes", () => {
    fc.assert(
      fc.property(spoiled, ({ proxy, value }) => {
        expect(code(proxy, replaced(proxy, header(proxy), value))).toMatch(/^(nothing|ERR_\w+)$/);
      }),
      { numRuns: 1000 },
    );
  });

  test("any headers are read or refused with a code", () => {
    const names = fc.constantFrom(...proxies.flatMap(forwardedHeaderNames), "host", "x_ssl_client_cert");
    const headers = fc.array(fc.tuple(names, fc.string({ unit: "binary" })), { maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...proxies), headers, (proxy, pairs) => {
        expect(code(proxy, pairs.flat())).toMatch(/^(nothing|ERR_\w+)$/);
      }),
    );
  });
});
