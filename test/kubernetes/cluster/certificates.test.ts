/** The certificates that kubeadm 1.36.2 has written, seen in /etc/kubernetes of a running cluster; and its own test rows. */
import { beforeAll, describe, expect, test } from "vitest";
import { CLUSTER_CERTIFICATES } from "../../../src/kubernetes/cluster/certificates.ts";
import { issueClusterPki } from "../../../src/kubernetes/cluster/issue.ts";
import type { ClusterPki } from "../../../src/kubernetes/cluster/issue.ts";
import type { IssuedClusterCertificate } from "../../../src/kubernetes/cluster/issue-planned.ts";
import { planClusterPki } from "../../../src/kubernetes/cluster/plan.ts";
import { parseIdentity } from "../../../src/kubernetes/identity.ts";

const NOW = new Date("2030-01-01T00:00:00Z");
const HOUR = 3_600_000;
const SERVICE = [
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
];

let pki: ClusterPki;
beforeAll(async () => {
  pki = await issueClusterPki({
    preset: "kubeadm",
    keyAlgorithm: "ECDSA-P256", // kubeadm's own RSA-2048 takes its time
    now: NOW,
    controlPlaneEndpoint: "api.example.com:6443",
    certSANs: ["10.0.0.100", "lb.example.com"],
    nodes: [
      { name: "cp-1", role: "control-plane", addresses: ["192.0.2.1", "2001:db8::1"] },
      { name: "cp-2", role: "control-plane", addresses: ["192.0.2.2"] },
      { name: "cp-3", role: "control-plane", addresses: ["192.0.2.3"] },
      { name: "worker-1", role: "worker", addresses: ["192.0.2.11"] },
    ],
  });
});

const find = (name: string, node?: string): IssuedClusterCertificate => {
  const found = pki.certificates.find((entry) => entry.name === name && entry.node === node);
  if (!found) throw new Error(`there is no ${name} of ${node ?? "the cluster"}`);
  return found;
};
const attribute = ({ certificate }: IssuedClusterCertificate, type: string): string[] =>
  certificate.subject.rdns
    .flat()
    .filter((item) => item.type === type)
    .map(({ value }) => value);

const SERVER = ["serverAuth"];
const CLIENT = ["clientAuth"];
const BOTH = ["serverAuth", "clientAuth"];

// name, path below /etc/kubernetes, issuer, CN, O, extended key usage, DNS names, IP addresses; as cp-1 has them.
type Row = [
  name: string,
  path: string,
  ca: string | undefined,
  cn: string,
  o: string[],
  eku: string[] | undefined,
  dns?: string[],
  ips?: string[],
];
const ETCD: [string[], string[]] = [
  ["cp-1", "localhost"],
  ["192.0.2.1", "127.0.0.1", "::1"],
];
const CLUSTER: Row[] = [
  ["ca", "pki/ca", undefined, "kubernetes", [], undefined, ["kubernetes"]],
  ["front-proxy-ca", "pki/front-proxy-ca", undefined, "front-proxy-ca", [], undefined, ["front-proxy-ca"]],
  ["etcd-ca", "pki/etcd/ca", undefined, "etcd-ca", [], undefined, ["etcd-ca"]],
  ["admin", "admin.conf", "ca", "kubernetes-admin", ["kubeadm:cluster-admins"], CLIENT],
  ["super-admin", "super-admin.conf", "ca", "kubernetes-super-admin", ["system:masters"], CLIENT],
];
const NODE: Row[] = [
  [
    "apiserver",
    "pki/apiserver",
    "ca",
    "kube-apiserver",
    [],
    SERVER,
    ["api.example.com", "cp-1", ...SERVICE, "lb.example.com"],
    ["10.96.0.1", "192.0.2.1", "10.0.0.100"],
  ],
  [
    "apiserver-kubelet-client",
    "pki/apiserver-kubelet-client",
    "ca",
    "kube-apiserver-kubelet-client",
    [],
    CLIENT,
  ],
  ["front-proxy-client", "pki/front-proxy-client", "front-proxy-ca", "front-proxy-client", [], CLIENT],
  ["etcd-server", "pki/etcd/server", "etcd-ca", "cp-1", [], BOTH, ...ETCD],
  ["etcd-peer", "pki/etcd/peer", "etcd-ca", "cp-1", [], BOTH, ...ETCD],
  [
    "etcd-healthcheck-client",
    "pki/etcd/healthcheck-client",
    "etcd-ca",
    "kube-etcd-healthcheck-client",
    [],
    CLIENT,
  ],
  ["apiserver-etcd-client", "pki/apiserver-etcd-client", "etcd-ca", "kube-apiserver-etcd-client", [], CLIENT],
  ["kubelet", "kubelet.conf", "ca", "system:node:cp-1", ["system:nodes"], CLIENT],
  ["controller-manager", "controller-manager.conf", "ca", "system:kube-controller-manager", [], CLIENT],
  ["scheduler", "scheduler.conf", "ca", "system:kube-scheduler", [], CLIENT],
];

