import { describe, expect, test } from "vitest";
import {
  isKubernetesSignerName,
  signerRule,
  validateSignerName,
} from "../../../src/kubernetes/csr/signer-name.ts";

const a = (count: number): string => "a".repeat(count);
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const FORM = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
const TWO = "should be a domain with at least two segments separated by dots";
/** 253 characters, the longest domain. */
const fqdn = `${a(63)}.${a(63)}.${a(63)}.${a(61)}`;
const longest = `${fqdn}/${a(63)}.${a(253)}`;

/** Rows of Kubernetes pkg/apis/certificates/validation/validation_test.go, and what Go's code says of others. */
const rows: [title: string, signerName: string, messages: string[]][] = [
  ["an empty name", "", ["Required value"]],
  ["no slash", "an-invalid-signer-name", [FORM]],
  ["two slashes", "an-invalid-signer-name.com/something/else", [FORM]],
  ["many slashes", "/".repeat(10_000), [FORM]],
  ["a domain without a dot", "example/some-signer-name", [TWO]],
  ["an empty path", "example.com/", [`validating label "": ${SUBDOMAIN}`]],
  ["a path that ends in a hyphen", "example.com/something-", [`validating label "something-": ${SUBDOMAIN}`]],
  ["a path of one hyphen", "example.com/-", [`validating label "-": ${SUBDOMAIN}`]],
  ["a good name", "example.com/some-signer-name", []],
  [
    "a label of 66",
    `${a(66)}.example.io/valid-path`,
    [`validating label "${a(66)}": must be no more than 63 characters`],
  ],
  ["the longest name", longest, []],
  ["one part beyond the longest name", `${longest}.toolong`, ["may not be more than 571 bytes"]],
  ["a domain beyond its length", `${fqdn}.extra/valid-path`, ["may not be more than 253 bytes"]],
  ["two long parts of a path", `abc.io/${a(253)}.${a(253)}`, []],
  [
    "a long part of a path",
    `abc.io/${a(254)}`,
    [`validating label "${a(254)}": must be no more than 253 characters`],
  ],
  ["an empty domain", "/x", [`validating label "": ${LABEL}`, TWO]],
  ["an upper-case letter", "Example.com/x", [`validating label "Example": ${LABEL}`]],
  ["two bad labels", "-a.-b/x", [`validating label "-a": ${LABEL}`]],
  ["bad domain and path", "example/X.Y", [TWO, `validating label "X": ${SUBDOMAIN}`]],
  [
    "two faults of a label",
    `${a(64)}_.io/x`,
    [
      `validating label "${a(64)}_": must be no more than 63 characters`,
      `validating label "${a(64)}_": ${LABEL}`,
    ],
  ],
  ["a line feed at the end", "example.com/x\n", [`validating label "x\\u{a}": ${SUBDOMAIN}`]],
];

describe("signer names", () => {
  test.each(rows)("%s", (_, signerName, messages) => {
    const findings = validateSignerName(signerName);
    expect(findings.map(({ message }) => message)).toEqual(messages);
    expect(findings.every(({ severity, path }) => severity === "error" && path === "spec.signerName")).toBe(
      true,
    );
  });

  test("lengths count octets, as in Go", () => {
    const [first] = validateSignerName(`${"\u00e9".repeat(32)}.io/x`);
    expect(first?.message).toMatch(/must be no more than 63 characters$/);
  });

  test("every code is told apart", () => {
    const codes = (name: string): string[] => validateSignerName(name).map(({ code }) => code);
    expect(codes("")).toEqual(["FINDING_SIGNER_NAME_REQUIRED"]);
    expect(codes("x")).toEqual(["FINDING_SIGNER_NAME_FORM"]);
    expect(codes("x/_")).toEqual(["FINDING_SIGNER_NAME_DOMAIN", "FINDING_SIGNER_NAME_PATH"]);
    expect(codes(`${longest}.toolong`)).toEqual(["FINDING_SIGNER_NAME_LENGTH"]);
  });

  test("the path of the field can be another", () => {
    expect(validateSignerName("", "spec.trustBundle.signerName")[0]?.path).toBe(
      "spec.trustBundle.signerName",
    );
  });

  test("a long name does not make a long finding", () => {
    const [finding] = validateSignerName(`${a(1_000_000)}.io/x`).toReversed();
    expect(JSON.stringify(finding).length).toBeLessThan(2_000);
  });
});

test.each([
  ["kubernetes.io/kube-apiserver-client", true],
  ["sub.kubernetes.io/x", true],
  ["kubernetes.io", true],
  ["notkubernetes.io/x", false],
  ["kubernetes.io.example.com/x", false],
  ["example.com/kubernetes.io", false],
  ["Kubernetes.io/x", false],
])("%s is kept for Kubernetes: %s", (signerName, expected) => {
  expect(isKubernetesSignerName(signerName)).toBe(expected);
});

describe("rules for signers", () => {
  test("one signer, or all of its domain", () => {
    const rule = { apiGroups: ["certificates.k8s.io"], resources: ["signers"], verbs: ["approve", "attest"] };
    expect(signerRule("example.com/x", ["approve", "attest"])).toEqual({
      ...rule,
      resourceNames: ["example.com/x"],
    });
    expect(signerRule("example.com/x", ["approve", "attest"], { wildcard: true })).toEqual({
      ...rule,
      resourceNames: ["example.com/*"],
    });
  });

  test.each(["", "*", "example.com/*", "*/x"])("%j is no signer name, so no rule is made of it", (name) => {
    expect(() => signerRule(name, ["sign"])).toThrow(TypeError);
  });
});
