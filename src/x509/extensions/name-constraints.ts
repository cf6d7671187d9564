import { decodeString, isAscii } from "../../der/strings.ts";
import type { DerReader } from "../../der/reader.ts";
import { SEQUENCE, contextConstructed } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { CertificateError } from "../../errors.ts";
import { isDomainNameValid } from "../domain-name.ts";
import { writeSubtree } from "../general-name-writer.ts";
import { DNS, EMAIL, IP, URI, readGeneralName } from "../general-name.ts";
import type { GeneralName } from "../general-name.ts";
import { formatIpPrefix, parseIpAddress } from "../ip-address.ts";
import type { Limits } from "../limits.ts";
import { isMailboxValid } from "../mailbox.ts";

/** Which names certificates below a CA may have (RFC 5280 4.2.1.10). Of an `ip` subtree the value is a prefix such as `10.0.0.0/8`. */
export interface NameConstraints {
  /** If there is one of a kind, each name of that kind must be within one of them. */
  readonly permitted: readonly GeneralName[];
  /** No name may be within one of them. */
  readonly excluded: readonly GeneralName[];
}

const PERMITTED = contextConstructed(0);
const EXCLUDED = contextConstructed(1);

/** Reads NameConstraints as Go's `parseNameConstraintsExtension` checks them; in safe mode also the kinds that Go does not handle. */
export function readNameConstraints(reader: DerReader, _keep: boolean, limits: Limits): NameConstraints {
  const outer = reader.open(SEQUENCE, "");
  if (!reader.more()) fail(reader, "there must be permitted or excluded names");
  const value = {
    permitted: readSubtrees(reader, PERMITTED, "permittedSubtrees", limits),
    excluded: readSubtrees(reader, EXCLUDED, "excludedSubtrees", limits),
  };
  reader.finish(outer);
  reader.end();
  return value;
}

function readSubtrees(reader: DerReader, tag: number, label: string, limits: Limits): GeneralName[] {
  if (reader.peek() !== tag) return [];
  const outer = reader.open(tag, label);
  if (!reader.more()) reader.deviate(constraintError(reader, "the list of names must not be empty"));
  const subtrees: GeneralName[] = [];
  for (let index = 0; reader.more(); index++) {
    const subtree = reader.open(SEQUENCE, index);
    const base = readBase(reader, limits);
    if (base !== undefined) subtrees.push(base);
    reader.finishOpen(subtree); // minimum and maximum, which RFC 5280 forbids and Go skips
  }
  reader.finish(outer);
  return subtrees;
}

function readBase(reader: DerReader, limits: Limits): GeneralName | undefined {
  const tag = reader.peek();
  if (tag === IP) return readPrefix(reader);
  if (tag !== DNS && tag !== EMAIL && tag !== URI) {
    const base = reader.tolerate(() => readGeneralName(reader, "base", limits));
    if (base === undefined) reader.readAny("base");
    return base;
  }
  reader.read(tag, "base");
  const { bytes, start, position } = reader;
  const text = isAscii(bytes, start, position) ? decodeString(bytes, start, position, tag) : undefined;
  if (text === undefined || !isConstraint(tag, text))
    fail(reader, "the constraint is no domain name or mailbox");
  return { type: tag === DNS ? "dns" : tag === URI ? "uri" : "email", value: text };
}

function isConstraint(tag: number, text: string): boolean {
  if (tag === EMAIL && text.includes("@")) return isMailboxValid(text);
  if (tag === URI && parseIpAddress(text) !== undefined) return false;
  return isDomainNameValid(text, true);
}

function readPrefix(reader: DerReader): GeneralName {
  reader.read(IP, "base");
  const octets = reader.contents();
  const size = octets.length >> 1;
  const value =
    size === 4 || size === 16 ? formatIpPrefix(octets.subarray(0, size), octets.subarray(size)) : undefined;
  if (value === undefined || octets.length % 2 === 1)
    fail(reader, "an IP constraint must be an address and a mask of leading ones");
  return { type: "ip", value };
}

function constraintError(reader: DerReader, message: string): CertificateError {
  return new CertificateError("ERR_CERTIFICATE_NAME_CONSTRAINTS", message, reader.place());
}

function fail(reader: DerReader, message: string): never {
  throw constraintError(reader, message);
}

/** Writes NameConstraints. */
export function writeNameConstraints(writer: DerWriter, { permitted, excluded }: NameConstraints): void {
  const end = writer.mark();
  writeSubtrees(writer, excluded, EXCLUDED);
  writeSubtrees(writer, permitted, PERMITTED);
  writer.close(SEQUENCE, end);
}

function writeSubtrees(writer: DerWriter, subtrees: readonly GeneralName[], tag: number): void {
  if (subtrees.length === 0) return;
  const end = writer.mark();
  for (const subtree of [...subtrees].reverse()) {
    const subtreeEnd = writer.mark();
    writeSubtree(writer, subtree);
    writer.close(SEQUENCE, subtreeEnd);
  }
  writer.close(tag, end);
}
