/** Go's own `CreateCertificate`, which kubeadm and kube-controller-manager call, writes the same bytes under the same circumstances. */
import { generateKeyPairSync } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { issueCertificateSync, issueSelfSignedSync } from "../../src/issue/issue.ts";
import { caTemplate, clientTemplate, servingTemplate } from "../../src/issue/template.ts";
import type { CertificateTemplate } from "../../src/issue/template.ts";
import { keyObjectSigner } from "../../src/node/signer.ts";
import { encodeName } from "../../src/x509/name-writer.ts";
import type { GoName, GoTemplate } from "./protocol.ts";
import { describeWithReferee } from "./suite.ts";

const NOW = new Date("2030-01-01T00:00:00Z");
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

const caKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const signer = keyObjectSigner(caKey);
const key = base64(caKey.export({ format: "der", type: "pkcs8" }));
const leaf = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
const root = issueSelfSignedSync(
  caTemplate({ subject: { commonName: "kubernetes" }, preset: "kubeadm", now: NOW }),
  signer,
  { now: NOW },
);
const issuer = { certificate: root.certificate, signer };

/** Go's bits of KeyUsage. */
const DIGITAL_SIGNATURE = 1;
const KEY_ENCIPHERMENT = 4;
const CERT_SIGN = 32;

const question = (
  template: CertificateTemplate,
  more: Partial<GoTemplate> & { readonly subject: GoName },
): GoTemplate => ({
  serialNumber: "7b",
  notBefore: seconds(template.validity.notBefore),
  notAfter: seconds(template.validity.notAfter),
  keyUsage: DIGITAL_SIGNATURE | KEY_ENCIPHERMENT,
  basicConstraintsValid: true,
  key,
  ...more,
});
const below = { parent: base64(root.certificate.der), publicKey: base64(leaf.subjectPublicKeyInfo) };
const issue = (template: CertificateTemplate): string =>
  base64(
    issueCertificateSync(template, {
      publicKey: leaf,
      issuer,
      now: NOW,
      serialNumber: "7b",
      allowPrivileged: true,
      maxLifetimeSeconds: Infinity,
    }).certificate.tbsCertificate,
  );

const value = fc
  .array(fc.constantFrom(..."abcXYZ 019'()+,-./:=?@_*&ü漢"), { minLength: 1, maxLength: 12 })
  .map((characters) => characters.join(""));
const values = fc.uniqueArray(value, { maxLength: 4 });
const goName = fc.record({
  country: values,
  organization: values,
  organizationalUnit: values,
  locality: values,
  province: values,
  streetAddress: values,
  postalCode: values,
  commonName: value,
  serialNumber: value,
});
const label = fc
  .array(fc.constantFrom(..."abcxyzABC"), { minLength: 1, maxLength: 10 })
  .map((letters) => letters.join(""));
const dnsNames = fc.uniqueArray(
  fc.tuple(label, label).map((labels) => labels.join(".")),
  { minLength: 1, maxLength: 4, selector: (name) => name.toLowerCase() },
);

/** Go's words for what we call otherwise. */
const fieldsOf = (name: Required<GoName>) => ({
  countries: name.country,
  provinces: name.province,
  localities: name.locality,
  streetAddresses: name.streetAddress,
  postalCodes: name.postalCode,
  organizations: name.organization,
  organizationalUnits: name.organizationalUnit,
  commonName: name.commonName,
  serialNumber: name.serialNumber,
});

