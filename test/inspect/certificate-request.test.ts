import { describe, expect, test } from "vitest";
import {
  createCertificateRequest,
  encodePem,
  formatCertificateRequest,
  generateKeyPair,
  parseCertificateRequest,
} from "../../src/index.ts";
import { attribute, certificationRequest, cn, name, o } from "../support/certificate.ts";
import { oid, seq, set, utf8 } from "../support/tlv.ts";

const { signer } = await generateKeyPair("ECDSA-P256");
const subject = { organizations: ["system:nodes"], commonName: "system:node:node-1" };
const password = seq(oid("1.2.840.113549.1.9.7"), set(utf8("open sesame")));

describe("formatCertificateRequest", () => {
  test("says whom the certificate would name, and what is requested", async () => {
    const { pem } = await createCertificateRequest(
      { subject, dnsNames: ["node-1.example"], ipAddresses: ["192.0.2.1"] },
      signer,
    );
    const text = formatCertificateRequest(pem);
    expect(text).toBe(`Request for a certificate of O = system:nodes, CN = system:node:node-1

To Kubernetes it would name
  user         system:node:node-1
  groups       system:nodes
  who that is  the kubelet of node node-1

Request
  subject      O = system:nodes, CN = system:node:node-1
  public key   ECDSA-P256
  signed with  ECDSA-SHA256
  signature    not checked
               ${/30:4[4-8]:.* octets\)/u.exec(text)?.[0]}

Requested extensions
  subjectAltName  DNS node-1.example
                  IP 192.0.2.1
`);
  });

  test("says that the sender has proven to have the key, of a request that was parsed", async () => {
    const { pem } = await createCertificateRequest({ subject }, signer);
    const text = formatCertificateRequest(await parseCertificateRequest(pem));
    expect(text).toMatch(/signature +made by the key in the request\n/u);
    expect(text).not.toContain("Requested extensions");
  });

  test("warns of what the names would give", async () => {
    const { pem } = await createCertificateRequest(
      { subject: { organizations: ["system:masters"], commonName: "jane" } },
      signer,
    );
    expect(formatCertificateRequest(pem)).toContain("warning FINDING_SYSTEM_MASTERS at groups[0]");
  });

  test("says nothing of users where there is none, and takes the last CN as kube-apiserver does", () => {
    expect(formatCertificateRequest(certificationRequest(name(o("x"))))).not.toContain("user");
    const two = certificationRequest(name(cn("a"), cn("b")));
    expect(formatCertificateRequest(two)).toMatch(/user +b\n/u);
  });

  test("names attributes, and prints none of their values", () => {
    const text = formatCertificateRequest(certificationRequest(name(cn("a")), password));
    expect(text).toContain("challengePassword (1.2.840.113549.1.9.7)");
    expect(text).not.toContain("sesame");
    const hexadecimal = [..."open"].map((c) => c.charCodeAt(0).toString(16)).join(":");
    expect(
      formatCertificateRequest(certificationRequest(name(cn("a")), password), { bytes: true }),
    ).not.toContain(hexadecimal);
  });

  test("shows what safe mode refuses, and says so", () => {
    const unordered = certificationRequest(seq(set(attribute("2.5.4.10", utf8("x")), cn("a"))));
    expect(formatCertificateRequest(encodePem("CERTIFICATE REQUEST", unordered))).toContain(
      "FINDING_DEVIATION",
    );
  });

  test("escapes names", () => {
    const hostile = certificationRequest(name(cn("a\u001b[2J\u202e")));
    expect(formatCertificateRequest(hostile)).toContain('user         "a\\u{1b}[2J\\u{202e}"');
  });
});
