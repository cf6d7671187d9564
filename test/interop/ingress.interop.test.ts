/** A real nginx serves what a TLS Secret of ours holds, for the hosts of an Ingress in which nothing was found. */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { once } from "node:events";
import { afterAll, describe, expect, test } from "vitest";
import {
  caTemplate,
  encodePem,
  generateKeyPair,
  issueCertificate,
  issueSelfSigned,
  servingTemplate,
  tlsSecret,
  validateIngressTls,
  validateTlsSecret,
} from "kubepki";
import { startProxy, unpackProxies } from "./proxies.ts";

const unpacked = await unpackProxies();
if ("reason" in unpacked) console.warn(`skipped: nginx: ${unpacked.reason}`);

describe.skipIf("reason" in unpacked)(
  `nginx${"reason" in unpacked ? ` (skipped: ${unpacked.reason})` : ""}`,
  () => {
    let nginx: ChildProcess | undefined;
    let folder = "";
    afterAll(async () => {
      nginx?.kill();
      await rm(folder, { recursive: true, force: true });
    });

    test("serves the pair of an Ingress's Secret, through an intermediate", async () => {
      if ("reason" in unpacked) return;
      folder = await mkdtemp(join(tmpdir(), "kubepki-ingress-"));
      const [ca, between, server] = [
        await generateKeyPair("ECDSA-P256"),
        await generateKeyPair("ECDSA-P256"),
        await generateKeyPair("ECDSA-P256"),
      ];
      const root = await issueSelfSigned(caTemplate({ subject: { commonName: "root" } }), ca.signer);
      const intermediate = await issueCertificate(
        caTemplate({ subject: { commonName: "between" }, pathLength: 0, lifetimeSeconds: 86_400 * 30 }),
        {
          publicKey: between.publicKey,
          issuer: { certificate: root.certificate, signer: ca.signer },
        },
      );
      const { certificate } = await issueCertificate(
        servingTemplate({
          subject: {},
          dnsNames: ["shop.example.com", "*.cdn.example.com"],
          lifetimeSeconds: 86_400,
        }),
        {
          publicKey: server.publicKey,
          issuer: { certificate: intermediate.certificate, signer: between.signer },
        },
      );
      const secret = await tlsSecret({
        name: "shop-tls",
        certificates: [certificate, intermediate.certificate],
        privateKey: server.privateKey,
      });
      const hosts = ["shop.example.com", "*.cdn.example.com"];
      const ingress = {
        spec: { tls: [{ hosts, secretName: "shop-tls" }], rules: hosts.map((host) => ({ host })) },
      };
      expect([
        ...(await validateTlsSecret(secret)),
        ...(await validateIngressTls(ingress, [secret])),
      ]).toEqual([]);

      for (const file of ["tls.crt", "tls.key"])
        await writeFile(join(folder, file), Buffer.from(secret.data[file]!, "base64"), { mode: 0o600 });
      await writeFile(join(folder, "nginx.conf"), configuration(folder));
      const socket = join(folder, "web.sock");
      nginx = await startProxy(
        unpacked,
        "nginx",
        ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")],
        socket,
      );

      const ask = async (servername: string): Promise<boolean> => {
        const client = connect({
          path: socket,
          servername,
          ca: encodePem("CERTIFICATE", root.certificate.der),
        });
        try {
          await once(client, "secureConnect");
          return client.authorized;
        } finally {
          client.destroy();
        }
      };
      expect(await ask("shop.example.com")).toBe(true);
      expect(await ask("a.cdn.example.com")).toBe(true);
      await expect(ask("www.example.com")).rejects.toThrow(/altnames/);
    });
  },
);

function configuration(folder: string): string {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `
  daemon off;
  master_process off;
  pid ${folder}/nginx.pid;
  events { worker_connections 64; }
  http {
    access_log off;
    ${paths.join("\n    ")}
    server {
      listen unix:${folder}/web.sock ssl;
      ssl_certificate ${folder}/tls.crt;
      ssl_certificate_key ${folder}/tls.key;
      location / { return 200; }
    }
  }`;
}
