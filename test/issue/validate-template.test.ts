import { describe, expect, test } from "vitest";
import { issueCertificateSync } from "../../src/issue/issue.ts";
import { caTemplate, clientTemplate, servingTemplate } from "../../src/issue/template.ts";
import type { CertificateTemplate, ServingTemplateOptions } from "../../src/issue/template.ts";
import { validateTemplate } from "../../src/issue/validate-template.ts";
import type { TemplateRules } from "../../src/issue/validate-template.ts";
import { parseIdentity } from "../../src/kubernetes/identity.ts";
import type { SubjectFields } from "../../src/x509/name-writer.ts";
import { fault } from "../support/fault.ts";
import { NOW, authority, countingSigner, leafKey } from "./fixtures.ts";

const client = (subject: SubjectFields): CertificateTemplate => clientTemplate({ subject, now: NOW });
const names = (...attributes: readonly (readonly [type: string, value: string])[]): CertificateTemplate =>
  clientTemplate({ subject: attributes.map(([type, value]) => [{ type, value }]), now: NOW });
const server = (options: Partial<ServingTemplateOptions>): CertificateTemplate =>
  servingTemplate({ subject: {}, now: NOW, ...options } as ServingTemplateOptions);
const ca = (options: object = {}): CertificateTemplate =>
  caTemplate({ subject: { commonName: "sub-ca" }, now: NOW, ...options });
const withExtensions = (...extensions: CertificateTemplate["extensions"]): CertificateTemplate => ({
  ...client({ commonName: "u" }),
  extensions,
});
const BASIC = { id: "basicConstraints", critical: true, value: { ca: false } } as const;
const USAGE = { id: "extendedKeyUsage", critical: false, value: ["clientAuth"] } as const;
const sans = (count: number): [string, ...string[]] => [
  "x.example",
  ...Array.from({ length: count - 1 }, (_, i) => `n${i}.example`),
];

type Row = readonly [
  what: string,
  template: CertificateTemplate,
  code: string,
  path: string,
  rules?: TemplateRules,
];

const SUBJECTS: readonly Row[] = [
  ["neither subject nor alternative name", client({}), "ERR_TEMPLATE_SUBJECT", "subject"],
  [
    "an empty common name",
    client({ commonName: "", organizations: ["a"] }),
    "ERR_TEMPLATE_SUBJECT",
    "subject.commonName",
  ],
  [
    "an empty group",
    client({ commonName: "u", organizations: [""] }),
    "ERR_TEMPLATE_SUBJECT",
    "subject.organizations[0]",
  ],
  ["a line feed", client({ commonName: "u\nx" }), "ERR_TEMPLATE_SUBJECT", "subject.commonName"],
  [
    "a NUL",
    client({ commonName: "u", organizations: ["admin\0"] }),
    "ERR_TEMPLATE_SUBJECT",
    "subject.organizations[0]",
  ],
  ["DEL", client({ commonName: "u\x7f" }), "ERR_TEMPLATE_SUBJECT", "subject.commonName"],
  ["a C1 control", client({ commonName: "u\x85" }), "ERR_TEMPLATE_SUBJECT", "subject.commonName"],
  [
    "a control in a field without meaning to Kubernetes",
    client({ commonName: "u", localities: ["\x1b[31m"] }),
    "ERR_TEMPLATE_SUBJECT",
    "subject.localities[0]",
  ],
  [
    "a right-to-left override",
    client({ commonName: "u\u202eadmin" }),
    "ERR_TEMPLATE_SUBJECT",
    "subject.commonName",
  ],
  ["a zero-width space", client({ commonName: "adm\u200bin" }), "ERR_TEMPLATE_SUBJECT", "subject.commonName"],
  ["half of a surrogate pair", client({ commonName: "u\ud800" }), "ERR_TEMPLATE_NAME", "subject"],
  ["two common names", names(["2.5.4.3", "a"], ["2.5.4.3", "b"]), "ERR_TEMPLATE_SUBJECT", "subject"],
  [
    "two UIDs",
    names(["2.5.4.3", "a"], ["1.3.6.1.4.1.57683.2", "1"], ["1.3.6.1.4.1.57683.2", "2"]),
    "ERR_TEMPLATE_SUBJECT",
    "subject",
  ],
  ["an attribute type that is none", names(["2.5.4.3", "a"], ["3.1", "b"]), "ERR_TEMPLATE_NAME", "subject"],
  [
    "an empty RDN",
    clientTemplate({ subject: [[]], now: NOW, dnsNames: ["a.example"] }),
    "ERR_TEMPLATE_NAME",
    "subject",
  ],
  [
    "a value of 5,000 characters",
    client({ commonName: "a".repeat(5000) }),
    "ERR_TEMPLATE_SUBJECT",
    "subject.commonName",
  ],
  [
    "a value of 4,098 octets in 1,366 characters",
    client({ commonName: "€".repeat(1366) }),
    "ERR_TEMPLATE_SUBJECT",
    "subject.commonName",
  ],
  [
    "1,001 attributes",
    client({ commonName: "u", organizations: Array.from({ length: 1000 }, (_, i) => `g${i}`) }),
    "ERR_TEMPLATE_SUBJECT",
    "subject",
  ],
  ["a CA without a name", ca({ subject: {}, dnsNames: ["a.example"] }), "ERR_TEMPLATE_SUBJECT", "subject"],
  [
    "who was not authenticated",
    client({ commonName: "system:anonymous" }),
    "ERR_TEMPLATE_SUBJECT",
    "subject.commonName",
    { allowPrivileged: true },
  ],
  [
    "the group of those",
    client({ commonName: "u", organizations: ["system:unauthenticated"] }),
    "ERR_TEMPLATE_SUBJECT",
    "subject.organizations[0]",
    { allowPrivileged: true },
  ],
];

