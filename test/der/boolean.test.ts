/** X.690 clauses 8.2 and 11.1 (BOOLEAN), 11.5 (DEFAULT) and 8.8 (NULL). */
import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { readBoolean, readDefaultFalse, readNull } from "../../src/der/boolean.ts";
import { DerReader, type Mode } from "../../src/der/reader.ts";
import { DerWriter } from "../../src/der/writer.ts";
import { fault } from "../support/fault.ts";
import { bool, hex, seq } from "../support/tlv.ts";

function readerIn(encoding: Uint8Array, mode: Mode = "safe"): DerReader {
  const reader = new DerReader(seq(encoding), { mode });
  reader.open(0x30, "list");
  return reader;
}

describe("BOOLEAN", () => {
  test.for<[string, string, ErrorCode, number]>([
    ["no contents", "01 00", "ERR_DER_BOOLEAN", 4],
    ["two octets", "01 02 ff ff", "ERR_DER_BOOLEAN", 6],
    ["01, which BER takes for TRUE", "01 01 01", "ERR_DER_BOOLEAN", 5],
    ["FE", "01 01 fe", "ERR_DER_BOOLEAN", 5],
    ["the constructed form", "21 03 01 01 ff", "ERR_DER_UNEXPECTED_TAG", 2],
    ["an INTEGER", "02 01 ff", "ERR_DER_UNEXPECTED_TAG", 2],
    ["no octet where one is promised", "01 01", "ERR_DER_TRUNCATED", 2],
  ])("refuses %s", ([, encoding, code, offset]) => {
    for (const mode of ["safe", "kubernetes"] as const) {
      const read = () => readBoolean(readerIn(hex(encoding), mode), "flag");
      expect(fault(read)).toEqual({ code, offset, path: "list.flag" });
    }
  });

  test("of the 256 octets only 00 and FF are read", () => {
    for (let octet = 0; octet < 256; octet++) {
      const read = () => readBoolean(readerIn(Uint8Array.of(1, 1, octet)), "flag");
      if (octet === 0 || octet === 255) expect(read()).toBe(octet === 255);
      else expect(fault(read).code).toBe("ERR_DER_BOOLEAN");
    }
  });

  test("read(write(x)) = x", () => {
    for (const value of [true, false]) {
      const writer = new DerWriter();
      writer.boolean(value);
      expect(readBoolean(new DerReader(writer.finish()), "flag")).toBe(value);
    }
  });
});

describe("BOOLEAN DEFAULT FALSE", () => {
  test("absent is FALSE and consumes nothing", () => {
    const reader = readerIn(hex("02 01 05"));
    expect([readDefaultFalse(reader, "flag"), reader.position]).toEqual([false, 2]);
    expect(readDefaultFalse(new DerReader(hex("")), "flag")).toBe(false);
  });

  test("TRUE is read", () => {
    expect(readDefaultFalse(readerIn(bool(true)), "flag")).toBe(true);
  });

  test("FALSE written out is refused, and noted where Go reads it", () => {
    expect(fault(() => readDefaultFalse(readerIn(bool(false)), "flag"))).toEqual({
      code: "ERR_DER_DEFAULT_ENCODED",
      offset: 5,
      path: "list.flag",
    });
    const reader = readerIn(bool(false), "kubernetes");
    expect(readDefaultFalse(reader, "flag")).toBe(false);
    expect(reader.deviations.map(({ code }) => code)).toEqual(["ERR_DER_DEFAULT_ENCODED"]);
  });

  test("a malformed BOOLEAN is refused in both modes", () => {
    for (const mode of ["safe", "kubernetes"] as const) {
      const read = () => readDefaultFalse(readerIn(hex("01 01 01"), mode), "flag");
      expect(fault(read).code).toBe("ERR_DER_BOOLEAN");
    }
  });
});

describe("NULL", () => {
  test("has no contents", () => {
    const reader = new DerReader(hex("05 00"));
    readNull(reader, "parameters");
    reader.end();
    expect(fault(() => readNull(readerIn(hex("05 01 00")), "parameters"))).toEqual({
      code: "ERR_DER_NULL",
      offset: 5,
      path: "list.parameters",
    });
  });

  test("is not the constructed form, and not another type", () => {
    for (const encoding of ["25 00", "04 00"]) {
      expect(fault(() => readNull(readerIn(hex(encoding)), "x")).code).toBe("ERR_DER_UNEXPECTED_TAG");
    }
  });
});
