/** What does it cost to issue the PKI of a whole cluster, beyond its keys and signatures? */
import { test } from "vitest";
import { race } from "./race.ts";
import { compare, record } from "./record.ts";

const RAW = "keys and signatures alone";
const WHOLE = "issueClusterPki";

test("the certificates of a thousand nodes", async ({ bench }) => {
  const time = await race(bench, [[RAW], [WHOLE]]);
  record({
    place: "10-cluster",
    title: "What does a whole cluster's PKI cost beyond its keys and signatures?",
    notes: [
      "A thousand nodes, three of them of the control plane: some two thousand certificates of P-256, each with a key of its own. Keys and signatures alone are as many calls of WebCrypto's `generateKey` and `sign`, one after the other. `issueClusterPki` has several of them under way; what it does beside them is done while they are made.",
    ],
    goals: [
      {
        what: "issueClusterPki / the sum of its keys and signatures",
        measured: time(WHOLE).fastest / time(RAW).fastest,
        atMost: 1.3,
      },
    ],
    rows: compare([RAW, WHOLE], time),
  });
});
