/** Peers of real TLS connections: who they are, with resumed sessions, intermediates, and certificates that are none. */
import { createServer } from "node:https";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import { Socket } from "node:net";
import { once } from "node:events";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import { createAuthenticator, encodePem } from "kubepki";
import {
  certificatesFromSocket,
  fromSocket,
  identityFromSocket,
  peerOfSocket,
  withAuthentication,
} from "kubepki/node";
import type { PeerSocket, Refusal } from "kubepki/node";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { call, newCa, newClient, newServer } from "../support/mtls.ts";
import type { Ca, Credentials } from "../support/mtls.ts";

import { party, signed } from "../support/chain.ts";
import { cn, extension, extensionIds, name } from "../support/certificate.ts";
import { hex } from "../support/tlv.ts";

let ca: Ca;
let tls: Credentials & { requestCert: true; rejectUnauthorized: false };
let jane: Credentials;

beforeAll(async () => {
  ca = await newCa("clients");
  tls = { ...(await newServer(ca)), requestCert: true, rejectUnauthorized: false };
  jane = await newClient(ca, "jane", ["developers"]);
});

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

/** The server's side of a connection. */
async function peer(server: Server, credentials: Partial<Credentials>): Promise<TLSSocket> {
  const port = await listen(server);
  const accepted = once(server, "secureConnection") as Promise<[TLSSocket]>;
  connect({ port, host: "127.0.0.1", ca: ca.pem, ...credentials }).on("error", () => undefined);
  return (await accepted)[0];
}

describe("identityFromSocket", () => {
  test("gives the identity of a verified peer, and the same object again", async () => {
    const socket = await peer(createServer({ ...tls, ca: ca.pem }), jane);
    const identity = identityFromSocket(socket);
    expect(identity).toMatchObject({ user: "jane", groups: ["developers"] });
    expect(identityFromSocket(socket)).toBe(identity);
    expect(identityFromSocket(socket, { mode: "kubernetes" })).not.toBe(identity);
  });

  test("refuses a peer whom Node has not verified", async () => {
    const socket = await peer(createServer({ ...tls, ca: (await newCa("others")).pem }), jane);
    expect(() => identityFromSocket(socket)).toThrow(
      expect.objectContaining({ code: "ERR_PEER_UNAUTHORIZED" }),
    );
    expect(() => identityFromSocket(socket)).toThrow("SELF_SIGNED_CERT_IN_CHAIN");
  });

  test("refuses a peer without a certificate, whatever `authorized` says", async () => {
    const socket = await peer(createServer({ ...tls, ca: ca.pem }), {});
    expect(() => identityFromSocket(socket)).toThrow(
      expect.objectContaining({ code: "ERR_PEER_NO_CERTIFICATE" }),
    );
    const claimed: PeerSocket = { authorized: true, getPeerX509Certificate: () => undefined };
    expect(() => identityFromSocket(claimed)).toThrow(
      expect.objectContaining({ code: "ERR_PEER_NO_CERTIFICATE" }),
    );
    const empty = { authorized: true, getPeerX509Certificate: () => ({ raw: Buffer.alloc(0) }) };
    expect(() => identityFromSocket(empty as unknown as PeerSocket)).toThrow(
      expect.objectContaining({ code: "ERR_PEER_NO_CERTIFICATE" }),
    );
  });

  test("refuses a connection without TLS", () => {
    expect(() => identityFromSocket(new Socket())).toThrow(
      expect.objectContaining({ code: "ERR_PEER_NOT_TLS" }),
    );
  });

  test("a peer who has hung up is not one without a certificate, unless it was known before", async () => {
    const [late, known] = [await peer(createServer(tls), jane), await peer(createServer(tls), jane)];
    const shown = certificatesFromSocket(known);
    expect(shown).toBeDefined();
    for (const socket of [late, known]) {
      socket.destroy();
      await once(socket, "close");
    }
    expect(() => certificatesFromSocket(late)).toThrow(expect.objectContaining({ code: "ERR_PEER_GONE" }));
    expect(certificatesFromSocket(known)).toBe(shown);
  });
});

describe("certificatesFromSocket", () => {
  test("gives what stands between, and peerOfSocket gives the same", async () => {
    const middle = await newCa("middle", ca);
    const client = await newClient(middle, "jane", [], [middle]);
    const socket = await peer(createServer(tls), client);
    const shown = certificatesFromSocket(socket)!;
    expect(shown.slice(1)).toContainEqual(middle.certificate.der);
    expect(peerOfSocket(socket).certificates).toBe(shown);
  });

  test("ends where certificates go in a circle", () => {
    const one = { raw: Buffer.of(1), issuerCertificate: {} };
    const two = { raw: Buffer.of(2), issuerCertificate: one };
    one.issuerCertificate = two;
    const socket = { getPeerX509Certificate: () => one } as unknown as PeerSocket;
    expect(certificatesFromSocket(socket)).toHaveLength(33);
  });
});

