import { describe, expect, test } from "vitest";
import { generateKeyPair } from "../../../src/keys/generate.ts";
import type { ClusterConfig } from "../../../src/kubernetes/cluster/config.ts";
import { issueClusterPki } from "../../../src/kubernetes/cluster/issue.ts";
import type { ClusterAuthority, ClusterProgress } from "../../../src/kubernetes/cluster/issue-planned.ts";
import { planClusterPki } from "../../../src/kubernetes/cluster/plan.ts";
import type { ClusterPlan, PlannedCertificate } from "../../../src/kubernetes/cluster/plan.ts";
import { parseCertificateRequest } from "../../../src/verify/certificate-request.ts";
import { verifyCertificateChain } from "../../../src/verify/verify-chain.ts";
import { parseIdentity } from "../../../src/kubernetes/identity.ts";
import { validateClusterPlan } from "../../../src/kubernetes/cluster/validate-plan.ts";
import { encodeName } from "../../../src/x509/name-writer.ts";
import { verifySignature } from "../../../src/keys/verifier.ts";

const config: ClusterConfig = {
  nodes: [
    { name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] },
    { name: "worker-1", role: "worker", addresses: ["192.0.2.2"] },
  ],
};
const TOTAL = 6 + 11 + 2;
/** A plan of a few certificates alone. */
const planOf = (names: readonly string[], more: Partial<ClusterConfig> = {}): ClusterPlan => {
  const plan = planClusterPki({ ...config, ...more });
  return { ...plan, certificates: plan.certificates.filter(({ name }) => names.includes(name)) };
};

test("every certificate has its own key, and the signature of its CA", async () => {
  const { certificates, serviceAccountKeys, findings } = await issueClusterPki(config);
  expect(findings).toEqual([]);
  expect(certificates).toHaveLength(TOTAL);
  const keys = new Set(
    [...certificates.map(({ privateKey }) => privateKey!), serviceAccountKeys.publicKey].map((key) =>
      key.subjectPublicKeyInfo.join(),
    ),
  );
  expect(keys.size).toBe(TOTAL + 1);
  for (const { certificate, privateKey, ca } of certificates) {
    expect(certificate.subjectPublicKeyInfo).toEqual(privateKey!.subjectPublicKeyInfo);
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
  await issueClusterPki(planOf(["ca", "admin"], { keyAlgorithm: "ECDSA-P384" }), {
    generateKey: generateKey as typeof generateKeyPair,
  });
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
    planOf(["ca", "kubelet"], { caLifetimeSeconds: 3600, now: new Date("2030-01-01T00:00:00Z") }),
  );
  expect(certificates[1]!.certificate.notAfter).toEqual(new Date("2030-01-01T01:00:00Z"));
  expect(findings.map(({ code, path }) => [code, path])).toEqual([
    ["WARN_CLUSTER_LIFETIME", "lifetimeSeconds"],
    ["WARN_TEMPLATE_VALIDITY_CAPPED", "certificates.kubelet[cp-1].validity.notAfter"],
    ["WARN_TEMPLATE_VALIDITY_CAPPED", "certificates.kubelet[worker-1].validity.notAfter"],
  ]);
});

describe("extra certificates", () => {
  test("may be intermediate CAs with certificates below them", async () => {
    const { certificates } = await issueClusterPki({
      ...config,
      extraCertificates: [
        { name: "web", path: "web.conf", kind: "client", ca: "sub-ca", subject: { commonName: "web" } },
        { name: "sub-ca", path: "pki/sub-ca", kind: "ca", ca: "ca", subject: { commonName: "sub-ca" } },
      ],
    });
    const find = (name: string) => certificates.find((issued) => issued.name === name)!.certificate;
    const [leaf, middle, root] = ["web", "sub-ca", "ca"].map(find);
    expect(leaf!.issuer.der).toEqual(middle!.subject.der);
    expect(middle!.issuer.der).toEqual(root!.subject.der);
    const { certificates: chain } = await verifyCertificateChain(leaf!, {
      trustAnchors: [root!],
      intermediates: [middle!],
      usage: "clientAuth",
    });
    expect(chain).toHaveLength(3);
    expect(root!.extensionValue("basicConstraints")).toEqual({ ca: true });
    expect(middle!.extensionValue("basicConstraints")).toEqual({ ca: true, pathLength: 0 });
  });

  test("and users are issued with what they ask for", async () => {
    const { certificates } = await issueClusterPki({
      ...config,
      now: new Date("2030-01-01T00:00:00Z"),
      users: [{ name: "../jane", groups: ["developers"], lifetimeSeconds: 3600 }],
    });
    const { certificate, files } = certificates.find(({ name }) => name === "user:../jane")!;
    expect(files).toEqual(["users/..%2Fjane.conf"]);
    expect(parseIdentity(certificate)).toMatchObject({ user: "../jane", groups: ["developers"] });
    expect(certificate.notAfter).toEqual(new Date("2030-01-01T01:00:00Z"));
  });
});

