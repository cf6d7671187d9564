/** How a controller follows the requests of an API server: what it asks for after each way in which a list or a watch can end. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect, runApprover, type CertificatesClient } from "kubepki/node";
import { ApiServer } from "../../support/api-server/server.ts";
import { fastTiming, type FastTiming } from "../../support/fast-timing.ts";
import { spec } from "./examples.ts";

let server: ApiServer;
let client: CertificatesClient;
let stop: AbortController;
let timing: FastTiming;
let running: Promise<void>;
/** Names of the requests that the controller has looked at, in their order. */
let seen: string[];
let errors: unknown[];

beforeEach(async () => {
  server = new ApiServer();
  client = connect({ server: await server.start() });
  stop = new AbortController();
  timing = fastTiming(50);
  [seen, errors] = [[], []];
});
afterEach(async () => {
  stop.abort();
  await running;
  await server.stop();
});

const create = (...names: string[]) => names.forEach((name) => server.create({ metadata: { name }, spec }));
const until = (condition: () => boolean) =>
  expect.poll(condition, { timeout: 10_000, interval: 2 }).toBe(true);
const watching = () => until(() => server.watches === 1);
const lists = (): string[] => server.reads.filter((read) => read.startsWith("list"));

/** An approver that leaves every request alone, so that the versions of the API server are those that a test makes. */
function follow(): void {
  running = runApprover(client, {
    approve: async ({ metadata }) => {
      seen.push(metadata.name!);
      return { decision: "none", reason: "", message: "" };
    },
    hooks: { onError: (error) => errors.push(error) },
    signal: stop.signal,
    timing,
  });
}

test("lists once, and watches from the version of the list", async () => {
  create("a", "b");
  follow();
  await watching();
  create("c");
  await until(() => seen.length === 3);
  expect(seen.toSorted()).toEqual(["a", "b", "c"]);
  expect(server.reads).toEqual(["list", "watch 2"]);
});

test.for<[string, () => void, number]>([
  ["is cut", () => server.dropWatches(), 1],
  ["the server ends in its time", () => server.endWatches(), 0],
])("a watch that %s is resumed from the last object, without another list", async ([, end, told]) => {
  create("a");
  follow();
  await watching();
  create("b");
  await until(() => seen.length === 2);
  end();
  create("c");
  await until(() => seen.length === 3);
  expect(server.reads).toEqual(["list", "watch 1", "watch 2"]);
  expect(seen).toEqual(["a", "b", "c"]);
  expect(errors).toHaveLength(told);
});

test("after a bookmark, what the server has forgotten of before is not missed", async () => {
  create("a");
  follow();
  await watching();
  server.bookmark();
  server.bookmark();
  server.compact(); // to version 4
  server.bookmark();
  server.endWatches();
  await until(() => server.reads.length === 3);
  expect(server.reads).toEqual(["list", "watch 1", "watch 5"]);
});

test("a version that the server has forgotten is not asked for again: everything is listed, and nothing is missed", async () => {
  create("a");
  follow();
  await watching();
  server.faults.beforeWatch = () => {
    delete server.faults.beforeWatch;
    create("b");
    server.compact();
    return undefined;
  };
  server.dropWatches();
  await until(() => seen.includes("b"));
  expect(server.reads).toEqual(["list", "watch 1", "watch 1", "list", "watch 3"]);
  expect(errors.at(-1)).toMatchObject({ code: "ERR_API_STATUS", status: 410 });
});

test("410 as the answer's own status means the same", async () => {
  server.faults.beforeWatch = () => (lists().length === 1 ? 410 : undefined);
  follow();
  await watching();
  expect(lists()).toHaveLength(2);
});

test.for([429, 500, 503])(
  "after status %i the watch is asked for again from where it was",
  async (status) => {
    create("a");
    let times = 0;
    server.faults.beforeWatch = () => (times++ < 3 ? status : undefined);
    follow();
    await watching();
    expect(server.reads).toEqual(["list", ...Array.from({ length: 4 }, () => "watch 1")]);
    expect(errors).toHaveLength(3);
    expect(errors[0]).toMatchObject({ status });
  },
);