describe.for(["TLSv1.2", "TLSv1.3"] as const)("a session of %s that is resumed", (version) => {
  /** The second connection of a client, after its first request; whether it was resumed, and what both were answered. */
  async function resume(
    port: number,
    credentials: Credentials,
  ): Promise<{ reused: boolean; bodies: string[] }> {
    const bodies: string[] = [];
    let session: Buffer | undefined;
    let reused = false;
    for (let i = 0; i < 2; i++) {
      const socket = connect({
        port,
        host: "127.0.0.1",
        ca: ca.pem,
        ...credentials,
        minVersion: version,
        maxVersion: version,
        ...(session && { session }),
      });
      socket.on("session", (ticket: Buffer) => (session = ticket));
      await once(socket, "secureConnect");
      reused = socket.isSessionReused();
      socket.write("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
      let body = "";
      for await (const chunk of socket.setEncoding("utf8")) body += chunk as string;
      bodies.push(body);
    }
    return { reused, bodies };
  }

  test("still names its user, for Node's verification and for ours", async () => {
    const authenticator = createAuthenticator({ trustAnchors: [ca.certificate] });
    const handler = withAuthentication({ sources: fromSocket(authenticator) }, (request, response) => {
      const { user } = identityFromSocket(request.socket)!;
      response.end(`${user} is ${request.identity?.username}`);
    });
    const port = await listen(createServer({ ...tls, ca: ca.pem }, handler));
    const { reused, bodies } = await resume(port, jane);
    expect(reused).toBe(true);
    for (const body of bodies) expect(body).toContain("jane is jane");
  });

  test("is known without the intermediates that it no longer shows", async () => {
    const middle = await newCa("middle", ca);
    const authenticator = createAuthenticator({ trustAnchors: [ca.certificate] });
    const shown: (number | undefined)[] = [];
    const handler = withAuthentication({ sources: fromSocket(authenticator) }, (request, response) => {
      shown.push(certificatesFromSocket(request.socket)?.length);
      response.end(request.identity!.username);
    });
    const port = await listen(createServer(tls, handler));
    const { reused, bodies } = await resume(port, await newClient(middle, "jane", [], [middle]));
    expect(reused).toBe(true);
    for (const body of bodies) expect(body).toContain("200 OK");
    expect(shown).toHaveLength(2);
  });

  test("of a client whose CA was taken out meanwhile is refused", async () => {
    const authenticator = createAuthenticator({ trustAnchors: [ca.certificate] });
    const handler = withAuthentication({ sources: fromSocket(authenticator) }, (_request, response) => {
      authenticator.replaceTrustAnchors([]);
      response.end("first");
    });
    const port = await listen(createServer(tls, handler));
    const { reused, bodies } = await resume(port, jane);
    expect(reused).toBe(true);
    expect(bodies[0]).toContain("200 OK");
    expect(bodies[1]).toContain("401 Unauthorized");
  });
});

describe("certificates that OpenSSL takes and we do not", () => {
  const client = party("client");
  const key = client.key.export({ type: "pkcs8", format: "pem" }).toString();
  const hostile: Record<string, [Uint8Array, string]> = {
    "two common names": [
      signed(client, client, { subject: name(cn("jane"), cn("admin")) }),
      "ERR_IDENTITY_MULTIPLE_COMMON_NAMES",
    ],
    "a line break in the name": [
      signed(client, client, { subject: name(cn("a\nb")) }),
      "ERR_IDENTITY_CONTROL_CHARACTER",
    ],
    "an extension of broken DER": [
      signed(client, client, { extensions: [extension(extensionIds.keyUsage, hex("0500"))] }),
      "ERR_DER_UNEXPECTED_TAG",
    ],
  };

  test.for(Object.entries(hostile))("%s: 401, and the server lives on", async ([, [der, code]]) => {
    const refusals: Refusal[] = [];
    const authenticator = createAuthenticator({ trustAnchors: tryAnchors(der) });
    const handler = withAuthentication(
      {
        sources: fromSocket(authenticator),
        nobody: "anonymous",
        onRefusal: (refusal) => refusals.push(refusal),
      },
      (request, response) => response.end(request.identity!.username),
    );
    const port = await listen(createServer(tls, handler));
    const answer = await call(port, { ca: ca.pem, cert: encodePem("CERTIFICATE", der), key });
    expect([answer.status, refusals.flatMap(({ errors }) => errors)]).toMatchObject([401, [{ code }]]);
    expect((await call(port, { ca: ca.pem })).body).toBe("system:anonymous");
  });

  /** Trusted itself, if it can be parsed, so that nothing but its name stands against it. */
  function tryAnchors(der: Uint8Array): Uint8Array[] {
    try {
      createAuthenticator({ trustAnchors: [der] });
      return [der];
    } catch {
      return [];
    }
  }
});

test("a client that hangs up while it is looked for does no harm", async () => {
  let found!: () => void;
  const looking = new Promise<void>((resolve) => (found = resolve));
  let asked!: () => void;
  const begun = new Promise<void>((resolve) => (asked = resolve));
  const sources = async (): Promise<undefined> => {
    asked();
    await looking;
  };
  const handler = withAuthentication({ sources }, () => undefined);
  let handled: unknown;
  const server = createServer(tls, (request, response) => {
    handled = (handler as (...parameters: unknown[]) => unknown)(request, response);
  });
  const port = await listen(server);
  const socket = connect({ port, host: "127.0.0.1", ca: ca.pem });
  socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  await begun;
  const closed = once(socket, "close");
  socket.destroy();
  await closed;
  found();
  await expect(handled).resolves.toBeUndefined();
});
