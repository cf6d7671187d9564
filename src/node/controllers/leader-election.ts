import { ApiError } from "../../errors.ts";
import type { Lease, LeaseClient } from "./client.ts";
import type { Timing } from "./timing.ts";

/** Which lease decides who works; times as in client-go's `LeaderElectionConfig`, in seconds. */
export interface LeaderElectionOptions {
  /** Namespace of the Lease. */
  readonly namespace: string;
  /** Name of the Lease; the same for all replicas. */
  readonly name: string;
  /** Who this replica is; must differ between replicas (the name of the pod). */
  readonly identity: string;
  /** How long the others wait after the last renewal that they saw; default 15. */
  readonly leaseDuration?: number;
  /** How long the leader tries to renew before it stops working; default 10, must be less than `leaseDuration`. */
  readonly renewDeadline?: number;
  /** Pause between attempts; default 2, must be less than `renewDeadline` / 1.2. */
  readonly retryPeriod?: number;
}

interface Election extends Required<LeaderElectionOptions> {
  readonly client: LeaseClient;
  readonly timing: Timing;
  /** The lease as last seen, and when: by our own clock, so that clocks of replicas need not agree. */
  seen?: { lease: Lease; at: number };
  /** When the last attempt began that took or renewed it: the others count from no earlier moment. */
  renewed: number;
}

/** Source: client-go leaderelection `JitterFactor`. */
const JITTER = 1.2;

/**
 * Runs `work` while this replica holds the lease, again and again until the signal. The signal that `work` gets aborts when the lease is lost: no renewal within
 * `renewDeadline`, which ends before any other replica may take it. When `work` has ended, the lease is released.
 *
 * Source: client-go tools/leaderelection.
 *
 * @throws TypeError if the times do not fit each other
 */
export async function runWhileLeader(
  client: LeaseClient,
  options: LeaderElectionOptions & { timing: Timing; onChange: (leading: boolean) => void },
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const election: Election = {
    leaseDuration: 15,
    renewDeadline: 10,
    retryPeriod: 2,
    ...options,
    client,
    renewed: 0,
  };
  const { leaseDuration, renewDeadline, retryPeriod, timing } = election;
  if (!(leaseDuration > renewDeadline && renewDeadline > retryPeriod * JITTER && retryPeriod > 0))
    throw new TypeError("leader election needs leaseDuration > renewDeadline > 1.2 retryPeriod > 0");
  while (!signal.aborted) {
    const holds = await attemptWithin(election, renewDeadline * 1000, signal);
    if (holds && !isOverdue(election)) await lead(election, options.onChange, signal, work);
    else await timing.sleep(retryPeriod * 1000 * (1 + JITTER * timing.random()), signal);
  }
}

async function lead(
  election: Election,
  onChange: (leading: boolean) => void,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const lost = new AbortController();
  const done = new AbortController();
  const leading = AbortSignal.any([signal, lost.signal]);
  onChange(true);
  const renewing = renew(election, done.signal, lost);
  try {
    await work(leading);
  } finally {
    // Renewed until the work in hand has ended: only then may another replica begin.
    done.abort();
    await renewing;
    if (!lost.signal.aborted) await release(election);
    onChange(false);
  }
}

async function renew(election: Election, done: AbortSignal, lost: AbortController): Promise<void> {
  const { renewDeadline, retryPeriod, timing } = election;
  while (!done.aborted) {
    await timing.sleep(retryPeriod * 1000, done);
    if (done.aborted) return;
    const left = election.renewed + renewDeadline * 1000 - timing.now();
    const holds = await attemptWithin(election, Math.max(0, left), done);
    if (!done.aborted && (isOverdue(election) || (!holds && isHeldByOther(election)))) return lost.abort();
  }
}

/** Whether the time in which this replica may rely on the lease is over. */
const isOverdue = ({ renewed, renewDeadline, timing }: Election): boolean =>
  timing.now() - renewed >= renewDeadline * 1000;

const isHeldByOther = ({ seen, identity }: Election): boolean =>
  seen !== undefined && seen.lease.spec.holderIdentity !== identity;

/** An attempt that ends in so many milliseconds: an answer that takes longer counts as "no". */
async function attemptWithin(
  election: Election,
  milliseconds: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { timing } = election;
  const started = timing.now();
  const over = new AbortController();
  const limit = AbortSignal.any([signal, over.signal]);
  const late = timing.sleep(milliseconds, limit).then(() => false);
  const holds = await Promise.race([attempt(election, limit), late]);
  over.abort();
  if (holds) election.renewed = started;
  return holds;
}

/** One try to take or renew the lease: true if we hold it now. What goes wrong counts as "no". */
async function attempt(election: Election, signal: AbortSignal): Promise<boolean> {
  const { client, namespace, name, identity, timing } = election;
  try {
    const lease = await client.readLease(namespace, name, signal).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    });
    if (lease && !mayTake(election, lease)) return false;
    const next = nextLease(election, lease);
    const written = await (lease ? client.replaceLease(next, signal) : client.createLease(next, signal));
    election.seen = { lease: written, at: timing.now() };
    return written.spec.holderIdentity === identity;
  } catch {
    return false; // a conflict, or no answer: tried again after the retry period, until the deadline
  }
}

/** Ours, released, or unchanged for its whole duration since we first saw it so. */
function mayTake(election: Election, lease: Lease): boolean {
  const { identity, timing, leaseDuration, seen } = election;
  if (seen?.lease.metadata.resourceVersion !== lease.metadata.resourceVersion)
    election.seen = { lease, at: timing.now() };
  const { holderIdentity } = lease.spec;
  if (!holderIdentity || holderIdentity === identity) return true;
  return election.seen!.at + leaseDuration * 1000 <= timing.now();
}

function nextLease(
  { namespace, name, identity, leaseDuration, timing }: Election,
  lease: Lease | undefined,
): Lease {
  const now = microTime(timing.now());
  const ours = lease?.spec.holderIdentity === identity;
  return {
    ...(lease ?? { apiVersion: "coordination.k8s.io/v1", kind: "Lease" }),
    metadata: lease?.metadata ?? { name, namespace },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDuration),
      acquireTime: ours ? (lease.spec.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: lease ? (lease.spec.leaseTransitions ?? 0) + (ours ? 0 : 1) : 0,
    },
  };
}

/** Gives the lease back, so that the next replica need not wait; if that fails it runs out by itself. */
async function release(election: Election): Promise<void> {
  const { client, identity, seen, timing } = election;
  if (seen?.lease.spec.holderIdentity !== identity) return;
  const now = microTime(timing.now());
  const spec = {
    ...seen.lease.spec,
    holderIdentity: "",
    leaseDurationSeconds: 1,
    renewTime: now,
    acquireTime: now,
  };
  await client
    .replaceLease({ ...seen.lease, spec }, AbortSignal.timeout(election.retryPeriod * 1000))
    .catch(() => undefined);
}

const microTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace("Z", "000Z");
