import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ApiError } from "kubepki";
import {
  connect,
  nodeFinder,
  runApprover,
  runSigner,
  type CertificatesClient,
  type RunApproverOptions,
  type RunSignerOptions,
  type Timing,
} from "kubepki/node";
import { setTimeout as sleep } from "node:timers/promises";
import { certificateOf, signerName, spec } from "./examples.ts";
import { ApiServer } from "../../support/api-server/server.ts";

/** A hundred times faster than the world. */
const timing: Timing = {
  now: () => performance.now() * 100,
  sleep: async (milliseconds, signal) => {
    await sleep(milliseconds / 100, undefined, { signal }).catch(() => undefined);
  },
  random: () => 0.5,
};

let server: ApiServer;
let client: CertificatesClient;
let stop: AbortController;
const running: Promise<void>[] = [];

beforeEach(async () => {
  server = new ApiServer();
  client = connect({ server: await server.start() });
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await Promise.all(running.splice(0));
  await server.stop();
});

const request = (name: string, signer = signerName) =>
  server.create({ metadata: { name }, spec: { ...spec, signerName: signer } });
const signed: string[] = [];
beforeEach(() => void signed.splice(0));

function startSigner(options: Partial<RunSignerOptions> = {}): void {
  const sign = async (object: { metadata: { name?: string } }) => {
    signed.push(object.metadata.name!);
    return { certificate: certificateOf(object.metadata.name) };
  };
  running.push(
    runSigner(client, { signers: [{ signerName, sign }], signal: stop.signal, timing, ...options }),
  );
}

const isSigned = (name: string): boolean => server.objects.get(name)?.status?.certificate !== undefined;
const until = (condition: () => boolean) =>
  expect.poll(condition, { timeout: 10_000, interval: 5 }).toBe(true);

describe("the signer", () => {
  test("signs what is approved, and nothing that is pending, denied, failed or another signer's", async () => {
    for (const name of ["approved", "pending", "denied", "both", "last"]) request(name);
    request("foreign", "example.com/other");
    for (const name of ["approved", "both", "foreign"]) server.decide(name, "Approved");
    for (const name of ["denied", "both"]) server.decide(name, "Denied");
    startSigner();
    await until(() => isSigned("approved"));
    server.decide("last", "Approved");
    await until(() => isSigned("last"));
    expect(signed).toEqual(["approved", "last"]);
    expect(atob(server.objects.get("last")!.status!.certificate!)).toBe(certificateOf("last"));
  });

  test("writes a refusal as condition Failed, once and for all", async () => {
    request("bad");
    server.decide("bad", "Approved");
    const sign = async () => ({ reason: "SignerValidationFailure", message: "no" });
    startSigner({ signers: [{ signerName, sign }] });
    await until(() => server.objects.get("bad")!.status!.conditions!.length === 2);
    expect(server.objects.get("bad")!.status!.conditions![1]).toMatchObject({
      type: "Failed",
      status: "True",
      message: "no",
    });
    server.faults.copies = 3;
    request("good");
    server.decide("good", "Approved");
    await until(() => server.writes.length === 2);
    expect(server.writes).toEqual(["PUT bad/status", "PUT good/status"]);
  });

  test("survives conflicts, errors, dropped watches, compaction and duplicate events, and signs nothing twice", async () => {
    let count = 0;
    server.faults.copies = 2;
    server.faults.before = (method) => {
      count++;
      if (method === "PUT" && count % 3 === 0) return 409;
      return count % 7 === 0 ? 500 : undefined;
    };
    startSigner();
    for (let index = 0; index < 40; index++) {
      request(`r${index}`);
      server.decide(`r${index}`, "Approved");
      if (index % 10 === 3) server.dropWatches();
      if (index % 10 === 6) server.bookmark();
      if (index % 10 === 9) {
        server.compact();
        server.dropWatches();
      }
      await sleep(2);
    }
    await until(() => [...server.objects.keys()].every(isSigned));
    expect(server.writes).toHaveLength(40);
    // Each once, although writes were refused: what is signed is written again, not signed again.
    expect(signed.toSorted()).toEqual([...server.objects.keys()].toSorted());
  });

  test("a second replica takes over when the first one stops, and only one works at a time", async () => {
    const leading = new Set<string>();
    let most = 0;
    const replica = (identity: string, signal: AbortSignal): void => {
      const onLeading = (leads: boolean): void => {
        if (leads) leading.add(identity);
        else leading.delete(identity);
        most = Math.max(most, leading.size);
      };
      startSigner({
        signal,
        hooks: { onLeading },
        leaderElection: { namespace: "pki", name: "web", identity },
      });
    };
    const first = new AbortController();
    replica("one", first.signal);
    await until(() => leading.has("one"));
    replica("two", stop.signal);
    request("a");
    server.decide("a", "Approved");
    await until(() => isSigned("a"));
    first.abort();
    await until(() => leading.has("two"));
    request("b");
    server.decide("b", "Approved");
    await until(() => isSigned("b"));
    expect(most).toBe(1);
    expect(server.leases.get("pki/web")!.spec).toMatchObject({ holderIdentity: "two", leaseTransitions: 1 });
    expect(signed).toEqual(["a", "b"]);
  });

  test("a replica that cannot renew its lease stops working", async () => {
    const changes: boolean[] = [];
    startSigner({
      hooks: { onLeading: (leads) => void changes.push(leads) },
      leaderElection: { namespace: "pki", name: "web", identity: "one" },
    });
    await until(() => changes.length === 1);
    server.faults.before = (_method, path) => (path.includes("/leases") ? 500 : undefined);
    await until(() => changes.length === 2);
    expect(changes).toEqual([true, false]);
  });
});

