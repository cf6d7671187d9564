import type { DerReader } from "../../der/reader.ts";
import { SEQUENCE } from "../../der/tag.ts";

/**
 * Reads the SEQUENCE OF that is the value of an extension: `item` is called for each element, with its index. Every such list
 * of RFC 5280 is `SIZE (1..MAX)`; Go takes an empty one all the same.
 */
export function readEach(reader: DerReader, item: (index: number) => void): void {
  const outer = openList(reader);
  for (let index = 0; reader.more(); index++) item(index);
  reader.finish(outer);
}

/** Goes into a SEQUENCE OF that has at least one element in safe mode; comes out by `finish`. */
export function openList(reader: DerReader): number {
  const outer = reader.open(SEQUENCE, "");
  if (!reader.more()) reader.deviate("ERR_CERTIFICATE_EXTENSION", "the list is empty");
  return outer;
}
