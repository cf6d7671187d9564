import { readBitString } from "../der/bit-string.ts";
import { readBoolean } from "../der/boolean.ts";
import { readInteger } from "../der/integer.ts";
import type { DerReader } from "../der/reader.ts";
import { BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, UTC_TIME } from "../der/tag.ts";
import { readFractionalTime, readTime } from "../der/time.ts";
import { readOid } from "../oid.ts";

/**
 * Reads an element with this tag, which is none of a string, as Go reads it where a structure has `any`: values of the types that it knows must be well formed, others may have any
 * contents.
 *
 * Source: Go encoding/asn1 `parseField`.
 */
export function walkAnyValue(reader: DerReader, tag: number): void {
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
      readFractionalTime(reader, "value");
      return;
    default:
      reader.readAny("value");
  }
}
