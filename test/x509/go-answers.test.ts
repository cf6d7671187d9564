import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compare, unexplained, type GoAnswer } from "../support/go-difference.ts";

interface Vectors {
  readonly cases: readonly ({ readonly name: string; readonly der: string } & (
    | Exclude<GoAnswer, string>
    | { readonly error: string }
  ))[];
}

const read = (file: string): Vectors =>
  JSON.parse(readFileSync(new URL(`../vectors/${file}.json`, import.meta.url), "utf8")) as Vectors;

test.each([
  ["go-subjects", 200],
  ["go-structures", 200],
  ["go-extensions", 400],
])("what Go and Kubernetes answered on %s is what this library answers", (file, atLeast) => {
  const { cases } = read(file);
  expect(cases.length).toBeGreaterThan(atLeast);
  const found = cases.flatMap((item) =>
    compare(new Uint8Array(Buffer.from(item.der, "base64")), "error" in item ? item.error : item),
  );
  expect(unexplained(found)).toEqual([]);
});
