import { describe, expect, test } from "vitest";
import { CLUSTER_CERTIFICATES } from "../../../src/kubernetes/cluster/certificates.ts";
import type { ClusterConfig, ClusterNode } from "../../../src/kubernetes/cluster/config.ts";
import { kubeadmVersion } from "../../../src/kubernetes/cluster/kubeadm-version.ts";
import { planClusterPki, plannedTemplate } from "../../../src/kubernetes/cluster/plan.ts";
import type { PlannedCertificate } from "../../../src/kubernetes/cluster/plan.ts";

const NOW = new Date("2030-01-01T00:00:00Z");
const node = (name: string, role: ClusterNode["role"], n: number): ClusterNode => ({
  name,
  role,
  addresses: [`192.0.2.${n}`],
});
const config: ClusterConfig = {
  now: NOW,
  nodes: [node("cp-1", "control-plane", 1), node("w-1", "worker", 2)],
};
const plan = (more: Partial<ClusterConfig> = {}): readonly PlannedCertificate[] =>
  planClusterPki({ ...config, ...more }).certificates;
const find = (certificates: readonly PlannedCertificate[], name: string): PlannedCertificate =>
  certificates.find((planned) => planned.name === name)!;

describe("apiserver-kubelet-client of kubeadm", () => {
  // CHANGELOGs of the minor versions: the group was dropped in one patch release of each.
  test.each<[version: string, groups: string[] | undefined]>([
    ["1.29", ["kubeadm:cluster-admins"]],
    ["1.29.0", ["kubeadm:cluster-admins"]],
    ["1.30", ["kubeadm:cluster-admins"]],
    ["1.31", ["kubeadm:cluster-admins"]],
    ["1.32", ["kubeadm:cluster-admins"]],
    ["v1.32.11", ["kubeadm:cluster-admins"]],
    ["1.33.11", ["kubeadm:cluster-admins"]],
    ["1.33.12", undefined],
    ["1.33", undefined],
    ["1.34.7", ["kubeadm:cluster-admins"]],
    ["1.34.8", undefined],
    ["1.34", undefined],
    ["1.35.4", ["kubeadm:cluster-admins"]],
    ["v1.35.5", undefined],
    ["1.35", undefined],
    ["1.36.0", ["kubeadm:cluster-admins"]],
    ["1.36.1", undefined],
    ["1.36.2", undefined],
    ["1.36", undefined],
  ])("of %s", (kubernetesVersion, organizations) => {
    const { subject } = find(plan({ preset: "kubeadm", kubernetesVersion }), "apiserver-kubelet-client");
    expect(subject.organizations).toEqual(organizations);
  });

  test("is what is recommended without its group, for every version", () => {
    const { subject } = find(plan({ kubernetesVersion: "1.29" }), "apiserver-kubelet-client");
    expect(subject.organizations).toBeUndefined();
  });
});

test.each<[version: string, algorithms: string[], periods: boolean]>([
  ["1.29", ["RSA-2048", "ECDSA-P256"], false],
  ["1.30.9", ["RSA-2048", "ECDSA-P256"], false],
  ["1.31", ["RSA-2048", "RSA-3072", "RSA-4096", "ECDSA-P256"], true],
  ["1.33", ["RSA-2048", "RSA-3072", "RSA-4096", "ECDSA-P256"], true],
  ["1.34", ["RSA-2048", "RSA-3072", "RSA-4096", "ECDSA-P256", "ECDSA-P384"], true],
  ["1.36", ["RSA-2048", "RSA-3072", "RSA-4096", "ECDSA-P256", "ECDSA-P384"], true],
])("what kubeadm %s can be told", (version, keyAlgorithms, hasValidityPeriods) => {
  expect(kubeadmVersion(version)).toMatchObject({ keyAlgorithms, hasValidityPeriods });
});

test.each(["1.28", "1.37", "2.30", "1.x", "", "1.36.0-rc.1", "1.0036"])(
  "%j is no version that is known",
  (text) => {
    expect(kubeadmVersion(text)).toBeUndefined();
  },
);

