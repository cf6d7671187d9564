import type { CertificatesClient, RequestObject } from "./client.ts";
import { runAnswering, signersByName } from "./answer-once.ts";
import { hasCondition, withCondition, type ControllerOptions } from "./controller.ts";

/** What a signer makes of an approved request: PEM text, or why it never will. */
export type SigningOutcome =
  | {
      /** PEM text: the certificate, then intermediates if the signer hands them out. */
      readonly certificate: string;
    }
  | {
      /** One word for machines, for example `SignerValidationFailure`. */
      readonly reason: string;
      /** A sentence for people. */
      readonly message: string;
    };

/** One signer of a cluster. */
export interface ControlledSigner {
  /** The `spec.signerName` that it answers to. */
  readonly signerName: string;
  /** Signs; a rejection is tried again later, an outcome with a reason is written as condition `Failed` and is final. */
  readonly sign: (object: RequestObject, signal: AbortSignal) => Promise<SigningOutcome>;
}

/** What a signer controller takes. */
export interface RunSignerOptions extends ControllerOptions {
  /** Requests for any other signer are left alone. */
  readonly signers: readonly ControlledSigner[];
}

/**
 * Signs approved requests until the signal aborts, as kube-controller-manager's signing controller does.
 *
 * A request is signed if it is Approved, not Denied, has not failed and has no certificate, all of that as the API server has it just before. All state lives in
 * the API server: a restart loses nothing, and of two that write the same request the API server takes one. What was signed and could not be written is written
 * again within a minute, without another signature, and what is signed when the signal aborts is still written; only a process that dies between the
 * two, or whose last write is refused, has signed for nothing. Never rejects because of the cluster: what fails is tried again. Source: pkg/controller/certificates/signer/signer.go.
 *
 * @throws TypeError if two signers have the same name, or the times of the leader election do not fit
 *
 * @example
 * ```ts no-run
 * import { signRequest } from "kubepki";
 * import type { CertificateAuthority, SignerPolicy } from "kubepki";
 * import { connect, runSigner } from "kubepki/node";
 *
 * declare const issuer: CertificateAuthority;
 * declare const policy: SignerPolicy;
 * await runSigner(connect({ server: "https://127.0.0.1:6443", token: "..." }), {
 *   signers: [{ signerName: policy.signerName, sign: (object) => signRequest(object, { issuer, policy }) }],
 *   signal: AbortSignal.timeout(3_600_000),
 * });
 * ```
 */
export async function runSigner(client: CertificatesClient, options: RunSignerOptions): Promise<void> {
  const signers = signersByName(options.signers);
  const concerns = (object: RequestObject): boolean =>
    signers.has(object.spec.signerName) &&
    !object.status?.certificate &&
    hasCondition(object, "Approved") &&
    !hasCondition(object, "Denied") &&
    !hasCondition(object, "Failed");
  await runAnswering<RequestObject, SigningOutcome>(
    client,
    client,
    {
      concerns,
      answer: (object, signal) => signers.get(object.spec.signerName)!.sign(object, signal),
      write: (object, outcome, signal) => client.replaceStatus(withOutcome(object, outcome), signal),
      outcomeOf: (outcome) => ("certificate" in outcome ? "signed" : "failed"),
    },
    options,
  );
}

function withOutcome(object: RequestObject, outcome: SigningOutcome): RequestObject {
  if ("certificate" in outcome) {
    const certificate = Buffer.from(outcome.certificate).toString("base64");
    return { ...object, status: { ...object.status, certificate } };
  }
  return withCondition(object, { type: "Failed", status: "True", ...outcome });
}
