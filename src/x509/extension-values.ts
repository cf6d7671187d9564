import { DerReader } from "../der/reader.ts";
import { oidToText } from "../oid.ts";
import { checkValue, walkExtensions } from "./extension.ts";
import type { Extension, ExtensionOwner } from "./extension.ts";
import type { ExtensionId, NamedRow } from "./extensions/index.ts";
import { EXTENSION_READERS } from "./extensions/values.ts";
import type { Limits } from "./limits.ts";

/** Reads `Extensions`. A value is made when it is first asked for: whoever looks for a key identifier does not pay for a thousand names. */
export function readExtensions(reader: DerReader, limits: Limits, owner: ExtensionOwner): Extension[] {
  const extensions: Extension[] = [];
  walkExtensions(reader, owner, (row, critical, oidStart, oidEnd) => {
    const { bytes, position, limit } = reader;
    const isReadable = owner === "certificate" || (row && checkValue(reader, row, limits, owner));
    reader.position = limit;
    if (row && isReadable)
      extensions.push(new LazyExtension(row, critical, reader, position, limits) as Extension);
    else {
      const oid = oidToText(bytes, oidStart, oidEnd);
      extensions.push({ oid, critical, der: bytes.subarray(position, limit) });
    }
  });
  return extensions;
}

/** An extension that is understood. The bytes have been checked, so that reading the value cannot fail. */
class LazyExtension {
  readonly id: ExtensionId;
  readonly oid: string;
  readonly critical: boolean;
  readonly #start: number;
  readonly #end: number;
  readonly #reader: DerReader;
  readonly #limits: Limits;
  #value: unknown;

  constructor(row: NamedRow, critical: boolean, reader: DerReader, start: number, limits: Limits) {
    this.id = row.id;
    this.oid = row.oid;
    this.critical = critical;
    this.#start = start;
    this.#end = reader.limit;
    this.#reader = reader;
    this.#limits = limits;
  }

  get der(): Uint8Array {
    return this.#reader.bytes.subarray(this.#start, this.#end);
  }

  get value(): unknown {
    return (this.#value ??= this.#read());
  }

  #read(): unknown {
    const { bytes, mode } = this.#reader;
    const reader = new DerReader(bytes, { start: this.#start, end: this.#end, mode });
    return EXTENSION_READERS[this.id](reader, this.#limits);
  }
}
