import type { Finding } from "../finding.ts";
import type { CertificateFindingCode } from "../inspect/lint-certificate.ts";

/** Codes of {@link auditClusterPki} beside those of {@link CertificateFindings} and {@link IdentityFindings}, each with its severity. */
export interface AuditFindings {
  /** A text, a certificate or a key that cannot be read. What else is in the file is looked at. */
  FINDING_AUDIT_UNREADABLE: "error";
  /** A PEM block that is broken or cut: Kubernetes skips it in silence, and its certificate is not there. */
  FINDING_AUDIT_BROKEN_BLOCK: "error";
  /** A CA of the issuer's name is there, but its key did not sign the certificate; or the plan has another issuer. */
  FINDING_AUDIT_WRONG_ISSUER: "error";
  /** No CA of the issuer's name is among what was given. */
  FINDING_AUDIT_UNKNOWN_ISSUER: "warning";
  /** Its issuers do not allow it: a path length, name constraints, usages or policies. `found` is the code with which verifying refuses it. */
  FINDING_AUDIT_CHAIN: "error";
  /** The certificate says that it is valid for longer than its CA is. */
  FINDING_AUDIT_OUTLIVES_CA: "warning";
  /** The key beside a certificate is another one's. */
  FINDING_AUDIT_KEY_MISMATCH: "error";
  /** Certificates of different subjects have the same key. */
  FINDING_AUDIT_SHARED_KEY: "warning";
  /** The front proxy's CA is the clients' CA: every client can be whoever it wants. */
  FINDING_AUDIT_SHARED_FRONT_PROXY_CA: "error";
  /** A client that is called like a node and is not in the nodes' group, so that it has no node's rights; stands for `FINDING_NODE_WITHOUT_GROUP`. */
  FINDING_AUDIT_NODE_GROUP: "error";
  /** Others than its owner may read a private key. */
  FINDING_AUDIT_KEY_MODE: "error";
  /** The plan has a certificate that was not found. */
  FINDING_AUDIT_MISSING: "error";
  /** The subject is not the planned one. */
  FINDING_AUDIT_SUBJECT: "error";
  /** A planned name or address is not in the certificate. */
  FINDING_AUDIT_MISSING_NAME: "error";
  /** A name or address is in the certificate and not in the plan. */
  FINDING_AUDIT_SURPLUS_NAME: "warning";
  /** The extended key usages are not the planned ones. */
  FINDING_AUDIT_USAGE: "error";
}

/** The stable name of something that {@link auditClusterPki} finds. */
export type AuditFindingCode = keyof AuditFindings | CertificateFindingCode;

/** What {@link auditClusterPki} has to say; `path` begins with the place that the source names. */
export interface AuditFinding extends Finding {
  /** A code of {@link AuditFindings}, {@link CertificateFindings} or {@link IdentityFindings}. */
  readonly code: AuditFindingCode;
}
