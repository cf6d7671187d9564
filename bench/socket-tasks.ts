/** What is measured of a server's open connections: who is at the other end, asked again for every request. */
import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import type { TLSSocket } from "node:tls";
import { caTemplate, clientTemplate } from "../src/issue/template.ts";
import { issueCertificateSync, issueSelfSignedSync } from "../src/issue/issue.ts";
import { createAuthenticator } from "../src/kubernetes/authenticate.ts";
import { createAuthentication } from "../src/node/middleware/authentication.ts";
import { fromSocket } from "../src/node/middleware/source.ts";
import { keyObjectSigner } from "../src/node/signer.ts";
import { identityFromSocket } from "../src/node/socket.ts";
import { encodePem } from "../src/pem.ts";
import type { Certificate } from "../src/x509/certificate.ts";

interface Connection {
  readonly ca: Certificate;
  /** The server's side, verified by Node. */
  readonly socket: TLSSocket;
}

/** A connection of mutual TLS on loopback, which lasts as long as the process. */
async function open(): Promise<Connection> {
  const { privateKey: caKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer = keyObjectSigner(caKey);
  const { certificate: ca } = issueSelfSignedSync(caTemplate({ subject: { commonName: "ca" } }), signer);
  const subject = { commonName: "jane", organizations: ["developers"] };
  const { certificate } = issueCertificateSync(clientTemplate({ subject, lifetimeSeconds: 86_400 }), {
    publicKey: new Uint8Array(publicKey.export({ type: "spki", format: "der" })),
    issuer: { certificate: ca, signer },
  });
  const pem = (key: typeof caKey): string => key.export({ type: "pkcs8", format: "pem" }).toString();
  const caPem = encodePem("CERTIFICATE", ca.der);
  const server = createServer({ cert: caPem, key: pem(caKey), ca: caPem, requestCert: true });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const accepted = once(server, "secureConnection") as Promise<[TLSSocket]>;
  const { port } = server.address() as AddressInfo;
  const cert = encodePem("CERTIFICATE", certificate.der);
  connect({ port, host: "127.0.0.1", rejectUnauthorized: false, cert, key: pem(privateKey) });
  const [socket] = await accepted;
  return { ca, socket };
}

/** By name, as in tasks.ts. */
export const connected: Record<string, () => Promise<(index: number) => unknown>> = {
  "getPeerCertificate() and its subject": async () => {
    const { socket } = await open();
    const read = (): unknown => {
      const { subject } = socket.getPeerCertificate();
      return socket.authorized && { user: subject.CN, groups: [subject.O].flat() };
    };
    assert.deepEqual(read(), { user: "jane", groups: ["developers"] });
    return read;
  },
  identityFromSocket: async () => {
    const { socket } = await open();
    assert.equal(identityFromSocket(socket)?.user, "jane");
    return () => identityFromSocket(socket);
  },
  "the middleware's decision": async () => {
    const { ca, socket } = await open();
    const sources = fromSocket(createAuthenticator({ trustAnchors: [ca] }));
    const authentication = createAuthentication({ sources });
    const request = { socket, rawHeaders: [] };
    const decision = await authentication.decide(request);
    assert(decision.allowed && decision.identity?.username === "jane");
    return () => authentication.decide(request);
  },
};
