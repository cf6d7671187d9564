import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lintIdentity } from "../../src/kubernetes/lint-identity.ts";
import type { IdentityFindingCode } from "../../src/kubernetes/identity-finding.ts";
import { parseIdentity } from "../../src/kubernetes/identity.ts";
import { parseCertificate } from "../../src/x509/certificate.ts";
import {
  attribute,
  attributes,
  basicConstraints,
  certificate,
  cn,
  extendedKeyUsage,
  name,
  o,
  type CertificateParts,
} from "../support/certificate.ts";
import { seq, set, t61, utcTime, utf8 } from "../support/tlv.ts";

const year = seq(utcTime("260101000000Z"), utcTime("270101000000Z"));
const uid = (value: string): Uint8Array => attribute(attributes.kubernetesUid, utf8(value));

/** A certificate that has nothing to find but what the parts bring in, read as Kubernetes reads it. */
const read = (parts: CertificateParts = {}) =>
  parseCertificate(certificate({ validity: year, extensions: [extendedKeyUsage("clientAuth")], ...parts }), {
    mode: "kubernetes",
  });
const found = (parts: CertificateParts): string[] =>
  lintIdentity(read(parts)).map(({ code, path }) => `${code} ${path}`);
const subject = (...list: Uint8Array[]): string[] => found({ subject: name(...list) });

const rows: [IdentityFindingCode, string, () => string[]][] = [
  ["FINDING_NO_USER", "user", () => subject(o("g"))],
  ["FINDING_NO_USER", "user", () => subject(cn(""))],
  ["FINDING_MULTIPLE_UIDS", "uid", () => subject(cn("u"), uid("1"), uid("2"))],
  ["FINDING_EMPTY_UID", "uid", () => subject(cn("u"), uid(""))],
  ["FINDING_MULTIPLE_COMMON_NAMES", "user", () => subject(cn("a"), cn("b"))],
  ["FINDING_EMPTY_GROUP", "groups[1]", () => subject(o("a"), o(""), cn("u")).slice(0, 1)],
  ["FINDING_CONTROL_CHARACTER", "user", () => subject(cn("a\nb"))],
  ["FINDING_CONTROL_CHARACTER", "groups[0]", () => subject(o("a\0"), cn("u"))],
  ["FINDING_INVISIBLE_CHARACTER", "user", () => subject(cn("a\u202eb"))],
  ["FINDING_INVISIBLE_CHARACTER", "uid", () => subject(cn("u"), uid("a\u200b"))],
  ["FINDING_UNAUTHENTICATED_NAME", "user", () => subject(cn("system:anonymous"))],
  ["FINDING_UNAUTHENTICATED_NAME", "groups[0]", () => subject(o("system:unauthenticated"), cn("u"))],
  ["FINDING_SYSTEM_MASTERS", "groups[0]", () => subject(o("system:masters"), cn("u"))],
  ["FINDING_RESERVED_NAME", "user", () => subject(cn("system:admin"))],
  ["FINDING_RESERVED_NAME", "user", () => subject(cn("system:serviceaccount:ns"))],
  ["FINDING_RESERVED_NAME", "groups[0]", () => subject(o("system:admins"), cn("u"))],
  ["FINDING_RESERVED_NAME", "groups[0]", () => subject(o("System:Masters"), cn("u"))],
  ["FINDING_RESERVED_NAME", "groups[0]", () => subject(o(" system:masters"), cn("u"))],
  ["FINDING_RESERVED_NAME", "groups[0]", () => subject(o("\uff53ystem:masters"), cn("u"))],
  ["FINDING_DUPLICATE_GROUP", "groups[1]", () => subject(o("a"), o("a"), cn("u"))],
  ["FINDING_GROUP_ORDER", "groups", () => subject(o("b"), o("a"), cn("u"))],
  ["FINDING_GROUP_ORDER", "groups", () => subject(o("aa"), o("b"), cn("u"))],
  ["FINDING_NODE_WITHOUT_GROUP", "groups", () => subject(cn("system:node:n"))],
  ["FINDING_NODES_GROUP_WITHOUT_NODE", "user", () => subject(o("system:nodes"), cn("n"))],
  ["FINDING_NODE_WITHOUT_NAME", "user", () => subject(o("system:nodes"), cn("system:node:"))],
  ["FINDING_SERVICE_ACCOUNT_GROUPS", "groups", () => subject(cn("system:serviceaccount:ns:sa"))],
  [
    "FINDING_SERVICE_ACCOUNT_GROUPS",
    "groups",
    () => subject(o("system:serviceaccounts"), cn("system:serviceaccount:ns:sa")),
  ],
  [
    "FINDING_CA_CERTIFICATE",
    "extensions.basicConstraints",
    () => found({ extensions: [basicConstraints(), extendedKeyUsage("clientAuth")] }),
  ],
  [
    "FINDING_NO_EXTENDED_KEY_USAGE",
    "extensions.extendedKeyUsage",
    () => found({ extensions: [basicConstraints()] }).slice(1),
  ],
  [
    "FINDING_ANY_EXTENDED_KEY_USAGE",
    "extensions.extendedKeyUsage",
    () => found({ extensions: [extendedKeyUsage("any")] }),
  ],
  [
    "FINDING_NOT_FOR_CLIENTS",
    "extensions.extendedKeyUsage",
    () => found({ extensions: [extendedKeyUsage("serverAuth")] }),
  ],
  [
    "FINDING_LONG_LIFETIME",
    "tbsCertificate.validity",
    () => found({ validity: seq(utcTime("260101000000Z"), utcTime("270102000000Z")) }),
  ],
  ["FINDING_DEVIATION", "tbsCertificate.subject[0]", () => found({ subject: seq(set(o("zz"), cn("u"))) })],
  [
    "FINDING_DEVIATION",
    "tbsCertificate.subject[0][0].value",
    () => found({ subject: name(attribute(attributes.commonName, t61("caf\xe9"))) }),
  ],
];

