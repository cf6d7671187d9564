/** Whole trees of elements: made at random, read without a schema, and the work of reading counted. */
import fc from "fast-check";
import type { DerReader } from "../../src/der/reader.ts";
import { join, length, tlv } from "./tlv.ts";

/** Reads every element to the end, going into the constructed ones. */
export function walk(reader: DerReader): void {
  for (let index = 0; reader.more(); index++) {
    if ((reader.readAny(index) & 0x20) === 0) continue;
    const outer = reader.enter(index);
    walk(reader);
    reader.finish(outer);
  }
}

/** `levels` SEQUENCEs around nothing. */
export function nested(levels: number): Uint8Array {
  const headers: Uint8Array[] = [];
  for (let inner = 0, level = 0; level < levels; level++) {
    const header = join(Uint8Array.of(0x30), length(inner));
    headers.push(header);
    inner += header.length;
  }
  return join(...headers.reverse());
}

/** Well-formed DER of any low tags, up to five levels deep. */
export const treeOfElements: fc.Arbitrary<Uint8Array> = fc.letrec<{
  list: Uint8Array;
  node: Uint8Array;
  leaf: Uint8Array;
  branch: Uint8Array;
}>((tie) => ({
  list: fc.array(tie("node"), { maxLength: 5 }).map((nodes) => join(...nodes)),
  node: fc.oneof({ maxDepth: 5, depthSize: "small" }, tie("leaf"), tie("branch")),
  leaf: fc.tuple(tagOf(0), fc.uint8Array({ maxLength: 300 })).map(([tag, content]) => tlv(tag, content)),
  branch: fc.tuple(tagOf(0x20), tie("list")).map(([tag, content]) => tlv(tag, content)),
})).list;

function tagOf(form: number): fc.Arbitrary<number> {
  return fc
    .tuple(fc.constantFrom(0, 0x40, 0x80, 0xc0), fc.integer({ min: 0, max: 30 }))
    .map(([tagClass, number]) => tagClass | form | number);
}

/** A view of the bytes that counts how often one is looked at. */
export function countReads(bytes: Uint8Array): { view: Uint8Array; reads(): number } {
  let count = 0;
  const view = new Proxy(bytes, {
    get(target, key) {
      if (typeof key === "string" && key.charCodeAt(0) <= 0x39) count++;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { view, reads: () => count };
}
