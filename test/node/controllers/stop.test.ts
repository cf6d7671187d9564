/** What a signer does when it is stopped, when it starts again, when the API server is slow, and what it tells of all that. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect, runApprover, runSigner } from "kubepki/node";
import type { CertificatesClient, ControlledSigner, ControllerHooks, RunSignerOptions } from "kubepki/node";
import { ApiServer } from "../../support/api-server/server.ts";
import { fastTiming } from "../../support/fast-timing.ts";
import type { FastTiming } from "../../support/fast-timing.ts";
import { certificateOf, signerName, spec } from "./examples.ts";

let server: ApiServer;
let client: CertificatesClient;
let stop: AbortController;
const running = new Set<Promise<void>>();
/** Names of the requests for which the key was used, and what the hooks told. */
let uses: string[];
let told: string[];

beforeEach(async () => {
  server = new ApiServer();
  client = connect({ server: await server.start() });
  stop = new AbortController();
  [uses, told] = [[], []];
});
afterEach(async () => {
  stop.abort();
  await Promise.all(running);
  running.clear();
  await server.stop();
});

const hooks: ControllerHooks = {
  onDone: (outcome, { metadata }) => told.push(`${outcome} ${metadata.name}`),
  onError: (error, name, failures) =>
    told.push(`error ${(error as { status?: number }).status} ${name} ${failures}`),
  onLeading: (leads) => told.push(leads ? "leads" : "follows"),
};
type Sign = ControlledSigner["sign"];
const signAtOnce: Sign = async ({ metadata }) => {
  uses.push(metadata.name!);
  return { certificate: certificateOf(metadata.name) };
};
const leaderElection = { namespace: "pki", name: "web", identity: "one" };
/** A signer that never answers, and does not heed the signal. */
const hang: Sign = ({ metadata }) => {
  uses.push(metadata.name!);
  return new Promise(() => undefined);
};
/** Waits are shorter, but long enough for a busy machine. The clock is as it is, for what is signed is kept for a minute. */
const shortWaits = (): FastTiming => ({ ...fastTiming(10), now: () => Date.now() });
function start(sign: Sign, options: Partial<RunSignerOptions> = {}): Promise<void> {
  const signers = [{ signerName, sign }];
  const run = runSigner(client, {
    signers,
    hooks,
    timing: shortWaits(),
    signal: stop.signal,
    ...options,
  });
  running.add(run);
  return run;
}
function approved(...names: string[]): void {
  for (const name of names) {
    server.create({ metadata: { name }, spec });
    server.decide(name, "Approved");
  }
}
const isSigned = (name: string): boolean => server.objects.get(name)?.status?.certificate !== undefined;
const until = (condition: () => boolean) =>
  expect.poll(condition, { timeout: 10_000, interval: 2 }).toBe(true);

describe("a stop", () => {
  test("begins nothing, ends what is in work, writes it, and gives the lease back only then", async () => {
    approved("a", "b", "c");
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const holders: (string | undefined)[] = [];
    const run = start(
      async (object, signal) => {
        const outcome = await signAtOnce(object, signal);
        await finished;
        return outcome;
      },
      { concurrency: 2, leaderElection },
    );
    await until(() => uses.length === 2);
    stop.abort();
    await sleep(50);
    holders.push(server.leases.get("pki/web")?.spec.holderIdentity);
    finish();
    await run;
    holders.push(server.leases.get("pki/web")?.spec.holderIdentity);
    expect(uses).toEqual(["a", "b"]);
    expect(["a", "b", "c"].map(isSigned)).toEqual([true, true, false]);
    expect(told).toEqual(["leads", "signed a", "signed b", "follows"]);
    expect(holders).toEqual(["one", ""]);
  });

  test("tells the signer, which may give up", async () => {
    approved("a");
    const run = start(
      (_object, signal) =>
        new Promise((_resolve, reject) => {
          uses.push("a");
          signal.addEventListener("abort", () => reject(new Error("stopped")));
        }),
    );
    await until(() => uses.length === 1);
    stop.abort();
    await run;
    expect([told, server.writes]).toEqual([[], []]);
  });

  test("does not wait for ever for an API server that does not answer", async () => {
    approved("a");
    let asked = false;
    server.faults.before = (method) => {
      asked ||= method === "PUT";
      return method === "PUT" ? new Promise(() => undefined) : undefined;
    };
    const run = start(signAtOnce, { timing: fastTiming(100) });
    await until(() => asked);
    stop.abort();
    await run;
    expect(server.writes).toEqual([]);
  });

  test("does not wait for ever for a signer that hangs, and gives the lease back", async () => {
    approved("a");
    const timing = fastTiming(20);
    const run = start(hang, { timing, leaderElection });
    await until(() => uses.length === 1);
    stop.abort();
    await run;
    expect(timing.waits).toContain(10_000);
    expect(told).toEqual(["leads", "follows"]);
    expect(server.leases.get("pki/web")?.spec.holderIdentity).toBe("");
  });

  test("before the start starts nothing", async () => {
    approved("a");
    stop.abort();
    await start(signAtOnce);
    expect([uses, server.reads]).toEqual([[], []]);
  });

  test("of any number at any moment loses no request, and no request is signed twice", async () => {
    let made = 0;
    const slowly: Sign = async (object, signal) => {
      const outcome = await signAtOnce(object, signal);
      await sleep(made % 3);
      return outcome;
    };
    for (let round = 0; round < 30; round++) {
      approved(...Array.from({ length: 5 }, () => `r${made++}`));
      const one = new AbortController();
      const run = start(slowly, { signal: one.signal, concurrency: 3 });
      await sleep(round);
      one.abort();
      await run;
    }
    void start(slowly);
    await until(() => [...server.objects.keys()].every(isSigned));
    expect(uses.toSorted()).toEqual([...server.objects.keys()].toSorted());
    expect(server.writes).toHaveLength(made);
  });
});

