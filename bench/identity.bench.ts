/** How long does it take to learn whom a client certificate names? */
import { test } from "vitest";
import { peers } from "./peers.ts";
import { certificates, nodeVersion, race } from "./race.ts";
import { compare, record } from "./record.ts";

const SUM = "sum of the bytes";
const OWN = "parseIdentity of DER";
const rivals = Object.keys(peers).map((name) => `identity by ${name}`);
const variants = [
  "parseIdentity of { raw }",
  "parseIdentity of PEM",
  "parseIdentity of a parsed certificate",
  "safeParseCertificate of good input",
  "safeParseCertificate of hostile input",
];

test("parseIdentity and other libraries", async ({ bench }) => {
  const time = await race(bench, [[OWN, SUM], ...rivals.map((name) => [name])]);
  const own = time(OWN).fastest;
  const than = (rival: string): number => time(`identity by ${rival}`).fastest / own;
  const size = certificates.reduce((total, der) => total + der.length, 0) / certificates.length;
  record({
    place: "1-identity",
    title: "Whom does a client certificate name?",
    notes: [
      `P-256 client certificates in the shape of Kubernetes' signer, ${Math.round(size)} bytes on average. \`parseIdentity\` checks every byte of them; the sum only adds them up.`,
      ...Object.entries(peers)
        .map(([name, { note }]) => `- ${name}: ${note}`)
        .join("\n")
        .split("\n\n"),
    ],
    goals: [
      { what: "parseIdentity / sum of the same bytes", measured: own / time(SUM).fastest, atMost: 6 },
      {
        what: "`new X509Certificate(der).subject` / parseIdentity",
        measured: than("node:crypto"),
        // Node 20's OpenSSL 3.0 is that much slower than the 3.5 of Node 24.
        atLeast: nodeVersion().startsWith("v20.") ? 60 : 15,
      },
      { what: "pkijs 4 / parseIdentity", measured: than("pkijs 4"), atLeast: 300 },
    ],
    rows: compare([OWN, SUM, ...rivals], time),
  });
});

test("parseIdentity of other inputs, and hostile input", async ({ bench }) => {
  const time = await race(bench, [[OWN], ...variants.map((name) => [name])]);
  const hostile = time("safeParseCertificate of hostile input").fastest;
  const good = time("safeParseCertificate of good input").fastest;
  record({
    place: "2-inputs",
    title: "What do other inputs cost?",
    notes: [
      "Hostile input is the same certificates, cut or with one octet changed, so that each is refused.",
    ],
    goals: [{ what: "hostile input / good input", measured: hostile / good, atMost: 4 }],
    rows: compare([OWN, ...variants], time),
  });
});
