/** Who of several replicas works: by the Lease, and by nobody's clock but one's own. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect, runSigner } from "kubepki/node";
import type { CertificatesClient, Lease, LeaderElectionOptions, Timing } from "kubepki/node";
import { ApiServer } from "../../support/api-server/server.ts";
import { fastTiming } from "../../support/fast-timing.ts";

const SPEED = 50;
const HOUR = 3_600_000;
const key = "pki/web";

let server: ApiServer;
let client: CertificatesClient;
let stop: AbortController;
const running: Promise<void>[] = [];
/** What each replica told, and the replicas that lead now. */
let changes: string[];
let leading: Set<string>;
let most: number;

beforeEach(async () => {
  server = new ApiServer();
  client = connect({ server: await server.start() });
  stop = new AbortController();
  [changes, leading, most] = [[], new Set(), 0];
});
afterEach(async () => {
  stop.abort();
  await Promise.all(running.splice(0));
  await server.stop();
});

/** A replica whose clock is so many milliseconds fast. */
function start(identity: string, ahead = 0, times: Partial<LeaderElectionOptions> = {}): void {
  const onLeading = (leads: boolean): void => {
    changes.push(`${identity} ${leads ? "leads" : "follows"}`);
    if (leads) leading.add(identity);
    else leading.delete(identity);
    most = Math.max(most, leading.size);
  };
  running.push(
    runSigner(client, {
      signers: [],
      hooks: { onLeading },
      timing: fastTiming(SPEED, 0.5, Date.now() + ahead),
      leaderElection: { namespace: "pki", name: "web", identity, ...times },
      signal: stop.signal,
    }),
  );
}
let version = 0;
function hold(holderIdentity: string, renewed = new Date()): void {
  const time = renewed.toISOString();
  const lease: Lease = {
    metadata: { name: "web", namespace: "pki", resourceVersion: `test-${version++}` },
    spec: {
      holderIdentity,
      leaseDurationSeconds: 15,
      acquireTime: time,
      renewTime: time,
      leaseTransitions: 4,
    },
  };
  server.leases.set(key, lease);
}
const until = (condition: () => boolean) =>
  expect.poll(condition, { timeout: 10_000, interval: 1 }).toBe(true);

test.for([
  ["of an hour ago", -HOUR],
  ["of an hour from now", HOUR],
] as const)(
  "a lease that nobody renews is taken after its duration as we saw it, though its time is %s",
  async ([, offset]) => {
    hold("gone", new Date(Date.now() + offset));
    const begin = performance.now();
    start("one");
    await until(() => changes.length === 1);
    expect((performance.now() - begin) * SPEED).toBeGreaterThanOrEqual(15_000);
    expect(server.leases.get(key)!.spec).toMatchObject({ holderIdentity: "one", leaseTransitions: 5 });
  },
);

test("a lease that its holder renews is left to it", async () => {
  hold("other");
  start("one");
  const renewing = setInterval(() => hold("other"), 5000 / SPEED);
  await new Promise((resolve) => setTimeout(resolve, 60_000 / SPEED));
  clearInterval(renewing);
  expect(changes).toEqual([]);
  await until(() => changes.length === 1);
});

test("a lease that was given back is taken at once", async () => {
  hold("");
  const begin = performance.now();
  start("one");
  await until(() => changes.length === 1);
  expect((performance.now() - begin) * SPEED).toBeLessThan(15_000);
});

test("a leader whose lease another one has taken stops its work, and does not give back what is not its own", async () => {
  start("one");
  await until(() => changes.length === 1);
  hold("other");
  await until(() => changes.length === 2);
  expect(changes).toEqual(["one leads", "one follows"]);
  expect(server.leases.get(key)!.spec.holderIdentity).toBe("other");
});

test("a leader goes on with its lease through single failures", async () => {
  start("one");
  await until(() => changes.length === 1);
  let count = 0;
  server.faults.before = (_method, path) =>
    path.includes("/leases") && count++ % 3 === 0 ? [409, 500, 429][Math.floor(count / 3) % 3] : undefined;
  await until(() => count > 24);
  expect(changes).toEqual(["one leads"]);
});

