import { spawnSync } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { ClusterConfig } from "../../src/kubernetes/cluster/config.ts";
import { issueClusterPki } from "../../src/kubernetes/cluster/issue.ts";
import type { ClusterPki } from "../../src/kubernetes/cluster/issue.ts";
import { planClusterPki } from "../../src/kubernetes/cluster/plan.ts";
import { planRenewal } from "../../src/kubernetes/cluster/renewal.ts";
import { renewClusterPki } from "../../src/kubernetes/cluster/renew.ts";
import { validateKubeconfig } from "../../src/kubernetes/kubeconfig/validate.ts";
import { parsePrivateKey } from "../../src/keys/private-key.ts";
import { keyMatchesCertificate } from "../../src/keys/public-key.ts";
import { parseCertificateRequest } from "../../src/verify/certificate-request.ts";
import { parseCertificates } from "../../src/x509/certificate.ts";
import { clusterFiles } from "../../src/node/cluster-files.ts";
import { parseKubeconfigYaml } from "../../src/node/kubeconfig/yaml.ts";
import { readPkiDirectory } from "../../src/node/pki-directory/read.ts";
import { writePkiDirectory } from "../../src/node/pki-directory/write.ts";

const config: ClusterConfig = {
  clusterName: "shop",
  controlPlaneEndpoint: "api.example.com",
  nodes: [
    { name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] },
    { name: "cp-2", role: "control-plane", addresses: ["2001:db8::2"] },
    { name: "cp-3", role: "control-plane", addresses: ["192.0.2.3"] },
    { name: "w-1", role: "worker", addresses: ["192.0.2.4"] },
  ],
  users: [{ name: "jane" }],
};
let pki: ClusterPki;
beforeAll(async () => {
  pki = await issueClusterPki(config);
});
const paths = async (from: ClusterPki, node?: string): Promise<string[]> =>
  (await clusterFiles(from, node === undefined ? {} : { node })).map(({ path }) => path).sort();
const serverIn = async (from: ClusterPki, path: string, node?: string): Promise<string | undefined> => {
  const files = await clusterFiles(from, node === undefined ? {} : { node });
  const { text } = files.find((file) => file.path === path)!;
  return parseKubeconfigYaml(text).clusters[0]?.cluster.server;
};

test("a node of the control plane has what kubeadm leaves there, and the kubelet's and kube-proxy's", async () => {
  const pair = (path: string): string[] => [`pki/${path}.crt`, `pki/${path}.key`];
  expect(await paths(pki, "cp-2")).toEqual(
    [
      ...["ca", "apiserver", "apiserver-kubelet-client", "front-proxy-ca", "front-proxy-client"].flatMap(
        pair,
      ),
      ...["etcd/ca", "etcd/server", "etcd/peer", "etcd/healthcheck-client"].flatMap(pair),
      ...["apiserver-etcd-client", "kubelet"].flatMap(pair),
      "pki/sa.key",
      "pki/sa.pub",
      ...["admin", "kubelet", "controller-manager", "scheduler", "kube-proxy"].map((name) => `${name}.conf`),
    ].sort(),
  );
});

test("a worker has no key but its own", async () => {
  expect(await paths(pki, "w-1")).toEqual([
    "kube-proxy.conf",
    "kubelet.conf",
    "pki/ca.crt",
    "pki/kubelet.crt",
    "pki/kubelet.key",
  ]);
});

test("what the cluster has once is for a safe place", async () => {
  const once = await paths(pki);
  expect(once).toEqual(expect.arrayContaining(["super-admin.conf", "users/jane.conf", "pki/etcd/ca.key"]));
  expect(once.filter((path) => path.includes("apiserver"))).toEqual([]);
});

test("with etcd on machines of its own, the key of its CA is on none of the cluster's", async () => {
  const apart = await issueClusterPki({
    ...config,
    nodes: [...config.nodes, { name: "etcd-1", role: "etcd", addresses: ["192.0.2.9"] }],
  });
  expect(await paths(apart, "etcd-1")).toEqual([
    "pki/etcd/ca.crt",
    "pki/etcd/healthcheck-client.crt",
    "pki/etcd/healthcheck-client.key",
    "pki/etcd/peer.crt",
    "pki/etcd/peer.key",
    "pki/etcd/server.crt",
    "pki/etcd/server.key",
  ]);
  const controlPlane = await paths(apart, "cp-1");
  expect(controlPlane).toContain("pki/etcd/ca.crt");
  expect(controlPlane).not.toContain("pki/etcd/ca.key");
});

