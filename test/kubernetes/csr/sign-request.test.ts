/** The signers of kube-controller-manager: rows of `TestSign`, `TestHandle`, `TestDuration`, `TestPermissiveSigningPolicy` and of the validation helpers. */
import type { V1CertificateSigningRequest } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import {
  attributeValues,
  caTemplate,
  CLIENT_SIGNER,
  createCertificateRequest,
  encodePem,
  generateKeyPair,
  issueSelfSigned,
  KUBELET_CLIENT_SIGNER,
  KUBELET_SERVING_SIGNER,
  LEGACY_UNKNOWN_SIGNER,
  parseCertificate,
  parseCertificateRequest,
  signRequest,
} from "kubepki";
import type { CertificateRequestTemplate, SignerPolicy } from "kubepki";
import { rewriteUri } from "../../../src/kubernetes/csr/rewrite-uri.ts";
import { attribute, certificationRequest, cn, name } from "../../support/certificate.ts";
import { bmp } from "../../support/tlv.ts";

const now = new Date("2030-01-01T00:00:00Z");
const keys = await generateKeyPair("ECDSA-P256");
const caOf = async (lifetimeSeconds: number) => {
  const template = caTemplate({ subject: { commonName: "kubernetes" }, now, lifetimeSeconds });
  return {
    certificate: (await issueSelfSigned(template, keys.signer, { now })).certificate,
    signer: keys.signer,
  };
};
const issuer = await caOf(10 * 31_536_000);
const { signer } = await generateKeyPair("ECDSA-P256");
const approved = [{ type: "Approved", status: "True" }];

async function objectOf(
  template: CertificateRequestTemplate,
  policy: SignerPolicy,
  usages: readonly string[],
  expirationSeconds?: number,
) {
  const { pem } = await createCertificateRequest(template, signer);
  const spec = { request: btoa(pem), signerName: policy.signerName, usages };
  return {
    spec: expirationSeconds === undefined ? spec : { ...spec, expirationSeconds },
    status: { conditions: approved },
  };
}

async function sign(
  template: CertificateRequestTemplate,
  policy: SignerPolicy,
  usages: readonly string[],
  expirationSeconds?: number,
) {
  return signRequest(await objectOf(template, policy, usages, expirationSeconds), {
    issuer,
    policy,
    at: now,
  });
}

const kubelet = { subject: { commonName: "system:node:n1", organizations: ["system:nodes"] } };
const serving = { ...kubelet, dnsNames: ["n1.example"] };
const CLIENT = ["digital signature", "key encipherment", "client auth"];
const SERVER = ["digital signature", "key encipherment", "server auth"];

