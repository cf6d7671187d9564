/** A signer of pod certificates against an API server that keeps their state machine, and against what goes wrong between the two. */
import { X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  caTemplate,
  clientTemplate,
  generateKeyPair,
  issueSelfSigned,
  podCertificateRequest,
  signPodCertificateRequest,
  stubCertificateRequest,
  validatePodCertificateStatus,
} from "kubepki";
import type { SignPodCertificateOptions } from "kubepki";
import {
  approverManifests,
  connect,
  podCertificateSignerManifests,
  runPodCertificateSigner,
  signerManifests,
} from "kubepki/node";
import type { ClusterClient, PodCertificateObject, RunPodCertificateSignerOptions } from "kubepki/node";
import { ApiServer } from "../../support/api-server/server.ts";
import { fastTiming } from "../../support/fast-timing.ts";

const signerName = "example.com/workloads";
const { signer } = await generateKeyPair("ECDSA-P256");
const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "workloads" } }), signer);
const pod = await generateKeyPair("ECDSA-P256");
const key = await stubCertificateRequest(pod.signer);
const options: SignPodCertificateOptions = {
  signerName,
  issuer: { certificate, signer },
  template: ({ namespace, object: { spec } }) =>
    spec.podName === "evil"
      ? { deny: "NotWelcome", message: "evil pods get no certificates" }
      : clientTemplate({ subject: { commonName: `${spec.podName}.${namespace}` } }),
};

let server: ApiServer;
let client: ClusterClient;
let stop: AbortController;
let signed: string[];
let done: string[];
let errors: [name: string | undefined, status: unknown][];
const running: Promise<void>[] = [];

beforeEach(async () => {
  server = new ApiServer();
  client = connect({ server: await server.start() });
  stop = new AbortController();
  [signed, done, errors] = [[], [], []];
});
afterEach(async () => {
  stop.abort();
  await Promise.all(running.splice(0));
  await server.stop();
});

/** What the kubelet of a node makes for a pod. */
function create(name: string, namespace = "shop", wanted = signerName): void {
  const { spec } = podCertificateRequest({
    namespace,
    pod: { name, uid: `uid of ${name}` },
    serviceAccount: { name: "web", uid: "2" },
    node: { name: "node-1", uid: "3" },
    signerName: wanted,
    key,
  });
  server.createPod({ metadata: { namespace, name: `req-${name}` }, spec });
}

function start(more: Partial<RunPodCertificateSignerOptions> = {}): void {
  const sign = (object: PodCertificateObject) => {
    signed.push(object.spec.podName);
    return signPodCertificateRequest(object, options);
  };
  running.push(
    runPodCertificateSigner(client, {
      signers: [{ signerName, sign }],
      signal: stop.signal,
      // Not so fast that the clock runs away from the API server's.
      timing: { ...fastTiming(100), now: () => Date.now() },
      hooks: {
        onDone: (outcome, { metadata }) =>
          void done.push(`${outcome} ${metadata.namespace}/${metadata.name}`),
        onError: (error, name) => void errors.push([name, (error as { status?: number }).status]),
      },
      ...more,
    }),
  );
}

const conditionOf = (name: string, namespace = "shop") =>
  server.pods.objects.get(`${namespace}/req-${name}`)?.status?.conditions?.[0];
const until = (condition: () => boolean) =>
  expect.poll(condition, { timeout: 10_000, interval: 5 }).toBe(true);

