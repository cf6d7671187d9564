/** Answers that are made once, and written until they stand there: a signer's key is used once for each request. */
import type { ApiObject, LeaseClient, ObjectSource } from "./client.ts";
import { runController } from "./controller.ts";
import type { ControllerOptions } from "./controller.ts";
import { systemTiming, unlessAborted } from "./timing.ts";
import type { Timing } from "./timing.ts";

/** Which objects are answered, and how. */
export interface Answering<T extends ApiObject, Answer> {
  /** A cheap look at the object as the watch showed it. */
  readonly concerns: (object: T) => boolean;
  /** Makes the answer. */
  readonly answer: (object: T, signal: AbortSignal) => Promise<Answer>;
  /** Writes it. */
  readonly write: (object: T, answer: Answer, signal: AbortSignal) => Promise<unknown>;
  /** What is told of it when it is written. */
  readonly outcomeOf: (answer: Answer) => string | undefined;
}

/**
 * Runs a controller that answers objects until the signal. What could not be written, after a conflict or an error, is written the next time and not made again. What is made when the signal
 * comes, or the lease is lost, is still written, within a grace of ten seconds: of two that write, the API server takes one, and what is not written is made again by another replica.
 */
export async function runAnswering<T extends ApiObject, Answer>(
  source: ObjectSource<T>,
  leases: LeaseClient,
  { concerns, answer, write, outcomeOf }: Answering<T, Answer>,
  options: ControllerOptions<T>,
): Promise<void> {
  const { timing = systemTiming } = options;
  const unwritten = new UnwrittenAnswers<Answer>(timing);
  const ended = new AbortController();
  const graceOf = rememberLast((leading) => graceAfter(leading, ended.signal, timing));
  const work = async (object: T, leading: AbortSignal, grace: AbortSignal): Promise<string | undefined> => {
    const made = unwritten.get(object) ?? unwritten.keep(object, await answer(object, leading));
    grace.throwIfAborted();
    await write(object, made, grace);
    unwritten.forget(object);
    return outcomeOf(made);
  };
  // Given up when the grace is over, whether the work heeds that or not: a signer that hangs must not hold the lease.
  const reconcile = (object: T, leading: AbortSignal): Promise<string | undefined> => {
    const grace = graceOf(leading);
    return unlessAborted(work(object, leading, grace), grace);
  };
  try {
    await runController(source, leases, { concerns, reconcile }, options);
  } finally {
    ended.abort();
  }
}

/** A stop, or the loss of the lease, leaves so many milliseconds to make and write what is in work. */
const GRACE = 10_000;

/** Aborts so long after the signal, unless all has ended. */
function graceAfter(signal: AbortSignal, ended: AbortSignal, timing: Timing): AbortSignal {
  const over = new AbortController();
  const begin = (): void => void timing.sleep(GRACE, ended).then(() => over.abort());
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true, signal: ended });
  return over.signal;
}

/** A leadership has one signal and one grace, however many objects are answered in it. */
function rememberLast(make: (signal: AbortSignal) => AbortSignal): (signal: AbortSignal) => AbortSignal {
  let last: readonly [from: AbortSignal, made: AbortSignal] | undefined;
  return (signal) => {
    if (last?.[0] !== signal) last = [signal, make(signal)];
    return last[1];
  };
}

/**
 * Signers by the name that they answer to.
 *
 * @throws TypeError if two have the same
 */
export function signersByName<T extends { readonly signerName: string }>(
  signers: readonly T[],
): ReadonlyMap<string, T> {
  const byName = new Map(signers.map((signer) => [signer.signerName, signer]));
  if (byName.size !== signers.length) throw new TypeError("two signers have the same signerName");
  return byName;
}

/** Most answers that are kept, and for how many milliseconds: a certificate that nobody has yet must not grow old. */
const MAX_UNWRITTEN = 1000;
const KEPT = 60_000;

/** By the uid of the object, whose specification never changes. */
class UnwrittenAnswers<Answer> {
  readonly #timing: Timing;
  readonly #answers = new Map<string, { readonly answer: Answer; readonly at: number }>();

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** The answer, if it is not too old: its age counts from when it was made, however often it was tried to write it. */
  get(object: ApiObject): Answer | undefined {
    const kept = this.#answers.get(object.metadata.uid ?? "");
    if (kept !== undefined && this.#timing.now() - kept.at < KEPT) return kept.answer;
    this.forget(object);
    return undefined;
  }

  /** Keeps an answer that was just made, and returns it. */
  keep({ metadata: { uid } }: ApiObject, answer: Answer): Answer {
    if (uid === undefined) return answer;
    this.#answers.set(uid, { answer, at: this.#timing.now() });
    if (this.#answers.size > MAX_UNWRITTEN) this.#answers.delete(this.#answers.keys().next().value!);
    return answer;
  }

  forget({ metadata: { uid = "" } }: ApiObject): void {
    this.#answers.delete(uid);
  }
}
