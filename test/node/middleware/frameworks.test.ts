/** The same questions to a server of every framework, over mutual TLS. */
import { Agent, createServer } from "node:https";
import { connect, createSecureServer } from "node:http2";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { once } from "node:events";
import { serve } from "@hono/node-server";
import express from "express";
import { fastify } from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { createAuthenticator, verifySignature } from "kubepki";
import type { UserInfo } from "kubepki";
import { authentication as forExpress } from "kubepki/express";
import { authentication as forFastify } from "kubepki/fastify";
import { authentication as forHono } from "kubepki/hono";
import { authentication as forKoa } from "kubepki/koa";
import { fromSocket, withAuthentication } from "kubepki/node";
import type { AuthenticationOptions, Refusal } from "kubepki/node";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { call, newCa, newClient, newServer } from "../../support/mtls.ts";
import type { Ca, Credentials } from "../../support/mtls.ts";

let ca: Ca;
let tls: Credentials & { requestCert: true; rejectUnauthorized: false };
let jane: Credentials;
let stranger: Credentials;

beforeAll(async () => {
  ca = await newCa("clients");
  tls = { ...(await newServer(ca)), requestCert: true, rejectUnauthorized: false };
  jane = await newClient(ca, "jane", ["developers"]);
  stranger = await newClient(await newCa("clients"), "jane", ["developers"]);
});

type Start = (options: AuthenticationOptions) => Promise<Server>;
const whoami = (user: UserInfo | undefined): string => JSON.stringify(user ?? null);

/** Answers who is calling; `/broken` fails in the handler. */
const frameworks: Record<string, Start> = {
  "node:https": async (options) =>
    createServer(
      tls,
      withAuthentication(options, (request, response) => {
        response.end(whoami(request.identity));
      }),
    ),
  "node:http2, spoken to in HTTP/1.1": async (options) =>
    createSecureServer(
      { ...tls, allowHTTP1: true },
      withAuthentication<Http2ServerRequest, Http2ServerResponse>(
        options,
        (request, response) => void response.end(whoami(request.identity)),
      ),
    ),
  express: async (options) => {
    const app = express();
    app.use(forExpress(options));
    app.get("/", (request, response) => void response.send(whoami(request.identity)));
    return createServer(tls, app);
  },
  fastify: async (options) => {
    const app = fastify({ https: tls });
    await app.register(forFastify(options));
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers
    app.get("/", async (request) => whoami(request.identity));
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
    return createServer(tls, (request, response) => void app.callback()(request, response));
  },
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    (server as { closeAllConnections?: () => void }).closeAllConnections?.();
    server.close();
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

describe.for(Object.entries(frameworks))("%s", ([, start]) => {
  const options = (more: Partial<AuthenticationOptions> = {}): AuthenticationOptions => ({
    sources: fromSocket(createAuthenticator({ trustAnchors: [ca.certificate] })),
    ...more,
  });

  test("knows a client by its certificate", async () => {
    const port = await listen(await start(options()));
    const { status, body } = await call(port, { ca: ca.pem, ...jane });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      username: "jane",
      groups: ["developers", "system:authenticated"],
      extra: {
        "authentication.kubernetes.io/credential-id": [expect.stringMatching(/^X509SHA256=[\da-f]{64}$/)],
      },
    });
  });

  test("answers a certificate of another CA with 401, and says why to the hook only", async () => {
    const refusals: Refusal[] = [];
    const port = await listen(
      await start(options({ nobody: "anonymous", onRefusal: (refusal) => refusals.push(refusal) })),
    );
    const { status, headers, body } = await call(port, { ca: ca.pem, ...stranger });
    expect(status).toBe(401);
    expect(body).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}',
    );
    expect(headers["content-type"]).toMatch(/^application\/json/);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(refusals.map(({ errors }) => errors)).toMatchObject([[{ code: "ERR_CHAIN_SIGNATURE" }]]);
  });

  test.for([
    ["refuse", 401, /"Unauthorized"/],
    [
      "anonymous",
      200,
      /^\{"username":"system:anonymous","groups":\["system:unauthenticated"\],"extra":\{\}\}$/,
    ],
    ["pass", 200, /^null$/],
  ] as const)("without a certificate: %s", async ([nobody, expected, pattern]) => {
    const port = await listen(await start(options({ nobody })));
    const { status, body } = await call(port, { ca: ca.pem });
    expect(status).toBe(expected);
    expect(body).toMatch(pattern);
  });

  test("asks whether the user may, and answers 403 as kube-apiserver does", async () => {
    const authorize = ({ groups }: UserInfo): boolean => groups.includes("admins");
    const port = await listen(await start(options({ authorize })));
    const { status, body } = await call(port, { ca: ca.pem, ...jane, path: "/?<x>" });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'forbidden: User "jane" cannot get path "/"',
      reason: "Forbidden",
      details: {},
      code: 403,
    });
  });

  test("a kept connection costs one verification, and a certificate that expires meanwhile stops working", async () => {
    let checks = 0;
    let time = Date.now();
    const authenticator = createAuthenticator({
      trustAnchors: [ca.certificate],
      verifySignature: (...parameters) => (checks++, verifySignature(...parameters)),
    });
    const port = await listen(await start({ sources: fromSocket(authenticator), now: () => time }));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async (): Promise<number> => (await call(port, { ca: ca.pem, ...jane, agent })).status;
    expect([await ask(), await ask(), checks]).toEqual([200, 200, 1]);
    time += 2 * 86_400_000;
    expect(await ask()).toBe(401);
    time -= 2 * 86_400_000;
    expect(await ask()).toBe(200);
    agent.destroy();
  });
});

