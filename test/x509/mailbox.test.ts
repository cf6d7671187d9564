import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isMailboxValid, parseMailbox } from "../../src/x509/mailbox.ts";

// Text and Go's local part and domain.
const table: [string, string?, string?][] = [
  ["foo@example.com", "foo", "example.com"],
  ["Foo@Example.COM", "Foo", "Example.COM"],
  ["foo@", "foo", ""],
  ["foo.bar@a", "foo.bar", "a"],
  ["!#$%&'*+-/=?^_`{|}~1@a", "!#$%&'*+-/=?^_`{|}~1", "a"],
  ['"a b"@a', "a b", "a"],
  ['""@a', "", "a"],
  ['"a@b"@c', "a@b", "c"],
  ['"a..b."@c', "a..b.", "c"],
  ['"\\"\\\\"@a', '"\\', "a"],
  ['"\\\t"@a', "\t", "a"],
  ["a\\@b@c", "a@b", "c"],
  ["\\\0@c", "\0", "c"],
  ["a\\\\b@c", "a\\b", "c"],
  ["a\\.@c"],
  ['"\t"@a'],
  ['"\n"@a'],
  ['"\\\n"@a'],
  ['"\\\0"@a'],
  ['"a'],
  ['"a"'],
  ['"a"b@c'],
  ['a"b"@c'],
  [""],
  ["a"],
  ["@a"],
  [".a@b"],
  ["a.@b"],
  ["a..b@c"],
  ["a b@c"],
  ["a(b)@c"],
  ["a@b c"],
  ["a@.b"],
  ["a@b."],
  ["a@b..c"],
  ["ü@b"],
  ["\\ü@b"],
  ["a\\"],
  ["a@b@c", "a", "b@c"],
];

describe("mailboxes", () => {
  test.each(table)("%j is read as Go does", (text, local, domain) => {
    expect(parseMailbox(text)).toEqual(local === undefined ? undefined : { local, domain });
    expect(isMailboxValid(text)).toBe(local !== undefined);
  });

  test("a quoted local part gives back what was quoted", () => {
    const local = fc.string({
      unit: fc
        .integer({ min: 1, max: 126 })
        .filter((c) => c !== 10 && c !== 13)
        .map((c) => String.fromCharCode(c)),
    });
    fc.assert(
      fc.property(local, (text) => {
        const quoted = [...text].map((character) => `\\${character}`).join("");
        expect(parseMailbox(`"${quoted}"@a`)).toEqual({ local: text, domain: "a" });
      }),
    );
  });

  test("the time is linear in the text", () => {
    for (const part of ["\\a", "a", ".", "a.", '"', "@"])
      for (const before of ["", '"', "a@"]) {
        const start = performance.now();
        parseMailbox(before + part.repeat(300_000));
        expect(performance.now() - start).toBeLessThan(1000);
      }
  });
});
