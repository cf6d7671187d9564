/**
 * Which way makes a string of ASCII octets fastest? Justifies SHORT in src/der/strings.ts.
 *
 * The way that is measured against TextDecoder is the third, which decodeString has: codes may stand for UTF-8 only if all octets are ASCII.
 * Each string is also hashed by use as a key, so that a way that only promises a string (a rope) pays for it here.
 */
import process from "node:process";
import { measure } from "mitata";
import { test } from "vitest";
import { smoke } from "./race.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const ways: Record<string, (bytes: Uint8Array, start: number, end: number) => string> = {
  "one code a call": oneByOne,
  "eight codes a call": eightByEight,
  "an array of codes, if all are ASCII": (bytes, start, end) =>
    fromArray(bytes, start, end) ?? decoder.decode(bytes.subarray(start, end)),
  "all codes a call": (bytes, start, end) => String.fromCharCode(...bytes.subarray(start, end)),
  TextDecoder: (bytes, start, end) => decoder.decode(bytes.subarray(start, end)),
};

test("ways to make a string of ASCII octets, in nanoseconds", async () => {
  const rows: Record<string, Record<string, number>> = {};
  await measureAll(16); // once for nothing, so that each way is measured when the engine has seen all of them
  for (const length of smoke ? [12, 200] : [5, 12, 20, 24, 28, 32, 40, 48, 64, 200]) {
    rows[`${length} octets`] = Object.fromEntries(await measureAll(length));
  }
  console.info(`Node ${process.version}`);
  console.table(rows);
});

async function measureAll(length: number): Promise<[string, number][]> {
  const inputs = makeInputs(length);
  const seen = new Map<string, number>([["", 0]]);
  const results: [string, number][] = [];
  for (const [name, make] of Object.entries(ways)) {
    let at = 0;
    const once = (): unknown => seen.get(make(inputs[at++ & 255]!, 2, 2 + length));
    const { p50 } = await measure(once, { min_cpu_time: 200e6 });
    results.push([name, Math.round(p50)]);
  }
  return results;
}

/** Many inputs, so that nothing is remembered from one call to the next. */
function makeInputs(length: number): Uint8Array[] {
  return Array.from({ length: 256 }, (_, n) =>
    Uint8Array.from({ length: length + 4 }, (_octet, i) => 0x61 + ((n * 7 + i * i) % 26)),
  );
}

function fromArray(bytes: Uint8Array, start: number, end: number): string | undefined {
  // oxlint-disable-next-line unicorn/no-new-array -- Array.from costs more than all the rest here
  const codes = new Array<number>(end - start);
  let all = 0;
  for (let i = 0; i < codes.length; i++) {
    const octet = bytes[start + i]!;
    all |= octet;
    codes[i] = octet;
  }
  return all < 0x80 ? String.fromCharCode(...codes) : undefined;
}

function oneByOne(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

function eightByEight(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let i = start;
  for (; i + 8 <= end; i += 8) {
    text += String.fromCharCode(
      bytes[i]!,
      bytes[i + 1]!,
      bytes[i + 2]!,
      bytes[i + 3]!,
      bytes[i + 4]!,
      bytes[i + 5]!,
      bytes[i + 6]!,
      bytes[i + 7]!,
    );
  }
  for (; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
