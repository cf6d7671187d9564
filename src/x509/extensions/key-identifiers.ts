import { toHex } from "../../bytes.ts";
import { readInteger } from "../../der/integer.ts";
import type { DerReader } from "../../der/reader.ts";
import { OCTET_STRING, SEQUENCE, contextConstructed, contextPrimitive } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { fromHex } from "../../bytes.ts";
import { writeGeneralNames } from "../general-name-writer.ts";
import { readGeneralNames } from "../general-name.ts";
import type { GeneralName } from "../general-name.ts";
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

/** Reads AuthorityKeyIdentifier; Go looks at nothing but the key identifier. */
export function readAuthorityKeyIdentifier(
  reader: DerReader,
  keep: boolean,
  limits: Limits,
): AuthorityKeyIdentifier {
  const outer = reader.open(SEQUENCE, "");
  let value: AuthorityKeyIdentifier = {};
  if (reader.peek() === KEY_IDENTIFIER) {
    reader.read(KEY_IDENTIFIER, "keyIdentifier");
    if (keep) value = { keyIdentifier: reader.contents() };
  }
  if (reader.more()) value = { ...value, ...reader.tolerate(() => readIssuerAndSerial(reader, limits)) };
  reader.finishOpen(outer);
  return value;
}

function readIssuerAndSerial(reader: DerReader, limits: Limits): AuthorityKeyIdentifier {
  let value: AuthorityKeyIdentifier = {};
  if (reader.peek() === ISSUER) {
    const outer = reader.open(ISSUER, "authorityCertIssuer");
    value = { authorityCertIssuer: readGeneralNames(reader, limits) };
    reader.finish(outer);
  }
  if (reader.peek() === SERIAL_NUMBER) {
    readInteger(reader, "authorityCertSerialNumber", SERIAL_NUMBER);
    value = { ...value, authorityCertSerialNumber: toHex(reader.bytes, reader.start, reader.position) };
  }
  return value;
}

/** Writes AuthorityKeyIdentifier. */
export function writeAuthorityKeyIdentifier(writer: DerWriter, value: AuthorityKeyIdentifier): void {
  const end = writer.mark();
  const { keyIdentifier, authorityCertIssuer, authorityCertSerialNumber } = value;
  if (authorityCertSerialNumber !== undefined)
    writer.element(SERIAL_NUMBER, fromHex(authorityCertSerialNumber));
  if (authorityCertIssuer !== undefined)
    writeGeneralNames(writer, authorityCertIssuer, contextConstructed(1));
  if (keyIdentifier !== undefined) writer.octetString(keyIdentifier, contextPrimitive(0));
  writer.close(SEQUENCE, end);
}