const ROWS = [
  ...CLUSTER.map((row) => ({ node: undefined, row })),
  ...NODE.map((row) => ({ node: "cp-1", row })),
];

for (const { node, row } of ROWS) {
  const [name, path, ca, cn, o, eku, dns = [], ips = []] = row;
  describe(`${name} of ${node ?? "the cluster"}`, () => {
    const ours = (): IssuedClusterCertificate => find(name, node);

    test("is kept where kubeadm keeps it, issued by the CA that kubeadm takes", () => {
      expect([ours().path, ours().ca]).toEqual([path, ca]);
      const issuer = ca === undefined ? ours() : find(ca);
      expect(ours().certificate.issuer.der).toEqual(issuer.certificate.subject.der);
    });

    test("has kubeadm's names", () => {
      const { certificate } = ours();
      expect(attribute(ours(), "2.5.4.3")).toEqual([cn]);
      expect(attribute(ours(), "2.5.4.10")).toEqual(o);
      expect(certificate.subject.rdns).toHaveLength(1 + o.length);
      expect(certificate.dnsNames).toEqual(dns);
      expect(certificate.ipAddresses).toEqual(ips);
    });

    test("has kubeadm's extensions in kubeadm's order, and its dates", () => {
      const { certificate } = ours();
      const marked = certificate.extensions.map(({ id, critical }) => `${id}${critical ? "!" : ""}`);
      const head =
        ca === undefined
          ? ["keyUsage!", "basicConstraints!", "subjectKeyIdentifier"]
          : ["keyUsage!", "extendedKeyUsage", "basicConstraints!", "authorityKeyIdentifier"];
      expect(marked).toEqual(dns.length > 0 ? [...head, "subjectAltName"] : head);
      expect(certificate.extensionValue("extendedKeyUsage")).toEqual(eku);
      const usages = ["digitalSignature", "keyEncipherment"];
      expect(certificate.extensionValue("keyUsage")).toEqual(
        ca === undefined ? [...usages, "keyCertSign"] : usages,
      );
      expect(certificate.extensionValue("basicConstraints")).toEqual({ ca: ca === undefined });
      expect(certificate.notBefore.getTime()).toBe(NOW.getTime() - 300_000);
      expect(certificate.notAfter.getTime()).toBe(NOW.getTime() + (ca === undefined ? 87_600 : 8760) * HOUR);
    });
  });
}

test("the rows above are all that kubeadm has, and recommended are two more", () => {
  const kubeadm = [...CLUSTER, ...NODE].map(([name]) => name);
  const names = (preset?: "recommended"): string[] =>
    CLUSTER_CERTIFICATES.filter((row) => row.preset === preset).map(({ name }) => name);
  expect(names().sort()).toEqual([...kubeadm].sort());
  expect(names("recommended")).toEqual(["kubelet-serving", "kube-proxy"]);
});

test("each control-plane node has its own of what kubeadm makes on each, and workers have the kubelet's", () => {
  const namesOf = (node: string) =>
    pki.certificates
      .filter((entry) => entry.node === node)
      .map(({ name }) => name)
      .sort();
  expect(namesOf("cp-3")).toEqual(NODE.map(([name]) => name).sort());
  expect(namesOf("worker-1")).toEqual(["kubelet"]);
  expect(find("apiserver", "cp-2").certificate.ipAddresses).toContain("192.0.2.2");
  expect(attribute(find("etcd-peer", "cp-3"), "2.5.4.3")).toEqual(["cp-3"]);
  expect(pki.certificates).toHaveLength(CLUSTER.length + 3 * NODE.length + 1);
});

test("kube-apiserver would know every component by its certificate", () => {
  const known = (name: string, node?: string) => {
    const { user, groups } = parseIdentity(find(name, node).certificate)!;
    return [user, ...groups];
  };
  expect(known("super-admin")).toEqual(["kubernetes-super-admin", "system:masters"]);
  expect(known("kubelet", "worker-1")).toEqual(["system:node:worker-1", "system:nodes"]);
  expect(known("scheduler", "cp-1")).toEqual(["system:kube-scheduler"]);
});

test("kubeadm's own test: invalid extra names are left out by the calculator, which the configuration refuses beforehand", () => {
  // TestGetAPIServerAltNames in kubeadm app/util/pkiutil/pki_helpers_test.go, its valid part.
  const { certificates } = planClusterPki({
    nodes: [{ name: "valid-hostname", role: "control-plane", addresses: ["1.2.3.4"] }],
    controlPlaneEndpoint: "api.k8s.io:6443",
    certSANs: ["10.1.245.94", "10.1.245.95"],
  });
  const { dnsNames, ipAddresses } = certificates.find(({ name }) => name === "apiserver")!;
  expect(new Set(dnsNames)).toEqual(new Set(["valid-hostname", ...SERVICE, "api.k8s.io"]));
  expect(ipAddresses).toEqual(["10.96.0.1", "1.2.3.4", "10.1.245.94", "10.1.245.95"]);
});
