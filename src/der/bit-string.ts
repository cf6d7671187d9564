import type { DerReader, Label } from "./reader.ts";
import { BIT_STRING } from "./tag.ts";

/**
 * Reads a BIT STRING: a first octet of at most 7 unused bits, which are zero (X.690 8.6.2, 11.2.1). Returns the number of unused bits.
 * The bits are `reader.start` to `reader.position`, without the first octet.
 *
 * `tag` is given where the type is tagged implicitly.
 *
 * @throws DerError `ERR_DER_BIT_STRING`, and the codes of {@link DerReader.read}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DerReader, readBitString } from "kubepki/der";
 *
 * const reader = new DerReader(new Uint8Array([0x03, 0x02, 0x07, 0x80]));
 * assert.equal(readBitString(reader, "flags"), 7);
 * assert.deepEqual([...reader.contents()], [0x80]);
 * ```
 */
export function readBitString(reader: DerReader, label: Label, tag: number = BIT_STRING): number {
  reader.read(tag, label);
  const { bytes, start, position } = reader;
  if (start === position) reader.fail("ERR_DER_BIT_STRING", "a BIT STRING must have a first octet", label);
  const unused = bytes[start]!;
  if (unused > 7 || (unused > 0 && position - start === 1)) {
    reader.fail(
      "ERR_DER_BIT_STRING",
      `a BIT STRING of ${position - start - 1} octets cannot have ${unused} unused bits`,
      label,
    );
  }
  if (unused > 0 && (bytes[position - 1]! & ((1 << unused) - 1)) !== 0) {
    reader.fail("ERR_DER_BIT_STRING", "the unused bits must be zero", label);
  }
  reader.start = start + 1;
  return unused;
}

/**
 * Reads a named bit list such as KeyUsage as a number: bit 0 of the list is bit 0 (value 1) of the number.
 * Trailing zero bits are not DER (X.690 11.2.2), and no list has more than 24 bits; Go reads both all the same, and so the first 24 are kept.
 *
 * @throws DerError `ERR_DER_BIT_STRING`, `ERR_DER_NAMED_BITS`, and the codes of {@link DerReader.read}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DerReader, readNamedBits } from "kubepki/der";
 *
 * const keyUsage = new DerReader(new Uint8Array([0x03, 0x02, 0x05, 0xa0]));
 * assert.equal(readNamedBits(keyUsage, "keyUsage"), 0b101); // digitalSignature and keyEncipherment
 * ```
 */
export function readNamedBits(reader: DerReader, label: Label, tag: number = BIT_STRING): number {
  const unused = readBitString(reader, label, tag);
  const { bytes, start, position } = reader;
  if (start < position && (bytes[position - 1]! & (1 << unused)) === 0) {
    reader.deviate("ERR_DER_NAMED_BITS", "the named bit list has trailing zero bits", label);
  }
  if (position - start > 3) {
    const message = `the named bit list has ${position - start} octets, at most 3 are read`;
    reader.deviate("ERR_DER_NAMED_BITS", message, label);
  }
  let value = 0;
  for (let i = 0; i < position - start && i < 3; i++) {
    const octet = bytes[start + i]!;
    for (let bit = 0; bit < 8; bit++) if (octet & (0x80 >> bit)) value |= 1 << (i * 8 + bit);
  }
  return value;
}
