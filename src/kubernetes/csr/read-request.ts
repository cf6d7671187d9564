/** How `spec.request` of an object becomes a request whose signature holds. */
import { decodeBase64 } from "../../base64.ts";
import { PemError } from "../../errors.ts";
import { parseCertificateRequest } from "../../verify/certificate-request.ts";
import type { ParseRequestOptions } from "../../verify/certificate-request.ts";
import type { CertificateRequest } from "../../x509/certificate-request.ts";

/** Reads `spec.request`, the base64 of PEM text, and checks the signature; see {@link rememberRequests}. */
export type RequestReader = (base64: string) => CertificateRequest | Promise<CertificateRequest>;

/** How the request of an object is read; all fields have defaults. */
export interface ReadRequestOptions extends Pick<ParseRequestOptions, "verifySignature" | "mode"> {
  /** What reads instead, by the `mode` and `verifySignature` that it was made with: a reader that is shared, see {@link rememberRequests}. */
  readonly readRequest?: RequestReader;
}

/** The request of an object, its signature checked. */
export async function readRequest(base64: string, options: ReadRequestOptions): Promise<CertificateRequest> {
  const { mode, verifySignature, readRequest: reader } = options;
  if (reader) return reader(base64);
  return parseCertificateRequest(pemOf(base64), {
    ...(mode && { mode }),
    ...(verifySignature && { verifySignature }),
  });
}

function pemOf(base64: string): string {
  const bytes = decodeBase64(base64, false);
  if (!bytes) throw new PemError("ERR_PEM_BASE64", "spec.request is no base64");
  return new TextDecoder().decode(bytes);
}

/** A longer text is read each time, for others choose it; one with a key of RSA-4096 and twenty names has 4,000 characters. */
const MAX_CHARACTERS = 16_384;

/**
 * A reader of `spec.request` that reads none twice: for programs in which several parts look at the same objects, such as an approver and a signer in one process. Reading the request and
 * checking its signature is most of the cost of both.
 *
 * Only requests whose signature holds are remembered, the last `size` of them (1,000 by default, some kilobytes each), by the text that was read: what is forgotten, or differs in one
 * character, is read and checked, and so is each time a text of more than 16,384 characters. All who ask get the same object.
 *
 * The function that is returned answers at once what it remembers, and else with a promise, which rejects as that of `parseCertificateRequest`: CertificateRequestError, PemError, DerError,
 * CertificateError.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { approvalQuestion, certificateSigningRequest, createCertificateRequest, generateKeyPair, rememberRequests } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { pem } = await createCertificateRequest({ subject: { commonName: "jane" } }, signer);
 * const object = certificateSigningRequest({ pem, signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] });
 * const readRequest = rememberRequests();
 * const [first, second] = [await approvalQuestion(object, { readRequest }), await approvalQuestion(object, { readRequest })];
 * assert.equal(first.request, second.request);
 * ```
 */
export function rememberRequests(
  options: Omit<ReadRequestOptions, "readRequest"> = {},
  size = 1000,
): RequestReader {
  const known = new Map<string, CertificateRequest>();
  const oldest = known.keys(); // goes on where it was: all that it has passed is deleted
  const read = async (base64: string): Promise<CertificateRequest> => {
    const request = await readRequest(base64, options);
    if (base64.length > MAX_CHARACTERS) return request;
    known.set(base64, request);
    if (!(known.size <= size)) known.delete(oldest.next().value!);
    return request;
  };
  return (base64) => known.get(base64) ?? read(base64);
}
