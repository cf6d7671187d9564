/** The rows of Kubernetes' `TestValidateClusterTrustBundle` and of its update. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  caTemplate,
  clientTemplate,
  clusterTrustBundle,
  encodePem,
  encodeTrustBundle,
  generateKeyPair,
  issueCertificate,
  issueSelfSigned,
  parseCertificates,
  validateClusterTrustBundle,
} from "kubepki";
import type { ClusterTrustBundle } from "kubepki";

const pair = await generateKeyPair("ECDSA-P256");
const root = async (commonName: string) =>
  (await issueSelfSigned(caTemplate({ subject: { commonName } }), pair.signer)).certificate;
const [one, two] = await Promise.all([root("one"), root("two")]);
const leaf = (
  await issueCertificate(clientTemplate({ subject: { commonName: "jane" } }), {
    publicKey: (await generateKeyPair("ECDSA-P256")).publicKey,
    issuer: { certificate: one, signer: pair.signer },
  })
).certificate;
const pem = (der: Uint8Array): string => encodePem("CERTIFICATE", der);

function bundle(
  name: string,
  signerName: string | undefined,
  trustBundle = pem(one.der),
): ClusterTrustBundle {
  return {
    apiVersion: "certificates.k8s.io/v1beta1",
    kind: "ClusterTrustBundle",
    metadata: { name },
    spec: signerName === undefined ? { trustBundle } : { signerName, trustBundle },
  };
}

const codes = (object: ClusterTrustBundle, old?: ClusterTrustBundle): string[] =>
  validateClusterTrustBundle(object, old).map(({ code }) => code);

describe("the name", () => {
  test.for<[string, string | undefined, string[]]>([
    ["foo", undefined, []],
    ["k8s.io:bar:foo", undefined, ["FINDING_TRUST_BUNDLE_NAME"]],
    ["Not_A_Name", undefined, ["FINDING_TRUST_BUNDLE_NAME"]],
    ["k8s.io:foo:bar", "k8s.io/foo", []],
    ["look-ma-no-prefix", "k8s.io/foo", ["FINDING_TRUST_BUNDLE_NAME"]],
    ["k8s.io:foo:", "k8s.io/foo", ["FINDING_TRUST_BUNDLE_NAME"]],
    ["k8s.io:foo:123notvalidDNSSubdomain", "k8s.io/foo", ["FINDING_TRUST_BUNDLE_NAME"]],
    ["invalid:foo", "invalid", ["FINDING_TRUST_BUNDLE_SIGNER_NAME"]],
  ])("%s of signer %s: %j", ([name, signerName, expected]) => {
    expect(codes(bundle(name, signerName))).toEqual(expected);
  });
});

describe("the bundle", () => {
  const broken = pem(one.der).replace("-----END", "*-----END");
  test.for<[string, string, string | undefined]>([
    ["one CA", pem(one.der), undefined],
    ["two CAs", pem(one.der) + pem(two.der), undefined],
    ["text between the blocks", `# one\n${pem(one.der)}and two\n${pem(two.der)}`, undefined],
    ["no block", "garbage", "at least one trust anchor must be provided"],
    ["nothing", "", "at least one trust anchor must be provided"],
    ["a broken block alone, which Go passes over", broken, "at least one trust anchor must be provided"],
    [
      "a block of another kind",
      encodePem("NOTACERTIFICATE", one.der),
      "entry 0 has bad block type: NOTACERTIFICATE",
    ],
    [
      "a block with headers",
      pem(one.der).replace("-----\n", "-----\nk: v\n\n"),
      "entry 0 has PEM block headers",
    ],
    ["a certificate that is no CA", pem(one.der) + pem(leaf.der), "entry 1 does not have the CA bit set"],
    ["a CA twice", pem(one.der) + pem(two.der) + pem(one.der), "duplicate trust anchor (indices [0 2])"],
    [
      "a CA twice with other line breaks",
      pem(one.der) + pem(one.der).replaceAll(/([A-Za-z0-9+/=]{64})\n/g, "$1"),
      "duplicate trust anchor (indices [0 1])",
    ],
    [
      "more than 1 MiB",
      `${pem(one.der)}${"#".repeat(1024 * 1024)}`,
      `the bundle has ${pem(one.der).length + 1048576} bytes, at most 1048576 are allowed`,
    ],
  ])("%s", ([, trustBundle, expected]) => {
    const findings = validateClusterTrustBundle(bundle("foo", undefined, trustBundle));
    expect(findings.map(({ message }) => message)).toEqual(expected === undefined ? [] : [expected]);
  });

  test("what is no certificate is named with its reason", () => {
    const [finding] = validateClusterTrustBundle(
      bundle("foo", undefined, encodePem("CERTIFICATE", Uint8Array.of(0x30, 0))),
    );
    expect(finding).toMatchObject({ code: "FINDING_TRUST_BUNDLE_CERTIFICATE", path: "spec.trustBundle" });
    expect(finding?.message).toMatch(/^entry 0 does not parse as X\.509: /);
  });
});

describe("an update", () => {
  const old = bundle("foo", undefined);
  test("may change the CAs", () => {
    expect(codes(bundle("foo", undefined, pem(two.der)), old)).toEqual([]);
  });
  test("must leave some", () => {
    expect(codes(bundle("foo", undefined, ""), old)).toEqual(["FINDING_TRUST_BUNDLE_EMPTY"]);
  });
  test("must not change the signer", () => {
    const now = bundle("k8s.io:foo:bar", "k8s.io/foo");
    expect(codes({ ...now, metadata: old.metadata }, old)).toContain("FINDING_TRUST_BUNDLE_SIGNER_NAME");
  });
  test("does not look at a bundle again that stays as it was", () => {
    const stored = bundle("foo", undefined, "garbage");
    expect(codes(stored, stored)).toEqual([]);
  });
});

test("the same CAs make the same object, in whichever order and number they are given", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(one, two)), (some) => {
      const text = encodeTrustBundle([one, two, ...some]);
      expect(text).toBe(encodeTrustBundle([...some, two, one]));
      const object = clusterTrustBundle({
        signerName: "example.com/ca",
        name: "v1",
        trustAnchors: [two, ...some, one],
      });
      expect(object.spec.trustBundle).toBe(text);
      expect(validateClusterTrustBundle(object)).toEqual([]);
    }),
  );
  expect(parseCertificates(encodeTrustBundle([one, two, one]))).toHaveLength(2);
});