describe("the rules of the signers", () => {
  const masters = { subject: { commonName: "system:node:n1", organizations: ["system:master"] } };
  test.for<[string, CertificateRequestTemplate, SignerPolicy, string[], string | undefined]>([
    ["a client", { subject: { commonName: "jane" } }, CLIENT_SIGNER, CLIENT, undefined],
    [
      "a client without key encipherment",
      { subject: { commonName: "jane" } },
      CLIENT_SIGNER,
      ["client auth", "digital signature"],
      undefined,
    ],
    [
      "a client that serves",
      { subject: { commonName: "jane" } },
      CLIENT_SIGNER,
      [...CLIENT, "server auth"],
      "invalid usage for client certificate: server auth",
    ],
    [
      "a client without client auth",
      { subject: { commonName: "jane" } },
      CLIENT_SIGNER,
      ["digital signature"],
      "missing required usage for client certificate: client auth",
    ],
    [
      "the alias of digital signature",
      { subject: { commonName: "jane" } },
      CLIENT_SIGNER,
      ["signing", "client auth"],
      "invalid usage for client certificate: signing",
    ],
    ["a kubelet", kubelet, KUBELET_CLIENT_SIGNER, CLIENT, undefined],
    [
      "a kubelet without key encipherment",
      kubelet,
      KUBELET_CLIENT_SIGNER,
      ["digital signature", "client auth"],
      undefined,
    ],
    [
      "a kubelet with another group",
      masters,
      KUBELET_CLIENT_SIGNER,
      CLIENT,
      "subject organization is not system:nodes",
    ],
    [
      "a kubelet with one more group",
      { subject: { commonName: "system:node:n1", organizations: ["system:nodes", "x"] } },
      KUBELET_CLIENT_SIGNER,
      CLIENT,
      "subject organization is not system:nodes",
    ],
    [
      "a kubelet with a DNS name",
      serving,
      KUBELET_CLIENT_SIGNER,
      CLIENT,
      "DNS subjectAltNames are not allowed",
    ],
    [
      "a kubelet with an e-mail address",
      { ...kubelet, emailAddresses: ["a@b.example"] },
      KUBELET_CLIENT_SIGNER,
      CLIENT,
      "Email subjectAltNames are not allowed",
    ],
    [
      "a kubelet with an address",
      { ...kubelet, ipAddresses: ["192.0.2.1"] },
      KUBELET_CLIENT_SIGNER,
      CLIENT,
      "IP subjectAltNames are not allowed",
    ],
    [
      "a kubelet with a URI",
      { ...kubelet, uris: ["spiffe://a/b"] },
      KUBELET_CLIENT_SIGNER,
      CLIENT,
      "URI subjectAltNames are not allowed",
    ],
    [
      "a kubelet of another name",
      { subject: { commonName: "mike", organizations: ["system:nodes"] } },
      KUBELET_CLIENT_SIGNER,
      CLIENT,
      "subject common name does not begin with system:node:",
    ],
    [
      "a kubelet that serves",
      kubelet,
      KUBELET_CLIENT_SIGNER,
      [...CLIENT, "server auth"],
      "usages did not match [client auth digital signature key encipherment]",
    ],
    ["a serving kubelet", serving, KUBELET_SERVING_SIGNER, SERVER, undefined],
    [
      "a serving kubelet with an address alone",
      { ...kubelet, ipAddresses: ["192.0.2.1"] },
      KUBELET_SERVING_SIGNER,
      ["digital signature", "server auth"],
      undefined,
    ],
    [
      "a serving kubelet without names",
      kubelet,
      KUBELET_SERVING_SIGNER,
      SERVER,
      "DNS or IP subjectAltName is required",
    ],
    [
      "a serving kubelet with an e-mail address",
      { ...serving, emailAddresses: ["a@b.example"] },
      KUBELET_SERVING_SIGNER,
      SERVER,
      "Email subjectAltNames are not allowed",
    ],
    [
      "a serving kubelet with a URI",
      { ...serving, uris: ["spiffe://a/b"] },
      KUBELET_SERVING_SIGNER,
      SERVER,
      "URI subjectAltNames are not allowed",
    ],
    [
      "a serving kubelet that is a client",
      serving,
      KUBELET_SERVING_SIGNER,
      [...SERVER, "client auth"],
      "usages did not match [digital signature key encipherment server auth]",
    ],
    [
      "a serving kubelet of another name",
      { ...serving, subject: { commonName: "mike", organizations: ["system:nodes"] } },
      KUBELET_SERVING_SIGNER,
      SERVER,
      "subject common name does not begin with system:node:",
    ],
    [
      "anything, for the signer of old",
      { subject: { commonName: "jane" } },
      LEGACY_UNKNOWN_SIGNER,
      [],
      undefined,
    ],
    [
      "an unknown usage",
      { subject: { commonName: "jane" } },
      LEGACY_UNKNOWN_SIGNER,
      ["fly"],
      'unrecognized usage values: ["fly"]',
    ],
    [
      "a kubelet with one group twice",
      { subject: { commonName: "system:node:n1", organizations: ["system:nodes", "system:nodes"] } },
      KUBELET_CLIENT_SIGNER,
      CLIENT,
      "subject organization is not system:nodes",
    ],
    [
      "a kubelet without a name behind the prefix",
      { subject: { commonName: "system:node:", organizations: ["system:nodes"] } },
      KUBELET_CLIENT_SIGNER,
      CLIENT,
      undefined,
    ],
    [
      "a kubelet with other attributes",
      { subject: { ...kubelet.subject, organizationalUnits: ["x"], countries: ["DE"] } },
      KUBELET_CLIENT_SIGNER,
      CLIENT,
      undefined,
    ],
    [
      "a kubelet with the alias of digital signature",
      kubelet,
      KUBELET_CLIENT_SIGNER,
      ["signing", "client auth"],
      "usages did not match [client auth digital signature key encipherment]",
    ],
    [
      "a serving kubelet with the alias of digital signature",
      serving,
      KUBELET_SERVING_SIGNER,
      ["signing", "server auth"],
      "usages did not match [digital signature key encipherment server auth]",
    ],
    [
      "a serving kubelet with somebody else's name and address: approval is where that is looked at",
      { ...kubelet, dnsNames: ["kubernetes.default.svc"], ipAddresses: ["10.96.0.1"] },
      KUBELET_SERVING_SIGNER,
      SERVER,
      undefined,
    ],
    [
      "a usage that only a CA may have, which Kubernetes would write beside cA FALSE",
      { subject: { commonName: "jane" } },
      LEGACY_UNKNOWN_SIGNER,
      ["cert sign"],
      "only a CA may have keyCertSign (extensions.keyUsage)",
    ],
  ])("%s", async ([, template, policy, usages, message]) => {
    const outcome = await sign(template, policy, usages);
    if (message === undefined) expect(outcome).toHaveProperty("certificate");
    else expect(outcome).toMatchObject({ reason: "SignerValidationFailure", message });
  });

  test("compare groups after decoding, whatever kind of string they are", async () => {
    const subject = name(attribute("2.5.4.10", bmp("system:nodes")), cn("system:node:n1"));
    const request = btoa(encodePem("CERTIFICATE REQUEST", certificationRequest(subject)));
    const spec = { request, signerName: KUBELET_CLIENT_SIGNER.signerName, usages: CLIENT };
    const verifySignature = () => true;
    const options = { issuer, policy: KUBELET_CLIENT_SIGNER, at: now, verifySignature };
    const outcome = await signRequest({ spec, status: { conditions: approved } }, options);
    if (!("certificate" in outcome)) throw new Error(outcome.message);
    expect(attributeValues(outcome.issued.certificate.subject, "2.5.4.10")).toEqual(["system:nodes"]);
  });

  test("do not see alternative names that Go passes over, and do not copy them", async () => {
    const names = [{ type: "registeredId", value: "1.2.3" }] as const;
    const extraExtensions = [{ id: "subjectAltName", critical: false, value: names }] as const;
    const outcome = await sign({ ...kubelet, extraExtensions }, KUBELET_CLIENT_SIGNER, CLIENT);
    if (!("certificate" in outcome)) throw new Error(outcome.message);
    expect(outcome.issued.certificate.extensionValue("subjectAltName")).toBeUndefined();
  });

  test("tell everything at once, in Kubernetes' order", async () => {
    const template = { subject: { commonName: "mike" }, dnsNames: ["a.example"], uris: ["spiffe://a/b"] };
    const outcome = await sign(template, KUBELET_CLIENT_SIGNER, SERVER);
    expect("findings" in outcome && outcome.findings.map(({ message }) => message)).toEqual([
      "subject organization is not system:nodes",
      "DNS subjectAltNames are not allowed",
      "URI subjectAltNames are not allowed",
      "subject common name does not begin with system:node:",
      "usages did not match [client auth digital signature key encipherment]",
    ]);
  });
});

