/** The CertificateSigningRequest object: rows of `TestValidateCertificateSigningRequestCreate`, of conditions and of `validateCertificate`. */
import type { V1CertificateSigningRequest } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import {
  caTemplate,
  certificateSigningRequest,
  createCertificateRequest,
  decideRequest,
  encodePem,
  generateKeyPair,
  hasRequestCondition,
  issueSelfSigned,
  issuedCertificates,
  validateCertificateSigningRequest,
  validateRequestStatus,
} from "kubepki";
import type { CertificateSigningRequest } from "kubepki";

const { signer } = await generateKeyPair("ECDSA-P256");
const { pem, request } = await createCertificateRequest({ subject: { commonName: "jane" } }, signer);
const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "ca" } }), signer);
const block = encodePem("CERTIFICATE", certificate.der);

const valid: CertificateSigningRequest = {
  metadata: { name: "csr" },
  spec: { request: btoa(pem), signerName: "example.com/something", usages: ["any"] },
};
const withSpec = (spec: Partial<CertificateSigningRequest["spec"]>): CertificateSigningRequest => ({
  ...valid,
  spec: { ...valid.spec, ...spec },
});
const changed = request.der.slice();
changed[Buffer.from(changed).indexOf("jane")] = 0x4a;

describe("an object", () => {
  test.for<[string, CertificateSigningRequest, [string, string][]]>([
    ["is taken", valid, []],
    ["may have a name that is no DNS name", { ...valid, metadata: { name: "system:node:A_b" } }, []],
    ["may have a generated name", { ...valid, metadata: { generateName: "csr-" } }, []],
    [
      "needs a name",
      { ...valid, metadata: {} },
      [["metadata.name", "Required value: name or generateName is required"]],
    ],
    [
      "needs a name that is no path",
      { ...valid, metadata: { name: ".." } },
      [["metadata.name", "may not be '..'"]],
    ],
    [
      "needs a name of one segment",
      { ...valid, metadata: { name: "a/b%" } },
      [
        ["metadata.name", "may not contain '/'"],
        ["metadata.name", "may not contain '%'"],
      ],
    ],
    [
      "needs a request",
      withSpec({ request: "" }),
      [["spec.request", "PEM block type must be CERTIFICATE REQUEST"]],
    ],
    [
      "needs a request of that label",
      withSpec({ request: btoa(encodePem("NEW CERTIFICATE REQUEST", request.der)) }),
      [["spec.request", "PEM block type must be CERTIFICATE REQUEST"]],
    ],
    [
      "needs a request that its key has signed",
      withSpec({ request: btoa(encodePem("CERTIFICATE REQUEST", changed)) }),
      [["spec.request", "the signature was not made by the key in the request (signature)"]],
    ],
    [
      "needs a request first of all",
      withSpec({ request: btoa(encodePem("EC PARAMETERS", Uint8Array.of(5, 0)) + pem) }),
      [["spec.request", "PEM block type must be CERTIFICATE REQUEST"]],
    ],
    ["may have more behind the request", withSpec({ request: btoa(`${pem}${block}-----BEGIN`) }), []],
    ["may have headers", withSpec({ request: btoa(pem.replace("-----\n", "-----\nk: v\n\n")) }), []],
    ["may have text around the request", withSpec({ request: btoa(`hello\n${pem}bye`) }), []],
    ["needs usages", withSpec({ usages: [] }), [["spec.usages", "Required value: usages are required"]]],
    [
      "needs usages that are known",
      withSpec({ usages: ["unknown"] }),
      [["spec.usages[0]", 'Unsupported value: "unknown"']],
    ],
    [
      "needs each usage once",
      withSpec({ usages: ["any", "any"] }),
      [["spec.usages[1]", 'Duplicate value: "any"']],
    ],
    [
      "must not be for the signer of old",
      withSpec({ signerName: "kubernetes.io/legacy-unknown" }),
      [["spec.signerName", "the legacy signerName is not allowed via this API version"]],
    ],
    ["needs a signer", withSpec({ signerName: "" }), [["spec.signerName", "Required value"]]],
    ...[-1, 0, 1, 599].map((seconds): [string, CertificateSigningRequest, [string, string][]] => [
      `must live longer than ${seconds} seconds`,
      withSpec({ expirationSeconds: seconds }),
      [["spec.expirationSeconds", "may not specify a duration less than 600 seconds (10 minutes)"]],
    ]),
    ...[600.5, 2_147_483_648].map((seconds): [string, CertificateSigningRequest, [string, string][]] => [
      `must not live for ${seconds} seconds, which is no int32`,
      withSpec({ expirationSeconds: seconds }),
      [["spec.expirationSeconds", "must be a whole number of at most 2147483647 seconds"]],
    ]),
    ["may live for ten minutes", withSpec({ expirationSeconds: 600 }), []],
    ["may live for a lifetime", withSpec({ expirationSeconds: 2_147_483_647 }), []],
  ])("%s", async ([, object, expected]) => {
    const findings = await validateCertificateSigningRequest(object);
    expect(findings.map(({ path, message }) => [path, message])).toEqual(expected);
    for (const { fix } of findings) expect(fix).toMatch(/^\w/);
  });
});

