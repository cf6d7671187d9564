/** The string types of names: X.680 41, RFC 5280 4.1.2.4, and Go's crypto/x509 `parseASN1String`. */
import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DerReader, type Mode } from "../../src/der/reader.ts";
import { checkString, decodeString } from "../../src/der/strings.ts";
import {
  BMP_STRING,
  IA5_STRING,
  NUMERIC_STRING,
  PRINTABLE_STRING,
  TELETEX_STRING,
  UTF8_STRING,
} from "../../src/der/tag.ts";
import { DerWriter } from "../../src/der/writer.ts";
import { fault } from "../support/fault.ts";
import {
  bmp,
  hex,
  ia5,
  int,
  join,
  latin1,
  numeric,
  octets,
  printable,
  t61,
  tlv,
  utf8,
} from "../support/tlv.ts";

/** The text of a string; undefined for what is no string type. */
function read(encoding: Uint8Array, mode: Mode = "safe"): string | undefined {
  const reader = new DerReader(encoding, { mode });
  const tag = reader.readAny("value");
  if (!checkString(reader, tag, "value")) return undefined;
  reader.end();
  return decodeString(reader.bytes, reader.start, reader.position, tag);
}

const bmpUnits = (...units: number[]) =>
  tlv(BMP_STRING, Uint8Array.from(units.flatMap((u) => [u >> 8, u & 255])));

describe("strings that both modes read alike", () => {
  test.for<[string, Uint8Array, string]>([
    ["UTF8String", utf8("grüße 世界 😀"), "grüße 世界 😀"],
    ["UTF8String with NUL and control characters", utf8("admin\0evil\r\n\u007f"), "admin\0evil\r\n\u007f"],
    ["UTF8String with a byte order mark, which is kept", utf8("\ufeffadmin"), "\ufeffadmin"],
    ["UTF8String with a non-character", utf8("\uffff"), "\uffff"],
    ["UTF8String that is not normalised", utf8("e\u0301"), "e\u0301"],
    ["empty UTF8String", utf8(""), ""],
    ["PrintableString", printable("Az09 '()+,-./:=?"), "Az09 '()+,-./:=?"],
    ["PrintableString with the tolerated * and &", printable("*&"), "*&"],
    ["PrintableString with spaces around", printable(" u "), " u "],
    ["IA5String with NUL and @", ia5("a\0b@c"), "a\0b@c"],
    ["NumericString", numeric("12 3"), "12 3"],
    ["TeletexString of ASCII", t61("cafe"), "cafe"],
    ["BMPString", bmp("bob"), "bob"],
    ["BMPString beyond Latin-1", bmp("世界"), "世界"],
    ["BMPString with NUL inside", bmp("a\0b"), "a\0b"],
    ["empty BMPString", bmp(""), ""],
  ])("%s", ([, encoding, text]) => {
    expect(read(encoding)).toBe(text);
    expect(read(encoding, "kubernetes")).toBe(text);
  });
});

describe("strings that Go reads and safe mode refuses", () => {
  test.for<[string, Uint8Array, string]>([
    ["TeletexString above 7F, as Latin-1", t61("caf\xe9"), "café"],
    ["TeletexString of 80 to 9F, as C1 controls", t61("\x80\x9f"), "\x80\x9f"],
    ["long TeletexString above 7F", t61(`${"x".repeat(500)}\xff`), `${"x".repeat(500)}ÿ`],
    ["BMPString with a NUL at its end, which is cut off", bmp("bob\0"), "bob"],
    ["BMPString with two, of which one is cut off", bmp("bob\0\0"), "bob\0"],
    ["BMPString of a NUL", bmp("\0"), ""],
  ])("%s", ([, encoding, text]) => {
    const place = { offset: encoding.length, path: "value" };
    expect(fault(() => read(encoding))).toEqual({ code: "ERR_DER_STRING", ...place });
    expect(read(encoding, "kubernetes")).toBe(text);
    const reader = new DerReader(encoding, { mode: "kubernetes" });
    checkString(reader, reader.readAny("value"), "value");
    expect(reader.deviations.map(({ code }) => code)).toEqual(["ERR_DER_STRING"]);
  });
});

