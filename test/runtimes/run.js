/**
 * Runs the unit tests on other runtimes: `npm run test:runtimes [-- deno bun]`.
 *
 * The runtimes are packages of test/runtimes/package.json (some 600 MB, Linux on x64), installed at the first run.
 * The tests of the project itself (house rules, examples, packaging) are not among them.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const vitest = "node_modules/vitest/vitest.mjs";
const binaries = `${here}node_modules`;

/** How each runtime starts vitest; Bun has no worker processes that vitest could use. */
const runtimes = {
  node22: [`${binaries}/node22/bin/node`, vitest, "run", "--project", "unit"],
  node26: [`${binaries}/node26/bin/node`, vitest, "run", "--project", "unit"],
  deno: [`${binaries}/.bin/deno`, "run", "-A", vitest, "run", "--project", "unit"],
  bun: [`${binaries}/.bin/bun`, "--bun", vitest, "run", "--project", "unit", "--pool=threads"],
};

function run(command, parameters, folder) {
  return spawnSync(command, parameters, { cwd: folder, stdio: "inherit" }).status === 0;
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(runtimes);
const unknown = wanted.filter((name) => !(name in runtimes));
if (unknown.length > 0)
  throw new TypeError(`${unknown.join(", ")}: not one of ${Object.keys(runtimes).join(", ")}`);
if (!existsSync(binaries) && !run("npm", ["ci"], here)) process.exit(1);

const failed = wanted.filter((name) => {
  console.log(`==> ${name}`);
  const [command, ...parameters] = runtimes[name];
  return !run(command, parameters, root);
});
console.log(failed.length > 0 ? `failed: ${failed.join(", ")}` : `passed: ${wanted.join(", ")}`);
process.exitCode = failed.length > 0 ? 1 : 0;
