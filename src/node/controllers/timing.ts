import { setTimeout as sleep } from "node:timers/promises";

/** Time and chance, as the controllers use them; a test gives its own. */
export interface Timing {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits so many milliseconds; ends early, and without an error, when the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** A number from 0 up to, not including, 1; it only spreads waiting times. */
  random(): number;
}

/** Longest delay of Node's timers, in milliseconds: a longer one is taken for 1. */
const LONGEST_TIMER = 2_147_483_647;

/** The clock of this machine. */
export const systemTiming: Timing = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    let left = milliseconds;
    do {
      await sleep(Math.min(left, LONGEST_TIMER), undefined, { signal }).catch(() => undefined);
      left -= LONGEST_TIMER;
    } while (left > 0 && !signal.aborted);
  },
  random: () => Math.random(),
};

/** How long to wait after so many failures in a row: doubled from one to the next, up to `longest`, then 50 to 100 % of it. */
export function backoff(failures: number, first: number, longest: number, timing: Timing): number {
  const full = Math.min(longest, first * 2 ** Math.min(failures - 1, 30));
  return full * (0.5 + timing.random() / 2);
}

/** The outcome of the work, or the signal's reason as a rejection if it aborts first: for work that may never end. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = (): void => reject(signal.reason as Error);
    const end = (): void => signal.removeEventListener("abort", give);
    work.finally(end).then(resolve, reject);
    if (signal.aborted) give();
    else signal.addEventListener("abort", give);
  });
}
