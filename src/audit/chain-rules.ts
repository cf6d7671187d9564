/** What Go would say to a certificate because of its issuers, which cannot be seen of the certificate alone. */
import { checkPathLength, checkSignedPath, checkUsage } from "../verify/checks.ts";
import type { Fault, Rules } from "../verify/checks.ts";
import type { Certificate } from "../x509/certificate.ts";
import { MAX_CONSTRAINT_COMPARISONS } from "../x509/name-constraints-match.ts";
import type { Evidence } from "./evidence.ts";
import type { AuditFinding } from "./finding.ts";
import type { FoundCertificate } from "./found.ts";

/** Longer paths are cut: Go, OpenSSL and this library go no further. */
const MAX_PATH = 10;

/** Holds each certificate to the path lengths, usages, policies and name constraints of its issuers, as far as they are there. */
export function judgeChains({ certificates }: Evidence): AuditFinding[] {
  const limited = new Map<FoundCertificate, boolean>();
  /** Nearly all CAs of clusters say nothing of what is below: their certificates need no further look. */
  const isLimited = (ca: FoundCertificate): boolean => {
    let answer = limited.get(ca);
    if (answer === undefined) {
      answer = pathOf(ca).some(({ certificate }) => limitsWhatIsBelow(certificate));
      limited.set(ca, answer);
    }
    return answer;
  };
  return certificates.flatMap((found) => {
    const fault = found.issuer && isLimited(found.issuer) ? faultOf(found) : undefined;
    return fault ? [refusedByIssuer(found, fault)] : [];
  });
}

/** The certificate and its issuers, as far as they were found. */
function pathOf(found: FoundCertificate): FoundCertificate[] {
  const path = [found];
  for (let next = found.issuer; next && path.length < MAX_PATH && !path.includes(next); next = next.issuer)
    path.push(next);
  return path;
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

function faultOf(found: FoundCertificate): Fault | undefined {
  const path = pathOf(found).map(({ certificate }) => certificate);
  const { client, server } = found.purposes;
  const rules: Rules = { at: 0, usages: [], mode: "kubernetes" };
  return (
    lengthFault(path) ??
    (client ? checkUsage(path, ["clientAuth"]) : undefined) ??
    (server ? checkUsage(path, ["serverAuth"]) : undefined) ??
    checkSignedPath(path, rules, { remaining: MAX_CONSTRAINT_COMPARISONS })
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

function refusedByIssuer(found: FoundCertificate, { code, message, index = 0 }: Fault): AuditFinding {
  const at = pathOf(found)[index]!;
  return {
    code: "FINDING_AUDIT_CHAIN",
    severity: "error",
    path: found.path,
    message: `nobody who verifies accepts it: ${at === found ? "it" : `its issuer ${at.path}`} ${message}`,
    found: code,
    fix: "issue it by a CA that may, or issue that CA again",
  };
}
