/** What a benchmark found out, and how it is kept until the report is written. */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import process from "node:process";
import { expect } from "vitest";
import { nodeVersion, smoke } from "./race.ts";
import type { Time } from "./race.ts";

/** What one benchmark found out. */
export interface Finding {
  /** Where it stands in the report; also its file name. */
  readonly place: `${number}-${string}`;
  /** The question that was asked. */
  readonly title: string;
  /** What one needs to know to read the numbers. */
  readonly notes: readonly string[];
  readonly goals: readonly Goal[];
  readonly rows: readonly Row[];
}

/** A ratio of two things measured in one run, and what it should be. */
export interface Goal {
  readonly what: string;
  readonly measured: number;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** One measured thing. */
export interface Row extends Time {
  readonly what: string;
  /** Its fastest batch in units of that of the first row. */
  readonly ratio: number;
}

/** A finding with the machine that it was made on, as it is kept in a file. */
export interface KeptFinding extends Finding {
  readonly machine: {
    readonly node: string;
    readonly processor: string;
    readonly cores: number;
    readonly platform: string;
  };
}

/** How far off a goal may be before a run fails: machines differ, other programs run on them, and a smoke test hardly warms up. */
const SLACK = smoke ? 4 : 2;

const results = new URL("results/", import.meta.url);

/** Rows for these tasks, each compared with the first. */
export function compare(tasks: readonly string[], time: (task: string) => Time): Row[] {
  const unit = time(tasks[0]!).fastest;
  return tasks.map((what) => ({ what, ...time(what), ratio: time(what).fastest / unit }));
}

/** Keeps a finding, unless the run is only a smoke test, and fails if a goal is missed by far. */
export function record(finding: Finding): void {
  for (const { what, measured, atMost, atLeast } of finding.goals) {
    if (atMost !== undefined) expect.soft(measured, what).toBeLessThan(atMost * SLACK);
    if (atLeast !== undefined) expect.soft(measured, what).toBeGreaterThan(atLeast / SLACK);
  }
  if (smoke) return;
  const folder = new URL(`node-${Number.parseInt(nodeVersion().slice(1), 10)}/`, results);
  mkdirSync(folder, { recursive: true });
  const machine: KeptFinding["machine"] = {
    node: nodeVersion(),
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    platform: `${process.platform} ${process.arch}`,
  };
  writeFileSync(
    new URL(`${finding.place}.json`, folder),
    `${JSON.stringify({ machine, ...finding }, null, 2)}\n`,
  );
}
