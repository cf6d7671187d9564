/** What does a whole certificate cost, in time and in memory? */
import { test } from "vitest";
import { certificates, race, smoke, weigh } from "./race.ts";
import { compare, record } from "./record.ts";

const PARSE = "parseCertificate";
const ALL = "parseCertificate and every value";
const rivals = ["node:crypto", "pkijs 4", "@peculiar/x509"].map((name) => `everything by ${name}`);

test("parseCertificate and every value, and other libraries", async ({ bench }) => {
  const time = await race(bench, [[ALL], [PARSE], ...rivals.map((name) => [name])]);
  const than = (rival: string): number => time(`everything by ${rival}`).fastest / time(ALL).fastest;
  record({
    place: "3-parse",
    title: "What does a certificate with all its values cost?",
    notes: [
      "Every byte is checked by `parseCertificate`; values are made when they are asked for, here all of them.",
    ],
    goals: [{ what: "pkijs 4 / parseCertificate and every value", measured: than("pkijs 4"), atLeast: 50 }],
    rows: compare([ALL, PARSE, ...rivals], time),
  });
});

test("memory held by a parsed certificate", async () => {
  const count = smoke ? 2000 : 20_000;
  const der = certificates.reduce((total, { length }) => total + length, 0) / certificates.length;
  const held = (await weigh(PARSE, count)) - der;
  record({
    place: "4-memory",
    title: "How much memory does a parsed certificate hold?",
    notes: [
      `The mean of ${count.toLocaleString("en")} certificates, on the heap and outside of it, after garbage collection. The DER, ${Math.round(der)} bytes, is not counted.`,
    ],
    goals: [{ what: "bytes held beside the DER", measured: held, atMost: 2048 }],
    rows: [],
  });
});
