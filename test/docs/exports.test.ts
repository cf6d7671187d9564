/** What an entry point exports is documented; what can be called is shown. */
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import { listFiles, projectRoot } from "../source-tree.ts";

const entryPoints = listFiles("src", "/index.ts").filter((path) => path.split("/").length <= 3);
const program = ts.createProgram(
  entryPoints.map((path) => fileURLToPath(new URL(path, projectRoot))),
  {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    noLib: true,
    types: [],
  },
);
const checker = program.getTypeChecker();

const exported = entryPoints.flatMap((path) => {
  const file = program.getSourceFile(fileURLToPath(new URL(path, projectRoot)))!;
  const entry = checker.getSymbolAtLocation(file);
  return (entry ? checker.getExportsOfModule(entry) : []).map((symbol) => ({
    name: `${path}: ${symbol.name}`,
    symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  }));
});

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