describe("strings that both modes refuse", () => {
  test.for<[string, Uint8Array]>([
    ["UTF8String: a lone continuation octet", tlv(12, hex("80"))],
    ["UTF8String: cut within a character", tlv(12, hex("61 e2 82"))],
    ["UTF8String: overlong slash", tlv(12, hex("c0 af"))],
    ["UTF8String: overlong NUL", tlv(12, hex("c0 80"))],
    ["UTF8String: a surrogate", tlv(12, hex("ed a0 80"))],
    ["UTF8String: a pair of surrogates (CESU-8)", tlv(12, hex("ed a0 bd ed b8 80"))],
    ["UTF8String: above 10FFFF", tlv(12, hex("f4 90 80 80"))],
    ["UTF8String: Latin-1", tlv(12, latin1("caf\xe9"))],
    ["UTF8String: octet FF", tlv(12, hex("ff"))],
    ["PrintableString: NUL", printable("a\0")],
    ["PrintableString: _", printable("a_b")],
    ["PrintableString: @", printable("a@b")],
    ["PrintableString: !", printable("!")],
    ["PrintableString: #", printable("#")],
    ["PrintableString: ;", printable(";")],
    ["PrintableString: quotation mark", printable('"')],
    ["PrintableString: above 7F", printable("\xe9")],
    ["IA5String: above 7F", ia5("caf\xe9")],
    ["NumericString: a letter", numeric("12a")],
    ["NumericString: a hyphen", numeric("1-2")],
    ["BMPString: odd number of octets", tlv(30, hex("00 62 00"))],
    ["BMPString: high surrogate", bmpUnits(0xd800)],
    ["BMPString: a pair of surrogates", bmpUnits(0xd83d, 0xde00)],
    ["BMPString: FFFE", bmpUnits(0xfffe)],
    ["BMPString: FFFF", bmpUnits(0xffff)],
    ["BMPString: FDD0", bmpUnits(0xfdd0)],
    ["BMPString: a surrogate in front of a NUL at the end", bmpUnits(0xd800, 0)],
  ])("%s", ([, encoding]) => {
    for (const mode of ["safe", "kubernetes"] as const) {
      expect(fault(() => read(encoding, mode))).toEqual({
        code: "ERR_DER_STRING",
        offset: encoding.length,
        path: "value",
      });
    }
  });

  test("an error says the octet and shows no more of the text", () => {
    expect(() => read(printable("secret_"))).toThrow(
      "a PrintableString cannot have octet 95 (value, offset 9)",
    );
  });
});

describe("what is no string type, as in Go", () => {
  test.for<[string, Uint8Array]>([
    ["VisibleString", tlv(26, latin1("u"))],
    ["GeneralString", tlv(27, latin1("u"))],
    ["UniversalString", tlv(28, hex("00 00 00 75"))],
    ["GraphicString", tlv(25, latin1("u"))],
    ["VideotexString", tlv(21, latin1("u"))],
    ["CHARACTER STRING", tlv(29, latin1("u"))],
    ["INTEGER", int(5)],
    ["OCTET STRING", octets(latin1("u"))],
    ["constructed UTF8String", tlv(0x2c, utf8("u"))],
    ["[12], which is UTF8String's number in another class", tlv(0x8c, latin1("u"))],
  ])("%s", ([, encoding]) => {
    expect(read(encoding)).toBeUndefined();
    expect(read(encoding, "kubernetes")).toBeUndefined();
  });
});

