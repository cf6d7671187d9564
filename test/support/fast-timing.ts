import { setTimeout as sleep } from "node:timers/promises";
import type { Timing } from "kubepki/node";

/** A world in which time goes faster; it remembers how long anybody wanted to wait, in its milliseconds. */
export interface FastTiming extends Timing {
  readonly waits: number[];
}

export function fastTiming(speed: number, chance = 0.5, start: number = Date.now()): FastTiming {
  const waits: number[] = [];
  const begin = performance.now();
  return {
    waits,
    now: () => start + (performance.now() - begin) * speed,
    async sleep(milliseconds, signal) {
      waits.push(milliseconds);
      await sleep(milliseconds / speed, undefined, { signal }).catch(() => undefined);
    },
    random: () => chance,
  };
}
