import { fromHex, toHex } from "../../bytes.ts";
import { readInteger } from "../../der/integer.ts";
import type { DerReader } from "../../der/reader.ts";
import { OCTET_STRING, SEQUENCE } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { writeGeneralNames } from "../general-name-writer.ts";
import { walkGeneralNames } from "../general-name.ts";
import type { Visitor } from "../general-name.ts";
import { generalNames } from "../general-name-values.ts";
import type { GeneralName } from "../general-name-values.ts";
import type { Limits } from "../limits.ts";

/** Which key the certificate was signed with (RFC 5280 4.2.1.1). Go takes it as a hint only. */
export interface AuthorityKeyIdentifier {
  /** The issuer's subject key identifier. */
  readonly keyIdentifier?: Uint8Array;
  /** Issuer of the issuer's certificate. */
  readonly authorityCertIssuer?: readonly GeneralName[];
  /** Serial number of the issuer's certificate, lower-case hex. */
  readonly authorityCertSerialNumber?: string;
}

const KEY_IDENTIFIER = 0x80;
const ISSUER = 0xa1;
const SERIAL_NUMBER = 0x82;

/** Reads SubjectKeyIdentifier (RFC 5280 4.2.1.2): octets of any length. */
export function readSubjectKeyIdentifier(reader: DerReader): Uint8Array {
  reader.read(OCTET_STRING, "");
  return reader.contents();
}

/** Writes SubjectKeyIdentifier. */
export function writeSubjectKeyIdentifier(writer: DerWriter, identifier: Uint8Array): void {
  writer.octetString(identifier);
}

/** Checks AuthorityKeyIdentifier; Go looks at nothing but the key identifier. */
export function walkAuthorityKeyIdentifier(reader: DerReader, limits: Limits, visit?: Visitor): void {
  const outer = reader.open(SEQUENCE, "");
  if (reader.peek() === KEY_IDENTIFIER) {
    reader.read(KEY_IDENTIFIER, "keyIdentifier");
    visit?.(reader, KEY_IDENTIFIER, 0);
  }
  if (reader.more()) reader.tolerate(() => walkIssuerAndSerial(reader, limits, visit));
  reader.finishOpen(outer);
}

function walkIssuerAndSerial(reader: DerReader, limits: Limits, visit?: Visitor): void {
  if (reader.peek() === ISSUER) {
    const outer = reader.open(ISSUER, "authorityCertIssuer");
    const begin = reader.position;
    walkGeneralNames(reader, limits);
    reader.finish(outer);
    reader.start = begin;
    visit?.(reader, ISSUER, 0);
  }
  if (reader.peek() === SERIAL_NUMBER) {
    readInteger(reader, "authorityCertSerialNumber", SERIAL_NUMBER);
    visit?.(reader, SERIAL_NUMBER, 0);
  }
}

/** Reads AuthorityKeyIdentifier. */
export function readAuthorityKeyIdentifier(reader: DerReader, limits: Limits): AuthorityKeyIdentifier {
  let value: AuthorityKeyIdentifier = {};
  walkAuthorityKeyIdentifier(reader, limits, (at, tag) => {
    if (tag === KEY_IDENTIFIER) value = { keyIdentifier: at.contents() };
    else if (tag === ISSUER) value = { ...value, authorityCertIssuer: generalNames(at, limits) };
    else value = { ...value, authorityCertSerialNumber: toHex(at.bytes, at.start, at.position) };
  });
  return value;
}

/** Writes AuthorityKeyIdentifier. */
export function writeAuthorityKeyIdentifier(writer: DerWriter, value: AuthorityKeyIdentifier): void {
  const end = writer.mark();
  const { keyIdentifier, authorityCertIssuer, authorityCertSerialNumber } = value;
  if (authorityCertSerialNumber !== undefined)
    writer.element(SERIAL_NUMBER, fromHex(authorityCertSerialNumber));
  if (authorityCertIssuer !== undefined) writeGeneralNames(writer, authorityCertIssuer, ISSUER);
  if (keyIdentifier !== undefined) writer.octetString(keyIdentifier, KEY_IDENTIFIER);
  writer.close(SEQUENCE, end);
}
