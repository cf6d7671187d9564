/** Controllers run for months: what they hold must not grow with what they have done. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(
  fileURLToPath(new URL("../../../node_modules/.cache/kubepki-flow-", import.meta.url)),
);
afterAll(() => rmSync(folder, { recursive: true }));

test(
  "an approver and a signer hold no more after 10,000 requests than after 4,000",
  { timeout: 120_000 },
  async () => {
    const outfile = join(folder, "flow.mjs");
    const entryPoints = [fileURLToPath(new URL("flow.ts", import.meta.url))];
    await build({
      entryPoints,
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      packages: "external",
      logLevel: "error",
    });
    const child = fork(outfile, [], { execArgv: ["--expose-gc"] });
    const heaps = new Map<number, number>();
    child.on("message", ({ signed, heap }: { signed: number; heap: number }) => heaps.set(signed, heap));
    const [code] = (await once(child, "exit")) as [number];
    expect(code).toBe(0);
    expect([...heaps.keys()]).toEqual([2000, 4000, 6000, 8000, 10_000]);
    const growth = heaps.get(10_000)! - heaps.get(4000)!;
    console.info(`heap after 4,000: ${heaps.get(4000)} bytes, after 10,000: ${growth} more`);
    // 64 bytes a request would be 384,000.
    expect(growth).toBeLessThan(200_000);
  },
);
