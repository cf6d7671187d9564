/** What does an audit cost beyond reading the certificates? */
import { test } from "vitest";
import { race } from "./race.ts";
import { compare, record } from "./record.ts";

const PARSED = "1,000 certificates of PEM, parsed";
const READ = "1,000 certificates, parsed with every value";
const AUDITED = "1,000 certificates, audited";
const WRITTEN = "1,000 certificates, audited and written as JSON";
const TENFOLD_PARSED = "10,000 certificates of PEM, parsed";
const TENFOLD = "10,000 certificates, audited";

test("audits, and reading alone", async ({ bench }) => {
  const tasks = [PARSED, READ, AUDITED, WRITTEN, TENFOLD_PARSED, TENFOLD];
  const time = await race(
    bench,
    tasks.map((task) => [task]),
  );
  const ratio = (task: string, base: string): number => time(task).fastest / time(base).fastest;
  record({
    place: "11-audit",
    title: "What does an audit cost beyond reading the certificates?",
    notes: [
      "Client certificates of nodes and their CA, each a source of its own. The audit looks at dates, algorithms, identities, issuers, keys and lifetimes of each; signatures are not checked here, which would be nearly all of the time.",
      "Two measures of reading. Parsing is lazy: it checks every byte and makes no value. An audit has to read names, keys and extensions of each certificate, so that the aim of 1.5 times the parsing is not reached; against parsing with every value made, it is. The texts of the report, fingerprints among them, are made when somebody reads them, as JSON does.",
    ],
    goals: [
      {
        what: "audited / parsed, 10,000 certificates",
        measured: ratio(TENFOLD, TENFOLD_PARSED),
        atMost: 1.5,
      },
      { what: "audited / parsed with every value", measured: ratio(AUDITED, READ), atMost: 1.5 },
      { what: "10,000 certificates / 1,000, audited", measured: ratio(TENFOLD, AUDITED), atMost: 13 },
    ],
    rows: compare(tasks, time),
  });
});
