import { toHex } from "../bytes.ts";
import { contentStart, elementEnd } from "../der/skip.ts";

/** How many slots are looked at, on average for an entry, before the serial numbers are taken for a trap. */
const MAX_PROBES = 16;

/** A slot has no room for a larger offset; in a list of two gigabytes, each look-up goes through the entries. */
const MAX_OFFSET = 0x7fff_fffe;

/** Octets of the longest serial number that is asked for: its length octet has the short form. */
const MAX_OCTETS = 127;

/**
 * Finds the entries of a list by serial number. The first look-up goes through them, as many a list is asked but once; the second makes an index.
 *
 * That is an open-addressing table in one `Int32Array`: eight bytes an entry, no object, and no other entry of the list is read for most look-ups, for
 * bits of the hash that the offset leaves free stand beside it.
 *
 * Who makes a list can choose serial numbers that all fall into one place of such a table. That is noticed while it is filled, and a `Map`, whose
 * hashing nobody can foresee, takes its place; so a look-up takes the same time whatever the numbers are.
 */
export class SerialIndex {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  readonly #count: number;
  /** Which bits of a slot are the offset of an entry and 1; the others are those of its hash. */
  readonly #offsetMask: number;
  /** The serial number that is looked for: length octet and contents. */
  readonly #wanted = new Uint8Array(MAX_OCTETS + 1);
  #wasAsked = false;
  #slots: Int32Array | undefined;
  #names: Map<string, number> | undefined;

  /** `count` checked entries stand between `start` and `end`; nothing of them may change. */
  constructor(bytes: Uint8Array, start: number, end: number, count: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#count = count;
    this.#offsetMask = 0xffff_ffff >>> Math.clz32(end);
  }

