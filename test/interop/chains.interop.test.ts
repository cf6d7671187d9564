import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { PkiError } from "../../src/errors.ts";
import { authenticate } from "../../src/kubernetes/authenticate.ts";
import { verifySignatureSync } from "../../src/node/signer.ts";
import { pemToDer } from "../../src/pem.ts";
import { sha256 } from "../../src/sha256.ts";
import { toHex } from "../../src/bytes.ts";
import { verifyCertificateChainSync } from "../../src/verify/verify-chain.ts";
import { parseCertificate } from "../../src/x509/certificate.ts";
import type { ExtendedKeyUsage } from "../../src/x509/extensions/extended-key-usage.ts";
import { Random } from "../support/random.ts";
import { grown, recombined, type ChainQuestion } from "./chain-questions.ts";
import type { ChainVerdict } from "./protocol.ts";
import { isRefused, type Referee } from "./referee.ts";
import { describeWithReferee } from "./suite.ts";

type Mode = "safe" | "kubernetes";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** The chain as SHA-256 of its certificates, or the error. */
function ours(
  { leaf, roots, intermediates, time, usages }: ChainQuestion,
  mode: Mode,
): readonly string[] | PkiError {
  try {
    const { certificates } = verifyCertificateChainSync(leaf, {
      trustAnchors: roots,
      intermediates,
      usage: usages as readonly ExtendedKeyUsage[],
      at: time * 1000,
      mode,
      verifySignature: verifySignatureSync,
    });
    return certificates.map((certificate) => toHex(sha256(certificate.der)));
  } catch (error) {
    if (error instanceof PkiError) return error;
    throw error;
  }
}

const theirs = ({ leaf, roots, intermediates, time, usages }: ChainQuestion) => ({
  leaf: base64(leaf),
  roots: roots.map(base64),
  intermediates: intermediates.map(base64),
  time,
  usages,
});

/**
 * What kubernetes mode refuses on purpose: each has its row in docs/strictness.md. Damage makes algorithms and keys in odd encodings, which Go
 * verifies with and we do not.
 */
const refusedOnPurpose = [
  /^ERR_CHAIN_NAME_CONSTRAINTS: .*(?:cannot be compared|IP address)/u,
  /^ERR_CHAIN_(?:SIGNATURE_ALGORITHM|KEY): /u,
  /^ERR_DER_/u,
  /^ERR_CERTIFICATE_NAME: the name has more than 1000 attributes/u,
];

/** What we accept on purpose: Go counts candidates where we count signatures, and looks at the keys of strangers too. */
const acceptedOnPurpose = [
  /signature check attempts limit reached/u,
  /^(?:intermediate|root|peer) \d+ does not parse: .*point not on curve/u,
];

/** Safe mode obeys constraints on directory names, where Go refuses whoever has critical ones. */
const constrainsDirectoryNames = ({ leaf, roots, intermediates }: ChainQuestion): boolean =>
  [leaf, ...roots, ...intermediates].some((der) => {
    const { permitted = [], excluded = [] } = parseCertificate(der).extensionValue("nameConstraints") ?? {};
    return [...permitted, ...excluded].some(({ type }) => type === "directoryName");
  });

function difference(question: ChainQuestion, mode: Mode, go: ChainVerdict): string | undefined {
  const verdict = ours(question, mode);
  if (verdict instanceof PkiError) {
    const text = `${verdict.code}: ${verdict.message}`;
    if (!go.ok || mode === "safe" || refusedOnPurpose.some((row) => row.test(text))) return undefined;
    return `we refuse what Go accepts: ${text}`;
  }
  if (!go.ok) {
    const { error = "" } = go;
    if (acceptedOnPurpose.some((row) => row.test(error))) return undefined;
    if (mode === "safe" && error.includes("unhandled critical") && constrainsDirectoryNames(question))
      return undefined;
    return `we accept what Go refuses: ${error}`;
  }
  return go.chains.some((chain) => chain.join() === verdict.join()) ? undefined : "none of Go's chains";
}

