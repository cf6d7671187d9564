/** What was made of byte strings that are met again and again, such as keys. */
import { equalBytes } from "./bytes.ts";

interface Entry<Value> {
  readonly bytes: Uint8Array;
  readonly kind: string;
  readonly value: Value;
}

/**
 * Remembers up to `size` values by bytes and kind. The oldest is forgotten first, and one whose hash another has: whoever chooses the bytes
 * can make it forget, never make it slow or wrong.
 */
export class ByteCache<Value> {
  readonly #size: number;
  readonly #entries = new Map<number, Entry<Value>>();

  constructor(size: number) {
    this.#size = size;
  }

  /** What was remembered of exactly these bytes and this kind. */
  get(bytes: Uint8Array, kind = ""): Value | undefined {
    const entry = this.#entries.get(hashOf(bytes, kind));
    return entry && entry.kind === kind && equalBytes(entry.bytes, bytes) ? entry.value : undefined;
  }

  /** Keeps a copy of the bytes. */
  set(value: Value, bytes: Uint8Array, kind = ""): void {
    this.#entries.set(hashOf(bytes, kind), { bytes: bytes.slice(), kind, value });
    if (this.#entries.size > this.#size) this.#entries.delete(this.#entries.keys().next().value!);
  }

  /** Forgets what was made of these bytes. */
  delete(bytes: Uint8Array, kind = ""): void {
    if (this.get(bytes, kind) !== undefined) this.#entries.delete(hashOf(bytes, kind));
  }
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, kind: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  for (let i = 0; i < kind.length; i++) hash = Math.imul(hash ^ kind.charCodeAt(i), 0x01000193);
  return hash;
}
