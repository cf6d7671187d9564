/** X.690 clause 8.3. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { readInteger, readPositiveInteger, readSmallInteger } from "../../src/der/integer.ts";
import { DerReader, type Label } from "../../src/der/reader.ts";
import { DerWriter } from "../../src/der/writer.ts";
import { contextPrimitive } from "../../src/der/tag.ts";
import { fault } from "../support/fault.ts";
import { hex, int, seq, tlv } from "../support/tlv.ts";

/** Reads one INTEGER inside of a SEQUENCE, and nothing after it. */
function readIn<T>(encoding: Uint8Array, read: (reader: DerReader, label: Label) => T): T {
  const reader = new DerReader(seq(encoding));
  const outer = reader.open(0x30, "list");
  const value = read(reader, "number");
  reader.finish(outer);
  return value;
}

const value = (encoding: Uint8Array) =>
  readIn(encoding, (reader, label) => {
    readInteger(reader, label);
    return BigInt.asIntN(
      reader.contents().length * 8,
      BigInt(`0x${Buffer.from(reader.contents()).toString("hex")}`),
    );
  });

describe("malformed integers", () => {
  test.for<[string, string, ErrorCode, number]>([
    ["no contents (8.3.1)", "02 00", "ERR_DER_INTEGER", 4],
    ["a zero in front of a positive number (8.3.2)", "02 02 00 7f", "ERR_DER_INTEGER", 6],
    ["two zeros", "02 02 00 00", "ERR_DER_INTEGER", 6],
    ["FF in front of a negative number", "02 02 ff 80", "ERR_DER_INTEGER", 6],
    ["FF FF", "02 02 ff ff", "ERR_DER_INTEGER", 6],
    ["another type", "0a 01 05", "ERR_DER_UNEXPECTED_TAG", 2],
    ["the constructed form", "22 03 02 01 05", "ERR_DER_UNEXPECTED_TAG", 2],
    ["one octet less than promised", "02 02 05", "ERR_DER_TRUNCATED", 2],
  ])("%s", ([, encoding, code, offset]) => {
    for (const read of [readInteger, readPositiveInteger, readSmallInteger]) {
      expect(fault(() => readIn<unknown>(hex(encoding), read))).toEqual({
        code,
        offset,
        path: "list.number",
      });
    }
  });

  test.for<[string, string]>([
    ["zero", "02 01 00"],
    ["minus one", "02 01 ff"],
    ["minus 128", "02 01 80"],
    ["minus 129", "02 02 ff 7f"],
  ])("%s is not above zero", ([, encoding]) => {
    const read = () => readIn(hex(encoding), readPositiveInteger);
    expect(fault(read).code).toBe("ERR_DER_INTEGER");
  });

  test.for<[string, string]>([
    ["minus one", "02 01 ff"],
    ["2^53", "02 07 20 00 00 00 00 00 00"],
    ["2^53 + 1", "02 07 20 00 00 00 00 00 01"],
    ["2^63 - 1", "02 08 7f ff ff ff ff ff ff ff"],
    ["2^64, whose low octets are zero", "02 09 01 00 00 00 00 00 00 00 00"],
  ])("%s is no small integer", ([, encoding]) => {
    expect(fault(() => readIn(hex(encoding), readSmallInteger)).code).toBe("ERR_DER_INTEGER");
  });

  test("an INTEGER of 60,000 octets is no small integer, and no number is made of it", () => {
    const huge = tlv(0x02, new Uint8Array(60_000).fill(0x7f));
    expect(fault(() => readIn(huge, readSmallInteger)).code).toBe("ERR_DER_INTEGER");
  });
});

describe("well-formed integers", () => {
  test.for([
    0n,
    1n,
    127n,
    128n,
    255n,
    256n,
    32_767n,
    32_768n,
    -1n,
    -128n,
    -129n,
    -32_768n,
    -32_769n,
    2n ** 160n,
  ])("%s is read in two's complement", (number) => {
    expect(value(int(number))).toBe(number);
  });

  test("2^53 - 1 is the largest small integer", () => {
    expect(readIn(int(Number.MAX_SAFE_INTEGER), readSmallInteger)).toBe(Number.MAX_SAFE_INTEGER);
  });

  test("takes the tag of an implicitly tagged INTEGER, and then no other", () => {
    const tagged = (reader: DerReader, label: Label) => readSmallInteger(reader, label, contextPrimitive(0));
    expect(readIn(hex("80 01 05"), tagged)).toBe(5);
    expect(fault(() => readIn(hex("02 01 05"), tagged)).code).toBe("ERR_DER_UNEXPECTED_TAG");
  });
});

describe("laws", () => {
  test("every integer in its shortest form is read, and one octet more is refused", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (number) => {
        const encoding = int(number);
        expect(value(encoding)).toBe(number);
        const padded = tlv(0x02, Uint8Array.of(number < 0n ? 0xff : 0), encoding.subarray(2));
        expect(fault(() => value(padded)).code).toBe("ERR_DER_INTEGER");
      }),
    );
  });

  test("read(write(x)) = x for small integers", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (number) => {
        const writer = new DerWriter();
        writer.smallInteger(number);
        expect(readIn(writer.finish(), readSmallInteger)).toBe(number);
      }),
    );
  });

  test("write(read(der)) = der for magnitudes", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 2048n }), (number) => {
        const encoding = int(number);
        const reader = new DerReader(encoding);
        readInteger(reader, "number");
        const writer = new DerWriter();
        writer.unsignedInteger(reader.contents());
        expect(writer.finish()).toEqual(encoding);
      }),
    );
  });

  test("any contents are one integer or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (contents) => {
        const encoding = tlv(0x02, contents);
        let again: Uint8Array | undefined;
        try {
          again = int(value(encoding));
        } catch {
          expect(fault(() => value(encoding)).code).toBe("ERR_DER_INTEGER");
        }
        if (again) expect(again).toEqual(encoding);
      }),
      { numRuns: 1000 },
    );
  });
});
