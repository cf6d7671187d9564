/** Asks for a certificate through the certificates API, and waits for it. */
import { decodeBase64 } from "../../base64.ts";
import { equalBytes } from "../../bytes.ts";
import { ApiError, KubeletError } from "../../errors.ts";
import { certificateSigningRequest, issuedCertificates } from "../../kubernetes/csr/api-object.ts";
import type { NewCertificateSigningRequest } from "../../kubernetes/csr/api-object.ts";
import type { CertificateUsage } from "../../kubernetes/csr/usages.ts";
import type { ManagedTemplate } from "../../kubernetes/kubelet/kubelet-template.ts";
import { createCertificateRequest } from "../../issue/certificate-request.ts";
import type { KeyAlgorithmName, PublicKeyAlgorithmName } from "../../keys/algorithms.ts";
import { generateKeyPair } from "../../keys/generate.ts";
import { encodePem } from "../../pem.ts";
import type { PrivateKey } from "../../keys/private-key.ts";
import { parseCertificateRequest } from "../../verify/certificate-request.ts";
import type { CertificateRequest } from "../../x509/certificate-request.ts";
import { printable } from "../../x509/printable.ts";
import type { RequestingClient, RequestObject } from "../controllers/client.ts";
import { systemTiming } from "../controllers/timing.ts";
import type { Timing } from "../controllers/timing.ts";
import { waitForCertificate } from "../controllers/wait-for-certificate.ts";
import { parseCertificatePair } from "./certificate-pair.ts";
import type { CertificatePair } from "./certificate-pair.ts";

/** What is asked for, and of whom. */
export interface RequestCertificateOptions {
  /** Who is to sign: `kubernetes.io/kube-apiserver-client-kubelet`, `kubernetes.io/kubelet-serving`, or another. */
  readonly signerName: string;
  /** What the certificate is to be used for; see `kubeletUsages`. */
  readonly usages:
    | readonly CertificateUsage[]
    | ((algorithm: PublicKeyAlgorithmName) => readonly CertificateUsage[]);
  /** Wanted lifetime, in seconds, at least 600. The signer may give less. */
  readonly expirationSeconds?: number;
  /** The kind of the new key; `ECDSA-P256` by default. */
  readonly keyAlgorithm?: KeyAlgorithmName;
  /** The key to certify, extractable, instead of a new one. Keep it until there is an answer, to go on after a restart. */
  readonly privateKey?: PrivateKey;
  /** The object's name, see `nodeCsrName`; the API server makes one by default. If there is one of that name, of the same key and subject, its answer is waited for. */
  readonly name?: string;
  /** How long to wait for the signature, in seconds; 900 by default. */
  readonly timeoutSeconds?: number;
  /** Gives up waiting; the request stays where it is. */
  readonly signal?: AbortSignal;
  /** Clock and timers; default: this machine's. */
  readonly timing?: Timing;
}

const TIMEOUT_SECONDS = 900;

/**
 * Makes a new key, asks the cluster for a certificate of it, waits until the request is approved and signed, and returns both.
 *
 * Guaranteed: the request is the one that was made, it was approved, and the certificate is of that key and not past its end. Not checked: whether it has what the template
 * asks for, see `templateGap`; who signed it. A request that nobody answers in time stays where it is.
 *
 * Source: client-go `util/certificate/csr/csr.go` (`RequestCertificate`, `WaitForCertificate`), `certificate_manager.go` (`certificateWaitTimeout`).
 *
 * @throws SignerError `ERR_SIGNER_DENIED`, `ERR_SIGNER_FAILED`, `ERR_SIGNER_REPLACED`
 * @throws KubeletError `ERR_KUBELET_TIMEOUT`, `ERR_KUBELET_CERTIFICATE`, `ERR_KUBELET_NAME_TAKEN`
 * @throws ApiError if the request cannot be made; TemplateError as `createCertificateRequest`; KeyError, PemError, DerError, CertificateError if the signer's answer cannot be used
 *
 * @example
 * ```ts no-run
 * import { kubeletClientTemplate, kubeletUsages } from "kubepki";
 * import { connect, requestCertificate } from "kubepki/node";
 *
 * const client = connect({ server: "https://192.0.2.1:6443", ca: "...", token: "abcdef.0123456789abcdef" });
 * const pair = await requestCertificate(client, kubeletClientTemplate("worker-1"), {
 *   signerName: "kubernetes.io/kube-apiserver-client-kubelet",
 *   usages: (algorithm) => kubeletUsages("client auth", algorithm),
 * });
 * console.log(pair.certificate.notAfter);
 * ```
 */