describe("alphabets, octet by octet", () => {
  const everyOctet = Array.from({ length: 256 }, (_, octet) => octet);
  const readable = (tag: number, mode: Mode) =>
    everyOctet.filter((octet) => {
      try {
        return read(tlv(tag, Uint8Array.of(octet)), mode) === String.fromCharCode(octet);
      } catch {
        return false;
      }
    });
  const codesOf = (text: string) =>
    [...text].map((character) => character.charCodeAt(0)).sort((a, b) => a - b);
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const ascii = everyOctet.slice(0, 128);

  test.for<[string, number, number[], number[]]>([
    ["UTF8String", UTF8_STRING, ascii, ascii],
    ["IA5String", IA5_STRING, ascii, ascii],
    ["NumericString", NUMERIC_STRING, codesOf("0123456789 "), codesOf("0123456789 ")],
    ["TeletexString", TELETEX_STRING, ascii, everyOctet],
  ])("%s", ([, tag, safe, kubernetes]) => {
    expect(readable(tag, "safe")).toEqual(safe);
    expect(readable(tag, "kubernetes")).toEqual(kubernetes);
  });

  test("PrintableString", () => {
    const alphabet = codesOf(`${letters}${letters.toUpperCase()}0123456789 '()+,-./:=?*&`);
    expect(readable(PRINTABLE_STRING, "safe")).toEqual(alphabet);
    expect(readable(PRINTABLE_STRING, "kubernetes")).toEqual(alphabet);
  });

  test("BMPString reads all 65,536 units but the surrogates and 34 non-characters", () => {
    const refused: number[] = [];
    for (let unit = 0; unit < 0x1_0000; unit++) {
      try {
        if (read(bmpUnits(unit, 0x61)) !== `${String.fromCharCode(unit)}a`) refused.push(-unit);
      } catch {
        refused.push(unit);
      }
    }
    const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
    expect(refused).toEqual([...range(0xd800, 0xdfff), ...range(0xfdd0, 0xfdef), 0xfffe, 0xffff]);
  });
});

describe("laws", () => {
  test("read(write(x)) = x for any well-formed text", () => {
    const text = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.string({ maxLength: 300 }));
    fc.assert(
      fc.property(text, (value) => {
        const writer = new DerWriter();
        writer.text(UTF8_STRING, value);
        expect(read(writer.finish())).toBe(value);
      }),
      { numRuns: 500 },
    );
  });

  test("octets are a UTF8String exactly if Node takes them for UTF-8", () => {
    const lead = fc.constantFrom(0x61, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff);
    const pieces = fc.array(fc.oneof(lead, fc.integer({ min: 0x80, max: 0xbf })), { maxLength: 8 });
    fc.assert(
      fc.property(pieces, (list) => {
        const content = Uint8Array.from(list);
        const reading = () => read(tlv(UTF8_STRING, content));
        if (isUtf8(content)) expect(reading()).toBe(Buffer.from(content).toString("utf8"));
        else expect(fault(reading).code).toBe("ERR_DER_STRING");
      }),
      { numRuns: 2000 },
    );
  });

  test("length makes no difference: 0 to 300 characters of each type, at any offset", () => {
    for (let count = 0; count <= 300; count++) {
      const text = Array.from({ length: count }, (_, i) => String.fromCharCode(0x61 + (i % 26))).join("");
      for (const encoding of [utf8(text), printable(text), ia5(text), t61(text), bmp(text)]) {
        const reader = new DerReader(join(hex("05 00"), encoding, hex("05 00")));
        reader.readAny("before");
        const tag = reader.readAny("value");
        expect(checkString(reader, tag, "value")).toBe(true);
        expect(decodeString(reader.bytes, reader.start, reader.position, tag)).toBe(text);
      }
    }
  });

  test("a string of 60,000 characters is one string, with or without a character beyond ASCII", () => {
    const text = "x".repeat(60_000);
    expect([read(utf8(text)), read(utf8(`${text}é`))]).toEqual([text, `${text}é`]);
  });

  test("any element is a string, no string, or refused", () => {
    const tag = fc.constantFrom(
      UTF8_STRING,
      PRINTABLE_STRING,
      IA5_STRING,
      NUMERIC_STRING,
      TELETEX_STRING,
      BMP_STRING,
    );
    fc.assert(
      fc.property(tag, fc.uint8Array({ maxLength: 65_536, size: "max" }), (identifier, content) => {
        const reading = () => read(tlv(identifier, content), "kubernetes");
        let text: string | undefined;
        try {
          text = reading();
        } catch {
          expect(fault(reading).code).toBe("ERR_DER_STRING");
        }
        if (text !== undefined) expect(text.length).toBeLessThanOrEqual(content.length);
      }),
    );
  });
});
