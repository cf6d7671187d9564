/** A proxy and a backend of Node over mutual TLS: what the backend makes of the connection and of the headers. */
import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from "node:http";
import { createSecureServer, connect as connectHttp2 } from "node:http2";
import { createServer as createTlsServer, request as httpsRequest } from "node:https";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { PkiError } from "../../src/errors.ts";
import { createForwardedAuthenticator } from "../../src/kubernetes/proxy/forwarded.ts";
import type { ProxiedRequest } from "../../src/kubernetes/proxy/forwarded.ts";
import { createRequestHeaderAuthenticator } from "../../src/kubernetes/proxy/request-header-authenticator.ts";
import { setRequestHeader } from "../../src/kubernetes/proxy/set-request-header.ts";
import {
  clearRequestHeader,
  peerOfSocket,
  proxiedRequest,
  type NodeRequest,
} from "../../src/node/proxied-request.ts";
import { makeCa, pemOf, type Leaf } from "../kubernetes/proxy/fixtures.ts";

const servers = await makeCa("servers");
const clients = await makeCa("clients");
const proxies = await makeCa("proxies");
const front = await servers.server("localhost");
const proxy = await proxies.client({ commonName: "front-proxy-client" });
const jane = await clients.client({ commonName: "jane", organizations: ["developers"] });

const keyOf = ({ certificate, privateKey }: Leaf) => ({ cert: pemOf(certificate), key: privateKey });
/** As the API server does: asks for a certificate and leaves the judgement to others. */
const asks = { ...keyOf(front), requestCert: true, rejectUnauthorized: false };
const folder = mkdtempSync(join(tmpdir(), "kubepki-proxy-"));
const open: Server[] = [];
afterAll(() => {
  for (const server of open) server.close();
  rmSync(folder, { recursive: true });
});

async function listen(server: Server, where: number | string = 0): Promise<number> {
  open.push(server);
  if (typeof where === "string") server.listen(where);
  else server.listen(where, "127.0.0.1");
  await once(server, "listening");
  return typeof where === "string" ? 0 : (server.address() as AddressInfo).port;
}

const byHeaders = createRequestHeaderAuthenticator({
  trustedPeers: { trustAnchors: proxies.pem, allowedNames: ["front-proxy-client"] },
});
const byCertificate = createForwardedAuthenticator({
  proxy: "nginx",
  trustedPeers: { trustAnchors: proxies.pem, allowedNames: ["front-proxy-client"] },
  trustAnchors: clients.pem,
});

/** Answers with the user, or with the code of the refusal. */
const answering =
  (authenticator: { authenticate(request: ProxiedRequest): Promise<unknown> }) =>
  async (request: NodeRequest, response: { end(text: string): unknown }): Promise<void> => {
    const answer = await authenticator
      .authenticate(proxiedRequest(request))
      .catch((error: PkiError) => error.code);
    response.end(JSON.stringify(answer ?? "nobody"));
  };

async function ask(sent: ReturnType<typeof httpRequest>): Promise<unknown> {
  const signal = AbortSignal.timeout(10_000);
  const [response] = (await once(sent.end(), "response", { signal })) as [IncomingMessage];
  let text = "";
  for await (const part of response.setEncoding("utf8")) text += String(part);
  return JSON.parse(text);
}

const call = (
  port: number,
  headers: readonly (readonly [string, string])[],
  leaf?: Leaf,
): Promise<unknown> => {
  const credentials = leaf ? keyOf(leaf) : {};
  const raw = [["Host", "localhost"], ["Connection", "close"], ...headers].flat();
  return ask(
    httpsRequest({ port, ca: servers.pem, host: "localhost", ...credentials, headers: raw as never }),
  );
};

describe("an extension API server behind a front proxy", async () => {
  const port = await listen(createTlsServer(asks, answering(byHeaders) as RequestListener));
  const user = { username: "jürgen, 今日は", groups: ["a", "b, c"], extra: { "example.com/k": ["1", "2"] } };

  test("gets the user that the proxy has set, whatever the names", async () => {
    expect(await call(port, setRequestHeader([], user), proxy)).toEqual({
      ...user,
      groups: ["a", "b, c", "system:authenticated"],
    });
  });

  test("refuses everybody else", async () => {
    const headers = setRequestHeader([], { username: "admin", groups: ["system:masters"] });
    expect(await call(port, headers)).toBe("ERR_HEADER_UNTRUSTED_PEER");
    expect(await call(port, headers, jane)).toBe("ERR_HEADER_UNTRUSTED_PEER");
    const imposter = await clients.client({ commonName: "front-proxy-client" });
    expect(await call(port, headers, imposter)).toBe("ERR_HEADER_UNTRUSTED_PEER");
  });

  test("sees headers that are there twice, and aliases", async () => {
    const twice = [
      ["X-Remote-User", "jane"],
      ["x-remote-user", "admin"],
    ] as const;
    expect(await call(port, twice, proxy)).toBe("ERR_HEADER_DUPLICATE");
    expect(
      await call(
        port,
        [
          ["X-Remote-User", "jane"],
          ["X_Remote_Group", "a"],
        ],
        proxy,
      ),
    ).toBe("ERR_HEADER_ALIAS");
  });
});