  /**
   * Where the entry with this serial number begins, or -1; of several the first. Hex, with or without zeros in front.
   *
   * `TypeError` if it is no hex: such a number is in no list, and to say that it is not revoked would be a lie.
   */
  find(serialNumber: string): number {
    const wanted = this.#wanted;
    if (!writeSerial(serialNumber, wanted) || this.#count === 0) return -1;
    if (!this.#wasAsked || this.#end > MAX_OFFSET) {
      this.#wasAsked = true;
      return this.#scan(wanted);
    }
    this.#slots ??= this.#fill();
    if (this.#names) return this.#names.get(toHex(wanted, 1, 1 + wanted[0]!)) ?? -1;
    const bytes = this.#bytes;
    const mask = this.#offsetMask;
    const slots = this.#slots;
    const hash = hashSerial(wanted, 0);
    let slot = firstSlot(hash, slots.length);
    for (let value = slots[slot]!; value !== 0; value = slots[slot]!) {
      if (((value ^ hash) & ~mask) === 0 && isEntryOf(bytes, (value & mask) - 1, wanted, 0))
        return (value & mask) - 1;
      if (++slot === slots.length) slot = 0;
    }
    return -1;
  }

  #scan(wanted: Uint8Array): number {
    const bytes = this.#bytes;
    for (let at = this.#start; at < this.#end; at = elementEnd(bytes, at))
      if (isEntryOf(bytes, at, wanted, 0)) return at;
    return -1;
  }

  /** All in local variables, which compilers keep in registers. */
  #fill(): Int32Array {
    const bytes = this.#bytes;
    const end = this.#end;
    const mask = this.#offsetMask;
    const size = this.#count * 2;
    const slots = new Int32Array(size);
    let budget = MAX_PROBES * this.#count + 1024;
    for (let at = this.#start; at < end; at = elementEnd(bytes, at)) {
      const place = serialPlace(bytes, at);
      if (bytes[place]! > MAX_OCTETS) continue;
      const hash = hashSerial(bytes, place);
      let slot = firstSlot(hash, size);
      for (let value = slots[slot]!; value !== 0; value = slots[slot]!) {
        if (((value ^ hash) & ~mask) === 0 && isEntryOf(bytes, (value & mask) - 1, bytes, place)) break;
        if (--budget < 0) return this.#nameAll();
        if (++slot === size) slot = 0;
      }
      if (slots[slot] === 0) slots[slot] = (hash & ~mask) | (at + 1);
    }
    return slots;
  }

  #nameAll(): Int32Array {
    const bytes = this.#bytes;
    const names = (this.#names = new Map<string, number>());
    for (let at = this.#start; at < this.#end; at = elementEnd(bytes, at)) {
      const place = serialPlace(bytes, at);
      const name = toHex(bytes, place + 1, place + 1 + bytes[place]!);
      if (bytes[place]! <= MAX_OCTETS && !names.has(name)) names.set(name, at);
    }
    return new Int32Array(0);
  }
}

/** Where the serial number of a checked entry is: the offset of its length octet. */
export function serialPlace(bytes: Uint8Array, at: number): number {
  return contentStart(bytes, at) + 1;
}

/** A slot for this hash in a table of any length: its high bits decide, as the low ones stand in the slot. */
export function firstSlot(hash: number, size: number): number {
  return Math.floor(((hash >>> 0) * size) / 4_294_967_296);
}

/** Over length and contents, four octets at a time, mixed so that each bit depends on all (MurmurHash3's finalizer). */
export function hashSerial(bytes: Uint8Array, place: number): number {
  const length = bytes[place]!;
  const end = place + 1 + length;
  let hash = length;
  let at = place + 1;
  for (; at + 4 <= end; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Whether the entry at `at` has the serial number whose length octet is at `place` of `wanted`. */
function isEntryOf(bytes: Uint8Array, at: number, wanted: Uint8Array, place: number): boolean {
  const own = serialPlace(bytes, at);
  const length = wanted[place]!;
  for (let i = 0; i <= length; i++) if (bytes[own + i] !== wanted[place + i]) return false;
  return true;
}

/** Writes length and contents of the INTEGER for a serial number of hex; false if it is longer than any that is found. */
function writeSerial(text: string, into: Uint8Array): boolean {
  let digit = 0;
  while (digit < text.length - 1 && text.charCodeAt(digit) === 0x30) digit++;
  const digits = text.length - digit;
  if (digits > MAX_OCTETS * 2 - 1) {
    canonicalSerialNumber(text); // throws if it is none
    return false;
  }
  let fault = digits - 1; // negative if there is no digit, or if one is none
  let octets = 1;
  for (let end = digit + 2 - (digits % 2); digit < text.length; end += 2) {
    let octet = 0;
    for (; digit < end; digit++) {
      const code = text.charCodeAt(digit);
      fault |= digitFault(code);
      octet = octet * 16 + digitValue(code);
    }
    if (octets === 1 && octet >= 0x80) into[octets++] = 0; // else the number would be negative
    into[octets++] = octet;
  }
  if (fault < 0) throw notHex();
  into[0] = octets - 1;
  return true;
}

/** Whether a digit is a letter is as good as random, so neither this nor the next branches on it. */
const digitValue = (code: number): number => (code & 15) + (code >> 6) * 9;

/** Negative if the code is that of no hexadecimal digit. */
const digitFault = (code: number): number =>
  ((code - 0x30) | (0x39 - code)) & (((code | 0x20) - 0x61) | (0x66 - (code | 0x20)));

const notHex = (): TypeError => new TypeError("the serial number is no hexadecimal number");

/** Length octet and contents of the INTEGER for a serial number of hex, as they stand in an entry. `TypeError` if it is no hex. */
export function serialContents(serialNumber: string): Uint8Array {
  const contents = new Uint8Array(MAX_OCTETS + 1);
  return writeSerial(serialNumber, contents) ? contents.subarray(0, 1 + contents[0]!) : new Uint8Array(1);
}

/**
 * A serial number given as hex in the one form that certificates have it in: lower case, whole octets, no zeros in front.
 *
 * `TypeError` if it is no hex.
 */
export function canonicalSerialNumber(serialNumber: string): string {
  if (!/^[\dA-Fa-f]+$/.test(serialNumber)) throw notHex();
  let first = 0;
  while (first < serialNumber.length - 1 && serialNumber.charCodeAt(first) === 0x30) first++;
  const digits = serialNumber.slice(first).toLowerCase();
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}
