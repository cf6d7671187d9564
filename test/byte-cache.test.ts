import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteCache } from "../src/byte-cache.ts";

const bytes = fc.uint8Array({ maxLength: 8 });
const kinds = fc.constantFrom("", "a", "b");

test("a value is found by its bytes and its kind, and by no others", () => {
  fc.assert(
    fc.property(bytes, kinds, bytes, kinds, (stored, kind, other, otherKind) => {
      const cache = new ByteCache<string>(4);
      cache.set("value", stored, kind);
      const isSame = kind === otherKind && Buffer.compare(stored, other) === 0;
      expect(cache.get(stored, kind)).toBe("value");
      expect(cache.get(other, otherKind)).toBe(isSame ? "value" : undefined);
    }),
  );
});

test("bytes that change after they were stored do not change what is found", () => {
  const cache = new ByteCache<string>(4);
  const key = Uint8Array.of(1, 2, 3);
  cache.set("value", key);
  key[0] = 9;
  expect(cache.get(key)).toBeUndefined();
  expect(cache.get(Uint8Array.of(1, 2, 3))).toBe("value");
});

test("the oldest is forgotten when there are more than it holds", () => {
  const cache = new ByteCache<number>(3);
  for (let i = 0; i < 5; i++) cache.set(i, Uint8Array.of(i));
  expect([0, 1, 2, 3, 4].map((i) => cache.get(Uint8Array.of(i)))).toEqual([undefined, undefined, 2, 3, 4]);
});

test("a deleted value is gone, and bytes with the same hash cost others at most their place", () => {
  const cache = new ByteCache<string>(4);
  cache.set("value", Uint8Array.of(1));
  cache.delete(Uint8Array.of(1));
  expect(cache.get(Uint8Array.of(1))).toBeUndefined();
  // The kind goes into the same hash as the bytes: the octet 0x61 and the kind "a" collide.
  cache.set("octet", Uint8Array.of(0x61));
  cache.set("kind", Uint8Array.of(), "a");
  expect(cache.get(Uint8Array.of(), "a")).toBe("kind");
  expect(cache.get(Uint8Array.of(0x61))).toBeUndefined();
  cache.delete(Uint8Array.of(0x61));
  expect(cache.get(Uint8Array.of(), "a")).toBe("kind");
});