test("an error in the middle of a watch ends it, and the next one begins where it was", async () => {
  create("a");
  follow();
  await watching();
  server.say(
    `${JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 500, message: "etcd" } })}\n`,
  );
  await until(() => server.reads.length === 3);
  expect(server.reads).toEqual(["list", "watch 1", "watch 1"]);
  expect(errors[0]).toMatchObject({
    code: "ERR_API_STATUS",
    status: 500,
    message: expect.stringContaining("etcd"),
  });
});

test("a line that is not JSON ends a watch, and the next one begins where it was", async () => {
  create("a");
  follow();
  await watching();
  server.say("<html>\n");
  await until(() => server.reads.length === 3);
  expect(server.reads).toEqual(["list", "watch 1", "watch 1"]);
  expect(errors[0]).toMatchObject({ code: "ERR_API_ANSWER" });
});

test("an event that is cut in its middle is not taken, and comes again", async () => {
  follow();
  await watching();
  server.say('{"type":"ADDED","object":{"metadata":{"name":"ha');
  server.dropWatches();
  create("half");
  await until(() => seen.length === 1);
  expect(seen).toEqual(["half"]);
});

test("a server that ends every watch at once is not asked without a pause, which grows", async () => {
  timing = fastTiming(5000);
  server.faults.beforeWatch = () => {
    setTimeout(() => server.endWatches(), 1);
    return undefined;
  };
  follow();
  await until(() => server.reads.length > 8);
  const pauses = timing.waits.filter((wait) => wait <= 30_000);
  expect(pauses.slice(0, 7)).toEqual([600, 1200, 2400, 4800, 9600, 19_200, 22_500]);
});

test("a watch in which a server has gone silent is given up, and the next one begins where it was", async () => {
  timing = fastTiming(10_000);
  create("a");
  let speak = (): void => undefined;
  const silence = new Promise<undefined>((resolve) => (speak = () => resolve(undefined)));
  let times = 0;
  server.faults.beforeWatch = () => (times++ === 0 ? silence : undefined);
  follow();
  await until(() => server.reads.length >= 3);
  expect(server.reads.slice(0, 3)).toEqual(["list", "watch 1", "watch 1"]);
  create("b");
  await until(() => seen.includes("b"));
  expect(timing.waits).toContain(330_000);
  speak();
});

test("a server is asked for bookmarks, and to end a watch after five minutes", async () => {
  const urls: URL[] = [];
  server.faults.beforeWatch = (_version, url) => {
    urls.push(url);
    return undefined;
  };
  follow();
  await watching();
  expect(Object.fromEntries(urls[0]!.searchParams)).toEqual({
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: "0",
    timeoutSeconds: "300",
  });
});

test("a long list comes in pages, and what is made between two of them is not missed", async () => {
  const names = Array.from({ length: 1001 }, (_, i) => `r${String(i).padStart(4, "0")}`);
  create(...names);
  server.faults.before = (_method, path) => {
    if (path.endsWith("requests") && lists().length === 1 && !server.objects.has("a")) create("a"); // before the token
    return undefined;
  };
  follow();
  await until(() => seen.length === 1002);
  expect(server.reads.slice(0, 4)).toEqual(["list", "list r0499", "list r0999", "watch 1001"]);
  expect(new Set(seen).size).toBe(1002);
});

test("a list whose next page is too old is begun again", async () => {
  create(...Array.from({ length: 600 }, (_, i) => `r${i}`));
  server.faults.before = (_method, path) => {
    if (path.endsWith("requests") && lists().length === 1) server.compact();
    return undefined;
  };
  follow();
  await watching();
  expect(lists()).toEqual([
    "list",
    expect.stringMatching(/^list r/),
    "list",
    expect.stringMatching(/^list r/),
  ]);
  expect(errors).toEqual([expect.objectContaining({ status: 410 })]);
  await until(() => new Set(seen).size === 600);
});
