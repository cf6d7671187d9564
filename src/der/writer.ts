import { DerError } from "../errors.ts";
import { isPrintable } from "./strings.ts";
import { formatTime } from "./time.ts";
import {
  BIT_STRING,
  BOOLEAN,
  INTEGER,
  NULL,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  PRINTABLE_STRING,
  SET,
  UTF8_STRING,
} from "./tag.ts";

const UTF8 = /* @__PURE__ */ new TextEncoder();

/**
 * Writes DER from the back to the front, so that every length is known when its octets are written and nothing is copied twice.
 *
 * Fields are therefore written in **reverse order**, the last one first:
 * `const end = writer.mark(); …last field…; …first field…; writer.close(SEQUENCE, end);`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DerWriter, SEQUENCE } from "kubepki/der";
 *
 * const writer = new DerWriter();
 * const end = writer.mark();
 * writer.boolean(true); // the second field of the SEQUENCE
 * writer.smallInteger(5); // the first
 * writer.close(SEQUENCE, end);
 * assert.deepEqual([...writer.finish()], [0x30, 0x06, 0x02, 0x01, 0x05, 0x01, 0x01, 0xff]);
 * ```
 */
export class DerWriter {
  private buffer: Uint8Array<ArrayBuffer>;
  /** Octets written so far; also the distance from the end of the buffer. */
  private length = 0;

  /** `capacity` is the first size of the buffer, in bytes; it grows as needed. */
  constructor(capacity = 512) {
    this.buffer = new Uint8Array(capacity);
  }

  /** Where an element ends; give it to {@link close} when its contents are written. */
  mark(): number {
    return this.length;
  }

  /** Puts identifier and length octets before everything written since `end` was marked. */
  close(tag: number, end: number): void {
    const length = this.length - end;
    let at = this.reserve(6);
    const { buffer } = this;
    if (length < 0x80) {
      buffer[--at] = length;
    } else {
      let count = 0;
      for (let rest = length; rest > 0; rest = Math.floor(rest / 256), count++) buffer[--at] = rest % 256;
      buffer[--at] = 0x80 | count;
    }
    buffer[--at] = tag;
    this.length = buffer.length - at;
  }

