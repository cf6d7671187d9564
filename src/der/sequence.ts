import type { DerReader, Label } from "./reader.ts";

/** Reads a SEQUENCE OF (or what `tag` says): `item` is called for each element until the contents end, with its index. */
export function readEach(reader: DerReader, tag: number, label: Label, item: (index: number) => void): void {
  const outer = reader.open(tag, label);
  for (let index = 0; reader.more(); index++) item(index);
  reader.finish(outer);
}