await describeWithReferee("issuing", (referee) => {
  test("names are encoded as Go encodes them", async () => {
    await fc.assert(
      fc.asyncProperty(goName, async (name) => {
        const { der } = await referee.demand("name", { name });
        expect(base64(encodeName(fieldsOf(name)))).toBe(der);
      }),
      { numRuns: 300 },
    );
  });

  test("a root of kubeadm's", async () => {
    const template = caTemplate({ subject: { commonName: "kubernetes" }, preset: "kubeadm", now: NOW });
    const ours = issueSelfSignedSync(template, signer, { now: NOW, serialNumber: "7b" }).certificate;
    const { tbs } = await referee.demand(
      "create",
      question(template, {
        subject: { commonName: "kubernetes" },
        keyUsage: DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | CERT_SIGN,
        isCA: true,
        dnsNames: ["kubernetes"],
      }),
    );
    expect(base64(ours.tbsCertificate)).toBe(tbs);
  });

  test.each([0, 1, 5])("an intermediate of path length %i", async (pathLength) => {
    const template = caTemplate({
      subject: { commonName: "sub" },
      preset: "kubeadm",
      pathLength,
      now: NOW,
      lifetimeSeconds: 3600,
    });
    const { tbs } = await referee.demand(
      "create",
      question(template, {
        subject: { commonName: "sub" },
        keyUsage: DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | CERT_SIGN,
        isCA: true,
        maxPathLen: pathLength,
        maxPathLenZero: pathLength === 0,
        dnsNames: ["sub"],
        ...below,
      }),
    );
    expect(issue(template)).toBe(tbs);
  });

  test("clients of any name, with either preset", async () => {
    await fc.assert(
      fc.asyncProperty(goName, fc.constantFrom("kubeadm", "csrSigner"), async (name, preset) => {
        const template = clientTemplate({ subject: fieldsOf(name), preset, now: NOW });
        const { tbs } = await referee.demand(
          "create",
          question(template, { subject: name, extKeyUsage: ["clientAuth"], ...below }),
        );
        expect(issue(template)).toBe(tbs);
      }),
      { numRuns: 100 },
    );
  });

  test("servers of any names, with a subject or without one", async () => {
    const uri = fc.tuple(label, label).map(([host, path]) => `spiffe://${host.toLowerCase()}/${path}`);
    await fc.assert(
      fc.asyncProperty(
        dnsNames,
        fc.uniqueArray(fc.ipV4(), { maxLength: 3 }),
        fc.uniqueArray(uri, { maxLength: 2 }),
        fc.boolean(),
        async (dns, ipAddresses, uris, named) => {
          const subject = named ? { commonName: "web" } : {};
          const names = { dnsNames: dns, ipAddresses, uris, emailAddresses: ["ops@a.example"] };
          const template = servingTemplate({
            subject,
            ...names,
            dnsNames: dns as [string],
            preset: "csrSigner",
            now: NOW,
          });
          const { tbs } = await referee.demand(
            "create",
            question(template, { subject, extKeyUsage: ["serverAuth"], ...names, ...below }),
          );
          expect(issue(template)).toBe(tbs);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("etcd's two usages, and dates on both sides of 2050", async () => {
    const subject = { commonName: "cp-1" };
    const names = {
      dnsNames: ["cp-1", "localhost"] as [string, string],
      ipAddresses: ["192.0.2.1", "127.0.0.1", "::1"],
    };
    const extendedKeyUsage = ["serverAuth", "clientAuth"] as const;
    const template = servingTemplate({
      subject,
      ...names,
      extendedKeyUsage,
      preset: "kubeadm",
      validity: { notBefore: NOW, notAfter: new Date("2039-12-29T00:00:00Z") },
    });
    const { tbs } = await referee.demand(
      "create",
      question(template, { subject, extKeyUsage: extendedKeyUsage, ...names, ...below }),
    );
    expect(issue(template)).toBe(tbs);
    const far = caTemplate({
      subject,
      preset: "kubeadm",
      validity: { notBefore: new Date("2049-12-31T23:59:59Z"), notAfter: new Date("2050-01-01T00:00:00Z") },
    });
    const ours = issueSelfSignedSync(far, signer, { now: NOW, serialNumber: "7b" }).certificate;
    const theirs = await referee.demand(
      "create",
      question(far, {
        subject,
        keyUsage: DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | CERT_SIGN,
        isCA: true,
        dnsNames: ["cp-1"],
      }),
    );
    expect(base64(ours.tbsCertificate)).toBe(theirs.tbs);
  });

  test("serial numbers of every length", async () => {
    const template = clientTemplate({ subject: { commonName: "u" }, preset: "kubeadm", now: NOW });
    for (const serialNumber of ["1", "7f", "80", "ff".repeat(8), `7f${"ff".repeat(19)}`]) {
      const ours = issueCertificateSync(template, {
        publicKey: leaf,
        issuer,
        now: NOW,
        serialNumber,
      }).certificate;
      const { tbs } = await referee.demand("create", {
        ...question(template, { subject: { commonName: "u" }, extKeyUsage: ["clientAuth"], ...below }),
        serialNumber,
      });
      expect(base64(ours.tbsCertificate)).toBe(tbs);
    }
  });

  test("Go verifies what we issue", async () => {
    const { certificate } = issueCertificateSync(
      servingTemplate({ subject: {}, dnsNames: ["web.example"], now: NOW }),
      { publicKey: leaf, issuer, now: NOW },
    );
    const verdict = await referee.demand("verify", {
      leaf: base64(certificate.der),
      roots: [base64(root.certificate.der)],
      dnsName: "web.example",
      time: seconds(NOW),
    });
    expect(verdict).toMatchObject({ ok: true });
  });
});
