import type { Finding } from "../../finding.ts";

/** The codes of {@link validatePodCertificateRequest}, {@link validatePodCertificateStatus} and {@link validatePodCertificateAdmission}. */
export type PodCertificateFindingCode =
  | "FINDING_POD_CERTIFICATE_NAME"
  | "FINDING_POD_CERTIFICATE_SIGNER_NAME"
  | "FINDING_POD_CERTIFICATE_SUBJECT"
  | "FINDING_POD_CERTIFICATE_EXPIRATION"
  | "FINDING_POD_CERTIFICATE_ANNOTATIONS"
  | "FINDING_POD_CERTIFICATE_KEY"
  | "FINDING_POD_CERTIFICATE_PROOF"
  | "FINDING_POD_CERTIFICATE_CONDITION"
  | "FINDING_POD_CERTIFICATE_STATUS"
  | "FINDING_POD_CERTIFICATE_CHAIN"
  | "FINDING_POD_CERTIFICATE_TIMES"
  | "FINDING_POD_CERTIFICATE_ADMISSION";

/** A finding about a PodCertificateRequest; `path` is the field of the object. */
export interface PodCertificateFinding extends Finding {
  /** Stable name of the rule. */
  readonly code: PodCertificateFindingCode;
}

/** What is left of the code without its prefix. */
type Kind = PodCertificateFindingCode extends `FINDING_POD_CERTIFICATE_${infer Rest}` ? Rest : never;

/** Something for which kube-apiserver refuses the object. */
export function finding(kind: Kind, path: string, message: string): PodCertificateFinding {
  return { code: `FINDING_POD_CERTIFICATE_${kind}`, severity: "error", path, message };
}
