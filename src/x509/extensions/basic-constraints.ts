import { readDefaultFalse } from "../../der/boolean.ts";
import { readCount } from "../../der/integer.ts";
import type { DerReader } from "../../der/reader.ts";
import { INTEGER, SEQUENCE } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { CertificateError } from "../../errors.ts";

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
  if (reader.peek() !== INTEGER) {
    reader.finishOpen(outer);
    return { ca };
  }
  const pathLength = readCount(reader, "pathLenConstraint", INTEGER);
  if (pathLength < 0) throw constraintError(reader, "the path length must not be negative");
  if (!ca) reader.deviate(constraintError(reader, "a path length needs cA TRUE"));
  reader.finishOpen(outer);
  return { ca, pathLength };
}

function constraintError(reader: DerReader, message: string): CertificateError {
  return new CertificateError("ERR_CERTIFICATE_EXTENSION", message, reader.place("pathLenConstraint"));
}

/** Writes BasicConstraints. */
export function writeBasicConstraints(writer: DerWriter, { ca, pathLength }: BasicConstraints): void {
  const end = writer.mark();
  if (pathLength !== undefined) writer.smallInteger(pathLength);
  if (ca) writer.boolean(true);
  writer.close(SEQUENCE, end);
}
