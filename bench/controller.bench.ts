/** What do the controllers cost beyond the cryptography that they cannot do without? */
import { test } from "vitest";
import { race } from "./race.ts";
import { compare, record } from "./record.ts";

const RAW = "500 requests: a signature check and a signature each";
const OWN = "500 pending requests, approved and signed by controllers";
const TWICE = "1,000 pending requests, approved and signed by controllers";

test("controllers and their signatures", async ({ bench }) => {
  const time = await race(bench, [[RAW], [OWN], [TWICE]]);
  record({
    place: "12-controllers",
    title: "What do an approver and a signer cost beyond their signatures?",
    notes: [
      "P-256 requests of kubelets, all pending when both controllers start in one process, over a cluster in memory. Approver and signer share a verifier that remembers (`rememberSignatures`); the raw sum has one check of each request's signature, key import included, and the CA's signature. What is left is reading each request twice, the policy, the certificate and its checks, and the controllers' own work. That memory does not grow with 10,000 requests is a test.",
    ],
    goals: [
      {
        what: "controllers / signature checks and signatures",
        measured: time(OWN).fastest / time(RAW).fastest,
        atMost: 1.3,
      },
      { what: "1,000 requests / 500", measured: time(TWICE).fastest / time(OWN).fastest, atMost: 2.2 },
    ],
    rows: compare([RAW, OWN, TWICE], time),
  });
});
