/** The API certificates.k8s.io: requests for certificates, and who signs them. */
export { isKubernetesSignerName, signerRule, validateSignerName } from "./signer-name.ts";
export type {
  SignerNameFinding,
  SignerNameFindingCode,
  SignerNameFindings,
  SignerRule,
  SignerVerb,
} from "./signer-name.ts";
export { CERTIFICATE_USAGES, isCertificateUsage, usagesFromX509, usagesToX509 } from "./usages.ts";
export type { CertificateUsage, MappedUsages, NamedUsages, X509Usages } from "./usages.ts";
export * from "./signers/index.ts";
export { signRequest } from "./sign-request.ts";
export type { SignableObject, SignedRequest, SignRequestOptions } from "./sign-request.ts";
export { approveKubeletClient } from "./approval.ts";
export { approvalQuestion } from "./approval-question.ts";
export { approveUserClient } from "./approve-client.ts";
export type { UserClientPolicy, WantedIdentity } from "./approve-client.ts";
export { rememberRequests } from "./read-request.ts";
export type { ReadRequestOptions, RequestReader } from "./read-request.ts";
export { approveKubeletServing } from "./approve-serving.ts";
export type { KubeletServingPolicy, ServingNode } from "./approve-serving.ts";
export { addressesWithin, firstVerdict, namesLike } from "./approval-predicates.ts";
export type { Approver } from "./approval-predicates.ts";
export type {
  AccessAttributes,
  AccessReview,
  ApprovalQuestion,
  ApprovalVerdict,
  Requester,
} from "./approval.ts";
export {
  certificateSigningRequest,
  decideRequest,
  hasRequestCondition,
  issuedCertificates,
} from "./api-object.ts";
export type {
  CertificateSigningRequest,
  KnownCondition,
  NewCertificateSigningRequest,
  RequestConditionObject,
  RequestSpec,
  SigningRequestOptions,
} from "./api-object.ts";
export { validateCertificateSigningRequest, validateRequestStatus } from "./validate.ts";
export type { RequestObjectFinding, RequestObjectFindingCode } from "./validate.ts";
export { isRequestOutdated } from "./cleaner.ts";
export type { DatedSigningRequest } from "./cleaner.ts";
export { nodeCsrName } from "./node-csr-name.ts";
export type { NodeCsrNameParts } from "./node-csr-name.ts";
export { validateForSigner } from "./preflight.ts";
export type { PreflightFinding, PreflightOptions, PreflightOutcome } from "./preflight.ts";
export type { DraftOptions } from "./draft.ts";
export { signerAttributes, validateRequestAdmission } from "./request-admission.ts";
export type { AdmissionQuestion, RequestAdmissionFinding, SignerAttributes } from "./request-admission.ts";
export { validateRequestUpdate } from "./validate-update.ts";
export type { RequestSubresource } from "./validate-update.ts";
export { awaitedCertificates } from "./awaited-certificates.ts";
export type { AwaitedRequest, IdentifiedRequest } from "./awaited-certificates.ts";
