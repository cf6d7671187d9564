/** What we issue is judged by OpenSSL's command and by TLS handshakes of Node. */
import { execFileSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import type { TLSSocket } from "node:tls";
import { afterAll, describe, expect, test } from "vitest";
import { issueCertificateSync, issueSelfSignedSync } from "../../src/issue/issue.ts";
import { caTemplate, clientTemplate, servingTemplate } from "../../src/issue/template.ts";
import type { CertificateTemplate, Preset } from "../../src/issue/template.ts";
import { keyObjectSigner } from "../../src/node/signer.ts";
import { encodePem } from "../../src/pem.ts";
import type { Certificate } from "../../src/x509/certificate.ts";
import { hex } from "./fixtures.ts";

const pem = ({ der }: Certificate): string => encodePem("CERTIFICATE", der);

function newKey(algorithm: string) {
  const privateKey =
    algorithm === "RSA"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
      : algorithm === "Ed25519"
        ? generateKeyPairSync("ed25519").privateKey
        : generateKeyPairSync("ec", { namedCurve: algorithm }).privateKey;
  return {
    signer: keyObjectSigner(privateKey),
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
  };
}

/** Root, intermediate, a server and a client. */
function hierarchy(algorithm: string, preset: Preset) {
  const [rootKey, subKey, serverKey, clientKey] = [1, 2, 3, 4].map(() => newKey(algorithm));
  const root = issueSelfSignedSync(
    caTemplate({ subject: { commonName: "root" }, preset }),
    rootKey!.signer,
  ).certificate;
  const issue = (
    template: CertificateTemplate,
    publicKey: ReturnType<typeof newKey>,
    certificate: Certificate,
    by: ReturnType<typeof newKey>,
  ) =>
    issueCertificateSync(template, {
      publicKey: publicKey.signer,
      issuer: { certificate, signer: by.signer },
    }).certificate;
  const sub = issue(
    caTemplate({ subject: { commonName: "sub" }, pathLength: 0, preset }),
    subKey!,
    root,
    rootKey!,
  );
  const server = issue(
    servingTemplate({
      subject: { commonName: "web" },
      dnsNames: ["web.default.svc"],
      ipAddresses: ["127.0.0.1", "::1"],
      preset,
    }),
    serverKey!,
    sub,
    subKey!,
  );
  const client = issue(
    clientTemplate({ subject: { organizations: ["ops", "developers"], commonName: "jane" }, preset }),
    clientKey!,
    sub,
    subKey!,
  );
  return { root, sub, server, client, serverKey: serverKey!.key, clientKey: clientKey!.key };
}

const ALGORITHMS = ["P-256", "P-384", "RSA", "Ed25519"];
const PRESETS: Preset[] = ["recommended", "kubeadm", "csrSigner"];

function opensslVersion(): string | undefined {
  try {
    return execFileSync("openssl", ["version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return undefined;
  }
}

const version = opensslVersion();
if (version === undefined) console.warn("skipped: there is no openssl command");

describe.skipIf(version === undefined)("openssl", () => {
  const folder = mkdtempSync(join(tmpdir(), "kubepki-issue-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const openssl = (...args: string[]): string => execFileSync("openssl", args, { encoding: "utf8" });

  test.each(PRESETS.flatMap((preset) => ALGORITHMS.map((algorithm) => [preset, algorithm] as const)))(
    "verifies the chains of preset %s with %s, strictly",
    (preset, algorithm) => {
      const { root, sub, server, client } = hierarchy(algorithm, preset);
      const [rootFile, subFile] = [file("root.pem", pem(root)), file("sub.pem", pem(sub))];
      const verify = (leaf: Certificate, purpose: string, ...more: string[]): string =>
        openssl(
          "verify",
          "-purpose",
          purpose,
          "-CAfile",
          rootFile,
          "-untrusted",
          subFile,
          ...more,
          file("leaf.pem", pem(leaf)),
        );
      expect(verify(server, "sslserver", "-verify_hostname", "web.default.svc")).toContain("OK");
      expect(verify(client, "sslclient", "-check_ss_sig")).toContain("OK");
      if (preset === "recommended") expect(verify(client, "sslclient", "-x509_strict")).toContain("OK");
    },
  );

  test("prints what the template says", () => {
    const { root, server, client } = hierarchy("P-256", "kubeadm");
    const text = (certificate: Certificate): string =>
      openssl("x509", "-noout", "-text", "-nameopt", "RFC2253", "-in", file("c.pem", pem(certificate)));
    expect(text(root)).toContain("CA:TRUE");
    expect(text(root)).toContain("DNS:root");
    const shown = text(server);
    expect(shown).toContain("Subject: CN=web");
    expect(shown).toContain("DNS:web.default.svc, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
    expect(shown).toMatch(/X509v3 Key Usage: critical\s+Digital Signature, Key Encipherment\s/);
    expect(shown).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE/);
    expect(shown).toContain("TLS Web Server Authentication");
    expect(text(client)).toMatch(/Subject: CN=jane,O=developers\+O=ops|Subject: CN=jane,O=ops\+O=developers/);
  });
});

describe("a TLS handshake with both certificates", () => {
  test.each(PRESETS.flatMap((preset) => ALGORITHMS.map((algorithm) => [preset, algorithm] as const)))(
    "of preset %s with %s",
    async (preset, algorithm) => {
      const { root, sub, server, client, serverKey, clientKey } = hierarchy(algorithm, preset);
      const listener = createServer({
        key: serverKey,
        cert: pem(server) + pem(sub),
        ca: pem(root),
        requestCert: true,
        rejectUnauthorized: true,
      });
      listener.listen(0, "127.0.0.1");
      await once(listener, "listening");
      const { port } = listener.address() as AddressInfo;
      const accepted = once(listener, "secureConnection") as Promise<[TLSSocket]>;
      const socket = connect({
        port,
        host: "127.0.0.1",
        servername: "web.default.svc",
        ca: pem(root),
        cert: pem(client) + pem(sub),
        key: clientKey,
      });
      await once(socket, "secureConnect");
      const [peer] = await accepted;
      expect(socket.authorized && peer.authorized).toBe(true);
      expect(hex(peer.getPeerCertificate().raw)).toBe(hex(client.der));
      socket.destroy();
      listener.close();
    },
  );
});

test("node:crypto reads the same fields", () => {
  const { sub, server, serverKey } = hierarchy("P-256", "recommended");
  const read = new X509Certificate(server.der);
  expect(read.subject).toBe("CN=web");
  expect(read.subjectAltName).toBe("DNS:web.default.svc, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
  expect(BigInt(`0x${read.serialNumber}`)).toBe(BigInt(`0x${server.serialNumber}`));
  expect(new Date(read.validTo)).toEqual(server.notAfter);
  expect(read.checkPrivateKey(createPrivateKey(serverKey))).toBe(true);
  expect(read.checkIssued(new X509Certificate(sub.der))).toBe(true);
  expect(read.verify(new X509Certificate(sub.der).publicKey)).toBe(true);
});
