/** Which paths could lead from a certificate to a trust anchor, by names and by what needs no signature. */
import { equalBytes } from "../bytes.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { Budget } from "./budget.ts";
import type { CertificatePool } from "./certificate-pool.ts";
import { ByteIds } from "./byte-ids.ts";
import { checkCertificate, checkPathLength } from "./checks.ts";
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
  /** Its number. */
  readonly name: number;
  readonly anchors: readonly Candidate[];
  intermediates: Candidate[];
  /** The least number of intermediates from here to a trust anchor. */
  distance: number;
}

/** A certificate, with what is asked of it again and again. */
class Candidate {
  readonly certificate: Certificate;
  /** The number of its subject. */
  readonly subject: number;
  /** Who is named as its issuer; nobody asks that of a trust anchor. */
  readonly issuers: Issuers | undefined;
  readonly pathLength: number;
  #id: number | undefined;
  #keyIdentifier: Uint8Array | undefined;

  constructor(certificate: Certificate, subject: number, issuers?: Issuers) {
    this.certificate = certificate;
    this.subject = subject;
    this.issuers = issuers;
    this.pathLength = certificate.extensionValue("basicConstraints")?.pathLength ?? Infinity;
  }

  get keyIdentifier(): Uint8Array {
    return (this.#keyIdentifier ??= this.certificate.extensionValue("subjectKeyIdentifier") ?? NONE);
  }

  /** Equal for certificates of the same key and alternative names; where the subject is the same, they are the same to Go. */
  idAmong(ids: ByteIds): number {
    const names = this.certificate.extension("subjectAltName")?.der ?? NONE;
    return (this.#id ??= ids.idOf([this.certificate.subjectPublicKeyInfo, names]));
  }
}

/** Why there may be more paths than were given. */
export interface Cut {
  /** Whether some path went on when it had as many intermediates as it may have. */
  isTooDeep: boolean;
  /** Whether some path ended at a CA that allows fewer intermediates below it. */
  isTooLong: boolean;
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
  const walk = new Walk(problem, cut);
  const { start } = walk;
  for (let length = start.distance; length <= problem.maxIntermediates; length++)
    yield* walk.extend([walk.leaf], start, length);
}

class Walk {
  readonly leaf: Candidate;
  readonly start: Issuers;
  readonly #problem: PathProblem;
  readonly #cut: Cut;
  readonly #ids = new ByteIds();
  readonly #names = new ByteIds();
  /** By the number of the name that they have as their subject. */
  readonly #issuers: Issuers[] = [];
  /** The same lists in the order for one child, made once for each. */
  #ranked: Map<readonly Candidate[], Map<Candidate, readonly Candidate[]>> | undefined;

  constructor(problem: PathProblem, cut: Cut) {
    this.#problem = problem;
    this.#cut = cut;
    this.start = this.#followNames();
    const { bytes, subjectStart, keyStart: subjectEnd } = problem.leaf.layout;
    this.leaf = new Candidate(problem.leaf, this.#names.idOf([bytes.subarray(subjectStart, subjectEnd)]));
  }

  *extend(
    path: readonly Candidate[],
    issuers: Issuers,
    remaining: number,
  ): Generator<readonly Certificate[]> {
    const child = path.at(-1)!;
    if (remaining === 0) {
      for (const anchor of this.#rank(child, issuers.anchors))
        if (this.#isOpen(path, anchor)) yield [...path, anchor].map(({ certificate }) => certificate);
      return;
    }
    for (const next of this.#rank(child, issuers.intermediates)) {
      if (!this.#isOpen(path, next) || next.issuers!.distance >= remaining) continue;
      yield* this.extend([...path, next], next.issuers!, remaining - 1);
    }
  }

  /** Every candidate that is looked at is a step, whether the path goes on there or not. */
  #isOpen(path: readonly Candidate[], next: Candidate): boolean {
    if (!this.#step()) return false;
    for (const other of path) if (this.#isSame(other, next)) return false;
    if (this.#problem.isRefuted(path.at(-1)!.certificate, next.certificate)) return false;
    const fault = checkPathLength(next.pathLength, path.length - 1);
    if (!fault) return true;
    this.#cut.isTooLong = true;
    this.#problem.refuse(next.certificate, fault, path.length);
    return false;
  }

  #isSame(a: Candidate, b: Candidate): boolean {
    return a.subject === b.subject && a.idAmong(this.#ids) === b.idAmong(this.#ids);
  }

  #step(): boolean {
    if (this.#problem.budget.steps-- <= 0) this.#cut.isOutOfSteps = true;
    return !this.#cut.isOutOfSteps;
  }

  /** Go's order: the key identifiers fit, one of them is missing, they do not fit. They never decide more than the order. */
  #rank(child: Candidate, candidates: readonly Candidate[]): readonly Candidate[] {
    if (candidates.length < 2) return candidates;
    this.#ranked ??= new Map();
    let byChild = this.#ranked.get(candidates);
    if (!byChild) this.#ranked.set(candidates, (byChild = new Map()));
    const known = byChild.get(child);
    if (known) return known;
    const wanted = child.certificate.extensionValue("authorityKeyIdentifier")?.keyIdentifier ?? NONE;
    const ranks: [Candidate[], Candidate[], Candidate[]] = [[], [], []];
    for (const candidate of candidates) {
      if (!this.#step()) break;
      ranks[rankOf(candidate.keyIdentifier, wanted)].push(candidate);
    }
    const ranked = ranks.flat();
    byChild.set(child, ranked);
    return ranked;
  }

  /** Follows the names from the leaf upwards, level by level, each name once. */
  #followNames(): Issuers {
    const { intermediates, maxIntermediates, leaf } = this.#problem;
    const start = this.#visit(leaf, 1);
    let level = 1;
    for (let current = [{ child: leaf, issuers: start }]; current.length > 0; level++) {
      const next: { child: Certificate; issuers: Issuers }[] = [];
      for (const { child, issuers } of current) {
        const found = intermediates.namedAsIssuerOf(child);
        if (level > maxIntermediates) {
          this.#cut.isTooDeep ||= found.length > 0;
          continue;
        }
        for (const certificate of this.#usable(found, "intermediate", level)) {
          const names = this.#issuers.length;
          const above = this.#visit(certificate, level + 1);
          issuers.intermediates.push(new Candidate(certificate, issuers.name, above));
          if (this.#issuers.length > names) next.push({ child: certificate, issuers: above });
        }
      }
      current = next;
    }
    measure([...this.#issuers].reverse());
    for (const issuers of this.#issuers)
      issuers.intermediates = issuers.intermediates.filter(
        ({ issuers: above }) => above!.distance < Infinity,
      );
    return start;
  }

  /** Who is named as the issuer of this certificate; the intermediates are added when their level comes. */
  #visit(child: Certificate, level: number): Issuers {
    const { bytes, issuerStart, issuerEnd } = child.layout;
    const name = this.#names.idOf([bytes.subarray(issuerStart, issuerEnd)]);
    const known = this.#issuers[name];
    if (known) return known;
    const found = this.#problem.trustAnchors.namedAsIssuerOf(child);
    const anchors = this.#usable(found, "anchor", level).map((anchor) => new Candidate(anchor, name));
    const distance = anchors.length > 0 ? 0 : Infinity;
    const issuers: Issuers = { name, anchors, intermediates: [], distance };
    this.#issuers.push(issuers);
    return issuers;
  }

  /** Those of the certificates that may be an issuer at all. */
  #usable(certificates: Certificate[], role: Role, index: number): Certificate[] {
    const { rules, refuse } = this.#problem;
    return certificates.filter((certificate) => {
      const fault = checkCertificate(certificate, role, rules);
      if (fault) refuse(certificate, fault, index);
      return !fault;
    });
  }
}

function rankOf(own: Uint8Array, wanted: Uint8Array): 0 | 1 | 2 {
  if (equalBytes(own, wanted)) return 0;
  return (own.length === 0) === (wanted.length === 0) ? 2 : 1;
}

/** Farthest names first, so that one round does it unless the names form loops. */
function measure(all: readonly Issuers[]): void {
  for (let isStable = false; !isStable;) {
    isStable = true;
    for (const issuers of all)
      for (const { issuers: above } of issuers.intermediates)
        if (above!.distance + 1 < issuers.distance) {
          issuers.distance = above!.distance + 1;
          isStable = false;
        }
  }
}

const NONE: Uint8Array = /* @__PURE__ */ new Uint8Array();
