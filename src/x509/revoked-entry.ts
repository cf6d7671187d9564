/** One entry of a certificate list (RFC 5280 5.1.2.6): checked in passing, read when asked. */
import { readInteger } from "../der/integer.ts";
import { DerReader } from "../der/reader.ts";
import { contentStart, elementEnd } from "../der/skip.ts";
import { SEQUENCE } from "../der/tag.ts";
import { readTime } from "../der/time.ts";
import type { GeneralName } from "./general-name-values.ts";
import type { Limits } from "./limits.ts";
import { ENTRY_EXTENSIONS, integerToHex, readListExtensions } from "./list-extensions.ts";
import type { CrlReason, ListExtension } from "./list-extensions.ts";

/** A certificate that was revoked, and what the list says of it. */
export interface RevokedCertificate {
  /** Lower-case hex without leading zero octets; `00` for zero. */
  readonly serialNumber: string;
  /** When it was revoked. */
  readonly revocationDate: Date;
  /** Why; absent where the list does not say. */
  readonly reasonCode?: CrlReason;
  /** Since when its key is believed to be in wrong hands. */
  readonly invalidityDate?: Date;
  /** Who issued it, in an indirect list, from this entry on. */
  readonly certificateIssuer?: readonly GeneralName[];
  /** All extensions of the entry in encoded order. */
  readonly extensions: readonly ListExtension[];
}

/** What stands in an entry that decides whether the whole list can be used. */
export interface EntryNotes {
  /** Why the list cannot be used to tell whether a certificate was revoked; the first such entry says it. */
  unusable: string | undefined;
}

/** Checks the entry at `reader.position`, in the one way or the other; both answer alike. */
export function walkEntry(reader: DerReader, index: number, limits: Limits, notes: EntryNotes): void {
  const end = usualEntryEnd(reader.bytes, reader.position, reader.limit);
  if (end > 0) reader.position = end;
  else readEntry(reader, index, limits, notes);
}

/**
 * Reads one entry with its values.
 *
 * @throws CertificateListError `ERR_CRL_*`, and DerError
 */
export function readEntry(
  reader: DerReader,
  index: number,
  limits: Limits,
  notes: EntryNotes = { unusable: undefined },
): RevokedCertificate {
  const outer = reader.open(SEQUENCE, index);
  readInteger(reader, "userCertificate");
  const { bytes, start, position } = reader;
  if (bytes[start]! >= 0x80 || position - start > 20)
    reader.deviate("ERR_CRL_SERIAL_NUMBER", "a serial number must be from 0 to 20 octets", "userCertificate");
  const serialNumber = integerToHex(bytes, start, position);
  const revocationDate = new Date(readTime(reader, "revocationDate") * 1000);
  const extensions =
    reader.peek() === SEQUENCE
      ? readListExtensions(reader, "crlEntryExtensions", ENTRY_EXTENSIONS, limits)
      : [];
  reader.finishOpen(outer);
  noteExtensions(extensions, index, notes);
  return { serialNumber, revocationDate, ...namedValues(extensions), extensions };
}

function namedValues(
  extensions: readonly ListExtension[],
): Pick<RevokedCertificate, "reasonCode" | "invalidityDate" | "certificateIssuer"> {
  const valueOf = (id: string): unknown => extensions.find((extension) => extension.id === id)?.value;
  const reasonCode = valueOf("reasonCode") as CrlReason | undefined;
  const invalidity = valueOf("invalidityDate") as number | undefined;
  const certificateIssuer = valueOf("certificateIssuer") as readonly GeneralName[] | undefined;
  return {
    ...(reasonCode && { reasonCode }),
    ...(invalidity !== undefined && { invalidityDate: new Date(invalidity * 1000) }),
    ...(certificateIssuer && { certificateIssuer }),
  };
}

