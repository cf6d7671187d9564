import type { Finding } from "../finding.ts";

/**
 * The codes of {@link lintIdentity}, each with its severity. An error: kube-apiserver refuses the certificate, or {@link parseIdentity} does in
 * safe mode. A warning: it works, and is dangerous or not what it seems to be.
 */
export interface IdentityFindings {
  /** No CN, or an empty last one: kube-apiserver has no opinion about the caller, who becomes anonymous. */
  FINDING_NO_USER: "error";
  /** More than one CN: Kubernetes takes the last, others the first. */
  FINDING_MULTIPLE_COMMON_NAMES: "error";
  /** More than one UID attribute: kube-apiserver answers 401. */
  FINDING_MULTIPLE_UIDS: "error";
  /** An empty UID attribute: kube-apiserver answers 401. */
  FINDING_EMPTY_UID: "error";
  /** An empty group: it counts, and nobody sees it. */
  FINDING_EMPTY_GROUP: "error";
  /** A control character, which logs and headers interpret. */
  FINDING_CONTROL_CHARACTER: "error";
  /** An invisible or direction-changing character: the name looks like another. */
  FINDING_INVISIBLE_CHARACTER: "error";
  /** `system:anonymous` or `system:unauthenticated`, although a certificate authenticates. */
  FINDING_UNAUTHENTICATED_NAME: "error";
  /** The certificate is not to the letter of DER and RFC 5280, for example with a SET out of order; Go lets it through. */
  FINDING_DEVIATION: "error";
  /** The extended key usages are there and do not have clientAuth: kube-apiserver answers 401. So it is with every serving certificate. */
  FINDING_NOT_FOR_CLIENTS: "error";

  /** The group `system:masters`: no RBAC rule can take its power away, and Kubernetes does not revoke certificates. */
  FINDING_SYSTEM_MASTERS: "warning";
  /** A name that begins with `system:`, or looks so, and is none that Kubernetes gives. */
  FINDING_RESERVED_NAME: "warning";
  /** A group that stands there more than once. */
  FINDING_DUPLICATE_GROUP: "warning";
  /** The order of the groups changes as soon as Go encodes the subject, as the CSR signers do: it puts them into one sorted SET. */
  FINDING_GROUP_ORDER: "warning";
  /** A node's user name without the group `system:nodes`: the Node authorizer does not know it. */
  FINDING_NODE_WITHOUT_GROUP: "warning";
  /** The group `system:nodes` without a node's user name. */
  FINDING_NODES_GROUP_WITHOUT_NODE: "warning";
  /** A node's user name that ends after the prefix. */
  FINDING_NODE_WITHOUT_NAME: "warning";
  /** A service account's user name without its two groups, which only its tokens bring along. */
  FINDING_SERVICE_ACCOUNT_GROUPS: "warning";
  /** A CA certificate: whoever has the CA's key is this user. */
  FINDING_CA_CERTIFICATE: "warning";
  /** No extended key usage: the certificate is good for everything, clients and servers. */
  FINDING_NO_EXTENDED_KEY_USAGE: "warning";
  /** anyExtendedKeyUsage: the certificate is good for everything, clients and servers. */
  FINDING_ANY_EXTENDED_KEY_USAGE: "warning";
  /** More than a year from first to last day: Kubernetes does not revoke, so a lost key is good until then. */
  FINDING_LONG_LIFETIME: "warning";
}

/** The stable name of something that {@link lintIdentity} finds. */
export type IdentityFindingCode = keyof IdentityFindings;

/** What {@link lintIdentity} has to say. */
export interface IdentityFinding extends Finding {
  readonly code: IdentityFindingCode;
}

const ERRORS: ReadonlySet<string> = /* @__PURE__ */ new Set<IdentityFindingCode>([
  "FINDING_NO_USER",
  "FINDING_MULTIPLE_COMMON_NAMES",
  "FINDING_MULTIPLE_UIDS",
  "FINDING_EMPTY_UID",
  "FINDING_EMPTY_GROUP",
  "FINDING_CONTROL_CHARACTER",
  "FINDING_INVISIBLE_CHARACTER",
  "FINDING_UNAUTHENTICATED_NAME",
  "FINDING_DEVIATION",
  "FINDING_NOT_FOR_CLIENTS",
] satisfies ErrorFindingCode[]);

type ErrorFindingCode = {
  [Code in IdentityFindingCode]: IdentityFindings[Code] extends "error" ? Code : never;
}[IdentityFindingCode];

/** Where the rules say what they find. */
export type Say = (
  code: IdentityFindingCode,
  path: string,
  message: string,
  detail?: Pick<Finding, "found" | "expected" | "fix">,
) => void;

/** A list, and the function that adds to it. */
export function collectFindings(): { readonly findings: IdentityFinding[]; readonly say: Say } {
  const findings: IdentityFinding[] = [];
  const say: Say = (code, path, message, detail = {}) => {
    findings.push({ code, severity: ERRORS.has(code) ? "error" : "warning", path, message, ...detail });
  };
  return { findings, say };
}
