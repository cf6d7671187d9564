/** What the API server's admission plugins, which are on by default, say to CertificateSigningRequests. */
import type { Finding } from "../../finding.ts";
import { attributeValues } from "../../x509/name.ts";
import {
  GROUP_ATTRIBUTE,
  MASTERS_GROUP,
  NODES_GROUP,
  NODE_USER_PREFIX,
  USER_ATTRIBUTE,
} from "../well-known.ts";
import type { ApprovalQuestion } from "./approval.ts";
import { CLIENT_SIGNER, KUBELET_CLIENT_SIGNER, KUBELET_SERVING_SIGNER } from "./signers/index.ts";

/** A finding of {@link validateRequestAdmission}. */
export interface RequestAdmissionFinding extends Finding {
  /** `FINDING_CSR_MASTERS` of CertificateSubjectRestriction, `FINDING_CSR_NODE` of NodeRestriction. */
  readonly code: "FINDING_CSR_MASTERS" | "FINDING_CSR_NODE";
}

/** Who asks for what; a requester of whom nothing is known is no node. */
export type AdmissionQuestion = Pick<ApprovalQuestion, "request" | "signerName"> &
  Partial<Pick<ApprovalQuestion, "requester">>;

/**
 * Everything for which an admission plugin forbids the object to be created, in its words: nobody gets a client certificate of the group `system:masters`
 * (CertificateSubjectRestriction), and a kubelet asks only for its own certificates (NodeRestriction).
 *
 * The group is compared to the letter, and only for the signer of users' client certificates. A node is who is called `system:node:<name>` and is in the group
 * `system:nodes`. Not checked: whether the plugins are on.
 *
 * Sources: Kubernetes `plugin/pkg/admission/certificates/subjectrestriction/admission.go`, `plugin/pkg/admission/noderestriction/admission.go` (`admitCSR`),
 * `pkg/auth/nodeidentifier/default.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createCertificateRequest, generateKeyPair, validateRequestAdmission } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const subject = { commonName: "jane", organizations: ["system:masters"] };
 * const { request } = await createCertificateRequest({ subject }, signer);
 * const [finding] = validateRequestAdmission({ request, signerName: "kubernetes.io/kube-apiserver-client" });
 * assert.equal(finding?.code, "FINDING_CSR_MASTERS");
 * ```
 */
export function validateRequestAdmission(question: AdmissionQuestion): RequestAdmissionFinding[] {
  return [...restrictSubject(question), ...restrictNode(question)];
}

function restrictSubject({ request, signerName }: AdmissionQuestion): RequestAdmissionFinding[] {
  if (signerName !== CLIENT_SIGNER.signerName) return [];
  if (!attributeValues(request.subject, GROUP_ATTRIBUTE).includes(MASTERS_GROUP)) return [];
  return [
    {
      code: "FINDING_CSR_MASTERS",
      severity: "error",
      path: "subject.organizations",
      message: `use of ${signerName} signer with system:masters group is not allowed`,
      fix: "ask for a group that RBAC binds to what is needed",
    },
  ];
}

function restrictNode({ request, signerName, requester }: AdmissionQuestion): RequestAdmissionFinding[] {
  if (signerName !== KUBELET_CLIENT_SIGNER.signerName && signerName !== KUBELET_SERVING_SIGNER.signerName)
    return [];
  if (!requester?.username.startsWith(NODE_USER_PREFIX) || !requester.groups.includes(NODES_GROUP)) return [];
  const commonName = attributeValues(request.subject, USER_ATTRIBUTE).at(-1) ?? "";
  if (commonName === requester.username) return [];
  return [
    {
      code: "FINDING_CSR_NODE",
      severity: "error",
      path: "subject.commonName",
      message: `can only create a node CSR with CN=${requester.username}`,
      found: commonName,
      expected: requester.username,
      fix: `ask for the CN ${requester.username}, or with another identity`,
    },
  ];
}

/** `resourceAttributes` of a SubjectAccessReview about a signer. */
export interface SignerAttributes {
  /** The API group. */
  readonly group: "certificates.k8s.io";
  /** The API version; all of them. */
  readonly version: "*";
  /** Signers are no objects, and have a resource for such questions only. */
  readonly resource: "signers";
  /** A signer, or all signers of a domain. */
  readonly name: string;
  /** What is to be done. */
  readonly verb: "approve" | "sign" | "attest";
}

/**
 * What the API server asks its authorizer before somebody writes `/approval` (`approve`), the certificate or conditions in `/status` (`sign`) of a request for this
 * signer, or a trust bundle of it (`attest`): one of the two has to be allowed.
 *
 * Source: Kubernetes `plugin/pkg/admission/certificates/util.go` (`IsAuthorizedForSignerName`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { signerAttributes } from "kubepki";
 *
 * assert.deepEqual(signerAttributes("example.com/my-signer", "sign").map(({ name }) => name), ["example.com/my-signer", "example.com/*"]);
 * ```
 */
export function signerAttributes(signerName: string, verb: SignerAttributes["verb"]): SignerAttributes[] {
  const [domain = ""] = signerName.split("/", 1);
  return [signerName, `${domain}/*`].map((name) => ({
    group: "certificates.k8s.io",
    version: "*",
    resource: "signers",
    name,
    verb,
  }));
}
