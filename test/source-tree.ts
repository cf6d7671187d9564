/** The project's own files as data, for the tests that hold its rules. */
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import ts from "typescript";

/** The folder of package.json. */
export const projectRoot = new URL("../", import.meta.url);

export interface SourceFile {
  /** Relative to the project, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly syntax: ts.SourceFile;
}

/** Every file below `folder` whose name ends so, sorted; dependencies and generated folders left out. */
export function listFiles(folder: string, suffix: string): string[] {
  return readdirSync(new URL(folder, projectRoot), { recursive: true, encoding: "utf8" })
    .map((name) => posix.join(folder, name.replaceAll("\\", "/")))
    .filter((path) => path.endsWith(suffix) && !/(^|\/)node_modules\/|^docs\/api\//.test(path))
    .sort();
}

export function readText(path: string): string {
  return readFileSync(new URL(path, projectRoot), "utf8");
}

export function readSources(folder: string): SourceFile[] {
  return listFiles(folder, ".ts").map((path) => {
    const text = readText(path);
    return { path, text, syntax: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) };
  });
}

/** The specifiers of all imports, re-exports and `import()` calls and types of a file. */
export function importsOf(file: SourceFile): string[] {
  return [...nodesOf(file)].flatMap((node) => {
    const specifier = specifierOf(node);
    return specifier && ts.isStringLiteral(specifier) ? [specifier.text] : [];
  });
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal;
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return node.arguments[0];
  return undefined;
}

/** Every node of a file's syntax tree, parents first. */
export function* nodesOf(file: SourceFile): Generator<ts.Node> {
  const open: ts.Node[] = [file.syntax];
  for (let node = open.pop(); node; node = open.pop()) {
    yield node;
    node.forEachChild((child) => void open.push(child));
  }
}

/** `src/der/reader.ts:42`, as editors and terminals link it. */
export function placeOf(file: SourceFile, node: ts.Node): string {
  return `${file.path}:${file.syntax.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}
