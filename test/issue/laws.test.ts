import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PkiError } from "../../src/errors.ts";
import { issueCertificateSync } from "../../src/issue/issue.ts";
import { caTemplate, clientTemplate, servingTemplate } from "../../src/issue/template.ts";
import type { Preset } from "../../src/issue/template.ts";
import { validateTemplate } from "../../src/issue/validate-template.ts";
import { parseIdentity } from "../../src/kubernetes/identity.ts";
import { parseCertificate } from "../../src/x509/certificate.ts";
import { EXTENDED_KEY_USAGES } from "../../src/x509/extensions/extended-key-usage.ts";
import { KEY_USAGES } from "../../src/x509/extensions/key-usage.ts";
import { encodeName } from "../../src/x509/name-writer.ts";
import { HOUR, NOW, after, authority, countingSigner, hex, leafKey } from "./fixtures.ts";

const issuer = { certificate: authority().certificate, signer: countingSigner() };
const options = { publicKey: leafKey, issuer, now: NOW, allowPrivileged: true };

const value = fc
  .array(fc.constantFrom(..."abcXYZ 019'()+,-./:=?@_*&\"\\<>;#ü漢😀"), { minLength: 1, maxLength: 40 })
  .map((characters) => characters.join(""));
const subject = fc.record(
  {
    countries: fc.array(value, { maxLength: 2 }),
    organizations: fc.array(value, { maxLength: 5 }),
    organizationalUnits: fc.array(value, { maxLength: 3 }),
    serialNumber: value,
    commonName: value,
  },
  { requiredKeys: ["commonName"] },
);
const label = fc
  .tuple(fc.constantFrom(..."abcXYZ_"), fc.array(fc.constantFrom(..."abz019-"), { maxLength: 20 }))
  .map(([first, rest]) => `${first}${rest.join("")}z`);
const dnsName = fc
  .tuple(fc.boolean(), fc.array(label, { minLength: 2, maxLength: 5 }))
  .map(([wildcard, labels]) => (wildcard ? "*." : "") + labels.join("."));
const ipAddress = fc.oneof(
  fc.ipV4(),
  fc.integer({ min: 1, max: 0xffff }).map((n) => `fd00::${n.toString(16)}`),
);
const uri = fc.tuple(label, label).map(([host, path]) => `spiffe://${host.toLowerCase()}.example/${path}`);
const email = fc.tuple(label, label).map(([local, host]) => `${local}@${host}.example`);
const unique = (item: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.uniqueArray(item, { maxLength: 5, selector: (text) => text.toLowerCase() });
const alternatives = fc.record({
  dnsNames: unique(dnsName),
  ipAddresses: unique(ipAddress),
  uris: unique(uri),
  emailAddresses: unique(email),
});
const usages = fc.record(
  {
    keyUsage: fc.subarray(KEY_USAGES.filter((usage) => usage !== "keyCertSign")),
    extendedKeyUsage: fc.shuffledSubarray(
      Object.keys(EXTENDED_KEY_USAGES) as (keyof typeof EXTENDED_KEY_USAGES)[],
    ),
  },
  { requiredKeys: [] },
);
const preset = fc.constantFrom<Preset>("recommended", "kubeadm", "csrSigner");

test("parse(issue(template)) is the template", () => {
  fc.assert(
    fc.property(
      subject,
      alternatives,
      usages,
      preset,
      fc.integer({ min: 1, max: 8760 }),
      (name, names, use, shape, hours) => {
        const template = clientTemplate({
          subject: name,
          ...names,
          ...use,
          preset: shape,
          now: NOW,
          lifetimeSeconds: hours * HOUR,
        });
        const { der } = issueCertificateSync(template, options).certificate;
        const certificate = parseCertificate(new Uint8Array(der));
        expect(hex(certificate.subject.der)).toBe(hex(encodeName(name)));
        expect(certificate.dnsNames).toEqual(names.dnsNames);
        expect(certificate.ipAddresses).toEqual(names.ipAddresses);
        expect(certificate.uris).toEqual(names.uris);
        expect(certificate.emailAddresses).toEqual(names.emailAddresses);
        expect([certificate.notBefore, certificate.notAfter]).toEqual([
          template.validity.notBefore,
          template.validity.notAfter,
        ]);
        for (const extension of template.extensions) {
          if (!("id" in extension) || extension.id === undefined) continue;
          expect(certificate.extension(extension.id)).toMatchObject({
            critical: extension.critical,
            value: extension.value,
          });
        }
        const ids = template.extensions.map((extension) =>
          "computed" in extension ? extension.computed : extension.id,
        );
        expect(certificate.extensions.map(({ id }) => id)).toEqual(ids);
        const identity = parseIdentity(certificate);
        expect(identity?.user).toBe(name.commonName);
        expect([...identity!.groups].sort()).toEqual([...(name.organizations ?? [])].sort());
      },
    ),
  );
});

const oddText = fc.oneof(
  value,
  fc.constantFrom(
    "",
    "\n",
    "a\0",
    "\u202e",
    "\ud800",
    "system:masters",
    "10.0.0.1",
    "a b",
    "-a",
    "*",
    "https://a/",
  ),
);
const oddTemplate = fc
  .record({
    subject: fc.record(
      { commonName: oddText, organizations: fc.array(oddText, { maxLength: 2 }) },
      { requiredKeys: [] },
    ),
    dnsNames: fc.array(fc.oneof(dnsName, oddText), { maxLength: 2 }),
    ipAddresses: fc.array(fc.oneof(ipAddress, oddText), { maxLength: 2 }),
    keyUsage: fc.subarray([...KEY_USAGES]),
    pathLength: fc.constantFrom(undefined, 0, -1, 1.5),
    ends: fc.constantFrom(HOUR, -HOUR, 20 * 8760 * HOUR),
    kind: fc.constantFrom("ca", "client", "server"),
  })
  .map(({ kind, pathLength, ends, ...given }) => {
    const common = { ...given, validity: { notBefore: NOW, notAfter: after(ends) } };
    if (kind === "ca") return caTemplate({ ...common, ...(pathLength !== undefined && { pathLength }) });
    return kind === "server"
      ? servingTemplate({ ...common, dnsNames: common.dnsNames as [string] })
      : clientTemplate(common);
  });

test("a template without errors is issued; one with errors is refused with the first of them, and the signer is not asked", () => {
  let refused = 0;
  fc.assert(
    fc.property(oddTemplate, (template) => {
      const signer = countingSigner();
      const authorityOfTest = { certificate: issuer.certificate, signer };
      const errors = validateTemplate(template, authorityOfTest, { now: NOW }).filter(
        ({ severity }) => severity === "error",
      );
      try {
        issueCertificateSync(template, { publicKey: leafKey, issuer: authorityOfTest, now: NOW });
        expect(errors).toEqual([]);
        expect(signer.calls).toBe(1);
      } catch (error) {
        if (!(error instanceof PkiError)) throw error;
        refused++;
        expect(errors.map(({ code }) => code)).toContain(error.code);
        expect(signer.calls).toBe(0);
      }
    }),
    { numRuns: 500 },
  );
  expect(refused).toBeGreaterThan(50);
});
