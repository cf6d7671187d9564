import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { inspectKubeconfig, issueClusterPki, parsePrivateKey, validateKubeconfig } from "kubepki";
import type { ClusterNode, ClusterPki } from "kubepki";
import { clusterPkiFiles, parseKubeconfigYaml, readPkiDirectory, writePkiDirectory } from "kubepki/node";

const nodes: readonly ClusterNode[] = [
  { name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] },
  { name: "cp-2", role: "control-plane", addresses: ["2001:db8::2"] },
  { name: "worker-1", role: "worker", addresses: ["192.0.2.9"] },
];
let pki: ClusterPki;
beforeAll(async () => {
  pki = await issueClusterPki({
    preset: "kubeadm",
    keyAlgorithm: "ECDSA-P256",
    clusterName: "prod",
    controlPlaneEndpoint: "api.example.com:443",
    nodes,
    users: [{ name: "jane:*/é" }],
  });
});

const servers = async (cluster: ClusterPki, node: string): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await clusterPkiFiles(cluster, node))
      .filter(({ path }) => path.endsWith(".conf"))
      .map(({ path, text }) => [path, parseKubeconfigYaml(text).clusters[0]!.cluster.server]),
  );

describe("clusterPkiFiles", () => {
  test("gives a control-plane node all that kubeadm gives it", async () => {
    const files = await clusterPkiFiles(pki, "cp-1");
    expect(files.map(({ path }) => path).sort()).toEqual([
      "admin.conf",
      "controller-manager.conf",
      "kubelet.conf",
      "pki/apiserver-etcd-client.crt",
      "pki/apiserver-etcd-client.key",
      "pki/apiserver-kubelet-client.crt",
      "pki/apiserver-kubelet-client.key",
      "pki/apiserver.crt",
      "pki/apiserver.key",
      "pki/ca.crt",
      "pki/ca.key",
      "pki/etcd/ca.crt",
      "pki/etcd/ca.key",
      "pki/etcd/healthcheck-client.crt",
      "pki/etcd/healthcheck-client.key",
      "pki/etcd/peer.crt",
      "pki/etcd/peer.key",
      "pki/etcd/server.crt",
      "pki/etcd/server.key",
      "pki/front-proxy-ca.crt",
      "pki/front-proxy-ca.key",
      "pki/front-proxy-client.crt",
      "pki/front-proxy-client.key",
      "pki/sa.key",
      "pki/sa.pub",
      "scheduler.conf",
      "super-admin.conf",
      "users/jane%3A*%2F%C3%A9.conf",
    ]);
  });

  test("gives a worker no key of a CA, and no key of anybody else", async () => {
    const paths = (await clusterPkiFiles(pki, "worker-1")).map(({ path }) => path);
    expect(paths).toEqual(["pki/ca.crt", "kubelet.conf"]);
  });

  test("calls the endpoint, but from the controller manager and the scheduler their own machine", async () => {
    const [endpoint, local] = ["https://api.example.com:443", "https://[2001:db8::2]:6443"];
    expect(await servers(pki, "cp-2")).toEqual({
      "admin.conf": endpoint,
      "super-admin.conf": endpoint,
      "kubelet.conf": endpoint,
      "controller-manager.conf": local,
      "scheduler.conf": local,
      "users/jane%3A*%2F%C3%A9.conf": endpoint,
    });
  });

  test("calls the first API server where there is no endpoint, on the port of API servers where there is no port", async () => {
    const alone = await issueClusterPki({ nodes: [nodes[0]!, nodes[2]!] });
    expect((await servers(alone, "worker-1"))["kubelet.conf"]).toBe("https://192.0.2.1:6443");
    expect((await servers(alone, "cp-1"))["admin.conf"]).toBe("https://192.0.2.1:6443");
    const named = await issueClusterPki({ nodes: [nodes[0]!], controlPlaneEndpoint: "api.example.com" });
    expect((await servers(named, "cp-1"))["admin.conf"]).toBe("https://api.example.com:6443");
  });

  test("names users and contexts as kubeadm does, and the kubeconfigs are what they say", async () => {
    const files = await clusterPkiFiles(pki, "cp-1");
    const admin = parseKubeconfigYaml(files.find(({ path }) => path === "admin.conf")!.text);
    expect(validateKubeconfig(admin)).toEqual([]);
    const { contexts } = await inspectKubeconfig(admin);
    expect(contexts).toMatchObject([
      {
        name: "kubernetes-admin@prod",
        isCurrent: true,
        isKeyMatching: true,
        identity: { username: "kubernetes-admin" },
      },
    ]);
  });

  test("goes to the disk and comes back", async () => {
    const folder = await mkdtemp(join(tmpdir(), "kubernetes-"));
    const files = await clusterPkiFiles(pki, "cp-1");
    await writePkiDirectory(folder, files);
    const read = await readPkiDirectory(folder);
    expect(read.findings).toEqual([]);
    expect(new Map(read.files.map((file) => [file.path, file.exportText()]))).toEqual(
      new Map([...files].sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, text }) => [path, text])),
    );
    await rm(folder, { recursive: true });
  });

  test("writes requests beside their keys where only the certificate of a CA is there", async () => {
    const ca = pki.certificates.find(({ name }) => name === "ca")!.certificate;
    const outside = await issueClusterPki(
      { preset: "kubeadm", keyAlgorithm: "ECDSA-P256", nodes: [nodes[0]!] },
      { authorities: { ca: { certificate: ca } } },
    );
    const files = new Map((await clusterPkiFiles(outside, "cp-1")).map(({ path, text }) => [path, text]));
    expect([...files.keys()]).toContain("pki/ca.crt");
    expect([...files.keys()]).not.toContain("pki/ca.key");
    expect(files.get("pki/apiserver.csr")).toMatch(/^-----BEGIN CERTIFICATE REQUEST/);
    expect(files.get("admin.conf.csr")).toMatch(/^-----BEGIN CERTIFICATE REQUEST/);
    const waiting = parseKubeconfigYaml(files.get("admin.conf")!);
    const key = Buffer.from(waiting.users[0]!.user["client-key-data"]!, "base64").toString();
    expect((await parsePrivateKey(key)).algorithm).toBe("ECDSA-P256");
  });

  test("knows its nodes", async () => {
    await expect(clusterPkiFiles(pki, "cp-9")).rejects.toThrow(TypeError);
  });
});