describe("a backend behind a proxy of Node", async () => {
  const backend = await listen(createTlsServer(asks, answering(byCertificate) as RequestListener));
  /** Ends TLS, verifies, replaces the headers, and passes the request on with its own certificate. */
  const edge = createTlsServer(
    { ...keyOf(front), ca: clients.pem, requestCert: true },
    (request, response) => {
      const { headers, peer } = proxiedRequest(request);
      const [certificate] = peer.certificates as [Uint8Array];
      const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate).toString("base64")}\n-----END CERTIFICATE-----\n`;
      const names = ["x-ssl-client-cert", "x-ssl-client-verify", "connection"];
      const { rawHeaders } = headers as { rawHeaders: readonly string[] };
      const passed = rawHeaders.flatMap((name, i) =>
        i % 2 || names.includes(name.toLowerCase()) ? [] : [[name, rawHeaders[i + 1]!] as const],
      );
      const own = [
        ["X-SSL-Client-Cert", encodeURIComponent(pem)],
        ["X-SSL-Client-Verify", "SUCCESS"],
      ] as const;
      void call(backend, [...passed.filter(([name]) => name.toLowerCase() !== "host"), ...own], proxy).then(
        (answer) => response.end(JSON.stringify(answer)),
      );
    },
  );
  const port = await listen(edge);

  test("names the client and not the proxy", async () => {
    expect(await call(port, [], jane)).toMatchObject({
      username: "jane",
      groups: ["developers", "system:authenticated"],
    });
  });

  test("does not see what the client wrote", async () => {
    const forged = encodeURIComponent(clients.pem);
    expect(
      await call(
        port,
        [
          ["X-SSL-Client-Cert", forged],
          ["x-ssl-client-verify", "SUCCESS"],
        ],
        jane,
      ),
    ).toMatchObject({ username: "jane" });
  });

  test("refuses what the client wrote under another name", async () => {
    expect(await call(port, [["X_SSL_Client_Cert", "x"]], jane)).toBe("ERR_HEADER_ALIAS");
  });

  test("cannot be called directly, not even with a good certificate", async () => {
    const headers = [
      ["X-SSL-Client-Cert", encodeURIComponent(pemOf(jane.certificate))],
      ["X-SSL-Client-Verify", "SUCCESS"],
    ] as const;
    expect(await call(backend, headers, jane)).toBe("ERR_HEADER_UNTRUSTED_PEER");
    expect(await call(backend, headers)).toBe("ERR_HEADER_UNTRUSTED_PEER");
  });
});

test("HTTP/2: headers one by one, and the certificate of the session", async () => {
  const server = createSecureServer(
    { ...asks, allowHTTP1: false },
    (request, response) => void answering(byHeaders)(request, response),
  );
  const port = await listen(server);
  const session = connectHttp2(`https://localhost:${port}`, { ca: servers.pem, ...keyOf(proxy) });
  const stream = session.request({ ":path": "/", "x-remote-user": "jane", "x-remote-group": ["a", "b, c"] });
  let text = "";
  for await (const part of stream.setEncoding("utf8")) text += String(part);
  session.close();
  expect(JSON.parse(text)).toMatchObject({ username: "jane", groups: ["a", "b, c", "system:authenticated"] });
});

describe("a peer", () => {
  const peers: unknown[] = [];
  const note: RequestListener = (request, response) => {
    const { certificates, ...peer } = peerOfSocket(request.socket);
    peers.push({
      ...peer,
      ...(certificates && { certificates: (certificates as readonly unknown[]).length }),
    });
    response.end("{}");
  };

  test("of a Unix socket is known as such", async () => {
    const socketPath = join(folder, "a.sock");
    await listen(createServer(note), socketPath);
    await ask(httpRequest({ socketPath, headers: { connection: "close" } }));
    expect(peers.pop()).toEqual({ unixSocket: true });
  });

  test("of a Unix socket with TLS too", async () => {
    const socketPath = join(folder, "b.sock");
    await listen(createTlsServer(asks, note), socketPath);
    const options = { ca: servers.pem, servername: "localhost", headers: { connection: "close" } };
    await ask(httpsRequest({ socketPath, ...options, ...keyOf(proxy) }));
    expect(peers.pop()).toEqual({ unixSocket: true, certificates: 1 });
  });

  test("has an IPv4 address as such on a socket of both kinds", async () => {
    const server = createServer(note);
    open.push(server);
    const listened = once(server, "listening").then(
      () => true,
      () => false,
    );
    server.listen(0, "::");
    if (!(await listened)) {
      console.info("skipped: this machine has no IPv6");
      return;
    }
    await ask(
      httpRequest({
        port: (server.address() as AddressInfo).port,
        host: "127.0.0.1",
        headers: { connection: "close" },
      }),
    );
    expect(peers.pop()).toEqual({ address: "127.0.0.1" });
  });

  test("that is gone is nobody, and no Unix socket", async () => {
    const server = createServer();
    const port = await listen(server);
    const client = connect(port, "127.0.0.1", () => client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    const [request] = (await once(server, "request")) as [IncomingMessage];
    const gone = new Promise((resolve) => request.socket.on("close", resolve));
    client.resetAndDestroy();
    await gone;
    // Node has asked for the address before or it has not; it never becomes something else.
    const peer = peerOfSocket(request.socket);
    expect(peer.unixSocket).toBeUndefined();
    expect(peerOfSocket({ ...peer, remoteAddress: undefined, server } as never)).toEqual({});
  });
});

test("headers that name a user are taken away wherever Node has them", async () => {
  let left: unknown;
  const server = createServer((request, response) => {
    expect(request.headersDistinct["x-remote-user"]).toEqual(["jane"]); // Node keeps what was asked for once
    clearRequestHeader(request);
    left = [request.rawHeaders, request.headers, { ...request.headersDistinct }];
    response.end("{}");
  });
  const port = await listen(server);
  await ask(
    httpRequest({
      port,
      host: "127.0.0.1",
      headers: ["Host", "a", "X-Remote-User", "jane", "x_remote_group", "b", "Connection", "close"] as never,
    }),
  );
  expect(left).toEqual([
    ["Host", "a", "Connection", "close"],
    { host: "a", connection: "close" },
    { host: ["a"], connection: ["close"] },
  ]);
});
