import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  connect,
  runCleaner,
  type CertificatesClient,
  type RunCleanerOptions,
  type Timing,
} from "kubepki/node";
import { spec } from "./examples.ts";
import { ApiServer } from "../../support/api-server/server.ts";

const HOUR = 3_600_000;

let server: ApiServer;
let client: CertificatesClient;
let stop: AbortController;
let deleted: (string | undefined)[];
let errors: { name: string | undefined; status: unknown }[];
let slept: number[];
let now: number;
let running: Promise<void> | undefined;

/** Time stands still but for the pauses, which are short and add to it. */
const timing: Timing = {
  now: () => now,
  sleep: async (milliseconds, signal) => {
    slept.push(milliseconds);
    await sleep(5, undefined, { signal }).catch(() => undefined);
    now += milliseconds;
  },
  random: () => 0,
};

beforeEach(async () => {
  server = new ApiServer();
  client = connect({ server: await server.start() });
  stop = new AbortController();
  [deleted, errors, slept, now] = [[], [], [], Date.now()];
});
afterEach(async () => {
  stop.abort();
  await running;
  running = undefined;
  await server.stop();
});

const create = (name: string) => server.create({ metadata: { name }, spec });
const clean = (options: Partial<RunCleanerOptions> = {}): void => {
  running = runCleaner(client, {
    signal: stop.signal,
    timing,
    hooks: {
      onDone: (outcome, { metadata }) => deleted.push(`${outcome} ${metadata.name}`),
      onError: (error, name) => errors.push({ name, status: (error as { status?: number }).status }),
    },
    ...options,
  });
};
const until = (condition: () => boolean) =>
  expect.poll(condition, { timeout: 10_000, interval: 5 }).toBe(true);

describe("the cleaner", () => {
  test("deletes a request that nobody answered, a day after it was made and not before", async () => {
    create("old");
    clean();
    await until(() => deleted.length === 1);
    expect(deleted).toEqual(["deleted old"]);
    expect(slept.length).toBeGreaterThanOrEqual(24);
    expect(slept.every((pause) => pause === HOUR)).toBe(true);
    expect(server.objects.size).toBe(0);
  });

  test("judges by the rule it is given, every page of the list", async () => {
    for (let index = 0; index < 1001; index++) create(`r${index}`);
    create("kept");
    clean({ isOutdated: ({ metadata }) => metadata.name !== "kept" });
    await until(() => deleted.length === 1001);
    expect([...server.objects.keys()]).toEqual(["kept"]);
    expect(errors).toEqual([]);
  });

  test("leaves what was changed since it was judged, and what is deleted already, without an error", async () => {
    for (const name of ["gone", "changed"]) create(name);
    let rounds = 0;
    const isOutdated: RunCleanerOptions["isOutdated"] = ({ metadata }) => {
      if (metadata.name === "changed" && rounds++ > 0) return false;
      if (metadata.name === "changed") server.decide("changed", "Approved");
      else server.objects.delete("gone");
      return true;
    };
    clean({ isOutdated });
    await until(() => rounds > 1);
    expect(deleted).toEqual([]);
    expect(errors).toEqual([]);
    expect([...server.objects.keys()]).toEqual(["changed"]);
  });

  test("leaves another object of the same name that took the old one's place", async () => {
    create("a");
    let seen = 0;
    const isOutdated = (): boolean => {
      if (seen++ > 0) return false;
      server.objects.delete("a");
      create("a");
      return true;
    };
    clean({ isOutdated });
    await until(() => seen > 1);
    expect(deleted).toEqual([]);
    expect([...server.objects.keys()]).toEqual(["a"]);
  });

  test("begins a round again after a growing pause, and tells of each failure", async () => {
    create("a");
    let lists = 0;
    server.faults.before = (method) =>
      method === "GET" && ++lists <= 3 ? [429, 500, 410][lists - 1] : undefined;
    clean({ isOutdated: () => true });
    await until(() => deleted.length === 1);
    expect(errors).toEqual([429, 500, 410].map((status) => ({ name: undefined, status })));
    expect(slept.slice(0, 3)).toEqual([400, 800, 1600]);
  });

  test("does not let one deletion that fails keep the others from theirs", async () => {
    for (const name of ["a", "b"]) create(name);
    let failed = false;
    server.faults.before = (method, path) => {
      if (method !== "DELETE" || !path.endsWith("/a") || failed) return undefined;
      failed = true;
      return 500;
    };
    clean({ isOutdated: () => true });
    await until(() => deleted.length === 2);
    expect(deleted).toEqual(["deleted b", "deleted a"]);
    expect(errors).toEqual([{ name: "a", status: 500 }]);
  });

  test("works only while it holds the lease, and gives it back", async () => {
    create("a");
    clean({
      isOutdated: () => true,
      leaderElection: { namespace: "pki", name: "cleaner", identity: "one" },
    });
    await until(() => deleted.length === 1);
    expect(server.leases.get("pki/cleaner")!.spec.holderIdentity).toBe("one");
    stop.abort();
    await running;
    expect(server.leases.get("pki/cleaner")!.spec.holderIdentity).toBe("");
  });

  test.each([0, -1, Number.NaN, Infinity])("refuses %s seconds between rounds", async (interval) => {
    await expect(runCleaner(client, { signal: stop.signal, interval })).rejects.toThrow(TypeError);
  });
});
