import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GeneralName } from "../../src/x509/general-name-values.ts";
import {
  constrainedNames,
  findConstraintViolation,
  MAX_CONSTRAINT_COMPARISONS,
} from "../../src/x509/name-constraints-match.ts";
import type { Name } from "../../src/x509/name.ts";

type Kind = "dns" | "email" | "uri" | "ip";
const of = (type: Kind, ...values: string[]): GeneralName[] => values.map((value) => ({ type, value }));

/** `CN=a+O=b,O=c` with C, O and CN as types; what is compared needs no DER. */
function directoryName(text: string): GeneralName {
  const types: Record<string, string> = { CN: "2.5.4.3", O: "2.5.4.10", E: "1.2.840.113549.1.9.1" };
  const rdns =
    text === ""
      ? []
      : text.split(",").map((rdn) =>
          rdn.split("+").map((attribute) => {
            const [type, value] = attribute.split("=") as [string, string];
            return { type: types[type]!, value, tag: 12 };
          }),
        );
  return { type: "directoryName", name: { der: new Uint8Array(), rdns } };
}

function check(
  permitted: readonly GeneralName[],
  excluded: readonly GeneralName[],
  ...names: GeneralName[]
): string {
  const budget = { remaining: MAX_CONSTRAINT_COMPARISONS };
  return findConstraintViolation({ permitted, excluded }, names, budget)?.reason ?? "ok";
}

