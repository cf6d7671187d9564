/**
 * kubepki: what a certificate means to Kubernetes.
 *
 * @module kubepki
 */
export {
  CertificateError,
  CertificateListError,
  CertificateRequestError,
  ChainError,
  ApiError,
  ClusterError,
  DerError,
  FileError,
  HeaderError,
  IdentityError,
  KeyError,
  KubeconfigError,
  KubeletError,
  PeerError,
  PemError,
  PkiError,
  SignerError,
  FormatError,
  TemplateError,
} from "./errors.ts";
export type { ChainErrorPlace, CodesOf, ErrorCode, ErrorCodes, ErrorPlace, SafeResult } from "./errors.ts";
export type { Finding } from "./finding.ts";
export type { Mode } from "./der/reader.ts";
export { encodeOid, oidToText } from "./oid.ts";
export { encodePem, parsePem, pemToDer } from "./pem.ts";
export type { PemBlock, PemLabel, PemOptions } from "./pem.ts";
export { sha256 } from "./sha256.ts";

export {
  Certificate,
  parseCertificate,
  parseCertificates,
  safeParseCertificate,
  safeParseCertificates,
} from "./x509/certificate.ts";
export type { CertificateInput } from "./x509/certificate.ts";
export { CertificateRequest } from "./x509/certificate-request.ts";
export type { CertificateRequestInput, RequestAttribute } from "./x509/certificate-request.ts";
export type { AttributePlace, CertificateRequestLayout } from "./x509/certificate-request-layout.ts";
export { WithExtensions } from "./x509/with-extensions.ts";
export {
  parseCertificateRequest,
  parseCertificateRequestSync,
  safeParseCertificateRequest,
} from "./verify/certificate-request.ts";
export type { ParseRequestOptions, ParseRequestSyncOptions } from "./verify/certificate-request.ts";
export { createCertificateRequest, createCertificateRequestSync } from "./issue/certificate-request.ts";
export type {
  CertificateRequestTemplate,
  CreatedCertificateRequest,
  CreateRequestOptions,
} from "./issue/certificate-request.ts";
export type { CertificateLayout, ParseOptions } from "./x509/certificate-layout.ts";
export { CertificateList, parseCertificateList, safeParseCertificateList } from "./x509/certificate-list.ts";
export type { CertificateListInput } from "./x509/certificate-list.ts";
export { CertificateListIndex } from "./x509/certificate-list-index.ts";
export type { EntryStore } from "./x509/certificate-list-index.ts";
export type { CertificateListLayout } from "./x509/certificate-list-layout.ts";
export { CRL_REASONS } from "./x509/list-extensions.ts";
export type {
  CrlReason,
  IssuingDistributionPoint,
  ListExtension,
  ListExtensionValues,
} from "./x509/list-extensions.ts";
export type { RevokedCertificate, RevokedEntry } from "./x509/revoked-entry.ts";
export type { Extension, KnownExtension, UnknownExtension } from "./x509/extension.ts";
export type { ExtensionId, ExtensionValues } from "./x509/extensions/index.ts";
export { encodeExtensionValue } from "./x509/extensions/encode.ts";
export type { ExtensionTemplate } from "./x509/extensions/encode.ts";
export type { AccessDescription } from "./x509/extensions/authority-info-access.ts";
export type { BasicConstraints } from "./x509/extensions/basic-constraints.ts";
export { REASON_FLAGS } from "./x509/extensions/crl-distribution-points.ts";
export type { DistributionPoint, ReasonFlag } from "./x509/extensions/crl-distribution-points.ts";
export { EXTENDED_KEY_USAGES } from "./x509/extensions/extended-key-usage.ts";
export type { ExtendedKeyUsage } from "./x509/extensions/extended-key-usage.ts";
export type { AuthorityKeyIdentifier } from "./x509/extensions/key-identifiers.ts";
export { KEY_USAGES } from "./x509/extensions/key-usage.ts";
export type { KeyUsage } from "./x509/extensions/key-usage.ts";
export type { NameConstraints } from "./x509/extensions/name-constraints.ts";
export type { PolicyConstraints, PolicyInformation, PolicyMapping } from "./x509/extensions/policies.ts";
export type { GeneralName } from "./x509/general-name-values.ts";
export type { DerInput } from "./x509/input.ts";
export {
  isDns1123Label,
  isDns1123Subdomain,
  isWildcardDns1123Subdomain,
  validateDnsName,
  validateEmailAddress,
  validateIpAddress,
  validateUri,
} from "./x509/dns-name.ts";
export { isDomainNameValid } from "./x509/domain-name.ts";
export {
  formatIpAddress,
  formatIpPrefix,
  parseIpAddress,
  parseIpAddressSloppy,
  parseIpPrefix,
  sameIpAddress,
} from "./x509/ip-address.ts";
export type { IpPrefix } from "./x509/ip-address.ts";
export { parseMailbox } from "./x509/mailbox.ts";
export type { Mailbox } from "./x509/mailbox.ts";
export {
  constrainedNames,
  findConstraintViolation,
  MAX_CONSTRAINT_COMPARISONS,
} from "./x509/name-constraints-match.ts";
export type { ComparisonBudget, ConstraintViolation } from "./x509/name-constraints-match.ts";
export { parseUriHost } from "./x509/uri.ts";
export type { Limits } from "./x509/limits.ts";
export { attributeValues } from "./x509/name.ts";
export type { Name, NameAttribute, RelativeDistinguishedName } from "./x509/name.ts";
export { encodeName, parseName } from "./x509/name-writer.ts";
export type { AttributeTemplate, NameTemplate, SubjectFields } from "./x509/name-writer.ts";
export type { AlgorithmIdentifier } from "./x509/subject-public-key-info.ts";

