import { expect, test } from "vitest";
import { parseErrorCodes, renderErrorCodes } from "../../docs/tools/error-codes.ts";
import { readText } from "../source-tree.ts";

const entries = parseErrorCodes(readText("src/errors.ts"));

test("docs/errors.md says what the comments in src/errors.ts say (update it: npm run docs:errors)", () => {
  expect(readText("docs/errors.md")).toBe(renderErrorCodes(entries));
});

test("no code stands twice in the registry", () => {
  expect(new Set(entries.map(({ code }) => code)).size).toBe(entries.length);
});

test("a comment without a fix or a source is refused", () => {
  expect(() => parseErrorCodes(registry("It is cut. Source: X.690."))).toThrow(/CUT: the comment must read/);
  expect(parseErrorCodes(registry("It is cut. Fix: fetch it again. Source: X.690 8.1."))).toEqual([
    { code: "CUT", className: "DerError", cause: "It is cut.", fix: "Fetch it again.", source: "X.690 8.1." },
  ]);
});

function registry(comment: string): string {
  return `interface ErrorCodes {\n  /** ${comment} */\n  CUT: "DerError";\n}`;
}
