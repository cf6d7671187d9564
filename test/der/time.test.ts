/** RFC 5280 4.1.2.5, X.690 11.7 and 11.8, and what Go's cryptobyte reads beyond them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { DerReader, type Mode } from "../../src/der/reader.ts";
import { formatTime, readTime } from "../../src/der/time.ts";
import { DerWriter } from "../../src/der/writer.ts";
import { fault } from "../support/fault.ts";
import { generalizedTime, hex, int, latin1, seq, tlv, utcTime } from "../support/tlv.ts";

function readerOf(encoding: Uint8Array, mode: Mode = "safe"): DerReader {
  return new DerReader(encoding, { mode, path: "validity" });
}
const read = (encoding: Uint8Array, mode?: Mode) => readTime(readerOf(encoding, mode), "notAfter");
const utc = (...fields: [number, number, ...number[]]) => Date.UTC(...fields) / 1000;

const first = utc(1950, 0);
const year2050 = utc(2050, 0);
const last = utc(9999, 11, 31, 23, 59, 59);

/** The form of RFC 5280, made of the fields that Date gives. */
function encodingOf(seconds: number): Uint8Array {
  const date = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const rest = [
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ].map(two);
  const year = String(date.getUTCFullYear()).padStart(4, "0");
  return seconds < year2050
    ? utcTime(`${year.slice(2)}${rest.join("")}Z`)
    : generalizedTime(`${year}${rest.join("")}Z`);
}

describe("every second from 1950 to 9999", () => {
  const second = fc.oneof(
    fc.integer({ min: first, max: last }),
    fc.integer({ min: first, max: year2050 + 10 }),
  );

  test("is read as Date.UTC computes it", () => {
    fc.assert(
      fc.property(second, (seconds) => {
        expect(read(encodingOf(seconds))).toBe(seconds);
      }),
      { numRuns: 5000 },
    );
  });

  test("read(write(x)) = x, and write(read(der)) = der", () => {
    fc.assert(
      fc.property(second, (seconds) => {
        const writer = new DerWriter();
        writer.time(seconds);
        const encoding = writer.finish();
        expect(encoding).toEqual(encodingOf(seconds));
        expect(read(encoding)).toBe(seconds);
      }),
      { numRuns: 1000 },
    );
  });

  test.for<[string, Uint8Array, number]>([
    ["the first of UTCTime", utcTime("500101000000Z"), first],
    ["the last of the 20th century", utcTime("991231235959Z"), utc(1999, 11, 31, 23, 59, 59)],
    ["the first of the 21st", utcTime("000101000000Z"), utc(2000, 0)],
    ["the last of UTCTime", utcTime("491231235959Z"), year2050 - 1],
    ["the first of GeneralizedTime", generalizedTime("20500101000000Z"), year2050],
    ["no well-defined expiration (4.1.2.5)", generalizedTime("99991231235959Z"), last],
    ["before UTCTime", generalizedTime("19491231235959Z"), first - 1],
    ["the year 0", generalizedTime("00000101000000Z"), -62_167_219_200],
  ])("%s", ([, encoding, seconds]) => {
    expect(read(encoding)).toBe(seconds);
    expect(formatTime(seconds).text).toBe(String.fromCharCode(...encoding.subarray(2)));
  });
});

describe("days", () => {
  const exists = (year: number, month: number, day: number) =>
    new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day && day > 0 && month > 0 && month < 13;

  test("of 14 months and 33 days in years of every kind, those that exist are read and the others refused", () => {
    for (const year of [1900, 1999, 2000, 2023, 2024, 2050, 2096, 2100, 2400, 9996]) {
      for (let month = 0; month < 14; month++) {
        for (let day = 0; day < 33; day++) {
          const two = (value: number) => String(value).padStart(2, "0");
          const reading = () => read(generalizedTime(`${year}${two(month)}${two(day)}120000Z`), "kubernetes");
          if (exists(year, month, day)) expect(reading()).toBe(utc(year, month - 1, day, 12));
          else expect(fault(reading).code).toBe("ERR_DER_TIME");
        }
      }
    }
  });
});

