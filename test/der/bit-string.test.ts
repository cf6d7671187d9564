/** X.690 clauses 8.6 and 11.2. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { readBitString, readNamedBits } from "../../src/der/bit-string.ts";
import { DerReader, type Mode } from "../../src/der/reader.ts";
import { DerWriter } from "../../src/der/writer.ts";
import { contextPrimitive } from "../../src/der/tag.ts";
import { fault } from "../support/fault.ts";
import { bits, hex, seq } from "../support/tlv.ts";

function readerIn(encoding: Uint8Array, mode: Mode = "safe"): DerReader {
  const reader = new DerReader(seq(encoding), { mode });
  reader.open(0x30, "list");
  return reader;
}

describe("malformed bit strings, which Go refuses too", () => {
  test.for<[string, string, ErrorCode, number]>([
    ["no contents (8.6.2.2)", "03 00", "ERR_DER_BIT_STRING", 4],
    ["8 unused bits", "03 02 08 00", "ERR_DER_BIT_STRING", 6],
    ["255 unused bits", "03 02 ff 00", "ERR_DER_BIT_STRING", 6],
    ["unused bits of no octets (8.6.2.3)", "03 01 01", "ERR_DER_BIT_STRING", 5],
    ["an unused bit that is set (11.2.1)", "03 02 01 01", "ERR_DER_BIT_STRING", 6],
    ["the highest of seven unused bits set", "03 02 07 c0", "ERR_DER_BIT_STRING", 6],
    ["the constructed form (10.2)", "23 04 03 02 00 00", "ERR_DER_UNEXPECTED_TAG", 2],
    ["an OCTET STRING", "04 02 00 00", "ERR_DER_UNEXPECTED_TAG", 2],
    ["one octet less than promised", "03 02 00", "ERR_DER_TRUNCATED", 2],
  ])("%s", ([, encoding, code, offset]) => {
    for (const mode of ["safe", "kubernetes"] as const) {
      for (const read of [readBitString, readNamedBits]) {
        const reading = () => read(readerIn(hex(encoding), mode), "bits");
        expect(fault(reading)).toEqual({ code, offset, path: "list.bits" });
      }
    }
  });
});

describe("bit strings", () => {
  test("the bits are without the first octet", () => {
    const reader = readerIn(bits(hex("ab c0"), 6));
    expect(readBitString(reader, "bits")).toBe(6);
    expect([...reader.contents()]).toEqual([0xab, 0xc0]);
  });

  test("no bits at all", () => {
    const reader = readerIn(bits(hex("")));
    expect([readBitString(reader, "bits"), reader.contents().length]).toEqual([0, 0]);
  });

  test("takes the tag of an implicitly tagged BIT STRING", () => {
    const reader = readerIn(hex("81 02 07 80"));
    expect(readNamedBits(reader, "reasons", contextPrimitive(1))).toBe(1);
  });

  test("write(read(der)) = der, and unused bits that are set are refused", () => {
    const unusedBits = fc.integer({ min: 0, max: 7 });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), unusedBits, (content, unused) => {
        const encoding = bits(content, unused);
        const clean = (content.at(-1)! & ((1 << unused) - 1)) === 0;
        const reader = new DerReader(encoding);
        if (!clean) {
          expect(fault(() => readBitString(reader, "bits")).code).toBe("ERR_DER_BIT_STRING");
          return;
        }
        const writer = new DerWriter();
        const found = readBitString(reader, "bits");
        writer.bitString(reader.contents(), found);
        expect(writer.finish()).toEqual(encoding);
      }),
    );
  });
});

describe("named bit lists", () => {
  test.for<[string, string, number]>([
    ["none", "03 01 00", 0],
    ["digitalSignature", "03 02 07 80", 0b1],
    ["keyCertSign, cRLSign", "03 02 01 06", 0b110_0000],
    ["decipherOnly", "03 03 07 00 80", 0b1_0000_0000],
    ["bit 23", "03 04 00 00 00 01", 1 << 23],
  ])("%s", ([, encoding, expected]) => {
    expect(readNamedBits(new DerReader(hex(encoding)), "usage")).toBe(expected);
  });

  test.for<[string, string, number]>([
    ["a zero bit at the end", "03 02 06 80", 0b1],
    ["a whole octet of zeros at the end", "03 03 00 80 00", 0b1],
    ["one zero bit and nothing else", "03 02 07 00", 0],
    ["bit 0 and bit 31, which no list has", "03 05 00 80 00 00 01", 0b1],
  ])("%s is refused; Go reads it", ([, encoding, expected]) => {
    const offset = hex(encoding).length + 2;
    expect(fault(() => readNamedBits(readerIn(hex(encoding)), "usage"))).toEqual({
      code: "ERR_DER_NAMED_BITS",
      offset,
      path: "list.usage",
    });
    const reader = readerIn(hex(encoding), "kubernetes");
    expect(readNamedBits(reader, "usage")).toBe(expected);
    expect(reader.deviations.map(({ code }) => code)).toEqual(["ERR_DER_NAMED_BITS"]);
  });

  test("read(write(x)) = x for every set of the bits 0 to 8, and for any of 24", () => {
    const again = (value: number) => {
      const writer = new DerWriter();
      writer.namedBits(value);
      return readNamedBits(new DerReader(writer.finish()), "usage");
    };
    for (let value = 0; value < 512; value++) expect(again(value)).toBe(value);
    fc.assert(
      fc.property(fc.nat({ max: 0xff_ffff }), (value) => {
        expect(again(value)).toBe(value);
      }),
    );
  });
});
