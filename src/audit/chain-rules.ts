/** What Go would say to a certificate because of its issuers, which cannot be seen of the certificate alone. */
import { checkPathLength, checkSignedPath, checkUsage } from "../verify/checks.ts";
import type { Fault, Rules } from "../verify/checks.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { ExtendedKeyUsage } from "../x509/extensions/extended-key-usage.ts";
import { MAX_CONSTRAINT_COMPARISONS } from "../x509/name-constraints-match.ts";
import type { Evidence } from "./evidence.ts";
import type { AuditFinding } from "./finding.ts";
import type { FoundCertificate } from "./found.ts";

/** Longer paths are cut: Go, OpenSSL and this library go no further. */
const MAX_PATH = 10;
/** Of a certificate with more paths nothing is said: Go checks no more signatures, and one of the others may be good. */
const MAX_PATHS = 100;

type Path = readonly FoundCertificate[];

/** Holds each certificate to the path lengths, usages, policies and name constraints of its issuers, as far as they are there. One path on which nothing is wrong suffices. */
export function judgeChains({ certificates }: Evidence): AuditFinding[] {
  const limiting = new Map<FoundCertificate, boolean>();
  /** Nearly all CAs of clusters say nothing of what is below: their certificates need no further look. */
  const isLimiting = (ca: FoundCertificate): boolean => {
    let answer = limiting.get(ca);
    if (answer === undefined) limiting.set(ca, (answer = limitsWhatIsBelow(ca.certificate)));
    return answer;
  };
  return certificates.flatMap((found) => {
    const paths = pathsOf(found);
    const isFree = paths.some((path) => !path.some((ca) => ca !== found && isLimiting(ca)));
    return isFree || paths.length > MAX_PATHS ? [] : refusedByIssuers(found, paths);
  });
}

/** The certificate and its issuers, as far as they were found, by each of their certificates. */
function pathsOf(found: FoundCertificate): Path[] {
  const paths: Path[] = [];
  for (const path of walk([found], found)) if (paths.push(path) > MAX_PATHS) break;
  return paths;
}

function* walk(path: Path, { issuers }: FoundCertificate): Generator<Path> {
  let isEnd = true;
  for (const issuer of path.length < MAX_PATH ? issuers : []) {
    if (path.includes(issuer)) continue;
    isEnd = false;
    yield* walk([...path, issuer], issuer);
  }
  if (isEnd) yield path;
}

function limitsWhatIsBelow(ca: Certificate): boolean {
  return (
    ca.extensionValue("basicConstraints")?.pathLength !== undefined ||
    ca.extensions.some(({ id }) => id !== undefined && LIMITS.has(id))
  );
}

const LIMITS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "nameConstraints",
  "extendedKeyUsage",
  "certificatePolicies",
  "policyConstraints",
  "policyMappings",
  "inhibitAnyPolicy",
]);

/** For each use that it must have, at most one finding, and one is enough. */
function refusedByIssuers(found: FoundCertificate, paths: readonly Path[]): AuditFinding[] {
  for (const usages of usesOf(found)) {
    const faults = paths.map((path) => faultOf(path, usages));
    const [first] = faults;
    if (first && faults.every(Boolean)) return [refused(paths[0]!, first)];
  }
  return [];
}

/** What it names must be possible, each by itself. What may be used for anything is good as long as something remains; of a CA, only what is below it tells. */
function usesOf({ certificate, purposes: { client, server } }: FoundCertificate): Usages[] {
  if (!client && !server) return [["any"]];
  const named = certificate.extensionValue("extendedKeyUsage") ?? [];
  const uses = CLUSTER_USAGES.filter((usage) => named.includes(usage));
  return uses.length > 0 ? uses.map((usage) => [usage]) : [CLUSTER_USAGES];
}

type Usages = readonly ExtendedKeyUsage[];
const CLUSTER_USAGES: Usages = ["clientAuth", "serverAuth"];

function faultOf(path: Path, usages: Usages): Fault | undefined {
  const chain = path.map(({ certificate }) => certificate);
  const rules: Rules = { at: 0, usages, mode: "kubernetes" };
  return (
    lengthFault(chain) ??
    checkUsage(chain, usages) ??
    checkSignedPath(chain, rules, { remaining: MAX_CONSTRAINT_COMPARISONS })
  );
}

function lengthFault(path: readonly Certificate[]): Fault | undefined {
  for (let index = 1; index < path.length; index++) {
    const { pathLength = Infinity } = path[index]!.extensionValue("basicConstraints") ?? {};
    const fault = checkPathLength(pathLength, index - 1);
    if (fault) return { ...fault, index };
  }
  return undefined;
}

function refused(path: Path, { code, message, index = 0 }: Fault): AuditFinding {
  const found = path[0]!;
  const at = path[index]!;
  return {
    code: "FINDING_AUDIT_CHAIN",
    severity: "error",
    path: found.path,
    message: `nobody who verifies accepts it: ${at === found ? "it" : `its issuer ${at.path}`} ${message}`,
    found: code,
    fix: "issue it by a CA that may, or issue that CA again",
  };
}
