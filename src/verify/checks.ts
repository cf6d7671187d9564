/** RFC 5280 section 6.1, one small function per rule, as Go decides it. Each gives what is wrong, or nothing. */
import { readBitString } from "../der/bit-string.ts";
import { DerReader } from "../der/reader.ts";
import type { Mode } from "../der/reader.ts";
import { SEQUENCE } from "../der/tag.ts";
import { PkiError } from "../errors.ts";
import type { CodesOf } from "../errors.ts";
import { isOnCurve } from "../keys/curve-point.ts";
import { readPublicKey } from "../keys/public-key.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { Extension } from "../x509/extension.ts";
import type { ExtendedKeyUsage } from "../x509/extensions/extended-key-usage.ts";
import type { NameConstraints } from "../x509/extensions/name-constraints.ts";
import type { GeneralName } from "../x509/general-name-values.ts";
import { constrainedNames, findConstraintViolation } from "../x509/name-constraints-match.ts";
import type { ComparisonBudget } from "../x509/name-constraints-match.ts";
import { readAlgorithmIdentifier } from "../x509/subject-public-key-info.ts";
import { indexOfDistrustedKey } from "./distrusted-keys.ts";
import { arePoliciesValid } from "./policies.ts";

/** What is wrong with a certificate in a path. */
export interface Fault {
  readonly code: CodesOf<"ChainError">;
  /** Continues a sentence that begins with the certificate. */
  readonly message: string;
  /** Place of the certificate at fault, where it is not the one that was asked about. */
  readonly index?: number;
  readonly cause?: unknown;
}

/** What one verification asks of every certificate. */
export interface Rules {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** One of them must be allowed by all certificates. */
  readonly usages: readonly ExtendedKeyUsage[];
  readonly mode: Mode;
}

/** Where a certificate stands: trust anchors need not say that they are CAs if they are older than v3. */
export type Role = "leaf" | "intermediate" | "anchor";

/** Everything that can be told of a certificate without the path it stands in. */
export function checkCertificate(certificate: Certificate, role: Role, rules: Rules): Fault | undefined {
  const deviation = rules.mode === "safe" ? certificate.deviations[0] : undefined;
  if (deviation) throw deviation;
  return (
    checkCriticalExtensions(certificate, rules.mode) ??
    checkTime(certificate, rules.at) ??
    (role === "leaf" ? checkLeafKey(certificate, rules.mode) : checkAuthority(certificate, role)) ??
    checkOwnUsage(certificate, rules.usages)
  );
}

/** RFC 5280 4.2: who does not understand a critical extension must refuse. Names of a kind that nobody looks at are not understood. */
function checkCriticalExtensions({ extensions }: Certificate, mode: Mode): Fault | undefined {
  for (const extension of extensions) {
    if (!extension.critical || isHandled(extension, mode)) continue;
    const message = `has the critical extension ${extension.id ?? extension.oid}, which is not understood`;
    return { code: "ERR_CHAIN_CRITICAL_EXTENSION", message };
  }
  return undefined;
}

const GO_KINDS: readonly GeneralName["type"][] = ["dns", "email", "ip", "uri"];

function isHandled(extension: Extension, mode: Mode): boolean {
  if (extension.id === "subjectAltName") return extension.value.some(({ type }) => GO_KINDS.includes(type));
  if (extension.id !== "nameConstraints") return extension.id !== undefined;
  const kinds = mode === "kubernetes" ? GO_KINDS : [...GO_KINDS, "directoryName"];
  const { permitted, excluded } = extension.value;
  return [...permitted, ...excluded].every(({ type }) => kinds.includes(type));
}

