/** The configuration objects of @kubernetes/client-node, as they come: over TLS, with a token or a client certificate. */
import { createServer, type Server } from "node:https";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  caTemplate,
  clientTemplate,
  encodePem,
  generateKeyPair,
  issueCertificate,
  issueSelfSigned,
  parseIdentity,
  servingTemplate,
} from "kubepki";
import { clientFrom } from "kubepki/node";

/** Its dependencies want a newer Node than we do. */
const library = await import("@kubernetes/client-node").catch((error: unknown) => String(error));
if (typeof library === "string")
  console.info(`skipped: @kubernetes/client-node does not load on Node ${process.version}: ${library}`);
const newConfig = (): KubeConfig => {
  if (typeof library === "string") throw new Error(library);
  return new library.KubeConfig();
};

const ca = await generateKeyPair("ECDSA-P256");
const root = await issueSelfSigned(caTemplate({ subject: { commonName: "ca" } }), ca.signer);
const issuer = { certificate: root.certificate, signer: ca.signer };
const caPem = encodePem("CERTIFICATE", root.certificate.der);
async function pairOf(template: Parameters<typeof issueCertificate>[0]) {
  const { privateKey, publicKey } = await generateKeyPair("ECDSA-P256");
  const { certificate } = await issueCertificate(template, { publicKey, issuer });
  return { cert: encodePem("CERTIFICATE", certificate.der), key: await privateKey.exportPem() };
}
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const seen: {
  method: string;
  path: string;
  token: string | undefined;
  user: string | undefined;
  body: string;
}[] = [];
let server: Server;

beforeAll(async () => {
  const pair = await pairOf(
    servingTemplate({ subject: {}, dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] }),
  );
  server = createServer(
    { ...pair, ca: caPem, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      void answer(request).then((body) => response.setHeader("content-type", "application/json").end(body));
    },
  );
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
});
afterAll(() => void server.close());

async function answer(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const part of request) body += String(part);
  const socket = request.socket as TLSSocket;
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  const { method = "", url = "", headers } = request;
  seen.push({
    method,
    path: url,
    token: headers.authorization,
    user: certificate && parseIdentity(certificate)?.user,
    body,
  });
  if (method === "GET" && url.includes("?"))
    return JSON.stringify({ metadata: { resourceVersion: "7" }, items: [] });
  return JSON.stringify({
    metadata: { name: "a", uid: "1" },
    spec: { request: "", signerName: "example.com/a" },
  });
}

function configOf(user: object): KubeConfig {
  const config = newConfig();
  const { port } = server.address() as AddressInfo;
  const cluster = {
    name: "c",
    server: `https://127.0.0.1:${port}`,
    caData: base64(caPem),
    skipTLSVerify: false,
  };
  config.loadFromClusterAndUser(cluster, { name: "u", ...user });
  return config;
}

describe.skipIf(typeof library === "string")("a KubeConfig", () => {
  test("a token of a KubeConfig logs in, and every call is made", async () => {
    const client = clientFrom(configOf({ token: "secret" }));
    const object = await client.read("a b");
    await client.replaceStatus(object);
    await client.replaceApproval(object);
    await client.remove({ ...object, metadata: { ...object.metadata, resourceVersion: "3" } });
    expect((await client.list({ limit: 10 })).metadata.resourceVersion).toBe("7");
    const base = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET ${base}/a%20b`,
      `PUT ${base}/a/status`,
      `PUT ${base}/a/approval`,
      `DELETE ${base}/a`,
      `GET ${base}?limit=10`,
    ]);
    expect(new Set(seen.map(({ token }) => token))).toEqual(new Set(["Bearer secret"]));
    expect(JSON.parse(seen[3]!.body)).toMatchObject({ preconditions: { uid: "1", resourceVersion: "3" } });
  });

  test("a client certificate of a KubeConfig logs in", async () => {
    const { cert, key } = await pairOf(clientTemplate({ subject: { commonName: "jane" } }));
    await clientFrom(configOf({ certData: base64(cert), keyData: base64(key) })).read("a");
    expect(seen.at(-1)).toMatchObject({ user: "jane", token: undefined });
  });

  test("a server that another CA vouches for is not believed", async () => {
    const other = await issueSelfSigned(
      caTemplate({ subject: { commonName: "ca" } }),
      (await generateKeyPair("ECDSA-P256")).signer,
    );
    const config = configOf({ token: "secret" });
    const [cluster] = config.clusters;
    config.clusters = [{ ...cluster!, caData: base64(encodePem("CERTIFICATE", other.certificate.der)) }];
    const before = seen.length;
    await expect(clientFrom(config).read("a")).rejects.toThrow(/certificate|signature/i);
    expect(seen.length).toBe(before);
  });

  test("a KubeConfig without a cluster is a misuse", () => {
    expect(() => clientFrom(newConfig())).toThrow(TypeError);
  });
});
