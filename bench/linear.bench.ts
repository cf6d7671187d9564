/** Does the cost grow with the size, and not faster? */
import { test } from "vitest";
import { race } from "./race.ts";
import { compare, record } from "./record.ts";
import { SIZES } from "./sizes.ts";

const subjects = ["DNS names", "groups", "certificates in a bundle"];

test("ten times as much costs at most 13 times as much", async ({ bench }) => {
  const tasks = subjects.map((what) => SIZES.map((size) => `${size} ${what}`));
  const time = await race(
    bench,
    tasks.flat().map((task) => [task]),
  );
  const steps = tasks.flatMap((list) => list.slice(1).map((task, index) => ({ task, before: list[index]! })));
  record({
    place: "5-linear",
    title: "Does the cost grow with the size, and not faster?",
    notes: ["Limits are raised by options, as a caller would. Names and groups are read, not only checked."],
    goals: steps.map(({ task, before }) => ({
      what: `${task} / ${before}`,
      measured: time(task).fastest / time(before).fastest,
      atMost: 13,
    })),
    rows: compare(tasks.flat(), time),
  });
});
