/** Who gets a certificate approved: decisions as plain functions of the request and of everything that they need to know. */
import { attributeValues } from "../../x509/name.ts";
import type { CertificateRequest } from "../../x509/certificate-request.ts";
import { isDns1123Subdomain } from "../../x509/dns-name.ts";
import { printable } from "../../x509/printable.ts";
import { NODE_USER_PREFIX, USER_ATTRIBUTE } from "../well-known.ts";
import { KUBELET_CLIENT_SIGNER } from "./signers/index.ts";

/** What is to be decided about. All of it counts, so none of it has a default. */
export interface ApprovalQuestion {
  /** The parsed `spec.request`, whose signature holds. */
  readonly request: CertificateRequest;
  /** `spec.signerName`. */
  readonly signerName: string;
  /** `spec.usages`. */
  readonly usages: readonly string[];
  /** Who made the object, as the API server wrote it: `spec.username` and so on. */
  readonly requester: Requester;
  /** `spec.expirationSeconds`, if there is one. */
  readonly expirationSeconds: number | undefined;
}

/** Who made a CertificateSigningRequest object. */
export interface Requester {
  /** `spec.username`. */
  readonly username: string;
  /** `spec.groups`. */
  readonly groups: readonly string[];
  /** `spec.uid`. */
  readonly uid?: string;
  /** `spec.extra`. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What was decided, in the shape that `runApprover` of `kubepki/node` takes. */
export interface ApprovalVerdict {
  /** `none` leaves the request to others. */
  readonly decision: "approve" | "deny" | "none";
  /** One word for machines. */
  readonly reason: string;
  /** A sentence for people; of a refusal, everything that speaks against it. */
  readonly message: string;
  /** Everything that speaks against approval; empty if it is approved. */
  readonly objections: readonly string[];
}

/** Asks the API server whether somebody may do something: `create` on this subresource of certificatesigningrequests. */
export type AccessReview = (requester: Requester, attributes: AccessAttributes) => Promise<boolean>;

/** `resourceAttributes` of a SubjectAccessReview. */
export interface AccessAttributes {
  /** The API group. */
  readonly group: string;
  /** The API version; all of them. */
  readonly version: string;
  /** The resource. */
  readonly resource: string;
  /** The subresource: which kind of approval. */
  readonly subresource: string;
  /** What is to be done. */
  readonly verb: string;
}

const RECOGNIZERS = [
  {
    subresource: "selfnodeclient",
    message: "Auto approving self kubelet client certificate after SubjectAccessReview.",
    matches: (question: ApprovalQuestion) => commonNameOf(question.request) === question.requester.username,
  },
  {
    subresource: "nodeclient",
    message: "Auto approving kubelet client certificate after SubjectAccessReview.",
    matches: () => true,
  },
] as const;

/**
 * Decides about client certificates of kubelets as kube-controller-manager's approver does: the request must be a kubelet's to the letter, and its
 * maker may, by a SubjectAccessReview, create `selfnodeclient` (for its own node) or `nodeclient` (for any, as bootstrap tokens may).
 *
 * Never denies: what it does not know, or whom it may not serve, it leaves to others. Stricter than there: the node's name must be one that a node can have, and alternative names
 * of a kind that Kubernetes does not see (`otherName`, `directoryName`, `registeredID`) are no kubelet's.
 *
 * Source: Kubernetes `pkg/controller/certificates/approver/sarapprove.go` (`recognizers`, `handle`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { approveKubeletClient, createCertificateRequest, generateKeyPair } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const subject = { commonName: "system:node:n1", organizations: ["system:nodes"] };
 * const { request } = await createCertificateRequest({ subject }, signer);
 * const verdict = await approveKubeletClient(
 *   {
 *     request,
 *     signerName: "kubernetes.io/kube-apiserver-client-kubelet",
 *     usages: ["digital signature", "client auth"],
 *     requester: { username: "system:bootstrap:abcdef", groups: ["system:bootstrappers"] },
 *     expirationSeconds: undefined,
 *   },
 *   async (requester, { subresource }) => requester.groups.includes("system:bootstrappers") && subresource === "nodeclient",
 * );
 * assert.equal(verdict.decision, "approve");
 * ```
 */
export async function approveKubeletClient(
  question: ApprovalQuestion,
  mayCreate: AccessReview,
): Promise<ApprovalVerdict> {
  const { requester, signerName } = question;
  if (signerName !== KUBELET_CLIENT_SIGNER.signerName)
    return none([
      `the request is for the signer ${signerName}, expected ${KUBELET_CLIENT_SIGNER.signerName}`,
    ]);
  if (requester.username === "") return none([NOBODY_ASKS]);
  const faults = [
    ...KUBELET_CLIENT_SIGNER.validate(question).map(({ message }) => message),
    ...unseenNames(question.request),
  ];
  const nodeName = commonNameOf(question.request).slice(NODE_USER_PREFIX.length);
  if (faults.length === 0 && !isDns1123Subdomain(nodeName))
    faults.push(`no node can have the name ${JSON.stringify(printable(nodeName, MAX_SHOWN))}`);
  if (faults.length > 0) return none(faults);
  const tried: string[] = [];
  for (const { subresource, message, matches } of RECOGNIZERS) {
    if (!matches(question)) continue;
    tried.push(subresource);
    const attributes = {
      group: "certificates.k8s.io",
      version: "*",
      resource: "certificatesigningrequests",
      subresource,
      verb: "create",
    };
    if (await mayCreate(requester, attributes))
      return { decision: "approve", reason: "AutoApproved", message, objections: [] };
  }
  return none([`${requester.username} may create none of ${tried.join(", ")}`]);
}

/** The user that the request asks for: the last CN. */
export function commonNameOf({ subject }: CertificateRequest): string {
  return attributeValues(subject, USER_ATTRIBUTE).at(-1) ?? "";
}

/** Those that Kubernetes sees; their signers have rules about each. */
const SEEN_KINDS: readonly string[] = ["dns", "ip", "email", "uri"];

/** Objections to alternative names that Kubernetes passes over without a word. */
export function unseenNames(request: CertificateRequest): string[] {
  const names = (request.extensionValue("subjectAltName") ?? [])
    .filter(({ type }) => !SEEN_KINDS.includes(type))
    .map(({ type }) => `an alternative name of kind ${type} is wanted`);
  const values = request.deviations
    .filter(({ code }) => code === "ERR_CERTIFICATE_NAME_VALUE")
    .map(({ message }) => `the subject has a value that others may read: ${message}`);
  return [...names, ...values];
}

/** Of an object that did not come from the API server, which always writes who made it. */
export const NOBODY_ASKS = "it is not known who asks: the object has no username";

/** What others wrote is shown in one line and not without end. */
export const MAX_SHOWN = 253;

/** Leaves the request to others. */
export function none(objections: readonly string[]): ApprovalVerdict {
  return { decision: "none", reason: "NotRecognized", message: objections.join("; "), objections };
}

/** Refuses the request for good. */
export function deny(objections: readonly string[]): ApprovalVerdict {
  return { decision: "deny", reason: "PolicyViolation", message: objections.join("; "), objections };
}
