/** Requests that we make are taken by Go and by cfssl, and cfssl's by us. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  attributeValues,
  caTemplate,
  createCertificateRequest,
  encodePem,
  generateKeyPair,
  issueSelfSigned,
  keyAlgorithmNames,
  parseCertificate,
  parseCertificateRequest,
  supportsKeyAlgorithm,
} from "kubepki";
import { unpackFromSid } from "./debian.ts";
import { isRefused } from "./referee.ts";
import { describeWithReferee } from "./suite.ts";

const template = {
  subject: { commonName: "system:node:n1", organizations: ["system:nodes"] },
  dnsNames: ["n1.example"],
  ipAddresses: ["192.0.2.1", "2001:db8::1"],
};

await describeWithReferee("Go", (referee) => {
  test.for(keyAlgorithmNames())(
    "takes a request with a key of %s",
    { timeout: 60_000 },
    async (algorithm, { skip }) => {
      skip(algorithm.startsWith("ML-DSA"), "Go 1.26 has no ML-DSA in crypto/x509");
      skip(!(await supportsKeyAlgorithm(algorithm)), `this runtime has no ${algorithm}`);
      const { signer } = await generateKeyPair(algorithm);
      const { request } = await createCertificateRequest(template, signer);
      const answer = await referee.ask("csr", { der: Buffer.from(request.der).toString("base64") });
      if (isRefused(answer)) throw new Error(answer.error);
      expect(answer).toMatchObject({
        signatureError: "",
        dnsNames: ["n1.example"],
        ipAddresses: ["192.0.2.1", "2001:db8::1"],
      });
      expect(answer.subject).toMatchObject({ commonName: "system:node:n1", organization: ["system:nodes"] });
    },
  );
});

const unpacked = await unpackFromSid(["golang-cfssl"]);
if ("reason" in unpacked) console.warn(`skipped: cfssl: ${unpacked.reason}`);

describe.skipIf("reason" in unpacked)(
  `cfssl${"reason" in unpacked ? ` (skipped: ${unpacked.reason})` : ""}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "kubepki-cfssl-"));
    afterAll(() => rmSync(folder, { recursive: true }));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const cfssl = (...args: string[]): unknown => {
      const program = join("root" in unpacked ? unpacked.root : "", "usr/bin/cfssl");
      return JSON.parse(execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }));
    };

    test("reads and signs a request of ours", async () => {
      const { signer } = await generateKeyPair("ECDSA-P256");
      const { pem } = await createCertificateRequest(template, signer);
      const request = file("ours.csr", pem);
      expect(cfssl("certinfo", "-csr", request)).toMatchObject({
        Subject: { CommonName: "system:node:n1", Organization: ["system:nodes"] },
        DNSNames: ["n1.example"],
      });
      const ca = await generateKeyPair("ECDSA-P256");
      const { certificate: authority } = await issueSelfSigned(
        caTemplate({ subject: { commonName: "ca" } }),
        ca.signer,
      );
      const key = file("ca-key.pem", await ca.privateKey.exportPem());
      const answer = cfssl(
        "sign",
        "-ca",
        file("ca.pem", encodePem("CERTIFICATE", authority.der)),
        "-ca-key",
        key,
        request,
      ) as { cert: string };
      const certificate = parseCertificate(answer.cert);
      expect(certificate.subjectPublicKeyInfo).toEqual(signer.subjectPublicKeyInfo);
      expect(certificate.ipAddresses).toEqual(["192.0.2.1", "2001:db8::1"]);
    });

    test.for([
      { algo: "ecdsa", size: 256 },
      { algo: "ecdsa", size: 384 },
      { algo: "rsa", size: 2048 },
      { algo: "ed25519" },
    ])("makes requests that we take: %j", { timeout: 30_000 }, async (key) => {
      const wish = {
        CN: "system:node:n1",
        hosts: ["n1.example", "192.0.2.1", "a@b.example", "spiffe://td/a"],
        names: [{ O: "system:nodes" }],
        key,
      };
      const { csr } = cfssl("genkey", file("theirs.json", JSON.stringify(wish))) as { csr: string };
      const request = await parseCertificateRequest(csr);
      expect(attributeValues(request.subject, "2.5.4.10")).toEqual(["system:nodes"]);
      expect([request.dnsNames, request.ipAddresses, request.emailAddresses, request.uris]).toEqual([
        ["n1.example"],
        ["192.0.2.1"],
        ["a@b.example"],
        ["spiffe://td/a"],
      ]);
    });
  },
);
