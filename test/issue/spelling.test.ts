/** What is checked is what is written: no spelling of a name or usage slips past the rules. */
import { expect, test } from "vitest";
import { issueCertificateSync } from "../../src/issue/issue.ts";
import { clientTemplate } from "../../src/issue/template.ts";
import { validateTemplate } from "../../src/issue/validate-template.ts";
import type { ExtendedKeyUsage } from "../../src/x509/extensions/extended-key-usage.ts";
import { encodeName, parseName } from "../../src/x509/name-writer.ts";
import type { NameTemplate, SubjectFields } from "../../src/x509/name-writer.ts";
import { NOW, authority, leafKey } from "./fixtures.ts";

const codes = (subject: NameTemplate): string[] =>
  validateTemplate(clientTemplate({ subject, now: NOW }), undefined, { now: NOW }).map(({ code }) => code);

test("a parsed name counts by its bytes, whatever its RDNs were changed to", () => {
  const name = parseName(encodeName({ commonName: "jane", organizations: ["system:masters"] }));
  const subject = { ...name, rdns: name.rdns.slice(1) };
  expect(codes(subject)).toContain("ERR_TEMPLATE_PRIVILEGED_NAME");
  expect(() =>
    issueCertificateSync(clientTemplate({ subject, now: NOW }), {
      publicKey: leafKey,
      issuer: authority(),
      now: NOW,
    }),
  ).toThrow(expect.objectContaining({ code: "ERR_TEMPLATE_PRIVILEGED_NAME" }));
});

test("two common names in a parsed name are refused, whatever its RDNs say", () => {
  const der = encodeName([[{ type: "2.5.4.3", value: "a" }], [{ type: "2.5.4.3", value: "b" }]]);
  expect(codes({ der, rdns: [[{ type: "2.5.4.3", value: "a", tag: 12 }]] })).toContain(
    "ERR_TEMPLATE_SUBJECT",
  );
});

test("bytes that are no name are refused", () => {
  expect(codes({ der: new Uint8Array([0x30, 0x01, 0x00]), rdns: [] })).toContain("ERR_TEMPLATE_NAME");
});

test("inherited fields, which the writer would write, are checked too", () => {
  const json = JSON.parse('{"commonName":"jane","__proto__":{"organizations":["system:masters"]}}') as object;
  expect(codes(Object.assign({}, json) as SubjectFields)).toContain("ERR_TEMPLATE_PRIVILEGED_NAME");
  class Subject {
    readonly commonName = "jane";
    get organizations(): string[] {
      return ["system:masters"];
    }
  }
  expect(codes(new Subject())).toContain("ERR_TEMPLATE_PRIVILEGED_NAME");
});

test.for<ExtendedKeyUsage>(["clientAuth", "1.3.6.1.5.5.7.3.2", "any", "2.5.29.37.0"])(
  "five years are too long for a client, written as %s too",
  (usage) => {
    const template = clientTemplate({
      subject: { commonName: "jane" },
      lifetimeSeconds: 5 * 31_536_000,
      extendedKeyUsage: [usage],
      now: NOW,
    });
    const found = validateTemplate(template, undefined, { now: NOW });
    expect(found).toContainEqual(expect.objectContaining({ code: "ERR_TEMPLATE_VALIDITY" }));
  },
);

test("a usage in two spellings is a usage twice", () => {
  const template = clientTemplate({
    subject: { commonName: "jane" },
    extendedKeyUsage: ["clientAuth", "1.3.6.1.5.5.7.3.2"],
    now: NOW,
  });
  const found = validateTemplate(template, undefined, { now: NOW });
  expect(found).toContainEqual(expect.objectContaining({ code: "ERR_TEMPLATE_EXTENSION" }));
});
