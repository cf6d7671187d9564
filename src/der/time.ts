import type { DerReader, Label } from "./reader.ts";
import { GENERALIZED_TIME, UTC_TIME } from "./tag.ts";

/** First moment that RFC 5280 4.1.2.5 wants as GeneralizedTime, and the first that UTCTime can say, in seconds since 1970. */
const YEAR_2050 = 2_524_608_000;
const YEAR_1950 = -631_152_000;
/** One second after 9999-12-31T23:59:59Z, the last moment of RFC 5280 4.1.2.5. */
const YEAR_10000 = 253_402_300_800;

/**
 * Reads a Time (RFC 5280 4.1.2.5) in seconds since 1970: UTCTime `YYMMDDHHMMSSZ` with years 1950 to 2049, or GeneralizedTime
 * `YYYYMMDDHHMMSSZ` for later (and earlier) years. The day must exist; there are no leap seconds.
 *
 * In Kubernetes mode the further forms of Go's parser are read too: UTCTime without seconds, zone offsets, GeneralizedTime before 2050.
 *
 * @throws DerError `ERR_DER_TIME`, and the codes of {@link DerReader.read}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DerReader, readTime } from "kubepki/der";
 *
 * const reader = new DerReader(new TextEncoder().encode("\x17\x0d300101000000Z"));
 * assert.equal(readTime(reader, "notBefore"), Date.UTC(2030, 0, 1) / 1000);
 * ```
 */
export function readTime(reader: DerReader, label: Label): number {
  const utc = reader.peek() === UTC_TIME;
  const seconds = readTimeOf(reader, label, utc ? UTC_TIME : GENERALIZED_TIME);
  if (!utc && seconds >= YEAR_1950 && seconds < YEAR_2050) {
    reader.deviate("ERR_DER_TIME", "years 1950 to 2049 must be written as UTCTime", label);
  }
  return seconds;
}

/**
 * Reads `YYYYMMDDHHMMSSZ` of any year in seconds since 1970, for fields that are GeneralizedTime always (RFC 5280 5.3.2).
 *
 * @throws DerError `ERR_DER_TIME`, and the codes of {@link DerReader.read}
 */
export function readGeneralizedTime(reader: DerReader, label: Label): number {
  return readTimeOf(reader, label, GENERALIZED_TIME);
}

function readTimeOf(reader: DerReader, label: Label, tag: number): number {
  reader.read(tag, label);
  const { bytes, start, position } = reader;
  const yearDigits = tag === UTC_TIME ? 2 : 4;
  const plain = position - start === yearDigits + 11 && bytes[position - 1] === 0x5a;
  return plain ? readMoment(reader, yearDigits, label, true) : readGoTime(reader, yearDigits, label);
}

/** The moment written from `reader.start`, with or without seconds; the caller has checked the length. */
function readMoment(reader: DerReader, yearDigits: number, label: Label, hasSeconds: boolean): number {
  const { bytes, start } = reader;
  const at = start + yearDigits;
  const short = twoDigits(bytes, at - 2);
  const year =
    yearDigits === 4 ? twoDigits(bytes, start) * 100 + short : short < 50 ? 2000 + short : 1900 + short;
  const month = twoDigits(bytes, at);
  const day = twoDigits(bytes, at + 2);
  const hour = twoDigits(bytes, at + 4);
  const minute = twoDigits(bytes, at + 6);
  const second = hasSeconds ? twoDigits(bytes, at + 8) : 0;
  // A field with a character that is no digit is NaN, and no comparison with NaN holds.
  if (
    !(
      year >= 0 &&
      month >= 1 &&
      month <= 12 &&
      day >= 1 &&
      day <= daysIn(month, year) &&
      hour < 24 &&
      minute < 60 &&
      second < 60
    )
  ) {
    reader.fail("ERR_DER_TIME", MALFORMED, label);
  }
  return daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
}

/** Go's tolerances (cryptobyte `ReadASN1UTCTime`, `ReadASN1GeneralizedTime`): an offset `+HHMM` instead of `Z`, UTCTime without seconds. */
function readGoTime(reader: DerReader, yearDigits: number, label: Label): number {
  reader.deviate("ERR_DER_TIME", MALFORMED, label);
  const { bytes, start, position } = reader;
  const zulu = bytes[position - 1] === 0x5a;
  const digits = position - start - yearDigits - (zulu ? 1 : 5);
  const hasSeconds = digits === 10;
  if (!hasSeconds && !(digits === 8 && yearDigits === 2)) reader.fail("ERR_DER_TIME", MALFORMED, label);
  const local = readMoment(reader, yearDigits, label, hasSeconds);
  let offset = 0;
  if (!zulu) {
    const sign = bytes[position - 5];
    const hours = twoDigits(bytes, position - 4);
    const minutes = twoDigits(bytes, position - 2);
    offset = (hours * 60 + minutes) * 60;
    // Go writes an offset of zero as Z, and refuses what it would not have written.
    if ((sign !== 0x2b && sign !== 0x2d) || !(hours <= 24 && minutes < 60) || offset === 0)
      reader.fail("ERR_DER_TIME", MALFORMED, label);
    if (sign === 0x2d) offset = -offset;
  }
  return local - offset;
}

const MALFORMED = "a time must be YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ and exist";

/** Two digits as a number; NaN if one of them is none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 0x30;
  const ones = bytes[at + 1]! - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Days of a month, 1 to 12, in the Gregorian calendar. */
export function daysIn(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar, with years that start in March so that the leap day comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468;
}

/** The tag and text of a moment as RFC 5280 4.1.2.5 wants it: UTCTime from 1950 to 2049, else GeneralizedTime. `seconds` since 1970. */
export function formatTime(seconds: number): { readonly tag: number; readonly text: string } {
  if (!Number.isInteger(seconds) || seconds >= YEAR_10000 || seconds < -62_167_219_200) {
    throw new TypeError("a time must be whole seconds between the years 0 and 9999");
  }
  const digits = new Date(seconds * 1000).toISOString().replace(/[-:T]|\.000/g, "");
  const utc = seconds >= YEAR_1950 && seconds < YEAR_2050;
  return { tag: utc ? UTC_TIME : GENERALIZED_TIME, text: utc ? digits.slice(2) : digits };
}
