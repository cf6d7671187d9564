import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { generateKeyPair, parseCertificate, parseCertificateList } from "../src/index.ts";
import { keyObjectSigner } from "../src/node/index.ts";
import { readCertificateRequest } from "../src/x509/certificate-request.ts";
import * as make from "./support/certificate.ts";
import { certificateList } from "./support/certificate-list.ts";

const subject = make.name(make.o("system:nodes"), make.cn("system:node:node-1\u202e\u001b[2J"));
const extensions = [make.subjectAltName(make.dnsName("node-1"))];

describe("what console.log shows", () => {
  test("of a certificate is its summary", () => {
    const certificate = parseCertificate(make.certificate({ subject, extensions }));
    expect(inspect(certificate)).toBe(`Certificate {
  version: 3,
  serialNumber: '01',
  issuer: 'CN = ca',
  subject: 'O = system:nodes, CN = "system:node:node-1\\\\u{202e}\\\\u{1b}[2J"',
  notBefore: '2020-01-01T00:00:00.000Z',
  notAfter: '2049-12-31T23:59:59.000Z',
  dnsNames: [ 'node-1' ]
}`);
    expect(JSON.parse(JSON.stringify(certificate))).toMatchObject({ issuer: "CN = ca", emailAddresses: [] });
  });

  test("deep inside of others is its name", () => {
    const certificate = parseCertificate(make.certificate({ subject }));
    expect(inspect({ a: { b: { c: certificate } } }, { depth: 1, breakLength: 200 })).toBe(
      "{ a: { b: [Object] } }",
    );
    expect(inspect({ certificate }, { depth: 0 })).toBe("{ certificate: [Certificate] }");
  });

  test("of a request is its summary", () => {
    const shown = inspect(readCertificateRequest(make.certificationRequest(subject)));
    expect(shown).toMatch(/^CertificateRequest \{\n {2}subject: 'O = system:nodes, CN = /u);
    expect(shown).not.toContain("Uint8Array");
  });

  test("of a list is its summary, however many entries it has", () => {
    const shown = inspect(parseCertificateList(certificateList()));
    expect(shown).toMatch(/^CertificateList \{\n {2}issuer: 'CN = ca',[^]* {2}size: 2\n\}$/u);
  });

  test.for(["ECDSA-P256", "Ed25519"] as const)("of a signer of %s is its algorithm", async (algorithm) => {
    const { signer } = await generateKeyPair(algorithm);
    const { privateKey } =
      algorithm === "Ed25519"
        ? generateKeyPairSync("ed25519")
        : generateKeyPairSync("ec", { namedCurve: "P-256" });
    for (const each of [signer, keyObjectSigner(privateKey)]) {
      expect(inspect(each)).toBe(`Signer(${algorithm})`);
      expect(JSON.stringify({ each })).toBe(`{"each":{"algorithm":"${algorithm}"}}`);
      expect(Object.keys(each)).toEqual(["subjectPublicKeyInfo", "signatureAlgorithm", "sign"]);
    }
  });
});