describe("malformed times, which Go refuses too", () => {
  test.for<[string, Uint8Array, ErrorCode?]>([
    ["29 February of a common year", utcTime("230229000000Z")],
    ["29 February 2100", generalizedTime("21000229000000Z")],
    ["31 April", utcTime("240431000000Z")],
    ["month 00", utcTime("240001000000Z")],
    ["month 13", utcTime("241301000000Z")],
    ["day 00", utcTime("240100000000Z")],
    ["day 32", utcTime("240132000000Z")],
    ["hour 24", utcTime("240101240000Z")],
    ["minute 60", utcTime("240101006000Z")],
    ["second 60, a leap second", utcTime("161231235960Z")],
    ["a fraction of a second", utcTime("240101000000.5Z")],
    ["a fraction in GeneralizedTime (11.7.2)", generalizedTime("20500101000000.5Z")],
    ["a comma fraction", generalizedTime("20500101000000,5Z")],
    ["no Z", utcTime("240101000000")],
    ["no Z in GeneralizedTime", generalizedTime("20500101000000")],
    ["a small z", utcTime("240101000000z")],
    ["two Z", utcTime("240101000000ZZ")],
    ["nothing", utcTime("")],
    ["nothing but Z", utcTime("Z")],
    ["a NUL after the Z", utcTime("240101000000Z\0")],
    ["a space in front of a digit", utcTime(" 40101000000Z")],
    ["a sign in front of the year", utcTime("+10101000000Z")],
    ["a minus in front of the year", utcTime("-10101000000Z")],
    ["a colon for a digit", utcTime("24010100000:Z")],
    ["a slash for a digit", utcTime("24010100000/Z")],
    ["digits of another script", tlv(0x17, latin1("24010100000"), hex("d9 a1"), latin1("Z"))],
    ["four digits of the year in UTCTime", utcTime("20240101000000Z")],
    ["two digits of the year in GeneralizedTime", generalizedTime("500101000000Z")],
    ["GeneralizedTime without seconds (11.7.1)", generalizedTime("205001010000Z")],
    ["GeneralizedTime without minutes", generalizedTime("2050010100Z")],
    ["a zone without minutes", utcTime("240101000000+01")],
    ["a zone with a colon", utcTime("240101000000+01:00")],
    ["a zone of +0000, which Go would have written as Z", utcTime("240101000000+0000")],
    ["a zone of -0000", utcTime("240101000000-0000")],
    ["a zone of 25 hours", utcTime("240101000000+2500")],
    ["a zone of 60 minutes", utcTime("240101000000+0060")],
    ["a zone with a letter", utcTime("240101000000+01O0")],
    ["a zone with another sign", utcTime("240101000000*0100")],
    ["a zone and a Z", utcTime("240101000000+0100Z")],
    ["29 February without seconds", utcTime("2302290000Z")],
    ["an INTEGER", int(1), "ERR_DER_UNEXPECTED_TAG"],
    ["the constructed form (10.2)", tlv(0x37, utcTime("240101000000Z")), "ERR_DER_UNEXPECTED_TAG"],
    ["one octet less than promised", utcTime("240101000000Z").subarray(0, -1), "ERR_DER_TRUNCATED"],
    ["nothing at all", hex(""), "ERR_DER_TRUNCATED"],
  ])("%s", ([, encoding, code = "ERR_DER_TIME"]) => {
    const offset = code === "ERR_DER_TIME" ? encoding.length : 0;
    for (const mode of ["safe", "kubernetes"] as const) {
      expect(fault(() => read(encoding, mode))).toEqual({ code, offset, path: "validity.notAfter" });
    }
  });

  test("each octet of a time, replaced by each of the other 255, is read as Date.UTC has it, or refused", () => {
    for (const encoding of [utcTime("240229112233Z"), generalizedTime("20520229112233Z")]) {
      for (let at = 2; at < encoding.length; at++) {
        for (let octet = 0; octet < 256; octet++) {
          const changed = Uint8Array.from(encoding);
          changed[at] = octet;
          expectCalendar(changed);
        }
      }
    }
  });
});

