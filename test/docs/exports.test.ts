/** What an entry point exports is documented; what can be called is shown. */
import ts from "typescript";
import { expect, test } from "vitest";
import { checker, exported } from "./exported.ts";

test("every export has a doc comment", () => {
  const bare = exported.filter(({ symbol }) => symbol.getDocumentationComment(checker).length === 0);
  expect(bare.map(({ name }) => name)).toEqual([]);
});

test("every exported function has an example", () => {
  const functions = exported.filter(({ symbol }) => symbol.flags & ts.SymbolFlags.Function);
  const bare = functions.filter(
    ({ symbol }) => !symbol.getJsDocTags().some(({ name }) => name === "example"),
  );
  expect(bare.map(({ name }) => name)).toEqual([]);
});
