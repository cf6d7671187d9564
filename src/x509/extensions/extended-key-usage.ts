import type { DerReader } from "../../der/reader.ts";
import { OBJECT_IDENTIFIER, SEQUENCE } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { encodeOid, oidToText, readOid } from "../../oid.ts";
import type { Visitor } from "../general-name.ts";
import type { Limits } from "../limits.ts";
import { openList } from "./each.ts";

/** Extended key usages by name, in the order in which Kubernetes' signers write them (RFC 5280 4.2.1.12, Go `extKeyUsageOIDs`). */
export const EXTENDED_KEY_USAGES = {
  /** Everything. */
  any: "2.5.29.37.0",
  /** TLS servers. */
  serverAuth: "1.3.6.1.5.5.7.3.1",
  /** TLS clients; what kube-apiserver asks for. */
  clientAuth: "1.3.6.1.5.5.7.3.2",
  /** Programs. */
  codeSigning: "1.3.6.1.5.5.7.3.3",
  /** E-mail. */
  emailProtection: "1.3.6.1.5.5.7.3.4",
  /** IPsec, an old one. */
  ipsecEndSystem: "1.3.6.1.5.5.7.3.5",
  /** IPsec, an old one. */
  ipsecTunnel: "1.3.6.1.5.5.7.3.6",
  /** IPsec, an old one. */
  ipsecUser: "1.3.6.1.5.5.7.3.7",
  /** Time stamps. */
  timeStamping: "1.3.6.1.5.5.7.3.8",
  /** Answers about revocation. */
  ocspSigning: "1.3.6.1.5.5.7.3.9",
  /** Of the time of export restrictions. */
  microsoftServerGatedCrypto: "1.3.6.1.4.1.311.10.3.3",
  /** Of the time of export restrictions. */
  netscapeServerGatedCrypto: "2.16.840.1.113730.4.1",
} as const;

/** A usage by name, or by dotted text for one that has no name here. */
export type ExtendedKeyUsage = keyof typeof EXTENDED_KEY_USAGES | `${number}.${number}.${string}`;

/** Checks the usages; in safe mode there is at least one. */
export function walkExtendedKeyUsage(reader: DerReader, _limits: Limits, visit?: Visitor): void {
  const outer = openList(reader);
  for (let index = 0; reader.more(); index++) {
    readOid(reader, index);
    visit?.(reader, OBJECT_IDENTIFIER, index);
  }
  reader.finish(outer);
}

/** Reads the usages. */
export function readExtendedKeyUsage(reader: DerReader, limits: Limits): ExtendedKeyUsage[] {
  const usages: ExtendedKeyUsage[] = [];
  walkExtendedKeyUsage(reader, limits, (at) =>
    usages.push(usageName(oidToText(at.bytes, at.start, at.position))),
  );
  return usages;
}

/** The usage by its name, if it has one: two spellings of one usage become the same. */
export function usageName(usage: string): ExtendedKeyUsage {
  let name: keyof typeof EXTENDED_KEY_USAGES;
  for (name in EXTENDED_KEY_USAGES) if (EXTENDED_KEY_USAGES[name] === usage) return name;
  return usage as ExtendedKeyUsage;
}

/** Writes the usages in the order given. */
export function writeExtendedKeyUsage(writer: DerWriter, usages: readonly ExtendedKeyUsage[]): void {
  const end = writer.mark();
  for (const usage of [...usages].reverse()) writer.oid(encodeOid(usageOid(usage)));
  writer.close(SEQUENCE, end);
}

function usageOid(usage: ExtendedKeyUsage): string {
  return Object.hasOwn(EXTENDED_KEY_USAGES, usage)
    ? EXTENDED_KEY_USAGES[usage as keyof typeof EXTENDED_KEY_USAGES]
    : usage;
}
