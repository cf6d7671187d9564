/** What will become of a request: every outcome, and the law that nothing else decides about signing. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  caTemplate,
  certificateSigningRequest,
  CERTIFICATE_USAGES,
  CLIENT_SIGNER,
  createCertificateRequest,
  createCertificateRequestSync,
  decideRequest,
  encodePem,
  generateKeyPair,
  issueSelfSigned,
  KUBELET_CLIENT_SIGNER,
  KUBELET_SERVING_SIGNER,
  LEGACY_UNKNOWN_SIGNER,
  signerAttributes,
  signRequest,
  validateForSigner,
  validateRequestAdmission,
} from "kubepki";
import type { CertificateRequestTemplate, CertificateUsage, PreflightOptions } from "kubepki";
import { keyObjectSigner, verifySignatureSync } from "kubepki/node";
import { generateKeyPairSync } from "node:crypto";

const now = new Date("2030-01-01T00:00:00Z");
const keys = await generateKeyPair("ECDSA-P256");
const ca = await issueSelfSigned(
  caTemplate({ subject: { commonName: "kubernetes" }, now, lifetimeSeconds: 31_536_000 }),
  keys.signer,
  { now },
);
const signer = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
const CLIENT: CertificateUsage[] = ["digital signature", "key encipherment", "client auth"];
const kubelet = { subject: { commonName: "system:node:n1", organizations: ["system:nodes"] } };

async function objectOf(
  template: CertificateRequestTemplate,
  signerName: string,
  usages: readonly CertificateUsage[] = CLIENT,
  expirationSeconds?: number,
) {
  const { pem } = await createCertificateRequest(template, signer, { allowPrivileged: true });
  return certificateSigningRequest({
    name: "csr",
    pem,
    signerName,
    usages,
    ...(expirationSeconds !== undefined && { expirationSeconds }),
  });
}

async function preflight(
  template: CertificateRequestTemplate,
  signerName: string,
  options: PreflightOptions & { usages?: CertificateUsage[]; expirationSeconds?: number } = {},
) {
  const { usages, expirationSeconds, ...rest } = options;
  const findings = await validateForSigner(await objectOf(template, signerName, usages, expirationSeconds), {
    at: now,
    ...rest,
  });
  return findings.map(({ outcome, code, severity }) => [outcome, code, severity]);
}

const block = btoa(encodePem("CERTIFICATE", ca.certificate.der));
const jane = { subject: { commonName: "jane" } };
const WAITS = ["pending", "FINDING_APPROVAL", "warning"];

describe("what becomes of a request", () => {
  test("a good one waits for its approval, and nothing else", async () => {
    expect(await preflight(jane, CLIENT_SIGNER.signerName)).toEqual([WAITS]);
    const serving = { ...kubelet, dnsNames: ["n1"] };
    const usages: CertificateUsage[] = ["digital signature", "server auth"];
    expect(await preflight(serving, KUBELET_SERVING_SIGNER.signerName, { usages })).toEqual([WAITS]);
  });

  test("an approved one waits for nobody", async () => {
    const object = decideRequest(await objectOf(jane, CLIENT_SIGNER.signerName), {
      type: "Approved",
      reason: "Checked",
      message: "",
    });
    expect(await validateForSigner(object, { at: now })).toEqual([]);
  });

  test.for<[string, { conditions?: { type: string; status: string }[]; certificate?: string }]>([
    ["denied", { conditions: [{ type: "Denied", status: "True" }] }],
    ["failed", { conditions: ["Approved", "Failed"].map((type) => ({ type, status: "True" })) }],
    ["signed", { conditions: [{ type: "Approved", status: "True" }], certificate: block }],
  ])("one that is %s is told to be over", async ([word, status]) => {
    const object = { ...(await objectOf(jane, CLIENT_SIGNER.signerName)), status };
    expect(await validateForSigner(object, { at: now })).toEqual([
      {
        code: "FINDING_DECIDED",
        severity: "error",
        outcome: "failed",
        path: "status",
        message: `the request is ${word} already, which is final`,
        fix: "make another request, under another name",
      },
    ]);
  });

  test("kubelets are told which right lets them be approved", async () => {
    const requester = { username: "system:bootstrap:abcdef", groups: ["system:bootstrappers"] };
    const [finding, ...more] = await validateForSigner(
      await objectOf(kubelet, KUBELET_CLIENT_SIGNER.signerName),
      { at: now, requester },
    );
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ outcome: "pending", severity: "warning" });
    expect(finding?.fix).toContain("system:bootstrap:abcdef");
  });

  test.for<[string, string, "error" | "warning"]>([
    ["a name that Kubernetes keeps for itself and does not have", "kubernetes.io/kube-apiserver", "error"],
    ["the signer of pods, which signs no such objects", "kubernetes.io/kube-apiserver-client-pod", "error"],
    ["somebody's own", "example.com/mine", "warning"],
  ])("a signer that kube-controller-manager lacks leaves it pending: %s", async ([, name, severity]) => {
    expect(await preflight(jane, name)).toEqual([["pending", "FINDING_SIGNER_UNKNOWN", severity]]);
  });

  test("the rules of a signer of one's own count for its name", async () => {
    const policy = { signerName: "example.com/mine", validate: CLIENT_SIGNER.validate };
    expect(await preflight(jane, "example.com/mine", { policy, usages: ["server auth"] })).toEqual([
      WAITS,
      ["failed", "FINDING_SIGNER", "error"],
      ["failed", "FINDING_SIGNER", "error"],
    ]);
  });

  test("what the API server or its admission plugins refuse is said first", async () => {
    const masters = { subject: { commonName: "jane", organizations: ["system:masters"] } };
    expect(await preflight(masters, CLIENT_SIGNER.signerName, { expirationSeconds: 599 })).toEqual([
      ["refused", "FINDING_CSR_EXPIRATION", "error"],
      ["refused", "FINDING_CSR_MASTERS", "error"],
      WAITS,
      ["changed", "FINDING_LOST_LIFETIME", "warning"],
    ]);
    const object = { metadata: { name: "x" }, spec: { request: "", signerName: "example.com/a" } };
    const findings = await validateForSigner(object, { at: now });
    expect(findings.map(({ outcome }) => outcome)).toEqual(["refused", "refused", "pending"]);
  });

  test("a CA that has expired keeps it waiting", async () => {
    const at = new Date("2040-01-01T00:00:00Z");
    const found = await preflight(jane, CLIENT_SIGNER.signerName, { at, issuer: ca.certificate });
    expect(found[0]).toEqual(WAITS);
    expect(found).toContainEqual(["pending", "ERR_TEMPLATE_VALIDITY", "error"]);
    expect(found.map(([outcome]) => outcome)).not.toContain("failed");
  });

  test("a key that the CA itself has is not signed", async () => {
    const { pem } = await createCertificateRequest(jane, keys.signer);
    const object = certificateSigningRequest({ pem, signerName: CLIENT_SIGNER.signerName, usages: CLIENT });
    const findings = await validateForSigner(object, { at: now, issuer: ca.certificate });
    expect(findings.at(-1)).toMatchObject({ outcome: "failed", code: "FINDING_SIGNER" });
    expect((await validateForSigner(object, { at: now })).length).toBe(1);
  });
});

describe("what the certificate will lack", () => {
  const LEGACY = { at: now, policy: LEGACY_UNKNOWN_SIGNER } as const;
  async function losses(template: CertificateRequestTemplate, options: PreflightOptions = {}, wish?: number) {
    const object = await objectOf(template, LEGACY_UNKNOWN_SIGNER.signerName, CLIENT, wish);
    const findings = await validateForSigner(object, { ...LEGACY, ...options });
    return findings
      .filter(({ outcome }) => outcome === "changed")
      .map(({ code, found, path }) => [code, path, found]);
  }

  test("attributes of the subject that Go does not know", async () => {
    const subject = [
      [{ type: "1.3.6.1.4.1.57683.2", value: "42" }],
      [{ type: "0.9.2342.19200300.100.1.25", value: "example" }],
      [{ type: "2.5.4.3", value: "jane" }],
    ];
    expect(await losses({ subject })).toEqual([
      ["FINDING_LOST_SUBJECT", "subject", "42"],
      ["FINDING_LOST_SUBJECT", "subject", "example"],
    ]);
  });

  test("the order of groups", async () => {
    const subject = { commonName: "jane", organizations: ["zeta", "b"] };
    const rows = [
      [{ type: "2.5.4.10", value: "zeta" }],
      [{ type: "2.5.4.10", value: "b" }],
      [{ type: "2.5.4.3", value: "jane" }],
    ];
    expect(await losses({ subject })).toEqual([]); // the builder writes them in Go's order
    expect(await losses({ subject: rows })).toEqual([
      ["FINDING_LOST_ORDER", "subject.organizations", "zeta, b"],
    ]);
  });

  test("extensions but the names", async () => {
    const extraExtensions = [
      { id: "basicConstraints", critical: true, value: { ca: true } },
      { oid: "1.2.3.4", critical: false, der: Uint8Array.of(5, 0) },
    ] as const;
    expect(await losses({ ...jane, dnsNames: ["a.example"], extraExtensions })).toEqual([
      ["FINDING_LOST_EXTENSION", "extensions.basicConstraints", undefined],
      ["FINDING_LOST_EXTENSION", "extensions.1.2.3.4", undefined],
    ]);
  });

  test.for<[string, number, number | undefined, boolean]>([
    ["more than the signer gives", 3601, 3600, true],
    ["as much as it gives", 3600, 3600, false],
    ["less", 1800, 3600, false],
    ["more than a year, where nothing else is said", 31_536_001, undefined, true],
  ])("time: %s", async ([, wish, defaultDurationSeconds, isLost]) => {
    const options = defaultDurationSeconds === undefined ? {} : { defaultDurationSeconds };
    const found = await losses(jane, options, wish);
    expect(found.map(([code]) => code)).toEqual(isLost ? ["FINDING_LOST_LIFETIME"] : []);
  });

  test("time that the CA does not have", async () => {
    const found = await losses(
      jane,
      { issuer: ca.certificate, defaultDurationSeconds: 40_000_000 },
      39_000_000,
    );
    expect(found.map(([code]) => code)).toEqual(["WARN_TEMPLATE_VALIDITY_CAPPED"]);
  });
});

describe("admission", () => {
  const question = async (template: CertificateRequestTemplate, signerName: string) => ({
    request: (await createCertificateRequest(template, signer, { allowPrivileged: true })).request,
    signerName,
  });
  const node = { username: "system:node:n1", groups: ["system:nodes"] };
  const other = { subject: { commonName: "system:node:n2", organizations: ["system:nodes"] } };
  const masters = { subject: { commonName: "a", organizations: ["dev", "system:masters"] } };

  test.for<[string, CertificateRequestTemplate, string, typeof node | undefined, string[]]>([
    ["masters of the client signer", masters, CLIENT_SIGNER.signerName, undefined, ["FINDING_CSR_MASTERS"]],
    ["masters of another signer", masters, KUBELET_CLIENT_SIGNER.signerName, undefined, []],
    [
      "a group that only looks like it",
      { subject: { commonName: "a", organizations: ["System:masters"] } },
      CLIENT_SIGNER.signerName,
      undefined,
      [],
    ],
    ["a node for itself", kubelet, KUBELET_SERVING_SIGNER.signerName, node, []],
    ["a node for itself, as a client", kubelet, KUBELET_CLIENT_SIGNER.signerName, node, []],
    ["a node for another", other, KUBELET_SERVING_SIGNER.signerName, node, ["FINDING_CSR_NODE"]],
    ["a node for another, as a client", other, KUBELET_CLIENT_SIGNER.signerName, node, ["FINDING_CSR_NODE"]],
    ["a node with another signer", other, CLIENT_SIGNER.signerName, node, []],
    [
      "somebody who is called like a node",
      other,
      KUBELET_SERVING_SIGNER.signerName,
      { ...node, groups: [] },
      [],
    ],
    [
      "a bootstrap token",
      other,
      KUBELET_CLIENT_SIGNER.signerName,
      { username: "system:bootstrap:a", groups: ["system:bootstrappers"] },
      [],
    ],
  ])("%s", async ([, template, signerName, requester, codes]) => {
    const asked = await question(template, signerName);
    const findings = validateRequestAdmission({ ...asked, ...(requester && { requester }) });
    expect(findings.map(({ code }) => code)).toEqual(codes);
  });

  test("the words are those of the plugins", async () => {
    const [first] = validateRequestAdmission(await question(masters, CLIENT_SIGNER.signerName));
    expect(first?.message).toBe(
      "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed",
    );
    const asked = await question(other, KUBELET_SERVING_SIGNER.signerName);
    const [second] = validateRequestAdmission({ ...asked, requester: node });
    expect(second?.message).toBe("can only create a node CSR with CN=system:node:n1");
  });

  test("a signer is asked for by its name and by its domain", () => {
    expect(signerAttributes("example.com/a.b", "approve")).toEqual(
      ["example.com/a.b", "example.com/*"].map((name) => ({
        group: "certificates.k8s.io",
        version: "*",
        resource: "signers",
        name,
        verb: "approve",
      })),
    );
  });
});

describe("the law", () => {
  const text = fc.oneof(
    fc.constantFrom(
      "system:nodes",
      "system:node:n1",
      "dev",
      "system:masters",
      "system:anonymous",
      "a\u202eb",
    ),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
  );
  const attribute = fc.record({
    type: fc.constantFrom("2.5.4.3", "2.5.4.10", "2.5.4.11", "1.3.6.1.4.1.57683.2", "2.5.4.5"),
    value: text,
  });
  const names = {
    dnsNames: fc.array(fc.constantFrom("n1", "*.example.com", "a.example"), { maxLength: 2 }),
    ipAddresses: fc.array(fc.constantFrom("192.0.2.1", "::ffff:192.0.2.1", "::1"), { maxLength: 2 }),
    emailAddresses: fc.array(fc.constant("a@b.example"), { maxLength: 1 }),
    uris: fc.array(fc.constantFrom("spiffe://td/a", "https://a.example/x"), { maxLength: 1 }),
  };
  const policies = [CLIENT_SIGNER, KUBELET_CLIENT_SIGNER, KUBELET_SERVING_SIGNER, LEGACY_UNKNOWN_SIGNER];
  const words = Object.keys(CERTIFICATE_USAGES) as CertificateUsage[];
  const usages = fc.oneof(
    fc.constantFrom(CLIENT, ["digital signature", "server auth"] as const),
    fc.subarray([...words]),
    fc.constant(["client auth", "unheard of"] as unknown as CertificateUsage[]),
  );

  test("signRequest signs exactly what has no finding of outcome failed", async () => {
    const seen = { signed: 0, failed: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(attribute, { minLength: 1, maxLength: 2 }), { maxLength: 4 }),
        fc.record(names),
        fc.constantFrom(...policies),
        usages,
        fc.option(fc.integer({ min: 600, max: 10_000_000 }), { nil: undefined }),
        async (subject, alternative, policy, wanted, wish) => {
          const template = { subject, ...alternative };
          let pem: string;
          try {
            pem = createCertificateRequestSync(template, signer, {
              allowPrivileged: true,
              allowInvisible: true,
            }).pem;
          } catch {
            fc.pre(false); // what cannot be asked for
            throw new Error("not reached");
          }
          const object = certificateSigningRequest({
            pem,
            signerName: policy.signerName,
            usages: wanted,
            ...(wish !== undefined && { expirationSeconds: wish }),
          });
          const options = { policy, at: now, verifySignature: verifySignatureSync };
          const found = await validateForSigner(object, { ...options, issuer: ca.certificate });
          const failing = found.filter(({ outcome }) => outcome === "failed");
          const approved = { ...object, status: { conditions: [{ type: "Approved", status: "True" }] } };
          const issuer = { certificate: ca.certificate, signer: keys.signer };
          const outcome = await signRequest(approved, { ...options, issuer });
          for (const { fix, code } of found)
            expect([code, fix]).toEqual([code, expect.stringMatching(/^\w.{8}/)]);
          if ("certificate" in outcome) seen.signed++;
          else seen.failed++;
          expect(failing.length === 0).toBe("certificate" in outcome);
          if ("message" in outcome)
            expect(failing.some(({ message }) => outcome.message.startsWith(message))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
    expect(Math.min(seen.signed, seen.failed)).toBeGreaterThan(10);
  });
});