describe("a changed plan must not have", () => {
  const { certificates: all, ...rest } = planClusterPki(config);
  const row = (name: string): PlannedCertificate => all.find((planned) => planned.name === name)!;
  const sub: PlannedCertificate = { ...row("ca"), name: "sub-ca", path: "pki/sub-ca", ca: "ca" };
  const { ca: _, ...orphan } = row("admin");

  test.each<[what: string, certificates: PlannedCertificate[], message: RegExp]>([
    ["the same name twice", [row("ca"), row("ca")], /there are two certificates "ca"/],
    ["two certificates in a file", [row("ca"), { ...sub, path: "pki/ca" }], /"pki\/ca" is taken/],
    [
      "a file of one node's that all have",
      [row("ca"), { ...row("admin"), path: "kubelet.conf" }, row("kubelet")],
      /"kubelet.conf" is taken/,
    ],
    ["a path that leads away", [{ ...row("ca"), path: "pki/../../ca" }], /no path below/],
    ["a CA that is not there", [row("admin")], /there is no certificate "ca" to issue it/],
    [
      "an issuer that is no CA",
      [row("ca"), row("admin"), { ...row("kube-proxy"), ca: "admin" }],
      /"admin" is no CA/,
    ],
    ["a CA on each node", [row("ca"), { ...sub, node: "cp-1" }], /a CA must be there once/],
    ["a leaf that issues itself", [orphan], /only a CA issues itself/],
    [
      "a circle",
      [
        { ...sub, ca: "b" },
        { ...sub, name: "b", path: "pki/b", ca: "sub-ca" },
      ],
      /issues itself by way of others/,
    ],
  ])("%s", async (_what, certificates, message) => {
    const work = issueClusterPki({ ...rest, certificates });
    await expect(work).rejects.toMatchObject({ code: "ERR_CLUSTER_CONFIG" });
    await expect(issueClusterPki({ ...rest, certificates })).rejects.toThrow(message);
  });

  test("nothing of that is in a plan as it was made", () => {
    expect(validateClusterPlan({ ...rest, certificates: all })).toEqual([]);
  });
});

