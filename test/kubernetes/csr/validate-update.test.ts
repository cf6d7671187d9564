/** Objects that are written again: rows of `TestValidateCertificateSigningRequestUpdate`, `…StatusUpdate` and `…ApprovalUpdate`. */
import { describe, expect, test } from "vitest";
import {
  caTemplate,
  certificateSigningRequest,
  createCertificateRequest,
  encodePem,
  generateKeyPair,
  issueSelfSigned,
  validateRequestUpdate,
} from "kubepki";
import type { CertificateSigningRequest, RequestConditionObject, RequestSubresource } from "kubepki";

const { signer } = await generateKeyPair("ECDSA-P256");
const { pem } = await createCertificateRequest({ subject: { commonName: "jane" } }, signer);
const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "ca" } }), signer);
const good = btoa(encodePem("CERTIFICATE", certificate.der));
const other = btoa(`another text\n${encodePem("CERTIFICATE", certificate.der)}`);
const GARBAGE = btoa("no certificate");
const base = certificateSigningRequest({ name: "a", pem, signerName: "example.com/a", usages: ["any"] });

type Status = NonNullable<CertificateSigningRequest["status"]>;
const withStatus = (status: Status | undefined): CertificateSigningRequest =>
  status ? { ...base, status } : base;
const condition = (type: string, more: Partial<RequestConditionObject> = {}) => ({
  type,
  status: "True",
  ...more,
});
const conditions = (...types: string[]): Status => ({ conditions: types.map((type) => condition(type)) });

const add = (type: string) => `updates may not add a condition of type "${type}"`;
const remove = (type: string) => `updates may not remove a condition of type "${type}"`;
const modify = (type: string) => `updates may not modify a condition of type "${type}"`;
const SET = "updates may not set certificate content";
const RESET = "updates may not modify existing certificate content";

type Row = [
  what: string,
  stored: Status | undefined,
  updated: Status | undefined,
  main: string[],
  status: string[],
  approval: string[],
];

describe("an update", () => {
  test.for<Row>([
    ["that changes nothing", undefined, undefined, [], [], []],
    [
      "that changes nothing of a decided object",
      conditions("Approved", "Failed"),
      conditions("Approved", "Failed"),
      [],
      [],
      [],
    ],
    ["that approves", undefined, conditions("Approved"), [add("Approved")], [add("Approved")], []],
    ["that denies", undefined, conditions("Denied"), [add("Denied")], [add("Denied")], []],
    ["that lets it fail", undefined, conditions("Failed"), [], [], []],
    [
      "that takes approval back",
      conditions("Approved"),
      undefined,
      [remove("Approved")],
      [remove("Approved")],
      [remove("Approved")],
    ],
    [
      "that takes denial back",
      conditions("Denied"),
      undefined,
      [remove("Denied")],
      [remove("Denied")],
      [remove("Denied")],
    ],
    [
      "that takes failure back",
      conditions("Failed"),
      undefined,
      [remove("Failed")],
      [remove("Failed")],
      [remove("Failed")],
    ],
    ["that takes a condition of somebody's own away", conditions("Mine"), undefined, [], [], []],
    [
      "that gives another reason",
      conditions("Approved"),
      { conditions: [condition("Approved", { reason: "x" })] },
      [modify("Approved")],
      [modify("Approved")],
      [],
    ],
    [
      "that turns it around",
      conditions("Denied"),
      conditions("Approved"),
      [remove("Denied"), add("Approved")],
      [remove("Denied"), add("Approved")],
      [remove("Denied")],
    ],
    ["that sets the certificate", undefined, { certificate: good }, [SET], [], [SET]],
    ["that replaces the certificate", { certificate: good }, { certificate: other }, [SET], [RESET], [SET]],
    ["that takes the certificate away", { certificate: good }, {}, [SET], [RESET], [SET]],
    [
      "that sets what is no certificate",
      undefined,
      { certificate: GARBAGE },
      ["must contain at least one CERTIFICATE PEM block", SET],
      ["must contain at least one CERTIFICATE PEM block"],
      ["must contain at least one CERTIFICATE PEM block", SET],
    ],
    ["that leaves what is no certificate", { certificate: GARBAGE }, { certificate: GARBAGE }, [], [], []],
    [
      "that adds a denial to an approval",
      conditions("Approved"),
      conditions("Approved", "Denied"),
      ["Approved and Denied conditions are mutually exclusive", add("Denied")],
      ["Approved and Denied conditions are mutually exclusive", add("Denied")],
      ["Approved and Denied conditions are mutually exclusive"],
    ],
    [
      "of what is both approved and denied",
      conditions("Approved", "Denied"),
      conditions("Approved", "Denied"),
      [],
      [],
      [],
    ],
    [
      "of what has a condition twice",
      conditions("Mine", "Mine"),
      conditions("Mine", "Mine", "Yours", "Yours"),
      [],
      [],
      [],
    ],
    [
      "that adds a condition twice",
      undefined,
      conditions("Mine", "Mine"),
      ['Duplicate value: "Mine"'],
      ['Duplicate value: "Mine"'],
      ['Duplicate value: "Mine"'],
    ],
    ["of what has a condition without type", conditions(""), conditions(""), [], [], []],
    [
      "that adds a condition without type",
      undefined,
      conditions(""),
      ["Required value"],
      ["Required value"],
      ["Required value"],
    ],
  ])("%s", async ([, stored, updated, ...expected]) => {
    for (const [index, subresource] of (["", "status", "approval"] as RequestSubresource[]).entries()) {
      const findings = await validateRequestUpdate(withStatus(updated), withStatus(stored), subresource);
      expect([subresource, findings.map(({ message }) => message)]).toEqual([subresource, expected[index]]);
    }
  });

  test("may leave what was wrong with the specification, and adds nothing to it", async () => {
    const odd: CertificateSigningRequest = {
      ...base,
      spec: { ...base.spec, usages: ["web", "any", "any"], signerName: "kubernetes.io/legacy-unknown" },
    };
    expect(await validateRequestUpdate(odd, odd, "")).toEqual([]);
    const findings = await validateRequestUpdate(odd, base, "");
    expect(findings.map(({ path }) => path)).toEqual([
      "spec.usages[0]",
      "spec.usages[2]",
      "spec.signerName",
      "spec",
    ]);
  });

  test("compares moments, not their spelling", async () => {
    const at = "2030-01-01T00:00:00Z";
    const stored = withStatus({ conditions: [condition("Approved", { lastUpdateTime: at })] });
    const same = withStatus({ conditions: [condition("Approved", { lastUpdateTime: new Date(at) })] });
    const later = withStatus({ conditions: [condition("Approved", { lastUpdateTime: new Date(0) })] });
    expect(await validateRequestUpdate(same, stored, "status")).toEqual([]);
    expect(await validateRequestUpdate(later, stored, "status")).toMatchObject([
      { message: modify("Approved") },
    ]);
  });
});
