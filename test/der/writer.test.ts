/** What is written is DER: X.690 clauses 8, 10 and 11, octet by octet. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { INTEGER, OCTET_STRING, SEQUENCE, SET, UTF8_STRING, contextPrimitive } from "../../src/der/tag.ts";
import { DerReader } from "../../src/der/reader.ts";
import { DerWriter } from "../../src/der/writer.ts";
import { toHex } from "../../src/bytes.ts";
import { encodeOid } from "../../src/oid.ts";
import { fault } from "../support/fault.ts";
import { bits, hex, int, join, octets, oid, seq, set, utf8 } from "../support/tlv.ts";

/** Hexadecimal of what the function writes. */
function written(write: (writer: DerWriter) => void): string {
  const writer = new DerWriter();
  write(writer);
  return toHex(writer.finish());
}

describe("each primitive has its one DER form", () => {
  test.for<[string, (writer: DerWriter) => void, string]>([
    ["TRUE (11.1)", (w) => w.boolean(true), "0101ff"],
    ["FALSE", (w) => w.boolean(false), "010100"],
    ["NULL (8.8)", (w) => w.null(), "0500"],
    ["INTEGER 0 (8.3)", (w) => w.smallInteger(0), "020100"],
    ["INTEGER 127", (w) => w.smallInteger(127), "02017f"],
    ["INTEGER 128, with an octet for the sign", (w) => w.smallInteger(128), "02020080"],
    ["INTEGER 256", (w) => w.smallInteger(256), "02020100"],
    ["INTEGER 2^53 - 1", (w) => w.smallInteger(Number.MAX_SAFE_INTEGER), "02071fffffffffffff"],
    ["ENUMERATED 1", (w) => w.smallInteger(1, 0x0a), "0a0101"],
    ["an unsigned INTEGER without octets", (w) => w.unsignedInteger(hex("")), "020100"],
    ["an unsigned INTEGER of zeros", (w) => w.unsignedInteger(hex("00 00")), "020100"],
    ["an unsigned INTEGER with zeros in front", (w) => w.unsignedInteger(hex("00 00 7f")), "02017f"],
    ["an unsigned INTEGER whose first bit is set", (w) => w.unsignedInteger(hex("80 00")), "0203008000"],
    ["an OCTET STRING", (w) => w.octetString(hex("01 02")), "04020102"],
    ["an implicitly tagged OCTET STRING", (w) => w.octetString(hex("01"), contextPrimitive(0)), "800101"],
    ["a BIT STRING (8.6)", (w) => w.bitString(hex("aa")), "030200aa"],
    ["a BIT STRING with 4 unused bits", (w) => w.bitString(hex("a0"), 4), "030204a0"],
    ["an empty BIT STRING", (w) => w.bitString(hex("")), "030100"],
    ["named bits, none (11.2.2)", (w) => w.namedBits(0), "030100"],
    ["named bit 0", (w) => w.namedBits(1), "03020780"],
    ["named bits 0 and 2", (w) => w.namedBits(0b101), "030205a0"],
    ["named bit 7", (w) => w.namedBits(1 << 7), "03020001"],
    ["named bit 8", (w) => w.namedBits(1 << 8), "0303070080"],
    ["named bit 23", (w) => w.namedBits(1 << 23), "030400000001"],
    ["an OBJECT IDENTIFIER (8.19)", (w) => w.oid(encodeOid("2.5.4.3")), "0603550403"],
    ["ASCII text", (w) => w.text(UTF8_STRING, "ab"), "0c026162"],
    ["text beyond ASCII as UTF-8", (w) => w.text(UTF8_STRING, "é😀"), "0c06c3a9f09f9880"],
    ["a DirectoryString of printable characters", (w) => w.directoryString("A-b 1?"), "1306412d6220313f"],
    ["a DirectoryString with an asterisk", (w) => w.directoryString("a*"), "0c02612a"],
    ["a DirectoryString with an ampersand", (w) => w.directoryString("a&"), "0c026126"],
    ["a DirectoryString with an at sign", (w) => w.directoryString("a@b"), "0c03614062"],
    ["a DirectoryString beyond ASCII", (w) => w.directoryString("aé"), "0c0361c3a9"],
    ["an empty DirectoryString", (w) => w.directoryString(""), "1300"],
    ["empty text", (w) => w.text(UTF8_STRING, ""), "0c00"],
    ["the last second of UTCTime", (w) => w.time(2_524_607_999), "170d3439313233313233353935395a"],
    ["the next second", (w) => w.time(2_524_608_000), "180f32303530303130313030303030305a"],
    ["the second before UTCTime", (w) => w.time(-631_152_001), "180f31393439313233313233353935395a"],
  ])("%s", ([, write, expected]) => {
    expect(written(write)).toBe(expected);
  });

  test.for([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])(
    "takes %d for a mistake in the program, not for a small integer",
    (value) => {
      expect(() => new DerWriter().smallInteger(value)).toThrow(TypeError);
    },
  );

  test.for([0.5, Number.NaN, 253_402_300_800, -62_167_219_201])(
    "takes %d for a mistake in the program, not for a time",
    (value) => {
      expect(() => new DerWriter().time(value)).toThrow(TypeError);
    },
  );

  test("refuses text that UTF-8 cannot say, instead of writing another text", () => {
    for (const text of ["\ud800", "a\udc00b", "\udc00\ud800", `${"x".repeat(300)}\udfff`]) {
      expect(fault(() => new DerWriter().text(UTF8_STRING, text))).toEqual({ code: "ERR_DER_STRING" });
      expect(fault(() => new DerWriter().directoryString(text))).toEqual({ code: "ERR_DER_STRING" });
    }
  });
});

