import { PkiError, inputError } from "../errors.ts";
import type { ErrorPlace, InputCode, InputErrorMaker } from "../errors.ts";
import { describeTag } from "./tag.ts";

/**
 * How strictly a reader judges.
 *
 * - `"safe"`, the default everywhere: DER and RFC 5280 to the letter.
 * - `"kubernetes"`: what kube-apiserver's parser (Go's crypto/x509) lets through is let through, and noted in `deviations`.
 */
export type Mode = "safe" | "kubernetes";

/** Name of a field, or index of a list item; together they make the `path` of an error. */
export type Label = string | number;

/** How deep elements may be nested. A certificate needs 12 levels at the most; OpenSSL stops at 30. */
export const MAX_DEPTH = 32;

/**
 * How many deviations are noted; one more is thrown. Go has no such limit, but each costs an error object, and 64 KiB have room for 32,000.
 */
export const MAX_DEVIATIONS = 1000;

/** Where a reader starts and stops, and how it judges; all fields have defaults. */
export interface ReaderOptions {
  /** First byte to read; 0 by default. */
  readonly start?: number;
  /** Byte after the last one to read; the length of the bytes by default. */
  readonly end?: number;
  /** `"safe"` by default. */
  readonly mode?: Mode;
  /** Path of the element that is read, as the beginning of the path in errors; empty by default. */
  readonly path?: string;
  /** Where the first of the bytes stands in the whole input, which offsets in errors count from; 0 by default. */
  readonly base?: number;
  /** Makes the errors, for structures that have codes of their own; those of certificates by default. */
  readonly errorMaker?: InputErrorMaker;
  /**
   * Not for callers. False for a reader that keeps no path and throws `FAULT` where it would throw, or note, an error: its caller reads the same
   * bytes again with one that does. True by default.
   *
   * @internal
   */
  readonly traced?: boolean;
}

/** Of a reader that is not traced, which notes nothing. */
const NO_DEVIATIONS: PkiError[] = [];

/** What a reader throws that is not traced: there is a fault, of which it knows nothing. */
export const FAULT: unique symbol = /* @__PURE__ */ Symbol("fault");

/**
 * A forward cursor over DER: each call names the element it expects, and every level must end where its element ends.
 *
 * Offsets are absolute in `bytes`. After `read`, the contents are `bytes[start]` up to, not including, `bytes[position]`.
 * The reader keeps a reference to `bytes` and copies nothing; it never reads outside of `start` to `end`.
 * Guaranteed for every element it passes: low tag form, definite minimal length, an end inside of the enclosing element (X.690 8.1, 10.1).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DerReader, INTEGER, SEQUENCE } from "kubepki/der";
 *
 * const reader = new DerReader(new Uint8Array([0x30, 0x03, 0x02, 0x01, 0x05]));
 * const outer = reader.open(SEQUENCE, "version");
 * reader.read(INTEGER, "number");
 * assert.equal(reader.bytes[reader.start], 5);
 * reader.finish(outer);
 * reader.end();
 * ```
 */
export class DerReader {
  /** The bytes that are read; never written. */
  readonly bytes: Uint8Array;
  /** How strictly this reader judges. */
  readonly mode: Mode;
  /** What `"kubernetes"` let through and `"safe"` would have refused, in order; always empty in safe mode. */
  readonly deviations: PkiError[];
  /** Offset of the next byte to read. */
  position: number;
  /** Offset of the first content byte of the element read last. */
  start: number;
  /** Offset after the element that is open. */
  limit: number;
  private readonly root: string;
  private readonly errorMaker: InputErrorMaker;
  private readonly base: number;
  /** Undefined if this reader keeps no path. */
  private readonly labels: Label[] | undefined;

