/** Small numbers for byte strings, so that what is compared often is compared once. */
import { equalBytes } from "../bytes.ts";

/** Gives equal numbers, counted from 0, to equal lists of byte strings, and different ones to different lists. */
export class ByteIds {
  readonly #known = new Map<number, { readonly parts: readonly Uint8Array[]; readonly id: number }[]>();
  #next = 0;

  /** The number of this list. Takes time linear in its bytes. */
  idOf(parts: readonly Uint8Array[]): number {
    const hash = hashOf(parts);
    const sameHash = this.#known.get(hash);
    if (sameHash)
      for (const entry of sameHash)
        if (entry.parts.every((part, i) => equalBytes(part, parts[i]!))) return entry.id;
    const entry = { parts, id: this.#next++ };
    if (sameHash) sameHash.push(entry);
    else this.#known.set(hash, [entry]);
    return entry.id;
  }
}

/** FNV-1a over the parts and their lengths; collisions only cost a comparison. */
function hashOf(parts: readonly Uint8Array[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) hash = Math.imul(hash ^ part[i]!, 0x01000193);
    hash = Math.imul(hash ^ part.length, 0x01000193);
  }
  return hash;
}