describe("the certificate", () => {
  test("has what Kubernetes copies, in its order, and nothing else", async () => {
    const outcome = await sign(
      {
        subject: [
          [{ type: "2.5.4.3", value: "system:node:k-a-node-s36b" }],
          [{ type: "2.5.4.10", value: "z" }],
          [{ type: "2.5.4.10", value: "a" }],
          [{ type: "1.3.6.1.4.1.57683.2", value: "uid" }],
          [{ type: "0.9.2342.19200300.100.1.25", value: "example" }],
        ],
        dnsNames: ["B.example", "a.example"],
        emailAddresses: ["x@y.example"],
        ipAddresses: ["192.0.2.1", "2001:db8::1"],
        uris: ["help://me@what:8080/where/when?why=true"],
        extraExtensions: [
          { id: "basicConstraints", critical: true, value: { ca: true } },
          { oid: "1.2.3.4", critical: false, der: Uint8Array.of(5, 0) },
        ],
      },
      LEGACY_UNKNOWN_SIGNER,
      ["signing", "key encipherment", "server auth", "client auth"],
      3 * 3600,
    );
    if (!("certificate" in outcome)) throw new Error(outcome.message);
    const { certificate } = outcome.issued;
    expect(parseCertificate(outcome.certificate).der).toEqual(certificate.der);
    expect(certificate.subject.rdns.map((rdn) => rdn.map(({ value }) => value))).toEqual([
      ["a", "z"],
      ["system:node:k-a-node-s36b"],
    ]);
    expect(certificate.extensions.map(({ id, critical }) => [id, critical])).toEqual([
      ["keyUsage", true],
      ["extendedKeyUsage", false],
      ["basicConstraints", true],
      ["authorityKeyIdentifier", false],
      ["subjectAltName", false],
    ]);
    expect(certificate.extensionValue("keyUsage")).toEqual(["digitalSignature", "keyEncipherment"]);
    expect(certificate.extensionValue("extendedKeyUsage")).toEqual(["serverAuth", "clientAuth"]);
    expect(certificate.extensionValue("basicConstraints")).toEqual({ ca: false });
    expect(certificate.extensionValue("subjectAltName")).toEqual([
      { type: "dns", value: "B.example" },
      { type: "dns", value: "a.example" },
      { type: "email", value: "x@y.example" },
      { type: "ip", value: "192.0.2.1" },
      { type: "ip", value: "2001:db8::1" },
      { type: "uri", value: "help://me@what:8080/where/when?why=true" },
    ]);
    expect(certificate.subjectPublicKeyInfo).toEqual(signer.subjectPublicKeyInfo);
  });

  test.for<[string, number | undefined, number, number, number]>([
    ["no wish", undefined, 3600, -300, 3600],
    ["half of the default", 1800, 3600, -300, 1800],
    ["more than the default", 10_800, 3600, -300, 3600],
    ["less than ten minutes", 599, 3600, -300, 600],
    ["less than nothing", -60, 3600, -300, 600],
    ["ten minutes", 600, 3600, -300, 600],
    ["as long as the default", 3600, 3600, -300, 3600],
    ["just below eight hours", 28_799, 86_400, -300, 28_799],
    ["eight hours, backdate included", 28_800, 86_400, -300, 28_500],
    ["a day", 86_400, 86_400, -300, 86_100],
  ])("lives as long as Kubernetes lets it: %s", async ([, wish, defaultDurationSeconds, from, to]) => {
    const object = await objectOf({ subject: { commonName: "jane" } }, CLIENT_SIGNER, CLIENT, wish);
    const options = { issuer, policy: CLIENT_SIGNER, at: now, defaultDurationSeconds };
    const outcome = await signRequest(object, options);
    if (!("certificate" in outcome)) throw new Error(outcome.message);
    const { notBefore, notAfter } = outcome.issued.certificate;
    expect([notBefore.getTime(), notAfter.getTime()].map((time) => (time - now.getTime()) / 1000)).toEqual([
      from,
      to,
    ]);
  });

  test("ends with its issuer, and is not made after", async () => {
    const short = await caOf(24 * 3600);
    const object = await objectOf({ subject: { commonName: "jane" } }, CLIENT_SIGNER, CLIENT, 48 * 3600);
    const outcome = await signRequest(object, { issuer: short, policy: CLIENT_SIGNER, at: now });
    if (!("certificate" in outcome)) throw new Error(outcome.message);
    expect(outcome.issued.certificate.notAfter).toEqual(short.certificate.notAfter);
    for (const [seconds, words] of [
      [24 * 3600, "refusing to sign a certificate that expired in the past"],
      [24 * 3600 + 299, "refusing to sign a certificate that expired in the past"],
      [24 * 3600 + 300, "the signer has expired"],
    ] as const)
      await expect(
        signRequest(object, { issuer: short, policy: CLIENT_SIGNER, at: now.getTime() + seconds * 1000 }),
      ).rejects.toMatchObject({
        code: "ERR_SIGNER_EXPIRED",
        message: `${words}: NotAfter=2030-01-02 00:00:00 +0000 UTC`,
      });
  });

  test("may begin before its issuer", async () => {
    const validity = { notBefore: now, notAfter: new Date("2031-01-01T00:00:00Z") };
    const template = caTemplate({ subject: { commonName: "kubernetes" }, validity });
    const { certificate } = await issueSelfSigned(template, keys.signer, { now });
    const object = await objectOf({ subject: { commonName: "jane" } }, CLIENT_SIGNER, CLIENT);
    const young = { certificate, signer: keys.signer };
    const outcome = await signRequest(object, { issuer: young, policy: CLIENT_SIGNER, at: now });
    if (!("certificate" in outcome)) throw new Error(outcome.message);
    expect(outcome.issued.certificate.notBefore).toEqual(new Date("2029-12-31T23:55:00Z"));
  });
});

