/** One entry of a certificate list (RFC 5280 5.1.2.6): checked in passing, read when asked. */
import { readInteger } from "../der/integer.ts";
import { DerReader } from "../der/reader.ts";
import { contentStart, elementEnd } from "../der/skip.ts";
import { SEQUENCE } from "../der/tag.ts";
import { daysIn, readTime } from "../der/time.ts";
import { Readable } from "../readable.ts";
import type { GeneralName } from "./general-name-values.ts";
import type { Limits } from "./limits.ts";
import { ENTRY_EXTENSIONS, integerToHex, readListExtensions } from "./list-extensions.ts";
import type { CrlReason, ListExtension } from "./list-extensions.ts";
import { serialPlace } from "./serial-index.ts";

/** A certificate that was revoked, and what the list says of it. */
export interface RevokedCertificate {
  /** Lower-case hex without leading zero octets; `00` for zero. */
  readonly serialNumber: string;
  /** When it was revoked. */
  readonly revocationDate: Date;
  /** Why; absent where the list does not say. */
  readonly reasonCode?: CrlReason | undefined;
  /** Since when its key is believed to be in wrong hands. */
  readonly invalidityDate?: Date | undefined;
  /** Who issued it, in an indirect list, from this entry on. */
  readonly certificateIssuer?: readonly GeneralName[] | undefined;
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

/** `YYMMDDHHMMSSZ` of a moment that there is. Which year is a leap year is the same for 1950 to 1999 as for 2050 to 2099. */
function isUsualTime(bytes: Uint8Array, at: number): boolean {
  for (let i = at; i < at + 12; i++) if (bytes[i]! < 0x30 || bytes[i]! > 0x39) return false;
  const month = two(bytes, at + 2);
  const day = two(bytes, at + 4);
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(month, 2000 + two(bytes, at)) &&
    two(bytes, at + 6) < 24 &&
    two(bytes, at + 8) < 60 &&
    two(bytes, at + 10) < 60 &&
    bytes[at + 12] === 0x5a
  );
}

function two(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 10 + bytes[at + 1]! - 0x30 * 11;
}

/** The values of a checked entry, made when they are first asked for. It keeps the bytes of the whole list alive. */
export class RevokedEntry extends Readable implements RevokedCertificate {
  readonly #bytes: Uint8Array;
  readonly #at: number;
  readonly #limits: Limits;
  #values: RevokedCertificate | undefined;

  /** Not for callers: {@link CertificateList} makes it. */
  constructor(bytes: Uint8Array, at: number, limits: Limits) {
    super();
    this.#bytes = bytes;
    this.#at = at;
    this.#limits = limits;
  }

  /** Lower-case hex without leading zero octets. */
  get serialNumber(): string {
    const place = serialPlace(this.#bytes, this.#at) - 1;
    return integerToHex(this.#bytes, contentStart(this.#bytes, place), elementEnd(this.#bytes, place));
  }

  /** When it was revoked. */
  get revocationDate(): Date {
    return this.#read().revocationDate;
  }

  /** Why; undefined where the list does not say. */
  get reasonCode(): CrlReason | undefined {
    return this.#read().reasonCode;
  }

  /** Since when its key is believed to be in wrong hands. */
  get invalidityDate(): Date | undefined {
    return this.#read().invalidityDate;
  }

  /** Who issued it, in an indirect list, from this entry on. */
  get certificateIssuer(): readonly GeneralName[] | undefined {
    return this.#read().certificateIssuer;
  }

  /** All extensions of the entry in encoded order. */
  get extensions(): readonly ListExtension[] {
    return this.#read().extensions;
  }

  /** A summary for logs: number, dates and reason. */
  override toJSON(): Record<string, unknown> {
    const { serialNumber, revocationDate, reasonCode, invalidityDate } = this;
    return {
      serialNumber,
      revocationDate: revocationDate.toISOString(),
      reasonCode,
      invalidityDate: invalidityDate?.toISOString(),
    };
  }

  /** It was checked before; Kubernetes mode, for what was let through then is no news now. */
  #read(): RevokedCertificate {
    const options = { start: this.#at, mode: "kubernetes" } as const;
    return (this.#values ??= readEntry(new DerReader(this.#bytes, options), 0, this.#limits));
  }
}
