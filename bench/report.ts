/** Writes docs/benchmarks.md from what the benchmarks kept: ratios of one run first, nanoseconds only beside them. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { peers } from "./peers.ts";
import type { Finding, Goal, KeptFinding } from "./record.ts";

const results = new URL("results/", import.meta.url);
const page = new URL("../docs/benchmarks.md", import.meta.url);

/** Is called by vitest after all benchmarks. */
export function teardown(): void {
  if (process.env["BENCH_SMOKE"] !== "1") writeFileSync(page, report());
}

function report(): string {
  const runs = readdirSync(results)
    .sort()
    .reverse()
    .map((folder) => readRun(new URL(`${folder}/`, results)));
  return `${[HEAD, versions(), ...runs.map(runText)].join("\n\n")}\n`;
}

function readRun(folder: URL): KeptFinding[] {
  const names = readdirSync(folder).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return names.map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as KeptFinding);
}

const HEAD = `# Benchmarks

Made by \`npm run bench\`; do not edit. \`BENCH_NODE=/path/to/node npm run bench\` measures another Node.

Ratios are what to look at: they hold from machine to machine, nanoseconds do not. Every contestant runs in a process of its own, on plain
JavaScript as a bundler makes it; all take turns for 15 rounds of 100 ms after 4 rounds to warm up. A ratio compares the fastest batches of
10 ms, garbage collection included; *median* is the median of the rounds' fastest batches. 64 different certificates are read in turn.`;

function versions(): string {
  const names = new Set(Object.values(peers).flatMap((peer) => peer.package ?? []));
  const list = [...names].map((name) => {
    const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url);
    return `${name} ${(JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version}`;
  });
  return `Compared: ${list.join(", ")}, and node:crypto of the Node that is named.`;
}

function runText(findings: readonly KeptFinding[]): string {
  const { node, processor, cores, platform } = findings[0]!.machine;
  return [
    `## Node ${node.slice(1)}`,
    `${processor}, ${cores} cores, ${platform}.`,
    ...findings.map(findingText),
  ].join("\n\n");
}

function findingText({ title, notes, goals, rows }: Finding): string {
  const goalTable = goals.map(
    (goal) =>
      `| ${goal.what} | ${number(goal.measured)} | ${goalText(goal)} | ${reached(goal) ? "yes" : "**no**"} |`,
  );
  const rowTable = rows.map(
    ({ what, ratio, fastest, median }) =>
      `| ${what} | ${number(ratio)} | ${number(fastest)} | ${number(median)} |`,
  );
  return [
    `### ${title}`,
    ...notes,
    ["| ratio | measured | goal | reached |", "| --- | ---: | ---: | --- |", ...goalTable].join("\n"),
    ...(rows.length > 0
      ? [["| | ratio | fastest, ns | median, ns |", "| --- | ---: | ---: | ---: |", ...rowTable].join("\n")]
      : []),
  ].join("\n\n");
}

function goalText({ atMost, atLeast }: Goal): string {
  return atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
}

function reached({ measured, atMost = Infinity, atLeast = 0 }: Goal): boolean {
  return measured <= atMost && measured >= atLeast;
}

/** Three digits are more than such measurements are good for. */
function number(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}