test.for<[string, string]>([
  ["spiffe://td/ns/a/sa/b", "spiffe://td/ns/a/sa/b"],
  ["HTTPS://A.example/x", "https://A.example/x"],
  ["spiffe://td/a b", "spiffe://td/a%20b"],
  ["https://u%73er:p%40@h/%7euser?q r#f g", "https://user:p%40@h/%7euser?q r#f%20g"],
  ["foo://", "foo:"],
  ["a%3A b", "./a:%20b"],
])("a URI is written as Go writes it: %s", ([asked, given]) => {
  expect(rewriteUri(asked)).toBe(given);
});

describe("a request is left alone", () => {
  test.for<[string, object]>([
    ["not approved", { conditions: [] }],
    ["without status", {}],
    ["denied", { conditions: [...approved, { type: "Denied", status: "True" }] }],
    ["failed", { conditions: [...approved, { type: "Failed", status: "True" }] }],
    ["signed", { conditions: approved, certificate: "LS0t" }],
  ])("if it is %s", async ([, status]) => {
    const object = {
      ...(await objectOf({ subject: { commonName: "jane" } }, CLIENT_SIGNER, CLIENT)),
      status,
    };
    await expect(signRequest(object, { issuer, policy: CLIENT_SIGNER, at: now })).rejects.toMatchObject({
      code: "ERR_SIGNER_STATE",
    });
  });
  test("if it is another signer's", async () => {
    const object = await objectOf(kubelet, KUBELET_CLIENT_SIGNER, CLIENT);
    await expect(signRequest(object, { issuer, policy: CLIENT_SIGNER, at: now })).rejects.toMatchObject({
      code: "ERR_SIGNER_STATE",
    });
  });
});

