import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawSerialNumber, parseSerialNumber } from "../../src/issue/serial-number.ts";
import { fault } from "../support/fault.ts";
import { hex } from "./fixtures.ts";

describe("drawn serial numbers", () => {
  test("are positive, at most 20 octets long, and all different", () => {
    const drawn = Array.from({ length: 1000 }, () => drawSerialNumber());
    for (const serial of drawn) {
      expect(serial.length).toBeLessThanOrEqual(20);
      expect(serial[0]).toBeGreaterThan(0);
      if (serial.length === 20) expect(serial[0]).toBeLessThan(0x80);
    }
    expect(new Set(drawn.map(hex)).size).toBe(1000);
  });

  test("have 159 random bits: each is set about as often as not", () => {
    const ones = Array.from({ length: 160 }, () => 0);
    for (let n = 0; n < 2000; n++) {
      const serial = drawSerialNumber();
      const padded = new Uint8Array(20);
      padded.set(serial, 20 - serial.length);
      padded.forEach((octet, i) => {
        for (let bit = 0; bit < 8; bit++) ones[i * 8 + bit]! += (octet >> (7 - bit)) & 1;
      });
    }
    expect(ones[0]).toBe(0); // the sign
    // Nine standard deviations (22) on either side: a sound source fails once in 10^16 runs.
    for (const count of ones.slice(1)) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });

  test("come from the source that is given, without zeros in front", () => {
    expect(hex(drawSerialNumber((bytes) => bytes.fill(0xff)))).toBe(`7f${"ff".repeat(19)}`);
    const small = drawSerialNumber((bytes) => (bytes.fill(0), bytes.fill(0x80, 2, 3), bytes));
    expect(hex(small)).toBe(`80${"00".repeat(17)}`);
    expect(() => drawSerialNumber((bytes) => bytes.fill(0))).toThrow(TypeError);
  });
});

describe("given serial numbers", () => {
  test("are read as hex, and keep their value", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 159n - 1n }), (value) => {
        expect(BigInt(`0x${hex(parseSerialNumber(value.toString(16)))}`)).toBe(value);
      }),
    );
    expect(hex(parseSerialNumber("0aBc"))).toBe("0abc");
    expect(hex(parseSerialNumber("f"))).toBe("0f");
  });

  test.each(["", "0", "0000", "-1", "0x1", "g", "80".repeat(20), "1".repeat(41)])("%o is refused", (text) => {
    expect(fault(() => parseSerialNumber(text))).toMatchObject({
      code: "ERR_TEMPLATE_SERIAL_NUMBER",
      path: "serialNumber",
    });
  });
});