export { CREDENTIAL_ID_KEY, Identity, parseIdentity } from "./kubernetes/identity.ts";
export type { IdentityOptions } from "./kubernetes/identity.ts";

export { encodeSignatureAlgorithm, parseSignatureAlgorithm } from "./keys/algorithm-identifier.ts";
export type {
  EcdsaAlgorithmName,
  KeyAlgorithmName,
  PublicKeyAlgorithmName,
  SignatureAlgorithmName,
} from "./keys/algorithms.ts";
export { encodeEcdsaSignature, parseEcdsaSignature } from "./keys/ecdsa-signature.ts";
export { generateKeyPair, keyAlgorithmNames, supportsKeyAlgorithm } from "./keys/generate.ts";
export type { GenerateKeyOptions, KeyPair } from "./keys/generate.ts";
export { parsePrivateKey, PrivateKey } from "./keys/private-key.ts";
export type { PrivateKeyFormat, PrivateKeyOptions } from "./keys/private-key.ts";
export type { PrivateKeyEncoding } from "./keys/private-key-der.ts";
export { encodePublicKeyPem, keyMatchesCertificate, parsePublicKey } from "./keys/public-key.ts";
export type { PublicKey, PublicKeyOptions, PublicKeySource } from "./keys/public-key.ts";
export { cryptoKeySigner, signatureAlgorithmFor } from "./keys/signer.ts";
export type { Signer, SigningCryptoKey } from "./keys/signer.ts";
export type { CryptoKey, CryptoKeyPair } from "./keys/web-crypto.ts";
export { verifySignature } from "./keys/verifier.ts";
export type { SignatureVerifier } from "./keys/verifier.ts";

export {
  BACKDATE_SECONDS,
  csrSignerValidity,
  SHORT_LIFETIME_SECONDS,
  validFor,
  YEAR_SECONDS,
} from "./issue/validity.ts";
export type { CsrSignerPolicy, Validity, ValidityOptions } from "./issue/validity.ts";
export { keyIdentifier } from "./issue/key-identifier.ts";
export type { CertificateAuthority } from "./issue/authority.ts";
export {
  issueCertificate,
  issueCertificateSync,
  issueSelfSigned,
  issueSelfSignedSync,
} from "./issue/issue.ts";
export type { IssuedCertificate, IssueOptions, SelfSignOptions } from "./issue/issue.ts";
export { issueCertificateList, issueCertificateListSync } from "./issue/certificate-list.ts";
export type { IssueListOptions } from "./issue/certificate-list.ts";
export type { CertificateListTemplate, ListScope, RevocationEntry } from "./issue/list-template.ts";
export type { RandomSource } from "./issue/serial-number.ts";
export type { TemplateWarning } from "./issue/report.ts";
export type { NameRules } from "./issue/subject-rules.ts";
export { caTemplate, clientTemplate, servingTemplate } from "./issue/template.ts";
export type {
  AlternativeNames,
  AtLeastOne,
  ServerAlternativeNames,
  CaTemplateOptions,
  CertificateTemplate,
  ClientTemplateOptions,
  ComputedExtension,
  Preset,
  ServingTemplateOptions,
  TemplateOptions,
} from "./issue/template.ts";
export { validateTemplate } from "./issue/validate-template.ts";
export type { TemplateRules } from "./issue/validate-template.ts";

export { rememberSignatures } from "./verify/remember-signatures.ts";
export { missingSans } from "./verify/missing-sans.ts";
export type { MissingNames } from "./verify/missing-sans.ts";
export { isServerNameMatch, verifyServerName } from "./verify/server-name.ts";
export type { ServerNames } from "./verify/server-name.ts";

