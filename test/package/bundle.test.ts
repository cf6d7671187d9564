/** What a bundler makes of the library as published: nothing unused stays, and the main function stays small. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../source-tree.ts";

/**
 * `import { parseIdentity } from "kubepki"`, bundled, minified and compressed. docs/architecture.md says what the bytes are:
 * the checks of every extension, both modes, PEM, SHA-256, and messages that a person can read.
 */
const BUDGET = 13.3 * 1024;

const entryPoints = [
  "index",
  "node/index",
  "der/index",
  "formats/index",
  "testing/index",
  "express/index",
  "fastify/index",
  "hono/index",
  "koa/index",
];
const folder = mkdtempSync(join(tmpdir(), "kubepki-bundle-"));

beforeAll(async () => {
  await build({
    absWorkingDir: fileURLToPath(projectRoot),
    entryPoints: entryPoints.map((name) => `src/${name}.ts`),
    outbase: "src",
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    external: ["node:*"],
    packages: "external",
    target: "es2022",
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

async function bundle(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: folder },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    external: ["node:*"],
    packages: "external",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]!.text.trim();
}

// Without help of "sideEffects" in package.json: what is left is code that runs when the module is loaded. A constant
// that is made by a call needs the mark /* @__PURE__ */ before the call. Imports from outside stay, as nothing is known of them here.
test.for(entryPoints)("%s leaves nothing in a bundle that uses nothing of it", async (name) => {
  const rest = await bundle(`import "./${name}.js";`);
  const foreign = /import(?:\{[^}]*\}from|\*as \w+ from)?"(?:node:[\w/]+|yaml|asn1js|pkijs)";/g;
  expect(rest.replaceAll(foreign, "")).toBe("");
});

test(`parseIdentity bundles to at most ${BUDGET} bytes of gzip`, async ({ skip, annotate }) => {
  writeFileSync(
    join(folder, "exports.js"),
    'import * as all from "./index.js"; export const names = Object.keys(all);',
  );
  const { names } = (await import(/* @vite-ignore */ join(folder, "exports.js"))) as { names: string[] };
  skip(!names.includes("parseIdentity"), "parseIdentity is not exported yet");
  const code = await bundle('import { parseIdentity } from "./index.js"; globalThis.use = parseIdentity;');
  const size = gzipSync(code, { level: 9 }).length;
  await annotate(`parseIdentity: ${size} bytes of gzip, ${code.length} minified; budget ${BUDGET}`, "notice");
  console.log(`bundle size: parseIdentity ${size} bytes of gzip, ${code.length} minified; budget ${BUDGET}`);
  expect(size).toBeLessThanOrEqual(BUDGET);
});
