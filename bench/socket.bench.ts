/** What does it cost, on an open connection, to know for each request who is calling? */
import { test } from "vitest";
import { race } from "./race.ts";
import { compare, record } from "./record.ts";

const NODE = "getPeerCertificate() and its subject";
const READ = "identityFromSocket";
const DECIDE = "the middleware's decision";

test("requests on an open connection", async ({ bench }) => {
  const time = await race(bench, [[NODE], [READ], [DECIDE]]);
  record({
    place: "8-socket",
    title: "What does it cost to know who is calling, for each request of a connection?",
    notes: [
      "One connection of mutual TLS on loopback that stays open, a client certificate of P-256. The decision of the middleware is that of an authenticator: the clock is looked at, and a chain that was good before is not verified again.",
    ],
    goals: [
      {
        what: "the middleware's decision / getPeerCertificate()",
        measured: time(DECIDE).fastest / time(NODE).fastest,
        atMost: 1,
      },
    ],
    rows: compare([NODE, READ, DECIDE], time),
  });
});
