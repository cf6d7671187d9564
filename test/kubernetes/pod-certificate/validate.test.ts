/** A test for each row of what kube-apiserver asks of a PodCertificateRequest. */
import { constants, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  createCertificateRequest,
  generateKeyPair,
  podCertificateRequest,
  signPodUid,
  stubCertificateRequest,
  validatePodCertificateRequest,
  verifyPodUid,
} from "../../../src/index.ts";
import type {
  PodCertificateProof,
  PodCertificateRequest,
  PodCertificateRequestSpec,
} from "../../../src/index.ts";

const uid = "4cc1e8a7-6d5c-4a52-8d3e-3c6f5d1b2a90";
const { signer } = await generateKeyPair("ECDSA-P256");
const stub = await stubCertificateRequest(signer);
const object = (key: PodCertificateProof = stub): PodCertificateRequest =>
  podCertificateRequest({
    namespace: "shop",
    pod: { name: "web-0", uid },
    serviceAccount: { name: "web", uid: "sa-uid" },
    node: { name: "node-1", uid: "node-uid" },
    signerName: "example.com/workloads",
    key,
  });
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const withSpec = (change: Partial<PodCertificateRequestSpec>): PodCertificateRequest => ({
  ...object(),
  spec: { ...object().spec, ...change },
});
const faults = async (request: PodCertificateRequest): Promise<string[]> =>
  (await validatePodCertificateRequest(request)).map(({ code, path }) => `${code.slice(24)} ${path}`);