const PRIVILEGED: readonly Row[] = [
  [
    "system:masters",
    client({ commonName: "u", organizations: ["dev", "system:masters"] }),
    "ERR_TEMPLATE_PRIVILEGED_NAME",
    "subject.organizations[1]",
  ],
  [
    "kubeadm's administrators",
    client({ commonName: "u", organizations: ["kubeadm:cluster-admins"] }),
    "ERR_TEMPLATE_PRIVILEGED_NAME",
    "subject.organizations[0]",
  ],
  [
    "the user whom kubeadm lets into kubelets",
    client({ commonName: "kube-apiserver-kubelet-client" }),
    "ERR_TEMPLATE_PRIVILEGED_NAME",
    "subject.commonName",
  ],
  [
    "a node",
    client({ commonName: "system:node:a", organizations: ["system:nodes"] }),
    "ERR_TEMPLATE_PRIVILEGED_NAME",
    "subject.organizations[0]",
  ],
  [
    "a service account",
    client({ commonName: "system:serviceaccount:kube-system:x" }),
    "ERR_TEMPLATE_PRIVILEGED_NAME",
    "subject.commonName",
  ],
  [
    "another case",
    client({ commonName: "u", organizations: ["System:Masters"] }),
    "ERR_TEMPLATE_PRIVILEGED_NAME",
    "subject.organizations[0]",
  ],
  [
    "spaces around it",
    client({ commonName: "u", organizations: [" system:masters "] }),
    "ERR_TEMPLATE_PRIVILEGED_NAME",
    "subject.organizations[0]",
  ],
  [
    "full-width letters",
    client({ commonName: "u", organizations: ["ｓystem:masters"] }),
    "ERR_TEMPLATE_PRIVILEGED_NAME",
    "subject.organizations[0]",
  ],
  [
    "the same as RDNs",
    names(["2.5.4.10", "system:masters"], ["2.5.4.3", "u"]),
    "ERR_TEMPLATE_PRIVILEGED_NAME",
    "subject[0][0]",
  ],
  [
    "a serving certificate of that name",
    server({ subject: { commonName: "system:x" }, dnsNames: ["a.example"] }),
    "ERR_TEMPLATE_PRIVILEGED_NAME",
    "subject.commonName",
  ],
];