export { authenticatedGroups, toUserInfo } from "./kubernetes/authenticated-groups.ts";
export type { UserInfo } from "./kubernetes/authenticated-groups.ts";
export { encodeIdentity, identityRdns } from "./kubernetes/encode-identity.ts";
export type { EncodeIdentityOptions } from "./kubernetes/encode-identity.ts";
export { identityKind } from "./kubernetes/identity-kind.ts";
export type { Component, IdentityKind } from "./kubernetes/identity-kind.ts";
export type { IdentityNames } from "./kubernetes/identity-rules.ts";
export { lintIdentity } from "./kubernetes/lint-identity.ts";
export type {
  IdentityFinding,
  IdentityFindingCode,
  IdentityFindings,
} from "./kubernetes/identity-finding.ts";
export * from "./kubernetes/rbac.ts";
export * from "./kubernetes/well-known.ts";
export * from "./kubernetes/cluster/index.ts";
export * from "./kubernetes/kubeconfig/index.ts";
export * from "./kubernetes/workload/index.ts";
export * from "./kubernetes/csr/index.ts";
export * from "./kubernetes/pod-certificate/index.ts";
export * from "./kubernetes/kubelet/index.ts";

export { denyCertificatesConfiguration } from "./kubernetes/deny-certificates.ts";
export type { AuthorizationConfiguration, DenyCertificatesOptions } from "./kubernetes/deny-certificates.ts";
export { CertificatePool } from "./verify/certificate-pool.ts";
export type { CertificatesInput } from "./verify/certificate-pool.ts";
export type { ByteChunks } from "./verify/byte-window.ts";
export type { Asking, SignatureAnswer, SignatureQuestion } from "./verify/asking.ts";
export { CertificateListChecker } from "./verify/certificate-list-checker.ts";
export type { CertificateListsInput } from "./verify/certificate-list-checker.ts";
export { verifyCertificateList, verifyCertificateListSync } from "./verify/certificate-list.ts";
export type { VerifyListOptions, VerifyListSyncOptions } from "./verify/certificate-list.ts";
export { credentialIds, DenyList } from "./verify/deny-list.ts";
export type { DenyEntry } from "./verify/deny-list.ts";
export { readCertificateList } from "./verify/read-certificate-list.ts";
export type {
  ReadListOptions,
  StreamingSignature,
  StreamingVerifier,
} from "./verify/read-certificate-list.ts";
export type {
  RevocationChecker,
  RevocationPolicy,
  RevocationQuestion,
  RevocationStatus,
} from "./verify/revocation.ts";
export type { VerifiedChain } from "./verify/search.ts";
export { verifyCertificateChain, verifyCertificateChainSync } from "./verify/verify-chain.ts";
export type {
  ChainSignatureVerifier,
  VerifyChainOptions,
  VerifyChainSyncOptions,
} from "./verify/verify-chain.ts";
export { authenticate, Authenticator, createAuthenticator } from "./kubernetes/authenticate.ts";
export type { AuthenticateOptions, AuthenticatorOptions } from "./kubernetes/authenticate.ts";
export type { PeerCertificates, PeerLimits } from "./kubernetes/peer-certificates.ts";
export * from "./kubernetes/proxy/index.ts";
export { toSubjectAccessReview, toTokenReview } from "./kubernetes/reviews.ts";
export type {
  NonResourceAttributes,
  ResourceAttributes,
  SubjectAccessReview,
  TokenReview,
} from "./kubernetes/reviews.ts";

export { formatCertificateCard } from "./inspect/card.ts";
export { formatCertificate } from "./inspect/certificate.ts";
export { formatCertificateList } from "./inspect/certificate-list.ts";
export type { FormatListOptions } from "./inspect/certificate-list.ts";
export { formatCertificateRequest } from "./inspect/certificate-request.ts";
export { formatClusterPlan } from "./inspect/cluster-plan.ts";
export { formatClusterPlanMermaid } from "./inspect/cluster-plan-mermaid.ts";
export { formatClusterPlanSvg } from "./inspect/cluster-plan-svg.ts";
export { formatClusterRenewal } from "./inspect/cluster-renewal.ts";
export { lintCertificateChain } from "./inspect/lint-chain.ts";
export type { ChainFinding, ChainFindingCode, ChainFindings } from "./inspect/lint-chain.ts";
export { lintCertificate } from "./inspect/lint-certificate.ts";
export type {
  CertificateFinding,
  CertificateFindingCode,
  CertificateFindings,
} from "./inspect/lint-certificate.ts";
export type { FormatOptions } from "./inspect/report.ts";
export { formatName } from "./x509/name-text.ts";
export { auditClusterPki } from "./audit/audit.ts";
export type { AuditOptions, ClusterAudit } from "./audit/audit.ts";
export type { AuditedCertificate } from "./audit/audited-certificate.ts";
export type { AuditFinding, AuditFindingCode, AuditFindings } from "./audit/finding.ts";
export type { AuditSource } from "./audit/source.ts";
export { formatClusterAudit } from "./audit/report.ts";
export { formatClusterAuditSvg } from "./audit/timeline.ts";
export * from "./kubernetes/service/index.ts";
