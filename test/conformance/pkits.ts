/**
 * Runs NIST's Public Key Interoperability Test Suite, paths and lists, and holds the answers against a checked-in table of divergences.
 *
 *     node test/conformance/pkits.ts FOLDER
 *
 * The folder has the suite's `certs` and `crls`; Debian's source package `python-certvalidator` has it as `tests/fixtures/nist_pkits`. The name of an
 * end entity says what is expected of it: `Valid...` or `Invalid...`. Those of the policy tests that are named otherwise are left out, for their
 * verdict depends on the policies that the caller asks for, and here nobody asks.
 *
 * Fails where the answer is not the expected one and no divergence says why, and where a divergence no longer is one.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { PkiError } from "../../src/errors.ts";
import { verifySignatureSync } from "../../src/node/signer.ts";
import { CertificateListChecker } from "../../src/verify/certificate-list-checker.ts";
import { verifyCertificateChainSync } from "../../src/verify/verify-chain.ts";
import { safeParseCertificate } from "../../src/x509/certificate.ts";
import type { Certificate } from "../../src/x509/certificate.ts";
import { safeParseCertificateList } from "../../src/x509/certificate-list.ts";
import type { CertificateList } from "../../src/x509/certificate-list.ts";

/** End entities that are answered differently, for this reason. */
interface Divergence {
  readonly reason: string;
  /** What we answer: a code, or `accepted`. */
  readonly answer: string;
  readonly cases: readonly string[];
}

interface Suite {
  readonly trustAnchor: Uint8Array;
  readonly intermediates: readonly Certificate[];
  readonly lists: readonly CertificateList[];
  readonly leaves: ReadonlyMap<string, Uint8Array>;
}

const ACCEPTED = "accepted";
/** All certificates of the suite hold from 2010 to 2030. */
const AT = new Date("2020-01-01T00:00:00Z");

function read(folder: string): Suite {
  const files = (kind: string): [string, Uint8Array][] =>
    readdirSync(join(folder, kind))
      .sort()
      .map((name) => [name.replace(/\.cr[tl]$/, ""), new Uint8Array(readFileSync(join(folder, kind, name)))]);
  const certificates = files("certs");
  const intermediates = certificates
    .filter(([name]) => !name.endsWith("EE"))
    .flatMap(([, der]) => {
      const result = safeParseCertificate(der);
      return result.ok ? [result.value] : [];
    });
  const lists = files("crls").flatMap(([, der]) => {
    const result = safeParseCertificateList(der);
    return result.ok ? [result.value] : [];
  });
  const trustAnchor = certificates.find(([name]) => name === "TrustAnchorRootCertificate")?.[1];
  if (!trustAnchor) throw new Error(`${folder} has no TrustAnchorRootCertificate.crt`);
  const leaves = new Map(certificates.filter(([name]) => /^(Valid|Invalid).*EE$/.test(name)));
  return { trustAnchor, intermediates, lists, leaves };
}

/** `accepted`, or the code of the refusal. Any other error is a defect and ends the run. */
function answer(leaf: Uint8Array, { trustAnchor, intermediates, lists }: Suite): string {
  try {
    verifyCertificateChainSync(leaf, {
      trustAnchors: [trustAnchor],
      intermediates,
      usage: "clientAuth",
      at: AT,
      revocation: { checker: new CertificateListChecker(lists), onUnknown: "refuse" },
      verifySignature: verifySignatureSync,
    });
    return ACCEPTED;
  } catch (error) {
    if (error instanceof PkiError) return error.code;
    throw error;
  }
}

function run(folder: string): number {
  const suite = read(folder);
  const table = new URL("pkits-divergences.json", import.meta.url);
  const divergences = JSON.parse(readFileSync(table, "utf8")) as readonly Divergence[];
  const listed = new Map(
    divergences.flatMap(({ cases, answer: ours }) => cases.map((name) => [name, ours] as const)),
  );
  const problems: string[] = [];
  const count = listed.size;
  for (const [name, leaf] of suite.leaves) {
    const ours = answer(leaf, suite);
    const diverges = (ours === ACCEPTED) !== name.startsWith("Valid");
    if (diverges && listed.get(name) !== ours) problems.push(`${name}: got ${ours}`);
    if (!diverges && listed.has(name)) problems.push(`${name}: is listed, but we agree with the suite`);
    listed.delete(name);
  }
  for (const name of listed.keys()) problems.push(`${name}: is listed, but not in the suite`);
  for (const problem of problems) console.error(problem);
  console.log(`${suite.leaves.size} cases, ${count} divergences listed, ${problems.length} problems`);
  return problems.length === 0 && suite.leaves.size > 0 ? 0 : 1;
}

const [, , folder] = process.argv;
if (folder === undefined) {
  console.error("usage: node test/conformance/pkits.ts FOLDER with certs and crls");
  process.exitCode = 2;
} else {
  process.exitCode = run(folder);
}
