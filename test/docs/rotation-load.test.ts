import { expect, test } from "vitest";
import { drawRotationLoad, seeded, simulateRotations } from "../../docs/tools/rotation-load.ts";
import { readText } from "../source-tree.ts";

test("docs/images/rotation-load.svg is what the simulation draws (update it: node docs/tools/rotation-load.ts)", () => {
  expect(readText("docs/images/rotation-load.svg")).toBe(drawRotationLoad());
});

test("every node asks once per certificate, between 70 and 90 % of its lifetime", () => {
  const requests = simulateRotations({ nodes: 1000, lifetimeDays: 365, chance: seeded(1) });
  expect(requests.reduce((total, count) => total + count, 0)).toBe(1000);
  const busy = requests.flatMap((count, hour) => (count > 0 ? [hour / 24 / 365] : []));
  expect(Math.min(...busy)).toBeGreaterThan(0.699);
  expect(Math.max(...busy)).toBeLessThan(0.901);
});

test("without chance all nodes ask in the two hours into which their joining falls", () => {
  const requests = simulateRotations({ nodes: 1000, lifetimeDays: 30, chance: () => 0.5 });
  const busy = requests.flatMap((count, hour) => (count > 0 ? [hour] : []));
  expect(Math.max(...requests)).toBeGreaterThan(900);
  expect(new Set(busy.map((hour) => Math.floor((hour + 12) / (24 * 24)))).size).toBe(15);
});
