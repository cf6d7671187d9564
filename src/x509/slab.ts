/** Cheap copies of small byte strings: V8 allocates each array of more than 64 bytes outside of its heap, which costs as much as reading a name. */

const SLAB_BYTES = 16_384;
const MAX_COPY_BYTES = 2048;

/**
 * Hands out copies that are views of one larger buffer, and takes a new buffer when that one is full. Only for bytes that never leave the
 * library: whoever holds a view reaches its neighbours through `buffer`. A view that is kept keeps 16 KiB, which it shares with its neighbours.
 */
export class Slab {
  #bytes = new Uint8Array(0);
  #used = 0;

  /** A copy that nobody else writes. */
  copy(bytes: Uint8Array): Uint8Array {
    if (bytes.length > MAX_COPY_BYTES) return new Uint8Array(bytes);
    if (this.#used + bytes.length > this.#bytes.length) this.#refill();
    const start = this.#used;
    this.#used += bytes.length;
    const copy = this.#bytes.subarray(start, this.#used);
    copy.set(bytes);
    return copy;
  }

  #refill(): void {
    this.#bytes = new Uint8Array(SLAB_BYTES);
    this.#used = 0;
  }
}
