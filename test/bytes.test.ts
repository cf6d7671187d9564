import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes, concatBytes, equalBytes, fromHex, toHex } from "../src/bytes.ts";

const bytes = fc.uint8Array({ maxLength: 40 });
const small = fc
  .array(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), { maxLength: 4 })
  .map((list) => Uint8Array.from(list));

describe("equality", () => {
  test("is that of the octets, whatever array they lie in", () => {
    fc.assert(
      fc.property(small, small, (a, b) => {
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
      }),
    );
    const shared = Uint8Array.of(1, 2, 1, 2);
    expect(equalBytes(shared.subarray(0, 2), shared.subarray(2))).toBe(true);
  });

  test("one octet, one bit or one more makes a difference", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), (a, at) => {
        const changed = Uint8Array.from(a);
        changed[at % a.length]! ^= 1 << (at % 8);
        expect(equalBytes(a, changed)).toBe(false);
        expect(equalBytes(a, a.subarray(0, -1))).toBe(false);
        expect(equalBytes(a, Uint8Array.from(a))).toBe(true);
      }),
    );
  });
});

describe("order (X.690 11.6)", () => {
  test("is that of unsigned octets, the shorter first where one begins the other", () => {
    fc.assert(
      fc.property(small, small, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
      }),
    );
    expect(compareBytes(Uint8Array.of(0x7f), Uint8Array.of(0x80))).toBeLessThan(0);
    expect(compareBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBeLessThan(0);
  });

  test("is zero for equal arrays only", () => {
    fc.assert(
      fc.property(small, small, (a, b) => {
        expect(compareBytes(a, b) === 0).toBe(equalBytes(a, b));
      }),
    );
  });
});

describe("joining", () => {
  test("gives a new array of all octets in order", () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 5 }), (parts) => {
        expect([...concatBytes(...parts)]).toEqual(parts.flatMap((part) => [...part]));
      }),
    );
    const part = Uint8Array.of(1);
    const joined = concatBytes(part);
    part[0] = 2;
    expect([...joined]).toEqual([1]);
    expect(concatBytes().length).toBe(0);
  });
});

describe("hexadecimal", () => {
  test("is written as Node writes it, whole or in part", () => {
    fc.assert(
      fc.property(bytes, fc.nat({ max: 40 }), (array, start) => {
        expect(toHex(array)).toBe(Buffer.from(array).toString("hex"));
        expect(toHex(array, Math.min(start, array.length))).toBe(Buffer.from(array).toString("hex", start));
      }),
    );
    expect(toHex(Uint8Array.of(0, 1, 0x7f, 0x80, 0xff), 1, 4)).toBe("017f80");
  });

  test("read(write(x)) = x, in either case", () => {
    fc.assert(
      fc.property(bytes, (array) => {
        expect(fromHex(toHex(array))).toEqual(new Uint8Array(array));
        expect(fromHex(toHex(array).toUpperCase())).toEqual(new Uint8Array(array));
      }),
    );
  });

  test.for(["0", "abc", "0x", "g0", "a ", " a", "0\n", "٠٠", "-1", "\u212a0"])(
    "takes %j for a mistake in the program",
    (text) => {
      expect(() => fromHex(text)).toThrow(TypeError);
    },
  );
});
