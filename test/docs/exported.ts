/** What the entry points export, as the compiler sees it. */
import { fileURLToPath } from "node:url";
import ts from "typescript";
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
export const checker = program.getTypeChecker();

/** Named by entry point and name: `src/index.ts: parseIdentity`. */
export const exported: readonly { readonly name: string; readonly symbol: ts.Symbol }[] = entryPoints.flatMap(
  (path) => {
    const file = program.getSourceFile(fileURLToPath(new URL(path, projectRoot)))!;
    const entry = checker.getSymbolAtLocation(file);
    return (entry ? checker.getExportsOfModule(entry) : []).map((symbol) => ({
      name: `${path}: ${symbol.name}`,
      symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    }));
  },
);
