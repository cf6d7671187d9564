import { encodeBase64 } from "../../base64.ts";
import type { CertificatesClient, RequestObject } from "./client.ts";
import { systemTiming, type Timing } from "./timing.ts";
import { hasCondition, runController, withCondition, type ControllerOptions } from "./controller.ts";

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
  const signers = new Map(options.signers.map((signer) => [signer.signerName, signer]));
  if (signers.size !== options.signers.length) throw new TypeError("two signers have the same signerName");
  const concerns = (object: RequestObject): boolean =>
    signers.has(object.spec.signerName) &&
    !object.status?.certificate &&
    hasCondition(object, "Approved") &&
    !hasCondition(object, "Denied") &&
    !hasCondition(object, "Failed");
  const { signal, timing = systemTiming } = options;
  const ended = new AbortController();
  const writing = graceAfter(signal, ended.signal, timing);
  const unwritten = new UnwrittenOutcomes(timing);
  const reconcile = async (object: RequestObject, leading: AbortSignal): Promise<string | undefined> => {
    const outcome =
      unwritten.take(object) ?? (await signers.get(object.spec.signerName)!.sign(object, leading));
    unwritten.keep(object, outcome);
    // Also after a stop or without the lease: of two that write, the API server takes one, and what is not written is signed again by another replica.
    await client.replaceStatus(withOutcome(object, outcome), writing);
    unwritten.take(object);
    return "certificate" in outcome ? "signed" : "failed";
  };
  try {
    await runController(client, { concerns, reconcile }, options);
  } finally {
    ended.abort();
  }
}

/** A stop leaves so many milliseconds to write what is signed. */
const GRACE = 10_000;

/** Aborts so long after the signal, or when all has ended. */
function graceAfter(signal: AbortSignal, ended: AbortSignal, timing: Timing): AbortSignal {
  const over = new AbortController();
  const begin = (): void => void timing.sleep(GRACE, ended).then(() => over.abort());
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true, signal: ended });
  return over.signal;
}

/** Most outcomes that are kept, and for how many milliseconds: a certificate that nobody has yet must not grow old. */
const MAX_UNWRITTEN = 1000;
const KEPT = 60_000;

/**
 * What was signed and could not be written: after a conflict or an error the same certificate is written, and the CA's key is not used again. By the uid of
 * the object, whose specification never changes.
 */
class UnwrittenOutcomes {
  readonly #timing: Timing;
  readonly #outcomes = new Map<string, { readonly outcome: SigningOutcome; readonly at: number }>();

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** The outcome, which is forgotten here. */
  take({ metadata: { uid = "" } }: RequestObject): SigningOutcome | undefined {
    const kept = this.#outcomes.get(uid);
    this.#outcomes.delete(uid);
    return kept !== undefined && this.#timing.now() - kept.at < KEPT ? kept.outcome : undefined;
  }

  keep({ metadata: { uid } }: RequestObject, outcome: SigningOutcome): void {
    if (uid === undefined) return;
    this.#outcomes.set(uid, { outcome, at: this.#timing.now() });
    if (this.#outcomes.size > MAX_UNWRITTEN) this.#outcomes.delete(this.#outcomes.keys().next().value!);
  }
}

function withOutcome(object: RequestObject, outcome: SigningOutcome): RequestObject {
  if ("certificate" in outcome) {
    const certificate = encodeBase64(new TextEncoder().encode(outcome.certificate));
    return { ...object, status: { ...object.status, certificate } };
  }
  return withCondition(object, { type: "Failed", status: "True", ...outcome });
}
