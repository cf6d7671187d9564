import type { DerReader } from "../der/reader.ts";
import { oidToText } from "../oid.ts";
import { walkExtensions } from "./extension.ts";
import type { Extension } from "./extension.ts";
import { EXTENSION_READERS } from "./extensions/values.ts";
import type { Limits } from "./limits.ts";

/** Reads `Extensions` with their values. */
export function readExtensions(reader: DerReader, limits: Limits): Extension[] {
  const extensions: Extension[] = [];
  walkExtensions(reader, (row, critical, oidStart, oidEnd) => {
    const oid = oidToText(reader.bytes, oidStart, oidEnd);
    const der = reader.bytes.subarray(reader.position, reader.limit);
    if (row === undefined) {
      reader.position = reader.limit;
      extensions.push({ oid, critical, der });
    } else {
      extensions.push({
        id: row.id,
        oid,
        critical,
        der,
        value: EXTENSION_READERS[row.id](reader, limits),
      } as Extension);
    }
  });
  return extensions;
}