const NAMES: readonly Row[] = [
  [
    "an IP address as DNS name",
    server({ dnsNames: ["a.example", "10.0.0.1"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[1]",
  ],
  [
    "a URL as DNS name",
    server({ dnsNames: ["https://a.example"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[0]",
  ],
  [
    "a port",
    server({ dnsNames: ["a.example:443"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[0]",
  ],
  [
    "an empty DNS name",
    server({ dnsNames: [""] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[0]",
  ],
  [
    "a NUL in a DNS name",
    server({ dnsNames: ["a.example\0.b"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[0]",
  ],
  [
    "a DNS name with a comma",
    server({ dnsNames: ["a.example,b.example"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[0]",
  ],
  [
    "a letter beyond ASCII",
    server({ dnsNames: ["bücher.example"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[0]",
  ],
  [
    "a wildcard in the middle",
    server({ dnsNames: ["a.*.example"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[0]",
  ],
  [
    "a range of addresses",
    server({ ipAddresses: ["10.0.0.0/8"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[0]",
  ],
  [
    "an address with leading zeros",
    server({ ipAddresses: ["010.0.0.1"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[0]",
  ],
  [
    "an address with a zone",
    server({ ipAddresses: ["fe80::1%eth0"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[0]",
  ],
  [
    "a relative URI",
    server({ dnsNames: ["a.example"], uris: ["a/b"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[1]",
  ],
  [
    "a line break in a URI",
    server({ dnsNames: ["a.example"], uris: ["spiffe://td/\r\nx"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[1]",
  ],
  [
    "an e-mail address with a name",
    server({ dnsNames: ["a.example"], emailAddresses: ["A <a@b.example>"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[1]",
  ],
  [
    "the same DNS name in another case",
    server({ dnsNames: ["a.example", "A.example"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[1]",
  ],
  [
    "the same address in another spelling",
    server({ ipAddresses: ["fd00::1", "fd00:0::1"] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName[1]",
  ],
  [
    "1,001 names",
    server({ dnsNames: sans(1001) }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName",
  ],
  [
    "an empty list",
    withExtensions(BASIC, USAGE, { id: "subjectAltName", critical: false, value: [] }),
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "extensions.subjectAltName",
  ],
];

const EXTENSIONS: readonly Row[] = [
  [
    "an extension twice",
    withExtensions(BASIC, USAGE, USAGE),
    "ERR_TEMPLATE_EXTENSION",
    "extensions.extendedKeyUsage",
  ],
  [
    "a computed extension twice",
    withExtensions(
      BASIC,
      USAGE,
      { computed: "authorityKeyIdentifier" },
      { computed: "authorityKeyIdentifier" },
    ),
    "ERR_TEMPLATE_EXTENSION",
    "extensions[3]",
  ],
  [
    "an unknown extension twice",
    withExtensions(USAGE, ...[0, 1].map(() => ({ oid: "1.2.3", critical: false, der: Uint8Array.of(5, 0) }))),
    "ERR_TEMPLATE_EXTENSION",
    "extensions[2]",
  ],
  [
    "a known extension as bytes",
    withExtensions(USAGE, { oid: "2.5.29.17", critical: false, der: Uint8Array.of(0x30, 0) }),
    "ERR_TEMPLATE_EXTENSION",
    "extensions[1]",
  ],
  [
    "an identifier that is none",
    withExtensions(USAGE, { oid: "1", critical: false, der: Uint8Array.of(5, 0) }),
    "ERR_TEMPLATE_EXTENSION",
    "extensions",
  ],
  [
    "keyCertSign without CA",
    clientTemplate({ subject: { commonName: "u" }, now: NOW, keyUsage: ["keyCertSign"] }),
    "ERR_TEMPLATE_EXTENSION",
    "extensions.keyUsage",
  ],
  [
    "a CA without keyCertSign",
    ca({ keyUsage: ["digitalSignature"] }),
    "ERR_TEMPLATE_EXTENSION",
    "extensions.keyUsage",
  ],
  [
    "a CA whose basic constraints are not critical",
    withExtensions({ ...BASIC, critical: false, value: { ca: true } }),
    "ERR_TEMPLATE_EXTENSION",
    "extensions.basicConstraints",
  ],
  [
    "a path length without CA",
    withExtensions(USAGE, { ...BASIC, value: { ca: false, pathLength: 0 } }),
    "ERR_TEMPLATE_EXTENSION",
    "extensions.basicConstraints",
  ],
  [
    "a path length below zero",
    ca({ pathLength: -1 }),
    "ERR_TEMPLATE_EXTENSION",
    "extensions.basicConstraints",
  ],
  ["half a path length", ca({ pathLength: 0.5 }), "ERR_TEMPLATE_EXTENSION", "extensions.basicConstraints"],
  [
    "name constraints without CA",
    withExtensions(USAGE, {
      id: "nameConstraints",
      critical: true,
      value: { permitted: [{ type: "dns", value: "a.example" }], excluded: [] },
    }),
    "ERR_TEMPLATE_EXTENSION",
    "extensions.nameConstraints",
  ],
  [
    "an empty extended key usage",
    withExtensions(BASIC, { ...USAGE, value: [] }),
    "ERR_TEMPLATE_EXTENSION",
    "extensions.extendedKeyUsage",
  ],
  [
    "an empty key usage",
    withExtensions(USAGE, { id: "keyUsage", critical: true, value: [] }),
    "ERR_TEMPLATE_EXTENSION",
    "extensions.keyUsage",
  ],
  [
    "a critical key identifier",
    withExtensions(USAGE, { id: "subjectKeyIdentifier", critical: true, value: Uint8Array.of(1) }),
    "ERR_TEMPLATE_EXTENSION",
    "extensions.subjectKeyIdentifier",
  ],
  [
    "an alternative name that is not critical beside an empty subject",
    {
      ...server({ dnsNames: ["a.example"] }),
      extensions: [
        USAGE,
        { id: "subjectAltName", critical: false, value: [{ type: "dns", value: "a.example" }] },
      ],
    },
    "ERR_TEMPLATE_EXTENSION",
    "extensions.subjectAltName",
  ],
];

for (const [kind, rows] of Object.entries({
  subjects: SUBJECTS,
  "privileged names": PRIVILEGED,
  "alternative names": NAMES,
  extensions: EXTENSIONS,
})) {
  describe(`${kind} that are refused`, () => {
    for (const [what, template, code, path, rules] of rows) {
      test(what, () => {
        const findings = validateTemplate(template, undefined, { now: NOW, ...rules });
        const [first] = findings.filter(({ severity }) => severity === "error");
        expect(first?.code).toBe(code);
        expect(first?.path.startsWith(path)).toBe(true);
        const { certificate } = authority();
        const signer = countingSigner();
        const issuer = { certificate, signer };
        const thrown = fault(() =>
          issueCertificateSync(template, { publicKey: leafKey, issuer, now: NOW, ...rules }),
        );
        expect(thrown.code).toBe(code);
        expect(thrown.path?.startsWith(path)).toBe(true);
        expect(signer.calls).toBe(0);
      });
    }
  });
}

for (const [what, template] of PRIVILEGED) {
  test(`allowPrivileged lets pass: ${what}`, () => {
    const options = { publicKey: leafKey, issuer: authority(), now: NOW, allowPrivileged: true };
    expect(issueCertificateSync(template, options).findings).toEqual([]);
  });
}

test.each([
  [
    "a group twice",
    client({ commonName: "u", organizations: ["dev", "dev"] }),
    "WARN_TEMPLATE_DUPLICATE_GROUP",
  ],
  ["no extended key usage", withExtensions(BASIC), "WARN_TEMPLATE_NO_EXTENDED_KEY_USAGE"],
  [
    "a critical alternative name beside a subject",
    withExtensions(USAGE, {
      id: "subjectAltName",
      critical: true,
      value: [{ type: "dns", value: "a.example" }],
    }),
    "WARN_TEMPLATE_CRITICAL_ALTERNATIVE_NAME",
  ],
] as const)("%s is issued with a warning", (_, template, code) => {
  const { findings } = issueCertificateSync(template, { publicKey: leafKey, issuer: authority(), now: NOW });
  expect(findings.map((finding) => [finding.code, finding.severity])).toEqual([[code, "warning"]]);
});

test("a warning about a place does not hide an error there", () => {
  const twice = clientTemplate({ subject: { organizations: ["\ud800", "\ud800"] }, now: NOW });
  expect(validateTemplate(twice, undefined, { now: NOW }).map(({ code }) => code)).toContain(
    "ERR_TEMPLATE_NAME",
  );
  const issue = () => issueCertificateSync(twice, { publicKey: leafKey, issuer: authority(), now: NOW });
  expect(fault(issue).code).toBe("ERR_TEMPLATE_NAME");
});

test("all errors are found, not the first alone", () => {
  const template = server({
    subject: { commonName: "system:a\n" },
    dnsNames: ["10.0.0.1"],
    ipAddresses: ["a"],
  });
  expect(validateTemplate(template).map(({ code }) => code)).toEqual([
    "ERR_TEMPLATE_SUBJECT",
    "ERR_TEMPLATE_PRIVILEGED_NAME",
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
    "ERR_TEMPLATE_ALTERNATIVE_NAME",
  ]);
});

test("good templates have no findings", () => {
  const templates = [
    client({ commonName: "jane", organizations: ["dev", "ops"] }),
    server({ dnsNames: ["*.a.example", "a.example"], ipAddresses: ["10.0.0.1", "fd00::1"] }),
    ca({
      pathLength: 0,
      nameConstraints: { permitted: [{ type: "dns", value: "a.example" }], excluded: [] },
    }),
  ];
  expect(templates.flatMap((template) => validateTemplate(template, authority(), { now: NOW }))).toEqual([]);
});

test("invisible characters pass where they are allowed, and identities read them with the same option", () => {
  const commonName = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"; // Persian, which needs the zero-width non-joiner
  const options = { publicKey: leafKey, issuer: authority(), now: NOW, allowInvisible: true };
  const { certificate } = issueCertificateSync(client({ commonName }), options);
  expect(parseIdentity(certificate, { allowInvisible: true })?.user).toBe(commonName);
});

test("limits can be raised", () => {
  const options = { publicKey: leafKey, issuer: authority(), now: NOW };
  const many = server({ dnsNames: sans(1500) });
  expect(
    issueCertificateSync(many, { ...options, maxAlternativeNames: 2000 }).certificate.dnsNames,
  ).toHaveLength(1500);
  const long = client({ commonName: "a".repeat(5000) });
  expect(() => issueCertificateSync(long, { ...options, maxNameValueBytes: 5000 })).not.toThrow();
});

test("a certificate too large for its readers is not signed", () => {
  const { certificate } = authority();
  const signer = countingSigner();
  const dnsNames = sans(1000).map((name, i) => `${"a".repeat(60)}.${"b".repeat(60)}.c${i}.${name}`) as [
    string,
  ];
  const issue = () =>
    issueCertificateSync(server({ dnsNames }), {
      publicKey: leafKey,
      issuer: { certificate, signer },
      now: NOW,
    });
  expect(fault(issue).code).toBe("ERR_TEMPLATE_EXTENSION");
  expect(signer.calls).toBe(0);
});

test("an unknown key usage is a misuse", () => {
  expect(() =>
    clientTemplate({ subject: { commonName: "u" }, keyUsage: ["serverAuth" as "cRLSign"] }),
  ).toThrow(TypeError);
});

describe("name constraints of the issuer", () => {
  const constrained = authority({
    nameConstraints: {
      permitted: [
        { type: "dns", value: "a.example" },
        { type: "ip", value: "10.0.0.0/8" },
      ],
      excluded: [{ type: "dns", value: "secret.a.example" }],
    },
  });
  const issue = (template: CertificateTemplate) =>
    issueCertificateSync(template, { publicKey: leafKey, issuer: constrained, now: NOW });

  test("names within them pass", () => {
    expect(issue(server({ dnsNames: ["x.a.example"], ipAddresses: ["10.1.2.3"] })).findings).toEqual([]);
  });

  test.each([
    ["a name of another domain", server({ dnsNames: ["a.example", "b.example"] })],
    ["an excluded name", server({ dnsNames: ["x.secret.a.example"] })],
    ["a wildcard that reaches an excluded name", server({ dnsNames: ["*.a.example"] })],
    ["an address outside", server({ ipAddresses: ["192.0.2.1"] })],
  ])("%s is refused", (_, template) => {
    expect(fault(() => issue(template))).toMatchObject({
      code: "ERR_TEMPLATE_NAME_CONSTRAINTS",
      path: "extensions.subjectAltName",
    });
    expect(validateTemplate(template, constrained, { now: NOW })[0]?.code).toBe(
      "ERR_TEMPLATE_NAME_CONSTRAINTS",
    );
  });

  test("a directory name can keep groups away from a tenant's CA", () => {
    const { subject } = authority({ subject: { organizations: ["tenant"] } }).certificate;
    const tenant = authority({
      nameConstraints: { permitted: [{ type: "directoryName", name: subject }], excluded: [] },
    });
    const of =
      (...organizations: string[]) =>
      () =>
        issueCertificateSync(names(...organizations.map((o) => ["2.5.4.10", o] as const), ["2.5.4.3", "u"]), {
          publicKey: leafKey,
          issuer: tenant,
          now: NOW,
        });
    expect(of("tenant")).not.toThrow();
    expect(fault(of("other"))).toMatchObject({ code: "ERR_TEMPLATE_NAME_CONSTRAINTS", path: "subject" });
  });

  test("a malformed subject under constraints is a finding too, not an exception", () => {
    const codes = validateTemplate(client({ commonName: "\ud800" }), constrained, { now: NOW }).map(
      ({ code }) => code,
    );
    expect(codes).toEqual(["ERR_TEMPLATE_NAME"]);
  });
});
