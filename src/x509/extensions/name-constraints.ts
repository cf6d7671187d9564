import { decodeString, isAscii } from "../../der/strings.ts";
import type { DerReader } from "../../der/reader.ts";
import { SEQUENCE } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { isDomainNameValid } from "../domain-name.ts";
import { generalName } from "../general-name-values.ts";
import type { GeneralName } from "../general-name-values.ts";
import { writeSubtree } from "../general-name-writer.ts";
import { EMAIL, IP, URI, isGoKind, walkUnseen } from "../general-name.ts";
import type { Visitor } from "../general-name.ts";
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

const PERMITTED = 0xa0;
const EXCLUDED = 0xa1;

/**
 * Checks NameConstraints as Go's `parseNameConstraintsExtension` does; in safe mode also the kinds that Go does not handle.
 * `visit` gets 0 as index for permitted names, 1 for excluded ones.
 */
export function walkNameConstraints(reader: DerReader, limits: Limits, visit?: Visitor): void {
  const outer = reader.open(SEQUENCE, "");
  const begin = reader.position;
  const names =
    walkSubtrees(reader, PERMITTED, "permittedSubtrees", limits, visit) +
    walkSubtrees(reader, EXCLUDED, "excludedSubtrees", limits, visit);
  if (reader.position === begin || names === 0) fail(reader, "there must be permitted or excluded names");
  reader.finish(outer);
  reader.end();
}

function walkSubtrees(
  reader: DerReader,
  tag: number,
  label: string,
  limits: Limits,
  visit?: Visitor,
): number {
  if (reader.peek() !== tag) return 0;
  const outer = reader.open(tag, label);
  if (!reader.more()) reader.deviate("ERR_CERTIFICATE_NAME_CONSTRAINTS", "the list of names is empty");
  let index = 0;
  for (; reader.more(); index++) {
    const subtree = reader.open(SEQUENCE, index);
    walkBase(reader, limits, visit && ((at, kind) => visit(at, kind, tag - PERMITTED)));
    reader.finishOpen(subtree); // minimum and maximum, which RFC 5280 forbids and Go skips
  }
  reader.finish(outer);
  return index;
}

function walkBase(reader: DerReader, limits: Limits, visit?: Visitor): void {
  const tag = reader.peek();
  if (!isGoKind(tag)) return walkUnseen(reader, "base", limits, visit);
  if (tag === IP) {
    reader.read(tag, "base");
    if (!isPrefix(reader)) fail(reader, "an IP constraint must be an address and a mask of leading ones");
  } else {
    reader.read(tag, "base");
    const { bytes, start, position } = reader;
    if (!isAscii(bytes, start, position) || !isConstraint(tag, decodeString(bytes, start, position, tag)))
      fail(reader, "the constraint is no domain name or mailbox");
  }
  visit?.(reader, tag, 0);
}

function isConstraint(tag: number, text: string): boolean {
  if (tag === EMAIL && text.includes("@")) return isMailboxValid(text);
  return !(tag === URI && parseIpAddress(text) !== undefined) && isDomainNameValid(text, true);
}

/** Address and mask of the same size; an octet of the mask that is not all ones is followed by zeros only. */
function isPrefix({ bytes, start, position }: DerReader): boolean {
  const size = (position - start) / 2;
  let ones = 0xff;
  for (let i = start + size; i < position; i++) {
    const octet = bytes[i]!;
    if (octet & ~ones || (octet | (octet - 1)) !== (octet === 0 ? -1 : 0xff)) return false;
    if (octet !== 0xff) ones = 0;
  }
  return size === 4 || size === 16;
}

function fail(reader: DerReader, message: string): never {
  reader.fail("ERR_CERTIFICATE_NAME_CONSTRAINTS", message);
}

/** Reads NameConstraints. */
export function readNameConstraints(reader: DerReader, limits: Limits): NameConstraints {
  const lists: [GeneralName[], GeneralName[]] = [[], []];
  walkNameConstraints(reader, limits, (at, tag, index) => {
    lists[index === 0 ? 0 : 1].push(
      tag === IP ? { type: "ip", value: prefixText(at.contents()) } : generalName(at, tag, limits),
    );
  });
  return { permitted: lists[0], excluded: lists[1] };
}

function prefixText(octets: Uint8Array): string {
  const size = octets.length / 2;
  return formatIpPrefix(octets.subarray(0, size), octets.subarray(size)) ?? "";
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
