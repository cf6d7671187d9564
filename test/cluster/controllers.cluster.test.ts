/** Our controllers against a real kube-apiserver, with the rights that their manifests give and no others. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { approverManifests, connect, runApprover, runSigner, signerManifests } from "kubepki/node";
import { run, startCluster } from "./server.ts";

const namespace = "default";
const signerName = "kubernetes.io/kube-apiserver-client-kubelet";
const user = (name: string): string =>
  `${name},system:serviceaccount:${namespace}:${name},${name},"system:serviceaccounts"`;
const cluster = await startCluster([
  'admin,admin,1,"system:masters"',
  'bootstrap,system:bootstrap:abcdef,2,"system:bootstrappers"',
  user("signer"),
  user("approver"),
]);

if ("reason" in cluster) {
  console.warn(`skipped: cluster: ${cluster.reason}`);
  test.skip(`cluster (skipped: ${cluster.reason})`);
} else {
  describe("a real kube-apiserver", () => {
    const { server, ca, folder } = cluster;
    const openssl = (...options: string[]) => run("openssl", options, { cwd: folder });
    const curl = async (token: string, path: string, body?: unknown): Promise<unknown> => {
      const data =
        body === undefined ? [] : ["-H", "content-type: application/json", "-d", JSON.stringify(body)];
      const login = ["-H", `authorization: Bearer ${token}`];
      const { stdout } = await run("curl", [
        "-sSf",
        "--cacert",
        join(folder, "ca.crt"),
        ...login,
        ...data,
        server + path,
      ]);
      return JSON.parse(stdout);
    };
    afterAll(() => cluster.close());

    test("a bootstrap user gets a kubelet's client certificate, by two replicas of the signer, and logs in", async () => {
      const rbac = "/apis/rbac.authorization.k8s.io/v1";
      const paths: Record<string, string> = {
        ServiceAccount: `/api/v1/namespaces/${namespace}/serviceaccounts`,
        ClusterRole: `${rbac}/clusterroles`,
        ClusterRoleBinding: `${rbac}/clusterrolebindings`,
        Role: `${rbac}/namespaces/${namespace}/roles`,
        RoleBinding: `${rbac}/namespaces/${namespace}/rolebindings`,
      };
      for (const manifest of [
        ...signerManifests({ namespace, serviceAccount: "signer", signerName }),
        ...approverManifests({ namespace, serviceAccount: "approver", signerName }),
      ])
        await curl("admin", paths[manifest.kind]!, manifest);
      await curl("admin", paths["ClusterRoleBinding"]!, {
        metadata: { name: "bootstrap" },
        roleRef: {
          apiGroup: "rbac.authorization.k8s.io",
          kind: "ClusterRole",
          name: "system:node-bootstrapper",
        },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:bootstrappers" }],
      });

      const stop = new AbortController();
      const first = new AbortController();
      const leading: string[] = [];
      const errors: unknown[] = [];
      const onError = (error: unknown): void => void errors.push(error);
      const sign = async (object: { metadata: { name?: string }; spec: { request: string } }) => {
        const csr = `${object.metadata.name}.csr`;
        await writeFile(join(folder, csr), atob(object.spec.request));
        await writeFile(join(folder, "eku"), "extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\n");
        const { stdout } = await openssl(
          "x509",
          "-req",
          "-in",
          csr,
          "-CA",
          "ca.crt",
          "-CAkey",
          "ca.key",
          "-extfile",
          "eku",
        );
        return { certificate: stdout };
      };
      const replica = (identity: string, signal: AbortSignal) =>
        runSigner(connect({ server, ca, token: "signer" }), {
          signers: [{ signerName, sign }],
          signal,
          hooks: { onError, onLeading: (leads) => void (leads && leading.push(identity)) },
          leaderElection: { namespace, name: "signer", identity },
        });
      const approve = async () => ({ decision: "approve", reason: "Test", message: "a test" }) as const;
      const approver = runApprover(connect({ server, ca, token: "approver" }), {
        approve,
        signal: stop.signal,
        hooks: { onError },
      });
      const one = replica("one", first.signal);
      await expect.poll(() => leading, { timeout: 20_000 }).toEqual(["one"]);
      const two = replica("two", stop.signal);

      const login = async (name: string): Promise<void> => {
        const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        const subject = ["-subj", `/O=system:nodes/CN=system:node:${name}`];
        await openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.pem`, ...subject);
        const request = btoa(await readFile(join(folder, `${name}.pem`), "utf8"));
        const usages = ["digital signature", "key encipherment", "client auth"];
        await curl("bootstrap", "/apis/certificates.k8s.io/v1/certificatesigningrequests", {
          metadata: { name },
          spec: { request, signerName, usages },
        });
        const reader = connect({ server, ca, token: "admin" });
        const certificate = async () => (await reader.read(name)).status?.certificate;
        await expect.poll(certificate, { timeout: 30_000 }).toBeTypeOf("string");
        await writeFile(join(folder, `${name}.crt`), atob((await certificate())!));
        const files = ["--cert", join(folder, `${name}.crt`), "--key", join(folder, `${name}.key`)];
        await run("curl", ["-sSf", "--cacert", join(folder, "ca.crt"), ...files, `${server}/api`]);
        const denied = await run("curl", [
          "-s",
          "--cacert",
          join(folder, "ca.crt"),
          ...files,
          `${server}/api/v1/secrets`,
        ]);
        expect(denied.stdout).toContain(`User \\"system:node:${name}\\"`);
      };
      await login("a");
      first.abort();
      await one;
      await expect.poll(() => leading, { timeout: 30_000 }).toEqual(["one", "two"]);
      await login("b");
      stop.abort();
      await Promise.all([two, approver]);
      expect(errors).toEqual([]);
    });
  });
}
