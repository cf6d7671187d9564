/** Which paths could lead from a certificate to a trust anchor, by names and by what needs no signature. */
import { equalBytes, toHex } from "../bytes.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { Budget } from "./budget.ts";
import type { CertificatePool } from "./certificate-pool.ts";
import { checkCertificate } from "./checks.ts";
import type { Fault, Role, Rules } from "./checks.ts";

/** What path building is given. */
export interface PathProblem {
  readonly leaf: Certificate;
  readonly trustAnchors: CertificatePool;
  readonly intermediates: CertificatePool;
  readonly maxIntermediates: number;
  readonly rules: Rules;
  readonly budget: Budget;
  /** Is told of every certificate that can be in no path, and where it would have stood. */
  readonly refuse: (certificate: Certificate, fault: Fault, index: number) => void;
  /** Whether it is known that the one did not sign the other. */
  readonly isRefuted: (child: Certificate, issuer: Certificate) => boolean;
}

/** Everyone who has the name that a certificate states as its issuer, and could be it. */
interface Issuers {
  readonly anchors: readonly Certificate[];
  readonly intermediates: { readonly certificate: Certificate; readonly issuers: Issuers }[];
  /** The least number of intermediates from here to a trust anchor. */
  distance: number;
}

/** Whether some path went on when it had as many intermediates as it may have. */
export interface Cut {
  isTooDeep: boolean;
  isOutOfSteps: boolean;
}

/**
 * All paths, leaf first and trust anchor last: short ones before long ones, and among equals those first whose key identifiers fit, as in Go.
 *
 * Every certificate is in a path once: one with the same subject, key and alternative names counts as the same (Go `alreadyInChain`).
 * The names are followed first, certificate by certificate, so that a path is only walked where there is a trust anchor at its end: a mesh of
 * CAs that leads nowhere costs no more than it has certificates.
 */
export function* candidatePaths(problem: PathProblem, cut: Cut): Generator<readonly Certificate[]> {
  const start = nameGraph(problem, cut);
  for (let length = start.distance; length <= problem.maxIntermediates; length++)
    yield* extend(problem, [problem.leaf], start, length, cut);
}

function* extend(
  problem: PathProblem,
  path: readonly Certificate[],
  issuers: Issuers,
  remaining: number,
  cut: Cut,
): Generator<readonly Certificate[]> {
  const child = path.at(-1)!;
  const isOpen = (candidate: Certificate): boolean => {
    if (problem.budget.steps-- <= 0) cut.isOutOfSteps = true;
    return !cut.isOutOfSteps && !isInPath(candidate, path) && !problem.isRefuted(child, candidate);
  };
  if (remaining === 0) {
    for (const anchor of byKeyIdentifier(child, issuers.anchors, (certificate) => certificate))
      if (isOpen(anchor)) yield [...path, anchor];
    return;
  }
  for (const next of byKeyIdentifier(child, issuers.intermediates, ({ certificate }) => certificate)) {
    if (next.issuers.distance >= remaining || !isOpen(next.certificate)) continue;
    yield* extend(problem, [...path, next.certificate], next.issuers, remaining - 1, cut);
  }
}

/** Follows the names from the leaf upwards, level by level, each name once. */
function nameGraph(problem: PathProblem, cut: Cut): Issuers {
  const byName = new Map<string, Issuers>();
  const start = visit(problem, byName, problem.leaf, 1);
  let level = 1;
  for (let current = [{ child: problem.leaf, issuers: start }]; current.length > 0; level++) {
    const next: { child: Certificate; issuers: Issuers }[] = [];
    for (const { child, issuers } of current) {
      const found = problem.intermediates.namedAsIssuerOf(child);
      if (level > problem.maxIntermediates) {
        cut.isTooDeep ||= found.length > 0;
        continue;
      }
      for (const certificate of usable(problem, found, "intermediate", level)) {
        const names = byName.size;
        const link = { certificate, issuers: visit(problem, byName, certificate, level + 1) };
        issuers.intermediates.push(link);
        if (byName.size > names) next.push({ child: certificate, issuers: link.issuers });
      }
    }
    current = next;
  }
  measure([...byName.values()].reverse());
  return start;
}

/** Who is named as the issuer of this certificate; the intermediates are added when their level comes. */
function visit(
  problem: PathProblem,
  byName: Map<string, Issuers>,
  child: Certificate,
  level: number,
): Issuers {
  const { bytes, issuerStart, issuerEnd } = child.layout;
  const name = toHex(bytes, issuerStart, issuerEnd);
  const known = byName.get(name);
  if (known) return known;
  const anchors = usable(problem, problem.trustAnchors.namedAsIssuerOf(child), "anchor", level);
  const issuers: Issuers = { anchors, intermediates: [], distance: anchors.length > 0 ? 0 : Infinity };
  byName.set(name, issuers);
  return issuers;
}

/** Those of the certificates that may be an issuer at all. */
function usable(problem: PathProblem, certificates: Certificate[], role: Role, index: number): Certificate[] {
  return certificates.filter((certificate) => {
    const fault = checkCertificate(certificate, role, problem.rules);
    if (fault) problem.refuse(certificate, fault, index);
    return !fault;
  });
}

/** Farthest names first, so that one round does it unless the names form loops. */
function measure(all: readonly Issuers[]): void {
  for (let isStable = false; !isStable;) {
    isStable = true;
    for (const issuers of all)
      for (const { issuers: above } of issuers.intermediates)
        if (above.distance + 1 < issuers.distance) {
          issuers.distance = above.distance + 1;
          isStable = false;
        }
  }
}

/** Go's order: the key identifiers fit, one of them is missing, they do not fit. They never decide more than the order. */
function byKeyIdentifier<T>(
  child: Certificate,
  candidates: readonly T[],
  certificateOf: (candidate: T) => Certificate,
): readonly T[] {
  if (candidates.length < 2) return candidates;
  const wanted = child.extensionValue("authorityKeyIdentifier")?.keyIdentifier ?? NONE;
  const rank = (candidate: T): number => {
    const own = certificateOf(candidate).extensionValue("subjectKeyIdentifier") ?? NONE;
    if (equalBytes(own, wanted)) return 0;
    return (own.length === 0) === (wanted.length === 0) ? 2 : 1;
  };
  return candidates
    .map((candidate) => ({ candidate, rank: rank(candidate) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ candidate }) => candidate);
}

const NONE: Uint8Array = /* @__PURE__ */ new Uint8Array();

function isInPath(candidate: Certificate, path: readonly Certificate[]): boolean {
  return path.some(
    (other) =>
      other === candidate ||
      (equalBytes(other.subjectPublicKeyInfo, candidate.subjectPublicKeyInfo) &&
        equalBytes(subjectOf(other), subjectOf(candidate)) &&
        equalBytes(alternativeNamesOf(other), alternativeNamesOf(candidate))),
  );
}

function subjectOf({ layout: { bytes, subjectStart, subjectEnd } }: Certificate): Uint8Array {
  return bytes.subarray(subjectStart, subjectEnd);
}

function alternativeNamesOf(certificate: Certificate): Uint8Array {
  return certificate.extension("subjectAltName")?.der ?? NONE;
}