/** RFC 5280 4.1.2.5: both ends belong to the validity. */
function checkTime({ layout }: Certificate, at: number): Fault | undefined {
  const text = (seconds: number): string => new Date(seconds * 1000).toISOString();
  if (at < layout.notBefore * 1000) {
    const message = `is not valid before ${text(layout.notBefore)}, and it is ${new Date(at).toISOString()}`;
    return { code: "ERR_CHAIN_NOT_YET_VALID", message };
  }
  if (at > layout.notAfter * 1000) {
    const message = `was valid until ${text(layout.notAfter)}, and it is ${new Date(at).toISOString()}`;
    return { code: "ERR_CHAIN_EXPIRED", message };
  }
  return undefined;
}

/** RFC 5280 6.1.4 (k), (n). Go reads an empty key usage as none. */
function checkAuthority(certificate: Certificate, role: Role): Fault | undefined {
  const { version } = certificate;
  const constraints = certificate.extensionValue("basicConstraints");
  const notCa = (message: string): Fault => ({ code: "ERR_CHAIN_NOT_A_CA", message });
  if (constraints && !constraints.ca)
    return notCa("may not issue certificates: its basic constraints say cA FALSE");
  if (!constraints && version === 3) return notCa("may not issue certificates: it has no basic constraints");
  if (!constraints && role === "intermediate")
    return notCa(`may not issue certificates: it is of version ${version} and no trust anchor`);
  const usage = certificate.extensionValue("keyUsage") ?? [];
  if (usage.length > 0 && !usage.includes("keyCertSign"))
    return notCa("may not issue certificates: its key usage lacks keyCertSign");
  return undefined;
}

/** Go refuses points off the curve when it parses. Keys of CAs need no look here: verifying with them imports them. */
function checkLeafKey({ subjectPublicKeyInfo }: Certificate, mode: Mode): Fault | undefined {
  try {
    const point =
      mode === "safe" ? pointOfStrongKey(subjectPublicKeyInfo) : pointOfAnyKey(subjectPublicKeyInfo);
    if (!point || isOnCurve(point)) return undefined;
    return { code: "ERR_CHAIN_KEY", message: "has a key that is not taken: its point is not on its curve" };
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause;
    return { code: "ERR_CHAIN_KEY", message: `has a key that is not taken: ${cause.message}`, cause };
  }
}

function pointOfStrongKey(subjectPublicKeyInfo: Uint8Array): Uint8Array | undefined {
  const { algorithm, publicKey } = readPublicKey(subjectPublicKeyInfo);
  return algorithm.kind === "curve" ? publicKey : undefined;
}

/** Go takes whatever key a leaf has; P-224 is among the curves that it knows. */
function pointOfAnyKey(subjectPublicKeyInfo: Uint8Array): Uint8Array | undefined {
  const reader = new DerReader(subjectPublicKeyInfo, { mode: "kubernetes" });
  reader.open(SEQUENCE, "");
  const { algorithm } = readAlgorithmIdentifier(reader, "algorithm");
  if (algorithm !== EC_PUBLIC_KEY) return undefined;
  readBitString(reader, "subjectPublicKey");
  return reader.contents();
}

const EC_PUBLIC_KEY = "1.2.840.10045.2.1";

/** A usage that every certificate of a path must allow must be allowed by each. */
function checkOwnUsage(certificate: Certificate, wanted: readonly ExtendedKeyUsage[]): Fault | undefined {
  const allowed = certificate.extensionValue("extendedKeyUsage") ?? NO_USAGES;
  return isNarrowing(allowed) && !wanted.some((usage) => usage === "any" || allowed.includes(usage))
    ? usageFault(allowed, wanted)
    : undefined;
}

/** Go's nesting: a usage counts if every certificate allows it, trust anchor included; no usages, or any, allow all. */
export function checkUsage(
  path: readonly Certificate[],
  wanted: readonly ExtendedKeyUsage[],
): Fault | undefined {
  if (wanted.includes("any")) return undefined;
  let remaining = wanted;
  for (let index = path.length - 1; index >= 0; index--) {
    const allowed = path[index]!.extensionValue("extendedKeyUsage") ?? NO_USAGES;
    if (!isNarrowing(allowed)) continue;
    remaining = remaining.filter((usage) => allowed.includes(usage));
    if (remaining.length === 0) return { ...usageFault(allowed, wanted), index };
  }
  return undefined;
}

