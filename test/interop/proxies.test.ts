import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer, request as httpsRequest } from "node:https";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChildProcess } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PkiError } from "../../src/errors.ts";
import { toUserInfo } from "../../src/kubernetes/authenticated-groups.ts";
import { parseIdentity } from "../../src/kubernetes/identity.ts";
import { createForwardedAuthenticator } from "../../src/kubernetes/proxy/forwarded.ts";
import type {
  ForwardedAuthenticator,
  ForwardedAuthenticatorOptions,
} from "../../src/kubernetes/proxy/forwarded.ts";
import { proxiedRequest } from "../../src/node/proxied-request.ts";
import { base64Of, makeCa, pemOf, type Leaf } from "../kubernetes/proxy/fixtures.ts";
import { startProxy, unpackProxies } from "./proxies.ts";

const unpacked = await unpackProxies();
if ("reason" in unpacked) {
  console.warn(`skipped: nginx and HAProxy: ${unpacked.reason}`);
  test.skip(`nginx and HAProxy (skipped: ${unpacked.reason})`);
} else {
  const { nginx, haproxy } = unpacked.versions;
  describe(`behind nginx ${nginx} and HAProxy ${haproxy}`, () => judge(unpacked));
}

/** Names that a header, a log or a quoted text would stumble over; the certificate itself is never text. */
const odd = [
  'quo"ted',
  "back\\slash",
  "a,b;c=d",
  "jürgen",
  "今日は",
  "100%25",
  "a+b c",
  "<script>",
  "\u{1f600}",
  "system:node:a",
  "x".repeat(4000),
];

async function subjects(ca: Awaited<ReturnType<typeof makeCa>>): Promise<Leaf[]> {
  const leaves: Leaf[] = [];
  for (const name of odd)
    leaves.push(
      await ca.client({
        commonName: name.replace("system:", "node:"),
        organizations: [name.replace("system:", "s:"), "b"],
      }),
    );
  // As large as the headers of most servers allow: 300 groups.
  leaves.push(
    await ca.client({
      commonName: "many",
      organizations: Array.from({ length: 300 }, (_, i) => `group ${i} ${"g".repeat(50)}`),
    }),
  );
  return leaves;
}