// Kind, permitted, excluded, name, verdict. What Go decides otherwise is said in the rows' comments.
const table: [Kind, string[], string[], string, string][] = [
  ["dns", ["example.com"], [], "example.com", "ok"],
  ["dns", ["example.com"], [], "a.b.example.com", "ok"],
  ["dns", ["example.com"], [], "badexample.com", "not-permitted"],
  ["dns", ["example.com"], [], "com", "not-permitted"],
  ["dns", ["EXAMPLE.com"], [], "a.example.COM", "ok"],
  ["dns", [".example.com"], [], "example.com", "not-permitted"],
  ["dns", [".example.com"], [], "a.example.com", "ok"],
  ["dns", [".example.com"], [], "a.b.example.com", "ok"],
  ["dns", [""], [], "a.example", "ok"],
  ["dns", [], [""], "a.example", "excluded"],
  ["dns", [], ["example.com"], "a.example.com", "excluded"],
  ["dns", [], ["example.com"], "EXAMPLE.com", "excluded"],
  ["dns", [], [".example.com"], "example.com", "ok"],
  ["dns", [], ["example.com"], "example.org", "ok"],
  ["dns", [], ["example.com"], "com", "ok"],
  ["dns", ["example.com"], ["bad.example.com"], "x.bad.example.com", "excluded"],
  ["dns", ["example.com"], ["bad.example.com"], "good.example.com", "ok"],
  ["dns", ["a.org", "b.org"], [], "x.b.org", "ok"],
  // Wildcards: CVE-2025-61727.
  ["dns", ["example.com"], [], "*.example.com", "ok"],
  ["dns", [".example.com"], [], "*.example.com", "ok"],
  ["dns", ["a.example.com"], [], "*.example.com", "not-permitted"],
  ["dns", ["*.example.com"], [], "a.example.com", "not-permitted"],
  ["dns", [], ["a.example.com"], "*.example.com", "excluded"],
  ["dns", [], ["A.example.com"], "*.EXAMPLE.com", "excluded"],
  ["dns", [], ["b.a.example.com"], "*.example.com", "ok"],
  ["dns", [], ["com"], "*.example.org", "ok"],
  ["dns", [], ["com"], "*.example.com", "excluded"],
  ["dns", [], ["a.example.com"], "x.*.example.com", "ok"],
  ["dns", [], ["a.example.com"], "*", "ok"],
  // Malformed names, also where no constraint is on their kind.
  ["dns", [""], [], "a.example.com.", "unmatchable"],
  ["dns", [""], [], "a b", "unmatchable"],
  ["dns", [""], [], "a\0b", "unmatchable"],
  ["dns", [""], [], "a..b", "unmatchable"],
  ["dns", [], ["b"], ".a", "unmatchable"],
  ["dns", [], [], "a..b", "unmatchable"],
  ["dns", [], ["b"], "", "unmatchable"], // Go lets it pass: nothing matches it.
  ["dns", [], ["b"], "\u212A.b", "unmatchable"],
  ["email", ["example.com"], [], "a@example.com", "ok"],
  ["email", ["example.com"], [], "a@b.example.com", "ok"],
  ["email", [".example.com"], [], "a@b.example.com", "ok"],
  ["email", [".example.com"], [], "a@example.com", "not-permitted"],
  ["email", ["a@example.com"], [], "a@example.com", "ok"],
  ["email", ["a@example.com"], [], "a@EXAMPLE.com", "ok"],
  ["email", ["a@example.com"], [], "A@example.com", "not-permitted"],
  ["email", ["a@example.com"], [], "b@example.com", "not-permitted"],
  ["email", ["a@example.com", "a@example.org"], [], "a@example.com", "ok"], // CVE-2026-27137
  ["email", ["a@example.com", "a@example.org"], [], "a@example.org", "ok"],
  ["email", ["a@example.com", "example.org"], [], "b@example.org", "ok"],
  ["email", ["a@example.com"], [], '"a"@example.com', "ok"],
  ["email", [], ["a@b"], '"a"@b', "excluded"],
  ["email", [], ["a@b@c"], '"a@b"@c', "ok"],
  ["email", [], ["example.com"], "a@x.example.com", "excluded"],
  ["email", [""], [], "a@b", "ok"],
  ["email", [], [""], "a@b", "excluded"],
  ["email", ["example.com"], [], "nobody", "unmatchable"],
  ["email", [], ["a@b"], "a@", "unmatchable"],
  ["email", ["a..b@c"], [], "a@c", "unmatchable"],
  ["uri", ["example.com"], [], "spiffe://example.com/x", "ok"],
  ["uri", ["example.com"], [], "spiffe://a.example.com/x", "ok"],
  ["uri", [".example.com"], [], "spiffe://a.example.com/x", "ok"],
  ["uri", ["example.com"], [], "spiffe://example.org/x", "not-permitted"],
  ["uri", ["example.com"], [], "https://u:p@EXAMPLE.com:443/x", "ok"],
  ["uri", ["example.com"], [], "https://example.com@example.org/", "not-permitted"],
  ["uri", [], ["example.com"], "spiffe://example.com/x", "excluded"],
  ["uri", [], ["example.com"], "https://example.com:443", "excluded"],
  ["uri", [], ["example.com"], "https://10.0.0.1/x", "unmatchable"],
  ["uri", [], ["example.com"], "https://10.0.0.1:443/x", "unmatchable"],
  ["uri", [], ["example.com"], "https://[::1]/x", "unmatchable"],
  ["uri", [], ["example.com"], "https://[::1]:443/x", "unmatchable"],
  ["uri", [], ["example.com"], "https://[fe80::1%25a.example.org]/x", "unmatchable"],
  ["uri", [], ["example.com"], "spiffe://a:b:2/", "unmatchable"],
  ["uri", [], ["example.com"], "spiffe://a]b:80/", "unmatchable"],
  ["uri", [], ["example.com"], "spiffe://:80/", "unmatchable"],
  ["uri", [], ["example.com"], "mailto:a@example.org", "unmatchable"],
  ["uri", [], [], "urn:x:y", "unmatchable"],
  ["ip", ["10.0.0.0/8"], [], "10.1.2.3", "ok"],
  ["ip", ["10.0.0.0/8"], [], "11.1.2.3", "not-permitted"],
  ["ip", ["10.0.0.0/8", "11.1.0.0/16"], [], "11.1.2.3", "ok"],
  ["ip", ["10.1.2.3/32"], [], "10.1.2.3", "ok"],
  ["ip", ["10.1.2.2/31"], [], "10.1.2.4", "not-permitted"],
  ["ip", ["10.128.0.0/9"], [], "10.127.0.0", "not-permitted"],
  ["ip", ["10.128.0.0/9"], [], "10.129.0.0", "ok"],
  ["ip", [], ["10.0.0.0/8"], "10.1.2.3", "excluded"],
  ["ip", [], ["10.0.0.0/8"], "fd00::1", "ok"],
  ["ip", ["10.0.0.0/8"], [], "fd00::1", "not-permitted"],
  ["ip", ["0.0.0.0/0"], [], "1.2.3.4", "ok"],
  ["ip", [], ["::/0"], "fd00::1", "excluded"],
  ["ip", ["fd00::/8"], [], "fd12::1", "ok"],
  ["ip", ["fd00::/128"], [], "fd00::", "ok"],
  // Go takes a mapped address for IPv6 here and for IPv4 when it verifies a host.
  ["ip", [], ["10.0.0.0/8"], "::ffff:10.0.0.1", "unmatchable"],
  ["ip", ["::/0"], [], "::ffff:10.0.0.1", "unmatchable"],
  ["ip", ["::ffff:0.0.0.0/96"], [], "10.0.0.1", "unmatchable"],
  ["ip", ["10.1.2.3/8"], [], "10.1.2.3", "unmatchable"],
  ["ip", ["10.0.0.0/8"], [], "10.0.1", "unmatchable"],
];

