import type { CertificateList } from "./certificate-list.ts";
import { RevokedEntry } from "./revoked-entry.ts";
import { SerialIndex } from "./serial-index.ts";
import type { Limits } from "./limits.ts";

/**
 * What is left of a certificate list that was read from a stream: its header, and its entries or those that were asked for.
 *
 * Its signature was verified with the key `signedWith` while the bytes were there; dates, scope and the issuer's right to sign lists were not looked
 * at. Give it to a `CertificateListChecker`, which does. Made by {@link readCertificateList}.
 */
export class CertificateListIndex {
  /** Issuer, dates and extensions: the list without its entries, whose own signature therefore does not hold. */
  readonly header: CertificateList;
  /** DER SubjectPublicKeyInfo of the key that the signature was verified with. */
  readonly signedWith: Uint8Array;
  /** How many entries the list has, also those that were not kept. */
  readonly size: number;
  readonly #entries: EntryStore;
  readonly #isKept: (serialNumber: string) => boolean;

  /** Not for callers: use {@link readCertificateList}. */
  constructor(
    header: CertificateList,
    signedWith: Uint8Array,
    size: number,
    entries: EntryStore,
    isKept: (serialNumber: string) => boolean,
  ) {
    this.header = header;
    this.signedWith = signedWith;
    this.size = size;
    this.#entries = entries;
    this.#isKept = isKept;
  }

  /**
   * As {@link CertificateList.find}. `TypeError` for a serial number that was not among those to keep: that it is not found would mean nothing.
   */
  find(serialNumber: string): RevokedEntry | undefined {
    if (!this.#isKept(serialNumber))
      throw new TypeError("this serial number was not among those that the list was read for");
    return this.#entries.find(serialNumber);
  }
}

/** Entries one after the other in one array that grows, and where each is. */
export class EntryStore {
  readonly #limits: Limits;
  readonly #mostBytes: number;
  #bytes = new Uint8Array(0);
  #length = 0;
  #count = 0;
  #index: SerialIndex | undefined;

  /** All entries together have at most `mostBytes`; room for them is made as they come. */
  constructor(mostBytes: number, limits: Limits) {
    this.#mostBytes = mostBytes;
    this.#limits = limits;
  }

  /** Keeps a copy of `count` checked entries that stand from `start` to `end`. */
  add(bytes: Uint8Array, start: number, end: number, count: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#bytes.length) {
      const room = Math.min(Math.max(1024, Math.ceil(this.#bytes.length * 1.5)), this.#mostBytes);
      const grown = new Uint8Array(Math.max(needed, room));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes.subarray(start, end), this.#length);
    this.#length = needed;
    this.#count += count;
  }

  /** The entry with this serial number; nothing may be added after the first question. */
  find(serialNumber: string): RevokedEntry | undefined {
    this.#index ??= new SerialIndex(this.#bytes, 0, this.#length, this.#count);
    const at = this.#index.find(serialNumber);
    return at < 0 ? undefined : new RevokedEntry(this.#bytes, at, this.#limits);
  }
}
