/** OBJECT IDENTIFIERs: X.690 8.19, and the widths of arcs that Go reads. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../src/errors.ts";
import { toHex } from "../src/bytes.ts";
import { DerReader } from "../src/der/reader.ts";
import { MAX_ARC_BITS, encodeOid, oidToText, readOid } from "../src/oid.ts";
import { fault, refusal } from "./support/fault.ts";
import { hex, join, oid, seq, tlv } from "./support/tlv.ts";

/** Reads one identifier inside of a SEQUENCE as dotted text. */
function read(encoding: Uint8Array, arcBits?: number): string {
  const reader = new DerReader(seq(encoding));
  const outer = reader.open(0x30, "algorithm");
  readOid(reader, "id", arcBits);
  const text = oidToText(reader.bytes, reader.start, reader.position);
  reader.finish(outer);
  return text;
}

describe("dotted text and DER", () => {
  test.for([
    ["0.0", "00"],
    ["0.39", "27"],
    ["1.0", "28"],
    ["1.39", "4f"],
    ["2.0", "50"],
    ["2.39", "77"],
    ["2.47", "7f"],
    ["2.48", "8100"],
    ["2.999", "8837"],
    ["2.5.4.3", "550403"],
    ["1.2.840.113549.1.1.11", "2a864886f70d01010b"],
    ["1.3.6.1.4.1.57683.2", "2b0601040183c25302"],
    ["2.5.29.37.0", "551d2500"],
    ["1.2.127.128.16383.16384", "2a7f8100ff7f818000"],
    ["1.2.2147483647", "2a87ffffff7f"],
  ] as const)("%s is %s", ([text, contents]) => {
    expect(toHex(encodeOid(text))).toBe(contents);
    expect(read(tlv(0x06, hex(contents)))).toBe(text);
  });

  test.for([
    ["2.25.329800735698586629295641978511506172918", "a UUID, X.667"],
    ["1.2.340282366920938463463374607431768211455", "2^128 - 1"],
    ["1.2.9007199254740991", "2^53 - 1"],
    ["1.2.9007199254740993", "2^53 + 1, which a number cannot hold"],
    ["2.9007199254740993", "2^53 + 1 in the first subidentifier"],
    ["1.2.4294967315", "19 + 2^32, which is not 19"],
  ])("%s keeps its arcs exact (%s)", ([text]) => {
    expect(toHex(encodeOid(text!))).toBe(toHex(oid(text!).subarray(2)));
    expect(read(oid(text!), MAX_ARC_BITS)).toBe(text);
    expect(fault(() => read(oid(text!)))).toEqual({
      code: "ERR_DER_OID_ARC",
      offset: oid(text!).length + 2,
      path: "algorithm.id",
    });
  });
});

describe("malformed contents", () => {
  test.for<[string, Uint8Array, ErrorCode, number?]>([
    ["no contents", hex("06 00"), "ERR_DER_OID"],
    ["80 in front of the first subidentifier (8.19.2)", hex("06 03 80 55 04"), "ERR_DER_OID"],
    ["80 in front of a later one", hex("06 04 55 04 80 03"), "ERR_DER_OID"],
    ["80 and nothing else", hex("06 01 80"), "ERR_DER_OID"],
    ["the last subidentifier is cut", hex("06 03 55 04 83"), "ERR_DER_OID"],
    ["the only subidentifier is cut", hex("06 01 aa"), "ERR_DER_OID"],
    ["65 octets", tlv(0x06, new Uint8Array(65).fill(1)), "ERR_DER_OID"],
    ["60,000 octets", tlv(0x06, new Uint8Array(60_000).fill(1)), "ERR_DER_OID"],
    ["an arc of 32 bits", hex("06 06 2a 88 80 80 80 00"), "ERR_DER_OID_ARC"],
    ["a first subidentifier of 32 bits", hex("06 05 88 80 80 80 00"), "ERR_DER_OID_ARC"],
    ["an arc of 36 bits", hex("06 07 2a 81 80 80 80 80 00"), "ERR_DER_OID_ARC"],
    ["RELATIVE-OID", hex("0d 03 55 04 03"), "ERR_DER_UNEXPECTED_TAG", 2],
    ["the constructed form", hex("26 05 06 03 55 04 03"), "ERR_DER_UNEXPECTED_TAG", 2],
    ["one octet less than promised", hex("06 03 55 04"), "ERR_DER_TRUNCATED", 2],
  ])("%s", ([, encoding, code, offset]) => {
    const reading = () => read(encoding);
    const start = encoding.length > 129 ? 4 : 2;
    expect(fault(reading)).toEqual({ code, offset: offset ?? encoding.length + start, path: "algorithm.id" });
  });

  test("129 bits are refused where 128 are read", () => {
    const wide = tlv(0x06, hex("2a"), hex(`84${"80".repeat(17)}00`)); // 1 and 128 zeros
    expect(fault(() => read(wide, MAX_ARC_BITS)).code).toBe("ERR_DER_OID_ARC");
  });

  test("64 octets are read", () => {
    expect(read(tlv(0x06, new Uint8Array(64).fill(1)))).toBe(`0.1${".1".repeat(63)}`);
  });
});

