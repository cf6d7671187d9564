import { readDefaultFalse } from "../der/boolean.ts";
import type { DerReader } from "../der/reader.ts";
import { OCTET_STRING, SEQUENCE } from "../der/tag.ts";
import { readOid } from "../oid.ts";
import { findExtension } from "./extensions/index.ts";
import type { ExtensionId, ExtensionValues, NamedRow } from "./extensions/index.ts";
import type { Limits } from "./limits.ts";

/** An extension that is understood, with its value. */
export interface KnownExtension<Id extends ExtensionId> {
  /** Its name in RFC 5280. */
  readonly id: Id;
  /** Its object identifier as dotted text. */
  readonly oid: string;
  /** Whether who does not understand it must refuse the certificate. */
  readonly critical: boolean;
  /** The contents of extnValue. */
  readonly der: Uint8Array;
  /** What it says. */
  readonly value: ExtensionValues[Id];
}

/** An extension that is not understood; its bytes were not looked at. */
export interface UnknownExtension {
  /** Absent, which tells it from a {@link KnownExtension}. */
  readonly id?: undefined;
  /** Its object identifier as dotted text. */
  readonly oid: string;
  /** Whether who does not understand it must refuse the certificate. */
  readonly critical: boolean;
  /** The contents of extnValue. */
  readonly der: Uint8Array;
}

/** One extension of a certificate or a request; tell the kinds apart by `id`. */
export type Extension = { [Id in ExtensionId]: KnownExtension<Id> }[ExtensionId] | UnknownExtension;

type ExtensionVisitor = (
  row: NamedRow | undefined,
  critical: boolean,
  oidStart: number,
  oidEnd: number,
) => void;

/** Reads `Extensions`, a SEQUENCE; `visit` is called inside of each extnValue and reads it to its end. */
export function walkExtensions(reader: DerReader, visit: ExtensionVisitor): void {
  const outer = reader.open(SEQUENCE, "");
  if (!reader.more()) reader.deviate("ERR_CERTIFICATE_EXTENSION", "the list of extensions is empty");
  for (let index = 0; reader.more(); index++) {
    const extension = reader.open(SEQUENCE, index);
    readOid(reader, "extnID");
    const { start, position } = reader;
    const row = findExtension(reader.bytes, start, position);
    const critical = readDefaultFalse(reader, "critical");
    if (critical && row?.neverCritical) {
      reader.fail("ERR_CERTIFICATE_EXTENSION_CRITICALITY", `${row.id} must not be critical`, "critical");
    }
    const value = reader.open(OCTET_STRING, row === undefined ? "extnValue" : row.id);
    visit(row, critical, start, position);
    reader.finishOpen(value);
    reader.finishOpen(extension);
  }
  reader.finish(outer);
}

/** Checks `Extensions`: each once (RFC 5280 4.2), and the value of each that is understood. Makes no values. */
export function checkExtensions(reader: DerReader, limits: Limits): void {
  // One bit for each row of the table; only what is not in the table needs a set of names.
  let seen = 0;
  let others: Set<string> | undefined;
  walkExtensions(reader, (row, _critical, oidStart, oidEnd) => {
    let twice = false;
    if (row === undefined) {
      reader.position = reader.limit;
      const oid = String(reader.bytes.subarray(oidStart, oidEnd));
      others ??= new Set();
      twice = others.has(oid);
      others.add(oid);
    } else {
      row.walk(reader, limits);
      twice = (seen & row.bit) !== 0;
      seen |= row.bit;
    }
    if (twice) reader.fail("ERR_CERTIFICATE_DUPLICATE_EXTENSION", "the extension stands there twice");
  });
}
