/** Our approver and signers against a real kube-apiserver, with the rights that their manifests give and no others; every certificate logs in. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer, get, request as httpsRequest, type RequestOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addressesWithin,
  approvalQuestion,
  approveKubeletClient,
  approveKubeletServing,
  certificateSigningRequest,
  createCertificateRequest,
  encodePem,
  firstVerdict,
  generateKeyPair,
  kubeletClientTemplate,
  kubeletServingTemplate,
  isRequestOutdated,
  kubeletUsages,
  validateCertificateSigningRequest,
  validateRequestAdmission,
  validateRequestUpdate,
  type Approver,
  type Certificate,
  type CertificateUsage,
  type RequestSubresource,
} from "kubepki";
import {
  accessReviewer,
  approverManifests,
  cleanerManifests,
  connect,
  nodeFinder,
  runApprover,
  runCleaner,
  signerManifests,
  waitForCertificate,
  type CertificatesClient,
  type RequestCondition,
  type RequestObject,
} from "kubepki/node";
import { startCluster } from "./server.ts";

const namespace = "default";
const CLIENT = "kubernetes.io/kube-apiserver-client";
const KUBELET = "kubernetes.io/kube-apiserver-client-kubelet";
const SERVING = "kubernetes.io/kubelet-serving";
const REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const user = (name: string): string =>
  `${name},system:serviceaccount:${namespace}:${name},${name},"system:serviceaccounts"`;
const cluster = await startCluster(
  [
    'admin,admin,1,"system:masters"',
    'bootstrap,system:bootstrap:abcdef,2,"system:bootstrappers"',
    "jane,jane,3",
    user("signer"),
    user("approver"),
    user("cleaner"),
  ],
  ["--enable-admission-plugins=NodeRestriction"],
);

interface Pair {
  readonly cert: string;
  readonly key: string;
}

if ("reason" in cluster) {
  test.skip(`cluster (skipped: ${cluster.reason})`);
} else {
  describe("a real kube-apiserver", () => {
    const { server, ca, folder } = cluster;
    const stop = new AbortController();
    const errors: unknown[] = [];
    const replicas = new Set<ChildProcess>();
    const leading: string[] = [];
    const signing: string[] = [];
    let leader: ChildProcess | undefined;
    let approver: Promise<void>;
    let started = 0;

    /** Status and body of an answer, to a token or a certificate. */
    async function call(path: string, login: RequestOptions, body?: unknown): Promise<[number, string]> {
      const options: RequestOptions = { ca, agent: false, ...login };
      const text = body === undefined ? "" : JSON.stringify(body);
      const headers = { ...options.headers, ...(text && { "content-type": "application/json" }) };
      const request = httpsRequest(server + path, {
        method: body === undefined ? "GET" : "POST",
        ...options,
        headers,
      });
      request.end(text);
      const [response] = (await once(request, "response")) as [IncomingMessage];
      const chunks: Uint8Array[] = [];
      for await (const chunk of response as AsyncIterable<Uint8Array>) chunks.push(chunk);
      return [response.statusCode!, Buffer.concat(chunks).toString()];
    }
    const withToken = (token: string): RequestOptions => ({ headers: { authorization: `Bearer ${token}` } });
    async function make(path: string, object: unknown, login = withToken("admin")): Promise<void> {
      const [status, text] = await call(path, login, object);
      if (status !== 201) throw new Error(`${path}: ${status} ${text}`);
    }
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    const apiGroup = "rbac.authorization.k8s.io";
    const paths: Record<string, string> = {
      ServiceAccount: `/api/v1/namespaces/${namespace}/serviceaccounts`,
      ClusterRole: `${rbac}/clusterroles`,
      ClusterRoleBinding: `${rbac}/clusterrolebindings`,
      Role: `${rbac}/namespaces/${namespace}/roles`,
      RoleBinding: `${rbac}/namespaces/${namespace}/rolebindings`,
    };
    const grant = (name: string, role: string, kind: "Group" | "User", subject: string): Promise<void> =>
      make(paths["ClusterRoleBinding"]!, {
        metadata: { name },
        roleRef: { apiGroup, kind: "ClusterRole", name: role },
        subjects: [{ apiGroup, kind, name: subject }],
      });

    function startReplica(program: string): void {
      const identity = `replica-${started++}`;
      const order = join(folder, `${identity}.json`);
      const caKey = readFileSync(join(folder, "ca.key"), "utf8");
      writeFileSync(order, JSON.stringify({ server, ca, caKey, identity, namespace }), { mode: 0o600 });
      const replica = fork(program, [order]);
      replicas.add(replica);
      replica.on("exit", () => replicas.delete(replica));
      replica.on("message", (event: string) => {
        const [what, ...rest] = event.split(" ");
        if (what === "signing") signing.push(rest[0]!);
        if (what === "error") errors.push(event);
        if (what !== "leads") return;
        leading.push(identity);
        leader = replica;
      });
    }

    /** What a program does that wants a certificate: a key, a request, an object, and the wait for what the signer writes. */
    async function obtain(
      client: CertificatesClient,
      name: string,
      signerName: string,
      template: Parameters<typeof createCertificateRequest>[0],
      usages: readonly CertificateUsage[],
    ): Promise<Pair & { readonly certificate: Certificate }> {
      const { privateKey, signer } = await generateKeyPair("ECDSA-P256", { extractable: true });
      const { pem } = await createCertificateRequest(template, signer, { allowPrivileged: true });
      const object = await client.create(certificateSigningRequest({ name, pem, signerName, usages }));
      const awaited = { name, uid: object.metadata.uid!, subjectPublicKeyInfo: signer.subjectPublicKeyInfo };
      const certificates = await waitForCertificate(client, awaited, { signal: AbortSignal.timeout(60_000) });
      const cert = certificates.map(({ der }) => encodePem("CERTIFICATE", der)).join("");
      return { certificate: certificates[0]!, cert, key: await privateKey.exportPem("pkcs8") };
    }

    beforeAll(async () => {
      const signerName = [CLIENT, KUBELET, SERVING];
      for (const manifest of [
        ...signerManifests({ namespace, serviceAccount: "signer", signerName }),
        ...approverManifests({ namespace, serviceAccount: "approver", signerName }),
      ])
        await make(paths[manifest.kind]!, manifest);
      const requests = "system:certificates.k8s.io:certificatesigningrequests";
      await grant("bootstrap", "system:node-bootstrapper", "Group", "system:bootstrappers");
      await grant("nodeclient", `${requests}:nodeclient`, "Group", "system:bootstrappers");
      await grant("selfnodeclient", `${requests}:selfnodeclient`, "Group", "system:nodes");
      await make(paths["ClusterRole"]!, {
        metadata: { name: "requester" },
        rules: [
          {
            apiGroups: ["certificates.k8s.io"],
            resources: ["certificatesigningrequests"],
            verbs: ["create", "get"],
          },
        ],
      });
      await grant("requester", "requester", "User", "jane");
      await make(paths["ClusterRole"]!, {
        metadata: { name: "reader" },
        rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["list"] }],
      });
      await grant("reader", "reader", "Group", "developers");

      const program = join(
        fileURLToPath(new URL("../../node_modules/.cache", import.meta.url)),
        `kubepki-replica-${process.pid}.mjs`,
      );
      const entryPoints = [fileURLToPath(new URL("replica.ts", import.meta.url))];
      await build({
        entryPoints,
        outfile: program,
        bundle: true,
        format: "esm",
        platform: "node",
        packages: "external",
        logLevel: "error",
      });
      startReplica(program);
      while (leading.length === 0) await sleep(50);
      startReplica(program);

      const client = connect({ server, ca, token: "approver" });
      const serving = {
        findNode: nodeFinder(client),
        reservedNames: [],
        allowsAddress: addressesWithin(["127.0.0.0/8", "192.0.2.0/24"]),
        allowsLoopback: true,
      };
      const developers: Approver = async ({ request, requester, signerName: asked }) => {
        const wanted = request.toJSON()["subject"];
        const isOwn = asked === CLIENT && wanted === `O = developers, CN = ${requester.username}`;
        return isOwn
          ? { decision: "approve", reason: "Developer", message: "one of us", objections: [] }
          : { decision: "none", reason: "NotMine", message: "", objections: [] };
      };
      approver = runApprover(client, {
        approve: async (object) =>
          firstVerdict(await approvalQuestion(object), [
            (question) => approveKubeletClient(question, accessReviewer(client)),
            (question) => approveKubeletServing(question, serving),
            developers,
          ]),
        signal: stop.signal,
        hooks: { onError: (error) => void errors.push(error) },
      });
    }, 120_000);
    afterAll(async () => {
      stop.abort();
      for (const replica of replicas) replica.kill("SIGKILL");
      await approver;
      await cluster.close();
    });

    let node: Pair;

    test("a bootstrap token becomes a node's client certificate, which logs in as that node and registers it", async () => {
      const client = connect({ server, ca, token: "bootstrap" });
      const usages = kubeletUsages("client auth", "ECDSA-P256");
      // API servers before 1.27 insist on key encipherment, whatever the key is.
      node = await obtain(client, "node-client", KUBELET, kubeletClientTemplate("worker-1"), [
        ...usages,
        "key encipherment",
      ]);
      expect((await call("/api", node))[0]).toBe(200);
      expect(await call("/api/v1/secrets", node)).toEqual([
        403,
        expect.stringContaining('User \\"system:node:worker-1\\"'),
      ]);
      const addresses = [
        { type: "InternalIP", address: "192.0.2.7" },
        { type: "Hostname", address: "worker-1" },
      ];
      await make("/api/v1/nodes", { metadata: { name: "worker-1" }, status: { addresses } }, node);
    });

    test("the node gets a serving certificate for its own names, which TLS clients take for it", async () => {
      const client = connect({ server, ca, ...node });
      const template = kubeletServingTemplate("worker-1", [
        { type: "InternalIP", address: "192.0.2.7" },
        { type: "Hostname", address: "worker-1" },
      ])!;
      const usages = [...kubeletUsages("server auth", "ECDSA-P256"), "key encipherment"] as const;
      const { cert, key } = await obtain(client, "node-serving", SERVING, template, usages);
      const kubelet = createServer({ cert, key }, (_request, response) => response.end("ok"));
      kubelet.listen(0, "127.0.0.1");
      await once(kubelet, "listening");
      const { port } = kubelet.address() as AddressInfo;
      const visit = get({ port, host: "127.0.0.1", servername: "worker-1", ca, agent: false });
      const [response] = (await once(visit, "response")) as [IncomingMessage];
      expect(response.statusCode).toBe(200);
      response.resume();
      kubelet.close();
    });

    test("the node gets none for an address of another", async () => {
      const client = connect({ server, ca, ...node });
      const template = kubeletServingTemplate("worker-1", [{ type: "InternalIP", address: "192.0.2.8" }])!;
      const usages = [...kubeletUsages("server auth", "ECDSA-P256"), "key encipherment"] as const;
      const denied = obtain(client, "node-foreign", SERVING, template, usages);
      await expect(denied).rejects.toMatchObject({ code: "ERR_SIGNER_DENIED" });
      const { status } = await client.read("node-foreign");
      expect(status?.conditions?.[0]?.message).toContain("192.0.2.8 is no address of node worker-1");
    });

    const developer = (name: string): Promise<Pair> =>
      obtain(
        connect({ server, ca, token: "jane" }),
        name,
        CLIENT,
        { subject: { commonName: "jane", organizations: ["developers"] } },
        ["digital signature", "client auth"],
      );

    async function expectDeveloper(pair: Pair): Promise<void> {
      expect((await call(`/api/v1/namespaces/${namespace}/configmaps`, pair))[0]).toBe(200);
      expect(await call("/api/v1/secrets", pair)).toEqual([403, expect.stringContaining('User \\"jane\\"')]);
    }

    test("a user gets a certificate through the API, and the rights of its group with it", async () => {
      await expectDeveloper(await developer("jane"));
    });

    test("when the signer that leads is killed in the middle of its work, the other one goes on, and nothing is lost", async () => {
      const before = leading.length;
      const names = Array.from({ length: 8 }, (_, i) => `failover-${i}`);
      const pairs = Promise.all(names.map(developer));
      await expect
        .poll(() => signing.some((name) => name.startsWith("failover-")), { timeout: 20_000, interval: 1 })
        .toBe(true);
      const victim = leader!;
      victim.kill("SIGKILL");
      await once(victim, "exit");
      await expect.poll(() => leading.length, { timeout: 20_000 }).toBe(before + 1);
      for (const pair of await pairs) await expectDeveloper(pair);
      // Of each request the key was used once, and again for the two that the killed one may have had in its hands.
      const uses = signing.filter((name) => name.startsWith("failover-"));
      expect(new Set(uses).size).toBe(names.length);
      expect(uses.length).toBeLessThanOrEqual(names.length + 2);
    });

    test("the API server finds the faults of objects that we find, at the same places", async () => {
      const { signer } = await generateKeyPair("ECDSA-P256");
      const { pem } = await createCertificateRequest({ subject: { commonName: "jane" } }, signer);
      const good = certificateSigningRequest({
        name: "row",
        pem,
        signerName: "example.com/row",
        usages: ["client auth"],
      });
      const spec = (changes: Record<string, unknown>) => ({ ...good, spec: { ...good.spec, ...changes } });
      const forged = Buffer.from(pem.split("\n").slice(1, -2).join(""), "base64");
      forged[forged.length - 1]! ^= 1;
      const rows: readonly [name: string, object: unknown][] = [
        ["a good one", good],
        ["no PEM", spec({ request: btoa("no PEM") })],
        ["another label", spec({ request: btoa(pem.replaceAll("CERTIFICATE REQUEST", "CERTIFICATE")) })],
        ["a signature that does not hold", spec({ request: btoa(encodePem("CERTIFICATE REQUEST", forged)) })],
        ["no usages", spec({ usages: [] })],
        ["an unknown usage", spec({ usages: ["client auth", "flying"] })],
        ["a usage twice", spec({ usages: ["client auth", "client auth"] })],
        ["a signer without a domain", spec({ signerName: "web" })],
        ["a signer with capitals", spec({ signerName: "Example.com/web" })],
        ["a signer with two slashes", spec({ signerName: "example.com/a/b" })],
        ["the signer of old", spec({ signerName: "kubernetes.io/legacy-unknown" })],
        ["a bad name", { ...good, metadata: { name: "a/b" } }],
      ];
      for (const [name, object] of rows) {
        const [status, text] = await call(`${REQUESTS}?dryRun=All`, withToken("admin"), object);
        const { details } = JSON.parse(text) as { details?: { causes?: { field: string }[] } };
        const theirs = new Set((details?.causes ?? []).map(({ field }) => field));
        const ours = new Set(
          (await validateCertificateSigningRequest(object as typeof good)).map(({ path }) => path),
        );
        expect([name, status === 201 ? [] : [...theirs].toSorted()]).toEqual([name, [...ours].toSorted()]);
      }
    });

    test("the API server takes the writes to a subresource that we say it takes, and refuses the others", async () => {
      const { signer } = await generateKeyPair("ECDSA-P256");
      const { pem } = await createCertificateRequest({ subject: { commonName: "jane" } }, signer);
      const usages = ["client auth"] as const;
      const base = { name: "update", pem, signerName: "example.com/row", usages };
      await make(REQUESTS, certificateSigningRequest(base));
      const path = `${REQUESTS}/${base.name}`;
      const put = (subresource: RequestSubresource, object: unknown, query = "") =>
        call(`${path}/${subresource}${query}`, { ...withToken("admin"), method: "PUT" }, object);
      const is = (type: string, status = "True") => ({ type, status, reason: "Test" });
      const pair = btoa(ca);
      const other = btoa(`another text before it\n${ca}`);
      const mislabelled = btoa(ca.replaceAll("CERTIFICATE", "CERTIFICATE1"));

      type Status = NonNullable<RequestObject["status"]>;
      type Row = readonly [name: string, subresource: RequestSubresource, change: (status: Status) => Status];
      const add =
        (...conditions: readonly RequestCondition[]) =>
        (status: Status) => ({
          ...status,
          conditions: [...(status.conditions ?? []), ...conditions],
        });
      const sign = (certificate: string) => (status: Status) => ({ ...status, certificate });
      const rows: readonly Row[] = [
        ["an approval", "approval", add(is("Approved"))],
        ["a denial", "approval", add(is("Denied"))],
        ["both", "approval", add(is("Approved"), is("Denied"))],
        ["an approval that is none", "approval", add(is("Approved", "False"))],
        ["an approval twice", "approval", add(is("Approved"), is("Approved"))],
        ["a condition without a type", "approval", add(is(""))],
        ["a certificate by approval", "approval", sign(pair)],
        ["an approval by status", "status", add(is("Approved"))],
        ["a failure", "status", add(is("Failed"))],
        ["somebody's own condition", "status", add(is("example.com/Seen", "False"))],
        ["a certificate", "status", sign(pair)],
        ["another certificate", "status", sign(other)],
        ["no PEM", "status", sign(btoa("no PEM"))],
        ["another label", "status", sign(mislabelled)],
        ["no conditions", "approval", (status) => ({ ...status, conditions: [] })],
        ["no conditions by status", "status", (status) => ({ ...status, conditions: [] })],
        ["no certificate", "status", sign("")],
        ["nothing", "status", (status) => status],
      ];
      const stages: readonly (readonly [RequestSubresource, (status: Status) => Status] | undefined)[] = [
        undefined,
        ["approval", add(is("Approved"))],
        ["status", sign(pair)],
      ];
      const isLike = (left: RequestObject, right: RequestObject): boolean =>
        (left.status?.certificate ?? "") === (right.status?.certificate ?? "") &&
        String(left.status?.conditions?.map(({ type }) => type) ?? []) ===
          String(right.status?.conditions?.map(({ type }) => type) ?? []);
      const read = async () => JSON.parse((await call(path, withToken("admin")))[1]) as RequestObject;
      const taken: number[] = [];
      for (const [number, stage] of stages.entries()) {
        const old = await read();
        if (stage) expect((await put(stage[0], { ...old, status: stage[1](old.status ?? {}) }))[0]).toBe(200);
        const stored = await read();
        taken.push(0);
        for (const [name, subresource, change] of rows) {
          const written = { ...stored, status: change(stored.status ?? {}) };
          const [status, text] = await put(subresource, written, "?dryRun=All");
          const findings = await validateRequestUpdate(written, stored, subresource);
          // What is no business of a subresource it may also leave out without a word.
          const isTaken = status === 200 && isLike(JSON.parse(text) as RequestObject, written);
          expect([number, name, status, isTaken]).toEqual([
            number,
            name,
            expect.anything(),
            findings.length === 0,
          ]);
          if (isTaken) taken[number]!++;
        }
      }
      expect(taken).toEqual([10, 6, 5]);
    });

    test("its admission refuses what we say that it refuses", async () => {
      // NodeRestriction looks at requests since Kubernetes 1.31; this one is older, so only CertificateSubjectRestriction answers.
      const requester = { username: "jane", groups: [] };
      for (const organization of ["system:masters", "developers"]) {
        const { signer } = await generateKeyPair("ECDSA-P256");
        const subject = { commonName: "jane", organizations: [organization] };
        const { pem, request } = await createCertificateRequest({ subject }, signer, {
          allowPrivileged: true,
        });
        const object = certificateSigningRequest({
          name: "admission",
          pem,
          signerName: CLIENT,
          usages: ["client auth"],
        });
        const [status, text] = await call(`${REQUESTS}?dryRun=All`, withToken("jane"), object);
        const [finding] = validateRequestAdmission({ request, signerName: CLIENT, requester });
        expect(status).toBe(organization === "developers" ? 201 : 403);
        expect(finding === undefined).toBe(organization === "developers");
        expect(text).toContain(finding?.message ?? "admission");
      }
    });

    test("the cleaner deletes what it judges outdated, with the rights of its manifests", async () => {
      const requests = connect({ server, ca, token: "admin" });
      const { signer } = await generateKeyPair("ECDSA-P256");
      const { pem } = await createCertificateRequest({ subject: { commonName: "jane" } }, signer);
      for (const name of ["clean-old", "clean-too"])
        await requests.create(
          certificateSigningRequest({ name, pem, signerName: "example.com/row", usages: ["client auth"] }),
        );
      for (const manifest of cleanerManifests({ namespace, serviceAccount: "cleaner" }))
        await make(paths[manifest.kind]!, manifest);
      const done = new AbortController();
      const deleted: string[] = [];
      await runCleaner(connect({ server, ca, token: "cleaner" }), {
        // A day from now, as it were.
        isOutdated: (object, at) =>
          object.metadata.name!.startsWith("clean-") && isRequestOutdated(object, at + 86_401_000),
        interval: 1,
        leaderElection: { namespace, name: "cleaner", identity: "one" },
        hooks: {
          onDone: (_outcome, { metadata }) => {
            deleted.push(metadata.name!);
            if (deleted.length === 2) done.abort();
          },
          onError: (error) => void errors.push(error),
        },
        signal: AbortSignal.any([done.signal, AbortSignal.timeout(60_000)]),
      });
      expect(deleted.toSorted()).toEqual(["clean-old", "clean-too"]);
      await expect(requests.read("clean-old")).rejects.toMatchObject({ status: 404 });
    });

    test("none of the controllers had anything to complain about", () => {
      expect(errors).toEqual([]);
    });
  });
}
