/** Whether certificates of a path were revoked: who is asked, and what the answer means for the path. */
import { equalBytes } from "../bytes.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { CertificateList } from "../x509/certificate-list.ts";
import type { GeneralName } from "../x509/general-name-values.ts";
import type { RevokedCertificate } from "../x509/revoked-entry.ts";
import type { Asking } from "./asking.ts";
import type { Fault } from "./checks.ts";
import type { DenyList } from "./deny-list.ts";

/** About whom a {@link RevocationChecker} is asked. */
export interface RevocationQuestion {
  /** The certificate. */
  readonly certificate: Certificate;
  /** The certificate above it in the path, whose key was found to have signed it. */
  readonly issuer: Certificate;
  /** The moment that counts, in milliseconds since 1970. */
  readonly at: number;
}

/** What is known of a certificate. `until` is the last moment for which this holds, in milliseconds since 1970; `Infinity` if no time changes it. */
export type RevocationStatus =
  | {
      /** A current source says that it is not revoked. */
      readonly status: "good";
      /** The last moment for which this holds. */
      readonly until: number;
    }
  | {
      /** It is revoked. */
      readonly status: "revoked";
      /** When and why. */
      readonly entry: RevokedCertificate;
      /** The last moment for which this holds. */
      readonly until: number;
    }
  | {
      /** Nobody says. */
      readonly status: "unknown";
      /** Why nobody does. */
      readonly reason: string;
      /** The last moment for which this holds. */
      readonly until: number;
    };

/**
 * Who knows which certificates were revoked; {@link CertificateListChecker} is one that has certificate lists.
 *
 * To write another, make `check` a generator function that returns a status. It may `yield` questions about signatures, and is given the answers.
 */
export interface RevocationChecker {
  /** Another number whenever an answer may have changed for another reason than time; those who remember answers look at it. */
  readonly generation: number;
  /** What is known of this certificate now. */
  check(question: RevocationQuestion): Asking<RevocationStatus>;
}

/** Whether, and how strictly, revocation is checked. Neither has a default. */
export interface RevocationPolicy {
  /** Who knows. */
  readonly checker: RevocationChecker;
  /**
   * What happens to a certificate of which nobody knows whether it was revoked (no list of its issuer, or an old one): `"refuse"` is hard failure,
   * which stops every client when lists stop coming; `"accept"` is soft failure, which whoever keeps lists away can force.
   */
  readonly onUnknown: "refuse" | "accept";
}

/** What one verification has been told about revocation. */
export interface RevocationRules {
  readonly revocation?: RevocationPolicy;
  readonly denyList?: DenyList;
}

/** What came of it; `until` in milliseconds since 1970. */
export interface RevocationOutcome {
  readonly fault?: Fault;
  readonly until: number;
}

/** Asks about every certificate of a path in which all signatures hold; about the trust anchor, only the deny list is asked. */
export function* checkRevocation(
  path: readonly Certificate[],
  { revocation, denyList }: RevocationRules,
  at: number,
): Asking<RevocationOutcome> {
  const denied = denyList && findDenied(path, denyList);
  if (denied) return { fault: denied, until: Infinity };
  let until = Infinity;
  if (!revocation) return { until };
  // From the top: what a revoked CA says about the certificates below it is worth nothing.
  for (let index = path.length - 2; index >= 0; index--) {
    const question = { certificate: path[index]!, issuer: path[index + 1]!, at };
    const status = yield* revocation.checker.check(question);
    until = Math.min(until, status.until);
    const fault = faultOf(status, revocation.onUnknown, index);
    if (fault) return { fault, until };
  }
  return { until };
}

function findDenied(path: readonly Certificate[], denyList: DenyList): Fault | undefined {
  for (const [index, certificate] of path.entries()) {
    const found = denyList.find(certificate, path[index + 1]);
    if (!found) continue;
    const message = `is on the deny list${found.reason === undefined ? "" : `: ${found.reason}`}`;
    return { code: "ERR_CHAIN_REVOKED", message, index };
  }
  return undefined;
}

function faultOf(
  status: RevocationStatus,
  onUnknown: RevocationPolicy["onUnknown"],
  index: number,
): Fault | undefined {
  if (status.status === "good") return undefined;
  if (status.status === "revoked") {
    const { revocationDate, reasonCode } = status.entry;
    const why = reasonCode === undefined ? "" : ` (${reasonCode})`;
    const message = `was revoked at ${revocationDate.toISOString()}${why}`;
    return { code: "ERR_CHAIN_REVOKED", message, index };
  }
  // Whatever is not exactly "accept" refuses, also where the types were not looked at.
  if (onUnknown === "accept") return undefined;
  const message = `may have been revoked, nobody knows: ${status.reason}`;
  return { code: "ERR_CHAIN_REVOCATION_UNKNOWN", message, index };
}

/** RFC 5280 6.3.3 (b)(2): whether a list of the certificate's issuer is about this certificate. */
export function isInScope(list: CertificateList, certificate: Certificate): boolean {
  const scope = list.issuingDistributionPoint;
  if (!scope) return true;
  const isCa = certificate.extensionValue("basicConstraints")?.ca === true;
  if ((scope.onlyContainsUserCerts && isCa) || (scope.onlyContainsCACerts && !isCa)) return false;
  if (!scope.fullName) return true;
  const points = certificate.extensionValue("crlDistributionPoints") ?? [];
  const names = points.filter(({ crlIssuer }) => !crlIssuer).flatMap(({ fullName = [] }) => fullName);
  return scope.fullName.some((name) => names.some((other) => isSameName(name, other)));
}

function isSameName(a: GeneralName, b: GeneralName): boolean {
  if ("value" in a) return "value" in b && a.type === b.type && a.value === b.value;
  if (a.type === "directoryName") return b.type === a.type && equalBytes(a.name.der, b.name.der);
  return "der" in b && a.type === b.type && equalBytes(a.der, b.der);
}
