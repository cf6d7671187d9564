/** What a signer asks of a request before it signs. */
import type { Finding } from "../../../finding.ts";
import type { CertificateRequest } from "../../../x509/certificate-request.ts";

/** What is asked for: the request, and what the API object says beside it. */
export interface SignerQuestion {
  /** The parsed `spec.request`, whose signature holds. */
  readonly request: CertificateRequest;
  /** `spec.usages`. */
  readonly usages: readonly string[];
}

/** A finding of a signer's policy. */
export interface SignerFinding extends Finding {
  /** Stable name of the rule. */
  readonly code: "FINDING_SIGNER";
}

/** The rules of one signer; a plain object, which can be the user's own. */
export interface SignerPolicy {
  /** The `spec.signerName` that it is for. */
  readonly signerName: string;
  /** Everything that speaks against signing, in the order in which kube-controller-manager looks; the first is its message. Empty: sign. */
  readonly validate: (question: SignerQuestion) => SignerFinding[];
}

/** An objection in Kubernetes' words. */
export function objection(path: string, message: string, fix: string): SignerFinding {
  return { code: "FINDING_SIGNER", severity: "error", path, message, fix };
}
