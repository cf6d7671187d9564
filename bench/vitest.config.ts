import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { alias } from "../vitest.config.ts";

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  resolve: { alias },
  test: {
    benchmark: { include: ["bench/**/*.bench.ts"] },
    include: [],
    globalSetup: "bench/report.ts",
    fileParallelism: false, // two measurements at a time disturb each other
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
