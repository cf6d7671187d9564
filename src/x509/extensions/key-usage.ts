import { readNamedBits } from "../../der/bit-string.ts";
import type { DerReader } from "../../der/reader.ts";
import type { DerWriter } from "../../der/writer.ts";

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

/** Checks KeyUsage and returns its bits; in safe mode at least one is set and none is unknown. */
export function walkKeyUsage(reader: DerReader): number {
  const bits = readNamedBits(reader, "");
  if (bits === 0 || bits > 0x1ff)
    reader.deviate("ERR_CERTIFICATE_EXTENSION", "no bit is set, or one that has no name");
  return bits;
}

/** Reads KeyUsage. */
export function readKeyUsage(reader: DerReader): KeyUsage[] {
  const bits = walkKeyUsage(reader);
  return KEY_USAGES.filter((_, bit) => bits & (1 << bit));
}

/** Writes KeyUsage. */
export function writeKeyUsage(writer: DerWriter, usages: readonly KeyUsage[]): void {
  writer.namedBits(usages.reduce((bits, usage) => bits | (1 << KEY_USAGES.indexOf(usage)), 0));
}
