/** Signers that are killed in the middle of their work, as machines and kernels do it. */
import { fork, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { spec } from "./examples.ts";
import { ApiServer } from "../../support/api-server/server.ts";

const KILLS = 12;
const CONCURRENCY = 4;

// Beside node_modules, so that the bundle finds the packages that it imports.
const folder = mkdtempSync(
  fileURLToPath(new URL("../../../node_modules/.cache/kubepki-crash-", import.meta.url)),
);
const program = join(folder, "replica.mjs");
const server = new ApiServer();
let url: string;
let leader: ChildProcess | undefined;
const replicas = new Set<ChildProcess>();
/** Every use of the CA's key, by the name of the request. */
const uses = new Map<string, number>();
let events = 0;
let most = 0;
let started = 0;
const leading = new Set<ChildProcess>();

beforeAll(async () => {
  const entryPoint = fileURLToPath(new URL("replica.ts", import.meta.url));
  await build({
    entryPoints: [entryPoint],
    outfile: program,
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "error",
  });
  url = await server.start();
});
afterAll(async () => {
  for (const replica of replicas) replica.kill("SIGKILL");
  await server.stop();
  rmSync(folder, { recursive: true });
});

function startReplica(): void {
  const replica = fork(program, [url, `replica-${started++}`], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  replicas.add(replica);
  replica.on("exit", () => {
    replicas.delete(replica);
    leading.delete(replica);
  });
  replica.on("message", (event: string) => {
    events++;
    const [what, name = ""] = event.split(" ");
    if (what === "signing") uses.set(name, (uses.get(name) ?? 0) + 1);
    if (what === "leads") leading.add((leader = replica));
    if (what === "follows") leading.delete(replica);
    most = Math.max(most, leading.size);
  });
}

/** The leader has said so many more things: it is in the middle of something. */
async function killAfter(count: number): Promise<void> {
  const from = events;
  await expect.poll(() => events - from >= count, { timeout: 20_000, interval: 1 }).toBe(true);
  const victim = leader!;
  const gone = new Promise((resolve) => victim.once("exit", resolve));
  victim.kill("SIGKILL");
  await gone;
}

test(
  "a leader that is killed at any moment loses no request, and none gets two certificates",
  { timeout: 120_000 },
  async () => {
    let made = 0;
    const more = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const name = `r${made++}`;
        server.create({ metadata: { name }, spec });
        server.decide(name, "Approved");
      }
    };
    startReplica();
    startReplica();
    for (let kill = 0; kill < KILLS; kill++) {
      more(12);
      await killAfter(2 + kill * 2);
      startReplica();
      await sleep(20);
    }
    const isSigned = (name: string): boolean => server.objects.get(name)?.status?.certificate !== undefined;
    await expect
      .poll(() => [...server.objects.keys()].every(isSigned), { timeout: 30_000, interval: 20 })
      .toBe(true);

    // One certificate was written for each request, once.
    expect(server.objects.size).toBe(made);
    expect(server.writes.toSorted()).toEqual(
      [...server.objects.keys()].map((name) => `PUT ${name}/status`).toSorted(),
    );
    // The key was used again only for what a killed replica had in its hands.
    const total = [...uses.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBeLessThanOrEqual(made + KILLS * CONCURRENCY);
    expect([...uses.keys()].toSorted()).toEqual([...server.objects.keys()].toSorted());
    expect(most).toBe(1);
    expect(server.leases.get("pki/web")!.spec.leaseTransitions).toBe(KILLS);
    console.info(`${KILLS} kills, ${made} certificates, ${total} uses of the key`);
  },
);