describe("recommended", () => {
  test("are CAs with the cluster's name, which issue no CAs and may sign lists", () => {
    const certificates = plan({ clusterName: "shop" });
    for (const name of ["ca", "etcd-ca", "front-proxy-ca"])
      expect(find(certificates, name)).toMatchObject({
        subject: { commonName: `shop-${name}` },
        dnsNames: [],
        keyUsage: ["digitalSignature", "keyCertSign", "cRLSign"],
        pathLength: 0,
        keyAlgorithm: "ECDSA-P256",
      });
  });

  test("are kubelets with serving certificates, and a flag by which the API server verifies them", () => {
    const planned = plan().filter(({ name }) => name === "kubelet-serving");
    expect(planned.map((one) => one.node)).toEqual(["cp-1", "w-1"]);
    expect(planned[1]).toMatchObject({
      subject: { organizations: ["system:nodes"], commonName: "system:node:w-1" },
      dnsNames: ["w-1"],
      ipAddresses: ["192.0.2.2"],
      extendedKeyUsage: ["serverAuth"],
    });
    expect(planned[1]!.usedBy.map(({ flag }) => flag)).toContain("--kubelet-certificate-authority");
  });
});

test("kubeadm's preset has RSA keys unless it is told otherwise", () => {
  expect(find(plan({ preset: "kubeadm" }), "ca").keyAlgorithm).toBe("RSA-2048");
  expect(find(plan({ preset: "kubeadm", keyAlgorithm: "ECDSA-P384" }), "ca").keyAlgorithm).toBe("ECDSA-P384");
});

describe("etcd", () => {
  const namesOn = (certificates: readonly PlannedCertificate[], on: string): string[] =>
    certificates.filter((planned) => planned.node === on).map(({ name }) => name);

  test("on the control plane", () => {
    expect(namesOn(plan(), "cp-1")).toEqual(
      expect.arrayContaining([
        "etcd-server",
        "etcd-peer",
        "etcd-healthcheck-client",
        "apiserver-etcd-client",
      ]),
    );
  });

  test("on machines of its own, which have no kubelet that the cluster knows", () => {
    const certificates = plan({ nodes: [...config.nodes, node("etcd-1", "etcd", 9)] });
    expect(namesOn(certificates, "etcd-1")).toEqual(["etcd-server", "etcd-peer", "etcd-healthcheck-client"]);
    expect(find(certificates, "etcd-server").ipAddresses).toEqual(["192.0.2.9", "127.0.0.1", "::1"]);
    expect(namesOn(certificates, "cp-1")).toContain("apiserver-etcd-client");
    expect(namesOn(certificates, "cp-1")).not.toContain("etcd-server");
  });

  test("that others look after has no certificate here", () => {
    const certificates = plan({ etcd: { external: true } });
    expect(certificates.filter(({ name }) => name.includes("etcd"))).toEqual([]);
  });

  test("has names of its own for clients and for members", () => {
    const etcd = { serverCertSANs: ["etcd.example.com", "192.0.2.50"], peerCertSANs: ["peer.example.com"] };
    const certificates = plan({ etcd });
    expect(find(certificates, "etcd-server").dnsNames).toEqual(["cp-1", "etcd.example.com", "localhost"]);
    expect(find(certificates, "etcd-server").ipAddresses).toContain("192.0.2.50");
    expect(find(certificates, "etcd-peer").dnsNames).toEqual(["cp-1", "localhost", "peer.example.com"]);
  });
});