/** RFC 5280 5.3: a critical extension that is not understood makes the whole list useless, also for certificates it does not name. */
function noteExtensions(extensions: readonly ListExtension[], index: number, notes: EntryNotes): void {
  if (notes.unusable !== undefined) return;
  for (const { id, oid, critical, value } of extensions) {
    if (id === "certificateIssuer")
      notes.unusable = `entry ${index} is of another issuer: the list is indirect`;
    else if (value === "removeFromCRL") notes.unusable = `entry ${index} has a reason that only deltas have`;
    else if (critical && id === undefined)
      notes.unusable = `entry ${index} has the critical extension ${oid}, which is not understood`;
  }
}

/** The extension list `SEQUENCE { SEQUENCE { 2.5.29.21, OCTET STRING { ENUMERATED` up to the code, as it stands in almost every entry. */
const REASON = [0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01];

/**
 * Where an entry of the usual form ends: a positive serial number of at most 20 octets, UTCTime, and nothing more or a reason. -1 for any other
 * entry, which may be good all the same. A million entries are checked so without any object.
 */
function usualEntryEnd(bytes: Uint8Array, at: number, limit: number): number {
  if (at + 2 > limit || bytes[at] !== SEQUENCE || bytes[at + 1]! >= 0x80) return -1;
  const end = at + 2 + bytes[at + 1]!;
  const size = bytes[at + 3]!;
  const time = at + 4 + size;
  if (end > limit || bytes[at + 2] !== 0x02 || size === 0 || size > 20 || time + 15 > end) return -1;
  const first = bytes[at + 4]!;
  if (first >= 0x80 || (first === 0 && size > 1 && bytes[at + 5]! < 0x80)) return -1;
  if (bytes[time] !== 0x17 || bytes[time + 1] !== 13 || !isUsualTime(bytes, time + 2)) return -1;
  if (time + 15 === end) return end;
  if (time + 15 + REASON.length + 1 !== end) return -1;
  for (let i = 0; i < REASON.length; i++) if (bytes[time + 15 + i] !== REASON[i]) return -1;
  const reason = bytes[end - 1]!;
  return reason <= 10 && reason !== 7 && reason !== 8 ? end : -1;
}

/** `YYMMDDHHMMSSZ` on a day that every month has. */
function isUsualTime(bytes: Uint8Array, at: number): boolean {
  for (let i = at; i < at + 12; i++) if (bytes[i]! < 0x30 || bytes[i]! > 0x39) return false;
  const month = two(bytes, at + 2);
  const day = two(bytes, at + 4);
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 28 &&
    two(bytes, at + 6) < 24 &&
    two(bytes, at + 8) < 60 &&
    two(bytes, at + 10) < 60 &&
    bytes[at + 12] === 0x5a
  );
}

function two(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 10 + bytes[at + 1]! - 0x30 * 11;
}

/** Where the serial number of a checked entry is: the offset of its length octet. */
export function serialPlace(bytes: Uint8Array, at: number): number {
  return contentStart(bytes, at) + 1;
}

/**
 * The entry that a list is at while its entries are gone through: **one object for all of them**, so that a million cost no memory. Keep what
 * {@link EntryCursor.read} gives, not the cursor.
 */
export class EntryCursor {
  readonly #bytes: Uint8Array;
  readonly #limits: Limits;
  #at: number;

  /** Not for callers: `CertificateList.entries` makes it. */
  constructor(bytes: Uint8Array, start: number, limits: Limits) {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#at = start;
  }

  /** Moves to the next entry. Not for callers: the loop does it. */
  next(): number {
    this.#at = elementEnd(this.#bytes, this.#at);
    return this.#at;
  }

  /** Lower-case hex without leading zero octets. */
  get serialNumber(): string {
    const place = serialPlace(this.#bytes, this.#at);
    return integerToHex(
      this.#bytes,
      contentStart(this.#bytes, place - 1),
      elementEnd(this.#bytes, place - 1),
    );
  }

  /** All values of the entry, in an object of their own. */
  read(): RevokedCertificate {
    return readEntryAt(this.#bytes, this.#at, this.#limits);
  }
}

/** The values of an entry that was checked before; Kubernetes mode, for what was let through then is no news now. */
export function readEntryAt(bytes: Uint8Array, at: number, limits: Limits): RevokedCertificate {
  const reader = new DerReader(bytes, { start: at, mode: "kubernetes" });
  return readEntry(reader, 0, limits);
}
