/** Identities where they are met: on a TLS socket, and in a process that is locked down. */
import { execFile } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import { parseIdentity } from "../../src/kubernetes/identity.ts";
import { encodePem } from "../../src/pem.ts";
import { certificate, cn, name, o, tbsCertificate } from "../support/certificate.ts";
import { bits } from "../support/tlv.ts";

/** A certificate that its own key signed, with that key. */
function selfSigned(subject: Uint8Array): { cert: string; key: string; der: Uint8Array } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subjectPublicKeyInfo = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  const tbs = tbsCertificate({ issuer: subject, subject, subjectPublicKeyInfo });
  const der = certificate({ tbs, signature: bits(new Uint8Array(sign("sha256", tbs, privateKey))) });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { cert: encodePem("CERTIFICATE", der), key, der };
}

async function peerOf(client: ReturnType<typeof selfSigned>): Promise<TLSSocket> {
  const server = createServer({ ...selfSigned(name(cn("server"))), requestCert: true, ca: client.cert });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect({
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    cert: client.cert,
    key: client.key,
  });
  const [peer] = (await once(server, "secureConnection")) as [TLSSocket];
  socket.destroy();
  server.close();
  return peer;
}

describe("on a TLS socket", () => {
  test("PeerCertificate and X509Certificate of the peer give its identity", async () => {
    const client = selfSigned(name(o("system:nodes"), o("a, O=system:masters"), cn("system:node:n")));
    const peer = await peerOf(client);
    expect(peer.authorized).toBe(true);
    const expected = JSON.stringify(parseIdentity(client.der));
    expect(expected).toContain('["system:nodes","a, O=system:masters"]');
    expect(JSON.stringify(parseIdentity(peer.getPeerCertificate()))).toBe(expected);
    expect(JSON.stringify(parseIdentity(peer.getPeerCertificate(true)))).toBe(expected);
    expect(JSON.stringify(parseIdentity(peer.getPeerX509Certificate()!))).toBe(expected);
    peer.destroy();
  });
});

describe("in a process that is locked down", () => {
  const folder = mkdtempSync(join(tmpdir(), "kubepki-locked-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("runs with frozen intrinsics and without code generation", async () => {
    const module = fileURLToPath(new URL("../../src/kubernetes/identity.ts", import.meta.url));
    const outfile = join(folder, "identity.mjs");
    await build({
      entryPoints: [module],
      bundle: true,
      format: "esm",
      platform: "neutral",
      outfile,
      logLevel: "silent",
    });
    const script = join(folder, "script.mjs");
    const pem = encodePem("CERTIFICATE", certificate({ subject: name(o("gr\u00fcn"), cn("u")) }));
    const bad = encodePem("CERTIFICATE", certificate({ subject: name(cn("a\nb")) }));
    writeFileSync(
      script,
      `import { parseIdentity } from ${JSON.stringify(pathToFileURL(outfile).href)};
      const codes = [];
      try { parseIdentity(${JSON.stringify(bad)}); } catch (error) { codes.push(error.code); }
      console.log(JSON.stringify([parseIdentity(${JSON.stringify(pem)}), ...codes]));`,
    );
    const flags = [
      "--frozen-intrinsics",
      "--disallow-code-generation-from-strings",
      "--disable-proto=throw",
      "--no-warnings",
    ];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, script]);
    const identity: unknown = JSON.parse(JSON.stringify(parseIdentity(pem)));
    expect(JSON.parse(stdout)).toEqual([identity, "ERR_IDENTITY_CONTROL_CHARACTER"]);
  });
});
