import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ChainError, PkiError } from "../../../src/errors.ts";
import { createForwardedAuthenticator } from "../../../src/kubernetes/proxy/forwarded.ts";
import type { ProxiedRequest } from "../../../src/kubernetes/proxy/forwarded.ts";
import { verifyTrustedPeer } from "../../../src/kubernetes/proxy/trusted-peers.ts";
import type { Peer, TrustedPeers } from "../../../src/kubernetes/proxy/trusted-peers.ts";
import { verifySignature } from "../../../src/keys/verifier.ts";
import { makeCa, pemOf } from "./fixtures.ts";

const proxies = await makeCa("proxies");
const clients = await makeCa("clients");
const proxy = (await proxies.client({ commonName: "front-proxy-client" })).certificate;
const gateway = (await proxies.client({ uris: ["spiffe://a/gateway"] })).certificate;
const jane = (await clients.client({ commonName: "jane", organizations: ["developers"] })).certificate;

const refusal = { name: "HeaderError", code: "ERR_HEADER_UNTRUSTED_PEER" };
const trusted = (peer: Peer, peers: TrustedPeers) => expect(verifyTrustedPeer(peer, peers)).resolves;
const refused = (peer: Peer, peers: TrustedPeers) => expect(verifyTrustedPeer(peer, peers)).rejects;

