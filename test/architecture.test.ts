/** Holds the house rules of docs/architecture.md: who may import whom, and what no file may do. */
import { posix } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { parseErrorCodes } from "../docs/tools/error-codes.ts";
import { importsOf, nodesOf, placeOf, readSources, readText, type SourceFile } from "./source-tree.ts";

const structures = ["x509", "der", "oid", "pem", "base64", "sha256", "finding", "errors", "bytes"];
const everything = [
  "kubernetes",
  "issue",
  "verify",
  "keys",
  "byte-cache",
  "sha512-256",
  "readable",
  ...structures,
];

/** What each part of src may import beside itself: other parts by name, packages by specifier. */
const mayImport: Record<string, readonly string[]> = {
  errors: [],
  bytes: [],
  "byte-cache": ["bytes"],
  base64: [],
  sha256: [],
  "sha512-256": [],
  finding: [],
  readable: [],
  oid: ["errors", "bytes", "der"],
  pem: ["base64", "errors", "bytes"],
  der: ["errors", "bytes"],
  x509: ["der", "oid", "pem", "readable", "errors", "bytes"],
  keys: ["x509", "der", "oid", "pem", "sha256", "readable", "errors", "byte-cache", "bytes"],
  issue: ["keys", "x509", "der", "oid", "pem", "sha256", "finding", "errors", "bytes"],
  verify: ["keys", "x509", "der", "oid", "pem", "sha256", "finding", "errors", "byte-cache", "bytes"],
  kubernetes: ["issue", "verify", "keys", "sha512-256", ...structures],
  // Texts for people about everything below; nothing below needs them.
  inspect: ["kubernetes", "verify", "keys", ...structures],
  audit: ["inspect", "kubernetes", "verify", "keys", "readable", ...structures],
  node: ["audit", ...everything, "node:*", "yaml"],
  // Thin layers over src/node for one framework each; they know it by its shape alone.
  express: ["node", "kubernetes"],
  fastify: ["node", "kubernetes", "fastify"],
  hono: ["node", "kubernetes", "hono"],
  koa: ["node", "kubernetes", "koa"],
  // Of `inspect` the names of object identifiers alone.
  formats: ["inspect", "x509", "der", "oid", "keys", "pem", "errors", "bytes", "asn1js", "pkijs"],
  testing: everything,
  index: ["audit", "inspect", ...everything],
};

/** What an entry point re-exports beside its own part. */
const reExports: Record<string, readonly string[]> = { "src/der/index.ts": ["oid"] };

/** Files over the limit, each with the reason why splitting it would make it worse. */
const longFiles: Record<string, string> = {
  "src/errors.ts": "the registry of error codes: one documented line each, which must stand together",
};
const MAX_LINES = 300;

/** The two files that draw random numbers; both let the caller inject them. */
const randomFiles = ["src/formats/pkcs12-mac.ts", "src/issue/serial-number.ts", "src/keys/generate.ts"];

/** The clock, timers and jitter of the controllers: an object that is their option, with this machine's as its default. */
const timingFile = "src/node/controllers/timing.ts";

const sources = readSources("src");

/** `src/der/reader.ts` is of part `der`, `src/pem.ts` of part `pem`. */
function partOf(path: string): string {
  return path.split("/")[1]!.replace(/\.ts$/, "");
}

/** The file that a relative specifier names, relative to the project. */
function resolveImport(file: SourceFile, specifier: string): string {
  return posix.join(posix.dirname(file.path), specifier);
}

function findNodes(predicate: (node: ts.Node, file: SourceFile) => boolean): string[] {
  return sources.flatMap((file) =>
    [...nodesOf(file)].filter((node) => predicate(node, file)).map((node) => placeOf(file, node)),
  );
}

describe("imports", () => {
  const edges = sources.flatMap((file) => importsOf(file).map((specifier) => ({ file, specifier })));
  const inside = edges.filter(({ specifier }) => specifier.startsWith("."));

  test("every part of src has a row in the table", () => {
    const parts = new Set(sources.map(({ path }) => partOf(path)));
    expect([...parts].filter((part) => !(part in mayImport))).toEqual([]);
  });

  test("a part imports only what the table allows", () => {
    const forbidden = inside.filter(({ file, specifier }) => {
      const [from, to] = [partOf(file.path), partOf(resolveImport(file, specifier))];
      return from !== to && !mayImport[from]?.includes(to) && !reExports[file.path]?.includes(to);
    });
    expect(forbidden.map(describeEdge)).toEqual([]);
  });

  test("packages and node: modules are imported only where the table allows", () => {
    const forbidden = edges.filter(({ file, specifier }) => {
      if (specifier.startsWith(".")) return false;
      const name = specifier.startsWith("node:") ? "node:*" : specifier;
      return !mayImport[partOf(file.path)]?.includes(name);
    });
    expect(forbidden.map(describeEdge)).toEqual([]);
  });

  test("relative imports name an existing file of src with its extension", () => {
    const paths = new Set(sources.map(({ path }) => path));
    const broken = inside.filter(({ file, specifier }) => !paths.has(resolveImport(file, specifier)));
    expect(broken.map(describeEdge)).toEqual([]);
  });

  test("no file imports itself through others", () => {
    const graph = new Map<string, string[]>();
    for (const { file, specifier } of inside) {
      graph.set(file.path, [...(graph.get(file.path) ?? []), resolveImport(file, specifier)]);
    }
    expect(findCycle(graph)).toBeUndefined();
  });

  function describeEdge({ file, specifier }: { file: SourceFile; specifier: string }): string {
    return `${file.path} imports ${specifier}`;
  }
});

