import { describe, expect, test } from "vitest";
import type { ClusterConfig, ClusterNode } from "../../../src/kubernetes/cluster/config.ts";
import { resolveClusterConfig, validateClusterConfig } from "../../../src/kubernetes/cluster/config.ts";
import { issueClusterPki } from "../../../src/kubernetes/cluster/issue.ts";

const node = (n: number, more: Partial<ClusterNode> = {}): ClusterNode => ({
  name: `cp-${n}`,
  role: "control-plane",
  addresses: [`192.0.2.${n}`],
  ...more,
});
const good: ClusterConfig = {
  controlPlaneEndpoint: "api.example.com:6443",
  nodes: [1, 2, 3].map((n) => node(n)),
};
const NaNDate = new Date(Number.NaN);

test("kubeadm's defaults are filled in, but for the key algorithm", () => {
  const { now, ...rest } = resolveClusterConfig(good);
  expect(rest).toEqual({
    ...good,
    clusterName: "kubernetes",
    certSANs: [],
    serviceSubnet: "10.96.0.0/12",
    dnsDomain: "cluster.local",
    keyAlgorithm: "ECDSA-P256",
    lifetimeSeconds: 8760 * 3600,
    caLifetimeSeconds: 87_600 * 3600,
  });
  expect(Math.abs(now.getTime() - Date.now())).toBeLessThan(10_000);
});

test("a good configuration has no findings", () => {
  expect(validateClusterConfig(good)).toEqual([]);
  const one = {
    nodes: [node(1), node(9, { role: "worker" })],
    certSANs: ["*.example.com", "10.1.2.3", "api.example.com"],
  };
  expect(validateClusterConfig(one)).toEqual([]);
});

describe("refused, by validation and by issuing", () => {
  test.each<[what: string, change: Partial<ClusterConfig>, code: string, path: string]>([
    ["no nodes", { nodes: [] }, "ERR_CLUSTER_CONFIG", "nodes"],
    ["workers alone", { nodes: [node(1, { role: "worker" })] }, "ERR_CLUSTER_CONFIG", "nodes"],
    [
      "an unknown role",
      { nodes: [node(1), node(2, { role: "master" as "worker" })] },
      "ERR_CLUSTER_CONFIG",
      "nodes[1].role",
    ],
    ["a node name in capitals", { nodes: [node(1, { name: "CP-1" })] }, "ERR_CLUSTER_NAME", "nodes[0].name"],
    [
      "a node name with an underscore",
      { nodes: [node(1, { name: "cp_1" })] },
      "ERR_CLUSTER_NAME",
      "nodes[0].name",
    ],
    [
      "a node twice",
      { nodes: [node(1), node(2, { name: "cp-1" }), node(3)] },
      "ERR_CLUSTER_NAME",
      "nodes[1].name",
    ],
    [
      "a node without addresses",
      { nodes: [node(1, { addresses: [] })] },
      "ERR_CLUSTER_NETWORK",
      "nodes[0].addresses",
    ],
    [
      "an address that is none",
      { nodes: [node(1, { addresses: ["cp-1.example"] })] },
      "ERR_CLUSTER_NETWORK",
      "nodes[0].addresses[0]",
    ],
    [
      "a loopback address",
      { nodes: [node(1, { addresses: ["127.0.0.1"] })] },
      "ERR_CLUSTER_NETWORK",
      "nodes[0].addresses[0]",
    ],
    [
      "no certain address",
      { nodes: [node(1, { addresses: ["192.0.2.1", "::"] })] },
      "ERR_CLUSTER_NETWORK",
      "nodes[0].addresses[1]",
    ],
    [
      "an address twice",
      { nodes: [node(1), node(2, { addresses: ["192.0.2.1"] }), node(3)] },
      "ERR_CLUSTER_NETWORK",
      "nodes[1].addresses[0]",
    ],
    ["an empty cluster name", { clusterName: "" }, "ERR_CLUSTER_NAME", "clusterName"],
    ["a domain that is none", { dnsDomain: "cluster local" }, "ERR_CLUSTER_NAME", "dnsDomain"],
    ["a subnet that is none", { serviceSubnet: "10.96.0.0" }, "ERR_CLUSTER_NETWORK", "serviceSubnet"],
    [
      "an endpoint with a scheme",
      { controlPlaneEndpoint: "https://api.example.com" },
      "ERR_CLUSTER_NETWORK",
      "controlPlaneEndpoint",
    ],
    [
      "an endpoint with port 0",
      { controlPlaneEndpoint: "api.example.com:0" },
      "ERR_CLUSTER_NETWORK",
      "controlPlaneEndpoint",
    ],
    [
      "an extra name that kubeadm ignores",
      { certSANs: ["api.example.com", "1.2.3.L"] },
      "ERR_CLUSTER_NAME",
      "certSANs[1]",
    ],
    ["an unknown key algorithm", { keyAlgorithm: "DSA" as "Ed25519" }, "ERR_CLUSTER_CONFIG", "keyAlgorithm"],
    ["a lifetime of nothing", { lifetimeSeconds: 0 }, "ERR_CLUSTER_CONFIG", "lifetimeSeconds"],
    [
      "a CA's lifetime that is no number",
      { caLifetimeSeconds: Number.NaN },
      "ERR_CLUSTER_CONFIG",
      "caLifetimeSeconds",
    ],
    ["an invalid date", { now: NaNDate }, "ERR_CLUSTER_CONFIG", "now"],
  ])("%s", async (_, change, code, path) => {
    const config = { ...good, ...change };
    const errors = validateClusterConfig(config).filter(({ severity }) => severity === "error");
    expect(errors.map((finding) => [finding.code, finding.path])).toEqual([[code, path]]);
    await expect(issueClusterPki(config)).rejects.toMatchObject({ name: "ClusterError", code, path });
  });
});

test.each<[what: string, change: Partial<ClusterConfig>, code: string, path: string]>([
  ["an even number of etcd members", { nodes: [node(1), node(2)] }, "WARN_CLUSTER_EVEN_MEMBERS", "nodes"],
  [
    "a key that kubeadm does not read",
    { keyAlgorithm: "Ed25519" },
    "WARN_CLUSTER_KEY_ALGORITHM",
    "keyAlgorithm",
  ],
  ["more than a year", { lifetimeSeconds: 8761 * 3600 }, "WARN_CLUSTER_LIFETIME", "lifetimeSeconds"],
  ["more than ten years", { caLifetimeSeconds: 87_601 * 3600 }, "WARN_CLUSTER_LIFETIME", "caLifetimeSeconds"],
  [
    "certificates that outlive their CA",
    { caLifetimeSeconds: 3600 },
    "WARN_CLUSTER_LIFETIME",
    "lifetimeSeconds",
  ],
])("a warning: %s", (_, change, code, path) => {
  expect(validateClusterConfig({ ...good, ...change })).toMatchObject([{ code, path, severity: "warning" }]);
});

test("a warning: several control-plane nodes without an endpoint", () => {
  expect(validateClusterConfig({ nodes: good.nodes })).toMatchObject([
    { code: "WARN_CLUSTER_ENDPOINT", severity: "warning" },
  ]);
});
