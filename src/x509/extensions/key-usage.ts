import { readNamedBits } from "../../der/bit-string.ts";
import type { DerReader } from "../../der/reader.ts";
import type { DerWriter } from "../../der/writer.ts";
import { CertificateError } from "../../errors.ts";

/** Names of the KeyUsage bits in their order (RFC 5280 4.2.1.3); `contentCommitment` is also known as nonRepudiation. */
export const KEY_USAGES = [
  "digitalSignature",
  "contentCommitment",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;

/** What a key may be used for (RFC 5280 4.2.1.3). */
export type KeyUsage = (typeof KEY_USAGES)[number];

/** Reads KeyUsage; in safe mode at least one bit is set and none is unknown. */
export function readKeyUsage(reader: DerReader): KeyUsage[] {
  const bits = readNamedBits(reader, "");
  if (bits === 0 || bits >= 1 << KEY_USAGES.length) {
    const message = bits === 0 ? "at least one bit must be set" : "a bit is set that has no name";
    reader.deviate(new CertificateError("ERR_CERTIFICATE_EXTENSION", message, reader.place()));
  }
  return KEY_USAGES.filter((_, bit) => bits & (1 << bit));
}

/** Writes KeyUsage. */
export function writeKeyUsage(writer: DerWriter, usages: readonly KeyUsage[]): void {
  writer.namedBits(usages.reduce((bits, usage) => bits | (1 << KEY_USAGES.indexOf(usage)), 0));
}
