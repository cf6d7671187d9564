/** Kubernetes mode of the PEM reader against Go's encoding/pem, on texts that come close to being blocks. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parsePem } from "../../src/pem.ts";
import { describeWithReferee } from "./suite.ts";

const good = "-----BEGIN A-----\nMAA=\n-----END A-----\n";
const pieces = fc.constantFrom(
  ..."-----BEGIN A-----|-----END A-----|-----BEGIN |-----END |-----BEGIN A:-----|-----END A:-----|-----|A| |\t|\r|\r\n".split(
    "|",
  ),
  ..."MAA=|MAB=|MAAA|=|==|:|a: b|\u00A0|\u0085".split("|"),
  "\n",
  "\n",
  "\n",
  "\n-----END ",
  good,
);
const texts = fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join(""));
const insertions = fc
  .tuple(pieces, fc.nat({ max: good.length }), texts)
  .map(([piece, at, rest]) => good.slice(0, at) + piece + good.slice(at) + rest);

await describeWithReferee("PEM in Kubernetes mode", (referee) => {
  test("finds the blocks that Go finds", async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(texts, insertions), async (text) => {
        const { blocks } = await referee.demand("pem", { text });
        const ours = parsePem(text, { mode: "kubernetes" }).map(({ label, headers, der }) => ({
          type: label,
          headers: [...(headers ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)),
          bytes: Buffer.from(der).toString("base64"),
        }));
        found += blocks.length;
        expect(ours).toEqual(blocks);
      }),
      { numRuns: 5000 },
    );
    expect(found).toBeGreaterThan(300);
  });
});