describe("a signer of pod certificates", () => {
  test("answers the requests of all namespaces, those that are there and those that come", async () => {
    create("web");
    create("web", "bank");
    create("evil");
    create("foreign", "shop", "example.com/other");
    start();
    await until(() => done.length === 3);
    create("later");
    await until(() => done.length === 4);
    expect(done.toSorted()).toEqual([
      "denied shop/req-evil",
      "issued bank/req-web",
      "issued shop/req-later",
      "issued shop/req-web",
    ]);
    expect(conditionOf("evil")).toMatchObject({ type: "Denied", reason: "NotWelcome" });
    expect(conditionOf("foreign")).toBeUndefined();
    expect(errors).toEqual([]);
  });

  test("writes what kube-apiserver takes: the pod's name, for the pod's key", async () => {
    create("web");
    start();
    await until(() => conditionOf("web") !== undefined);
    const object = server.pods.objects.get("shop/req-web")!;
    expect(validatePodCertificateStatus({ ...object, status: {} }, object.status!)).toEqual([]);
    const leaf = new X509Certificate(object.status!.certificateChain!);
    expect(leaf.subject).toBe("CN=web.shop");
    expect(leaf.verify(new X509Certificate(certificate.der).publicKey)).toBe(true);
    expect(leaf.publicKey.export({ format: "der", type: "spki" })).toEqual(
      Buffer.from(pod.signer.subjectPublicKeyInfo),
    );
  });

  test("survives conflicts, errors, dropped watches, compaction and duplicate events, and signs nothing twice", async () => {
    let count = 0;
    server.faults.copies = 2;
    server.faults.before = (method) => {
      count++;
      if (method === "PUT" && count % 3 === 0) return 409;
      return count % 7 === 0 ? 500 : undefined;
    };
    start();
    for (let index = 0; index < 40; index++) {
      create(`pod-${index}`);
      if (index % 10 === 3) server.dropWatches();
      if (index % 10 === 9) {
        server.compact();
        server.dropWatches();
      }
      await sleep(2);
    }
    await until(() => done.length === 40);
    expect(server.writes).toHaveLength(40);
    expect(signed.toSorted()).toEqual(Array.from({ length: 40 }, (_, index) => `pod-${index}`).toSorted());
  });

  test("leaves a request alone that was answered or deleted between the watch and the look", async () => {
    create("web");
    create("gone");
    const denied = {
      type: "Denied",
      status: "True",
      reason: "Other",
      message: "",
      lastTransitionTime: "now",
    };
    server.faults.before = async (method, path) => {
      if (method !== "GET" || !path.endsWith("/req-web") || conditionOf("web")) return undefined;
      server.pods.objects.delete("shop/req-gone");
      const object = server.pods.objects.get("shop/req-web")!;
      server.pods.store("MODIFIED", { ...object, status: { conditions: [denied] } }, "1000");
      return undefined;
    };
    start();
    create("last");
    await until(() => done.length === 1);
    await until(() => conditionOf("web") !== undefined);
    await sleep(20);
    expect(signed.toSorted()).not.toContain("web");
    expect(done).toEqual(["issued shop/req-last"]);
    expect(conditionOf("web")).toEqual(denied);
  });

  test("of two that answer at once, the API server takes one, and the other does not mind", async () => {
    for (let index = 0; index < 20; index++) create(`pod-${index}`);
    start();
    start();
    await until(() => done.length === 20);
    await sleep(50);
    expect(done).toHaveLength(20);
    expect(server.writes).toHaveLength(20);
    expect(errors).toEqual([]);
  });

  test("tries again what it could not sign, and what the API server does not take, and says so", async () => {
    create("web");
    let tries = 0;
    const sign: RunPodCertificateSignerOptions["signers"][number]["sign"] = async (object) => {
      if (tries++ === 0) throw new Error("the key service is away");
      return signPodCertificateRequest(object, options);
    };
    const wrong = async () => ({
      conditions: [
        { type: "Approved", status: "True", reason: "A", message: "", lastTransitionTime: new Date() },
      ],
    });
    create("odd", "shop", "example.com/odd");
    start({
      signers: [
        { signerName, sign },
        { signerName: "example.com/odd", sign: wrong },
      ],
    });
    await until(() => conditionOf("web") !== undefined && errors.length >= 3);
    expect(errors).toContainEqual(["shop/req-web", undefined]);
    expect(errors).toContainEqual(["shop/req-odd", 422]);
    expect(conditionOf("odd")).toBeUndefined();
  });

  test("works while it leads, and its successor goes on", async () => {
    const first = new AbortController();
    const leading: string[] = [];
    const replica = (identity: string, signal: AbortSignal): void =>
      start({
        signal,
        timing: fastTiming(100),
        leaderElection: { namespace: "pki", name: "pods", identity },
        hooks: { onLeading: (leads) => void leading.push(`${identity} ${leads}`) },
      });
    replica("one", first.signal);
    await until(() => leading.length === 1);
    replica("two", stop.signal);
    create("a");
    await until(() => conditionOf("a") !== undefined);
    first.abort();
    await until(() => leading.includes("two true"));
    create("b");
    await until(() => conditionOf("b") !== undefined);
    expect(leading).toEqual(["one true", "one false", "two true"]);
    expect(signed).toEqual(["a", "b"]);
  });

  test("writes what is signed when it is stopped", async () => {
    create("web");
    const sign: RunPodCertificateSignerOptions["signers"][number]["sign"] = async (object) => {
      stop.abort();
      return signPodCertificateRequest(object, options);
    };
    start({ signers: [{ signerName, sign }] });
    await Promise.all(running.splice(0));
    expect(conditionOf("web")).toMatchObject({ type: "Issued" });
  });

  test("asks for the version of the API that the cluster has", async () => {
    const paths: string[] = [];
    server.faults.before = (method, path) => void paths.push(`${method} ${path}`);
    create("web");
    start({ version: "v1alpha1" });
    await until(() => done.length === 1);
    const all = "/apis/certificates.k8s.io/v1alpha1";
    const one = `${all}/namespaces/shop/podcertificaterequests/req-web`;
    expect(paths).toEqual([`GET ${all}/podcertificaterequests`, `GET ${one}`, `PUT ${one}/status`]);
  });

  test("is one signer for each name", async () => {
    const signers = [1, 2].map(() => ({ signerName, sign: async () => ({}) }));
    const twice = runPodCertificateSigner(client, { signers, signal: stop.signal });
    await expect(twice).rejects.toThrow(TypeError);
  });
});

test("its rights are to read, to write /status, to sign for its name, and leases", () => {
  const manifests = podCertificateSignerManifests({ signerName, namespace: "pki", serviceAccount: "signer" });
  const rulesOf = (kind: string) => manifests.find((manifest) => manifest.kind === kind)?.["rules"];
  expect(rulesOf("ClusterRole")).toEqual([
    {
      apiGroups: ["certificates.k8s.io"],
      resources: ["podcertificaterequests"],
      verbs: ["get", "list", "watch"],
    },
    { apiGroups: ["certificates.k8s.io"], resources: ["podcertificaterequests/status"], verbs: ["update"] },
    {
      apiGroups: ["certificates.k8s.io"],
      resources: ["signers"],
      resourceNames: [signerName],
      verbs: ["sign"],
    },
  ]);
  expect(rulesOf("Role")).toEqual([
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
  ]);
});

test.each([signerManifests, podCertificateSignerManifests, approverManifests])(
  "rights are given for a signer, for all of a domain, and for no name that is none",
  (manifests) => {
    const account = { namespace: "pki", serviceAccount: "signer" };
    expect(manifests({ ...account, signerName: ["example.com/*", signerName] })).toHaveLength(5);
    for (const name of ["", "*", "workloads", "example.com/Workloads", "example/*"])
      expect(() => manifests({ ...account, signerName: [signerName, name] })).toThrow(TypeError);
  },
);
