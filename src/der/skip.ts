/** Offsets in DER that a reader has let pass: nothing is checked again, so values can be made later at no further cost. */

/** Offset of the contents of the element at `at`. */
export function contentStart(bytes: Uint8Array, at: number): number {
  const length = bytes[at + 1]!;
  return length < 0x80 ? at + 2 : at + 2 + (length & 0x7f);
}

/** Offset after the element at `at`. */
export function elementEnd(bytes: Uint8Array, at: number): number {
  const length = bytes[at + 1]!;
  return length < 0x80 ? at + 2 + length : longElementEnd(bytes, at);
}

function longElementEnd(bytes: Uint8Array, at: number): number {
  const content = contentStart(bytes, at);
  let length = 0;
  for (let i = at + 2; i < content; i++) length = length * 256 + bytes[i]!;
  return content + length;
}
