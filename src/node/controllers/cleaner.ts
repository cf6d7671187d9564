import { ApiError } from "../../errors.ts";
import { isRequestOutdated } from "../../kubernetes/csr/cleaner.ts";
import type { CertificatesClient, RequestObject } from "./client.ts";
import { workAsLeader, type ControllerOptions } from "./controller.ts";
import { listPages } from "./list-watch.ts";
import { backoff, systemTiming } from "./timing.ts";

/** What a cleaner takes. */
export interface RunCleanerOptions extends Omit<ControllerOptions, "concurrency"> {
  /** Pause between two rounds, in seconds; default 3600. */
  readonly interval?: number;
  /** Which objects go, at a time in milliseconds since the epoch; default: `isRequestOutdated`, the rules of kube-controller-manager. */
  readonly isOutdated?: (object: RequestObject, at: number) => boolean;
}

/** Source: pkg/controller/certificates/cleaner `pollingInterval`. */
const INTERVAL = 3600;
/** Waits after a round that failed, in milliseconds: as of a list of client-go's `Reflector`. */
const FIRST_WAIT = 800;
const LONGEST_WAIT = 30_000;

/**
 * Deletes outdated requests until the signal aborts: a round at once, then one after each interval, as kube-controller-manager's cleaner does.
 *
 * An object is deleted only as it was when it was judged: one that was changed since is left for the next round. Certificates that were issued stay valid; only
 * the requests go. Never rejects because of the cluster: a round that fails is begun again, after a growing pause.
 *
 * Source: pkg/controller/certificates/cleaner/cleaner.go.
 *
 * @throws TypeError if the interval is not a positive number, or the times of the leader election do not fit
 *
 * @example
 * ```ts no-run
 * import { connect, runCleaner } from "kubepki/node";
 *
 * await runCleaner(connect({ server: "https://127.0.0.1:6443", token: "..." }), {
 *   signal: AbortSignal.timeout(86_400_000),
 * });
 * ```
 */
export async function runCleaner(client: CertificatesClient, options: RunCleanerOptions): Promise<void> {
  const { interval = INTERVAL, hooks = {}, timing = systemTiming } = options;
  if (!(interval > 0 && interval < Infinity))
    throw new TypeError(`the interval is a positive number of seconds, not ${interval}`);
  await workAsLeader(client, options, async (leading) => {
    let failures = 0;
    while (!leading.aborted) {
      try {
        await cleanOnce(client, options, leading);
        failures = 0;
      } catch (error) {
        if (leading.aborted) return;
        failures++;
        hooks.onError?.(error);
      }
      const pause = failures > 0 ? backoff(failures, FIRST_WAIT, LONGEST_WAIT, timing) : interval * 1000;
      await timing.sleep(pause, leading);
    }
  });
}

/** One round; a deletion that fails does not keep the others from theirs. */
async function cleanOnce(
  client: CertificatesClient,
  { hooks = {}, timing = systemTiming, isOutdated = isRequestOutdated }: RunCleanerOptions,
  signal: AbortSignal,
): Promise<void> {
  for await (const { items } of listPages(client, signal))
    for (const object of items) {
      if (signal.aborted) return;
      if (!isOutdated(object, timing.now())) continue;
      try {
        await client.remove(object, signal);
        hooks.onDone?.("deleted", object);
      } catch (error) {
        const status = error instanceof ApiError ? error.status : undefined;
        const changed = status === 404 || status === 409; // deleted or written to meanwhile
        if (!changed && !signal.aborted) hooks.onError?.(error, object.metadata.name ?? "", 1);
      }
    }
}
