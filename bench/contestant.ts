/**
 * The program of a process that is measured. Its argument is a JSON file: the names of its tasks, and the certificates.
 * On each message, it runs the named task for so many milliseconds and answers with the nanoseconds of one call.
 */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { prepare } from "./tasks.ts";
import type { Run } from "./tasks.ts";

const { tasks, certificates } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as {
  tasks: string[];
  certificates: string[];
};
const inputs = certificates.map((text) => Uint8Array.from(Buffer.from(text, "base64")));
const runs = new Map<string, Run>();
for (const task of tasks) runs.set(task, await prepare(task, inputs));

/** Where answers go, so that no compiler leaves out the work. */
let sink: unknown;
let index = 0;

function batch(run: Run, calls: number): number {
  const begin = performance.now();
  for (let i = 0; i < calls; i++) sink = run(index++);
  return performance.now() - begin;
}

/** As {@link batch}, for what answers with a promise; each call waits for the one before. */
async function batchOfPromises(run: Run, calls: number): Promise<number> {
  const begin = performance.now();
  for (let i = 0; i < calls; i++) sink = await run(index++);
  return performance.now() - begin;
}

/** Milliseconds of a batch: long enough for the clock and for the garbage to count, short enough that some stay undisturbed. */
const BATCH = 10;
const sizes = new Map<string, number>();

/** The fastest batch of a round, in nanoseconds a call. */
async function time(task: string, milliseconds: number): Promise<number> {
  const run = runs.get(task)!;
  sink = run(index++);
  const measure = sink instanceof Promise ? batchOfPromises : batch;
  await sink;
  const end = performance.now() + milliseconds;
  let calls = sizes.get(task) ?? 1;
  let best = Infinity;
  do {
    const elapsed = await measure(run, calls);
    if (elapsed >= BATCH / 2 || calls === 1) best = Math.min(best, elapsed / calls);
    calls = Math.max(1, Math.round(calls * Math.min(10, BATCH / Math.max(elapsed, 0.01))));
  } while (performance.now() < end || best === Infinity);
  sizes.set(task, calls);
  return best * 1e6;
}

/** Bytes that an answer keeps alive, in and out of the heap; the mean of `count` answers. */
function weigh(task: string, count: number): number {
  const run = runs.get(task)!;
  const kept: unknown[] = Array.from({ length: count });
  const before = heldBytes();
  for (let i = 0; i < count; i++) kept[i] = run(i);
  const after = heldBytes();
  sink = kept;
  return (after - before) / count;
}

function heldBytes(): number {
  for (let i = 0; i < 4; i++) globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What a contestant is asked: to run a task for so long, or to keep so many answers of it. */
export type Question = { task: string; milliseconds: number } | { task: string; keep: number };

process.on("message", (question: Question) => {
  void Promise.resolve(
    "keep" in question ? weigh(question.task, question.keep) : time(question.task, question.milliseconds),
  ).then((answer) => process.send!(answer));
});
process.on("disconnect", () => process.exit(sink === inputs ? 1 : 0));
process.send!({ node: process.version });