describe("lintIdentity", () => {
  test.each(rows)("finds %s at %s", (code, path, findings) => {
    expect(findings()).toEqual([`${code} ${path}`]);
  });

  test.each([
    ["a user", [cn("jane")]],
    ["groups in the order of Go's SET", [o("b"), o("aa"), cn("jane")]],
    ["a node", [o("system:nodes"), cn("system:node:n1")]],
    ["a scheduler", [cn("system:kube-scheduler")]],
    ["kubeadm's administrator", [o("kubeadm:cluster-admins"), cn("kubernetes-admin")]],
    ["a bootstrapper", [o("system:bootstrappers"), cn("system:bootstrap:07401b")]],
    [
      "a service account with its groups",
      [o("system:serviceaccounts"), o("system:serviceaccounts:ns"), cn("system:serviceaccount:ns:sa")],
    ],
  ])("has nothing to say about %s", (_, list) => {
    expect(subject(...list)).toEqual([]);
  });

  test("a year with five minutes for the clocks is no long lifetime", () => {
    expect(found({ validity: seq(utcTime("260101000000Z"), utcTime("270101000500Z")) })).toEqual([]);
  });

  test("judges the names of an identity as it judges those of its certificate", () => {
    const parts = { subject: name(o("system:masters"), cn("system:admin")) };
    const identity = parseIdentity(certificate(parts))!;
    expect(lintIdentity(identity)).toEqual(lintIdentity(read(parts)));
    expect(lintIdentity({ user: "jane" })).toEqual([]);
  });

  test("an error is what kube-apiserver or safe mode refuses, a warning what both take", () => {
    const codes = new Set(rows.map(([code]) => code));
    expect(codes.size).toBe(22);
    for (const list of [[cn("a\nb")], [cn("a"), cn("b")], [o(""), cn("u")], [cn("system:anonymous")]]) {
      const findings = lintIdentity(read({ subject: name(...list) }));
      expect(findings.map(({ severity }) => severity)).toContain("error");
      expect(() => parseIdentity(certificate({ subject: name(...list) }))).toThrow();
    }
    for (const list of [
      [o("system:masters"), cn("u")],
      [cn("system:x")],
      [o("b"), o("a"), o("a"), cn("u")],
    ]) {
      const findings = lintIdentity(read({ subject: name(...list) }));
      expect(findings.map(({ severity }) => severity)).not.toContain("error");
      expect(parseIdentity(certificate({ subject: name(...list) }))).toBeDefined();
    }
  });

  test("shows names so that a terminal does not interpret them", () => {
    const [finding] = lintIdentity({ user: "a\u202e\u001b[31m\u0085b" });
    expect(finding?.found).toBe(String.raw`"a\u{202e}\u{1b}[31m\u{85}b"`);
  });

  const anyText = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("system:masters", "__proto__", "", "\ud800", "system:node:", "\u202e"),
  );

  test("takes any text without throwing, and answers in plain data", () => {
    fc.assert(
      fc.property(
        anyText,
        fc.array(anyText),
        fc.option(anyText, { nil: undefined }),
        (user, groups, uid_) => {
          const findings = lintIdentity({ user, groups, uid: uid_ });
          for (const { code, message, path } of findings) {
            expect(code).toMatch(/^FINDING_[A-Z_]+$/);
            expect(message).not.toBe("");
            expect(path).not.toBe("");
          }
          expect(JSON.parse(JSON.stringify(findings))).toEqual(findings);
        },
      ),
    );
  });
});