describe("length octets are as few as possible (X.690 10.1)", () => {
  test.for([
    [0, "0400"],
    [127, "047f"],
    [128, "048180"],
    [255, "0481ff"],
    [256, "04820100"],
    [65_535, "0482ffff"],
    [65_536, "0483010000"],
    [16_777_216, "048401000000"],
  ] as const)("%i octets", ([count, header]) => {
    const writer = new DerWriter();
    writer.octetString(new Uint8Array(count));
    const encoding = writer.finish();
    expect(toHex(encoding, 0, header.length / 2)).toBe(header);
    expect(encoding.length).toBe(header.length / 2 + count);
  });
});

describe("SET OF is in ascending order (X.690 11.6)", () => {
  const setOf = (...elements: Uint8Array[]) => written((writer) => writer.setOf(elements));

  test("length before content, and the tag before both", () => {
    expect(setOf(utf8("b"), utf8("aa"), int(5))).toBe(toHex(set(int(5), utf8("b"), utf8("aa"))));
  });

  test("octets are unsigned", () => {
    expect(setOf(octets(hex("80")), octets(hex("7f")))).toBe(
      toHex(set(octets(hex("7f")), octets(hex("80")))),
    );
  });

  test("repeated elements are kept", () => {
    expect(setOf(int(1), int(1))).toBe(toHex(set(int(1), int(1))));
  });

  test("no elements, and another tag than SET", () => {
    expect(written((writer) => writer.setOf([], 0xa0))).toBe("a000");
  });

  test("does not change the list it is given", () => {
    const elements = [int(2), int(1)];
    new DerWriter().setOf(elements);
    expect(elements).toEqual([int(2), int(1)]);
  });

  test("elements that were written one after the other are put in order in their place, whatever stands behind", () => {
    const list = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(list, fc.uint8Array({ maxLength: 20 }), (contents, behind) => {
        const writer = new DerWriter(1);
        writer.raw(behind);
        const ends = contents.map((content) => {
          const end = writer.mark();
          writer.octetString(content);
          return end;
        });
        writer.closeSetOf(ends);
        const expected = setOf(...contents.map((content) => octets(content)));
        expect(toHex(writer.finish())).toBe(expected + toHex(behind));
      }),
    );
  });

  test("the order of the list makes no difference", () => {
    const list = fc.array(fc.uint8Array({ maxLength: 4 }), { maxLength: 8 });
    fc.assert(
      fc.property(list, (contents) => {
        const elements = contents.map((content) => octets(content));
        const sorted = elements.map((element) => toHex(element)).sort();
        expect(setOf(...elements)).toBe(toHex(set(...sorted.map(hex))));
      }),
    );
  });
});

describe("the buffer", () => {
  test("is looked at without a copy, and copied at the end", () => {
    const writer = new DerWriter();
    writer.smallInteger(5);
    const [view, copy] = [writer.view(), writer.finish()];
    expect(toHex(view)).toBe("020105");
    writer.reset();
    writer.smallInteger(6);
    expect(toHex(view)).toBe("020106");
    expect(toHex(copy)).toBe("020105");
  });

  const write = (writer: DerWriter) => {
    const outer = writer.mark();
    const inner = writer.mark();
    writer.text(UTF8_STRING, "é".repeat(100));
    writer.oid(encodeOid("1.2.3"));
    writer.close(SEQUENCE, inner);
    writer.raw(octets(hex("00")));
    writer.element(INTEGER, hex("05"));
    writer.close(SEQUENCE, outer);
  };
  const expected = seq(int(5), octets(hex("00")), seq(oid("1.2.3"), utf8("é".repeat(100))));

  test.for([0, 1, 7, 512, 4096])("grows from any capacity: %i", (capacity) => {
    const writer = new DerWriter(capacity);
    write(writer);
    expect(writer.finish()).toEqual(expected);
  });

  test("can be used again after reset, and what was finished stays as it was", () => {
    const writer = new DerWriter();
    write(writer);
    const first = writer.finish();
    writer.reset();
    expect(writer.finish()).toEqual(new Uint8Array(0));
    writer.boolean(true);
    expect([toHex(writer.finish()), first]).toEqual(["0101ff", expected]);
  });
});

describe("laws", () => {
  test("read(write(x)) = x for elements of any tag and content", () => {
    const tag = fc.constantFrom(INTEGER, OCTET_STRING, SEQUENCE, SET, contextPrimitive(30));
    fc.assert(
      fc.property(tag, fc.uint8Array({ maxLength: 600 }), (identifier, content) => {
        const writer = new DerWriter(1);
        writer.element(identifier, content);
        const reader = new DerReader(writer.finish());
        reader.read(identifier, "x");
        reader.end();
        expect(reader.contents()).toEqual(new Uint8Array(content));
      }),
    );
  });

  test("agrees with an encoder written apart from it", () => {
    const value = fc.record({
      bytes: fc.uint8Array({ maxLength: 300 }),
      text: fc.string({ unit: "binary", maxLength: 100 }),
      number: fc.maxSafeNat(),
    });
    fc.assert(
      fc.property(value, ({ bytes, text, number }) => {
        const writer = new DerWriter();
        const end = writer.mark();
        writer.bitString(bytes);
        writer.text(UTF8_STRING, text);
        writer.smallInteger(number);
        writer.close(SEQUENCE, end);
        expect(writer.finish()).toEqual(join(seq(int(number), utf8(text), bits(bytes))));
      }),
    );
  });
});
