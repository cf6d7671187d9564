/**
 * Measures tasks against each other: each contestant is a process of its own, so that none shares inline caches with another, and all
 * take turns for several rounds, so that a busy machine disturbs all alike. Ratios are taken between the fastest batches of one race.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Bench } from "vitest";
import type { Question } from "./contestant.ts";
import { clientCertificates } from "./inputs.ts";

/** `BENCH_SMOKE=1`: only as much as shows that everything runs. `BENCH_NODE`: the Node that contestants run on. */
export const smoke: boolean = process.env["BENCH_SMOKE"] === "1";
const node = process.env["BENCH_NODE"] ?? process.execPath;
const plan = smoke
  ? { warmUp: 1, rounds: 3, milliseconds: 30 }
  : { warmUp: 4, rounds: 15, milliseconds: 100 };

/** Below node_modules, so that the bundle finds the packages that it imports. */
const folder = fileURLToPath(new URL("../node_modules/.cache/kubepki-bench/", import.meta.url));
let serial = 0;
let version = process.version;

/** The version of the Node that contestants run on; known after a race. */
export function nodeVersion(): string {
  return version;
}

/** What is known of a task after a race, in nanoseconds a call. */
export interface Time {
  /** The fastest batch of all rounds. */
  readonly fastest: number;
  /** The median of the rounds' fastest batches. */
  readonly median: number;
}

/** One process: names of tasks (see tasks.ts) that may share it. */
export type Contestant = readonly string[];

/** What all contestants of all races read. */
export const certificates: readonly Uint8Array[] = clientCertificates();

/** Runs the tasks by turns; the times are also handed to vitest, which prints them. */
export async function race(
  bench: Bench,
  contestants: readonly Contestant[],
): Promise<(task: string) => Time> {
  const processes: ChildProcess[] = [];
  for (const tasks of contestants) processes.push(await start(tasks));
  const samples = new Map<string, number[]>(contestants.flat().map((task) => [task, []]));
  for (let round = -plan.warmUp; round < plan.rounds; round++) {
    for (const [index, tasks] of contestants.entries()) {
      for (const task of tasks) {
        const time = await ask(processes[index]!, { task, milliseconds: plan.milliseconds });
        if (round >= 0) samples.get(task)!.push(time);
      }
    }
  }
  for (const child of processes) child.disconnect();
  await show(bench, samples);
  return (task) => {
    const sorted = [...samples.get(task)!].sort((a, b) => a - b);
    return { fastest: sorted[0]!, median: sorted[sorted.length >> 1]! };
  };
}

/** Bytes that one answer of the task keeps alive, the mean of `count`. */
export async function weigh(task: string, count: number): Promise<number> {
  const child = await start([task]);
  // The first answers also make what stays for good, such as compiled code.
  await ask(child, { task, keep: 1000 });
  const bytes = await ask(child, { task, keep: count });
  child.disconnect();
  return bytes;
}

async function start(tasks: Contestant): Promise<ChildProcess> {
  mkdirSync(folder, { recursive: true });
  const order = `${folder}${process.pid}-${serial++}.json`;
  const texts = certificates.map((der) => Buffer.from(der).toString("base64"));
  writeFileSync(order, JSON.stringify({ tasks, certificates: texts }));
  const child = fork(await program(), [order], { execPath: node, execArgv: ["--expose-gc"] });
  ({ node: version } = (await answer(child)) as { node: string });
  return child;
}

async function ask(child: ChildProcess, question: Question): Promise<number> {
  child.send(question);
  return (await answer(child)) as number;
}

async function answer(child: ChildProcess): Promise<unknown> {
  const stop = new AbortController();
  const dead = once(child, "exit", { signal: stop.signal }).then(([code]) => {
    throw new Error(`a contestant ended with code ${String(code)}`);
  });
  try {
    const [message] = await Promise.race([once(child, "message", { signal: stop.signal }), dead]);
    return message;
  } finally {
    dead.catch(() => undefined);
    stop.abort();
  }
}

let bundle: Promise<string> | undefined;

/** The contestant's program in one file: plain JavaScript as users run it, not the test runner's modules. */
function program(): Promise<string> {
  return (bundle ??= (async () => {
    const outfile = `${folder}${process.pid}.mjs`;
    await build({
      entryPoints: [fileURLToPath(new URL("contestant.ts", import.meta.url))],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "es2022",
      packages: "external",
    });
    return outfile;
  })());
}

/** Gives vitest one iteration a round, whose duration is what the contestant measured. */
async function show(bench: Bench, samples: ReadonlyMap<string, readonly number[]>): Promise<void> {
  const [first, ...rest] = [...samples].map(([task, times]) => {
    let at = 0;
    return bench(task, () => ({ overriddenDuration: times[at++ % times.length]! / 1e6 }));
  });
  const options = { iterations: plan.rounds, time: 0, warmup: false };
  if (rest.length > 0) await bench.compare(first!, ...rest, options);
  else await first!.run(options);
}
