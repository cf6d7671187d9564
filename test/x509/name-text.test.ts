import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeName, formatName, parseName } from "../../src/index.ts";
import type { AttributeTemplate } from "../../src/index.ts";

const text = (...rdns: AttributeTemplate[][]): string => formatName(parseName(encodeName(rdns)));
const cn = (value: string): AttributeTemplate => ({ type: "2.5.4.3", value });
const o = (value: string): AttributeTemplate => ({ type: "2.5.4.10", value });

describe("formatName", () => {
  test.for([
    ["plain", "jane", "CN = jane"],
    ["a colon and an at sign", "system:node:a@b", "CN = system:node:a@b"],
    ["letters of other scripts", "Jürgen 山田", "CN = Jürgen 山田"],
    ["nothing", "", 'CN = ""'],
    ["a space at an end", "jane ", 'CN = "jane "'],
    ["our own separator", "jane, CN = admin", 'CN = "jane, CN = admin"'],
    ["the sign between attributes of one SET", "a + O = b", 'CN = "a + O = b"'],
    ["quotes", '"jane"', 'CN = "\\"jane\\""'],
    ["a backslash", "a\\u{41}", 'CN = "a\\\\u{41}"'],
    ["an escape sequence", "\u001b[31mred", 'CN = "\\u{1b}[31mred"'],
    ["a line end", "a\nIssuer: b", 'CN = "a\\u{a}Issuer: b"'],
    ["a C1 control", "a\u009b31m", 'CN = "a\\u{9b}31m"'],
    ["a direction mark", "nimda\u202enimda", 'CN = "nimda\\u{202e}nimda"'],
    ["an isolate", "a\u2066b", 'CN = "a\\u{2066}b"'],
    ["a zero-width space", "ja\u200bne", 'CN = "ja\\u{200b}ne"'],
    ["a Hangul filler", "ja\u3164ne", 'CN = "ja\\u{3164}ne"'],
    ["a space that is none", "a\u00a0b", 'CN = "a\\u{a0}b"'],
    ["a tag character", "a\u{e0041}", 'CN = "a\\u{e0041}"'],
    ["a NUL", "a\0b", 'CN = "a\\u{0}b"'],
  ] as const)("shows a value with %s", ([, value, expected]) => {
    expect(text([cn(value)])).toBe(expected);
  });

  test("keeps the encoded order, and tells attributes of one SET from those of several", () => {
    expect(text([cn("a")], [o("b")])).toBe("CN = a, O = b");
    expect(text([o("b"), cn("a")])).toBe("CN = a + O = b");
  });

  test("gives a type without a name as dotted text, and an empty name as nothing", () => {
    expect(text([{ type: "1.2.3.4", value: "x" }])).toBe("1.2.3.4 = x");
    expect(text()).toBe("");
  });

  test("two names that differ in a value never read the same", () => {
    const value = fc.string({ unit: "grapheme", maxLength: 12 });
    const hostile = fc.constantFrom('", CN = x', "\\", '"', ", ", " + ", "\u202e", "\\u{202e}", "a");
    const values = fc.array(fc.oneof(value, hostile), { maxLength: 3 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(text(...a.map((v) => [cn(v)])) === text(...b.map((v) => [cn(v)]))).toBe(same);
      }),
    );
  });
});