test("the approver writes verdicts through /approval and leaves the rest alone", async () => {
  for (const name of ["yes", "no", "other"]) request(name);
  const decisions = { yes: "approve", no: "deny", other: "none" } as const;
  const approve = async (object: { metadata: { name?: string } }) => ({
    decision: decisions[object.metadata.name as keyof typeof decisions],
    reason: "Test",
    message: "because",
  });
  running.push(runApprover(client, { approve, signal: stop.signal, timing }));
  await until(() => server.writes.length === 2);
  expect(server.objects.get("yes")!.status!.conditions![0]!.type).toBe("Approved");
  expect(server.objects.get("no")!.status!.conditions![0]!.type).toBe("Denied");
  expect(server.objects.get("other")!.status).toEqual({});
});

test("a dry run tells each verdict and writes nothing", async () => {
  for (const name of ["yes", "no", "other"]) request(name);
  const decisions = { yes: "approve", no: "deny", other: "none" } as const;
  const told: string[] = [];
  const approve = async ({ metadata }: { metadata: { name?: string } }) => ({
    decision: decisions[metadata.name as keyof typeof decisions],
    reason: "Test",
    message: "because",
  });
  const onVerdict: RunApproverOptions["onVerdict"] = ({ decision }, { metadata }) =>
    void told.push(`${metadata.name}: ${decision}`);
  running.push(runApprover(client, { approve, onVerdict, dryRun: true, signal: stop.signal, timing }));
  await until(() => told.length === 3);
  server.dropWatches();
  request("later");
  await until(() => told.length === 4);
  expect(told.slice(0, 3).toSorted()).toEqual(["no: deny", "other: none", "yes: approve"]);
  expect(server.writes).toEqual([]);
});

test("a policy finds Nodes as the API server has them, and none where there is none", async () => {
  const addresses = [{ type: "InternalIP", address: "192.0.2.1" }];
  server.nodes.set("n1", { metadata: { name: "n1" }, status: { addresses } });
  server.nodes.set("n2", { metadata: { name: "n2" } });
  const findNode = nodeFinder(client);
  expect(await findNode("n1")).toEqual({ name: "n1", addresses });
  expect(await findNode("n2")).toEqual({ name: "n2", addresses: [] });
  expect(await findNode("n3")).toBeUndefined();
  server.faults.before = () => 503;
  await expect(findNode("n1")).rejects.toMatchObject({ code: "ERR_API_STATUS", status: 503 });
});

test("what the API server refuses is an ApiError with its status", async () => {
  const error: unknown = await client.read("nobody").catch((problem: unknown) => problem);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ code: "ERR_API_STATUS", status: 404 });
});

test.for(["192.0.2.1:6443", "localhost:6443", "ftp://a.example", "https://", ""])(
  "a server is a URL of http or https, which %j is not",
  (address) => {
    expect(() => connect({ server: address })).toThrow(`the server ${JSON.stringify(address)} is no URL`);
  },
);

test("an answer that is not JSON is no answer of an API server", async () => {
  const proxy = createServer((_request, response) => response.end("<html>"));
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  const answer = connect({ server: `http://127.0.0.1:${port}` }).read("a");
  await expect(answer).rejects.toMatchObject({ code: "ERR_API_ANSWER" });
  proxy.close();
});
