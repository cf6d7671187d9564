/** What does it cost to verify a chain, beside the signature checks that it takes? */
import { test } from "vitest";
import { race } from "./race.ts";
import { compare, record } from "./record.ts";

const RAW = "two signature checks by WebCrypto";
const CHAIN = "verifyCertificateChain";
const RAW_SYNC = "two signature checks by node:crypto";
const CHAIN_SYNC = "verifyCertificateChainSync";
const CROWD = "verifyCertificateChainSync among 1,000 strangers";
const HOSTILE = [
  "8 hostile CAs of one name",
  "16 hostile CAs of one name",
  "16 hostile CAs of one name and 400 names",
] as const;
const KNOWN = "an authenticator that knows the certificate";

test("chains and their signature checks", async ({ bench }) => {
  const time = await race(bench, [
    [RAW],
    [CHAIN],
    [RAW_SYNC],
    [CHAIN_SYNC],
    [CROWD],
    [KNOWN],
    ...HOSTILE.map((task) => [task]),
  ]);
  record({
    place: "7-verify",
    title: "What does it cost to verify a chain?",
    notes: [
      "A client certificate, an intermediate and a root of P-256; the client's certificate is parsed each time, the pools of CAs were parsed before. The strangers are 1,000 CAs of other names among the trust anchors, and as many among the intermediates. The hostile CAs have the trust anchor's name, so that each could have issued each; they are refused.",
    ],
    goals: [
      {
        what: "chain / its signature checks, WebCrypto",
        measured: time(CHAIN).fastest / time(RAW).fastest,
        atMost: 1.15,
      },
      {
        what: "chain / its signature checks, node:crypto",
        measured: time(CHAIN_SYNC).fastest / time(RAW_SYNC).fastest,
        atMost: 1.15,
      },
      {
        what: "1,000 strangers / none",
        measured: time(CROWD).fastest / time(CHAIN_SYNC).fastest,
        atMost: 1.05,
      },
      {
        what: "16 hostile CAs / 8",
        measured: time(HOSTILE[1]).fastest / time(HOSTILE[0]).fastest,
        atMost: 3,
      },
      {
        what: "16 hostile CAs with 400 names each / with one",
        measured: time(HOSTILE[2]).fastest / time(HOSTILE[1]).fastest,
        atMost: 2,
      },
    ],
    rows: compare([RAW, CHAIN, RAW_SYNC, CHAIN_SYNC, CROWD, KNOWN, ...HOSTILE], time),
  });
});