describe("kubeconfig files call", () => {
  // kubeadm app/phases/kubeconfig/kubeconfig.go: ControlPlaneEndpoint or LocalAPIEndpoint
  test.each<[path: string, node: string | undefined, server: string]>([
    ["super-admin.conf", undefined, "https://api.example.com:6443"],
    ["users/jane.conf", undefined, "https://api.example.com:6443"],
    ["admin.conf", "cp-1", "https://api.example.com:6443"],
    ["kubelet.conf", "w-1", "https://api.example.com:6443"],
    ["kube-proxy.conf", "cp-1", "https://api.example.com:6443"],
    ["controller-manager.conf", "cp-1", "https://192.0.2.1:6443"],
    ["scheduler.conf", "cp-2", "https://[2001:db8::2]:6443"],
    ["kubelet.conf", "cp-1", "https://192.0.2.1:6443"],
  ])("%s of %s: %s", async (path, node, server) => {
    expect(await serverIn(pki, path, node)).toBe(server);
  });

  test.each([
    ["1.32", "https://api.example.com:8443"],
    ["1.33", "https://192.0.2.1:6443"],
  ])("the kubelet on the control plane of kubeadm %s: %s", async (kubernetesVersion, server) => {
    const plan = planClusterPki({
      ...config,
      controlPlaneEndpoint: "api.example.com:8443",
      preset: "kubeadm",
      keyAlgorithm: "ECDSA-P256",
      kubernetesVersion,
    });
    expect(await serverIn(await issueClusterPki(plan), "kubelet.conf", "cp-1")).toBe(server);
  });

  test("the first API server where there is no endpoint", async () => {
    const { controlPlaneEndpoint: none, ...rest } = config;
    expect(none).toBeDefined();
    expect(await serverIn(await issueClusterPki(rest), "kubelet.conf", "w-1")).toBe("https://192.0.2.1:6443");
  });
});

test("kubeconfig files are named as kubeadm names them, and nothing is wrong with them", async () => {
  for (const { path, text } of await clusterFiles(pki, { node: "cp-1" })) {
    if (!path.endsWith(".conf")) continue;
    const parsed = parseKubeconfigYaml(text);
    expect(validateKubeconfig(parsed)).toEqual([]);
    expect(parsed["current-context"]).toMatch(/^(kubernetes-admin|system:[a-z:0-9-]+)@shop$/);
  }
});

test("what an intermediate CA has issued is followed by it, in pairs and kubeconfig files", async () => {
  const below = await issueClusterPki({
    ...config,
    extraCertificates: [
      { name: "mesh-ca", path: "pki/mesh-ca", kind: "ca", ca: "ca", subject: { commonName: "mesh-ca" } },
      { name: "mesh", path: "pki/mesh", kind: "server", ca: "mesh-ca", subject: {}, dnsNames: ["mesh.svc"] },
      { name: "web", path: "web.conf", kind: "client", ca: "mesh-ca", subject: { commonName: "web" } },
    ],
  });
  const files = await clusterFiles(below);
  const text = (path: string): string => files.find((file) => file.path === path)!.text;
  const [leaf, middle, ...rest] = parseCertificates(text("pki/mesh.crt"));
  expect(rest).toEqual([]);
  expect(leaf!.issuer.der).toEqual(middle!.subject.der);
  expect(middle!.der).toEqual(parseCertificates(text("pki/mesh-ca.crt"))[0]!.der);
  expect(parseCertificates(text("pki/mesh-ca.crt"))).toHaveLength(1);
  const data = parseKubeconfigYaml(text("web.conf")).users[0]!.user["client-certificate-data"]!;
  expect(parseCertificates(atob(data))).toHaveLength(2);
});

