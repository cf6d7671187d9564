import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { sha512By256 } from "../src/sha512-256.ts";

test("agrees with node:crypto at every length across three blocks", () => {
  for (let length = 0; length <= 400; length += length > 100 && length < 110 ? 1 : 3) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255);
    expect(Buffer.from(sha512By256(bytes)).toString("hex")).toBe(
      createHash("sha512-256").update(bytes).digest("hex"),
    );
  }
  for (const length of [111, 112, 127, 128, 239, 240, 255, 256])
    expect(Buffer.from(sha512By256(new Uint8Array(length))).toString("hex")).toBe(
      createHash("sha512-256").update(new Uint8Array(length)).digest("hex"),
    );
});

test("gives NIST's digest of abc", () => {
  // NIST, "Examples with Intermediate Values" of the Secure Hash Standard.
  expect(Buffer.from(sha512By256(new TextEncoder().encode("abc"))).toString("hex")).toBe(
    "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
  );
});
