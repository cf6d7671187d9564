/** What does it cost to issue a certificate, beyond the signature itself? */
import { test } from "vitest";
import { race } from "./race.ts";
import { compare, record } from "./record.ts";

const SIGN = "crypto.sign alone";
const OWN = "issueCertificateSync with a KeyObject";
const LATER = "issueCertificate with a CryptoKey";
const PKIJS = "issuing by pkijs 4";

test("issuing, the signature alone, and pkijs", async ({ bench }) => {
  const time = await race(bench, [[OWN, SIGN], [LATER], [PKIJS]]);
  const own = time(OWN).fastest;
  record({
    place: "6-issue",
    title: "What does issuing cost beyond the signature?",
    notes: [
      "P-256 client certificates for other people's keys, each with names and a serial number of its own. Ours are checked against the template's rules and read back before they are returned.",
    ],
    goals: [
      {
        what: "issueCertificateSync / `crypto.sign` of the same bytes",
        measured: own / time(SIGN).fastest,
        atMost: 1.2,
      },
      { what: "pkijs 4 / issueCertificateSync", measured: time(PKIJS).fastest / own, atLeast: 20 },
    ],
    rows: compare([SIGN, OWN, LATER, PKIJS], time),
  });
});
