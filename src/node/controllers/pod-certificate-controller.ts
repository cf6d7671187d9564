import type { PodCertificateRequestStatus } from "../../kubernetes/pod-certificate/api-object.ts";
import { runAnswering, signersByName } from "./answer-once.ts";
import type { PodCertificateObject, PodCertificatesClient, PodCertificateVersion } from "./client.ts";
import type { ControllerOptions } from "./controller.ts";

/** One signer of pod certificates of a cluster. */
export interface ControlledPodSigner {
  /** The `spec.signerName` that it answers to. */
  readonly signerName: string;
  /** Gives the whole status, `Issued`, `Denied` or `Failed`, each of which is final; a rejection is tried again later. */
  readonly sign: (object: PodCertificateObject, signal: AbortSignal) => Promise<PodCertificateRequestStatus>;
}

/** What a controller of pod certificates takes. */
export interface RunPodCertificateSignerOptions extends ControllerOptions<PodCertificateObject> {
  /** Requests for any other signer are left alone. */
  readonly signers: readonly ControlledPodSigner[];
  /** The version of the API that the cluster serves; `v1beta1` by default. */
  readonly version?: PodCertificateVersion;
}

/**
 * Answers the PodCertificateRequests of all namespaces until the signal aborts.
 *
 * A request is answered if it has no condition, as the API server has it just before. All state lives in the API server: a restart loses nothing, and of two that
 * answer the same request the API server takes one. What was signed and could not be written is written again within a minute, without another signature, and what is signed when the signal aborts is still written. Never rejects because of the
 * cluster: what fails is tried again, and so is an answer that the API server refuses, which `onError` tells. Not checked: the statuses; those of `signPodCertificateRequest` are what
 * the API server takes.
 *
 * Source: KEP-4317, Kubernetes `pkg/apis/certificates/validation/validation.go` (`ValidatePodCertificateRequestStatusUpdate`).
 *
 * @throws TypeError if two signers have the same name, or the times of the leader election do not fit
 *
 * @example
 * ```ts no-run
 * import { signPodCertificateRequest } from "kubepki";
 * import type { SignPodCertificateOptions } from "kubepki";
 * import { connect, runPodCertificateSigner } from "kubepki/node";
 *
 * declare const options: SignPodCertificateOptions;
 * await runPodCertificateSigner(connect({ server: "https://127.0.0.1:6443", token: "..." }), {
 *   signers: [{ signerName: options.signerName, sign: (object) => signPodCertificateRequest(object, options) }],
 *   signal: AbortSignal.timeout(3_600_000),
 * });
 * ```
 */
export async function runPodCertificateSigner(
  client: PodCertificatesClient,
  options: RunPodCertificateSignerOptions,
): Promise<void> {
  const signers = signersByName(options.signers);
  const source = client.podCertificateRequests(options.version);
  const concerns = ({ spec, status }: PodCertificateObject): boolean =>
    signers.has(spec.signerName) && !status?.conditions?.length;
  await runAnswering<PodCertificateObject, PodCertificateRequestStatus>(
    source,
    client,
    {
      concerns,
      answer: (object, signal) => signers.get(object.spec.signerName)!.sign(object, signal),
      write: (object, status, signal) => source.replaceStatus({ ...object, status }, signal),
      outcomeOf: ({ conditions }) => conditions?.[0]?.type.toLowerCase(),
    },
    options,
  );
}
