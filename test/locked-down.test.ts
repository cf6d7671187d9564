/** The library in a process that allows as little as Node can forbid: built-ins are frozen, and no code is made of text. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, expect, test } from "vitest";
import { projectRoot } from "./source-tree.ts";

const folder = mkdtempSync(join(tmpdir(), "kubepki-locked-"));
afterAll(() => rmSync(folder, { recursive: true }));

const FLAGS = [
  "--frozen-intrinsics",
  "--disallow-code-generation-from-strings",
  "--disable-proto=throw",
  "--no-warnings",
];

/** Issues, reads, verifies, authenticates, explains, signs a request, makes a cluster; and refuses. */
const PROGRAM = `
const ca = await k.generateKeyPair("ECDSA-P256");
const root = await k.issueSelfSigned(k.caTemplate({ subject: { commonName: "ca" } }), ca.signer);
const issuer = { certificate: root.certificate, signer: ca.signer };
const user = await k.generateKeyPair("ECDSA-P256");
const subject = { commonName: "jane", organizations: ["developers"] };
const { certificate } = await k.issueCertificate(k.clientTemplate({ subject }), { publicKey: user.publicKey, issuer });
const pem = k.encodePem("CERTIFICATE", certificate.der);
const answer = await k.createAuthenticator({ trustAnchors: [root.certificate] }).authenticate(pem);
const request = await k.parseCertificateRequest((await k.createCertificateRequest({ subject }, user.signer)).pem);
const { certificates } = await k.issueClusterPki({ nodes: [{ name: "cp", role: "control-plane", addresses: ["192.0.2.1"] }] });
const key = await k.parsePrivateKey(await user.privateKey.exportPem());
const texts = [k.formatCertificate(pem), k.formatCertificateCard(pem), k.formatCertificateRequest(request)];
console.log(JSON.stringify({
  user: answer.username,
  groups: answer.groups,
  matches: k.keyMatchesCertificate(key, k.parseCertificate(pem)),
  certificates: certificates.length > 10,
  findings: k.lintCertificate(k.parseCertificate(pem)).length,
  texts: texts.every((text) => text.includes("jane")),
  refusal: k.safeParseCertificate(new Uint8Array([0x30, 0x80])).error.code,
}));
`;

test("the library runs with frozen intrinsics and without code generation", async () => {
  const outfile = join(folder, "kubepki.mjs");
  const entry = fileURLToPath(new URL("src/index.ts", projectRoot));
  await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    platform: "neutral",
    outfile,
    logLevel: "silent",
  });
  const script = join(folder, "script.mjs");
  writeFileSync(script, `import * as k from ${JSON.stringify(pathToFileURL(outfile).href)};${PROGRAM}`);
  const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, script]);
  expect(JSON.parse(stdout)).toEqual({
    user: "jane",
    groups: ["developers", "system:authenticated"],
    matches: true,
    certificates: true,
    findings: 0,
    texts: true,
    refusal: "ERR_DER_LENGTH",
  });
});
