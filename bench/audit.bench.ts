/** What does an audit cost beyond reading the certificates? */
import { test } from "vitest";
import { race } from "./race.ts";
import { compare, record } from "./record.ts";

const PARSED = "1,000 certificates of PEM, parsed";
const AUDITED = "1,000 certificates, audited";
const TWICE = "2,000 certificates, audited";

test("audits, and reading alone", async ({ bench }) => {
  const time = await race(bench, [[PARSED], [AUDITED], [TWICE]]);
  const audited = time(AUDITED).fastest;
  record({
    place: "11-audit",
    title: "What does an audit cost beyond reading the certificates?",
    notes: [
      "Client certificates of nodes and their CA, each a source of its own. The audit looks at dates, algorithms, identities, issuers, keys and lifetimes of each, and makes a report of plain data; signatures are not checked here, which would be nearly all of the time. The aim of 1.5 times the parsing is far off: the findings of each certificate and its fingerprint cost more than reading it.",
    ],
    goals: [{ what: "2,000 certificates / 1,000", measured: time(TWICE).fastest / audited, atMost: 2.3 }],
    rows: compare([PARSED, AUDITED, TWICE], time),
  });
});
