/** What does a certificate list of a million entries cost until the first answer, in time and in memory? */
import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, test } from "vitest";
import { issueCertificateListSync } from "../src/issue/certificate-list.ts";
import { issueSelfSignedSync } from "../src/issue/issue.ts";
import { caTemplate } from "../src/issue/template.ts";
import { keyObjectSigner } from "../src/node/signer.ts";
import type { ListAnswer } from "./certificate-list-contestant.ts";
import { smoke } from "./race.ts";
import { record } from "./record.ts";
import type { Row } from "./record.ts";

const ENTRIES = smoke ? 20_000 : 1_000_000;
const RUNS = smoke ? 1 : 3;
const node = process.env["BENCH_NODE"] ?? process.execPath;
const cache = fileURLToPath(new URL("../node_modules/.cache/kubepki-bench/", import.meta.url));
mkdirSync(cache, { recursive: true });
const home = mkdtempSync(join(cache, "lists-"));
const program = join(home, "contestant.mjs");
afterAll(() => rmSync(home, { recursive: true }));

/** Writes a list of so many entries, every second one with a reason, and returns its folder and size. */
function write(count: number): { readonly folder: string; readonly size: number } {
  const signer = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  const { certificate } = issueSelfSignedSync(caTemplate({ subject: { commonName: "ca" } }), signer);
  const thisUpdate = new Date(Math.floor(Date.now() / 1000) * 1000);
  // Multiples of an odd number: no two alike, and no order in them.
  const serialNumbers = Array.from({ length: count }, (_, i) =>
    (
      (((BigInt(i) + 1n) * 0x9e3779b97f4a7c15f39cc0605cedc835n) & ((1n << 126n) - 1n)) |
      (1n << 126n)
    ).toString(16),
  );
  const entries = serialNumbers.map((serialNumber, i) => ({
    serialNumber,
    revocationDate: thisUpdate,
    ...(i % 2 === 0 && { reasonCode: "keyCompromise" as const }),
  }));
  const nextUpdate = new Date(thisUpdate.getTime() + 86_400_000);
  const issuer = { certificate, signer };
  const { der } = issueCertificateListSync({ entries, crlNumber: "1", thisUpdate, nextUpdate }, { issuer });
  const folder = mkdtempSync(join(home, `${count}-`));
  writeFileSync(join(folder, "list"), der);
  writeFileSync(join(folder, "ca"), certificate.der);
  writeFileSync(join(folder, "serial-numbers"), serialNumbers.join("\n"));
  return { folder, size: der.length };
}

/** The fastest of some runs, each a process of its own; nothing if it fails, or takes two minutes. */
function ask(
  name: string,
  folder: string,
  runs = RUNS,
): { readonly best: ListAnswer; readonly median: number } | undefined {
  const answers: ListAnswer[] = [];
  try {
    for (let run = 0; run < runs; run++) {
      const options = ["--expose-gc", "--max-old-space-size=8000", program, name, folder];
      const text = execFileSync(node, options, {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
        timeout: 120_000,
      });
      answers.push(JSON.parse(text) as ListAnswer);
    }
  } catch {
    return undefined;
  }
  const sorted = answers.toSorted((a, b) => a.milliseconds - b.milliseconds);
  return { best: sorted[0]!, median: sorted[sorted.length >> 1]!.milliseconds };
}

function timeOpenSsl(folder: string): number {
  let best = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const begin = performance.now();
    const { status } = spawnSync("openssl", [
      "crl",
      "-inform",
      "DER",
      "-in",
      join(folder, "list"),
      "-noout",
      "-crlnumber",
    ]);
    if (status === 0) best = Math.min(best, performance.now() - begin);
  }
  return best;
}

test("a certificate list, and other libraries", { timeout: 900_000 }, async () => {
  const entryPoints = [fileURLToPath(new URL("certificate-list-contestant.ts", import.meta.url))];
  await build({
    entryPoints,
    outfile: program,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    packages: "external",
  });
  const { folder, size } = write(ENTRIES);
  const { folder: tenth } = write(ENTRIES / 10);
  const own = ask("parsed", folder)!;
  const streamed = ask("streamed", folder)!;
  const rows: Row[] = [];
  const row = (what: string, found: ReturnType<typeof ask>): void => {
    if (found)
      rows.push({
        what,
        ratio: found.best.milliseconds / own.best.milliseconds,
        fastest: found.best.milliseconds * 1e6,
        median: found.median * 1e6,
      });
  };
  const sum = ask("sum", folder)!;
  const rivals = Object.fromEntries(["pkijs", "@peculiar/x509"].map((name) => [name, ask(name, folder, 1)]));
  row("parseCertificateList and a look-up", own);
  row("readCertificateList: streamed, verified, and a look-up", streamed);
  row("readCertificateList for one serial number", ask("streamed for one", folder));
  row("sum of the bytes", sum);
  for (const [name, found] of Object.entries(rivals)) row(`${name}, parsed and looked through`, found);
  const openSsl = timeOpenSsl(folder);
  if (openSsl < Infinity)
    rows.push({
      what: "openssl crl, parsed only, as a process",
      ratio: openSsl / own.best.milliseconds,
      fastest: openSsl * 1e6,
      median: openSsl * 1e6,
    });
  const silent = Object.keys(rivals).filter((name) => !rivals[name]);
  const map = ask("Map", folder)!;
  record({
    place: "13-certificate-list",
    title: `What does a certificate list of ${ENTRIES.toLocaleString("en")} entries cost?`,
    notes: [
      `${(size / 1e6).toFixed(1)} MB of DER, read from a file; every second entry has a reason. Times are from the file to the first answer, memory is what is held then beside the DER, after garbage collection. pkijs has no index, and gets its limits raised; OpenSSL prints the number of the list.`,
      ...(silent.length > 0 ? [`No answer: ${silent.join(", ")}.`] : []),
      `A look-up after that: ${own.best.lookUp!.toFixed(0)} ns where the list was parsed, ${streamed.best.lookUp!.toFixed(0)} ns where it was streamed, ${map.best.lookUp!.toFixed(0)} ns in a \`Map\` of the serial numbers as text, which holds ${(map.best.heldBytes / size).toFixed(1)} times the DER.`,
    ],
    goals: [
      {
        what: "time to the first answer / sum of the bytes",
        measured: own.best.milliseconds / sum.best.milliseconds,
        atMost: 3,
      },
      { what: "bytes held beside the DER / its bytes", measured: own.best.heldBytes / size, atMost: 0.25 },
      {
        what: "the same, streamed (entries included)",
        measured: streamed.best.heldBytes / size,
        atMost: 1.3,
      },
      {
        what: "tenfold entries",
        measured: own.best.milliseconds / ask("parsed", tenth)!.best.milliseconds,
        atMost: 13,
      },
    ],
    rows,
  });
});
