import { describe, expect, test } from "vitest";
import { PkiError } from "../../src/errors.ts";
import { issueCertificateSync } from "../../src/issue/issue.ts";
import { caTemplate, clientTemplate, servingTemplate } from "../../src/issue/template.ts";
import type { CertificateTemplate } from "../../src/issue/template.ts";
import { NOW, authority, leafKey } from "./fixtures.ts";

const subject = { commonName: "u" };
const valueOf = (template: CertificateTemplate, id: string): unknown =>
  template.extensions.flatMap((extension) =>
    "id" in extension && extension.id === id ? [extension.value] : [],
  )[0];
const namesOf = ({ extensions }: CertificateTemplate): (string | undefined)[] =>
  extensions.map((extension) => ("computed" in extension ? extension.computed : extension.id));

describe("the recommended preset", () => {
  test("gives leaves the key usage they need, and no subject key identifier", () => {
    expect(namesOf(clientTemplate({ subject }))).toEqual([
      "keyUsage",
      "extendedKeyUsage",
      "basicConstraints",
      "authorityKeyIdentifier",
    ]);
    expect(valueOf(clientTemplate({ subject }), "keyUsage")).toEqual(["digitalSignature"]);
    expect(valueOf(servingTemplate({ subject, dnsNames: ["a.example"] }), "extendedKeyUsage")).toEqual([
      "serverAuth",
    ]);
  });

  test("gives CAs what signs certificates and CRLs", () => {
    expect(valueOf(caTemplate({ subject }), "keyUsage")).toEqual([
      "digitalSignature",
      "keyCertSign",
      "cRLSign",
    ]);
    expect(valueOf(caTemplate({ subject, pathLength: 1 }), "basicConstraints")).toEqual({
      ca: true,
      pathLength: 1,
    });
  });
});

test("usages can be replaced, in the order of the bits, or left out", () => {
  const template = clientTemplate({
    subject,
    keyUsage: ["keyAgreement", "digitalSignature"],
    extendedKeyUsage: [],
  });
  expect(valueOf(template, "keyUsage")).toEqual(["digitalSignature", "keyAgreement"]);
  expect(namesOf(template)).not.toContain("extendedKeyUsage");
});

test("alternative names come in Go's order of kinds, each kind in its own order", () => {
  const template = servingTemplate({
    subject,
    uris: ["spiffe://td/a"],
    ipAddresses: ["10.0.0.2", "10.0.0.1"],
    emailAddresses: ["a@b.example"],
    dnsNames: ["b.example", "a.example"],
  });
  expect(valueOf(template, "subjectAltName")).toEqual([
    { type: "dns", value: "b.example" },
    { type: "dns", value: "a.example" },
    { type: "email", value: "a@b.example" },
    { type: "ip", value: "10.0.0.2" },
    { type: "ip", value: "10.0.0.1" },
    { type: "uri", value: "spiffe://td/a" },
  ]);
});

test("further extensions are written last, as they are", () => {
  const der = Uint8Array.of(4, 1, 7);
  const template = clientTemplate({
    subject,
    now: NOW,
    extraExtensions: [{ oid: "1.2.3.4", critical: false, der }],
  });
  const { certificate } = issueCertificateSync(template, {
    publicKey: leafKey,
    issuer: authority(),
    now: NOW,
  });
  expect(certificate.extensions.at(-1)).toMatchObject({ oid: "1.2.3.4", critical: false, der });
});

test("a template is plain data: it survives a structured clone, and a changed copy is another template", () => {
  const template = clientTemplate({ subject, now: NOW });
  expect(structuredClone(template)).toEqual(template);
  const options = { publicKey: leafKey, issuer: authority(), now: NOW, serialNumber: "1" };
  const one = issueCertificateSync(template, options).certificate;
  const clone = issueCertificateSync(structuredClone(template), options).certificate;
  expect(clone.tbsCertificate).toEqual(one.tbsCertificate);
  const server = template.extensions.map((extension) =>
    "id" in extension && extension.id === "extendedKeyUsage"
      ? { ...extension, value: ["serverAuth"] as const }
      : extension,
  );
  const { certificate } = issueCertificateSync({ ...template, extensions: server }, options);
  expect(certificate.extensionValue("extendedKeyUsage")).toEqual(["serverAuth"]);
});

test("what is shared between templates cannot be changed", () => {
  const { extensions } = clientTemplate({ subject });
  for (const extension of extensions)
    if ("id" in extension)
      expect(Object.isFrozen(extension) && Object.isFrozen((extension as { value: unknown }).value)).toBe(
        true,
      );
});

/** What a certificate of the template says. */
const usageOf = (template: CertificateTemplate) =>
  issueCertificateSync(template, {
    publicKey: leafKey,
    issuer: authority(),
    now: NOW,
  }).certificate.extensionValue("extendedKeyUsage");

test("an extension that is not frozen is written anew each time, whatever it says by then", () => {
  const value = ["clientAuth"];
  const extension = { id: "extendedKeyUsage", critical: false, value } as never;
  const template = { ...clientTemplate({ subject, now: NOW }), extensions: [extension] };
  const read = () => usageOf(template);
  expect(read()).toEqual(["clientAuth"]);
  value[0] = "serverAuth";
  expect(read()).toEqual(["serverAuth"]);
});

test("an extension that is frozen and computes what it says is written anew each time, too", () => {
  let usage = "clientAuth";
  const extension = Object.freeze({
    id: "extendedKeyUsage",
    critical: false,
    get value() {
      return Object.freeze([usage]);
    },
  }) as never;
  const extensions = Object.freeze([extension]) as never;
  const template = { ...clientTemplate({ subject, now: NOW }), extensions };
  const read = () => usageOf(template);
  expect(read()).toEqual(["clientAuth"]);
  usage = "serverAuth";
  expect(read()).toEqual(["serverAuth"]);
});

test.for(["maxLifetimeSeconds", "maxAlternativeNames", "maxNameAttributes", "maxNameValueBytes"] as const)(
  "a %s that is no number lets nothing be issued",
  (limit) => {
    const template = clientTemplate({ subject, now: NOW, dnsNames: ["a.example"] });
    const options = { publicKey: leafKey, issuer: authority(), now: NOW, [limit]: Number.NaN };
    expect(() => issueCertificateSync(template, options)).toThrow(PkiError);
  },
);
