import fc from "fast-check";
import { expect, test } from "vitest";
import { Slab } from "../../src/x509/slab.ts";

test("copies of any sizes stay as they were made, whatever is copied after them or written into their sources", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 40 }), (sources) => {
      const slab = new Slab();
      const copies = sources.map((source) => slab.copy(source));
      const before = sources.map((source) => Array.from(source));
      for (const source of sources) source.fill(0xaa);
      expect(copies.map((copy) => Array.from(copy))).toEqual(before);
    }),
  );
});

test("small copies share a buffer, a large one has its own", () => {
  const slab = new Slab();
  const [first, second, large] = [10, 20, 2049].map((length) => slab.copy(new Uint8Array(length)));
  expect(second!.buffer).toBe(first!.buffer);
  expect(large!.buffer.byteLength).toBe(2049);
});
