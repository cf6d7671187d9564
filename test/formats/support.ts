/** OpenSSL, if there is one, in a folder of its own; and what the formats are made of. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { caTemplate, clientTemplate, generateKeyPair, issueCertificate, issueSelfSigned } from "kubepki";

export const openSslVersion = spawnSync("openssl", ["version"], { encoding: "utf8" }).stdout as string | null;
if (!openSslVersion) console.info("skipped: there is no openssl command");

export function openSslFolder(): {
  readonly folder: string;
  readonly openssl: (...args: string[]) => string;
} {
  const folder = mkdtempSync(join(tmpdir(), "kubepki-formats-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const openssl = (...args: string[]): string =>
    execFileSync("openssl", args, { encoding: "utf8", cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  return { folder, openssl };
}

const ca = await generateKeyPair("ECDSA-P256");
export const authority = (await issueSelfSigned(caTemplate({ subject: { commonName: "ca" } }), ca.signer))
  .certificate;
export const { privateKey, publicKey } = await generateKeyPair("ECDSA-P256");
export const leaf = (
  await issueCertificate(clientTemplate({ subject: { commonName: "jane" } }), {
    publicKey,
    issuer: { certificate: authority, signer: ca.signer },
  })
).certificate;
