/** A node's certificates from a real kube-apiserver: by a bootstrap token the first, by itself the next. */
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  approvalQuestion,
  approveKubeletClient,
  bootstrapTokenSecret,
  caPublicKeyPin,
  KUBELET_CLIENT_SIGNER,
  kubeletClientTemplate,
  kubeletUsages,
  parseBootstrapToken,
  parseCertificate,
  parsePrivateKey,
  signRequest,
} from "kubepki";
import {
  accessReviewer,
  connect,
  createCertificateManager,
  discoverCluster,
  openCertificateStore,
  runApprover,
  runSigner,
  signClusterInfo,
} from "kubepki/node";
import type { ApprovalPolicy, CertificatePair } from "kubepki/node";
import { fastTiming } from "../support/fast-timing.ts";
import { run, startCluster } from "./server.ts";

const NODE = "worker-1";
const text = "abcdef.0123456789abcdef";
const cluster = await startCluster(['admin,admin,1,"system:masters"'], ["--enable-bootstrap-token-auth"]);

if ("reason" in cluster) {
  test.skip(`kubelet (skipped: ${cluster.reason})`);
} else {
  describe("a node of a real cluster", () => {
    const { server, ca, folder } = cluster;
    const post = async (path: string, body: unknown): Promise<void> => {
      const login = ["-H", "authorization: Bearer admin", "-H", "content-type: application/json"];
      const options = ["-sSf", "--cacert", join(folder, "ca.crt"), ...login, "-d", JSON.stringify(body)];
      await run("curl", [...options, server + path]);
    };
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    const apiGroup = "rbac.authorization.k8s.io";
    const grant = (role: string, group: string): Promise<void> =>
      post(`${rbac}/clusterrolebindings`, {
        metadata: { name: `test-${role.replaceAll(":", "-")}` },
        roleRef: { apiGroup, kind: "ClusterRole", name: role },
        subjects: [{ apiGroup, kind: "Group", name: group }],
      });
    /** What the API server says to the holder of a pair: status and text. */
    const ask = async (path: string, pair: CertificatePair): Promise<[number | undefined, string]> => {
      const request = get(server + path, { ca, agent: false, ...pair.exportTlsOptions() });
      const [response] = (await once(request, "response")) as [IncomingMessage];
      const chunks: Uint8Array[] = [];
      for await (const chunk of response as AsyncIterable<Uint8Array>) chunks.push(chunk);
      return [response.statusCode, Buffer.concat(chunks).toString()];
    };
    afterAll(() => cluster.close());

    test("joins with a token that the API server believes, and renews its certificate with the certificate", async () => {
      const token = parseBootstrapToken(text);
      const expiration = new Date(Date.now() + 3_600_000);
      const nodes = "system:bootstrappers:kubeadm:default-node-token";
      await post("/api/v1/namespaces/kube-system/secrets", bootstrapTokenSecret({ token, expiration }));
      await grant("system:node-bootstrapper", nodes);
      await grant("system:certificates.k8s.io:certificatesigningrequests:nodeclient", nodes);
      await grant("system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", "system:nodes");

      const authority = [`certificate-authority-data: ${btoa(ca)}`, `server: ${server}`];
      const kubeconfig = `apiVersion: v1\nkind: Config\nclusters:\n- name: ""\n  cluster:\n    ${authority.join("\n    ")}\n`;
      await post("/api/v1/namespaces/kube-public/configmaps", {
        metadata: { name: "cluster-info" },
        data: { kubeconfig, "jws-kubeconfig-abcdef": signClusterInfo(kubeconfig, token) },
      });
      const rules = [
        { apiGroups: [""], resources: ["configmaps"], resourceNames: ["cluster-info"], verbs: ["get"] },
      ];
      await post(`${rbac}/namespaces/kube-public/roles`, { metadata: { name: "cluster-info" }, rules });
      await post(`${rbac}/namespaces/kube-public/rolebindings`, {
        metadata: { name: "cluster-info" },
        roleRef: { apiGroup, kind: "Role", name: "cluster-info" },
        subjects: [{ apiGroup, kind: "User", name: "system:anonymous" }],
      });
      const certificate = parseCertificate(ca);
      const found = await discoverCluster({ server, token: text, caPins: [caPublicKeyPin(certificate)] });
      expect(found).toMatchObject({ server, ca });

      const stop = new AbortController();
      const errors: unknown[] = [];
      const onError = (error: unknown): void => void errors.push(error);
      const { signer } = await parsePrivateKey(await readFile(join(folder, "ca.key"), "utf8"));
      const admin = connect({ server, ca, token: "admin" });
      const approve: ApprovalPolicy = async (object, client) =>
        approveKubeletClient(await approvalQuestion(object), accessReviewer(client));
      const policy = KUBELET_CLIENT_SIGNER;
      // The signer, not the request, says ten minutes: API servers before 1.22 do not know expirationSeconds.
      const sign = (object: Parameters<typeof signRequest>[0]) =>
        signRequest(object, { issuer: { certificate, signer }, policy, defaultDurationSeconds: 600 });
      const options = { signal: stop.signal, hooks: { onError } };
      const controllers = [
        runApprover(admin, { approve, ...options }),
        runSigner(admin, { signers: [{ signerName: policy.signerName, sign }], ...options }),
      ];

      const directory = join(folder, "pki");
      await mkdir(directory);
      const manager = await createCertificateManager({
        store: await openCertificateStore({ directory, prefix: "kubelet-client" }),
        template: kubeletClientTemplate(NODE),
        signerName: policy.signerName,
        usages: (algorithm) => kubeletUsages("client auth", algorithm),
        client: (current) =>
          connect({
            server: found.server,
            ca: found.ca,
            ...(current?.exportTlsOptions() ?? { token: text }),
          }),
        onError,
        timing: fastTiming(30),
        signal: stop.signal,
      });
      const pairs: CertificatePair[] = [];
      manager.follow((pair) => void pairs.push(pair));
      const running = manager.run();
      await expect.poll(() => pairs.length, { timeout: 60_000 }).toBeGreaterThan(1);
      stop.abort();
      await Promise.all([running, ...controllers]);
      expect(errors).toEqual([]);

      for (const pair of pairs) {
        expect((await ask("/api", pair))[0]).toBe(200);
        expect(await ask("/api/v1/secrets", pair)).toEqual([
          403,
          expect.stringContaining(`system:node:${NODE}`),
        ]);
      }
      const { items } = await admin.list({ limit: 10 });
      const asked = new Set(items.map(({ spec }) => spec.username));
      expect(asked).toEqual(new Set(["system:bootstrap:abcdef", `system:node:${NODE}`]));
    });
  });
}
