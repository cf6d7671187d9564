import { readDefaultFalse } from "../der/boolean.ts";
import type { DerReader } from "../der/reader.ts";
import { OCTET_STRING, SEQUENCE } from "../der/tag.ts";
import { readOid } from "../oid.ts";
import { openList } from "./extensions/each.ts";
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

/** Whose extensions they are: of those that are requested, Go reads the names alone. */
export type ExtensionOwner = "certificate" | "request";

/** Reads `Extensions`, a SEQUENCE; `visit` is called inside of each extnValue and reads it to its end. */
export function walkExtensions(reader: DerReader, owner: ExtensionOwner, visit: ExtensionVisitor): void {
  const outer = openList(reader);
  for (let index = 0; reader.more(); index++) {
    const extension = reader.open(SEQUENCE, index);
    const row = readId(reader);
    const { start, position } = reader;
    const critical = readCriticality(reader, row, owner);
    const value = reader.open(OCTET_STRING, row === undefined ? "extnValue" : row.id);
    visit(row, critical, start, position);
    reader.finishOpen(value);
    reader.finishOpen(extension);
  }
  reader.finish(outer);
}

/**
 * Checks `Extensions`: each once (RFC 5280 4.2), and the value of each that is understood. Makes no values; a loop of its own, since this is
 * done for every certificate and a visitor costs.
 */
export function checkExtensions(reader: DerReader, limits: Limits, owner: ExtensionOwner): void {
  // One bit for each row of the table; only what is not in the table needs a set of names.
  let seen = 0;
  let others: Set<string> | undefined;
  const outer = openList(reader);
  for (let index = 0; reader.more(); index++) {
    const extension = reader.open(SEQUENCE, index);
    const row = readId(reader);
    const { start, position } = reader;
    readCriticality(reader, row, owner);
    const value = reader.open(OCTET_STRING, row === undefined ? "extnValue" : row.id);
    let twice = false;
    if (row === undefined) {
      reader.position = reader.limit;
      const oid = String(reader.bytes.subarray(start, position));
      others ??= new Set();
      twice = others.has(oid);
      others.add(oid);
    } else {
      if (!checkValue(reader, row, limits, owner)) reader.position = reader.limit;
      twice = (seen & row.bit) !== 0;
      seen |= row.bit;
    }
    if (twice) reader.fail("ERR_CERTIFICATE_DUPLICATE_EXTENSION", "the extension stands there twice");
    reader.finishOpen(value);
    reader.finishOpen(extension);
  }
  reader.finish(outer);
}

/** Reads extnID, whose contents are then at `reader.start`; the row of the table, if there is one. */
function readId(reader: DerReader): NamedRow | undefined {
  readOid(reader, "extnID");
  return findExtension(reader.bytes, reader.start, reader.position);
}

function readCriticality(reader: DerReader, row: NamedRow | undefined, owner: ExtensionOwner): boolean {
  const critical = readDefaultFalse(reader, "critical");
  if (critical && row?.neverCritical) {
    const message = `${row.id} must not be critical`;
    if (owner === "request") reader.deviate("ERR_CERTIFICATE_EXTENSION_CRITICALITY", message, "critical");
    else reader.fail("ERR_CERTIFICATE_EXTENSION_CRITICALITY", message, "critical");
  }
  return critical;
}

/** Checks a value. False if Go would not look at it: that is noted, and then nobody can read it. */
export function checkValue(reader: DerReader, row: NamedRow, limits: Limits, owner: ExtensionOwner): boolean {
  if (owner === "certificate" || row.id === "subjectAltName") {
    row.walk(reader, limits);
    return true;
  }
  const { limit } = reader;
  const isRead = reader.tolerate(() => {
    row.walk(reader, limits);
    reader.end();
    return true;
  });
  reader.limit = limit;
  return isRead === true;
}
