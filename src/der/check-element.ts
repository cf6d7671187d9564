import { DerReader } from "./reader.ts";

const CONSTRUCTED = 0x20;

/**
 * Checks that bytes are one element of DER and nothing else, and that whatever is constructed is made of elements. What the contents of a
 * primitive element mean is not looked at, whether a SET is sorted neither; tags in the long form are refused, as everywhere here.
 *
 * @throws DerError `ERR_DER_TRUNCATED`, `ERR_DER_LENGTH`, `ERR_DER_TAG`, `ERR_DER_DEPTH`, `ERR_DER_TRAILING_DATA`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkElement } from "kubepki/der";
 *
 * checkElement(new Uint8Array([0x30, 0x02, 0x05, 0x00]));
 * assert.throws(() => checkElement(new Uint8Array([0x30, 0x01, 0x05])), { code: "ERR_DER_TRUNCATED" });
 * ```
 */
export function checkElement(bytes: Uint8Array): void {
  const reader = new DerReader(bytes);
  walkElement(reader, "");
  reader.end();
}

function walkElement(reader: DerReader, label: string | number): void {
  const tag = reader.readAny(label);
  if ((tag & CONSTRUCTED) === 0) return;
  const outer = reader.enter(label);
  for (let index = 0; reader.more(); index++) walkElement(reader, index);
  reader.finish(outer);
}