describe("conditions", () => {
  const True = (type: string) => ({ type, status: "True" });
  test.for<[string, { type: string; status: string }[], string[]]>([
    ["approved", [True("Approved")], []],
    ["approved and failed", [True("Approved"), True("Failed")], []],
    ["somebody's own", [{ type: "example.com/Seen", status: "False" }], []],
    [
      "approved and denied",
      [True("Approved"), True("Denied")],
      ["Approved and Denied conditions are mutually exclusive"],
    ],
    [
      "not approved",
      [{ type: "Approved", status: "False" }],
      ['Unsupported value: "False": supported values: "True"'],
    ],
    [
      "a status of its own",
      [{ type: "Mine", status: "Perhaps" }],
      ['Unsupported value: "Perhaps": supported values: "True", "False", "Unknown"'],
    ],
    ["no status", [{ type: "Mine", status: "" }], ["Required value"]],
    ["no type", [{ type: "", status: "True" }], ["Required value"]],
    ["twice", [True("Approved"), True("Approved")], ['Duplicate value: "Approved"']],
  ])("%s", ([, conditions, expected]) => {
    expect(validateRequestStatus({ conditions }).map(({ message }) => message)).toEqual(expected);
  });
});

describe("a certificate in the status", () => {
  test.for<[string, string, string[]]>([
    ["may be missing", "", []],
    ["may be there", block, []],
    ["may be a chain, with text around", `a\n${block}b\n${block}c`, []],
    [
      "must not have another label",
      encodePem("CERTIFICATE1", certificate.der),
      ['only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE1"'],
    ],
    [
      "must not have headers",
      block.replace("-----\n", "-----\nk: v\n\n"),
      ["no PEM block headers are permitted"],
    ],
    [
      "must not be empty",
      "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
      ["found CERTIFICATE PEM block containing 0 certificates"],
    ],
    ["must be PEM", "garbage", ["must contain at least one CERTIFICATE PEM block"]],
    [
      "must be base64 inside",
      "-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n",
      ["must contain at least one CERTIFICATE PEM block"],
    ],
    [
      "may be two in one block",
      encodePem("CERTIFICATE", new Uint8Array(Buffer.concat([certificate.der, certificate.der]))),
      [],
    ],
  ])("%s", ([, text, expected]) => {
    const findings = validateRequestStatus({ certificate: btoa(text) });
    expect(findings.map(({ message }) => message)).toEqual(expected);
  });

  test("must be X.509", () => {
    const [finding] = validateRequestStatus({
      certificate: btoa(encodePem("CERTIFICATE", Uint8Array.of(0x30, 0))),
    });
    expect(finding).toMatchObject({ code: "FINDING_CSR_CERTIFICATE", path: "status.certificate" });
  });
});

describe("a decision", () => {
  const decision = (type: "Approved" | "Denied" | "Failed") => ({ type, reason: "R", message: "m" });

  test("is added to what is there", () => {
    const approved = decideRequest(valid, decision("Approved"));
    expect(hasRequestCondition(approved, "Approved")).toBe(true);
    expect(hasRequestCondition(valid, "Approved")).toBe(false);
    expect(decideRequest(approved, decision("Failed")).status?.conditions).toHaveLength(2);
  });

  test.for(["Approved", "Denied", "Failed"] as const)("is final: %s", (type) => {
    const decided = decideRequest(valid, decision(type));
    for (const next of ["Approved", "Denied"] as const)
      expect(() => decideRequest(decided, decision(next))).toThrow(
        expect.objectContaining({ code: "ERR_SIGNER_STATE" }) as Error,
      );
  });

  test("comes before the certificate", () => {
    expect(() => decideRequest({ ...valid, status: { certificate: "LS0t" } }, decision("Denied"))).toThrow(
      expect.objectContaining({ code: "ERR_SIGNER_STATE" }) as Error,
    );
  });
});

test("the certificates of a signed request are read", () => {
  const status = { certificate: btoa(block) };
  expect(issuedCertificates({ ...valid, status }).map(({ der }) => der)).toEqual([certificate.der]);
  expect(() => issuedCertificates({ ...valid, status: { certificate: "*" } })).toThrow(
    expect.objectContaining({ code: "ERR_PEM_BASE64" }) as Error,
  );
});

test("the objects are those of @kubernetes/client-node, in both directions", async () => {
  const made: V1CertificateSigningRequest = certificateSigningRequest({
    pem,
    signerName: "kubernetes.io/kube-apiserver-client",
    usages: ["client auth"],
    expirationSeconds: 3600,
  });
  expect(await validateCertificateSigningRequest(made)).toEqual([]);
  expect(made.metadata).toEqual({ generateName: "csr-" });
});
