import { ApiError, SignerError } from "../../errors.ts";
import { awaitedCertificates } from "../../kubernetes/csr/index.ts";
import type { AwaitedRequest } from "../../kubernetes/csr/index.ts";
import type { Certificate } from "../../x509/certificate.ts";
import type { CertificatesClient, RequestObject } from "./client.ts";
import { backoff, systemTiming } from "./timing.ts";
import type { Timing } from "./timing.ts";

/** How long, and how often, a request is looked at. */
export interface WaitOptions {
  /** Ends the wait; without it, it lasts as long as the request is pending. `AbortSignal.timeout(900_000)` is what the kubelet waits. */
  readonly signal?: AbortSignal;
  /** The clock; that of the machine by default. */
  readonly timing?: Timing;
}

const FIRST_MILLISECONDS = 1000;
const LONGEST_MILLISECONDS = 10_000;

/**
 * Waits until a request is signed, and gives its certificates, its own first. The object is read again every second at first and every ten in the end, which takes no more
 * than the right to `get` it; a server that is away, or asks for patience, is asked again.
 *
 * Guaranteed and not checked: see `awaitedCertificates`.
 *
 * Source: Kubernetes `staging/src/k8s.io/client-go/util/certificate/csr/csr.go` (`WaitForCertificate`).
 *
 * @param awaited the name of the object, its uid as the API server gave it when the object was made, and the key of the request
 * @throws SignerError `ERR_SIGNER_DENIED`, `ERR_SIGNER_FAILED`, `ERR_SIGNER_REPLACED`
 * @throws KeyError `ERR_KEY_MISMATCH`; PemError, DerError, CertificateError if what the signer wrote does not parse
 * @throws ApiError `ERR_API_STATUS` if the server refuses to say, and the signal's reason if that ends the wait
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { waitForCertificate } from "kubepki/node";
 *
 * const denied = { conditions: [{ type: "Denied", status: "True" }] };
 * const client = {
 *   read: async (name: string) => ({ metadata: { name, uid: "1" }, spec: { request: "", signerName: "example.com/a" }, status: denied }),
 * };
 * const awaited = { name: "jane", uid: "1", subjectPublicKeyInfo: new Uint8Array() };
 * await assert.rejects(waitForCertificate(client, awaited), { code: "ERR_SIGNER_DENIED" });
 * ```
 */
export async function waitForCertificate(
  client: Pick<CertificatesClient, "read">,
  awaited: AwaitedRequest & {
    /** The object's name. */
    readonly name: string;
  },
  options: WaitOptions = {},
): Promise<readonly Certificate[]> {
  const { timing = systemTiming, signal = new AbortController().signal } = options;
  for (let looks = 1; ; looks++) {
    signal.throwIfAborted();
    const object = await readPatiently(client, awaited.name, signal);
    const certificates = object ? awaitedCertificates(object, awaited) : [];
    if (certificates.length > 0) return certificates;
    await timing.sleep(backoff(looks, FIRST_MILLISECONDS, LONGEST_MILLISECONDS, timing), signal);
  }
}

/** Undefined if the server cannot say now, but may later. */
async function readPatiently(
  client: Pick<CertificatesClient, "read">,
  name: string,
  signal: AbortSignal,
): Promise<RequestObject | undefined> {
  try {
    return await client.read(name, signal);
  } catch (error) {
    signal.throwIfAborted();
    const status = error instanceof ApiError ? error.status : undefined;
    if (status === 404)
      throw new SignerError("ERR_SIGNER_REPLACED", "the request is gone: it was deleted", { cause: error });
    if (status !== undefined && status < 500 && !PATIENCE.includes(status)) throw error;
    return undefined;
  }
}

/** Of the answers that blame the asker: timeout, too many requests. */
const PATIENCE: readonly number[] = [408, 429];
