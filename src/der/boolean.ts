import type { DerReader, Label } from "./reader.ts";
import { BOOLEAN, NULL } from "./tag.ts";

/**
 * Reads a BOOLEAN: one octet, 00 or FF (X.690 11.1). `tag` is given where the type is tagged implicitly.
 *
 * @throws DerError `ERR_DER_BOOLEAN`, and the codes of {@link DerReader.read}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DerReader, readBoolean } from "kubepki/der";
 *
 * const reader = new DerReader(new Uint8Array([0x01, 0x01, 0xff]));
 * assert.equal(readBoolean(reader, "cA"), true);
 * ```
 */
export function readBoolean(reader: DerReader, label: Label, tag: number = BOOLEAN): boolean {
  reader.read(tag, label);
  const octet = reader.bytes[reader.start];
  if (reader.position - reader.start !== 1 || (octet !== 0 && octet !== 0xff)) {
    reader.fail("ERR_DER_BOOLEAN", "a BOOLEAN must be one octet of 00 or FF", label);
  }
  return octet === 0xff;
}

/**
 * Reads `BOOLEAN DEFAULT FALSE`. A FALSE that is written out is not DER (X.690 11.5); Go reads it all the same.
 *
 * @throws DerError `ERR_DER_BOOLEAN`, `ERR_DER_DEFAULT_ENCODED`, and the codes of {@link DerReader.read}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DerReader, readDefaultFalse } from "kubepki/der";
 *
 * const absent = new DerReader(new Uint8Array());
 * assert.equal(readDefaultFalse(absent, "critical"), false);
 * ```
 */
export function readDefaultFalse(reader: DerReader, label: Label): boolean {
  if (reader.peek() !== BOOLEAN) return false;
  const value = readBoolean(reader, label);
  if (!value) {
    reader.deviate("ERR_DER_DEFAULT_ENCODED", "FALSE is the default and must be left out", label);
  }
  return value;
}

/**
 * Reads a NULL, which has no contents (X.690 8.8).
 *
 * @throws DerError `ERR_DER_NULL`, and the codes of {@link DerReader.read}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DerReader, readNull } from "kubepki/der";
 *
 * const reader = new DerReader(new Uint8Array([0x05, 0x00]));
 * readNull(reader, "parameters");
 * reader.end();
 * ```
 */
export function readNull(reader: DerReader, label: Label): void {
  reader.read(NULL, label);
  if (reader.position !== reader.start) reader.fail("ERR_DER_NULL", "a NULL must be empty", label);
}
