import type { DerReader, Label } from "./reader.ts";
import { INTEGER } from "./tag.ts";

/**
 * Reads an INTEGER of any size: not empty, no superfluous leading octet (X.690 8.3.2). The contents are `reader.start` to `reader.position`.
 *
 * `tag` is given where the type is tagged implicitly.
 *
 * @throws DerError `ERR_DER_INTEGER`, and the codes of {@link DerReader.read}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DerReader, readInteger } from "kubepki/der";
 *
 * const reader = new DerReader(new Uint8Array([0x02, 0x02, 0x00, 0x80]));
 * readInteger(reader, "serialNumber");
 * assert.deepEqual([...reader.contents()], [0x00, 0x80]);
 * ```
 */
export function readInteger(reader: DerReader, label: Label, tag: number = INTEGER): void {
  reader.read(tag, label);
  const { bytes, start } = reader;
  const length = reader.position - start;
  if (length === 0) reader.fail("ERR_DER_INTEGER", "an INTEGER must not be empty", label);
  if (length > 1) {
    const first = bytes[start]!;
    const sign = bytes[start + 1]! & 0x80;
    if ((first === 0 && sign === 0) || (first === 0xff && sign !== 0)) {
      reader.fail("ERR_DER_INTEGER", "the INTEGER is not minimal", label);
    }
  }
}

/**
 * Reads an INTEGER that must be above zero, such as the parts of an RSA or DSA key.
 *
 * @throws DerError `ERR_DER_INTEGER`, and the codes of {@link DerReader.read}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DerReader, readPositiveInteger } from "kubepki/der";
 *
 * const zero = new DerReader(new Uint8Array([0x02, 0x01, 0x00]));
 * assert.throws(() => readPositiveInteger(zero, "modulus"), { code: "ERR_DER_INTEGER" });
 * ```
 */
export function readPositiveInteger(reader: DerReader, label: Label): void {
  readInteger(reader, label);
  const first = reader.bytes[reader.start]!;
  if (first >= 0x80 || (first === 0 && reader.position - reader.start === 1)) {
    reader.fail("ERR_DER_INTEGER", "the INTEGER must be above zero", label);
  }
}

/**
 * Reads an INTEGER between 0 and 2^53 - 1 as a number.
 *
 * @throws DerError `ERR_DER_INTEGER`, and the codes of {@link DerReader.read}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DerReader, readSmallInteger } from "kubepki/der";
 *
 * const reader = new DerReader(new Uint8Array([0x02, 0x02, 0x01, 0x00]));
 * assert.equal(readSmallInteger(reader, "number"), 256);
 * ```
 */
export function readSmallInteger(reader: DerReader, label: Label, tag: number = INTEGER): number {
  readInteger(reader, label, tag);
  const value = exactNumber(reader);
  if (value < 0) reader.fail("ERR_DER_INTEGER", OUT_OF_RANGE, label);
  return value;
}

/**
 * Reads an INTEGER that Go reads into 64 bits. What is negative or above 2^53 - 1 is refused in safe mode; in Kubernetes mode
 * the former is -1 and the latter 2^53 - 1.
 *
 * @throws DerError `ERR_DER_INTEGER`, and the codes of {@link DerReader.read}
 */
export function readCount(reader: DerReader, label: Label, tag: number): number {
  readInteger(reader, label, tag);
  const value = exactNumber(reader);
  if (value >= 0) return value;
  const { bytes, start, position } = reader;
  if (position - start > 8) reader.fail("ERR_DER_INTEGER", OUT_OF_RANGE, label);
  reader.deviate("ERR_DER_INTEGER", OUT_OF_RANGE, label);
  return bytes[start]! >= 0x80 ? -1 : Number.MAX_SAFE_INTEGER;
}

const OUT_OF_RANGE = "the INTEGER must be between 0 and 2^53 - 1";

/** The INTEGER read last; -1 if it is negative or above 2^53 - 1. */
function exactNumber({ bytes, start, position }: DerReader): number {
  let value = bytes[start]! >= 0x80 ? Number.NaN : 0;
  for (let i = start; i < position; i++) value = value * 256 + bytes[i]!;
  return value <= Number.MAX_SAFE_INTEGER ? value : -1;
}
