import type { DerReader } from "../../der/reader.ts";
import { SEQUENCE } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { CertificateError } from "../../errors.ts";
import { writeGeneralNames } from "../general-name-writer.ts";
import { readAlternativeNames } from "../general-name.ts";
import type { GeneralName } from "../general-name.ts";
import type { Limits } from "../limits.ts";

/** Reads SubjectAltName (RFC 5280 4.2.1.6); in safe mode there is at least one name. */
export function readSubjectAltName(reader: DerReader, keep: boolean, limits: Limits): GeneralName[] {
  const outer = reader.open(SEQUENCE, "");
  if (!reader.more()) {
    const message = "a subject alternative name must have at least one entry";
    reader.deviate(new CertificateError("ERR_CERTIFICATE_EXTENSION", message, reader.place()));
  }
  const names = readAlternativeNames(reader, keep, limits);
  reader.finish(outer);
  return names;
}

/** Writes SubjectAltName in the order given. */
export function writeSubjectAltName(writer: DerWriter, names: readonly GeneralName[]): void {
  writeGeneralNames(writer, names, SEQUENCE);
}
