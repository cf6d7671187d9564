/** Keeps a certificate current: client-go's certificate manager. */
import { isDeepStrictEqual } from "node:util";
import { ApiError, KubeletError } from "../../errors.ts";
import type { ManagedTemplate } from "../../kubernetes/kubelet/kubelet-template.ts";
import { rotationDeadline, templateGap } from "../../kubernetes/kubelet/rotation.ts";
import type { RequestingClient } from "../controllers/client.ts";
import { systemTiming } from "../controllers/timing.ts";
import type { Timing } from "../controllers/timing.ts";
import type { CertificatePair } from "./certificate-pair.ts";
import type { CertificateStore } from "./certificate-store.ts";
import { requestCertificate } from "./request-certificate.ts";
import type { RequestCertificateOptions } from "./request-certificate.ts";

/** What certificate is kept, where, and who is asked for the next one. */
export interface CertificateManagerOptions extends Omit<RequestCertificateOptions, "name" | "privateKey"> {
  /** Where the current pair is kept. */
  readonly store: CertificateStore;
  /**
   * What the certificate is to be: a template, or a function that is asked every second. If it asks for what the certificate lacks, the certificate is replaced at once;
   * while it answers with nothing, none is asked for. Must not throw: `run` would reject.
   */
  readonly template: ManagedTemplate | (() => ManagedTemplate | undefined);
  /** The cluster, as the holder of the current certificate sees it; without one, as the holder of a bootstrap token. Asked before each attempt. */
  readonly client: (current: CertificatePair | undefined) => RequestingClient | Promise<RequestingClient>;
  /** Counts as long as the store has no pair that is current. It is stored, and replaced at once. */
  readonly bootstrap?: CertificatePair;
  /** Is told why an attempt failed; another one follows. Without it nobody is told. Must not throw. */
  readonly onError?: (error: unknown) => void;
  /** Stops the manager, and a request that waits. */
  readonly signal: AbortSignal;
}

/** Is told of each pair that becomes current. */
type Follower = (pair: CertificatePair) => void;

const SECOND = 1000;
/** After a failure, seconds until the next attempt; each up to 10 % longer. Source: client-go `wait.Backoff` of the manager. */
const BACKOFF = [2, 4, 8, 16];
/** And then for ever. */
const STEADY = 32_000;
/** Timers of Node end after 24 days, and none of them counts while a machine sleeps: the clock is looked at so often, in milliseconds. */
const LONGEST_SLEEP = 60_000;

/**
 * Holds the current certificate and replaces it before it ends: after 70 to 90 % of its lifetime, when the template asks for more, or at once if there is none.
 *
 * Made by {@link createCertificateManager}. Each attempt has a new key. What fails is tried again after 2, 4, 8 and 16 seconds and then every 32, and the
 * old certificate counts until its end.
 */
export class CertificateManager {
  readonly #options: CertificateManagerOptions;
  readonly #timing: Timing;
  readonly #followers = new Set<Follower>();
  #pair: CertificatePair | undefined;
  #forced: boolean;
  #requested: ManagedTemplate | undefined;
  #serverHealthy = false;

  /** Not for callers: {@link createCertificateManager} makes these. */
  constructor(options: CertificateManagerOptions, pair: CertificatePair | undefined, forced: boolean) {
    this.#options = options;
    this.#timing = options.timing ?? systemTiming;
    this.#pair = pair;
    this.#forced = forced;
  }

  /** The certificate to use now; nothing if there is none, or it is past its end. */
  current(): CertificatePair | undefined {
    return this.#pair?.isExpired(this.#timing.now()) ? undefined : this.#pair;
  }

  /** Whether the API server has answered the last request as one that works: by taking it, or with status 401, 403 or 404. */
  get serverHealthy(): boolean {
    return this.#serverHealthy;
  }

  /** Calls back at once with what is current, if anything is, and then with each new pair; returns what ends it. What is called must not throw. */
  follow(follower: (pair: CertificatePair) => void): () => void {
    this.#followers.add(follower);
    const pair = this.current();
    if (pair) follower(pair);
    return () => void this.#followers.delete(follower);
  }

