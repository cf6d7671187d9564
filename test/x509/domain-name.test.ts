import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDomainNameValid } from "../../src/x509/domain-name.ts";

// Text, valid as a name, valid as a constraint: what Go 1.26 answers.
const table: [string, boolean, boolean][] = [
  ["", true, true],
  ["example.com", true, true],
  ["*.example.com", true, true],
  ["*", true, true],
  ["a:80", true, true],
  ["-a_!", true, true],
  [".", false, false],
  [".com", false, true],
  ["..com", false, false],
  ["com.", false, false],
  [".com.", false, false],
  ["a..b", false, false],
  ["a b", false, false],
  ["a\0", false, false],
  ["a\u007f", false, false],
  ["ü.example", false, false],
  ["a".repeat(64), true, true],
  [`${"a.".repeat(200)}a`, true, true],
];

describe("domain names", () => {
  test.each(table)("%j is judged as Go does", (text, name, constraint) => {
    expect([isDomainNameValid(text, false), isDomainNameValid(text, true)]).toEqual([name, constraint]);
  });

  test("a valid name is labels that are valid alone, joined by dots", () => {
    const texts = fc.array(fc.constantFrom("a", "-", ".", " ", "~"), { minLength: 1 });
    fc.assert(
      fc.property(texts, (parts) => {
        const text = parts.join("");
        const expected = text.split(".").every((label) => label !== "" && isDomainNameValid(label, false));
        expect(isDomainNameValid(text, false)).toBe(expected);
        expect(isDomainNameValid(`.${text}`, true)).toBe(expected);
      }),
    );
  });
});