export async function requestCertificate(
  client: RequestingClient,
  template: ManagedTemplate,
  options: RequestCertificateOptions,
): Promise<CertificatePair> {
  const { signerName, usages, expirationSeconds, keyAlgorithm = "ECDSA-P256", name } = options;
  const { timing = systemTiming } = options;
  const { privateKey = (await generateKeyPair(keyAlgorithm)).privateKey } = options;
  const { signer } = privateKey;
  const { pem, request } = await createCertificateRequest(template, signer);
  const object = certificateSigningRequest({
    ...(name !== undefined && { name }),
    pem,
    signerName,
    usages: typeof usages === "function" ? usages(privateKey.algorithm) : usages,
    ...(expirationSeconds !== undefined && { expirationSeconds }),
  });
  const { metadata } = await createOrFind(client, object, request, options);
  const awaited = {
    name: metadata.name ?? "",
    uid: metadata.uid ?? "",
    subjectPublicKeyInfo: signer.subjectPublicKeyInfo,
  };
  const certificates = await withTimeout(options, (stop) =>
    waitForCertificate(client, awaited, { signal: stop, timing }),
  );
  const chain = certificates.map(({ der }) => encodePem("CERTIFICATE", der)).join("");
  const pair = parseCertificatePair(chain, await privateKey.exportPem());
  if (!pair.isExpired(timing.now())) return pair;
  const end = pair.certificate.notAfter.toISOString();
  throw new KubeletError(
    "ERR_KUBELET_CERTIFICATE",
    `what was signed is past its end, ${end}; check the clocks`,
  );
}

/** Anybody who may make requests can take a name first: what is found must be what would have been made. */
async function createOrFind(
  client: RequestingClient,
  object: NewCertificateSigningRequest,
  own: CertificateRequest,
  { name, signal, timing = systemTiming }: RequestCertificateOptions,
): Promise<RequestObject> {
  try {
    return await client.create(object, signal);
  } catch (error) {
    if (name === undefined || !(error instanceof ApiError) || error.status !== 409) throw error;
    const found = await client.read(name, signal);
    const other = await differenceOf(found, object, own, timing.now());
    if (other === undefined) return found;
    const message = `there is a request of the name ${printable(name, 80)} already, with ${other}`;
    throw new KubeletError("ERR_KUBELET_NAME_TAKEN", message, { cause: error });
  }
}

/** Source: client-go `util/certificate/csr/csr.go` (`ensureCompatible`). */
async function differenceOf(
  found: RequestObject,
  { spec }: NewCertificateSigningRequest,
  own: CertificateRequest,
  at: number,
): Promise<string | undefined> {
  if (found.spec.signerName !== spec.signerName) return "another signer";
  const bytes = decodeBase64(found.spec.request, false);
  const request = bytes && (await parseCertificateRequest(new TextDecoder().decode(bytes)));
  if (!request || !equalBytes(request.subjectPublicKeyInfo, own.subjectPublicKeyInfo)) return "another key";
  if (!equalBytes(request.subject.der, own.subject.der)) return "another subject";
  const isExpired = issuedCertificates(found).some(({ notAfter }) => notAfter.getTime() < at);
  return isExpired ? "a certificate that is past its end" : undefined;
}

/** The signal for one wait: the caller's, and the clock of `timing` beside it, which `AbortSignal.timeout` does not know. */
async function withTimeout<T>(
  { signal, timing = systemTiming, timeoutSeconds = TIMEOUT_SECONDS }: RequestCertificateOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [late, done] = [new AbortController(), new AbortController()];
  const alarm = timing.sleep(timeoutSeconds * 1000, done.signal).then(() => {
    if (!done.signal.aborted) late.abort(tooLate(timeoutSeconds));
  });
  try {
    return await work(signal ? AbortSignal.any([signal, late.signal]) : late.signal);
  } finally {
    done.abort();
    await alarm;
  }
}

const tooLate = (seconds: number): KubeletError =>
  new KubeletError(
    "ERR_KUBELET_TIMEOUT",
    `the request was not approved and signed within ${seconds} seconds`,
  );