  /** Resolves as soon as there is a certificate to use; rejects with the signal's reason if the manager is stopped before. */
  async ready(): Promise<CertificatePair> {
    const { signal } = this.#options;
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", stop, { once: true });
      const end = this.follow((pair) => {
        signal.removeEventListener("abort", stop);
        queueMicrotask(() => end());
        resolve(pair);
      });
    });
  }

  /** Replaces certificates until the signal; then it resolves. Run it once. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      if ((await this.#waitForDeadline()) && this.#template() !== undefined) await this.#rotateUntilDone();
      await this.#timing.sleep(SECOND, signal);
    }
  }

  #template(): ManagedTemplate | undefined {
    const { template } = this.#options;
    return typeof template === "function" ? template() : template;
  }

  /** Waits until the certificate is to be replaced; false if the signal, or a template that was asked for meanwhile, came first. */
  async #waitForDeadline(): Promise<boolean> {
    const { signal, template } = this.#options;
    const deadline = this.#nextDeadline();
    const longest = typeof template === "function" ? SECOND : LONGEST_SLEEP;
    for (;;) {
      if (signal.aborted) return false;
      const left = deadline - this.#timing.now();
      if (left <= 0 || this.#isTemplateNew(this.#requested)) return true;
      await this.#timing.sleep(Math.min(left, longest), signal);
    }
  }

  #nextDeadline(): number {
    const [pair, template, now] = [this.#pair, this.#template(), this.#timing.now()];
    if (this.#forced || !pair || (template && templateGap(pair.certificate, template))) return now;
    return rotationDeadline(pair.certificate, this.#timing.random()).getTime();
  }

  /** Whether the template asks for what the certificate lacks, and is another than the one that was asked for. */
  #isTemplateNew(asked: ManagedTemplate | undefined): boolean {
    const template = this.#template();
    if (template === undefined || isDeepStrictEqual(template, asked)) return false;
    return !this.#pair || templateGap(this.#pair.certificate, template) !== undefined;
  }

  async #rotateUntilDone(): Promise<void> {
    const { signal } = this.#options;
    for (let failures = 0; !signal.aborted && !(await this.#rotate()); failures++) {
      const seconds = BACKOFF[failures];
      const jitter = 1 + this.#timing.random() * 0.1;
      await this.#timing.sleep(seconds === undefined ? STEADY : seconds * SECOND * jitter, signal);
    }
  }

  /** One attempt; whether it succeeded. */
  async #rotate(): Promise<boolean> {
    const template = this.#template();
    if (template === undefined) return false;
    const superseded = new AbortController();
    const stopWatching = new AbortController();
    const watching = this.#watchTemplate(template, superseded, stopWatching.signal);
    try {
      const pair = await this.#request(template, superseded.signal);
      await this.#options.store.update(pair);
      this.#replace(pair);
      const gap = templateGap(pair.certificate, template);
      if (gap)
        throw new KubeletError("ERR_KUBELET_CERTIFICATE", `the signer has left out ${JSON.stringify(gap)}`);
      return true;
    } catch (error) {
      if (!this.#options.signal.aborted && !superseded.signal.aborted) this.#options.onError?.(error);
      return false;
    } finally {
      stopWatching.abort();
      await watching;
    }
  }

  async #request(template: ManagedTemplate, superseded: AbortSignal): Promise<CertificatePair> {
    const { client, signal, ...options } = this.#options;
    const requesting = await client(this.current());
    const create: RequestingClient["create"] = async (object, stop) => {
      try {
        const created = await requesting.create(object, stop);
        this.#serverHealthy = true;
        this.#requested = template;
        return created;
      } catch (error) {
        this.#serverHealthy = error instanceof ApiError && [401, 403, 404].includes(error.status ?? 0);
        throw error;
      }
    };
    const read: RequestingClient["read"] = (name, stop) => requesting.read(name, stop);
    return requestCertificate({ create, read }, template, {
      ...options,
      signal: AbortSignal.any([signal, superseded]),
    });
  }

  /** Ends a request that waits when something else is wanted by now. */
  async #watchTemplate(
    asked: ManagedTemplate,
    superseded: AbortController,
    stop: AbortSignal,
  ): Promise<void> {
    if (typeof this.#options.template !== "function") return;
    while (!stop.aborted) {
      await this.#timing.sleep(SECOND, stop);
      if (!stop.aborted && this.#isTemplateNew(asked)) superseded.abort();
    }
  }

  #replace(pair: CertificatePair): void {
    this.#pair = pair;
    this.#forced = false;
    for (const follower of this.#followers) follower(pair);
  }
}

/**
 * Makes a manager with what the store has; `run` begins to replace it.
 *
 * A pair that is past its end, or none, is made up for by `bootstrap`, which is stored. Whoever calls back, stores or signs may be slow or fail: the old certificate
 * counts as long as it can.
 *
 * Source: client-go `util/certificate/certificate_manager.go` (`NewManager`).
 *
 * @throws KubeletError `ERR_KUBELET_STORE`, or what the store rejects with
 *
 * @example
 * ```ts no-run
 * import { kubeletClientTemplate, kubeletUsages } from "kubepki";
 * import { connect, createCertificateManager, openCertificateStore } from "kubepki/node";
 *
 * const stop = new AbortController();
 * const cluster = { server: "https://192.0.2.1:6443", ca: "..." };
 * const manager = await createCertificateManager({
 *   store: await openCertificateStore({ directory: "/var/lib/kubelet/pki", prefix: "kubelet-client" }),
 *   template: kubeletClientTemplate("worker-1"),
 *   signerName: "kubernetes.io/kube-apiserver-client-kubelet",
 *   usages: (algorithm) => kubeletUsages("client auth", algorithm),
 *   client: (current) => connect({ ...cluster, ...(current?.exportTlsOptions() ?? { token: "abcdef.0123456789abcdef" }) }),
 *   signal: stop.signal,
 * });
 * void manager.run();
 * console.log(String(await manager.ready()));
 * ```
 */
export async function createCertificateManager(
  options: CertificateManagerOptions,
): Promise<CertificateManager> {
  const { store, bootstrap, timing = systemTiming, onError } = options;
  const stored = await store.current();
  if (stored && !stored.isExpired(timing.now())) return new CertificateManager(options, stored, false);
  if (!bootstrap) return new CertificateManager(options, undefined, true);
  await store.update(bootstrap).catch((error: unknown) => onError?.(error));
  return new CertificateManager(options, bootstrap, true);
}