test("of replicas that begin at the same time, and whose clocks are hours apart, never more than one leads", async () => {
  ["one", "two", "three"].forEach((identity, index) => start(identity, (index - 1) * HOUR));
  for (let round = 0; round < 5; round++) {
    await until(() => leading.size === 1);
    const [leader] = leading;
    // The API server does not answer until the leader has given up.
    server.faults.before = (_method, path) => (path.includes("/leases") ? 503 : undefined);
    await until(() => !leading.has(leader!));
    delete server.faults.before;
  }
  expect(most).toBe(1);
});

test("an attempt to take the lease that is not answered is given up after the deadline, and another is made", async () => {
  let asked = 0;
  server.faults.before = (_method, path) =>
    path.includes("/leases") && asked++ === 0 ? new Promise(() => undefined) : undefined;
  start("one");
  await until(() => changes.length === 1);
  expect(asked).toBeGreaterThan(1);
});

/** A clock that a test sets: a sleep lasts until the clock has come so far. */
function setClock(): Timing & { advance(milliseconds: number): void; waits: number[] } {
  let now = Date.UTC(2026, 0);
  const sleepers = new Set<{ until: number; wake: () => void }>();
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    random: () => 0.5,
    sleep: (milliseconds, signal) =>
      new Promise((wake) => {
        waits.push(milliseconds);
        sleepers.add({ until: now + milliseconds, wake });
        if (signal.aborted) wake();
        signal.addEventListener("abort", () => wake(), { once: true });
      }),
    advance(milliseconds) {
      now += milliseconds;
      for (const { until: end, wake } of sleepers) if (end <= now) wake();
    },
  };
}

/** A replica by a clock that is set, whose lease is written as late as the test says. */
function startSlowly(
  beforeWrite: (timing: ReturnType<typeof setClock>) => void,
): ReturnType<typeof setClock> {
  const timing = setClock();
  const createLease: CertificatesClient["createLease"] = async (lease) => {
    beforeWrite(timing);
    server.leases.set(key, { ...lease, metadata: { ...lease.metadata, resourceVersion: "late" } });
    return server.leases.get(key)!;
  };
  const hooks = { onLeading: (leads: boolean) => void changes.push(`one ${leads ? "leads" : "follows"}`) };
  const leaderElection = { namespace: "pki", name: "web", identity: "one" };
  const { signal } = stop;
  running.push(runSigner({ ...client, createLease }, { signers: [], hooks, timing, leaderElection, signal }));
  return timing;
}

test("a replica that took the lease, but only after the deadline, does not lead by it", async () => {
  const timing = startSlowly(({ advance }) => advance(11_000));
  await until(() => timing.waits.includes(3200)); // the pause before the next attempt
  expect([...server.leases.keys()]).toEqual([key]);
  expect(changes).toEqual([]);
  timing.advance(3200);
  await until(() => changes.length === 1);
});

test("the deadline of the first renewal counts from before the lease was taken, however slow that was", async () => {
  const timing = startSlowly(({ advance }) => advance(7000));
  await until(() => timing.waits.includes(2000)); // leads, and waits to renew
  server.faults.before = (_method, path) =>
    path.includes("/leases") ? new Promise(() => undefined) : undefined;
  timing.advance(2000);
  await until(() => timing.waits.includes(1000)); // what is left of ten seconds
  timing.advance(1000);
  await until(() => changes.length === 2);
});

test("a lease of another namespace is another lease", async () => {
  start("one");
  start("two", 0, { namespace: "other" });
  await until(() => leading.size === 2);
  expect([...server.leases.keys()].toSorted()).toEqual(["other/web", "pki/web"]);
});

test.for<Partial<LeaderElectionOptions>>([
  { leaseDuration: 10, renewDeadline: 10 },
  { renewDeadline: 2.4, retryPeriod: 2 },
  { retryPeriod: 0 },
  { leaseDuration: Number.NaN },
])("times that do not fit are refused: %o", async (times) => {
  const leaderElection = { namespace: "pki", name: "web", identity: "one", ...times };
  await expect(runSigner(client, { signers: [], leaderElection, signal: stop.signal })).rejects.toThrow(
    TypeError,
  );
});
