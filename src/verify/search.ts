/** The one algorithm behind the verifying functions: it asks about signatures and is told, at once or later. */
import type { Certificate } from "../x509/certificate.ts";
import type { Asking, SignatureAnswer, SignatureQuestion } from "./asking.ts";
import { ByteIds } from "./byte-ids.ts";
import { checkCertificate, checkSignedPath, checkUsage } from "./checks.ts";
import type { Fault } from "./checks.ts";
import { candidatePaths } from "./path-building.ts";
import type { Cut, PathProblem } from "./path-building.ts";
import { Refusals, describeCertificate, describeName } from "./refusal.ts";
import { checkRevocation } from "./revocation.ts";
import type { RevocationRules } from "./revocation.ts";
import { verifyServerName } from "./server-name.ts";

/** A path from a certificate to a trust anchor in which everything holds. */
export interface VerifiedChain {
  /** The leaf first, the trust anchor last; one certificate if the leaf is itself a trust anchor. */
  readonly certificates: readonly Certificate[];
  /** The certificate that was asked about. */
  readonly leaf: Certificate;
  /** The one of the trust anchors at which the path ends. */
  readonly trustAnchor: Certificate;
  /** The last moment at which all certificates are valid. */
  readonly notAfter: Date;
  /** The last moment for which the answer about revocation was given, if it was asked for: after it, a newer list may say otherwise. */
  readonly revocationCheckedUntil?: Date;
}

/** What is searched for. */
export type Search = Omit<PathProblem, "refuse" | "isRefuted"> &
  RevocationRules & { readonly serverName?: string };

/** Gives the first good path in the order of {@link candidatePaths}, or throws why there is none. */
export function* searchPath(search: Search): Asking<VerifiedChain> {
  const { leaf, trustAnchors, rules, serverName } = search;
  const refusals = new Refusals();
  const refuse: PathProblem["refuse"] = (...refused) => refusals.refuse(...refused);
  const fault = checkCertificate(leaf, "leaf", rules);
  if (fault) {
    refuse(leaf, fault, 0);
    throw refusals.error();
  }
  if (serverName !== undefined) verifyServerName(leaf, serverName);
  if (trustAnchors.has(leaf)) {
    const path = [leaf];
    const pathFault = checkSignedPath(path, rules, search.budget.comparisons);
    const revocation = yield* checkRevocation(path, search, rules.at);
    const last = pathFault ?? revocation.fault;
    if (!last) return chainOf(path, revocation.until);
    refuse(leaf, last, 0);
    throw refusals.error();
  }
  return yield* searchAbove(search, refusals, refuse);
}

function* searchAbove(
  search: Search,
  refusals: Refusals,
  refuse: PathProblem["refuse"],
): Asking<VerifiedChain> {
  const { leaf, rules, budget, maxIntermediates } = search;
  const signatures = new Signatures();
  const cut: Cut = { isTooDeep: false, isTooLong: false, isOutOfSteps: false };
  const problem: PathProblem = {
    ...search,
    refuse,
    isRefuted: (child, issuer) => signatures.isRefuted(child, issuer),
  };
  const exhaust = (message: string): never => {
    refusals.add({ code: "ERR_CHAIN_BUDGET", message, certificateIndex: 0 });
    throw refusals.error();
  };
  let found = 0;
  for (const path of candidatePaths(problem, cut)) {
    found++;
    const fault =
      checkUsage(path, rules.usages) ?? (yield* signatures.check(path, budget, exhaust, found === 1));
    if (!fault && budget.signedPaths-- <= 0) exhaust("there are more signed paths than are looked at");
    const signedFault = fault ?? checkSignedPath(path, rules, budget.comparisons);
    const revocation = signedFault ? undefined : yield* checkRevocation(path, search, rules.at);
    const last = signedFault ?? revocation?.fault;
    if (!last) return chainOf(path, revocation?.until);
    const index = last.index ?? 0;
    refuse(path[index]!, last, index);
    if (last.code === "ERR_CHAIN_BUDGET") throw refusals.error();
  }
  if (cut.isOutOfSteps) exhaust("there are more paths than are walked");
  if (cut.isTooDeep && !cut.isTooLong && found === 0)
    exhaust(`every path to a trust anchor has more than ${maxIntermediates} intermediates`);
  const message = `${describeCertificate(leaf, 0)} is signed by an unknown authority: no path of certificates leads from its issuer (${describeName(leaf.issuer)}) to a trust anchor`;
  refusals.add({ code: "ERR_CHAIN_UNKNOWN_AUTHORITY", message, certificateIndex: 0 });
  throw refusals.error();
}