  constructor(bytes: Uint8Array, options: ReaderOptions = {}) {
    this.bytes = bytes;
    this.mode = options.mode ?? "safe";
    this.position = this.start = options.start ?? 0;
    this.limit = options.end ?? bytes.length;
    this.root = options.path ?? "";
    this.errorMaker = options.errorMaker ?? inputError;
    this.base = options.base ?? 0;
    this.deviations = options.traced === false ? NO_DEVIATIONS : [];
    this.labels = options.traced === false ? undefined : [];
  }

  /** Tells whether the open element still has bytes. */
  more(): boolean {
    return this.position < this.limit;
  }

  /** Identifier octet of the next element, or -1 at the end of the open one. Consumes nothing. */
  peek(): number {
    return this.position < this.limit ? this.bytes[this.position]! : -1;
  }

  /** Goes into an element with exactly this tag. Returns what {@link finish} needs to come out again. */
  open(tag: number, label: Label): number {
    const stop = this.header(tag, label);
    const outer = this.limit;
    if (this.labels !== undefined) this.descend(label);
    this.limit = stop;
    return outer;
  }

  /** Comes out of an element; nothing may be left in it. `outer` is what {@link open} returned. */
  finish(outer: number): void {
    if (this.position !== this.limit) this.end();
    if (this.labels !== undefined) this.labels.pop();
    this.limit = outer;
  }

  /** As {@link finish}, where Go's parser does not look at what is left: refused in safe mode, skipped and noted in Kubernetes mode. */
  finishOpen(outer: number): void {
    if (this.position !== this.limit) this.endOpen();
    if (this.labels !== undefined) this.labels.pop();
    this.limit = outer;
  }

  /** Checks that everything has been read. */
  end(): void {
    if (this.position !== this.limit) this.fail("ERR_DER_TRAILING_DATA", this.left());
  }

  /** As {@link end}, where Go's parser does not look at what is left: refused in safe mode, skipped and noted in Kubernetes mode. */
  endOpen(): void {
    if (this.position === this.limit) return;
    // What is left because `tolerate` gave up on it has been noted already.
    const noted = this.deviations.at(-1)?.offset ?? -1;
    if (noted < this.base + this.position) this.deviate("ERR_DER_TRAILING_DATA", this.left());
    this.position = this.limit;
  }

  /** Reads one element with exactly this tag: contents from `start` to `position`. */
  read(tag: number, label: Label): void {
    const stop = this.header(tag, label);
    this.start = this.position;
    this.position = stop;
  }

  /** Reads one element of any tag, whose contents stay unread; returns the tag. */
  readAny(label: Label): number {
    const tag = this.peek();
    if (tag < 0) this.fail("ERR_DER_TRUNCATED", "an element is missing", label);
    if ((tag & 0x1f) === 0x1f) this.fail("ERR_DER_TAG", "the tag uses the long form", label);
    this.read(tag, label);
    return tag;
  }

  /** Contents of the element read last, as a view of `bytes`. */
  contents(): Uint8Array {
    return this.bytes.subarray(this.start, this.position);
  }

  /** Throws the error for a fault in the field `label` of the open element, at the offset where reading stopped. */
  fail(code: InputCode, message: string, label?: Label): never {
    throw this.labels ? this.errorMaker(code, message, this.place(label)) : FAULT;
  }

  /** For what Go's parser lets through: throws as {@link fail} in safe mode, notes the error in `deviations` in Kubernetes mode. */
  deviate(code: InputCode, message: string, label?: Label): void {
    if (!this.labels) throw FAULT;
    this.note(this.errorMaker(code, message, this.place(label)));
  }

  /** Goes into the contents of the element read last, such as the DER inside of a BIT STRING. Come out with {@link finish}. */
  enter(label: Label): number {
    const outer = this.limit;
    if (this.labels !== undefined) this.descend(label);
    this.limit = this.position;
    this.position = this.start;
    return outer;
  }

