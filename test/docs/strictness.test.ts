/** Holds docs/strictness.md to the code: nothing that is refused beyond Go is missing there, and nothing stands there that is not so. */
import { describe, expect, test } from "vitest";
import { parseErrorCodes } from "../../docs/tools/error-codes.ts";
import { readText } from "../source-tree.ts";
import { malformedCertificates } from "../x509/malformed/index.ts";

const page = readText("docs/strictness.md");
const cited = new Set(Array.from(page.matchAll(/(?<![*\w])\*([^*\n]+)\*(?!\*)/g), ([, title]) => title!));

describe("docs/strictness.md", () => {
  test("names every malformed certificate to which Kubernetes mode answers otherwise than safe mode, and every limit", () => {
    const deviations = malformedCertificates.filter((row) => row.limit || row.kubernetes !== "refuses");
    expect(deviations.length).toBeGreaterThan(100);
    expect(deviations.map(({ title }) => title).filter((title) => !cited.has(title))).toEqual([]);
  });

  test("names no malformed certificate that both refuse", () => {
    const refused = malformedCertificates.filter((row) => !row.limit && row.kubernetes === "refuses");
    expect(refused.map(({ title }) => title).filter((title) => cited.has(title))).toEqual([]);
  });

  test("cites tests that exist", () => {
    const tables = new Set(malformedCertificates.map(({ title }) => title));
    const tests = readText("test/keys/verifier.test.ts") + readText("test/x509/go-answers.test.ts");
    expect([...cited].filter((title) => !tables.has(title) && !tests.includes(`"${title}"`))).toEqual([]);
  });

  test("names every rule of identities", () => {
    const codes = parseErrorCodes(readText("src/errors.ts")).filter(
      ({ code }) => code.split("_")[1] === "IDENTITY" && code !== "ERR_IDENTITY_NO_USER",
    );
    expect(codes.map(({ code }) => code).filter((code) => !page.includes(code))).toEqual([]);
  });
});