describe("CAs that are there already", () => {
  const ready = async (): Promise<{ ca: ClusterAuthority }> => {
    const { certificates } = await issueClusterPki(planOf(["ca"]));
    const { certificate, privateKey } = certificates[0]!;
    return { ca: { certificate, ...(privateKey && { privateKey }) } };
  };

  test("issue with their own key, and are not made again", async () => {
    const { ca } = await ready();
    const seen: ClusterProgress[] = [];
    const { certificates, requests } = await issueClusterPki(planOf(["ca", "admin"]), {
      authorities: { ca },
      onProgress: (progress) => seen.push(progress),
    });
    expect(certificates[0]!.certificate).toBe(ca.certificate);
    expect(certificates[0]!.privateKey).toBe(ca.privateKey);
    expect(certificates[1]!.certificate.issuer.der).toEqual(ca.certificate.subject.der);
    expect(requests).toEqual([]);
    expect(seen).toEqual([{ done: 1, total: 1, name: "admin" }]);
  });

  test("issue with a key that others hold", async () => {
    const { ca } = await ready();
    let signed = 0;
    const { signer } = ca.privateKey!;
    const service = { ...signer, sign: (data: Uint8Array) => (signed++, signer.sign(data)) };
    const { certificates } = await issueClusterPki(planOf(["ca", "admin", "kubelet"]), {
      authorities: { ca: { certificate: ca.certificate, signer: service } },
    });
    expect(signed).toBe(3);
    expect(certificates[0]!.privateKey).toBeUndefined();
    await verifyCertificateChain(certificates[1]!.certificate, {
      trustAnchors: [ca.certificate],
      usage: "clientAuth",
    });
  });

  test("without their key there are requests, with kubeadm's subject and names and nothing else", async () => {
    const { ca } = await ready();
    const { certificates, requests } = await issueClusterPki(config, {
      authorities: { ca: { certificate: ca.certificate } },
    });
    expect(certificates.map(({ name }) => name)).not.toContain("apiserver");
    expect(certificates.map(({ name }) => name)).toContain("etcd-server");
    expect(certificates.length + requests.length).toBe(TOTAL);
    const { pem, privateKey, dnsNames, usedBy } = requests.find(({ name }) => name === "apiserver")!;
    const request = await parseCertificateRequest(pem);
    expect(request.dnsNames).toEqual(dnsNames);
    expect(request.subjectPublicKeyInfo).toEqual(privateKey.subjectPublicKeyInfo);
    expect(request.extensions.map(({ id }) => id)).toEqual(["subjectAltName"]);
    expect(usedBy[0]!.flag).toBe("--tls-cert-file");
  });

  test("without their key, nothing can be issued below what they have yet to issue", async () => {
    const { ca } = await ready();
    const work = issueClusterPki(
      {
        ...config,
        extraCertificates: [
          { name: "sub-ca", path: "pki/sub-ca", kind: "ca", ca: "ca", subject: { commonName: "sub-ca" } },
          { name: "web", path: "web.conf", kind: "client", ca: "sub-ca", subject: { commonName: "web" } },
        ],
      },
      { authorities: { ca: { certificate: ca.certificate } } },
    );
    await expect(work).rejects.toMatchObject({ code: "ERR_CLUSTER_CONFIG", path: "certificates.web.ca" });
  });

  test("must be of the plan, CAs, and have their own key", async () => {
    const { ca } = await ready();
    const other = await generateKeyPair("ECDSA-P256");
    const leaf = (await issueClusterPki(planOf(["ca", "admin"]))).certificates[1]!;
    const tryWith = (authorities: Record<string, ClusterAuthority>) =>
      issueClusterPki(planOf(["ca", "admin"]), { authorities });
    await expect(tryWith({ admin: ca })).rejects.toMatchObject({ path: "authorities.admin" });
    await expect(tryWith({ "no-ca": ca })).rejects.toMatchObject({ path: "authorities.no-ca" });
    await expect(tryWith({ ca: { certificate: leaf.certificate } })).rejects.toMatchObject({
      code: "ERR_CLUSTER_CONFIG",
      path: "authorities.ca",
    });
    await expect(
      tryWith({ ca: { certificate: ca.certificate, signer: other.signer } }),
    ).rejects.toMatchObject({ code: "ERR_TEMPLATE_ISSUER" });
  });

  test("and so may be the keys for service accounts", async () => {
    const keys = await generateKeyPair("ECDSA-P256");
    const { serviceAccountKeys } = await issueClusterPki(planOf(["ca"]), { serviceAccountKeys: keys });
    expect(serviceAccountKeys).toBe(keys);
  });
});

test("what is issued is what the plan says, field by field", async () => {
  for (const preset of ["recommended", "kubeadm"] as const) {
    const { certificates } = await issueClusterPki({ ...config, preset, keyAlgorithm: "ECDSA-P256" });
    for (const { certificate, ...planned } of certificates) {
      expect(certificate.dnsNames).toEqual(planned.dnsNames);
      expect(certificate.ipAddresses).toEqual(planned.ipAddresses);
      expect(certificate.subject.der).toEqual(encodeName(planned.subject));
      expect(certificate.extensionValue("keyUsage")).toEqual(planned.keyUsage);
      expect(certificate.extensionValue("extendedKeyUsage") ?? []).toEqual(planned.extendedKeyUsage);
      expect(certificate.extensionValue("basicConstraints")?.pathLength).toBe(planned.pathLength);
    }
  }
});

test("hundreds of nodes are as easy as three", async () => {
  const workers = Array.from({ length: 300 }, (_, i) => ({
    name: `w-${i}`,
    role: "worker" as const,
    addresses: [`198.18.${i >> 8}.${i & 255}`],
  }));
  const { certificates } = await issueClusterPki({ nodes: [...config.nodes, ...workers] });
  expect(certificates).toHaveLength(TOTAL + 600);
});