const NO_USAGES: readonly ExtendedKeyUsage[] = [];

function isNarrowing(allowed: readonly ExtendedKeyUsage[]): boolean {
  return allowed.length > 0 && !allowed.includes("any");
}

function usageFault(allowed: readonly ExtendedKeyUsage[], wanted: readonly ExtendedKeyUsage[]): Fault {
  return { code: "ERR_CHAIN_USAGE", message: `may be used for ${list(allowed)}, not for ${list(wanted)}` };
}

function list(usages: readonly ExtendedKeyUsage[]): string {
  return usages.length > 10 ? `${usages.slice(0, 10).join(", ")} and more` : usages.join(", ");
}

/** What costs more the larger the certificates are, so that only certificates whose signatures hold may ask for it. */
export function checkSignedPath(
  path: readonly Certificate[],
  { mode }: Rules,
  comparisons: ComparisonBudget,
): Fault | undefined {
  return checkPolicies(path) ?? checkNameConstraints(path, mode, comparisons) ?? checkDistrusted(path);
}

/** RFC 5280 6.1.4 (l), (m), but self-issued intermediates count as in Go. */
export function checkPathLength(pathLength: number, below: number): Fault | undefined {
  if (below <= pathLength) return undefined;
  const message = `allows ${pathLength} intermediates below it, and there are ${below}`;
  return { code: "ERR_CHAIN_PATH_LENGTH", message };
}

function checkPolicies(path: readonly Certificate[]): Fault | undefined {
  if (arePoliciesValid(path)) return undefined;
  return { code: "ERR_CHAIN_POLICY", message: "is under no policy that all its issuers allow", index: 0 };
}

/** Names of a certificate must suit every CA above it, self-issued ones included, as in Go; a CA's constraints are not for itself. */
function checkNameConstraints(
  path: readonly Certificate[],
  mode: Mode,
  comparisons: ComparisonBudget,
): Fault | undefined {
  for (let issuer = path.length - 1; issuer > 0; issuer--) {
    const value = path[issuer]!.extensionValue("nameConstraints");
    if (!value) continue;
    const constraints = mode === "kubernetes" ? goConstraints(value) : value;
    for (let index = issuer - 1; index >= 0; index--) {
      comparisons.remaining -= value.permitted.length + value.excluded.length;
      const found = findConstraintViolation(constraints, namesOf(path[index]!, mode), comparisons);
      if (!found) continue;
      const { message, reason } = found;
      if (reason === "budget")
        return { code: "ERR_CHAIN_BUDGET", message: `has too many names: ${message}`, index };
      return { code: "ERR_CHAIN_NAME_CONSTRAINTS", message: `may not have its names: ${message}`, index };
    }
  }
  return undefined;
}

/** Go looks at alternative names of four kinds only; safe mode also at directory names and the subject. */
function namesOf(certificate: Certificate, mode: Mode): readonly GeneralName[] {
  const names = certificate.extensionValue("subjectAltName") ?? [];
  return mode === "safe" ? constrainedNames(certificate.subject, names) : names.filter(isGoName);
}

function goConstraints({ permitted, excluded }: NameConstraints): NameConstraints {
  return { permitted: permitted.filter(isGoName), excluded: excluded.filter(isGoName) };
}

function isGoName({ type }: GeneralName): boolean {
  return GO_KINDS.includes(type);
}

function checkDistrusted(path: readonly Certificate[]): Fault | undefined {
  const index = indexOfDistrustedKey(path);
  if (index < 0) return undefined;
  return { code: "ERR_CHAIN_KEY", message: "has a key that is known to be in wrong hands", index };
}