describe("texts that are no identifier", () => {
  test.for([
    "",
    "2",
    "2.",
    ".5",
    "2..5",
    "2.5.",
    "3.1",
    "0.40",
    "1.40",
    "01.2",
    "2.05",
    "2.5.00",
    "2.-5",
    "2.+5",
    "2.5e3",
    "2.0x5",
    "2.5.4.3 ",
    " 2.5",
    "2.5\n",
    "2,5",
    "2.五",
    "2.٥",
    "commonName",
    "__proto__",
    `1.2${".1".repeat(64)}`,
    `1.2.${"9".repeat(2000)}`,
  ])("%j", (text) => {
    expect(fault(() => encodeOid(text))).toEqual({ code: "ERR_DER_OID" });
  });

  test("an arc of more than 128 bits has its own code", () => {
    for (const text of [`1.2.${2n ** 128n}`, `2.${2n ** 128n}`, `1.2.${"9".repeat(300)}`]) {
      expect(fault(() => encodeOid(text))).toEqual({ code: "ERR_DER_OID_ARC" });
    }
  });

  test("a message shows at most 64 characters of the text", () => {
    expect(refusal(() => encodeOid("x".repeat(100_000))).message.length).toBeLessThan(150);
  });
});

describe("laws", () => {
  const arc = (bits: number) =>
    fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }));
  const dotted = (bits: number, count: number) =>
    fc
      .tuple(
        fc.oneof(
          fc.tuple(fc.constantFrom(0n, 1n), fc.bigInt({ min: 0n, max: 39n })),
          fc.tuple(fc.constant(2n), fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 81n })),
        ),
        fc.array(arc(bits), { maxLength: count }),
      )
      .map(([[root, second], rest]) => [root, second, ...rest].join("."));

  test("read(encode(text)) = text for arcs up to 31 bits, as Go reads them", () => {
    fc.assert(
      fc.property(dotted(31, 8), (text) => {
        expect(encodeOid(text)).toEqual(oid(text).subarray(2));
        expect(read(oid(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test("read(encode(text)) = text for arcs up to 128 bits", () => {
    fc.assert(
      fc.property(dotted(128, 2), (text) => {
        expect(read(tlv(0x06, encodeOid(text)), MAX_ARC_BITS)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test("encode(read(der)) = der for any contents that are read, and the rest are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 70 }), (contents) => {
        const encoding = tlv(0x06, contents);
        let text: string | undefined;
        try {
          text = read(encoding, MAX_ARC_BITS);
        } catch {
          expect(fault(() => read(encoding, MAX_ARC_BITS)).code).toMatch(/^ERR_DER_OID(_ARC)?$/);
        }
        if (text !== undefined) expect(encodeOid(text)).toEqual(new Uint8Array(contents));
      }),
      { numRuns: 1000 },
    );
  });

  test("different contents have different texts", () => {
    const contents = fc.uint8Array({ minLength: 1, maxLength: 4 }).map((bytes) => {
      bytes[bytes.length - 1]! &= 0x7f;
      return join(bytes);
    });
    fc.assert(
      fc.property(contents, contents, (a, b) => {
        let same: boolean;
        try {
          same = read(tlv(0x06, a)) === read(tlv(0x06, b));
        } catch {
          return; // one of the two is refused
        }
        expect(same).toBe(toHex(a) === toHex(b));
      }),
    );
  });
});
