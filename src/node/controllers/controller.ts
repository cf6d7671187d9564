import { ApiError } from "../../errors.ts";
import type { CertificatesClient, RequestCondition, RequestObject } from "./client.ts";
import { runWhileLeader, type LeaderElectionOptions } from "./leader-election.ts";
import { listWatch } from "./list-watch.ts";
import { systemTiming, type Timing } from "./timing.ts";
import { WorkQueue } from "./work-queue.ts";

/** What every controller takes. */
export interface ControllerOptions {
  /** Stops it: what is in work is ended, the lease released, and the promise resolves. */
  readonly signal: AbortSignal;
  /** With several replicas: the lease that decides which one works. Without it this one always does. */
  readonly leaderElection?: LeaderElectionOptions;
  /** Most requests in work at the same time; default 16. */
  readonly concurrency?: number;
  /** Told what happens; plain callbacks, so that any metrics library fits. */
  readonly hooks?: ControllerHooks;
  /** Clock, timers and jitter; default: this machine's. */
  readonly timing?: Timing;
}

/** What a controller tells; none of these may throw. */
export interface ControllerHooks {
  /** A request was written to: `signed`, `failed`, `approved`, `denied` or `deleted`. */
  onDone?(outcome: string, object: RequestObject): void;
  /** Something failed and will be tried again: work on the request of that name, or, without a name, a list or watch. */
  onError?(error: unknown, name?: string, failures?: number): void;
  /** This replica began or ceased to be the one that works. */
  onLeading?(leading: boolean): void;
}

/** One kind of controller: which requests are of interest, and what to do with one that was just read. */
export interface Reconciler {
  /** A cheap look at the object as the watch showed it. */
  readonly concerns: (object: RequestObject) => boolean;
  /** Does the work and returns what came of it; the object is as the API server has it now. */
  readonly reconcile: (object: RequestObject, signal: AbortSignal) => Promise<string | undefined>;
}

/** Most times that a write is tried anew, on a fresh object, before the item's back-off takes over. Source: client-go `retry.DefaultRetry`. */
const CONFLICTS = 5;
const CONCURRENCY = 16;

/** Runs a reconciler until the signal: list and watch, queue, leader election. */
export async function runController(
  client: CertificatesClient,
  { concerns, reconcile }: Reconciler,
  options: ControllerOptions,
): Promise<void> {
  const { hooks = {}, timing = systemTiming } = options;
  const work = async (leading: AbortSignal): Promise<void> => {
    const queue = new WorkQueue({
      concurrency: options.concurrency ?? CONCURRENCY,
      work: (name) => reconcileNewest(client, { concerns, reconcile }, name, leading, hooks),
      onError: (error, name, failures) => hooks.onError?.(error, name, failures),
      timing,
      signal: leading,
    });
    await listWatch(client, {
      onObject: (object) => {
        if (concerns(object)) queue.add(object.metadata.name ?? "");
      },
      onGone: (object) => queue.forget(object.metadata.name ?? ""),
      onError: (error) => hooks.onError?.(error),
      timing,
      signal: leading,
    });
    await queue.drained();
  };
  await workAsLeader(client, options, work);
}

/** Runs the work until the signal: while this replica leads, or all the time if there is no election. */
export async function workAsLeader(
  client: CertificatesClient,
  { signal, leaderElection, hooks = {}, timing = systemTiming }: ControllerOptions,
  work: (leading: AbortSignal) => Promise<void>,
): Promise<void> {
  if (!leaderElection) return work(signal);
  const onChange = (leading: boolean): void => hooks.onLeading?.(leading);
  await runWhileLeader(client, { ...leaderElection, timing, onChange }, signal, work);
}

/** Reads before it works: a watch may be behind, and what decides is what the API server has now. */
async function reconcileNewest(
  client: CertificatesClient,
  { concerns, reconcile }: Reconciler,
  name: string,
  signal: AbortSignal,
  hooks: ControllerHooks,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const object = await client.read(name, signal);
      const outcome = concerns(object) ? await reconcile(object, signal) : undefined;
      if (outcome !== undefined) hooks.onDone?.(outcome, object);
      return;
    } catch (error) {
      const status = error instanceof ApiError ? error.status : undefined;
      if (status === 404) return; // deleted meanwhile
      if (status !== 409 || attempt === CONFLICTS) throw error;
    }
  }
}

/** Whether the object has a condition of this type, whatever its status: that is what Kubernetes' own controllers look at. */
export const hasCondition = (object: RequestObject, type: string): boolean =>
  object.status?.conditions?.some((condition) => condition.type === type) ?? false;

/** The object with one more condition. */
export function withCondition(object: RequestObject, condition: RequestCondition): RequestObject {
  const conditions = [...(object.status?.conditions ?? []), condition];
  return { ...object, status: { ...object.status, conditions } };
}
