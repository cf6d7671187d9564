import { PkiError } from "../errors.ts";
import { readBitString } from "../der/bit-string.ts";
import { readBoolean } from "../der/boolean.ts";
import { readInteger } from "../der/integer.ts";
import { DerReader } from "../der/reader.ts";
import { BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, UTC_TIME } from "../der/tag.ts";
import { readGeneralizedTime, readTime } from "../der/time.ts";
import { readOid } from "../oid.ts";
import { noString } from "./name.ts";

/**
 * Reads a value of a name in a request that is no string: refused in safe mode. Go has `any` there: what it knows must be well formed, all else may have any contents.
 *
 * Source: Go encoding/asn1 `parseField`.
 */
export function walkAnyValue(reader: DerReader, tag: number, begin: number): void {
  reader.deviate("ERR_CERTIFICATE_NAME_VALUE", noString(tag), "value");
  reader.position = begin;
  switch (tag) {
    case BOOLEAN:
      readBoolean(reader, "value");
      return;
    case INTEGER:
      readInteger(reader, "value");
      if (reader.position - reader.start > 8)
        reader.fail("ERR_DER_INTEGER", "the INTEGER has more than 64 bits", "value");
      return;
    case BIT_STRING:
      readBitString(reader, "value");
      return;
    case OBJECT_IDENTIFIER:
      readOid(reader, "value");
      return;
    case UTC_TIME:
      readTime(reader, "value");
      return;
    case GENERALIZED_TIME:
      walkFractionalTime(reader);
      return;
    default:
      reader.readAny("value");
  }
}

/** `YYYYMMDDHHMMSS.fffffffff+HHMM`. */
const LONGEST_TIME = 29;

/** A GeneralizedTime that may have up to nine digits of a second, of which the last is not 0; certificates cannot have them. */
function walkFractionalTime(reader: DerReader): void {
  reader.read(GENERALIZED_TIME, "value");
  const length = reader.position - reader.start;
  if (length > LONGEST_TIME) reader.fail("ERR_DER_TIME", `a time cannot have ${length} octets`, "value");
  const octets = [...reader.contents()];
  const text = String.fromCharCode(...octets);
  const [fraction = ""] = /(?<=^\d{14})\.\d{0,8}[1-9]/.exec(text) ?? [];
  octets.splice(14, fraction.length);
  const whole = new DerReader(Uint8Array.of(GENERALIZED_TIME, octets.length, ...octets), {
    mode: reader.mode,
  });
  try {
    readGeneralizedTime(whole, "value");
    whole.end();
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause;
    reader.fail("ERR_DER_TIME", cause.message, "value");
  }
}