/** Remembers what was answered, so that many paths over the same certificates ask once. */
class Signatures {
  /** What was answered and is not yet in its place: mostly the first path is good, and nobody looks. */
  #told: { readonly child: Certificate; readonly issuer: Certificate; readonly fault: Fault | undefined }[] =
    [];
  #index: AnswerIndex | undefined;

  /** Whether it was asked before and the answer was not yes. */
  isRefuted(child: Certificate, issuer: Certificate): boolean {
    return this.#known()?.get(child, issuer) !== undefined;
  }

  /**
   * Asks from the leaf upwards, as far as the answers are yes. The first path is mostly the good one, so all of it is asked about `atOnce`:
   * whoever answers later can work on several questions at a time.
   */
  *check(
    path: readonly Certificate[],
    budget: PathProblem["budget"],
    exhaust: (message: string) => never,
    atOnce: boolean,
  ): Asking<Fault | undefined> {
    if (atOnce) return yield* this.#ask(path, 0, path.length - 1, budget);
    for (let index = 0; index + 1 < path.length; index++) {
      const child = path[index]!;
      const issuer = path[index + 1]!;
      const known = this.#known();
      const isKnown = known?.has(child, issuer);
      if (!isKnown && budget.signatureChecks <= 0) exhaust("there are more signatures than are checked");
      const fault = isKnown ? known?.get(child, issuer) : yield* this.#ask(path, index, index + 1, budget);
      if (fault) return fault;
    }
    return undefined;
  }

  /** The first fault. Who answers may stop after an answer that is not yes. */
  *#ask(
    path: readonly Certificate[],
    start: number,
    end: number,
    budget: PathProblem["budget"],
  ): Asking<Fault | undefined> {
    const questions: SignatureQuestion[] = [];
    for (let i = start; i < end; i++) questions.push({ child: path[i]!, issuer: path[i + 1]! });
    const answers = yield questions;
    budget.signatureChecks -= answers.length;
    let first: Fault | undefined;
    for (let i = 0; i < answers.length; i++) {
      const child = path[start + i]!;
      const issuer = path[start + i + 1]!;
      const fault = faultOf(answers[i]!, issuer, start + i);
      this.#told.push({ child, issuer, fault });
      first ??= fault;
    }
    return first;
  }

  #known(): AnswerIndex | undefined {
    if (this.#told.length === 0) return this.#index;
    this.#index ??= new AnswerIndex();
    for (const { child, issuer, fault } of this.#told) this.#index.set(child, issuer, fault);
    this.#told = [];
    return this.#index;
  }
}

/** By child and key of the issuer: certificates of one CA under several issuers are all the same here. No fault is a yes. */
class AnswerIndex {
  readonly #answers = new Map<Certificate, Map<number, Fault | undefined>>();
  readonly #keys = new Map<Certificate, number>();
  readonly #ids = new ByteIds();

  has(child: Certificate, issuer: Certificate): boolean {
    return this.#answers.get(child)?.has(this.#keyOf(issuer)) === true;
  }

  get(child: Certificate, issuer: Certificate): Fault | undefined {
    return this.#answers.get(child)?.get(this.#keyOf(issuer));
  }

  set(child: Certificate, issuer: Certificate, fault: Fault | undefined): void {
    let known = this.#answers.get(child);
    if (!known) this.#answers.set(child, (known = new Map()));
    known.set(this.#keyOf(issuer), fault);
  }

  #keyOf(issuer: Certificate): number {
    const known = this.#keys.get(issuer);
    if (known !== undefined) return known;
    const key = this.#ids.idOf([issuer.subjectPublicKeyInfo]);
    this.#keys.set(issuer, key);
    return key;
  }
}

function faultOf(answer: SignatureAnswer, issuer: Certificate, index: number): Fault | undefined {
  if (answer === true) return undefined;
  const by = `by certificate ${index + 1} (${describeName(issuer.subject)})`;
  if (answer === false)
    return { code: "ERR_CHAIN_SIGNATURE", message: `has a signature that was not made ${by}`, index };
  const cause = answer;
  if (cause.code === "ERR_SIGNATURE_ALGORITHM")
    return {
      code: "ERR_CHAIN_SIGNATURE_ALGORITHM",
      message: `has no usable signature: ${cause.message}`,
      index,
      cause,
    };
  return {
    code: "ERR_CHAIN_KEY",
    message: `has a key that is not taken: ${cause.message}`,
    index: index + 1,
    cause,
  };
}

function chainOf(certificates: readonly Certificate[], until = Infinity): VerifiedChain {
  let notAfter = Infinity;
  for (const { layout } of certificates) notAfter = Math.min(notAfter, layout.notAfter);
  return {
    certificates,
    leaf: certificates[0]!,
    trustAnchor: certificates.at(-1)!,
    notAfter: new Date(notAfter * 1000),
    ...(until !== Infinity && { revocationCheckedUntil: new Date(until) }),
  };
}
