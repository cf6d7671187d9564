/** A writer that is killed at any moment leaves the set before or the set after, and the next one goes on. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keyMatchesCertificate, parseCertificate } from "kubepki";
import { keyObjectSigner, parseKeyObject, readPkiDirectory, recoverPkiDirectory } from "kubepki/node";
import type { PkiFileInput } from "kubepki/node";
import { makeFiles } from "./pairs.ts";

/**
 * Writes one set into a directory. With a number, the process kills itself (as `kill -9` does) when it is about to do so many operations on files; without one it says how many it has done.
 */
const WRITER = `
import { readFileSync } from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
const [, , bundle, directory, set, limit] = process.argv;
let count = 0;
const counted = (work) => function (...args) {
  if (++count === Number(limit)) process.kill(process.pid, "SIGKILL");
  return work.apply(this, args);
};
const probe = await promises.open(set);
const handle = Object.getPrototypeOf(probe);
await probe.close();
for (const name of ["writeFile", "sync"]) handle[name] = counted(handle[name]);
for (const name of ["open", "mkdir", "mkdtemp", "rename", "rm", "rmdir", "readdir", "lstat", "readFile"]) promises[name] = counted(promises[name]);
syncBuiltinESMExports();
const { writePkiDirectory } = await import(bundle);
count = 0;
if (limit === "wait") process.stdout.write("ready");
await writePkiDirectory(directory, JSON.parse(readFileSync(set, "utf8")), { allowReplacingCaKeys: true });
process.stdout.write(String(count));
`;

let folder: string;
let sets: PkiFileInput[][];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kill-"));
  await writeFile(join(folder, "writer.mjs"), WRITER);
  await build({
    entryPoints: [fileURLToPath(new URL("../../../src/node/pki-directory/write.ts", import.meta.url))],
    outfile: join(folder, "bundle.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "error",
  });
  sets = await Promise.all(["a", "b"].map(makeFiles));
  await Promise.all(sets.map((set, index) => writeFile(join(folder, `${index}.json`), JSON.stringify(set))));
});
afterAll(() => rm(folder, { recursive: true }));

function start(directory: string, set: number, limit = "") {
  const paths = [
    join(folder, "writer.mjs"),
    join(folder, "bundle.mjs"),
    directory,
    join(folder, `${set}.json`),
  ];
  return spawn(process.execPath, [...paths, limit], { stdio: ["ignore", "pipe", "inherit"] });
}

/** How many operations a writer does that nobody kills. */
async function operations(directory: string, set: number): Promise<number> {
  const child = start(directory, set);
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  await once(child, "close");
  return Number(output);
}

async function killAt(directory: string, set: number, limit: number): Promise<void> {
  const [, signal] = await once(start(directory, set, String(limit)), "close");
  expect(signal).toBe("SIGKILL");
}

/** Which of the sets is there: its index, or -1 for none. Anything in between fails. */
async function setIn(directory: string): Promise<number> {
  const { files, findings } = await readPkiDirectory(directory);
  expect(findings.filter(({ code }) => code !== "FINDING_PKI_PENDING")).toEqual([]);
  const texts = new Map(files.map((file) => [file.path, file.exportText()]));
  for (const [path, text] of texts) {
    const key = texts.get(path.replace(/\.crt$/, ".key"));
    if (path.endsWith(".crt"))
      expect(keyMatchesCertificate(keyObjectSigner(parseKeyObject(key!)), parseCertificate(text))).toBe(true);
  }
  if (texts.size === 0) return -1;
  const found = sets.findIndex(
    (set) => set.length === texts.size && set.every(({ path, text }) => texts.get(path) === text),
  );
  expect(found, `a mixture: ${[...texts.keys()].join(" ")}`).toBeGreaterThanOrEqual(0);
  return found;
}

describe("a writer that is killed", () => {
  test(
    "leaves nothing or everything of a new directory, at each of its steps",
    { timeout: 120_000 },
    async () => {
      const total = await operations(join(folder, "measure-new"), 0);
      expect(total).toBeGreaterThan(50);
      const seen = new Set<number>();
      for (let kill = 0; kill < 50; kill++) {
        const directory = join(folder, `new-${kill}`);
        await killAt(directory, 0, 1 + Math.floor((kill * total) / 50));
        // The very first steps come before the directory itself.
        const found = await setIn(directory).catch((error: { code?: string }) => {
          expect(error.code).toBe("ERR_FILE_READ");
          return -1;
        });
        seen.add(found);
      }
      expect(seen).toEqual(new Set([-1, 0]));
    },
  );

  test(
    "leaves the old or the new set of a directory, at each of its steps; and another goes on with it",
    { timeout: 120_000 },
    async () => {
      const directory = join(folder, "old");
      await operations(directory, 1);
      const total = await operations(directory, 0);
      let current = 0;
      let [kept, changed] = [0, 0];
      for (let kill = 0; kill < 50; kill++) {
        const wanted = 1 - current;
        await killAt(directory, wanted, 1 + Math.floor((kill * total) / 50));
        const found = await setIn(directory);
        if (found === current) kept++;
        else changed++;
        // What was there to read is what it is after somebody has cleaned up; now strangers see it too, and nothing is left over.
        if (kill % 5 === 0) {
          await recoverPkiDirectory(directory);
          expect((await readdir(directory)).sort()).toEqual(["admin.conf", "pki"]);
          expect(await setIn(directory)).toBe(found);
        }
        current = found;
      }
      expect(kept).toBeGreaterThan(10);
      expect(changed).toBeGreaterThan(5);
      expect(await operations(directory, 1 - current)).toBeGreaterThan(0);
      expect(await setIn(directory)).toBe(1 - current);
      expect((await readdir(directory)).sort()).toEqual(["admin.conf", "pki"]);
    },
  );

  test("leaves one of them when the clock decides, too", { timeout: 120_000 }, async () => {
    const directory = join(folder, "clock");
    await operations(directory, 0);
    let current = 0;
    for (let kill = 0; kill < 30; kill++) {
      const child = start(directory, 1 - current, "wait");
      await once(child.stdout, "data");
      setTimeout(() => child.kill("SIGKILL"), kill * 2);
      await once(child, "close");
      current = await setIn(directory);
    }
    await recoverPkiDirectory(directory);
    expect(await setIn(directory)).toBe(current);
  });
});