describe("a request fails for good", () => {
  test.for<[string, string]>([
    ["that is no base64", "*"],
    ["that is no PEM", btoa("hello")],
    [
      "of another label",
      btoa("-----BEGIN NEW CERTIFICATE REQUEST-----\nMAA=\n-----END NEW CERTIFICATE REQUEST-----\n"),
    ],
  ])("%s", async ([, request]) => {
    const spec = { request, signerName: CLIENT_SIGNER.signerName, usages: CLIENT };
    const outcome = await signRequest(
      { spec, status: { conditions: approved } },
      { issuer, policy: CLIENT_SIGNER, at: now },
    );
    expect(outcome).toMatchObject({
      reason: "SignerValidationFailure",
      findings: [{ path: expect.any(String) as string }],
    });
  });

  test("and is tried again if it is the CA that is at fault", async () => {
    const object = await objectOf({ subject: { commonName: "jane" } }, CLIENT_SIGNER, CLIENT);
    const broken = { ...issuer, signer: { ...keys.signer, sign: () => new Uint8Array(3) } };
    await expect(
      signRequest(object, { issuer: broken, policy: CLIENT_SIGNER, at: now }),
    ).rejects.toMatchObject({
      code: "ERR_TEMPLATE_RESULT",
    });
  });
});

test("the names of a request are read as Go reads them: the last CN counts", async () => {
  const { pem } = await createCertificateRequest(kubelet, signer);
  const request = await parseCertificateRequest(pem);
  expect(attributeValues(request.subject, "2.5.4.3")).toEqual(["system:node:n1"]);
});

test("the objects of @kubernetes/client-node fit", () => {
  const check = (object: V1CertificateSigningRequest) =>
    signRequest(object, { issuer, policy: CLIENT_SIGNER, at: now });
  expect(check).toBeTypeOf("function");
});
