import type { DerReader } from "../../der/reader.ts";
import { SEQUENCE } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { generalName } from "../general-name-values.ts";
import type { GeneralName } from "../general-name-values.ts";
import { writeGeneralNames } from "../general-name-writer.ts";
import { walkAlternativeNames } from "../general-name.ts";
import type { Visitor } from "../general-name.ts";
import type { Limits } from "../limits.ts";
import { openList } from "./each.ts";

/** Checks SubjectAltName (RFC 5280 4.2.1.6); in safe mode there is at least one name. */
export function walkSubjectAltName(reader: DerReader, limits: Limits, visit?: Visitor): void {
  const outer = openList(reader);
  walkAlternativeNames(reader, limits, visit);
  reader.finish(outer);
}

/** Reads SubjectAltName. */
export function readSubjectAltName(reader: DerReader, limits: Limits): GeneralName[] {
  const names: GeneralName[] = [];
  walkSubjectAltName(reader, limits, (at, tag) => names.push(generalName(at, tag, limits)));
  return names;
}

/** Writes SubjectAltName in the order given. */
export function writeSubjectAltName(writer: DerWriter, names: readonly GeneralName[]): void {
  writeGeneralNames(writer, names, SEQUENCE);
}
