import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "node/index": "src/node/index.ts",
    "der/index": "src/der/index.ts",
    "formats/index": "src/formats/index.ts",
    "testing/index": "src/testing/index.ts",
    "express/index": "src/express/index.ts",
    "fastify/index": "src/fastify/index.ts",
    "hono/index": "src/hono/index.ts",
    "koa/index": "src/koa/index.ts",
  },
  format: "esm",
  platform: "neutral",
  target: "es2022",
  tsconfig: "src/node/tsconfig.json", // the widest of the two, for the declarations of src/node
  dts: true,
  splitting: true,
  sourcemap: true,
  minify: false,
  clean: true,
});
