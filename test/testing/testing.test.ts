import { createPrivateKey, X509Certificate } from "node:crypto";
import { createServer } from "node:https";
import { connect } from "node:tls";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authenticate, parseIdentity, verifyServerName } from "kubepki";
import { refusedClients, testPki } from "kubepki/testing";
import type { RefusedClient, TestPki } from "kubepki/testing";

describe("a test's PKI", () => {
  const at = Date.UTC(2045, 5);
  let pki: TestPki;
  beforeAll(async () => {
    pki = await testPki({ at });
  });

  test("issues to users, privileged ones too, whom authenticate recognizes at its moment", async () => {
    const { cert } = await pki.client({ user: "root", groups: ["system:masters", "b", "a"], uid: "7" });
    const user = await authenticate(cert, { trustAnchors: pki.ca, at });
    expect(user).toMatchObject({ username: "root", uid: "7" });
    expect(user?.groups).toEqual(["system:masters", "b", "a", "system:authenticated"]);
  });

  test("issues to nodes", async () => {
    const { certificate } = await pki.node("worker-1");
    expect(parseIdentity(certificate)).toMatchObject({
      user: "system:node:worker-1",
      groups: ["system:nodes"],
    });
  });

  test("issues to servers, whose names hold", async () => {
    const { certificate } = await pki.server({ dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] });
    expect(() => verifyServerName(certificate, "127.0.0.1")).not.toThrow();
    expect(() => verifyServerName(certificate, "example.com")).toThrow();
  });

  test("hands out keys that fit", async () => {
    const { cert, key } = await pki.client({ user: "jane" });
    expect(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  test("issues what is valid half a year before and after its moment, unless told otherwise", async () => {
    const validity = { notBefore: new Date(at), notAfter: new Date(at + 60_000) };
    const { certificate } = await pki.client({ user: "jane" }, { validity });
    expect(certificate.notAfter).toEqual(validity.notAfter);
    const { notBefore, notAfter } = (await pki.client({ user: "jane" })).certificate;
    expect([notBefore.getTime(), notAfter.getTime()]).toEqual([at - 15_768_000_000, at + 15_768_000_000]);
  });

  test.for(["ECDSA-P384", "RSA-2048", "Ed25519"] as const)(
    "has keys of %s if asked to",
    async (keyAlgorithm) => {
      const other = await testPki({ keyAlgorithm });
      const { cert, privateKey } = await other.client({ user: "jane" });
      expect(privateKey.algorithm).toBe(keyAlgorithm);
      expect((await authenticate(cert, { trustAnchors: other.ca }))?.username).toBe("jane");
    },
  );
});

const pki = await testPki({ commonName: "a CA" });
const clients = await refusedClients(pki);

describe("clients that must be refused", () => {
  test("have titles of their own", () => {
    expect(new Set(clients.map(({ title }) => title)).size).toBe(clients.length);
  });

  test.for(clients)("$title", async ({ cert, code }) => {
    const answer = authenticate(cert, { trustAnchors: pki.ca });
    if (code === undefined) expect(await answer).toBeUndefined();
    else await expect(answer).rejects.toMatchObject({ code });
  });

  test("would all be let in but for that one reason", async () => {
    const { cert } = await pki.client({ user: "jane", groups: ["developers"] });
    expect((await authenticate(cert, { trustAnchors: pki.ca }))?.username).toBe("jane");
  });
});

describe("a TLS server", async () => {
  const own = await pki.server({ ipAddresses: ["127.0.0.1"] });
  const tls = { cert: own.cert, key: own.key, ca: pki.ca };
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true });
  beforeAll(() => once(server.listen(0, "127.0.0.1"), "listening"));
  afterAll(() => server.close());

  test.for(clients)("on $title says what `refusedByTls` says", async ({ cert, key, refusedByTls }) => {
    expect(await isRefused({ cert, key })).toBe(refusedByTls);
  });

  /** With TLS 1.2, the server's verdict is part of the handshake. */
  async function isRefused({ cert, key }: Pick<RefusedClient, "cert" | "key">): Promise<boolean> {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: "127.0.0.1", port, ca: pki.ca, cert, key, maxVersion: "TLSv1.2" });
    try {
      await once(socket, "secureConnect");
      return false;
    } catch {
      return true;
    } finally {
      socket.destroy();
    }
  }
});
