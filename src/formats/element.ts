/** One element of DER of whatever tag, where it is and what its header says. */
export interface Element {
  /** Offset of its first octet. */
  readonly at: number;
  /** Offset of its contents. */
  readonly contents: number;
  /** Offset after it. */
  readonly end: number;
  /** 0 universal, 1 application, 2 context, 3 private. */
  readonly tagClass: number;
  /** Whether it is made of elements. */
  readonly isConstructed: boolean;
  /** Number of the tag. */
  readonly number: number;
  /** Set if it is cut: it ends at the limit, and says that it does not. */
  readonly fault?: string;
}

/** Reads the header of the element at `at`, which should end at `limit` or before; a text says why there is none (X.690 8.1.2, 8.1.3, 10.1). */
export function readElement(bytes: Uint8Array, at: number, limit: number): Element | string {
  const first = bytes[at]!;
  let position = at + 1;
  let number = first & 0x1f;
  if (number === 0x1f) {
    number = 0;
    do {
      if (position >= limit) return "the tag is cut";
      if (position - at > 4) return "the tag has more than four octets";
      number = number * 128 + (bytes[position]! & 0x7f);
    } while (bytes[position++]! >= 0x80);
    if (number < 0x1f || bytes[at + 1] === 0x80) return "the tag is longer than it must be";
  }
  if (position >= limit) return "the length is missing";
  let length = bytes[position++]!;
  if (length === 0x80) return "the length is indefinite, which is BER";
  if (length > 0x80) {
    const count = length & 0x7f;
    if (count > 4) return `the length has ${count} octets`;
    if (position + count > limit) return "the length is cut";
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + bytes[position + i]!;
    if (length < 0x80 || bytes[position] === 0) return "the length is longer than it must be, which is BER";
    position += count;
  }
  const element = {
    at,
    contents: position,
    tagClass: first >> 6,
    isConstructed: (first & 0x20) !== 0,
    number,
  };
  if (length <= limit - position) return { ...element, end: position + length };
  const fault = `${length} octets are announced, and ${limit - position} are left`;
  return { ...element, end: limit, fault };
}
