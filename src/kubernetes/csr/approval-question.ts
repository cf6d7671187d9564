import type { CertificateSigningRequest } from "./api-object.ts";
import type { ApprovalQuestion } from "./approval.ts";
import { readRequest } from "./read-request.ts";
import type { ReadRequestOptions } from "./read-request.ts";

/**
 * What an approver asks about an object as the API server has it: the request, parsed and its signature checked, and everything that the API server says of it and its maker.
 *
 * @throws CertificateRequestError, PemError, DerError, CertificateError if the request does not parse or its signature does not hold
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { approvalQuestion, certificateSigningRequest, createCertificateRequest, generateKeyPair } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { pem } = await createCertificateRequest({ subject: { commonName: "jane" } }, signer);
 * const object = certificateSigningRequest({ name: "jane", pem, signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] });
 * const { request, requester } = await approvalQuestion({ ...object, spec: { ...object.spec, username: "jane", groups: ["developers"] } });
 * assert.deepEqual(request.subjectPublicKeyInfo, signer.subjectPublicKeyInfo);
 * assert.deepEqual(requester, { username: "jane", groups: ["developers"] });
 * ```
 */
export async function approvalQuestion(
  { spec }: Pick<CertificateSigningRequest, "spec">,
  options: ReadRequestOptions = {},
): Promise<ApprovalQuestion> {
  const { signerName, usages = [], expirationSeconds, username = "", groups = [], uid, extra } = spec;
  const request = await readRequest(spec.request, options);
  const requester = { username, groups, ...(uid !== undefined && { uid }), ...(extra && { extra }) };
  return { request, signerName, usages, requester, expirationSeconds };
}