  /** Puts the bytes before what is written, as they are. */
  raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length) - bytes.length;
    this.buffer.set(bytes, at);
    this.length += bytes.length;
  }

  /** Puts one octet before what is written, as it is. */
  octet(value: number): void {
    this.buffer[this.reserve(1) - 1] = value;
    this.length++;
  }

  /** Writes an element with these contents. */
  element(tag: number, contents: Uint8Array): void {
    const end = this.mark();
    this.raw(contents);
    this.close(tag, end);
  }

  /**
   * Writes an element whose contents are the text in UTF-8 (which is ASCII for ASCII). Not checked: that `tag` allows the characters.
   *
   * @throws DerError `ERR_DER_STRING` if the text has a lone surrogate, which UTF-8 cannot say
   */
  text(tag: number, value: string): void {
    const end = this.mark();
    let ascii = true;
    let at = this.reserve(value.length);
    for (let i = value.length - 1; i >= 0 && ascii; i--) {
      const code = value.charCodeAt(i);
      ascii = code < 0x80;
      this.buffer[--at] = code;
    }
    if (ascii) this.length += value.length;
    else this.raw(encodeUtf8(value));
    this.close(tag, end);
  }

  /**
   * Writes a text as Go chooses among the types of DirectoryString: PrintableString if the characters are in its alphabet, without the `*` and `&`
   * that are tolerated when reading; else UTF8String.
   *
   * @throws DerError `ERR_DER_STRING` as {@link text}
   */
  directoryString(value: string): void {
    const end = this.mark();
    const at = this.reserve(value.length) - value.length;
    const { buffer } = this;
    let all = 0;
    let printable = true;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      buffer[at + i] = code;
      all |= code;
      printable = printable && isPrintable(code) && code !== 0x2a && code !== 0x26;
    }
    if (all >= 0x80) return this.text(UTF8_STRING, value);
    this.length += value.length;
    this.close(printable ? PRINTABLE_STRING : UTF8_STRING, end); // from the back, so that the tag may be known last
  }

  /** Writes a BOOLEAN. */
  boolean(value: boolean): void {
    const end = this.mark();
    this.octet(value ? 0xff : 0);
    this.close(BOOLEAN, end);
  }

  /** Writes a NULL. */
  null(): void {
    this.close(NULL, this.mark());
  }

  /** Writes an INTEGER from 0 to 2^53 - 1. */
  smallInteger(value: number, tag: number = INTEGER): void {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new TypeError(`${value} is no integer from 0 to 2^53 - 1`);
    const end = this.mark();
    let rest = value;
    let last = 0;
    do {
      last = rest % 256;
      this.octet(last);
      rest = Math.floor(rest / 256);
    } while (rest > 0);
    if (last >= 0x80) this.octet(0);
    this.close(tag, end);
  }

  /** Writes an INTEGER whose magnitude is given big-endian, without sign: zero octets in front are cut, one is added where the sign needs it. */
  unsignedInteger(magnitude: Uint8Array, tag: number = INTEGER): void {
    const end = this.mark();
    let first = 0;
    while (first < magnitude.length && magnitude[first] === 0) first++;
    this.raw(first === 0 ? magnitude : magnitude.subarray(first));
    if (first === magnitude.length || magnitude[first]! >= 0x80) this.octet(0);
    this.close(tag, end);
  }

  /** Writes an OBJECT IDENTIFIER with these contents, as {@link encodeOid} makes them. */
  oid(contents: Uint8Array): void {
    this.element(OBJECT_IDENTIFIER, contents);
  }

  /** Writes an OCTET STRING. */
  octetString(contents: Uint8Array, tag: number = OCTET_STRING): void {
    this.element(tag, contents);
  }

  /** Writes a BIT STRING of whole octets, or of `unused` bits less. */
  bitString(contents: Uint8Array, unused = 0, tag: number = BIT_STRING): void {
    const end = this.mark();
    this.raw(contents);
    this.octet(unused);
    this.close(tag, end);
  }

  /** Writes a named bit list without trailing zero bits (X.690 11.2.2): bit 0 of the number is bit 0 of the list; at most 24 bits. */
  namedBits(bits: number, tag: number = BIT_STRING): void {
    const octets = new Uint8Array(3);
    let highest = -1;
    for (let bit = 0; bit < 24; bit++) {
      if ((bits & (1 << bit)) === 0) continue;
      octets[bit >> 3]! |= 0x80 >> (bit & 7);
      highest = bit;
    }
    const length = (highest + 8) >> 3;
    this.bitString(octets.subarray(0, length), length * 8 - (highest + 1), tag);
  }

  /** Writes a Time: seconds since 1970 as UTCTime from 1950 to 2049, else as GeneralizedTime (RFC 5280 4.1.2.5). */
  time(seconds: number): void {
    const { tag, text } = formatTime(seconds);
    this.text(tag, text);
  }

  /** Writes a SET OF the given encoded elements, in the order of X.690 11.6; repeated elements are kept. */
  setOf(elements: readonly Uint8Array[], tag: number = SET): void {
    const end = this.mark();
    const ends = elements.map((element) => {
      const at = this.mark();
      this.raw(element);
      return at;
    });
    this.sort(ends);
    this.close(tag, end);
  }

  /**
   * As {@link close}, for a SET OF whose elements have been written one after the other: `ends` are the marks at which each ends, in the order of
   * writing. They are put into the order of X.690 11.6.
   */
  closeSetOf(ends: readonly number[], tag: number = SET): void {
    const end = ends[0] ?? this.mark();
    this.sort(ends);
    this.close(tag, end);
  }

  /** Sorts the elements that end at these marks, which reach up to here. */
  private sort(ends: readonly number[]): void {
    const { length } = this;
    if (this.isDescending(ends)) return;
    const starts = ends.map((_, i) => ends[i + 1] ?? length);
    const descending = ends
      .map((_, i) => i)
      .sort((a, b) => this.compare(starts[b]!, ends[b]!, starts[a]!, ends[a]!));
    const size = length - ends[0]!;
    const at = this.reserve(size);
    const { buffer } = this;
    let to = at;
    for (const element of descending) {
      const from = buffer.length - starts[element]!;
      to -= starts[element]! - ends[element]!;
      buffer.copyWithin(to, from, buffer.length - ends[element]!);
    }
    buffer.copyWithin(at, to, at);
  }

  /** Whether the elements stand in order already: the one written first is the last of the SET. */
  private isDescending(ends: readonly number[]): boolean {
    for (let i = 1; i < ends.length; i++) {
      const start = ends[i + 1] ?? this.length;
      if (this.compare(start, ends[i]!, ends[i]!, ends[i - 1]!) > 0) return false;
    }
    return true;
  }

  /** Orders two elements, each from its start to its end as distances from the end of the buffer. No element is another's beginning. */
  private compare(startA: number, endA: number, startB: number, endB: number): number {
    const { buffer } = this;
    const a = buffer.length - startA;
    const b = buffer.length - startB;
    const shared = Math.min(startA - endA, startB - endB);
    for (let i = 0; i < shared; i++) {
      const difference = buffer[a + i]! - buffer[b + i]!;
      if (difference !== 0) return difference;
    }
    return startA - endA - (startB - endB);
  }

  /** A copy of everything that is written; the writer can be used again after {@link reset}. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(this.buffer.length - this.length);
  }

  /** Everything that is written, without a copy: good until something else is written or forgotten. */
  view(): Uint8Array {
    return this.buffer.subarray(this.buffer.length - this.length);
  }

  /** Forgets what is written and keeps the buffer. */
  reset(): void {
    this.length = 0;
  }

  /** Makes room for `count` octets; returns the offset before which they go. */
  private reserve(count: number): number {
    const needed = this.length + count;
    if (needed > this.buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2));
      grown.set(this.buffer.subarray(this.buffer.length - this.length), grown.length - this.length);
      this.buffer = grown;
    }
    return this.buffer.length - this.length;
  }
}

/** TextEncoder writes a lone surrogate as U+FFFD: another text, and so another name, than was asked for. */
function encodeUtf8(value: string): Uint8Array {
  if (/\p{Surrogate}/u.test(value)) throw new DerError("ERR_DER_STRING", "the text has a lone surrogate");
  return UTF8.encode(value);
}