function judge(programs: Exclude<typeof unpacked, { reason: string }>): void {
  let folder: string;
  let clients: Awaited<ReturnType<typeof makeCa>>;
  let servers: typeof clients;
  let leaves: Leaf[];
  let stranger: Leaf;
  const running: (ChildProcess | Server)[] = [];
  const at = (name: string): string => join(folder, name);
  const write = (name: string, text: string): Promise<void> => writeFile(at(name), text, { mode: 0o600 });

  /** A backend on a Unix socket that answers with the user, or with the code of the refusal. */
  async function backend(
    name: string,
    options: Omit<ForwardedAuthenticatorOptions, "trustAnchors">,
    leaf?: Leaf,
  ): Promise<void> {
    const authenticator: ForwardedAuthenticator = createForwardedAuthenticator({
      ...options,
      trustAnchors: clients.pem,
    });
    const listener: RequestListener = (request, response) => {
      void authenticator
        .authenticate(proxiedRequest(request))
        .catch((error: PkiError) => error.code)
        .then((answer) => response.end(JSON.stringify(answer ?? "nobody")));
    };
    const limits = { maxHeaderSize: 65_536 };
    const tls = leaf && {
      cert: pemOf(leaf.certificate),
      key: leaf.privateKey,
      requestCert: true,
      rejectUnauthorized: false,
    };
    const server = tls ? createTlsServer({ ...limits, ...tls }, listener) : createServer(limits, listener);
    await once(server.listen(at(name)), "listening");
    running.push(server);
  }

  /** `chain` is what the client sends after its own certificate. */
  async function call(
    name: string,
    leaf?: Leaf,
    headers: readonly string[] = [],
    chain = "",
  ): Promise<unknown> {
    const credentials = leaf && { cert: pemOf(leaf.certificate) + chain, key: leaf.privateKey };
    const raw = ["Host", "localhost", "Connection", "close", ...headers];
    const options = {
      socketPath: at(name),
      ca: servers.pem,
      servername: "localhost",
      agent: false,
      signal: AbortSignal.timeout(20_000),
      ...credentials,
    };
    const [response] = (await once(
      httpsRequest({ ...options, headers: raw as never }).end(),
      "response",
    )) as [IncomingMessage];
    let text = "";
    for await (const part of response.setEncoding("utf8")) text += String(part);
    return response.statusCode === 200 ? JSON.parse(text) : response.statusCode;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kubepki-interop-"));
    [clients, servers] = [await makeCa("clients"), await makeCa("servers")];
    const proxies = await makeCa("proxies");
    const front = await servers.server("localhost");
    const proxy = await proxies.client({ commonName: "front-proxy-client" });
    leaves = await subjects(clients);
    stranger = await (await makeCa("others")).client({ commonName: "admin" });
    await write("clients.pem", clients.pem);
    await write("servers.pem", servers.pem);
    await write("front.pem", pemOf(front.certificate) + front.privateKey);
    await write("proxy.pem", pemOf(proxy.certificate) + proxy.privateKey);

    const trustedPeers = { trustAnchors: proxies.pem, allowedNames: ["front-proxy-client"] } as const;
    await backend("for-nginx.sock", { proxy: "nginx", trustedPeers }, front);
    await backend("for-plain-nginx.sock", { proxy: "ingress-nginx", trustedPeers: { unixSocket: true } });
    await backend("for-haproxy.sock", { proxy: "haproxy", trustedPeers }, front);
    await backend("for-rfc9440.sock", { proxy: "rfc9440", trustedPeers }, front);
    await write("nginx.conf", nginxConfiguration(folder));
    await write("haproxy.cfg", haproxyConfiguration(folder));
    const nginxOptions = ["-p", folder, "-e", "stderr", "-c", at("nginx.conf")];
    running.push(await startProxy(programs, "nginx", nginxOptions, at("plain-nginx.sock")));
    running.push(await startProxy(programs, "haproxy", ["-db", "-f", at("haproxy.cfg")], at("rfc9440.sock")));
  });

  afterAll(async () => {
    for (const one of running)
      if ("kill" in one) one.kill();
      else one.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ways = ["nginx", "plain-nginx", "haproxy", "rfc9440"];

  test.for(ways)("%s: names everybody as their certificate does", async (way) => {
    for (const leaf of leaves) {
      const expected: unknown = JSON.parse(JSON.stringify(toUserInfo(parseIdentity(leaf.certificate)!)));
      expect(await call(`${way}.sock`, leaf)).toEqual(expected);
    }
  });

  test.for(ways)("%s: says nobody where there is no certificate", async (way) => {
    expect(await call(`${way}.sock`)).toBe("nobody");
  });

  test.for(ways)("%s: what the client writes is not believed", async (way) => {
    const admin = leaves[0]!;
    const pem = encodeURIComponent(pemOf(admin.certificate));
    const base64 = base64Of(admin.certificate);
    const headers = Object.entries({
      "X-SSL-Client-Cert": pem,
      "X-SSL-Client-Verify": "SUCCESS",
      "ssl-client-cert": pem,
      "ssl-client-verify": "SUCCESS",
      "X-SSL-Client-Der": base64,
      "X-SSL-Client-Chain-Der": base64,
      "Client-Cert": `:${base64}:`,
      "Client-Cert-Chain": `:${base64}:`,
    }).flat();
    expect(await call(`${way}.sock`, undefined, headers)).toBe("nobody");
    expect(await call(`${way}.sock`, leaves[1], headers)).toMatchObject({ username: odd[1] });
    const lower = headers.map((text, i) => (i % 2 ? text : text.toLowerCase()));
    expect(await call(`${way}.sock`, leaves[1], [...headers, ...lower])).toMatchObject({ username: odd[1] });
  });

  test("nginx drops names with underscores, HAProxy passes them on and they are refused", async () => {
    const alias = ["X_SSL_Client_Verify", "SUCCESS", "Client_Cert", "x"];
    expect(await call("nginx.sock", leaves[1], alias)).toMatchObject({ username: odd[1] });
    expect(await call("haproxy.sock", leaves[1], alias)).toBe("ERR_HEADER_ALIAS");
    expect(await call("rfc9440.sock", leaves[1], alias)).toBe("ERR_HEADER_ALIAS");
  });

  test("HAProxy passes on what came with the certificate; nginx does not, so the backend must know it", async () => {
    const middle = await clients.intermediate("middle");
    const leaf = await middle.client({ commonName: "below" });
    expect(await call("haproxy.sock", leaf, [], middle.pem)).toMatchObject({ username: "below" });
    expect(await call("nginx.sock", leaf, [], middle.pem)).toBe("ERR_CHAIN_UNKNOWN_AUTHORITY");
  });

  test("a certificate of another CA gets nowhere", async () => {
    expect(await call("nginx.sock", stranger)).toBe(400); // nginx refuses itself
    expect(await call("plain-nginx.sock", stranger)).toBe("ERR_HEADER_VERIFY"); // optional_no_ca: nginx lets it through and says so
    await expect(call("haproxy.sock", stranger)).rejects.toThrow(); // HAProxy ends the handshake
  });

  test("a proxy that passes on everything lets nobody in by itself", async () => {
    const headers = ["Client-Cert", `:${base64Of(leaves[0]!.certificate)}:`];
    expect(await call("for-rfc9440.sock", leaves[0], headers)).toBe("ERR_HEADER_UNTRUSTED_PEER");
    expect(await call("for-rfc9440.sock", undefined, headers)).toBe("ERR_HEADER_UNTRUSTED_PEER");
  });
}

function nginxConfiguration(folder: string): string {
  const server = (name: string, verify: string, location: string): string => `
    server {
      listen unix:${folder}/${name}.sock ssl;
      ssl_certificate ${folder}/front.pem;
      ssl_certificate_key ${folder}/front.pem;
      ssl_client_certificate ${folder}/clients.pem;
      ssl_verify_client ${verify};
      location / { ${location} }
    }`;
  return `
  daemon off;
  master_process off;
  pid ${folder}/nginx.pid;
  events { worker_connections 64; }
  http {
    access_log off;
    large_client_header_buffers 8 64k;
    client_body_temp_path ${folder}/body;
    proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi;
    uwsgi_temp_path ${folder}/uwsgi;
    scgi_temp_path ${folder}/scgi;
    ${server(
      "nginx",
      "optional",
      `proxy_pass https://unix:${folder}/for-nginx.sock;
      proxy_ssl_certificate ${folder}/proxy.pem;
      proxy_ssl_certificate_key ${folder}/proxy.pem;
      proxy_ssl_trusted_certificate ${folder}/servers.pem;
      proxy_ssl_name localhost;
      proxy_ssl_verify on;
      proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;
      proxy_set_header X-SSL-Client-Verify $ssl_client_verify;`,
    )}
    ${server(
      "plain-nginx",
      "optional_no_ca",
      `proxy_pass http://unix:${folder}/for-plain-nginx.sock;
      proxy_set_header ssl-client-cert $ssl_client_escaped_cert;
      proxy_set_header ssl-client-verify $ssl_client_verify;`,
    )}
  }`;
}

function haproxyConfiguration(folder: string): string {
  const frontend = (name: string, rules: string): string => `
frontend ${name}
  bind ${folder}/${name}.sock ssl crt ${folder}/front.pem ca-file ${folder}/clients.pem verify optional
${rules}
  use_backend ${name}-backend

backend ${name}-backend
  server node ${folder}/for-${name}.sock ssl crt ${folder}/proxy.pem ca-file ${folder}/servers.pem verify required sni str(localhost)
`;
  return `
global
  maxconn 64
  tune.bufsize 131072

defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
${frontend(
  "haproxy",
  `  http-request del-header X-SSL-Client- -m beg
  http-request set-header X-SSL-Client-Verify %[ssl_c_verify]
  http-request set-header X-SSL-Client-Der %[ssl_c_der,base64] if { ssl_c_used }
  http-request set-header X-SSL-Client-Chain-Der %[ssl_c_chain_der,base64] if { ssl_c_used }`,
)}
${frontend(
  "rfc9440",
  `  http-request del-header Client-Cert
  http-request del-header Client-Cert-Chain
  http-request set-header Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }`,
)}`;
}
