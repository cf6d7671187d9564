import type { CertificatesClient, RequestObject } from "./client.ts";
import { hasCondition, runController, withCondition, type ControllerOptions } from "./controller.ts";

/** What a policy says of a request. */
export interface Verdict {
  /** `none` leaves the request to others. */
  readonly decision: "approve" | "deny" | "none";
  /** One word for machines, for example `AutoApproved`. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message: string;
}

/** Decides about one request; a rejection is tried again later. */
export type ApprovalPolicy = (object: RequestObject, client: CertificatesClient) => Promise<Verdict>;

/** What an approver controller takes. */
export interface RunApproverOptions extends ControllerOptions {
  /** Asked once for each request that is undecided, and again whenever that request changes. */
  readonly approve: ApprovalPolicy;
  /** Decides and tells, and writes nothing: to see what a policy would do. False by default. */
  readonly dryRun?: boolean;
  /** Told of each verdict before it is written, `none` too; must not throw. */
  readonly onVerdict?: (verdict: Verdict, object: RequestObject) => void;
}

/**
 * Approves and denies requests by a policy until the signal aborts. A request that has a certificate, or was approved or denied by anybody, is left alone.
 *
 * Never rejects because of the cluster: what fails is tried again. Source: pkg/controller/certificates/approver/sarapprove.go.
 *
 * @throws TypeError if the times of the leader election do not fit
 *
 * @example
 * ```ts no-run
 * import { addressesWithin, approvalQuestion, approveKubeletClient, approveKubeletServing, firstVerdict } from "kubepki";
 * import { accessReviewer, connect, nodeFinder, runApprover } from "kubepki/node";
 *
 * const client = connect({ server: "https://127.0.0.1:6443", token: "..." });
 * const policy = { findNode: nodeFinder(client), reservedNames: [], allowsAddress: addressesWithin(["192.0.2.0/24"]) };
 * await runApprover(client, {
 *   dryRun: true, // until its verdicts are the right ones
 *   onVerdict: ({ decision, message }, { metadata }) => console.log(metadata.name, decision, message),
 *   approve: async (object) =>
 *     firstVerdict(await approvalQuestion(object), [
 *       (question) => approveKubeletClient(question, accessReviewer(client)),
 *       (question) => approveKubeletServing(question, policy),
 *     ]),
 *   signal: AbortSignal.timeout(3_600_000),
 * });
 * ```
 */
export async function runApprover(client: CertificatesClient, options: RunApproverOptions): Promise<void> {
  const concerns = (object: RequestObject): boolean =>
    !object.status?.certificate && !hasCondition(object, "Approved") && !hasCondition(object, "Denied");
  const reconcile = async (object: RequestObject, signal: AbortSignal): Promise<string | undefined> => {
    const verdict = await options.approve(object, client);
    const { decision, reason, message } = verdict;
    if (signal.aborted) return undefined;
    options.onVerdict?.(verdict, object);
    if (decision === "none" || options.dryRun === true) return undefined;
    const type = decision === "approve" ? "Approved" : "Denied";
    await client.replaceApproval(withCondition(object, { type, status: "True", reason, message }), signal);
    return type.toLowerCase();
  };
  await runController(client, client, { concerns, reconcile }, options);
}
