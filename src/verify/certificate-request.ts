/** Requests whose signature was checked: nobody sees a name or a key before the request proves that its sender has the key. */
import { CertificateRequestError, PkiError } from "../errors.ts";
import type { SafeResult } from "../errors.ts";
import { verifySignature as verifyWithWebCrypto } from "../keys/verifier.ts";
import type { PemOptions } from "../pem.ts";
import type { ParseOptions } from "../x509/certificate-layout.ts";
import { CertificateRequest, readCertificateRequest } from "../x509/certificate-request.ts";
import type { CertificateRequestInput } from "../x509/certificate-request.ts";
import { keyOptions } from "./asking.ts";
import type { ChainSignatureVerifier } from "./verify-chain.ts";

/** How a request is parsed; all fields have defaults. */
export interface ParseRequestOptions extends ParseOptions, PemOptions {
  /**
   * - `"safe"`, the default: one PEM block; one list of extensions, well formed; RSA with 2048 bits or more.
   * - `"kubernetes"`: what kube-apiserver's `ParseCSR` reads: the first PEM block, several lists of extensions taken as one, RSA from 1024 bits.
   */
  readonly mode?: "safe" | "kubernetes";
  /** Checks the signature; WebCrypto by default. */
  readonly verifySignature?: ChainSignatureVerifier;
}

/** As {@link ParseRequestOptions}, for an answer at once. */
export interface ParseRequestSyncOptions extends Omit<ParseRequestOptions, "verifySignature"> {
  /** Checks the signature at once, for example `verifySignatureSync` of `kubepki/node`. */
  readonly verifySignature: ChainSignatureVerifier<boolean>;
}

/**
 * Parses a certification request (PKCS#10), checks every byte of it, and that the key in it has made its signature.
 *
 * Guaranteed in safe mode: DER; the schema of RFC 2986 with nothing left over; names and keys as in `parseCertificate`; at most one
 * list of extensions, each once and well formed. What passes, Kubernetes' `ParseCSR` reads with the same meaning (exceptions are in docs/strictness.md).
 * Not checked: whether anybody should get what the request asks for. SHA-1 and MD5 are refused in both modes.
 *
 * Source: RFC 2986, Kubernetes `pkg/apis/certificates/helpers.go` (`ParseCSR`), Go crypto/x509 `ParseCertificateRequest`, `CheckSignature`.
 *
 * @param input PEM text with a CERTIFICATE REQUEST block, DER bytes, or a request, which is returned as it is
 * @throws CertificateRequestError `ERR_REQUEST_*`; PemError, DerError, CertificateError with a code, the offset and the path of the field
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createCertificateRequest, generateKeyPair, parseCertificateRequest } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { pem } = await createCertificateRequest({ subject: { commonName: "jane" }, dnsNames: ["jane.example.com"] }, signer);
 * const request = await parseCertificateRequest(pem);
 * assert.deepEqual(request.dnsNames, ["jane.example.com"]);
 * ```
 */
export async function parseCertificateRequest(
  input: CertificateRequestInput,
  options: ParseRequestOptions = {},
): Promise<CertificateRequest> {
  if (input instanceof CertificateRequest) return again(input, options);
  const request = readCertificateRequest(input, options);
  const verifier = options.verifySignature ?? verifyWithWebCrypto;
  try {
    return accept(request, await verifier(...question(request, options)));
  } catch (error) {
    return refuse(error);
  }
}

/**
 * As {@link parseCertificateRequest}, at once: for a verifier of signatures that answers at once.
 *
 * @throws CertificateRequestError, PemError, DerError, CertificateError as {@link parseCertificateRequest}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createCertificateRequest, generateKeyPair, parseCertificateRequestSync } from "kubepki";
 * import { verifySignatureSync } from "kubepki/node";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { pem } = await createCertificateRequest({ subject: { commonName: "jane" } }, signer);
 * assert.equal(parseCertificateRequestSync(pem, { verifySignature: verifySignatureSync }).subject.rdns.length, 1);
 * ```
 */
export function parseCertificateRequestSync(
  input: CertificateRequestInput,
  options: ParseRequestSyncOptions,
): CertificateRequest {
  if (input instanceof CertificateRequest) return again(input, options);
  const request = readCertificateRequest(input, options);
  try {
    return accept(request, options.verifySignature(...question(request, options)));
  } catch (error) {
    return refuse(error);
  }
}

/**
 * As {@link parseCertificateRequest}, but returns the error.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { safeParseCertificateRequest } from "kubepki";
 *
 * const result = await safeParseCertificateRequest("no PEM here");
 * assert(!result.ok && result.error.code === "ERR_PEM_NO_BLOCK");
 * ```
 */
export async function safeParseCertificateRequest(
  input: CertificateRequestInput,
  options: ParseRequestOptions = {},
): Promise<SafeResult<CertificateRequest>> {
  try {
    return { ok: true, value: await parseCertificateRequest(input, options) };
  } catch (error) {
    if (error instanceof PkiError) return { ok: false, error };
    throw error;
  }
}

/** A request that was parsed with Kubernetes' tolerance is not safe by being handed on. */
function again(request: CertificateRequest, { mode = "safe" }: ParseRequestOptions): CertificateRequest {
  if (mode !== "kubernetes" && request.deviations[0] !== undefined) throw request.deviations[0];
  return request;
}

function question(
  request: CertificateRequest,
  { mode = "safe" }: ParseRequestOptions,
): Parameters<ChainSignatureVerifier> {
  const { subjectPublicKeyInfo, der, layout, signature, certificationRequestInfo } = request;
  const algorithm = der.subarray(layout.algorithmStart, layout.algorithmEnd);
  return [subjectPublicKeyInfo, algorithm, signature, certificationRequestInfo, keyOptions({ mode })];
}

function accept(request: CertificateRequest, holds: boolean): CertificateRequest {
  if (holds) return request;
  const message = "the signature was not made by the key in the request";
  throw new CertificateRequestError("ERR_REQUEST_SIGNATURE", message, { path: "signature" });
}

/** A key or an algorithm that is not taken makes no signature that holds. */
function refuse(cause: unknown): never {
  if (!(cause instanceof PkiError) || cause instanceof CertificateRequestError) throw cause;
  const message = `the signature cannot be checked: ${cause.message}`;
  throw new CertificateRequestError("ERR_REQUEST_SIGNATURE", message, { path: "signature", cause });
}
