/** What does an audit cost beyond reading the certificates? */
import { test } from "vitest";
import { race } from "./race.ts";
import { compare, record } from "./record.ts";

const PARSED = "1,000 certificates of PEM, parsed";
const AUDITED = "1,000 certificates, audited";
const TENFOLD = "10,000 certificates, audited";

test("audits, and reading alone", async ({ bench }) => {
  const time = await race(bench, [[PARSED], [AUDITED], [TENFOLD]]);
  const audited = time(AUDITED).fastest;
  record({
    place: "11-audit",
    title: "What does an audit cost beyond reading the certificates?",
    notes: [
      "Client certificates of nodes and their CA, each a source of its own. The audit looks at dates, algorithms, identities, issuers, keys and lifetimes of each, and makes a report of plain data; signatures are not checked here, which would be nearly all of the time. The aim of 1.5 times the parsing is far off: reading is lazy, and an audit reads every value, looks through every name, and takes a fingerprint.",
    ],
    goals: [{ what: "10,000 certificates / 1,000", measured: time(TENFOLD).fastest / audited, atMost: 13 }],
    rows: compare([PARSED, AUDITED, TENFOLD], time),
  });
});