async function differences(referee: Referee, questions: readonly ChainQuestion[]) {
  const found: string[] = [];
  let accepted = 0;
  for (let at = 0; at < questions.length; at += 500) {
    const portion = questions.slice(at, at + 500);
    const answers = await Promise.all(portion.map((question) => referee.ask("verify", theirs(question))));
    for (const [i, answer] of answers.entries()) {
      if (isRefused(answer)) throw new Error(answer.error);
      if (answer.ok) accepted++;
      for (const mode of ["kubernetes", "safe"] as const) {
        const text = difference(portion[i]!, mode, answer);
        if (text !== undefined) found.push(`${mode}: ${text} ${JSON.stringify(theirs(portion[i]!))}`);
      }
    }
  }
  return { found, accepted };
}

const rounds = 4000;

await describeWithReferee("verifyCertificateChain against Go", (referee) => {
  describe.each([1, 2])("seed %i", (seed) => {
    test(`gives Go's verdict on ${rounds} kept chains, recombined and damaged`, async () => {
      const random = new Random(seed);
      const questions = Array.from({ length: rounds }, () => recombined(random));
      const { found, accepted } = await differences(referee, questions);
      expect(found).toEqual([]);
      expect(accepted).toBeGreaterThan(rounds / 10); // or they would say little
    });

    test(`gives Go's verdict on ${rounds} small PKIs grown at random`, async () => {
      const random = new Random(seed);
      const questions = Array.from({ length: rounds }, () => grown(random));
      const { found, accepted } = await differences(referee, questions);
      expect(found).toEqual([]);
      expect(accepted).toBeGreaterThan(rounds / 10);
    });
  });

  test("authenticates whom the API server authenticates", async () => {
    const random = new Random(3);
    for (let i = 0; i < 1000; i++) {
      const { leaf, roots, intermediates, time } = i % 2 === 0 ? recombined(random) : grown(random);
      const peers = [leaf, ...intermediates] as const;
      const answer = await referee.ask("authenticate", {
        roots: roots.map(base64),
        peers: peers.map(base64),
        time,
      });
      const go = isRefused(answer) || answer.error !== undefined ? undefined : answer;
      for (const mode of ["kubernetes", "safe"] as const) {
        const user = await authenticate(peers, { trustAnchors: roots, at: time * 1000, mode }).catch(
          (error: unknown) => {
            if (error instanceof PkiError) return error;
            throw error;
          },
        );
        if (user instanceof PkiError) continue; // whether we should have refused is asked above
        const text = isRefused(answer) ? answer.error : (answer.error ?? "");
        const question = { mode, peers: peers.map(base64), roots: roots.map(base64) };
        if (!acceptedOnPurpose.some((row) => row.test(text)))
          expect(go, JSON.stringify(question)).toBeDefined();
        if (!go) continue;
        expect(user?.username ?? "").toBe(go.user);
        expect(user?.uid ?? "").toBe(go.uid);
        if (user) expect(user.groups).toEqual([...go.groups, "system:authenticated"]);
        if (user) expect(user.extra).toEqual(go.extra);
      }
    }
  });

  /** A file of x509-limbo in its published format; nothing is skipped without it but the file. */
  const limbo = process.env["KUBEPKI_LIMBO"];
  test.skipIf(limbo === undefined)(
    "gives Go's verdict on x509-limbo (skipped without KUBEPKI_LIMBO)",
    async () => {
      const { testcases } = JSON.parse(gunzipSync(readFileSync(limbo!)).toString()) as {
        readonly testcases: readonly {
          readonly peer_certificate: string;
          readonly trusted_certs: readonly string[];
          readonly untrusted_intermediates: readonly string[];
          readonly validation_kind: "SERVER" | "CLIENT";
          readonly validation_time: string | null;
        }[];
      };
      const toDer = (pem: string): Uint8Array => pemToDer(pem, "CERTIFICATE");
      const questions = testcases.map((kase) => ({
        leaf: toDer(kase.peer_certificate),
        roots: kase.trusted_certs.map(toDer),
        intermediates: kase.untrusted_intermediates.map(toDer),
        time: Math.floor(Date.parse(kase.validation_time ?? "2026-01-01T00:00:00Z") / 1000),
        usages: [kase.validation_kind === "SERVER" ? "serverAuth" : "clientAuth"] as const,
      }));
      expect((await differences(referee, questions)).found).toEqual([]);
    },
  );
});