  /** Where the reader is: offset and path, for errors. */
  place(label?: Label): ErrorPlace {
    const { labels: outer = [] } = this;
    const labels = label === undefined ? outer : [...outer, label];
    let path = this.root;
    for (const part of labels)
      path += typeof part === "number" ? `[${part}]` : path && part ? `.${part}` : part;
    const offset = this.base + this.position;
    return path ? { offset, path } : { offset };
  }

  /**
   * Reads what Go's parser does not look at. In safe mode an error is thrown; in Kubernetes mode it is noted in `deviations`,
   * the reader stands where it stood before, and the answer is undefined.
   */
  tolerate<T>(read: () => T): T | undefined {
    if (this.mode === "safe" || !this.labels) return read();
    const { position, limit, start, labels } = this;
    const depth = labels.length;
    try {
      return read();
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      this.note(error);
      labels.length = depth;
      this.limit = limit;
      this.position = position;
      this.start = start;
      return undefined;
    }
  }

  private note(error: PkiError): void {
    if (this.mode === "safe" || this.deviations.length >= MAX_DEVIATIONS) throw error;
    this.deviations.push(error);
  }

  /** One level deeper, where levels are counted: what keeps no path knows how deep its own schema is. */
  private descend(label: Label): void {
    if (this.labels!.length >= MAX_DEPTH)
      this.fail("ERR_DER_DEPTH", `elements are nested deeper than ${MAX_DEPTH} levels`, label);
    this.labels!.push(label);
  }

  /** Consumes identifier and length octets; returns the offset after the contents. Small, so that compilers put it where it is called. */
  private header(tag: number, label: Label): number {
    const { bytes, position } = this;
    if (position + 2 > this.limit || bytes[position] !== tag) this.failHeader(tag, label);
    const contents = position + 2;
    const stop = contents + bytes[position + 1]!;
    if (stop > this.limit || stop >= contents + 0x80) return this.longHeader(label);
    this.position = contents;
    return stop;
  }

  /** The long form of the length, or an element that does not fit. */
  private longHeader(label: Label): number {
    const at = this.position;
    const length = this.bytes[at + 1]!;
    const stop = length < 0x80 ? at + 2 + length : this.longLength(at, label);
    if (stop > this.limit)
      this.fail(
        "ERR_DER_TRUNCATED",
        `the element ends at ${stop}, the enclosing one at ${this.limit}`,
        label,
      );
    this.position = at + 2 + (length & 0x7f);
    return stop;
  }

  /** X.690 8.1.3.5 and 10.1: the long form, with as few octets as possible. Four octets are more than any limit here. */
  private longLength(at: number, label: Label): number {
    const count = this.bytes[at + 1]! & 0x7f;
    if (count === 0) this.fail("ERR_DER_LENGTH", "the length is indefinite", label);
    if (count > 4) this.fail("ERR_DER_LENGTH", `the length has ${count} octets, at most 4 are read`, label);
    const content = at + 2 + count;
    if (content > this.limit) this.fail("ERR_DER_TRUNCATED", "the length octets are cut", label);
    let length = 0;
    for (let i = at + 2; i < content; i++) length = length * 256 + this.bytes[i]!;
    if (length < 0x80 || this.bytes[at + 2] === 0)
      this.fail("ERR_DER_LENGTH", "the length is not minimal", label);
    return content + length;
  }

  private failHeader(tag: number, label: Label): never {
    const found = this.peek();
    if (found >= 0 && found !== tag) {
      if ((found & 0x1f) === 0x1f) this.fail("ERR_DER_TAG", "the tag uses the long form", label);
      this.fail("ERR_DER_UNEXPECTED_TAG", `found ${describeTag(found)}, expected ${describeTag(tag)}`, label);
    }
    this.fail(
      "ERR_DER_TRUNCATED",
      found < 0 ? `${describeTag(tag)} is missing` : "the length octets are cut",
      label,
    );
  }

  private left(): string {
    return `${this.limit - this.position} bytes follow where the element must end`;
  }
}