test("node:http2 over HTTP/2: streams of one session share its certificate", async () => {
  const authenticator = createAuthenticator({ trustAnchors: [ca.certificate] });
  const server = createSecureServer(
    tls,
    withAuthentication<Http2ServerRequest, Http2ServerResponse>(
      { sources: fromSocket(authenticator) },
      (request, response) => {
        response.end(whoami(request.identity));
      },
    ),
  );
  const port = await listen(server);
  const ask = async (credentials: Partial<Credentials>): Promise<string[]> => {
    const session = connect(`https://127.0.0.1:${port}`, { ca: ca.pem, ...credentials });
    const bodies = [1, 2, 3].map(async () => {
      let body = "";
      for await (const chunk of session.request({ ":path": "/" }).setEncoding("utf8"))
        body += chunk as string;
      return body;
    });
    const all = await Promise.all(bodies);
    session.close();
    return all;
  };
  for (const body of await ask(jane)) expect(body).toContain('"username":"jane"');
  for (const body of await ask(stranger)) expect(body).toContain('"code":401');
  for (const body of await ask({})) expect(body).toContain('"code":401');
});

test("express: what a handler throws goes to its error handler", async () => {
  const app = express();
  app.use(forExpress({ sources: async () => ({ username: "jane", groups: [], extra: {} }) }));
  app.get("/", () => {
    throw new Error("broken");
  });
  app.use(
    (error: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
      response.status(500).send(error.message);
    },
  );
  const port = await listen(createServer(tls, app));
  expect(await call(port, { ca: ca.pem })).toMatchObject({ status: 500, body: "broken" });
});

test("fastify: guards the instance that registers it and no other, also twice", async () => {
  const sources = async (): Promise<undefined> => undefined;
  const app = fastify({ https: tls });
  app.get("/open", async () => "open");
  await app.register(async (inner) => {
    await inner.register(forFastify({ sources }));
    inner.get("/closed", async () => "closed");
  });
  await app.register(async (other) => {
    await other.register(forFastify({ sources, nobody: "pass" }));
    other.get("/pass", async ({ identity }) => whoami(identity));
  });
  await app.ready();
  const port = await listen(app.server);
  const ask = async (path: string): Promise<number> => (await call(port, { ca: ca.pem, path })).status;
  expect([await ask("/open"), await ask("/closed"), await ask("/pass")]).toEqual([200, 401, 200]);
});
