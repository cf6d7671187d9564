/** Talks to the referee: one long-lived process, any number of questions under way. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import type { Unavailable } from "./debian.ts";
import type { Operations, Refused } from "./protocol.ts";
import { buildReferee } from "./setup.ts";

type Waiting = { resolve(line: string): void; reject(problem: Error): void };

export type Question<Op extends keyof Operations> = Operations[Op][0];
export type Answer<Op extends keyof Operations> = Operations[Op][1] | Refused;

export class Referee {
  /** Debian package name to version: what the answers are the answers of. */
  readonly versions: Readonly<Record<string, string>>;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];

  constructor(path: string, versions: Readonly<Record<string, string>>) {
    this.versions = versions;
    this.#process = spawn(path, { stdio: "pipe" });
    const lines = createInterface({ input: this.#process.stdout });
    lines.on("line", (line) => this.#waiting.shift()?.resolve(line));
    this.#process.stderr.pipe(process.stderr);
    // A write to a process that has gone is reported by its exit below.
    this.#process.stdin.on("error", () => undefined);
    this.#process.on("error", (problem) => this.#fail(problem));
    this.#process.on("exit", (code) => this.#fail(new Error(`the referee ended with ${code}`)));
  }

  #fail(problem: Error): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(problem);
  }

  /**
   * Asks one question. A refusal by the code under question is an answer (`{ error }`); a question
   * that the referee does not understand, or a Go panic, rejects.
   */
  async ask<Op extends keyof Operations>(op: Op, question: Question<Op>): Promise<Answer<Op>> {
    const line = await new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#process.stdin.write(`${JSON.stringify({ op, ...question })}\n`);
    });
    const answer = JSON.parse(line) as Answer<Op> & { misuse?: string; panic?: string };
    if (answer.misuse !== undefined) throw new Error(`referee, ${op}: ${answer.misuse}`);
    if (answer.panic !== undefined) throw new Error(`Go panicked on ${op}: ${answer.panic}`);
    return answer;
  }

  /** As {@link ask}, for questions that must not be refused. */
  async demand<Op extends keyof Operations>(op: Op, question: Question<Op>): Promise<Operations[Op][1]> {
    const answer = await this.ask(op, question);
    if (isRefused(answer)) throw new Error(`referee refused ${op}: ${answer.error}`);
    return answer;
  }

  close(): void {
    this.#process.stdin.end();
  }
}

/** Authenticators answer with `ok` and may carry an `error` of their own: that is a verdict. */
export const isRefused = (answer: object): answer is Refused => "error" in answer && !("ok" in answer);

/** Builds (or finds) and starts the referee; a `reason` when this machine cannot have it. */
export async function startReferee(): Promise<Referee | Unavailable> {
  const program = await buildReferee();
  if ("reason" in program) return program;
  const referee = new Referee(program.path, program.versions);
  try {
    await referee.demand("about", {});
    return referee;
  } catch (problem) {
    return { reason: `the referee does not start: ${(problem as Error).message}` };
  }
}
