import { backoff, type Timing } from "./timing.ts";

/** How a queue works through its items. */
export interface WorkQueueOptions {
  /** Most items in work at the same time. */
  readonly concurrency: number;
  /** Does the work for one item; a rejection brings the item back later. */
  readonly work: (key: string) => Promise<void>;
  /** Told of each failure, before the wait. */
  readonly onError: (error: unknown, key: string, failures: number) => void;
  /** Clock and chance. */
  readonly timing: Timing;
  /** No item is started after it aborts. */
  readonly signal: AbortSignal;
}

/** First wait and longest wait of an item that failed, in milliseconds. Source: kube-controller-manager `NewItemExponentialFailureRateLimiter(200ms, 1000s)`. */
const FIRST_RETRY = 200;
const LONGEST_RETRY = 1_000_000;

/**
 * A set of keys to be worked on, as client-go's work queue: a key stands in it once however often it is added, is never in work twice at the same
 * time, and one that is added while in work comes again afterwards.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  /** Goes on where it was: one that begins anew steps over everything that was deleted, and thousands may wait. */
  #turn = this.#waiting.values();
  readonly #running = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #retries = new Set<Promise<void>>();
  #idle: (() => void) | undefined;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** How many items wait for their turn. */
  get length(): number {
    return this.#waiting.size;
  }

  add(key: string): void {
    if (this.#options.signal.aborted) return;
    if (this.#running.has(key)) this.#again.add(key);
    else this.#waiting.add(key);
    this.#start();
  }

  /** Forgets an object that is gone. */
  forget(key: string): void {
    this.#waiting.delete(key);
    this.#again.delete(key);
    this.#failures.delete(key);
  }

  /** Resolves when what is in work has ended; meant for after the signal. */
  async drained(): Promise<void> {
    this.#waiting.clear();
    this.#again.clear();
    if (this.#running.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await Promise.all(this.#retries);
  }

  #start(): void {
    const { concurrency, signal } = this.#options;
    while (this.#waiting.size > 0 && this.#running.size < concurrency && !signal.aborted) {
      const key = this.#next();
      this.#waiting.delete(key);
      this.#running.add(key);
      void this.#run(key);
    }
  }

  /** Of those that wait, the one that has waited longest. */
  #next(): string {
    const { done, value } = this.#turn.next();
    if (done !== true) return value;
    this.#turn = this.#waiting.values(); // an iterator that came to its end stays there
    return this.#turn.next().value!;
  }

  async #run(key: string): Promise<void> {
    try {
      await this.#options.work(key);
      this.#failures.delete(key);
    } catch (error) {
      if (!this.#options.signal.aborted) this.#retry(key, error);
    }
    this.#running.delete(key);
    if (this.#again.delete(key)) this.add(key);
    this.#start();
    if (this.#running.size === 0) this.#idle?.();
  }

  #retry(key: string, error: unknown): void {
    const { timing, signal, onError } = this.#options;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    onError(error, key, failures);
    const delay = backoff(failures, FIRST_RETRY, LONGEST_RETRY, timing);
    const retry = timing.sleep(delay, signal).then(() => {
      this.#retries.delete(retry);
      if (this.#failures.has(key)) this.add(key);
    });
    this.#retries.add(retry);
  }
}