describe("a proxy with a certificate", () => {
  const trustAnchors = proxies.pem;
  const allowedNames = ["other", "front-proxy-client"] as const;

  test("is trusted by its name and its CA", async () => {
    await trusted({ certificates: proxy }, { trustAnchors, allowedNames }).toBeUndefined();
    await trusted(
      { certificates: [proxy, proxies.certificate] },
      { trustAnchors, allowedNames },
    ).toBeUndefined();
  });

  test("is not trusted by its name alone", async () => {
    const imposter = (await clients.client({ commonName: "front-proxy-client" })).certificate;
    const error = await verifyTrustedPeer({ certificates: imposter }, { trustAnchors, allowedNames }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject(refusal);
    expect((error as PkiError).cause).toBeInstanceOf(ChainError);
  });

  test("is not trusted by its CA alone", async () => {
    for (const name of ["Front-Proxy-Client", "front-proxy-client ", "front-proxy"])
      await refused({ certificates: proxy }, { trustAnchors, allowedNames: [name] }).toMatchObject(refusal);
  });

  test('is trusted by its CA alone where that was said: "any"', async () => {
    await trusted({ certificates: proxy }, { trustAnchors, allowedNames: "any" }).toBeUndefined();
    await trusted({ certificates: gateway }, { trustAnchors, allowedNames: "any" }).toBeUndefined();
    await refused({ certificates: jane }, { trustAnchors, allowedNames: "any" }).toMatchObject(refusal);
  });

  test("may be named by its only URI", async () => {
    await trusted(
      { certificates: gateway },
      { trustAnchors, allowedUris: ["spiffe://a/gateway"] },
    ).toBeUndefined();
    await refused(
      { certificates: gateway },
      { trustAnchors, allowedUris: ["spiffe://a/Gateway"] },
    ).toMatchObject(refusal);
    const both = (await proxies.client({ uris: ["spiffe://a/gateway", "spiffe://a/b"] })).certificate;
    await refused(
      { certificates: both },
      { trustAnchors, allowedUris: ["spiffe://a/gateway"] },
    ).toMatchObject(refusal);
  });

  test("must be good for clients", async () => {
    const server = (await proxies.server("a.example")).certificate;
    await refused({ certificates: server }, { trustAnchors, allowedNames: "any" }).toMatchObject(refusal);
  });

  test("must be valid now", async () => {
    const at = Date.now() + 7_200_000;
    await expect(
      verifyTrustedPeer({ certificates: proxy }, { trustAnchors, allowedNames }, { at }),
    ).rejects.toMatchObject(refusal);
  });

  test("must be shown", async () => {
    for (const peer of [{}, { address: "127.0.0.1" }, { unixSocket: true }])
      await refused(peer, { trustAnchors, allowedNames: "any" }).toMatchObject(refusal);
  });
});

describe("a Unix socket", () => {
  test("is trusted if that was said, and nothing else then", async () => {
    await trusted({ unixSocket: true }, { unixSocket: true }).toBeUndefined();
    for (const peer of [{}, { unixSocket: false }, { address: "127.0.0.1" }, { certificates: proxy }])
      await refused(peer, { unixSocket: true }).toMatchObject(refusal);
  });
});

describe("an address", () => {
  const addresses = ["127.0.0.1", "::1", "10.1.0.0/16", "fd00::/8"] as const;

  test("is trusted if it was named or is inside of a prefix", async () => {
    for (const address of ["127.0.0.1", "::1", "0:0::1", "10.1.255.255", "fd12::1"])
      await trusted({ address }, { addresses }).toBeUndefined();
  });

  test("is refused otherwise, and where it is no address", async () => {
    const others = [
      "127.0.0.2",
      "::2",
      "10.2.0.0",
      "fe80::1",
      "::ffff:127.0.0.1",
      "127.1",
      "0x7f.0.0.1",
      "localhost",
      "",
    ];
    for (const address of others) await refused({ address }, { addresses }).toMatchObject(refusal);
    await refused({}, { addresses }).toMatchObject(refusal);
  });
});

test("a statement that names nobody is a misuse", async () => {
  const nobody = [
    undefined,
    null,
    true,
    {},
    { unixSocket: false },
    { addresses: [] },
    { addresses: ["localhost"] },
    { addresses: ["10.0.0.0/33"] },
    { trustAnchors: proxies.pem },
    { trustAnchors: proxies.pem, allowedNames: [] },
    { trustAnchors: proxies.pem, allowedUris: [] },
    { trustAnchors: proxies.pem, allowedNames: ["front-proxy-client", ""] },
  ];
  for (const peers of nobody)
    await refused({ unixSocket: true }, peers as unknown as TrustedPeers).toBeInstanceOf(TypeError);
});

describe("the API server's kept answers about front proxies", () => {
  interface Case {
    readonly name: string;
    readonly time: number;
    readonly roots: readonly string[];
    readonly peers: readonly [string, ...string[]];
    readonly allowedNames?: readonly string[];
    readonly authenticate: { readonly error?: string };
  }
  const kept = JSON.parse(readFileSync(new URL("../../vectors/go-chains.json", import.meta.url), "utf8")) as {
    readonly certificates: Record<string, string>;
    readonly cases: readonly Case[];
  };
  const der = (id: string): Uint8Array => new Uint8Array(Buffer.from(kept.certificates[id]!, "base64"));
  const cases = kept.cases.filter(({ allowedNames }) => allowedNames);

  const answer = async ({ roots, peers, allowedNames, time }: Case, mode: "safe" | "kubernetes") => {
    const [first, ...others] = allowedNames!;
    const names = first === undefined ? ("any" as const) : ([first, ...others] as const);
    const certificates = peers.map(der) as [Uint8Array, ...Uint8Array[]];
    const trust = { trustAnchors: roots.map(der), allowedNames: names };
    return verifyTrustedPeer({ certificates }, trust, { at: time * 1000, mode }).then(
      () => "trusted",
      (error: PkiError) => error.code,
    );
  };

  test.for(cases)("$name: ours in kubernetes mode", async (kase) => {
    expect(await answer(kase, "kubernetes")).toBe(kase.authenticate.error ? refusal.code : "trusted");
  });

  test("two common names are refused in safe mode", async () => {
    const kase = cases.find(({ name }) => name === "front proxy with two CNs, last allowed")!;
    expect(await answer(kase, "safe")).toBe(refusal.code);
  });
});

describe("an authenticator behind a proxy", () => {
  const headersOf = (pem: string) => ({
    rawHeaders: ["ssl-client-verify", "SUCCESS", "ssl-client-cert", encodeURIComponent(pem)],
  });
  let checks = 0;
  const authenticator = createForwardedAuthenticator({
    proxy: "ingress-nginx",
    trustedPeers: { trustAnchors: proxies.pem, allowedNames: ["front-proxy-client"] },
    trustAnchors: clients.pem,
    verifySignature: (...parts) => {
      checks++;
      return verifySignature(...parts);
    },
  });
  const request: ProxiedRequest = { headers: headersOf(pemOf(jane)), peer: { certificates: proxy } };

  test("names the client, and not the proxy", async () => {
    expect(await authenticator.authenticate(request)).toMatchObject({
      username: "jane",
      groups: ["developers", "system:authenticated"],
    });
  });

  test("asks about the proxy and the client once for as long as both are valid", async () => {
    await authenticator.authenticate(request);
    const before = checks;
    await authenticator.authenticate(request);
    expect(checks).toBe(before);
    await expect(authenticator.authenticate(request, Date.now() + 7_200_000)).rejects.toMatchObject(refusal);
  });

  test("asks about the proxy first: a stranger learns nothing about headers", async () => {
    for (const headers of [request.headers, { rawHeaders: [] }, { rawHeaders: ["ssl-client-cert", "x"] }])
      await expect(
        authenticator.authenticate({ headers, peer: { certificates: jane } }),
      ).rejects.toMatchObject(refusal);
  });

  test("verifies the client's certificate again", async () => {
    const stranger = (await proxies.client({ commonName: "jane" })).certificate;
    const forged = { ...request, headers: headersOf(pemOf(stranger)) };
    await expect(authenticator.authenticate(forged)).rejects.toMatchObject({
      code: "ERR_CHAIN_UNKNOWN_AUTHORITY",
    });
  });

  test("takes what is said of the clients' intermediates for the clients alone", async () => {
    const [edge, tenant] = [await proxies.intermediate("edge"), await clients.intermediate("tenant")];
    const node = (await edge.client({ commonName: "front-proxy-client" })).certificate;
    const below = (await tenant.client({ commonName: "below" })).certificate;
    const both = createForwardedAuthenticator({
      proxy: "ingress-nginx",
      trustedPeers: { trustAnchors: proxies.pem, allowedNames: ["front-proxy-client"] },
      trustAnchors: clients.pem,
      intermediates: tenant.pem,
    });
    const peer = { certificates: [node, edge.certificate] } as const;
    const user = await both.authenticate({ headers: headersOf(pemOf(below)), peer });
    expect(user).toMatchObject({ username: "below" });
  });

  test("says nobody where the proxy says nobody", async () => {
    const headers = { rawHeaders: ["ssl-client-verify", "NONE", "ssl-client-cert", ""] };
    expect(await authenticator.authenticate({ ...request, headers })).toBeUndefined();
  });

  test("takes new client CAs, and keeps the old ones when they do not parse", async () => {
    const other = await makeCa("others");
    const joe = (await other.client({ commonName: "joe" })).certificate;
    const asJoe = { ...request, headers: headersOf(pemOf(joe)) };
    const fresh = createForwardedAuthenticator({
      proxy: "ingress-nginx",
      trustedPeers: { unixSocket: true },
      trustAnchors: clients.pem,
    });
    const through = (asked: ProxiedRequest) => fresh.authenticate({ ...asked, peer: { unixSocket: true } });
    expect(() => fresh.replaceTrustAnchors("no PEM")).toThrow(PkiError);
    expect(await through(request)).toMatchObject({ username: "jane" });
    fresh.replaceTrustAnchors(other.pem);
    expect(await through(asJoe)).toMatchObject({ username: "joe" });
    await expect(through(request)).rejects.toBeInstanceOf(ChainError);
  });
});
