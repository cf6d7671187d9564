/**
 * Runs the test cases of x509-limbo in its published format, and holds the answers against a checked-in list of divergences.
 *
 *     npm run conformance -- limbo.json.gz
 *
 * Fails where the answer is not the expected one and no divergence says why, and where a divergence no longer is one.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { PkiError } from "../../src/errors.ts";
import { verifySignatureSync } from "../../src/node/signer.ts";
import { parseCertificate } from "../../src/x509/certificate.ts";
import type { Certificate } from "../../src/x509/certificate.ts";
import type { ExtendedKeyUsage } from "../../src/x509/extensions/extended-key-usage.ts";
import { MAX_INTERMEDIATES } from "../../src/verify/budget.ts";
import { CertificateListChecker } from "../../src/verify/certificate-list-checker.ts";
import { verifyCertificateChainSync } from "../../src/verify/verify-chain.ts";

interface PeerName {
  readonly kind: "DNS" | "IP" | "RFC822";
  readonly value: string;
}

interface TestCase {
  readonly id: string;
  readonly validation_kind: "SERVER" | "CLIENT";
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  readonly validation_time: string | null;
  readonly extended_key_usage: readonly ExtendedKeyUsage[];
  readonly expected_result: "SUCCESS" | "FAILURE";
  readonly expected_peer_name: PeerName | null;
  readonly expected_peer_names: readonly PeerName[];
  readonly max_chain_depth: number | null;
  readonly crls: readonly string[];
}

/** Test cases that are answered differently, for this reason. */
interface Divergence {
  readonly reason: string;
  /** What we answer: a code, or `accepted`. */
  readonly answer: string;
  readonly cases: readonly string[];
}

const ACCEPTED = "accepted";
const parsed = new Map<string, Certificate>();

/** The suite has few certificates of CAs, and many cases for each. */
function certificateOf(pem: string): Certificate {
  const known = parsed.get(pem) ?? parseCertificate(pem);
  parsed.set(pem, known);
  return known;
}

/** `accepted`, or the code of the refusal. Any other error is a defect and ends the run. */
function answer(test: TestCase): string {
  const { expected_peer_name: peer, validation_kind: kind, max_chain_depth: depth } = test;
  const time = test.validation_time;
  try {
    verifyCertificateChainSync(parseCertificate(test.peer_certificate), {
      trustAnchors: test.trusted_certs.map(certificateOf),
      intermediates: test.untrusted_intermediates.map(certificateOf),
      usage: kind === "SERVER" ? "serverAuth" : "clientAuth",
      ...(time !== null && { at: new Date(time) }),
      ...(kind === "SERVER" && peer !== null && { serverName: peer.value }),
      ...(depth !== null && { maxIntermediates: Math.min(depth, MAX_INTERMEDIATES) }),
      ...(test.crls.length > 0 && {
        revocation: { checker: new CertificateListChecker(test.crls), onUnknown: "refuse" },
      }),
      verifySignature: verifySignatureSync,
    });
    return ACCEPTED;
  } catch (error) {
    if (error instanceof PkiError) return error.code;
    throw error;
  }
}

function read(path: string): Buffer {
  const bytes = readFileSync(path);
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

function run(path: string): number {
  const { testcases } = JSON.parse(read(path).toString()) as { readonly testcases: readonly TestCase[] };
  const list = new URL("divergences.json", import.meta.url);
  const divergences = JSON.parse(readFileSync(list, "utf8")) as readonly Divergence[];
  const expected = new Map(
    divergences.flatMap(({ cases, answer: ours }) => cases.map((id) => [id, ours] as const)),
  );
  const problems: string[] = [];
  let wrongAccepts = 0;
  for (const test of testcases) {
    const ours = answer(test);
    const diverges = (ours === ACCEPTED) !== (test.expected_result === "SUCCESS");
    const listed = expected.get(test.id);
    expected.delete(test.id);
    if (diverges && ours === ACCEPTED) wrongAccepts++;
    if (diverges && listed !== ours)
      problems.push(`${test.id}: expected ${test.expected_result}, got ${ours}`);
    if (!diverges && listed !== undefined)
      problems.push(`${test.id}: is listed as ${listed}, but we agree with the suite`);
  }
  for (const id of expected.keys()) problems.push(`${id}: is listed, but not in the suite`);
  for (const problem of problems) console.error(problem);
  const listed = divergences.reduce((sum, { cases }) => sum + cases.length, 0);
  console.log(
    `${testcases.length} test cases, ${listed} divergences listed, ${wrongAccepts} accepted against the suite, ${problems.length} problems`,
  );
  return problems.length === 0 && testcases.length > 0 ? 0 : 1;
}

const [, , path] = process.argv;
if (path === undefined) {
  console.error("usage: npm run conformance -- PATH of limbo.json or limbo.json.gz");
  process.exitCode = 2;
} else {
  process.exitCode = run(path);
}
