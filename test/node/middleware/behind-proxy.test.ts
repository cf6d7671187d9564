/** Every framework behind a proxy: the proxy shows its own certificate, and tells in a header who its client is. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createServer, request } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { serve } from "@hono/node-server";
import express from "express";
import { fastify } from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import {
  createAuthenticator,
  createForwardedAuthenticator,
  createRequestHeaderAuthenticator,
  encodePem,
  setRequestHeader,
} from "kubepki";
import type { UserInfo } from "kubepki";
import { authentication as forExpress } from "kubepki/express";
import { authentication as forFastify } from "kubepki/fastify";
import { authentication as forHono } from "kubepki/hono";
import { authentication as forKoa } from "kubepki/koa";
import { fromProxy, fromSocket, withAuthentication } from "kubepki/node";
import type { AuthenticationOptions, Refusal } from "kubepki/node";
import { afterAll, describe, expect, test } from "vitest";
import { makeCa, pemOf, type Leaf } from "../../kubernetes/proxy/fixtures.ts";

const servers = await makeCa("servers");
const proxies = await makeCa("proxies");
const clients = await makeCa("clients");
const own = await servers.server("localhost");
const proxy = await proxies.client({ commonName: "front-proxy-client" });
const jane = await clients.client({ commonName: "jane", organizations: ["developers"] });
const joe = await clients.client({ commonName: "joe" });

const keyOf = ({ certificate, privateKey }: Leaf) => ({ cert: pemOf(certificate), key: privateKey });
const tls = { ...keyOf(own), requestCert: true, rejectUnauthorized: false } as const;
const whoami = (user: UserInfo | undefined): string => JSON.stringify(user?.username ?? null);

const open: Server[] = [];
afterAll(() => open.forEach((server) => server.close()));

const frameworks: Record<string, (options: AuthenticationOptions) => Promise<Server>> = {
  "node:https": async (options) =>
    createServer(
      tls,
      withAuthentication(options, (incoming, response) => {
        response.end(whoami(incoming.identity));
      }),
    ),
  express: async (options) => {
    const app = express();
    app.use(forExpress(options));
    app.get("/", (incoming, response) => void response.send(whoami(incoming.identity)));
    return createServer(tls, app);
  },
  fastify: async (options) => {
    const app = fastify({ https: tls });
    await app.register(forFastify(options));
    app.get("/", async (incoming) => whoami(incoming.identity));
    await app.ready();
    return app.server;
  },
  hono: async (options) => {
    const app = new Hono();
    app.use(forHono(options));
    app.get("/", (context) => context.text(whoami(context.var.identity)));
    return serve({
      fetch: app.fetch,
      createServer,
      serverOptions: tls,
      port: 0,
      hostname: "127.0.0.1",
    });
  },
  koa: async (options) => {
    const app = new Koa();
    app.use(forKoa(options));
    app.use((context) => {
      context.body = whoami(context.identity);
    });
    const handle = app.callback();
    return createServer(tls, (incoming, response) => void handle(incoming, response));
  },
};

type Headers = readonly (readonly [name: string, value: string])[];

/** The body of a 200, or the status. */
async function call(port: number, headers: Headers, leaf?: Leaf): Promise<unknown> {
  const raw = [["Host", "localhost"], ["Connection", "close"], ...headers].flat() as never;
  const options = { port, host: "localhost", ca: servers.pem, headers: raw, ...(leaf && keyOf(leaf)) };
  const signal = AbortSignal.timeout(10_000);
  const [response] = (await once(request(options).end(), "response", { signal })) as [IncomingMessage];
  let text = "";
  for await (const part of response.setEncoding("utf8")) text += String(part);
  return response.statusCode === 200 ? JSON.parse(text) : response.statusCode;
}

const trustedPeers = { trustAnchors: proxies.pem, allowedNames: ["front-proxy-client"] } as const;
const forwarded = (leaf: Leaf): Headers => [
  ["ssl-client-verify", "SUCCESS"],
  ["ssl-client-cert", encodeURIComponent(encodePem("CERTIFICATE", leaf.certificate.der))],
];

describe.for(Object.entries(frameworks))("%s", async ([, start]) => {
  const refusals: Refusal[] = [];
  const begin = async (sources: AuthenticationOptions["sources"]): Promise<number> => {
    const server = await start({ sources, onRefusal: (refusal) => refusals.push(refusal) });
    open.push(server);
    if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
    return (server.address() as AddressInfo).port;
  };
  const refusedFor = (): unknown[] =>
    refusals.splice(0).flatMap(({ errors }) => errors.map((error) => (error as { code: string }).code));

  test("a certificate in a header", async () => {
    const authenticator = createForwardedAuthenticator({
      proxy: "ingress-nginx",
      trustedPeers,
      trustAnchors: clients.pem,
    });
    const port = await begin(fromProxy(authenticator));
    expect(await call(port, forwarded(jane), proxy)).toBe("jane");
    expect(await call(port, [...forwarded(jane), ...forwarded(joe)], proxy)).toBe(401);
    expect(refusedFor()).toEqual(["ERR_HEADER_DUPLICATE"]);
    expect(await call(port, [...forwarded(jane), ["SSL_Client_Cert", "x"]], proxy)).toBe(401);
    expect(refusedFor()).toEqual(["ERR_HEADER_ALIAS"]);
    for (const sender of [undefined, joe]) {
      expect(await call(port, forwarded(jane), sender)).toBe(401);
      expect(refusedFor()).toEqual(["ERR_HEADER_UNTRUSTED_PEER"]);
    }
    expect(await call(port, [], proxy)).toBe(401); // the client showed nothing
    expect(refusedFor()).toEqual([]);
  });

  test("the aggregation layer's headers first, then certificates, as kube-apiserver asks", async () => {
    const port = await begin([
      fromProxy(createRequestHeaderAuthenticator({ trustedPeers })),
      fromSocket(createAuthenticator({ trustAnchors: clients.pem })),
    ]);
    const asAdmin = setRequestHeader([], { username: "admin", groups: ["a", "b, c"] });
    expect(await call(port, asAdmin, proxy)).toBe("admin");
    // Who may not speak for others is who the certificate says, whatever the headers say.
    expect(await call(port, asAdmin, jane)).toBe("jane");
    expect(await call(port, asAdmin)).toBe(401);
    expect(refusedFor()).toEqual(["ERR_HEADER_UNTRUSTED_PEER"]);
  });
});
