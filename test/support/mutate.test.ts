import { expect, test } from "vitest";
import { certificate, cn, dnsName, name, o, subjectAltName } from "./certificate.ts";
import { elementsOf, mutate } from "./mutate.ts";
import { Random } from "./random.ts";

const der = certificate({
  subject: name(o("dev"), cn("alice")),
  extensions: [subjectAltName(dnsName("a.example"))],
});

test("an undamaged certificate is taken apart and put together without loss", () => {
  const [whole, ...inner] = elementsOf(der);
  expect(whole).toEqual(der);
  expect(inner.length).toBeGreaterThan(30);
});

test("a seed always gives the same damage, and another seed another", () => {
  const series = (seed: number): string[] => {
    const random = new Random(seed);
    return Array.from({ length: 50 }, () => Buffer.from(mutate(der, random)).toString("hex"));
  };
  expect(series(7)).toEqual(series(7));
  expect(series(7)).not.toEqual(series(8));
});

test("damage is many-sided and leaves the input alone", () => {
  const before = Uint8Array.from(der);
  const random = new Random(1);
  const results = new Set(
    Array.from({ length: 1000 }, () => Buffer.from(mutate(der, random, elementsOf(der))).toString("hex")),
  );
  expect(der).toEqual(before);
  expect(results.size).toBeGreaterThan(700);
});

test("anything can be damaged, also what is no DER", () => {
  const random = new Random(3);
  for (const input of [new Uint8Array(), Uint8Array.of(0x30), Uint8Array.of(0xff, 0xff, 0xff)]) {
    expect(mutate(input, random)).toBeInstanceOf(Uint8Array);
  }
});
