import { fromHex, toHex } from "../bytes.ts";

/** Where the serial number of the entry at `at` is: the offset of its length octet, which its octets follow. */
type PlaceOf = (bytes: Uint8Array, at: number) => number;

/** How many slots are looked at, on average for an entry, before the serial numbers are taken for a trap. */
const MAX_PROBES = 16;

/**
 * Finds serial numbers among many: an open-addressing table of offsets in one `Int32Array`, so that an entry costs eight bytes and no object.
 *
 * Who makes a list can choose serial numbers that all fall into one place of such a table. That is noticed while it is filled, and a `Map`, whose
 * hashing nobody can foresee, takes its place; so a look-up takes the same time whatever the numbers are.
 */
export class SerialIndex {
  readonly #bytes: () => Uint8Array;
  readonly #placeOf: PlaceOf;
  #slots: Int32Array;
  #names: Map<string, number> | undefined;
  #probes = 0;
  #count = 0;

  /** `bytes` are those that offsets point into. */
  constructor(bytes: () => Uint8Array, capacity: number, placeOf: PlaceOf) {
    this.#bytes = bytes;
    this.#placeOf = placeOf;
    this.#slots = new Int32Array(tableSize(capacity));
  }

  /** How many serial numbers there are. */
  get size(): number {
    return this.#count;
  }

  /** Adds the entry at `at`; of two with the same serial number, the first stays. */
  add(at: number): void {
    const bytes = this.#bytes();
    const place = this.#placeOf(bytes, at);
    if (bytes[place]! > 0x7f) return; // longer than any serial number that is asked for
    this.#count++;
    if (this.#names) return this.#addName(bytes, at);
    if (this.#count * 2 > this.#slots.length) this.#grow(bytes);
    const slot = this.#slotOf(bytes, bytes, place);
    if (this.#slots[slot] === 0) this.#slots[slot] = at + 1;
    if (this.#probes > MAX_PROBES * this.#count + 1024) this.#nameAll(bytes);
  }

  /** The entry that was added with this serial number (contents of an INTEGER), or -1. */
  find(serial: Uint8Array): number {
    if (serial.length > 0x7f) return -1;
    if (this.#names) return this.#names.get(toHex(serial)) ?? -1;
    const wanted = new Uint8Array(serial.length + 1);
    wanted[0] = serial.length;
    wanted.set(serial, 1);
    return this.#slots[this.#slotOf(this.#bytes(), wanted, 0)]! - 1;
  }

  /** The slot that holds this serial number, or the empty one where it would be. */
  #slotOf(bytes: Uint8Array, wanted: Uint8Array, place: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash(wanted, place) & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      if (isSame(bytes, this.#placeOf(bytes, slots[slot]! - 1), wanted, place)) break;
      this.#probes++;
    }
    return slot;
  }

  #grow(bytes: Uint8Array): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (const entry of old)
      if (entry !== 0) this.#slots[this.#slotOf(bytes, bytes, this.#placeOf(bytes, entry - 1))] = entry;
  }

  #nameAll(bytes: Uint8Array): void {
    this.#names = new Map();
    for (const entry of this.#slots) if (entry !== 0) this.#addName(bytes, entry - 1);
    this.#slots = new Int32Array(1);
  }

  #addName(bytes: Uint8Array, at: number): void {
    const place = this.#placeOf(bytes, at);
    const name = toHex(bytes, place + 1, place + 1 + bytes[place]!);
    if (!this.#names!.has(name)) this.#names!.set(name, at);
  }
}

/** A power of two, so that at most half of the slots are used. */
function tableSize(capacity: number): number {
  let size = 16;
  while (size < capacity * 2) size *= 2;
  return size;
}

/** FNV-1a over length and contents, mixed so that its low bits depend on all (MurmurHash3's finalizer). */
function hash(bytes: Uint8Array, place: number): number {
  const end = place + bytes[place]!;
  let value = 0x811c9dc5;
  for (let i = place; i <= end; i++) value = Math.imul(value ^ bytes[i]!, 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return value ^ (value >>> 13);
}

function isSame(a: Uint8Array, aPlace: number, b: Uint8Array, bPlace: number): boolean {
  const length = b[bPlace]!;
  for (let i = 0; i <= length; i++) if (a[aPlace + i] !== b[bPlace + i]) return false;
  return true;
}

/**
 * The contents of the INTEGER for a serial number given as hex, with or without zeros in front.
 *
 * `TypeError` if it is no hex: such a number is in no list, and to say that it is not revoked would be a lie.
 */
export function serialContents(serialNumber: string): Uint8Array {
  const even = serialNumber.length % 2 === 0 ? serialNumber : `0${serialNumber}`;
  if (even.length === 0) throw new TypeError("the serial number is empty");
  const octets = fromHex(even);
  let first = 0;
  while (first < octets.length - 1 && octets[first] === 0) first++;
  if (octets[first]! < 0x80) return octets.subarray(first);
  const contents = new Uint8Array(octets.length - first + 1);
  contents.set(octets.subarray(first), 1);
  return contents;
}
