import { ApiError } from "../../errors.ts";
import { keyOf } from "./client.ts";
import type { ApiObject, LeaseClient, ObjectSource, RequestCondition, RequestObject } from "./client.ts";
import { runWhileLeader, type LeaderElectionOptions } from "./leader-election.ts";
import { listWatch } from "./list-watch.ts";
import { systemTiming, type Timing } from "./timing.ts";
import { WorkQueue } from "./work-queue.ts";

/** What every controller takes. */
export interface ControllerOptions<T extends ApiObject = RequestObject> {
  /** Stops it: what is in work is ended, the lease released, and the promise resolves. */
  readonly signal: AbortSignal;
  /** With several replicas: the lease that decides which one works. Without it this one always does. */
  readonly leaderElection?: LeaderElectionOptions;
  /** Most requests in work at the same time; default 16. */
  readonly concurrency?: number;
  /** Told what happens; plain callbacks, so that any metrics library fits. */
  readonly hooks?: ControllerHooks<T>;
  /** Clock, timers and jitter; default: this machine's. */
  readonly timing?: Timing;
}

/** What a controller tells; none of these may throw. */
export interface ControllerHooks<T extends ApiObject = RequestObject> {
  /** A request was written to: `signed`, `issued`, `failed`, `approved`, `denied` or `deleted`. */
  onDone?(outcome: string, object: T): void;
  /** Something failed and will be tried again: work on the request of that name (of a pod's, with the namespace before a slash), or, without a name, a list or watch. */
  onError?(error: unknown, name?: string, failures?: number): void;
  /** This replica began or ceased to be the one that works. */
  onLeading?(leading: boolean): void;
}

/** One kind of controller: which requests are of interest, and what to do with one that was just read. */
export interface Reconciler<T extends ApiObject> {
  /** A cheap look at the object as the watch showed it. */
  readonly concerns: (object: T) => boolean;
  /** Does the work and returns what came of it; the object is as the API server has it now. */
  readonly reconcile: (object: T, signal: AbortSignal) => Promise<string | undefined>;
}

/** Most times that a write is tried anew, on a fresh object, before the item's back-off takes over. Source: client-go `retry.DefaultRetry`. */
const CONFLICTS = 5;
const CONCURRENCY = 16;

/** Runs a reconciler of one kind of objects until the signal: list and watch, queue, leader election. */
export async function runController<T extends ApiObject>(
  source: ObjectSource<T>,
  leases: LeaseClient,
  { concerns, reconcile }: Reconciler<T>,
  options: ControllerOptions<T>,
): Promise<void> {
  const { hooks = {}, timing = systemTiming } = options;
  const work = async (leading: AbortSignal): Promise<void> => {
    const queue = new WorkQueue({
      concurrency: options.concurrency ?? CONCURRENCY,
      work: (name) => reconcileNewest(source, { concerns, reconcile }, name, leading, hooks),
      onError: (error, name, failures) => hooks.onError?.(error, name, failures),
      timing,
      signal: leading,
    });
    await listWatch(source, {
      onObject: (object) => {
        if (concerns(object)) queue.add(keyOf(object));
      },
      onGone: (object) => queue.forget(keyOf(object)),
      onError: (error) => hooks.onError?.(error),
      timing,
      signal: leading,
    });
    await queue.drained();
  };
  await workAsLeader(leases, options, work);
}

/** Runs the work until the signal: while this replica leads, or all the time if there is no election. */
export async function workAsLeader<T extends ApiObject>(
  client: LeaseClient,
  { signal, leaderElection, hooks = {}, timing = systemTiming }: ControllerOptions<T>,
  work: (leading: AbortSignal) => Promise<void>,
): Promise<void> {
  if (!leaderElection) return work(signal);
  const onChange = (leading: boolean): void => hooks.onLeading?.(leading);
  await runWhileLeader(client, { ...leaderElection, timing, onChange }, signal, work);
}

/** Reads before it works: a watch may be behind, and what decides is what the API server has now. */
async function reconcileNewest<T extends ApiObject>(
  source: ObjectSource<T>,
  { concerns, reconcile }: Reconciler<T>,
  name: string,
  signal: AbortSignal,
  hooks: ControllerHooks<T>,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const object = await source.read(name, signal);
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