describe("a slow API server", () => {
  test("gets everything signed once, no more at a time than was said", async () => {
    const names = Array.from({ length: 30 }, (_, i) => `r${i}`);
    approved(...names);
    let count = 0;
    server.faults.copies = 3;
    server.faults.before = async (method) => {
      const status = method === "PUT" ? [409, undefined, 500, undefined, undefined][count++ % 5] : undefined;
      await sleep(5 + (count % 7) * 5);
      return status;
    };
    let [now, most] = [0, 0];
    void start(
      async (object, signal) => {
        most = Math.max(most, ++now);
        await sleep(3);
        now--;
        return signAtOnce(object, signal);
      },
      { concurrency: 4 },
    );
    await until(() => names.every(isSigned));
    expect(uses.toSorted()).toEqual(names.toSorted());
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  test("that does not answer for the lease ends the leader's work before another may begin", async () => {
    const identities = ["one", "two"];
    const changes: string[] = [];
    const timing = fastTiming(20);
    for (const identity of identities)
      void start(signAtOnce, {
        timing,
        hooks: { onLeading: (leads) => changes.push(`${identity} ${leads ? "leads" : "follows"}`) },
        leaderElection: { namespace: "pki", name: "web", identity },
      });
    await until(() => changes.length === 1);
    let silent = true;
    server.faults.before = (_method, path) =>
      silent && path.includes("/leases") ? new Promise(() => undefined) : undefined;
    await until(() => changes.length === 2);
    silent = false;
    const [first] = changes;
    expect(changes).toEqual([first, first!.replace("leads", "follows")]);
  });
});

describe("a lease that another one has taken", () => {
  const takeLease = (): void => {
    const lease = server.leases.get("pki/web")!;
    const metadata = { ...lease.metadata, resourceVersion: "taken" };
    server.leases.set("pki/web", { metadata, spec: { ...lease.spec, holderIdentity: "other" } });
  };

  test.for(["sign", "write"] as const)("is given up though %s hangs", async (hanging) => {
    approved("a");
    let asked = false;
    server.faults.before = (method, path) => {
      if (method !== "PUT" || path.includes("/leases")) return undefined;
      asked = true;
      return new Promise(() => undefined);
    };
    void start(hanging === "sign" ? hang : signAtOnce, { timing: fastTiming(20), leaderElection });
    await until(() => (hanging === "sign" ? uses.length === 1 : asked));
    takeLease();
    await until(() => told.includes("follows"));
    expect(told.slice(0, 2)).toEqual(["leads", "follows"]); // it may lead again soon
  });
});

describe("hooks", () => {
  test("tell what became of each request", async () => {
    for (const name of ["good", "bad", "no"]) server.create({ metadata: { name }, spec });
    void start(async (object, signal) =>
      object.metadata.name === "bad" ? { reason: "No", message: "no" } : signAtOnce(object, signal),
    );
    running.add(
      runApprover(client, {
        approve: async ({ metadata }) => ({
          decision: metadata.name === "no" ? "deny" : "approve",
          reason: "Test",
          message: "because",
        }),
        hooks,
        signal: stop.signal,
      }),
    );
    await until(() => told.length === 5);
    expect(told.toSorted()).toEqual([
      "approved bad",
      "approved good",
      "denied no",
      "failed bad",
      "signed good",
    ]);
  });

  test("tell of each failure of a request, how many there were, and the pause doubles", async () => {
    approved("a");
    let left = 3;
    server.faults.before = (method) => (method === "PUT" && left-- > 0 ? 500 : undefined);
    const timing = shortWaits();
    void start(signAtOnce, { timing });
    await until(() => isSigned("a"));
    await until(() => told.length === 4);
    expect(told).toEqual(["error 500 a 1", "error 500 a 2", "error 500 a 3", "signed a"]);
    expect(timing.waits.filter((wait) => wait < 1000)).toEqual([150, 300, 600]);
    expect(uses).toEqual(["a"]);
  });

  test("tell of the failures of a minute, after which the answer is made anew, however often it was tried to write it", async () => {
    approved("a");
    server.faults.before = (method) => (method === "PUT" && uses.length < 2 ? 500 : undefined);
    void start(signAtOnce, { timing: fastTiming(100) });
    await until(() => isSigned("a"));
    expect(uses).toEqual(["a", "a"]);
  });

  test("tell of conflicts only when five in a row were lost", async () => {
    approved("a");
    let left = 5;
    server.faults.before = (method) => (method === "PUT" && left-- > 0 ? 409 : undefined);
    void start(signAtOnce);
    await until(() => told.length === 2);
    expect(told).toEqual(["error 409 a 1", "signed a"]);
    expect(uses).toEqual(["a"]);
  });
});