test("requests lie beside their keys, where others have yet to issue", async () => {
  const { certificate } = pki.certificates[0]!;
  const asked = await issueClusterPki(config, { authorities: { ca: { certificate } } });
  const own = await paths(asked, "cp-1");
  expect(own).toEqual(
    expect.arrayContaining(["pki/apiserver.csr", "pki/apiserver.key", "scheduler.conf.csr"]),
  );
  expect(own).not.toContain("pki/apiserver.crt");
  // As kubeadm certs generate-csr: the key is in the kubeconfig file, the request beside it.
  const text = (path: string): string => files.find((file) => file.path === path)!.text;
  const files = await clusterFiles(asked, { node: "cp-1" });
  const { user } = parseKubeconfigYaml(text("scheduler.conf")).users[0]!;
  expect(Object.keys(user)).toEqual(["client-key-data"]);
  const key = await parsePrivateKey(atob(user["client-key-data"]!));
  const request = await parseCertificateRequest(text("scheduler.conf.csr"));
  expect(keyMatchesCertificate(key, request)).toBe(true);
  expect(own).not.toContain("scheduler.conf.key");
  expect(own).not.toContain("pki/ca.key");
});

test("the folder is written and read back; a renewal replaces what it renews and nothing else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kubepki-files-"));
  try {
    const files = await clusterFiles(pki, { node: "cp-1" });
    expect((await writePkiDirectory(folder, files)).written).toHaveLength(files.length);
    expect((await readPkiDirectory(folder)).files.map(({ path }) => path).sort()).toEqual(
      await paths(pki, "cp-1"),
    );
    expect((await stat(join(folder, "pki/ca.key"))).mode & 0o777).toBe(0o600);

    const plan = planClusterPki({ ...config, certSANs: ["new.example.com"] });
    const own = pki.certificates.filter(({ name, node }) => name === "apiserver" && node === "cp-1");
    const ca = pki.certificates[0]!;
    const renewed = await renewClusterPki(planRenewal(plan, own), { authorities: { ca } });
    const replacing = await clusterFiles(
      { plan, certificates: [ca, ...renewed.certificates] },
      { node: "cp-1" },
    );
    const { written, unchanged } = await writePkiDirectory(folder, replacing);
    expect(written).toEqual(["pki/apiserver.crt", "pki/apiserver.key"]);
    expect(unchanged).toEqual(["pki/ca.crt", "pki/ca.key"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

const openssl = (...args: string[]): { status: number | null; text: string } => {
  const { status, stdout, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  return { status, text: `${stdout}${stderr}` };
};
const version = openssl("version");
if (version.status !== 0) console.info("skipped: there is no openssl command");

describe.skipIf(version.status !== 0)("OpenSSL, for every pair of files", () => {
  // The options of `openssl verify` that make it as strict as it can be.
  const STRICT = ["-x509_strict", "-check_ss_sig", "-purpose"];

  test.each<[preset: "recommended" | "kubeadm"]>([["recommended"], ["kubeadm"]])("%s", async (preset) => {
    const folder = await mkdtemp(join(tmpdir(), "kubepki-files-"));
    try {
      const made = await issueClusterPki({ ...config, preset, keyAlgorithm: "ECDSA-P256" });
      await writePkiDirectory(folder, await clusterFiles(made, { node: "cp-1" }));
      const caFiles = new Map(
        made.certificates.filter(({ kind }) => kind === "ca").map(({ name, path }) => [name, path]),
      );
      for (const { name, node, ca, path, kind } of made.certificates) {
        if (path.endsWith(".conf") || node !== "cp-1" || ca === undefined) continue;
        const caFile = join(folder, `${caFiles.get(ca)}.crt`);
        for (const purpose of kind === "peer" ? ["sslserver", "sslclient"] : [`ssl${kind}`]) {
          const certificate = join(folder, `${path}.crt`);
          const { status, text } = openssl("verify", ...STRICT, purpose, "-CAfile", caFile, certificate);
          expect(text, `${name} as ${purpose}`).toContain(": OK");
          expect(status).toBe(0);
        }
        const key = openssl("pkey", "-in", join(folder, `${path}.key`), "-pubout");
        const own = openssl("x509", "-in", join(folder, `${path}.crt`), "-noout", "-pubkey");
        expect(key.text).toBe(own.text);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test("there is no node of that name", async () => {
  await expect(clusterFiles(pki, { node: "cp-9" })).rejects.toThrow(RangeError);
});
