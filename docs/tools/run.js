/**
 * Runs a TypeScript program against the source of the library, on every Node that the library supports.
 *
 * `node docs/tools/run.js docs/quickstart.ts [arguments]`: "kubepki/node" is src/node/index.ts, other packages are as installed.
 */
import { mkdir, rm } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const [program, ...programArguments] = process.argv.slice(2);
if (!program) throw new TypeError("usage: node docs/tools/run.js PROGRAM [ARGUMENT ...]");

const root = new URL("../../", import.meta.url);
// Below node_modules, so that the bundle finds the packages it imports.
const bundle = new URL(`node_modules/.cache/kubepki-run/${process.pid}.mjs`, root);

const resolveToSource = {
  name: "kubepki-source",
  setup({ onResolve }) {
    onResolve({ filter: /^kubepki(\/|$)/ }, ({ path }) => ({
      path: fileURLToPath(new URL(`src/${path.slice("kubepki/".length) || "."}/index.ts`, root)),
    }));
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === "entry-point" ? undefined : { path, external: true },
    );
  },
};

await mkdir(new URL("./", bundle), { recursive: true });
await build({
  entryPoints: [program],
  outfile: fileURLToPath(bundle),
  bundle: true,
  format: "esm",
  platform: "node",
  target: "es2022",
  sourcemap: "inline",
  logLevel: "warning",
  plugins: [resolveToSource],
});

process.setSourceMapsEnabled(true);
process.argv.splice(1, process.argv.length - 1, program, ...programArguments);
try {
  await import(bundle.href);
} finally {
  await rm(bundle, { force: true });
}
