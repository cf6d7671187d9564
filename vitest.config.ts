import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/** Tests import the package by its public names and get the source, so no build is needed first. */
export const alias = [
  { find: /^kubepki$/, replacement: source("index.ts") },
  { find: /^kubepki\/(\w+)$/, replacement: source("$1/index.ts") },
];

/** Tests of the project itself: they need its compilers, and run on one runtime only. */
const house = ["test/{architecture,examples,quickstart}.test.ts", "test/{docs,package}/**/*.test.ts"];

/** Needs the build; all other tests need only the source. */
const tarball = "test/package/tarball.test.ts";

const project = (name: string, include: string[], exclude: string[], timeout: number) => ({
  resolve: { alias },
  test: { name, include, exclude, testTimeout: timeout, hookTimeout: timeout },
});

/** Its programs are found or built before the first test, so a test itself takes no longer than others do. */
const cluster = project("cluster", ["test/cluster/**/*.test.ts"], [], 180_000);
Object.assign(cluster.test, { globalSetup: "test/cluster/programs.ts" });

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/skipped-tests.ts"],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      reporter: ["text-summary", "html"],
      reportsDirectory: "coverage",
      reportOnFailure: true,
    },
    projects: [
      project("unit", ["test/**/*.test.ts"], ["test/{cluster,interop,runtimes}/**", ...house], 20_000),
      project("house", house, [tarball], 20_000),
      project("interop", ["test/interop/**/*.test.ts"], [], 300_000),
      cluster,
      project("package", [tarball], [], 120_000),
    ],
  },
});
