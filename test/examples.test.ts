/** Every example of the documentation compiles with the strict flags and runs. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Example,
  extractFromMarkdown,
  extractFromSource,
  renderExample,
} from "../docs/tools/examples.ts";
import { listFiles, projectRoot, readText } from "./source-tree.ts";

// Below node_modules, where imports of packages resolve as they do for a user of the library.
const folder = new URL(`node_modules/.cache/kubepki-examples-${process.pid}/`, projectRoot);

const pages = [
  ...readdirSync(projectRoot).filter((name) => name.endsWith(".md")),
  ...listFiles("docs", ".md"),
];

const examples = [
  ...pages.flatMap((path) => extractFromMarkdown(path, readText(path))),
  ...listFiles("src", ".ts").flatMap((path) => extractFromSource(path, readText(path))),
].map((example, index) => ({ ...example, index }));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL("package.json", folder), '{ "type": "module" }');
  writeFileSync(new URL("tsconfig.json", folder), JSON.stringify(compilerOptions()));
  for (const example of examples) {
    writeFileSync(new URL(`example-${example.index}.ts`, folder), renderExample(example));
  }
});

test("every example compiles", () => {
  expect(compile()).toEqual([]);
});

describe("every example runs", () => {
  const runnable = examples.filter(({ run }) => run);

  beforeAll(async () => {
    process.setSourceMapsEnabled(true);
    await buildLibrary();
  });

  test.for(runnable)("$place", async (example) => {
    const { code } = await transform(renderExample(example), {
      loader: "ts",
      sourcemap: "inline",
      sourcefile: example.place.replace(/:\d+$/, ""),
    });
    const program = new URL(`example-${example.index}.mjs`, folder);
    writeFileSync(program, code);
    await import(/* @vite-ignore */ program.href);
  });
});

describe("the reader of examples", () => {
  test("takes ts blocks, marks those that must not run, and skips other languages", () => {
    const page = "# T\n```ts\na();\n```\n```sh\nls\n```\n- x\n  ```ts no-run\n  b();\n  ```\n";
    expect(extractFromMarkdown("p.md", page)).toEqual([
      { place: "p.md:2", line: 2, code: "a();", run: true },
      { place: "p.md:9", line: 9, code: "  b();", run: false },
    ]);
  });

  test("takes blocks of doc comments without their stars", () => {
    const source =
      "/**\n * @example\n * ```ts\n * a({\n *   b,\n * });\n * ```\n */\nconst s = `\n```ts\n`;\n";
    expect(extractFromSource("s.ts", source)).toEqual([
      { place: "s.ts:3", line: 3, code: "a({\n  b,\n});", run: true },
    ]);
  });

  test("an open block is an error that names its place", () => {
    expect(() => extractFromMarkdown("p.md", "```ts\na();\n")).toThrow("p.md:1");
  });

  test("keeps the line numbers", () => {
    const example: Example = { place: "p.md:2", line: 2, code: "a();", run: true };
    expect(renderExample(example).split("\n")[2]).toBe("a();");
  });
});

/** Puts the source where the examples find it as an installed package, with the exports of package.json. */
async function buildLibrary(): Promise<void> {
  const manifest = readText("package.json");
  const { exports } = JSON.parse(manifest) as { exports: Record<string, string | { default: string }> };
  const entryPoints = Object.values(exports).flatMap((target) =>
    typeof target === "string" ? [] : [target.default.replace(/^\.\/dist\/(.*)\.js$/, "src/$1.ts")],
  );
  const library = new URL("node_modules/kubepki/", folder);
  mkdirSync(library, { recursive: true });
  writeFileSync(new URL("package.json", library), manifest);
  await build({
    absWorkingDir: fileURLToPath(projectRoot),
    entryPoints,
    outbase: "src",
    outdir: fileURLToPath(new URL("dist", library)),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    packages: "external",
    target: "es2022",
    sourcemap: "inline",
    logLevel: "silent",
  });
}

function compilerOptions(): object {
  const absolute = (path: string): string => fileURLToPath(new URL(path, projectRoot));
  return {
    extends: absolute("test/tsconfig.json"),
    compilerOptions: {
      typeRoots: [absolute("node_modules/@types")],
      noUnusedLocals: false,
      paths: { kubepki: [absolute("src/index.ts")], "kubepki/*": [absolute("src/*/index.ts")] },
    },
    include: ["example-*.ts"],
    exclude: [],
  };
}

/** The compiler's complaints, with the places in the documentation. */
function compile(): string[] {
  const compiler = fileURLToPath(new URL("node_modules/@typescript/native/bin/tsc", projectRoot));
  try {
    const project = fileURLToPath(folder);
    execFileSync(process.execPath, [compiler, "--pretty", "false", "-p", project], {
      cwd: folder,
      encoding: "utf8",
    });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout: string };
    return stdout.trim().split("\n").map(namePlace);
  }
}

function namePlace(complaint: string): string {
  return complaint.replace(/^example-(\d+)\.ts\((\d+),\d+\)/, (_, index: string, line: string) => {
    return `${examples[Number(index)]!.place.replace(/:\d+$/, "")}:${line}`;
  });
}
