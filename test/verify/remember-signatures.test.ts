import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rememberSignatures } from "../../src/verify/remember-signatures.ts";

type Parts = readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const bytes = fc.uint8Array({ maxLength: 4 });
const parts = fc.tuple(bytes, bytes, bytes, bytes);

describe("a verifier that remembers", () => {
  test("answers as the other does, whatever was asked before, in whatever parts the same bytes are", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(parts, fc.nat(2)), { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        (asked, size) => {
          // Good is what has a long key: so some answers differ although the bytes together are the same.
          const verify = (key: Uint8Array, ...rest: unknown[]): boolean =>
            key.length > 1 && rest.length === 4;
          const remembering = rememberSignatures(verify, size);
          for (const [[key, algorithm, signature, data], bits] of asked)
            expect(remembering(key, algorithm, signature, data, { minimumRsaBits: 1024 + bits })).toBe(
              key.length > 1,
            );
        },
      ),
    );
  });

  test("asks again for what was bad, for other options, and for what was forgotten; not for what was good", () => {
    const asked: string[] = [];
    const verify = (key: Uint8Array): boolean => {
      asked.push(key.join());
      return key[0] === 1;
    };
    const remembering = rememberSignatures(verify, 2);
    const ask = (first: number, options = {}): boolean => {
      const one = Uint8Array.of(first, 0);
      return remembering(one, one, one, one, options);
    };
    expect([ask(1), ask(1), ask(0), ask(0)]).toEqual([true, true, false, false]);
    expect(asked).toHaveLength(3);
    ask(1, { minimumRsaBits: 1024 });
    expect(asked).toHaveLength(4);
    const other: Parts = [Uint8Array.of(1, 9), new Uint8Array(), new Uint8Array(), new Uint8Array()];
    remembering(...other, {});
    ask(1); // the oldest of three was forgotten
    expect(asked).toHaveLength(6);
  });

  test("remembers what a promise says, and neither refusals nor errors", async () => {
    let calls = 0;
    const remembering = rememberSignatures(async (key: Uint8Array) => {
      calls++;
      if (key[0] === 2) throw new Error("no key");
      return key[0] === 1;
    });
    const ask = (first: number) => {
      const one = Uint8Array.of(first);
      return remembering(one, one, one, one, {});
    };
    expect(await ask(1)).toBe(true);
    expect(ask(1)).toBe(true);
    expect([await ask(0), await ask(0)]).toEqual([false, false]);
    await expect(Promise.resolve(ask(2))).rejects.toThrow("no key");
    await expect(Promise.resolve(ask(2))).rejects.toThrow("no key");
    expect(calls).toBe(5);
  });
});