// kubeadm app/phases/controlplane/manifests.go and app/phases/etcd/local.go: the files of the static pods' flags.
test.each<[name: string, flags: string[]]>([
  [
    "ca",
    [
      "kube-apiserver --client-ca-file=pki/ca.crt",
      "kube-controller-manager --client-ca-file=pki/ca.crt",
      "kube-controller-manager --root-ca-file=pki/ca.crt",
      "kube-controller-manager --cluster-signing-cert-file=pki/ca.crt",
      "kube-controller-manager --cluster-signing-key-file=pki/ca.key",
      "kubelet authentication.x509.clientCAFile=pki/ca.crt",
    ],
  ],
  [
    "apiserver",
    [
      "kube-apiserver --tls-cert-file=pki/apiserver.crt",
      "kube-apiserver --tls-private-key-file=pki/apiserver.key",
    ],
  ],
  [
    "apiserver-kubelet-client",
    [
      "kube-apiserver --kubelet-client-certificate=pki/apiserver-kubelet-client.crt",
      "kube-apiserver --kubelet-client-key=pki/apiserver-kubelet-client.key",
    ],
  ],
  [
    "front-proxy-ca",
    [
      "kube-apiserver --requestheader-client-ca-file=pki/front-proxy-ca.crt",
      "kube-controller-manager --requestheader-client-ca-file=pki/front-proxy-ca.crt",
    ],
  ],
  [
    "front-proxy-client",
    [
      "kube-apiserver --proxy-client-cert-file=pki/front-proxy-client.crt",
      "kube-apiserver --proxy-client-key-file=pki/front-proxy-client.key",
    ],
  ],
  [
    "etcd-ca",
    [
      "etcd --trusted-ca-file=pki/etcd/ca.crt",
      "etcd --peer-trusted-ca-file=pki/etcd/ca.crt",
      "kube-apiserver --etcd-cafile=pki/etcd/ca.crt",
    ],
  ],
  ["etcd-server", ["etcd --cert-file=pki/etcd/server.crt", "etcd --key-file=pki/etcd/server.key"]],
  ["etcd-peer", ["etcd --peer-cert-file=pki/etcd/peer.crt", "etcd --peer-key-file=pki/etcd/peer.key"]],
  [
    "apiserver-etcd-client",
    [
      "kube-apiserver --etcd-certfile=pki/apiserver-etcd-client.crt",
      "kube-apiserver --etcd-keyfile=pki/apiserver-etcd-client.key",
    ],
  ],
  [
    "scheduler",
    [
      "kube-scheduler --kubeconfig=scheduler.conf",
      "kube-scheduler --authentication-kubeconfig=scheduler.conf",
      "kube-scheduler --authorization-kubeconfig=scheduler.conf",
    ],
  ],
])("who reads the files of %s", (name, flags) => {
  const { usedBy } = find(plan(), name);
  expect(usedBy.map(({ component, flag, file }) => `${component} ${flag}=${file}`)).toEqual(flags);
});

test("each row of the table has a purpose and a reader, and no flag names a file that is not there", () => {
  const files = new Set(plan().flatMap((planned) => planned.files));
  for (const { purpose, usedBy } of CLUSTER_CERTIFICATES) {
    expect(purpose).not.toBe("");
    expect(usedBy.length).toBeGreaterThan(0);
    for (const { file } of usedBy) expect(files).toContain(file);
  }
});

test("the same configuration gives the same plan, which is plain data", () => {
  const users = [{ name: "jane", groups: ["developers"], lifetimeSeconds: 3600 }];
  const one = planClusterPki({ ...config, users });
  expect(one).toEqual(planClusterPki({ ...config, users }));
  expect(structuredClone(one)).toEqual(one);
  const { certificates } = JSON.parse(JSON.stringify(one)) as {
    certificates: { name: string; validity: object }[];
  };
  expect(certificates.at(-1)).toMatchObject({
    name: "user:jane",
    validity: { notBefore: "2029-12-31T23:55:00.000Z", notAfter: "2030-01-01T01:00:00.000Z" },
  });
});

test("a changed field of the plan changes the template", () => {
  const server = find(plan(), "apiserver");
  const template = plannedTemplate({ ...server, dnsNames: ["api.example.com"], ipAddresses: [] });
  expect(template.extensions.at(-1)).toEqual({
    id: "subjectAltName",
    critical: false,
    value: [{ type: "dns", value: "api.example.com" }],
  });
});

test("five thousand nodes are planned in no time to speak of, each once", () => {
  const workers = Array.from({ length: 5000 }, (_, i) => ({
    name: `w-${i}`,
    role: "worker" as const,
    addresses: [`198.18.${i >> 8}.${i & 255}`],
  }));
  const certificates = plan({ nodes: [config.nodes[0]!, ...workers] });
  expect(certificates.filter(({ name }) => name === "kubelet")).toHaveLength(5001);
  expect(new Set(certificates.map(({ name, node: on }) => `${name} ${on}`)).size).toBe(certificates.length);
});
