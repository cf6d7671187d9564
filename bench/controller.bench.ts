/** What do the controllers cost beyond the cryptography that they cannot do without? */
import { test } from "vitest";
import { race } from "./race.ts";
import { compare, record } from "./record.ts";

const RAW = "1,000 requests: a signature check and a signature each";
const OWN = "1,000 pending requests, approved and signed by controllers";
const TENFOLD = "10,000 pending requests, approved and signed by controllers";

test("controllers and their signatures", async ({ bench }) => {
  const time = await race(bench, [[RAW], [OWN], [TENFOLD]]);
  record({
    place: "12-controllers",
    title: "What do an approver and a signer cost beyond their signatures?",
    notes: [
      "P-256 requests of kubelets, all pending when both controllers start in one process, over a cluster in memory that answers on the next turn of the event loop. Approver and signer share a reader that remembers (`rememberRequests`); the raw sum is that of one check of each request's signature, key import included, and of the CA's signature, one after the other and by the same calls of node:crypto that its documentation shows. What is left is reading each request once, the policy, the certificate and its checks, and the controllers' own work. One thread does all of it. That memory does not grow with 10,000 requests is a test.",
    ],
    goals: [
      {
        what: "1,000 requests / signature checks and signatures",
        measured: time(OWN).fastest / time(RAW).fastest,
        atMost: 1.3,
      },
      {
        what: "10,000 requests / signature checks and signatures",
        measured: time(TENFOLD).fastest / (10 * time(RAW).fastest),
        atMost: 1.3,
      },
    ],
    rows: compare([RAW, OWN, TENFOLD], time),
  });
});
