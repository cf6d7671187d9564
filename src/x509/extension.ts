import { readDefaultFalse } from "../der/boolean.ts";
import type { DerReader } from "../der/reader.ts";
import { OCTET_STRING, SEQUENCE } from "../der/tag.ts";
import { CertificateError } from "../errors.ts";
import { oidToText, readOid } from "../oid.ts";
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

type Visitor = (
  reader: DerReader,
  row: NamedRow | undefined,
  critical: boolean,
  oidStart: number,
  oidEnd: number,
) => void;

/** Reads `Extensions`, a SEQUENCE; `visit` is called inside of each extnValue and reads it to its end. */
function walkExtensions(reader: DerReader, visit: Visitor): void {
  const outer = reader.open(SEQUENCE, "");
  if (!reader.more()) {
    const message = "the list of extensions must not be empty";
    reader.deviate(new CertificateError("ERR_CERTIFICATE_EXTENSION", message, reader.place()));
  }
  for (let index = 0; reader.more(); index++) {
    const extension = reader.open(SEQUENCE, index);
    readOid(reader, "extnID");
    const { start, position } = reader;
    const row = findExtension(reader.bytes, start, position);
    const critical = readDefaultFalse(reader, "critical");
    if (critical && row?.neverCritical) {
      const message = `${row.id} must not be critical`;
      throw new CertificateError("ERR_CERTIFICATE_EXTENSION_CRITICALITY", message, reader.place("critical"));
    }
    const value = reader.open(OCTET_STRING, row === undefined ? "extnValue" : row.id);
    visit(reader, row, critical, start, position);
    reader.finishOpen(value);
    reader.finishOpen(extension);
  }
  reader.finish(outer);
}

/** Checks `Extensions`: each once (RFC 5280 4.2), and the value of each that is understood. Makes no values. */
export function checkExtensions(reader: DerReader, limits: Limits): void {
  const seen = new Set<string>();
  walkExtensions(reader, (at, row, _critical, oidStart, oidEnd) => {
    if (row === undefined) {
      at.position = at.limit;
    } else {
      row.read(at, false, limits);
    }
    const oid = row?.oid ?? oidToText(at.bytes, oidStart, oidEnd);
    if (seen.has(oid)) {
      const message = `extension ${oid} stands there twice`;
      throw new CertificateError("ERR_CERTIFICATE_DUPLICATE_EXTENSION", message, at.place());
    }
    seen.add(oid);
  });
}

/** Reads `Extensions` with their values. */
export function readExtensions(reader: DerReader, limits: Limits): Extension[] {
  const extensions: Extension[] = [];
  walkExtensions(reader, (at, row, critical, oidStart, oidEnd) => {
    const oid = row?.oid ?? oidToText(at.bytes, oidStart, oidEnd);
    const der = at.bytes.subarray(at.position, at.limit);
    if (row === undefined) {
      at.position = at.limit;
      extensions.push({ oid, critical, der });
    } else {
      extensions.push({ id: row.id, oid, critical, der, value: row.read(at, true, limits) } as Extension);
    }
  });
  return extensions;
}
