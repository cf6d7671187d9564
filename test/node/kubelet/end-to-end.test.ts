/** A node's life: it joins with a token, serves, and its certificates change, with the project's own approver and signer behind an API server. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  approveKubeletClient,
  approveKubeletServing,
  authenticate,
  encodePem,
  KUBELET_CLIENT_SIGNER,
  KUBELET_SERVING_SIGNER,
  kubeletClientTemplate,
  kubeletServingTemplate,
  kubeletUsages,
  parseCertificateRequest,
  signRequest,
} from "kubepki";
import type { ManagedTemplate } from "kubepki";
import {
  connect,
  createCertificateManager,
  followCertificate,
  openCertificateStore,
  runApprover,
  runSigner,
} from "kubepki/node";
import type { ApprovalPolicy, CertificateManager } from "kubepki/node";
import { authority } from "../../issue/fixtures.ts";
import { ApiServer } from "../../support/api-server/server.ts";
import { fastTiming } from "../../support/fast-timing.ts";
import { call } from "../../support/mtls.ts";

const NODE = "worker-1";
const ADDRESS = "192.0.2.7";
const token = "abcdef.0123456789abcdef";
/** Who comes with which bearer token; in a cluster the second one is the holder of the certificate. */
const people: Record<string, { username: string; groups: string[] }> = {
  [token]: { username: "system:bootstrap:abcdef", groups: ["system:bootstrappers"] },
  node: { username: `system:node:${NODE}`, groups: ["system:nodes"] },
};

/** Chance 0: rotations are early, and a busy machine has time for them. */
const timing = fastTiming(200, 0);
const issuer = authority({ now: new Date(Date.now() - 604_800_000), lifetimeSeconds: 10 ** 8 });
let server: ApiServer;
let url: string;
let stop: AbortController;
let directory: string;
const running: Promise<void>[] = [];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "kubepki-node-"));
  server = new ApiServer();
  server.identify = (authorization) => people[authorization.replace("Bearer ", "")];
  url = await server.start();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await Promise.all(running.splice(0));
  await server.stop();
  rmSync(directory, { recursive: true });
});

const approve: ApprovalPolicy = async ({ spec }) => {
  const { signerName, usages = [], username = "", groups = [], expirationSeconds } = spec;
  const request = await parseCertificateRequest(atob(spec.request));
  const question = { request, signerName, usages, requester: { username, groups }, expirationSeconds };
  return signerName === KUBELET_CLIENT_SIGNER.signerName
    ? approveKubeletClient(question, async () => true)
    : approveKubeletServing(question, {
        findNode: async (name) => ({ name, addresses: [{ type: "InternalIP", address: ADDRESS }] }),
        reservedNames: [],
        allowsAddress: (address) => address === ADDRESS,
      });
};

function startControlPlane(): void {
  const client = connect({ server: url, token });
  const signers = [KUBELET_CLIENT_SIGNER, KUBELET_SERVING_SIGNER].map((policy) => ({
    signerName: policy.signerName,
    sign: (object: Parameters<typeof signRequest>[0]) =>
      signRequest(object, { issuer, policy, at: timing.now() }),
  }));
  const options = { signal: stop.signal, timing };
  running.push(runApprover(client, { approve, ...options }), runSigner(client, { signers, ...options }));
}

async function startManager(
  prefix: string,
  purpose: "client auth" | "server auth",
  signerName: string,
  template: () => ManagedTemplate | undefined,
): Promise<CertificateManager> {
  const manager = await createCertificateManager({
    store: await openCertificateStore({ directory, prefix }),
    template,
    signerName,
    usages: (algorithm) => kubeletUsages(purpose, algorithm),
    expirationSeconds: 600,
    client: (current) =>
      connect({ server: url, token: current || purpose === "server auth" ? "node" : token }),
    onError: (error) => void errors.push(error),
    timing,
    signal: stop.signal,
  });
  running.push(manager.run());
  return manager;
}
const errors: unknown[] = [];

test("a node joins, serves, and changes its certificates without dropping a request", async () => {
  startControlPlane();
  const clientManager = await startManager(
    "kubelet-client",
    "client auth",
    KUBELET_CLIENT_SIGNER.signerName,
    () => kubeletClientTemplate(NODE),
  );
  const first = await clientManager.ready();
  const options = { trustAnchors: [issuer.certificate], at: timing.now() };
  expect(await authenticate(first.certificate, options)).toMatchObject({
    username: `system:node:${NODE}`,
    groups: ["system:nodes", "system:authenticated"],
  });

  const servingManager = await startManager(
    "kubelet-server",
    "server auth",
    KUBELET_SERVING_SIGNER.signerName,
    () => kubeletServingTemplate(NODE, [{ type: "InternalIP", address: ADDRESS }]),
  );
  const kubelet = createServer((_request, response) => response.end("logs"));
  const served = new Set<string>();
  servingManager.follow(({ certificate }) => void served.add(certificate.serialNumber));
  followCertificate(kubelet, servingManager);
  await servingManager.ready();
  await new Promise<void>((resolve) => kubelet.listen(0, "127.0.0.1", resolve));
  const { port } = kubelet.address() as AddressInfo;
  // Time goes faster here than in Node's TLS, to which these certificates begin tomorrow.
  const lenient = { ca: encodePem("CERTIFICATE", issuer.certificate.der), rejectUnauthorized: false };
  const answers = new Set<string>();
  while (served.size < 3) answers.add((await call(port, lenient)).body);
  kubelet.closeAllConnections();
  kubelet.close();

  expect(answers).toEqual(new Set(["logs"]));
  expect(errors).toEqual([]);
  expect(clientManager.current()?.certificate.serialNumber).not.toBe(first.certificate.serialNumber);
  const asked = [...server.objects.values()].map(({ spec }) => spec.username);
  expect(asked.filter((name) => name === "system:bootstrap:abcdef")).toHaveLength(1);
  expect(readdirSync(directory)).toEqual(
    expect.arrayContaining(["kubelet-client-current.pem", "kubelet-server-current.pem"]),
  );
}, 60_000);