/** A key and its proof, as a kubelet makes them with Go's crypto. */
function proofOf(privateKey: KeyObject, message: string, saltLength?: number): PodCertificateProof {
  const subjectPublicKeyInfo = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  const key =
    saltLength === undefined
      ? privateKey
      : { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  const hash = privateKey.asymmetricKeyType === "ed25519" ? null : "sha256";
  return { subjectPublicKeyInfo, proofOfPossession: sign(hash, Buffer.from(message), key) };
}
const curve = (namedCurve: string): KeyObject => generateKeyPairSync("ec", { namedCurve }).privateKey;
const rsa = (modulusLength: number): KeyObject => generateKeyPairSync("rsa", { modulusLength }).privateKey;
const rsa3072 = rsa(3072);

describe("validatePodCertificateRequest", () => {
  test("finds nothing in what a kubelet makes", async () => {
    expect(await faults(object())).toEqual([]);
    expect(object()).toMatchObject({
      apiVersion: "certificates.k8s.io/v1beta1",
      kind: "PodCertificateRequest",
      metadata: {
        generateName: "req-",
        namespace: "shop",
        ownerReferences: [{ kind: "Pod", name: "web-0", uid }],
      },
      spec: { podUID: uid, maxExpirationSeconds: 86_400 },
    });
  });

  test.for<readonly [string, Partial<PodCertificateRequestSpec>, string]>([
    ["a signer without a domain", { signerName: "workloads" }, "SIGNER_NAME spec.signerName"],
    ["a pod's name", { podName: "Web" }, "SUBJECT spec.podName"],
    ["a service account's name", { serviceAccountName: "a_b" }, "SUBJECT spec.serviceAccountName"],
    ["a node's name", { nodeName: "" }, "SUBJECT spec.nodeName"],
    ["no uid of the service account", { serviceAccountUID: "" }, "SUBJECT spec.serviceAccountUID"],
    ["a uid of 129 octets", { nodeUID: "ä".repeat(64) + "a" }, "SUBJECT spec.nodeUID"],
    ["less than an hour", { maxExpirationSeconds: 3599 }, "EXPIRATION spec.maxExpirationSeconds"],
    ["more than 91 days", { maxExpirationSeconds: 7_862_401 }, "EXPIRATION spec.maxExpirationSeconds"],
    [
      "more than a day of a signer of Kubernetes",
      { signerName: "kubernetes.io/kube-apiserver-client-pod", maxExpirationSeconds: 86_401 },
      "EXPIRATION spec.maxExpirationSeconds",
    ],
    [
      "an annotation without a domain",
      { unverifiedUserAnnotations: { name: "" } },
      "ANNOTATIONS spec.unverifiedUserAnnotations",
    ],
    [
      "an annotation without a name",
      { unverifiedUserAnnotations: { "a.example/": "" } },
      "ANNOTATIONS spec.unverifiedUserAnnotations",
    ],
    [
      "an annotation with two slashes",
      { unverifiedUserAnnotations: { "a.example/b/c": "" } },
      "ANNOTATIONS spec.unverifiedUserAnnotations",
    ],
    [
      "an annotation whose name ends in a dot",
      { unverifiedUserAnnotations: { "a.example/b.": "" } },
      "ANNOTATIONS spec.unverifiedUserAnnotations",
    ],
    [
      "too many annotations",
      { unverifiedUserAnnotations: { "a.example/b": "x".repeat(262_144) } },
      "ANNOTATIONS spec.unverifiedUserAnnotations",
    ],
    [
      "a stub that is no request",
      { stubPKCS10Request: base64(new Uint8Array([0x30, 0])) },
      "KEY spec.stubPKCS10Request",
    ],
    [
      "a stub of more than 10 KiB",
      { stubPKCS10Request: base64(new Uint8Array(10_241)) },
      "KEY spec.stubPKCS10Request",
    ],
    ["both forms", { pkixPublicKey: "AAAA" }, "KEY spec"],
    ["neither form", { stubPKCS10Request: "" }, "KEY spec"],
    ["a key without a proof", { stubPKCS10Request: "", pkixPublicKey: "AAAA" }, "KEY spec"],
    ["a proof without a key", { stubPKCS10Request: "", proofOfPossession: "AAAA" }, "KEY spec"],
    [
      "a key that is none",
      { stubPKCS10Request: "", pkixPublicKey: "AAAA", proofOfPossession: "AAAA" },
      "KEY spec.pkixPublicKey",
    ],
    [
      "no base64",
      { stubPKCS10Request: "", pkixPublicKey: "*", proofOfPossession: "*" },
      "KEY spec.pkixPublicKey",
    ],
    [
      "a key of more than 10 KiB",
      { stubPKCS10Request: "", pkixPublicKey: base64(new Uint8Array(10_241)), proofOfPossession: "AAAA" },
      "KEY spec.pkixPublicKey",
    ],
    [
      "a proof of more than 10 KiB",
      { stubPKCS10Request: "", pkixPublicKey: "AAAA", proofOfPossession: "A".repeat(20_000) },
      "PROOF spec.proofOfPossession",
    ],
  ])("finds %s", async ([, change, expected]) => {
    expect(await faults(withSpec(change))).toEqual([expected]);
  });

  test.for<readonly [string, Partial<PodCertificateRequestSpec>]>([
    ["an hour", { maxExpirationSeconds: 3600 }],
    ["91 days", { maxExpirationSeconds: 7_862_400 }],
    ["a day of a signer of Kubernetes", { signerName: "kubernetes.io/any", maxExpirationSeconds: 86_400 }],
    ["a uid of 128 octets", { nodeUID: "a".repeat(128) }],
    ["annotations with a domain", { unverifiedUserAnnotations: { "a.example/B_c.d-1": "any text" } }],
  ])("takes %s", async ([, change]) => {
    expect(await faults(withSpec(change))).toEqual([]);
  });

  test("takes no wish for a lifetime, for which the API server has a default", async () => {
    const { maxExpirationSeconds: _, ...spec } = object().spec;
    expect(await faults({ ...object(), spec })).toEqual([]);
  });

  test("finds names of the object that are no DNS subdomains", async () => {
    expect(await faults({ ...object(), metadata: { name: "Req" } })).toEqual(["NAME metadata.name"]);
    expect(await faults({ ...object(), metadata: { generateName: "Req-" } })).toEqual([
      "NAME metadata.generateName",
    ]);
    expect(await faults({ ...object(), metadata: { name: "req-1.a" } })).toEqual([]);
  });

  test("tells everything at once", async () => {
    const change = { podName: "", podUID: "", maxExpirationSeconds: 1, stubPKCS10Request: "" };
    expect(await faults(withSpec(change))).toHaveLength(4);
  });

  test.for<readonly [string, () => PodCertificateProof]>([
    ["Ed25519", () => proofOf(generateKeyPairSync("ed25519").privateKey, uid)],
    ["P-256", () => proofOf(curve("P-256"), uid)],
    ["P-384", () => proofOf(curve("P-384"), uid)],
    ["P-521", () => proofOf(curve("P-521"), uid)],
    [
      "RSA of 3072 bits with the longest salt",
      () => proofOf(rsa3072, uid, constants.RSA_PSS_SALTLEN_MAX_SIGN),
    ],
    ["RSA of 3072 bits with a salt as long as the hash", () => proofOf(rsa3072, uid, 32)],
    ["RSA of 3070 bits", () => proofOf(rsa(3070), uid, constants.RSA_PSS_SALTLEN_MAX_SIGN)],
    ["RSA of 4096 bits", () => proofOf(rsa(4096), uid, constants.RSA_PSS_SALTLEN_MAX_SIGN)],
  ])("takes a proof of %s", async ([, make]) => {
    expect(await faults(object(make()))).toEqual([]);
  });

  test.for<readonly [string, () => PodCertificateProof, string]>([
    ["RSA of 2048 bits", () => proofOf(rsa(2048), uid, 32), "KEY spec.pkixPublicKey"],
    ["RSA of 3064 bits", () => proofOf(rsa(3064), uid, 32), "KEY spec.pkixPublicKey"],
    ["P-224", () => proofOf(curve("secp224r1"), uid), "KEY spec.pkixPublicKey"],
    ["another pod", () => proofOf(curve("P-256"), "another"), "PROOF spec.proofOfPossession"],
    ["another pod, with RSA", () => proofOf(rsa3072, "another", 32), "PROOF spec.proofOfPossession"],
    ["RSA with PKCS#1 v1.5", () => proofOf(rsa3072, uid), "PROOF spec.proofOfPossession"],
    [
      "another key",
      () => ({ ...proofOf(curve("P-256"), uid), subjectPublicKeyInfo: signer.subjectPublicKeyInfo }),
      "PROOF spec.proofOfPossession",
    ],
  ])("refuses a proof of %s", async ([, make, expected]) => {
    expect(await faults(object(make()))).toEqual([expected]);
  });

  test("takes stubs of every key, also those that ask for something, for only the key counts", async () => {
    for (const algorithm of ["Ed25519", "ECDSA-P384", "ECDSA-P521"] as const) {
      const { signer: own } = await generateKeyPair(algorithm);
      expect(await faults(object(await stubCertificateRequest(own)))).toEqual([]);
    }
    const { request } = await createCertificateRequest({ subject: { commonName: "web" } }, signer);
    expect(await faults(object({ stubRequest: request.der }))).toEqual([]);
  });

  test("refuses a stub of RSA 2048, and one whose signature does not hold", async () => {
    const { signer: weak } = await generateKeyPair("RSA-2048");
    const [found] = await validatePodCertificateRequest(object(await stubCertificateRequest(weak)));
    expect(found?.message).toBe("RSA keys must have modulus size 3072 or 4096");
    const broken = stub.stubRequest.slice();
    broken[broken.length - 1]! ^= 1;
    expect(await faults(object({ stubRequest: broken }))).toEqual(["KEY spec.stubPKCS10Request"]);
  });
});

describe("signPodUid", () => {
  test.for(["Ed25519", "ECDSA-P256"] as const)("proves a key of %s", async (algorithm) => {
    const pair = await generateKeyPair(algorithm);
    expect(await faults(object(await signPodUid(uid, pair.signer)))).toEqual([]);
  });

  test("refuses a signer whose signature the API server would not understand", async () => {
    for (const algorithm of ["ECDSA-P384", "RSA-3072"] as const) {
      const pair = await generateKeyPair(algorithm);
      await expect(signPodUid(uid, pair.signer)).rejects.toMatchObject({ code: "ERR_SIGNATURE_ALGORITHM" });
    }
  });

  test("a proof of a wrong length does not hold", async () => {
    const { subjectPublicKeyInfo } = proofOf(rsa3072, uid, 32) as { subjectPublicKeyInfo: Uint8Array };
    expect(await verifyPodUid(uid, subjectPublicKeyInfo, new Uint8Array(383))).toBe(false);
  });
});
