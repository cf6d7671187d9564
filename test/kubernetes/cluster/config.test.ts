import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClusterError } from "../../../src/errors.ts";
import type { ClusterConfig, ClusterNode, ExtraCertificate } from "../../../src/kubernetes/cluster/config.ts";
import { resolveClusterConfig } from "../../../src/kubernetes/cluster/config.ts";
import { validateClusterConfig } from "../../../src/kubernetes/cluster/validate-config.ts";
import { planClusterPki } from "../../../src/kubernetes/cluster/plan.ts";
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

test("defaults are filled in: kubeadm's, but for its preset and the key algorithm", () => {
  const { now, ...rest } = resolveClusterConfig(good);
  expect(rest).toEqual({
    ...good,
    preset: "recommended",
    kubernetesVersion: "1.36",
    etcd: {},
    users: [],
    extraCertificates: [],
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
    [
      "two subnets of one family",
      { serviceSubnet: "10.96.0.0/12,10.112.0.0/12" },
      "ERR_CLUSTER_NETWORK",
      "serviceSubnet",
    ],
    [
      "three subnets",
      { serviceSubnet: "10.96.0.0/16,fd00::/112,10.97.0.0/16" },
      "ERR_CLUSTER_NETWORK",
      "serviceSubnet",
    ],
    [
      "a second subnet that is none",
      { serviceSubnet: "10.96.0.0/16,fd00::" },
      "ERR_CLUSTER_NETWORK",
      "serviceSubnet",
    ],
    ["a subnet beyond 20 bits", { serviceSubnet: "10.0.0.0/11" }, "ERR_CLUSTER_NETWORK", "serviceSubnet"],
    [
      "a subnet below 10 addresses",
      { serviceSubnet: "10.96.0.0/29" },
      "ERR_CLUSTER_NETWORK",
      "serviceSubnet",
    ],
    ["an unknown preset", { preset: "k3s" as "kubeadm" }, "ERR_CLUSTER_CONFIG", "preset"],
    ["a version before 1.29", { kubernetesVersion: "1.28" }, "ERR_CLUSTER_CONFIG", "kubernetesVersion"],
    ["a version after 1.36", { kubernetesVersion: "v1.37.0" }, "ERR_CLUSTER_CONFIG", "kubernetesVersion"],
    ["a version that is none", { kubernetesVersion: "latest" }, "ERR_CLUSTER_CONFIG", "kubernetesVersion"],
    ["an empty endpoint", { controlPlaneEndpoint: "" }, "ERR_CLUSTER_NETWORK", "controlPlaneEndpoint"],
    [
      "an extra name of etcd that kubeadm ignores",
      { etcd: { serverCertSANs: ["1.2.3.L"] } },
      "ERR_CLUSTER_NAME",
      "etcd.serverCertSANs[0]",
    ],
    [
      "an extra name of peers that kubeadm ignores",
      { etcd: { peerCertSANs: ["etcd.example.com", "a,b"] } },
      "ERR_CLUSTER_NAME",
      "etcd.peerCertSANs[1]",
    ],
    [
      "members of an etcd that others look after",
      { etcd: { external: true }, nodes: [...good.nodes, node(4, { name: "etcd-1", role: "etcd" })] },
      "ERR_CLUSTER_CONFIG",
      "etcd.external",
    ],
    ["a user without a name", { users: [{ name: "" }] }, "ERR_CLUSTER_NAME", "users[0].name"],
    ["half a character", { users: [{ name: "jane\ud800" }] }, "ERR_CLUSTER_NAME", "users[0].name"],
    ["a user twice", { users: [{ name: "jane" }, { name: "jane" }] }, "ERR_CLUSTER_NAME", "users[1].name"],
    [
      "an empty group",
      { users: [{ name: "jane", groups: ["dev", ""] }] },
      "ERR_CLUSTER_NAME",
      "users[0].groups[1]",
    ],
    [
      "a user for no time",
      { users: [{ name: "jane", lifetimeSeconds: 0 }] },
      "ERR_CLUSTER_CONFIG",
      "users[0].lifetimeSeconds",
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
  [
    "a key that this kubeadm does not make",
    { preset: "kubeadm", kubernetesVersion: "1.33", keyAlgorithm: "ECDSA-P384" },
    "WARN_CLUSTER_KEY_ALGORITHM",
    "keyAlgorithm",
  ],
  [
    "a key that 1.30 does not make yet",
    { preset: "kubeadm", kubernetesVersion: "1.30.1", keyAlgorithm: "RSA-4096" },
    "WARN_CLUSTER_KEY_ALGORITHM",
    "keyAlgorithm",
  ],
  [
    "a lifetime that 1.30 has no setting for",
    { preset: "kubeadm", kubernetesVersion: "1.30", lifetimeSeconds: 3600 },
    "WARN_CLUSTER_LIFETIME",
    "lifetimeSeconds",
  ],
  [
    "a lifetime of CAs that 1.29 has no setting for",
    { preset: "kubeadm", kubernetesVersion: "1.29", caLifetimeSeconds: 5 * 8760 * 3600 },
    "WARN_CLUSTER_LIFETIME",
    "caLifetimeSeconds",
  ],
  [
    "a machine among the services",
    { serviceSubnet: "192.0.0.0/16", nodes: [node(1)] },
    "WARN_CLUSTER_SERVICE_SUBNET",
    "nodes[0].addresses[0]",
  ],
  [
    "a component's name for a user",
    { users: [{ name: "system:admin" }] },
    "WARN_CLUSTER_PRIVILEGED_NAME",
    "users[0].name",
  ],
  [
    "rights that nobody can take away",
    { users: [{ name: "jane", groups: ["system:masters"] }] },
    "WARN_CLUSTER_PRIVILEGED_NAME",
    "users[0].groups[0]",
  ],
  [
    "four members of etcd beside three API servers",
    {
      nodes: [...good.nodes, ...[4, 5, 6, 7].map((n) => node(n, { name: `etcd-${n}`, role: "etcd" }))],
    },
    "WARN_CLUSTER_EVEN_MEMBERS",
    "nodes",
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

const extra: ExtraCertificate = {
  name: "metrics",
  path: "pki/metrics",
  kind: "server",
  ca: "ca",
  subject: { commonName: "metrics" },
  dnsNames: ["metrics.kube-system.svc"],
};

describe("an extra certificate is refused", () => {
  test.each<[what: string, change: Partial<ExtraCertificate>, code: string, field: string]>([
    ["without a name", { name: "" }, "ERR_CLUSTER_CONFIG", "name"],
    ["with a name that is taken", { name: "apiserver" }, "ERR_CLUSTER_CONFIG", "name"],
    ["with a name of a user's", { name: "user:jane" }, "ERR_CLUSTER_CONFIG", "name"],
    ["in files that are taken", { path: "pki/apiserver" }, "ERR_CLUSTER_CONFIG", "path"],
    ["outside of the folder", { path: "../metrics" }, "ERR_CLUSTER_CONFIG", "path"],
    ["at an absolute path", { path: "/etc/metrics" }, "ERR_CLUSTER_CONFIG", "path"],
    ["with backslashes", { path: "pki\\..\\metrics" }, "ERR_CLUSTER_CONFIG", "path"],
    ["of an unknown kind", { kind: "servant" as "server" }, "ERR_CLUSTER_CONFIG", "kind"],
    ["of a CA that is not there", { ca: "metrics-ca" }, "ERR_CLUSTER_CONFIG", "ca"],
    ["of a CA that is none", { ca: "apiserver" }, "ERR_CLUSTER_CONFIG", "ca"],
    ["without names", { dnsNames: [] }, "ERR_CLUSTER_CONFIG", "dnsNames"],
    ["with a DNS name that is none", { dnsNames: ["a b"] }, "ERR_CLUSTER_NAME", "dnsNames[0]"],
    ["with an address that is none", { ipAddresses: ["1.2.3"] }, "ERR_CLUSTER_NAME", "ipAddresses[0]"],
    ["for no time", { lifetimeSeconds: -1 }, "ERR_CLUSTER_CONFIG", "lifetimeSeconds"],
  ])("%s", (_, change, code, field) => {
    const findings = validateClusterConfig({
      ...good,
      users: [{ name: "jane" }],
      extraCertificates: [{ ...extra, ...change }],
    });
    expect(findings.map((finding) => [finding.code, finding.path])).toEqual([
      [code, `extraCertificates[0].${field}`],
    ]);
  });

  test("if it is a leaf without an issuer", () => {
    const { ca: _, ...leaf } = extra;
    expect(validateClusterConfig({ ...good, extraCertificates: [leaf] })).toMatchObject([
      { code: "ERR_CLUSTER_CONFIG", path: "extraCertificates[0].ca" },
    ]);
  });
});

test("all mistakes are found at once, and the error counts them", async () => {
  const bad: ClusterConfig = {
    ...good,
    dnsDomain: "cluster local",
    serviceSubnet: "10.96.0.0",
    certSANs: ["a b"],
    keyAlgorithm: "DSA" as "Ed25519",
    nodes: [node(1, { name: "CP 1", addresses: [] })],
  };
  expect(validateClusterConfig(bad).map(({ path }) => path)).toEqual([
    "nodes[0].name",
    "nodes[0].addresses",
    "dnsDomain",
    "keyAlgorithm",
    "serviceSubnet",
    "certSANs[0]",
  ]);
  await expect(issueClusterPki(bad)).rejects.toThrow(/no lower-case DNS name \(and 5 more\)/);
});

test("a warning: several control-plane nodes without an endpoint", () => {
  expect(validateClusterConfig({ nodes: good.nodes })).toMatchObject([
    { code: "WARN_CLUSTER_ENDPOINT", severity: "warning" },
  ]);
});

describe("a configuration from a file", () => {
  const validate = (config: unknown) => validateClusterConfig(config as ClusterConfig);
  const errors = (config: unknown): string[] =>
    validate(config).map(({ code, path, message }) => `${code} ${path}: ${message}`);

  test.each<[what: string, config: unknown, found: string[]]>([
    ["nothing", null, ["ERR_CLUSTER_CONFIG : found null, expected an object"]],
    ["a list", [], ["ERR_CLUSTER_CONFIG : found a list, expected an object"]],
    ["no nodes", {}, ["ERR_CLUSTER_CONFIG nodes: it is missing"]],
    [
      "one node instead of a list",
      { nodes: node(1) },
      ["ERR_CLUSTER_CONFIG nodes: found a value of type object, expected a list"],
    ],
    [
      "wrong types in many places",
      {
        certSANs: "api.example.com",
        dnsDomain: 7,
        lifetimeSeconds: "8760h",
        now: "2030-01-01",
        etcd: { external: "yes" },
        users: [{ groups: ["a", 1] }, "jane"],
        extraCertificates: [{ name: "a", path: "a", kind: "ca", subject: "a" }],
        nodes: [node(1), { name: "cp-2", role: "control-plane" }, null],
      },
      [
        "ERR_CLUSTER_CONFIG certSANs: found a value of type string, expected a list",
        "ERR_CLUSTER_CONFIG dnsDomain: found a value of type number, expected a text",
        "ERR_CLUSTER_CONFIG lifetimeSeconds: found a value of type string, expected a number",
        "ERR_CLUSTER_CONFIG now: found a value of type string, expected a Date",
        "ERR_CLUSTER_CONFIG etcd.external: found a value of type string, expected a boolean",
        "ERR_CLUSTER_CONFIG users[0].name: it is missing",
        "ERR_CLUSTER_CONFIG users[0].groups[1]: found a value of type number, expected a text",
        "ERR_CLUSTER_CONFIG users[1]: found a value of type string, expected an object",
        "ERR_CLUSTER_CONFIG extraCertificates[0].subject: found a value of type string, expected an object",
        "ERR_CLUSTER_CONFIG nodes[1].addresses: it is missing",
        "ERR_CLUSTER_CONFIG nodes[2]: found null, expected an object",
        "WARN_CLUSTER_ENDPOINT controlPlaneEndpoint: several control-plane nodes need a name or address that stands for all of them",
      ],
    ],
    [
      "settings that there are not",
      { ...good, certSans: ["api.example.com"], toString: 1, nodes: [{ ...node(1), adresses: [] }] },
      [
        'WARN_CLUSTER_UNKNOWN_FIELD nodes[0].adresses: there is no setting "adresses"; nobody reads it',
        'WARN_CLUSTER_UNKNOWN_FIELD certSans: there is no setting "certSans"; nobody reads it',
        'WARN_CLUSTER_UNKNOWN_FIELD toString: there is no setting "toString"; nobody reads it',
      ],
    ],
  ])("with %s", (_, config, found) => {
    expect(errors(config)).toEqual(found);
  });

  test("has mistakes of all kinds found at once: what cannot be read hides nothing beside it", () => {
    const nodes = [{ name: "CP_1", addresses: ["192.0.2.1"] }, node(2, { role: "boss" as "worker" })];
    const bad = {
      nodes,
      certSANs: [7, "a b"],
      dnsDomain: "a..b",
      etcd: { serverCertSANs: ["c d"], external: 1 },
    };
    expect(validate(bad).map(({ path }) => path)).toEqual([
      "nodes[0].role",
      "certSANs[0]",
      "etcd.external",
      "nodes[0].name",
      "nodes[1].role",
      "dnsDomain",
      "certSANs[1]",
      "etcd.serverCertSANs[0]",
    ]);
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom("nodes", "certSANs", "etcd", "users"), (value, field) => {
        const paths = validate({ ...good, dnsDomain: "a..b", [field]: value }).map(({ path }) => path);
        expect(paths).toContain("dnsDomain");
      }),
    );
  });

  test("is planned or refused, and never anything else happens", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.anything(),
        fc.constantFrom(...Object.keys(resolveClusterConfig(good))),
        async (value, field) => {
          const config = { ...good, [field]: value } as ClusterConfig;
          const refused = validateClusterConfig(config).some(({ severity }) => severity === "error");
          if (refused) expect(() => planClusterPki(config)).toThrow(ClusterError);
          else expect(planClusterPki(config).certificates.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a setting that is undefined is one that is left out", () => {
    expect(validate({ ...good, certSANs: undefined, preset: undefined })).toEqual([]);
    expect(
      planClusterPki({ ...good, dnsDomain: undefined } as unknown as ClusterConfig).config.dnsDomain,
    ).toBe("cluster.local");
  });
});
