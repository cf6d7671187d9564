import { DerReader } from "../der/reader.ts";
import { oidToText } from "../oid.ts";
import { walkExtensions } from "./extension.ts";
import type { Extension } from "./extension.ts";
import type { ExtensionId } from "./extensions/index.ts";
import { EXTENSION_READERS } from "./extensions/values.ts";
import type { Limits } from "./limits.ts";

/** Reads `Extensions`. A value is made when it is first asked for: whoever looks for a key identifier does not pay for a thousand names. */
export function readExtensions(reader: DerReader, limits: Limits): Extension[] {
  const extensions: Extension[] = [];
  walkExtensions(reader, (row, critical, oidStart, oidEnd) => {
    const oid = oidToText(reader.bytes, oidStart, oidEnd);
    const { position: start, limit: end } = reader;
    const der = reader.bytes.subarray(start, end);
    reader.position = end;
    if (row === undefined) extensions.push({ oid, critical, der });
    else {
      const { bytes, mode } = reader;
      const read = (): unknown =>
        EXTENSION_READERS[row.id](new DerReader(bytes, { start, end, mode }), limits);
      extensions.push(knownExtension(row.id, oid, critical, der, read));
    }
  });
  return extensions;
}

/** The bytes have been checked, so that reading the value cannot fail. */
function knownExtension(
  id: ExtensionId,
  oid: string,
  critical: boolean,
  der: Uint8Array,
  read: () => unknown,
): Extension {
  let value: unknown;
  return {
    id,
    oid,
    critical,
    der,
    get value() {
      return (value ??= read());
    },
  } as Extension;
}
