import { readDefaultFalse } from "../../der/boolean.ts";
import { readCount } from "../../der/integer.ts";
import type { DerReader } from "../../der/reader.ts";
import { INTEGER, SEQUENCE } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";

/** Whether the subject is a CA, and how many intermediates may follow it (RFC 5280 4.2.1.9). */
export interface BasicConstraints {
  /** True for a CA. */
  readonly ca: boolean;
  /** How many intermediate certificates may stand below this CA; absent means any number. */
  readonly pathLength?: number;
}

/** Reads BasicConstraints; in safe mode a path length without `ca` is refused. */
export function readBasicConstraints(reader: DerReader): BasicConstraints {
  const outer = reader.open(SEQUENCE, "");
  const ca = readDefaultFalse(reader, "cA");
  const pathLength = reader.peek() === INTEGER ? readCount(reader, "pathLenConstraint", INTEGER) : undefined;
  if (pathLength !== undefined && pathLength < 0)
    reader.fail("ERR_CERTIFICATE_EXTENSION", "the path length is negative", "pathLenConstraint");
  if (pathLength !== undefined && !ca)
    reader.deviate("ERR_CERTIFICATE_EXTENSION", "a path length needs cA TRUE", "pathLenConstraint");
  reader.finishOpen(outer);
  return pathLength === undefined ? { ca } : { ca, pathLength };
}

/** Writes BasicConstraints. */
export function writeBasicConstraints(writer: DerWriter, { ca, pathLength }: BasicConstraints): void {
  const end = writer.mark();
  if (pathLength !== undefined) writer.smallInteger(pathLength);
  if (ca) writer.boolean(true);
  writer.close(SEQUENCE, end);
}
