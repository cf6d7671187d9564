/** The machine's clock, as the controllers use it. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { systemTiming } from "../../../src/node/controllers/timing.ts";

test.for([2 ** 31, 2 ** 40, Infinity])(
  "a sleep of %s ms, longer than any timer, lasts until the signal",
  async (milliseconds) => {
    const stop = new AbortController();
    let awake = false;
    const sleeping = systemTiming.sleep(milliseconds, stop.signal).then(() => (awake = true));
    await sleep(50);
    expect(awake).toBe(false);
    stop.abort();
    await sleeping;
  },
);

test("a sleep ends after its time, and at once if the signal came before", async () => {
  const begin = performance.now();
  await systemTiming.sleep(20, new AbortController().signal);
  expect(performance.now() - begin).toBeGreaterThanOrEqual(18);
  await systemTiming.sleep(2 ** 40, AbortSignal.abort());
});
