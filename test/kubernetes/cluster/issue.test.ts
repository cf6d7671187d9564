import { describe, expect, test } from "vitest";
import { caTemplate } from "../../../src/issue/template.ts";
import { generateKeyPair } from "../../../src/keys/generate.ts";
import { CLUSTER_CERTIFICATES } from "../../../src/kubernetes/cluster/certificates.ts";
import type { ClusterCertificate } from "../../../src/kubernetes/cluster/certificates.ts";
import type { ClusterConfig } from "../../../src/kubernetes/cluster/config.ts";
import { issueClusterPki } from "../../../src/kubernetes/cluster/issue.ts";
import type { ClusterProgress } from "../../../src/kubernetes/cluster/issue.ts";
import { verifySignature } from "../../../src/keys/verifier.ts";

const config: ClusterConfig = {
  nodes: [
    { name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] },
    { name: "worker-1", role: "worker", addresses: ["192.0.2.2"] },
  ],
};
const TOTAL = 6 + 11 + 2;
const row = (name: string): ClusterCertificate => CLUSTER_CERTIFICATES.find((entry) => entry.name === name)!;

test("every certificate has its own key, and the signature of its CA", async () => {
  const { certificates, serviceAccountKeys, findings } = await issueClusterPki(config);
  expect(findings).toEqual([]);
  expect(certificates).toHaveLength(TOTAL);
  const keys = new Set(
    [...certificates.map(({ privateKey }) => privateKey), serviceAccountKeys].map((key) =>
      ("publicKey" in key ? key.publicKey : key).subjectPublicKeyInfo.join(),
    ),
  );
  expect(keys.size).toBe(TOTAL + 1);
  for (const { certificate, privateKey, ca } of certificates) {
    expect(certificate.subjectPublicKeyInfo).toEqual(privateKey.subjectPublicKeyInfo);
    const { certificate: issuer } = certificates.find(({ name }) => name === ca) ?? { certificate };
    const { signatureAlgorithm, signature, tbsCertificate } = certificate;
    expect(
      await verifySignature(issuer.subjectPublicKeyInfo, signatureAlgorithm.der, signature, tbsCertificate),
    ).toBe(true);
  }
});

test("CAs come first, and progress counts up to the end", async () => {
  const seen: ClusterProgress[] = [];
  await issueClusterPki(config, { onProgress: (progress) => seen.push(progress) });
  expect(seen.map(({ done }) => done)).toEqual(Array.from({ length: TOTAL }, (_, i) => i + 1));
  expect(seen.every(({ total }) => total === TOTAL)).toBe(true);
  expect(
    seen
      .slice(0, 3)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["ca", "etcd-ca", "front-proxy-ca"]);
  expect(seen.find(({ name, node }) => name === "kubelet" && node === "worker-1")).toBeDefined();
});

test("keys are made by whoever is given, of the algorithm that is configured", async () => {
  const asked: string[] = [];
  const generateKey = async (algorithm: "ECDSA-P384") => (
    asked.push(algorithm),
    generateKeyPair("ECDSA-P256")
  );
  await issueClusterPki(
    { ...config, keyAlgorithm: "ECDSA-P384" },
    { generateKey: generateKey as typeof generateKeyPair, certificates: [row("ca"), row("admin")] },
  );
  expect(asked).toEqual(["ECDSA-P384", "ECDSA-P384", "ECDSA-P384"]);
});

describe("an aborted signal", () => {
  test("stops before the first key", async () => {
    let made = 0;
    const generateKey = async (...args: Parameters<typeof generateKeyPair>) => (
      made++,
      generateKeyPair(...args)
    );
    const reason = new Error("stop");
    await expect(issueClusterPki(config, { generateKey, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(made).toBe(0);
  });

  test("stops in the middle, and no key is begun any more", async () => {
    const controller = new AbortController();
    const workers = Array.from({ length: 60 }, (_, i) => ({
      name: `w-${i}`,
      role: "worker" as const,
      addresses: [`198.51.100.${i + 1}`],
    }));
    let made = 0;
    const work = issueClusterPki(
      { nodes: [...config.nodes, ...workers] },
      {
        signal: controller.signal,
        generateKey: (algorithm) => (made++, generateKeyPair(algorithm)),
        onProgress: ({ done }) => done === 4 && controller.abort(),
      },
    );
    await expect(work).rejects.toMatchObject({ name: "AbortError" });
    const begun = made;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(made).toBe(begun);
    expect(made).toBeLessThan(60);
  });
});

test("a failure is thrown on", async () => {
  const generateKey = async (): Promise<never> => {
    throw new Error("no entropy");
  };
  await expect(issueClusterPki(config, { generateKey })).rejects.toThrow("no entropy");
});

test("an end after the CA's is cut, and the finding says of which certificate", async () => {
  const { certificates, findings } = await issueClusterPki(
    { ...config, caLifetimeSeconds: 3600, now: new Date("2030-01-01T00:00:00Z") },
    { certificates: [row("ca"), row("kubelet")] },
  );
  expect(certificates[1]!.certificate.notAfter).toEqual(new Date("2030-01-01T01:00:00Z"));
  expect(findings.map(({ code, path }) => [code, path])).toEqual([
    ["WARN_CLUSTER_LIFETIME", "lifetimeSeconds"],
    ["WARN_TEMPLATE_VALIDITY_CAPPED", "certificates.kubelet[cp-1].validity.notAfter"],
    ["WARN_TEMPLATE_VALIDITY_CAPPED", "certificates.kubelet[worker-1].validity.notAfter"],
  ]);
});

describe("one's own inventory", () => {
  const sub: ClusterCertificate = {
    name: "sub-ca",
    path: "pki/sub-ca",
    ca: "ca",
    template: ({ now }) => caTemplate({ subject: { commonName: "sub-ca" }, now }),
  };

  test("may have intermediate CAs, in any order", async () => {
    const web: ClusterCertificate = {
      ...(row("admin") as typeof sub),
      name: "web",
      path: "web.conf",
      ca: "sub-ca",
    };
    const { certificates } = await issueClusterPki(config, { certificates: [web, sub, row("ca")] });
    expect(certificates.map(({ name }) => name)).toEqual(["web", "sub-ca", "ca"]);
    const [leaf, middle, root] = certificates.map(({ certificate }) => certificate);
    expect(leaf!.issuer.der).toEqual(middle!.subject.der);
    expect(middle!.issuer.der).toEqual(root!.subject.der);
  });

  test.each<[what: string, rows: ClusterCertificate[], message: RegExp]>([
    ["the same name twice", [row("ca"), row("ca")], /there are two certificates "ca"/],
    ["a CA that is not there", [row("admin")], /there is no certificate "ca" to issue it/],
    ["a CA on each node", [row("ca"), row("kubelet"), { ...sub, ca: "kubelet" }], /a CA must be there once/],
    [
      "a circle",
      [
        { ...sub, ca: "b" },
        { ...sub, name: "b", ca: "sub-ca" },
      ],
      /issues itself by way of others/,
    ],
  ])("must not have %s", async (_, certificates, message) => {
    const work = issueClusterPki(config, { certificates });
    await expect(work).rejects.toMatchObject({ code: "ERR_CLUSTER_CONFIG" });
    await expect(issueClusterPki(config, { certificates })).rejects.toThrow(message);
  });
});

test("a CA row whose template is none of a CA is refused", async () => {
  const bad = { ...(row("admin") as ClusterCertificate & { ca?: string }) };
  delete bad.ca;
  await expect(issueClusterPki(config, { certificates: [bad] })).rejects.toMatchObject({
    code: "ERR_TEMPLATE_EXTENSION",
  });
});
