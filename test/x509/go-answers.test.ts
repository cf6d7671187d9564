import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  compare,
  deliberate,
  describes,
  unexplained,
  type Difference,
  type GoAnswer,
} from "../support/go-difference.ts";

interface Vectors {
  readonly cases: readonly ({ readonly der: string } & (
    | Exclude<GoAnswer, string>
    | { readonly error: string }
  ))[];
}

const files = ["go-subjects", "go-structures", "go-extensions"];

function differences(file: string): Difference[] {
  const text = readFileSync(new URL(`../vectors/${file}.json`, import.meta.url), "utf8");
  const { cases } = JSON.parse(text) as Vectors;
  expect(cases.length).toBeGreaterThan(200);
  return cases.flatMap((item) =>
    compare(new Uint8Array(Buffer.from(item.der, "base64")), "error" in item ? item.error : item),
  );
}

test.each(files)("what Go and Kubernetes answered on %s is what this library answers", (file) => {
  expect(unexplained(differences(file))).toEqual([]);
});

test("every deliberate difference from Go is shown by a vector", () => {
  const found = files.flatMap(differences);
  const idle = deliberate.filter((row) => !found.some((difference) => describes(row, difference)));
  expect(idle).toEqual([]);
});