describe("name constraints", () => {
  test.each(table)("%s: permitted %j, excluded %j, %j is %s", (kind, permitted, excluded, name, verdict) => {
    expect(check(of(kind, ...permitted), of(kind, ...excluded), ...of(kind, name))).toBe(verdict);
  });

  // Of other kinds than its own a constraint says nothing.
  test.each([
    [of("dns", "a"), of("ip", "10.0.0.1")],
    [of("ip", "10.0.0.0/8"), of("dns", "b")],
    [of("email", "a"), of("uri", "s://b")],
    [of("uri", "a"), of("email", "x@b")],
    [of("ip", "10.1.2.3/8"), of("dns", "b")],
  ])("%j does not speak of %j", (subtrees, names) => {
    expect(check(subtrees, [], ...names)).toBe("ok");
    expect(check([], subtrees, ...names)).toBe("ok");
  });

  test.each<[string[], string[], string, string]>([
    [["O=a"], [], "O=a", "ok"],
    [["O=a"], [], "O=a,CN=b", "ok"],
    [["O=a"], [], "O=b,CN=b", "not-permitted"],
    [["O=a"], [], "CN=b,O=a", "not-permitted"],
    [["O=a"], [], "O=ab", "not-permitted"],
    [["O=a"], [], "O=A", "not-permitted"],
    [["O=a"], [], "O= a", "not-permitted"],
    [["O=a"], [], "O=a+CN=b", "not-permitted"],
    [["O=a+CN=b"], [], "CN=b+O=a,O=c", "ok"],
    [["O=a,O=b"], [], "O=a", "not-permitted"],
    [["O=a", "O=b"], [], "O=b,O=c", "ok"],
    [[""], [], "O=a", "ok"],
    [[], [""], "O=a", "excluded"],
    [[], ["O=system:masters"], "O=system:masters,CN=a", "excluded"],
    [[], ["O=system:masters"], "O= System:Masters ,CN=a", "excluded"],
    [[], ["O=system:masters"], "O=ｓystem:masters", "excluded"],
    [[], ["O=a  b"], "O=a b", "excluded"],
    [[], ["O=a"], "CN=b,O=a", "ok"],
    [["O=a"], ["O=a,O=b"], "O=a,O=b,CN=c", "excluded"],
  ])("directory names: permitted %j, excluded %j, %j is %s", (permitted, excluded, name, verdict) => {
    expect(check(permitted.map(directoryName), excluded.map(directoryName), directoryName(name))).toBe(
      verdict,
    );
  });

  test("a constraint of a kind that cannot be compared refuses the names of that kind, and no others", () => {
    const other: GeneralName = { type: "otherName", typeId: "1.2.3", der: new Uint8Array([5, 0]) };
    const id: GeneralName = { type: "registeredId", value: "1.2.3" };
    expect(check([other], [], other)).toBe("unmatchable");
    expect(check([], [id], id)).toBe("unmatchable");
    expect(check([id], [], other, ...of("dns", "a"))).toBe("ok");
    expect(check(of("dns", "a"), [], other, id)).toBe("ok");
  });

  test("every name counts, and the first one at fault is named", () => {
    const budget = { remaining: 100 };
    const names = [...of("ip", "1.2.3.4"), ...of("dns", "a.example", "x.example.com", "b.example")];
    const constraints = { permitted: of("dns", "example"), excluded: of("dns", "example.com") };
    expect(findConstraintViolation(constraints, names, budget)).toEqual({
      name: names[2],
      reason: "not-permitted",
      message: 'DNS name "x.example.com" is not permitted by any constraint',
    });
    expect(findConstraintViolation({ permitted: [], excluded: constraints.excluded }, names, budget)).toEqual(
      {
        name: names[2],
        constraint: constraints.excluded[0],
        reason: "excluded",
        message: 'DNS name "x.example.com" is excluded by constraint "example.com"',
      },
    );
  });

  test("messages show control characters escaped, and little of a long name", () => {
    const message = (name: GeneralName): string =>
      findConstraintViolation({ permitted: [], excluded: [] }, [name], { remaining: 9 })!.message;
    expect(message(of("dns", "a\nb")[0]!)).toBe('DNS name "a\\u{a}b" cannot be compared with constraints');
    expect(message(of("dns", `${"a".repeat(5000)}.`)[0]!).length).toBeLessThan(150);
    const permitted = [directoryName("O=a")];
    expect(
      findConstraintViolation({ permitted, excluded: [] }, [directoryName("O=b+CN=c,CN=d")], {
        remaining: 9,
      })!.message,
    ).toBe('directory name "2.5.4.10=b+2.5.4.3=c,2.5.4.3=d" is not permitted by any constraint');
  });

  test("ten thousand names under a thousand constraints stay within the budget: a name costs the same under a thousand as under ten", () => {
    const numbered = (count: number, suffix: string): GeneralName[] =>
      of("dns", ...Array.from({ length: count }, (_, i) => `n${i}.${suffix}`));
    const cost = (names: number, constraints: number): number => {
      const budget = { remaining: MAX_CONSTRAINT_COMPARISONS };
      const excluded = numbered(constraints, "example.org");
      const permitted = of("dns", "example.com");
      const found = findConstraintViolation({ permitted, excluded }, numbered(names, "example.com"), budget);
      expect(found).toBeUndefined();
      return MAX_CONSTRAINT_COMPARISONS - budget.remaining;
    };
    const many = cost(10_000, 1000);
    expect(many).toBeGreaterThanOrEqual(10_000);
    expect(many).toBeLessThanOrEqual(10 * cost(1000, 1000));
    expect(many - cost(1000, 1000)).toBe(cost(10_000, 10) - cost(1000, 10));
  });

  test("comparisons are counted over all calls, and none is made beyond the budget", () => {
    const budget = { remaining: 5 };
    const constraints = { permitted: of("dns", "a"), excluded: [] };
    const reasons = Array.from(
      { length: 4 },
      () => findConstraintViolation(constraints, of("dns", "a"), budget)?.reason,
    );
    expect(reasons).toEqual([undefined, undefined, "budget", "budget"]);
    expect(findConstraintViolation(constraints, of("dns", "a"), { remaining: Number.NaN })?.reason).toBe(
      "budget",
    );
  });

  test("4,000 names under 4,000 constraints take no longer than an eye blinks", () => {
    const values = Array.from({ length: 4000 }, (_, i) => i);
    const subtrees = [
      ...of("dns", ...values.map((i) => `a${i}.example`)),
      ...of("ip", ...values.map((i) => `10.${i >> 8}.${i & 255}.0/24`)),
    ];
    const names = [
      ...of("dns", ...values.map((i) => `x.a${i}.example`)),
      ...of("ip", ...values.map((i) => `10.${i >> 8}.${i & 255}.7`)),
    ];
    const start = performance.now();
    expect(check(subtrees, [], ...names)).toBe("ok");
    expect(performance.now() - start).toBeLessThan(500);
  });

  test("a name of 30,000 labels costs what its length costs", () => {
    const sizes = Array.from({ length: 300 }, (_, i) => "a.".repeat(i) + "b");
    const start = performance.now();
    expect(check([], of("dns", ...sizes), ...of("dns", `${"a.".repeat(30_000)}c`))).toBe("ok");
    expect(performance.now() - start).toBeLessThan(500);
  });

  test("for DNS names the verdict is that of comparing labels one by one", () => {
    const domain = fc
      .array(fc.constantFrom("a", "b", "*", "A"), { minLength: 1, maxLength: 4 })
      .map((labels) => labels.join("."));
    const subtree = fc.oneof(
      domain,
      domain.map((text) => `.${text}`),
      fc.constant(""),
    );
    const isWithin = (name: string, base: string): boolean =>
      base === "" || name === base || name.endsWith(base.startsWith(".") ? base : `.${base}`);
    const reaches = (name: string, base: string): boolean =>
      name.startsWith("*") &&
      base.includes(".") &&
      name.slice(name.indexOf(".")) === base.slice(base.indexOf("."));
    fc.assert(
      fc.property(
        fc.array(subtree, { maxLength: 3 }),
        fc.array(subtree, { maxLength: 3 }),
        domain,
        (permitted, excluded, name) => {
          const lower = name.toLowerCase();
          const bases = (list: string[]): string[] => list.map((text) => text.toLowerCase());
          const out = permitted.length > 0 && !bases(permitted).some((base) => isWithin(lower, base));
          const bad = bases(excluded).some(
            (base) => isWithin(lower, base) || (lower.includes(".") && reaches(lower, base)),
          );
          const verdict = out ? "not-permitted" : bad ? "excluded" : "ok";
          expect(check(of("dns", ...permitted), of("dns", ...excluded), ...of("dns", name))).toBe(verdict);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("names that constraints apply to", () => {
  const subject = (text: string): Name => (directoryName(text) as { name: Name }).name;

  test("are the alternative names and the subject, unless it is empty", () => {
    const names = of("dns", "a");
    expect(constrainedNames(subject("CN=x"), names)).toEqual([...names, directoryName("CN=x")]);
    expect(constrainedNames(subject(""), names)).toEqual(names);
    expect(constrainedNames(subject(""))).toEqual([]);
  });

  test("are the subject's e-mail addresses only without alternative names", () => {
    expect(constrainedNames(subject("CN=x,E=a@b"))).toContainEqual({ type: "email", value: "a@b" });
    expect(constrainedNames(subject("CN=x,E=a@b"), of("dns", "a"))).not.toContainEqual({
      type: "email",
      value: "a@b",
    });
  });
});
