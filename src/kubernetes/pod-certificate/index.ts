/** PodCertificateRequest: certificates that kubelets fetch for their pods. */
export { validatePodCertificateAdmission } from "./admission.ts";
export type { ObjectWithUid, PodCertificateContext, PodOfRequest } from "./admission.ts";
export { podCertificateRequest } from "./api-object.ts";
export type {
  NamedObject,
  NewPodCertificateRequest,
  PodCertificateCondition,
  PodCertificateRequest,
  PodCertificateRequestOptions,
  PodCertificateRequestSpec,
  PodCertificateRequestStatus,
  StubSpec,
} from "./api-object.ts";
export type { PodCertificateFinding, PodCertificateFindingCode } from "./finding.ts";
export { signPodUid, stubCertificateRequest, verifyPodUid } from "./proof.ts";
export type { PodCertificateProof, SignatureProof, StubProof } from "./proof.ts";
export { signPodCertificateRequest } from "./sign.ts";
export type {
  NewPodCertificateStatus,
  PodCertificateDenial,
  PodCertificateQuestion,
  SignPodCertificateOptions,
} from "./sign.ts";
export { validatePodCertificateRequest } from "./validate.ts";
export { validatePodCertificateStatus } from "./validate-status.ts";
