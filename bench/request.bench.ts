/** What does it cost to read and judge a request, beside the check of its signature? */
import { test } from "vitest";
import { race } from "./race.ts";
import { compare, record } from "./record.ts";

const RAW = "a request's signature check, key import included";
const OWN = "a request parsed, checked and held to the signer's rules";

test("requests and their signature checks", async ({ bench }) => {
  const time = await race(bench, [[RAW], [OWN]]);
  record({
    place: "9-request",
    title: "What does a request cost beyond the check of its signature?",
    notes: [
      "P-256 requests of kubelets, each with a key of its own, which node:crypto imports once for each. The raw check imports it from DER, as node:crypto's documentation shows it; ours in the form that the runtime's OpenSSL takes quickest, which is why a request can take less than its check. Ours parses the request, checks the signature with node:crypto, and holds it to the rules of `kubernetes.io/kube-apiserver-client-kubelet`.",
    ],
    goals: [
      { what: "request / its signature check", measured: time(OWN).fastest / time(RAW).fastest, atMost: 1.1 },
    ],
    rows: compare([RAW, OWN], time),
  });
});
