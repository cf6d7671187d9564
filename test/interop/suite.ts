/** How an interop test gets the referee, or says aloud why it was skipped. */
import { afterAll, describe, test } from "vitest";
import { startReferee, type Referee } from "./referee.ts";

/**
 * Like `describe`, with a running referee. Where the referee cannot be had, one skipped test
 * carries the reason in its name, and the reason is printed.
 */
export async function describeWithReferee(name: string, body: (referee: Referee) => void): Promise<void> {
  const referee = await startReferee();
  if ("reason" in referee) {
    console.warn(`skipped: ${name}: ${referee.reason}`);
    test.skip(`${name} (skipped: ${referee.reason})`);
    return;
  }
  describe(name, () => {
    afterAll(() => referee.close());
    body(referee);
  });
}
