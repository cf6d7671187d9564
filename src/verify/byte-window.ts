/** Bytes that come in chunks, of which only those that are being read are kept. */
import { DerReader } from "../der/reader.ts";
import type { Label } from "../der/reader.ts";
import { contentStart, elementEnd } from "../der/skip.ts";

/** Chunks of a file or of an answer over the network. */
export type ByteChunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Identifier octet, length octet, and as many more as a reader takes. */
const MAX_HEADER = 6;

const WINDOW_BYTES = 65_536;

/** A window over bytes that move by. Positions are offsets in `bytes`; `base` more is the offset in the whole input. */
export class ByteWindow {
  /** The window's own buffer. What is before `position` is gone, what is after `end` is not there yet. */
  bytes: Uint8Array = new Uint8Array(WINDOW_BYTES);
  /** The next byte to read. */
  position = 0;
  /** Offset after the bytes that are there. */
  end = 0;
  /** Where `bytes[0]` stands in the whole input. */
  base = 0;
  /** Is given all bytes that are passed. */
  onPass: (bytes: Uint8Array) => void = () => undefined;
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;

  constructor(chunks: ByteChunks) {
    this.#chunks =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** The offset of the next byte in the whole input. */
  get offset(): number {
    return this.base + this.position;
  }

  /** Waits until so many bytes are there, or no more come; tells whether they are. */
  async fill(count: number): Promise<boolean> {
    while (this.end - this.position < count) {
      const { done, value } = await this.#chunks.next();
      if (done) return false;
      if (!(value instanceof Uint8Array)) throw new TypeError("a chunk is no Uint8Array");
      this.#append(value);
    }
    return true;
  }

  /** Lets whoever makes the chunks end, also when not all were taken. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** Moves on; what is passed cannot be read again. */
  pass(count: number): void {
    this.onPass(this.bytes.subarray(this.position, this.position + count));
    this.position += count;
  }

  /** A reader of what is there, inside of an element that ends at `limit` in the whole input. */
  reader(limit: number, path: string): DerReader {
    const { bytes, base, position: start } = this;
    return new DerReader(bytes, { start, end: limit - base, base, path });
  }

  /** Goes into an element: passes its header, and gives the offset in the whole input at which it ends. */
  async enter(tag: number, limit: number, path: string): Promise<number> {
    await this.fill(MAX_HEADER);
    const reader = this.reader(limit, path);
    this.#checkHeader(reader);
    reader.open(tag, "");
    const stop = this.base + reader.limit;
    this.pass(reader.position - this.position);
    return stop;
  }

  /** Passes one element of any tag; a copy of all of it, which has at most `maxBytes`. */
  async element(limit: number, path: string, label: Label, maxBytes: number): Promise<Uint8Array> {
    const size = await this.size(limit, path, label, maxBytes);
    const { bytes, position } = this;
    const copy = bytes.slice(position, position + size);
    this.pass(size);
    return copy;
  }

  /** Waits until the next element is there as a whole; how many bytes it has. */
  async size(limit: number, path: string, label: Label, maxBytes: number): Promise<number> {
    await this.fill(MAX_HEADER);
    const reader = this.reader(limit, path);
    this.#checkHeader(reader);
    reader.readAny(label);
    const size = reader.position - this.position;
    if (size > maxBytes)
      reader.fail("ERR_DER_SIZE", `the element has ${size} bytes, at most ${maxBytes} are read`, label);
    if (!(await this.fill(size))) reader.fail("ERR_DER_TRUNCATED", "the input ends here", label);
    return size;
  }

  /** Whether an element begins at this position and is there as a whole. */
  hasElementAt(position: number): boolean {
    const { bytes, end } = this;
    if (position + MAX_HEADER > end)
      return position + 2 <= end && bytes[position + 1]! < 0x80 && elementEnd(bytes, position) <= end;
    // A longer header than any reader takes: the reader says so.
    if (contentStart(bytes, position) > position + MAX_HEADER) return true;
    return elementEnd(bytes, position) <= end;
  }

  /** What the stream has not brought, no reader may take for zeros or for what was there before. */
  #checkHeader(reader: DerReader): void {
    const there = this.end - this.position;
    const size =
      there < 2 ? 2 : Math.min(contentStart(this.bytes, this.position) - this.position, MAX_HEADER);
    if (there < size) reader.fail("ERR_DER_TRUNCATED", "the input ends here");
  }

  #append(chunk: Uint8Array): void {
    const kept = this.end - this.position;
    if (this.end + chunk.length > this.bytes.length) {
      const { bytes } = this;
      if (kept + chunk.length > bytes.length) this.bytes = new Uint8Array(kept + chunk.length);
      this.bytes.set(bytes.subarray(this.position, this.end));
      this.base += this.position;
      this.position = 0;
      this.end = kept;
    }
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }
}