/** Reads digits in the plain way and lets Date say whether the moment exists. */
function expectCalendar(encoding: Uint8Array): void {
  const text = String.fromCharCode(...encoding.subarray(2));
  const match =
    /^(?<year>\d\d|\d{4})(?<month>\d\d)(?<day>\d\d)(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)Z$/.exec(text);
  const reading = () => read(encoding, "kubernetes");
  const fields = match && Object.values(match.groups!).map(Number);
  if (fields?.[0] !== undefined && text.length === 13) fields[0] += fields[0] < 50 ? 2000 : 1900;
  const date = new Date(0);
  if (fields) {
    date.setUTCFullYear(fields[0]!, fields[1]! - 1, fields[2]);
    date.setUTCHours(fields[3]!, fields[4], fields[5]);
  }
  const found = [
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ];
  if (fields && found.every((value, i) => value === fields[i + 1]))
    expect(reading()).toBe(date.getTime() / 1000);
  else expect(fault(reading).code).toBe("ERR_DER_TIME");
}

describe("what Go reads beyond RFC 5280 (cryptobyte ReadASN1UTCTime, ReadASN1GeneralizedTime)", () => {
  test.for<[string, Uint8Array, number]>([
    ["UTCTime without seconds", utcTime("2401011030Z"), utc(2024, 0, 1, 10, 30)],
    ["a zone east of UTC", utcTime("240101103000+0130"), utc(2024, 0, 1, 9)],
    ["a zone west of UTC", utcTime("240101103000-0130"), utc(2024, 0, 1, 12)],
    ["a zone and no seconds", utcTime("2401011030+0130"), utc(2024, 0, 1, 9)],
    ["a zone that leads into another year", utcTime("000101000000+0001"), utc(1999, 11, 31, 23, 59)],
    ["the widest zone", utcTime("240102235900+2459"), utc(2024, 0, 1, 23)],
    [
      "1950 to 1968, which Go's own pivot would put a century later",
      utcTime("680229000000-0100"),
      utc(1968, 1, 29, 1),
    ],
    ["GeneralizedTime with a zone", generalizedTime("20500101000000+0100"), year2050 - 3600],
    ["GeneralizedTime before 2050", generalizedTime("20240229000000Z"), utc(2024, 1, 29)],
    ["GeneralizedTime of 1950", generalizedTime("19500101000000Z"), first],
    ["GeneralizedTime of the last second of 2049", generalizedTime("20491231235959Z"), year2050 - 1],
  ])("%s is refused in safe mode, and read and noted in Kubernetes mode", ([, encoding, seconds]) => {
    expect(fault(() => read(encoding))).toEqual({
      code: "ERR_DER_TIME",
      offset: encoding.length,
      path: "validity.notAfter",
    });
    const reader = readerOf(encoding, "kubernetes");
    expect(readTime(reader, "notAfter")).toBe(seconds);
    expect(new Set(reader.deviations.map(({ code }) => code))).toEqual(new Set(["ERR_DER_TIME"]));
    reader.end();
  });

  test("notes nothing for a time that RFC 5280 allows", () => {
    const reader = readerOf(utcTime("240101000000Z"), "kubernetes");
    readTime(reader, "notAfter");
    expect(reader.deviations).toEqual([]);
  });
});

describe("any octets", () => {
  test("are a moment or refused, in time that does not grow with their number", () => {
    const contents = fc.oneof(
      fc.uint8Array({ maxLength: 24 }),
      fc.uint8Array({ maxLength: 65_536, size: "max" }),
    );
    fc.assert(
      fc.property(fc.constantFrom(0x17, 0x18), contents, (tag, content) => {
        let seconds: number | undefined;
        const reading = () => (seconds = read(tlv(tag, content), "kubernetes"));
        try {
          reading();
        } catch {
          expect(fault(reading).code).toBe("ERR_DER_TIME");
        }
        if (seconds !== undefined) expect(Number.isInteger(seconds)).toBe(true);
      }),
    );
  });

  test("of two times the reader stands behind the first", () => {
    const reader = readerOf(seq(utcTime("240101000000Z"), generalizedTime("20500101000000Z")));
    const outer = reader.open(0x30, "times");
    expect([readTime(reader, 0), readTime(reader, 1)]).toEqual([utc(2024, 0), year2050]);
    reader.finish(outer);
  });
});