/** The first cycle of a graph as a list of its nodes, by depth-first search. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node];
    if (done.has(node)) return undefined;
    done.add(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...trail, node]);
      if (cycle) return cycle;
    }
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}

describe("files", () => {
  test(`no file has more than ${MAX_LINES} lines without a reason`, () => {
    const long = sources.filter(
      ({ path, text }) => text.split("\n").length - 1 > MAX_LINES && !longFiles[path],
    );
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test("no file is called utils or types", () => {
    expect(
      sources.map(({ path }) => path).filter((path) => /\/(utils?|types|helpers?)\.ts$/.test(path)),
    ).toEqual([]);
  });

  test("no default exports", () => {
    const isDefault = (node: ts.Node): boolean =>
      ts.isExportAssignment(node) || node.kind === ts.SyntaxKind.DefaultKeyword;
    expect(findNodes((node) => isDefault(node) && !isSwitchDefault(node))).toEqual([]);
  });

  test("index files only re-export", () => {
    const indexes = sources.filter(({ path }) => /^src\/(\w+\/|kubernetes\/\w+\/)?index\.ts$/.test(path));
    const others = indexes.flatMap((file) =>
      file.syntax.statements
        .filter((node) => !ts.isExportDeclaration(node))
        .map((node) => placeOf(file, node)),
    );
    expect(others).toEqual([]);
  });

  test("nothing runs when a module is loaded", () => {
    const running = sources.flatMap((file) =>
      file.syntax.statements.filter((node) => !isDeclaration(node)).map((node) => placeOf(file, node)),
    );
    expect(running).toEqual([]);
  });

  test("no variable of a module is reassigned", () => {
    const isMutable = (node: ts.Node): boolean =>
      ts.isVariableStatement(node) &&
      ts.isSourceFile(node.parent) &&
      !(node.declarationList.flags & ts.NodeFlags.Const);
    expect(findNodes(isMutable)).toEqual([]);
  });

  function isSwitchDefault(node: ts.Node): boolean {
    return ts.isDefaultClause(node.parent);
  }

  function isDeclaration(node: ts.Statement): boolean {
    return (
      ts.isImportDeclaration(node) ||
      ts.isExportDeclaration(node) ||
      ts.isVariableStatement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      // Additions to the types of a framework; nothing else can stand there, for `namespace` is not erasable.
      ts.isModuleDeclaration(node)
    );
  }
});

describe("the world outside", () => {
  const isName = (node: ts.Node, ...names: string[]): boolean =>
    ts.isIdentifier(node) && names.includes(node.text);

  test("Node's globals appear only in src/node", () => {
    const found = findNodes(
      (node, file) =>
        partOf(file.path) !== "node" && isName(node, "Buffer", "process", "__dirname", "require"),
    );
    expect(found).toEqual([]);
  });

  test("a clock is read only as a default value", () => {
    const readsClock = (node: ts.Node, file: SourceFile): boolean =>
      isClock(node) && !isDefaultValue(node) && file.path !== timingFile;
    expect(findNodes(readsClock)).toEqual([]);
  });

  test("random numbers are drawn only for serial numbers, keys, salts and jitter", () => {
    const isRandom = (node: ts.Node): boolean =>
      isName(node, "getRandomValues", "randomUUID", "randomBytes", "randomFillSync") ||
      (ts.isPropertyAccessExpression(node) && node.getText() === "Math.random");
    const allowed = [...randomFiles, timingFile];
    expect(findNodes((node, file) => isRandom(node) && !allowed.includes(file.path))).toEqual([]);
  });

  /** `new Date()`, `Date()`, `Date.now` or `performance.now`. */
  function isClock(node: ts.Node): boolean {
    if (ts.isNewExpression(node)) return isName(node.expression, "Date") && !node.arguments?.length;
    if (ts.isCallExpression(node)) return isName(node.expression, "Date");
    return (
      ts.isPropertyAccessExpression(node) &&
      node.name.text === "now" &&
      isName(node.expression, "Date", "performance")
    );
  }

  /** Inside the initializer of a parameter or of a destructured field: `{ at = new Date() }`. */
  function isDefaultValue(node: ts.Node): boolean {
    for (let child = node; child.parent; child = child.parent) {
      const { parent } = child;
      if ((ts.isParameter(parent) || ts.isBindingElement(parent)) && parent.initializer === child)
        return true;
    }
    return false;
  }
});

describe("error codes", () => {
  const codes = parseErrorCodes(readText("src/errors.ts")).map(({ code }) => code);
  const used = codesIn(sources.filter(({ path }) => path !== "src/errors.ts"));
  const tested = codesIn(readSources("test"));

  test("every code is reported somewhere in src", () => {
    expect(codes.filter((code) => !used.has(code))).toEqual([]);
  });

  test("every code is provoked by name in some test", () => {
    expect(codes.filter((code) => !tested.has(code))).toEqual([]);
  });

  test("every code that src or a test names is in the registry", () => {
    expect([...used, ...tested].filter((code) => !codes.includes(code))).toEqual([]);
  });

  function codesIn(files: readonly SourceFile[]): Set<string> {
    const literals = files.flatMap((file) => [...nodesOf(file)].filter(ts.isStringLiteralLike));
    return new Set(literals.map(({ text }) => text).filter((text) => /^ERR_[A-Z\d_]+$/.test(text)));
  }
});
