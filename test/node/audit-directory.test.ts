/** The audit of a directory: what kubeadm's layout holds, and what is wrong with the files themselves. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { encodePem, issueClusterPki, kubeconfig } from "kubepki";
import { auditPkiDirectory, clusterFiles, encodeKubeconfigYaml, writePkiDirectory } from "kubepki/node";

const folder = await mkdtemp(join(tmpdir(), "kubepki-audit-"));
afterAll(() => rm(folder, { recursive: true }));
const { certificates } = await issueClusterPki({
  nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }],
});
const admin = certificates.find(({ path }) => path === "admin.conf")!;
const files = [];
for (const { path, certificate, privateKey } of certificates) {
  if (path.endsWith(".conf")) continue;
  files.push({ path: `${path}.crt`, text: encodePem("CERTIFICATE", certificate.der) });
  files.push({ path: `${path}.key`, text: await privateKey!.exportPem() });
}
const config = await kubeconfig({
  server: "https://192.0.2.1:6443",
  ca: [certificates[0]!.certificate],
  userName: "kubernetes-admin",
  credentials: { certificates: [admin.certificate], privateKey: admin.privateKey! },
});
files.push({ path: "admin.conf", text: encodeKubeconfigYaml(config) });
await writePkiDirectory(folder, files);

test("a directory that was just written is healthy, its kubeconfig included", async () => {
  const audit = await auditPkiDirectory(folder);
  expect(audit.findings.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(audit.directory).toEqual([]);
  expect(audit.isHealthy).toBe(true);
  expect(audit.certificates.map(({ path }) => path)).toContain("admin.conf#users[0].client-certificate-data");
});

test("a key that others may read, and a kubeconfig that is none, are errors", async () => {
  await chmod(join(folder, "pki/ca.key"), 0o644);
  await writeFile(join(folder, "broken.conf"), "a: [", { mode: 0o600 });
  const audit = await auditPkiDirectory(folder);
  expect(audit.isHealthy).toBe(false);
  expect(audit.findings[0]).toMatchObject({ code: "FINDING_AUDIT_KEY_MODE", path: "pki/ca.key" });
  expect(audit.directory).toContainEqual(
    expect.objectContaining({ code: "FINDING_PKI_UNREADABLE", path: "broken.conf" }),
  );
});

test("each machine's files are as planned as soon as they are written, and what is gone is missed", async () => {
  const nodes = [
    { name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] },
    { name: "w-1", role: "worker", addresses: ["192.0.2.2"] },
  ] as const;
  const made = await issueClusterPki({ nodes });
  for (const { name: node } of nodes) {
    const at = join(folder, node);
    await writePkiDirectory(at, await clusterFiles(made, { node }));
    const audit = await auditPkiDirectory(at, { plan: made.plan, node });
    expect([audit.findings, audit.directory]).toEqual([[], []]);
    await rm(join(at, "pki/kubelet.crt"));
    const { findings } = await auditPkiDirectory(at, { plan: made.plan, node });
    expect(findings.map(({ code, path }) => [code, path])).toEqual([
      ["FINDING_AUDIT_MISSING", "pki/kubelet.crt"],
    ]);
  }
});
