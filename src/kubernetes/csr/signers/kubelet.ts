/** The signers of kubelets: their client and their serving certificates. */
import { attributeValues } from "../../../x509/name.ts";
import type { CertificateRequest } from "../../../x509/certificate-request.ts";
import { GROUP_ATTRIBUTE, NODES_GROUP, NODE_USER_PREFIX, USER_ATTRIBUTE } from "../../well-known.ts";
import { objection } from "./policy.ts";
import type { SignerFinding, SignerPolicy, SignerQuestion } from "./policy.ts";

/** `kubernetes.io/kube-apiserver-client-kubelet`: certificates by which kubelets log in to the API server. Source: `pkg/apis/certificates/helpers.go`, `ValidateKubeletClientCSR`. */
export const KUBELET_CLIENT_SIGNER: SignerPolicy = {
  signerName: "kubernetes.io/kube-apiserver-client-kubelet",
  validate: (question) => [
    ...organization(question.request),
    ...forbidden("DNS", question.request.dnsNames),
    ...forbidden("Email", question.request.emailAddresses),
    ...forbidden("IP", question.request.ipAddresses),
    ...forbidden("URI", question.request.uris),
    ...commonName(question.request),
    ...usages(question, "client auth", "[client auth digital signature key encipherment]"),
  ],
};

/** `kubernetes.io/kubelet-serving`: certificates by which kubelets serve. Source: `pkg/apis/certificates/helpers.go`, `ValidateKubeletServingCSR`. */
export const KUBELET_SERVING_SIGNER: SignerPolicy = {
  signerName: "kubernetes.io/kubelet-serving",
  validate: (question) => [
    ...organization(question.request),
    ...someName(question.request),
    ...forbidden("Email", question.request.emailAddresses),
    ...forbidden("URI", question.request.uris),
    ...usages(question, "server auth", "[digital signature key encipherment server auth]"),
    ...commonName(question.request),
  ],
};

function organization({ subject }: CertificateRequest): SignerFinding[] {
  const groups = attributeValues(subject, GROUP_ATTRIBUTE);
  if (groups.length === 1 && groups[0] === NODES_GROUP) return [];
  const fix = `ask for exactly one O, ${NODES_GROUP}`;
  return [objection("subject.organizations", "subject organization is not system:nodes", fix)];
}

function commonName({ subject }: CertificateRequest): SignerFinding[] {
  if (attributeValues(subject, USER_ATTRIBUTE).at(-1)?.startsWith(NODE_USER_PREFIX)) return [];
  const message = "subject common name does not begin with system:node:";
  return [objection("subject.commonName", message, `ask for the CN ${NODE_USER_PREFIX}<node name>`)];
}

function forbidden(kind: string, names: readonly string[]): SignerFinding[] {
  if (names.length === 0) return [];
  const fix = `leave the ${kind} names out of the request`;
  return [objection("extensions.subjectAltName", `${kind} subjectAltNames are not allowed`, fix)];
}

function someName({ dnsNames, ipAddresses }: CertificateRequest): SignerFinding[] {
  if (dnsNames.length + ipAddresses.length > 0) return [];
  const fix = "ask for the node's names and addresses";
  return [objection("extensions.subjectAltName", "DNS or IP subjectAltName is required", fix)];
}

/** As a set: repetitions and order do not count, and `key encipherment` may be missing. */
function usages({ usages: given }: SignerQuestion, needed: string, words: string): SignerFinding[] {
  const wanted = new Set(["digital signature", "key encipherment", needed]);
  const found = new Set(given);
  const fits =
    found.has("digital signature") && found.has(needed) && [...found].every((usage) => wanted.has(usage));
  if (fits) return [];
  return [
    objection("spec.usages", `usages did not match ${words}`, `ask for digital signature and ${needed}`),
  ];
}
