/** Answers PodCertificateRequests. */
import { SignerError } from "../../errors.ts";
import type { CertificateAuthority } from "../../issue/authority.ts";
import { issueCertificate } from "../../issue/issue.ts";
import type { IssueOptions } from "../../issue/issue.ts";
import type { CertificateTemplate } from "../../issue/template.ts";
import { parsePublicKey } from "../../keys/public-key.ts";
import type { PublicKey } from "../../keys/public-key.ts";
import { encodePem } from "../../pem.ts";
import { momentOf } from "../../verify/asking.ts";
import { parseCertificate } from "../../x509/certificate.ts";
import type { Certificate, CertificateInput } from "../../x509/certificate.ts";
import { DEFAULT_MAX_EXPIRATION_SECONDS } from "./api-object.ts";
import type { PodCertificateRequest } from "./api-object.ts";
import { isStubEmpty, requestedKey, validatePodCertificateRequest } from "./validate.ts";
import { isTerminal, validatePodCertificateStatus } from "./validate-status.ts";

/** What a signer is asked. */
export interface PodCertificateQuestion {
  /** The object. The API server and NodeRestriction have checked pod, service account and node of it, but not the annotations. */
  readonly object: PodCertificateRequest;
  /** The namespace of the pod and of its service account. */
  readonly namespace: string;
  /** The key that the certificate will be for. */
  readonly publicKey: PublicKey;
}

/** Why a signer does not sign; it is final for this request. */
export interface PodCertificateDenial {
  /** One word for machines, for example `UnsupportedKeyType` or `InvalidUnverifiedUserAnnotations`; letters first, then digits, underscores, colons and commas too. */
  readonly deny: string;
  /** A sentence for people. */
  readonly message: string;
}

/** How a request is answered. */
export interface SignPodCertificateOptions extends Omit<
  IssueOptions,
  "publicKey" | "issuer" | "now" | "maxLifetimeSeconds"
> {
  /** The signer's name. That of the object must be the same. */
  readonly signerName: string;
  /** Who signs. */
  readonly issuer: CertificateAuthority;
  /** What the certificate of this pod says, or why it gets none. Its validity is not used: that comes from the request. */
  readonly template: (
    question: PodCertificateQuestion,
  ) => CertificateTemplate | PodCertificateDenial | Promise<CertificateTemplate | PodCertificateDenial>;
  /** Certificates between the issuer and the root, the issuer's own first if it is no root; none by default. */
  readonly intermediates?: readonly CertificateInput[];
  /** The longest lifetime that the signer gives, in seconds; as much as the request allows by default. */
  readonly lifetimeSeconds?: number;
  /** The part of the lifetime after which kubelets ask for the next certificate; two thirds by default. */
  readonly refreshAfter?: number;
  /** The moment of signing; now by default. */
  readonly at?: Date | number;
}

/** The status that {@link signPodCertificateRequest} gives: fits what client libraries take. */
export interface NewPodCertificateStatus {
  /** The one condition: `Issued` or `Denied`. */
  conditions: {
    /** `Issued` or `Denied`. */
    type: string;
    /** Always `True`. */
    status: string;
    /** One word for machines. */
    reason: string;
    /** A sentence for people. */
    message: string;
    /** When it became so. */
    lastTransitionTime: Date;
  }[];
  /** PEM of the certificate, then of the intermediates; only if it was issued, as are the times. */
  certificateChain?: string;
  /** Begin of the certificate's validity. */
  notBefore?: Date;
  /** From when on the kubelet asks for the next. */
  beginRefreshAt?: Date;
  /** End of the certificate's validity. */
  notAfter?: Date;
}

/** How far the validity begins before now, in seconds: clocks differ, but the API server takes less than five minutes. */
const BACKDATE_SECONDS = 120;
/** In seconds; the API server wants ten minutes on both sides. */
const REFRESH_MARGIN = 600;

/**
 * Answers a PodCertificateRequest: gives the status to write to its `/status`, `Issued` with the certificate or `Denied` with the reason. Nothing is kept: whoever calls this writes the status,
 * with the `resourceVersion` of the object, so that of two signers one wins.
 *
 * Guaranteed: the API server would take the object and takes the status; the certificate is for the requested key, lives no longer than requested, and is what the template says. A request with
 * a broken proof, or a stub that asks for more than a key, is denied. Whether the pod is what it says was checked by the API server when the object was created; this cannot check it.
 *
 * Source: KEP-4317, Kubernetes `pkg/apis/certificates/types.go` (`PodCertificateRequestStatus`).
 *
 * @throws SignerError `ERR_SIGNER_STATE` if the request is another signer's, has its answer, or says no namespace; `ERR_SIGNER_STATUS` if the status would be refused, for example
 * because the issuer ends within the hour, or `deny` is a sentence and no word
 * @throws TemplateError, KeyError as {@link issueCertificate}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import {
 *   caTemplate, generateKeyPair, issueSelfSigned, parseCertificate, podCertificateRequest, serviceAccountSpiffeId,
 *   signPodCertificateRequest, stubCertificateRequest, svidTemplate,
 * } from "kubepki";
 *
 * const { signer: caSigner } = await generateKeyPair("ECDSA-P256");
 * const { certificate: ca } = await issueSelfSigned(caTemplate({ subject: { commonName: "workloads" } }), caSigner);
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const object = podCertificateRequest({
 *   namespace: "shop",
 *   pod: { name: "web-0", uid: "1" }, serviceAccount: { name: "web", uid: "2" }, node: { name: "node-1", uid: "3" },
 *   signerName: "example.com/workloads",
 *   key: await stubCertificateRequest(signer),
 * });
 *
 * const status = await signPodCertificateRequest(object, {
 *   signerName: "example.com/workloads",
 *   issuer: { certificate: ca, signer: caSigner },
 *   template: ({ namespace, object: { spec } }) =>
 *     svidTemplate({ id: serviceAccountSpiffeId("example.org", { namespace, name: spec.serviceAccountName }) }),
 * });
 * assert.equal(status.conditions[0]?.type, "Issued");
 * assert.deepEqual(parseCertificate(status.certificateChain!).uris, ["spiffe://example.org/ns/shop/sa/web"]);
 * ```
 */
export async function signPodCertificateRequest(
  object: PodCertificateRequest,
  options: SignPodCertificateOptions,
): Promise<NewPodCertificateStatus> {
  const namespace = checkState(object, options.signerName);
  const at = momentOf(options.at);
  const status = await answer(object, namespace, options, at);
  const [refusal] = validatePodCertificateStatus(object, status, { at });
  if (refusal)
    throw new SignerError("ERR_SIGNER_STATUS", `kube-apiserver would refuse it: ${refusal.message}`, {
      path: refusal.path,
    });
  return status;
}

async function answer(
  object: PodCertificateRequest,
  namespace: string,
  options: SignPodCertificateOptions,
  at: number,
): Promise<NewPodCertificateStatus> {
  const [fault] = await validatePodCertificateRequest(object);
  if (fault) return denied({ deny: "InvalidRequest", message: `${fault.path}: ${fault.message}` }, at);
  if (!isStubEmpty(object.spec)) {
    const message = "the stub request asks for a subject or for extensions, which only the signer decides";
    return denied({ deny: "InvalidStubRequest", message }, at);
  }
  const publicKey = parsePublicKey(requestedKey(object.spec)!);
  const shape = await options.template({ object, namespace, publicKey });
  if ("deny" in shape) return denied(shape, at);
  const template = { ...shape, validity: validityOf(object, options, at) };
  const { certificate } = await issueCertificate(template, {
    ...options,
    publicKey,
    now: new Date(at),
    maxLifetimeSeconds: Infinity, // the request has a limit of its own
  });
  return issued(certificate, options, at);
}

function checkState({ metadata, spec, status = {} }: PodCertificateRequest, signerName: string): string {
  const fail = (message: string): never => {
    throw new SignerError("ERR_SIGNER_STATE", message);
  };
  if (spec.signerName !== signerName)
    fail(
      `the request is for ${JSON.stringify(spec.signerName)}, the signer is ${JSON.stringify(signerName)}`,
    );
  if (isTerminal(status)) fail("the request has its answer already");
  return metadata?.namespace ?? fail("the request says no namespace");
}

/** From a little before now; from there on, the lifetime counts. */
function validityOf(
  { spec }: PodCertificateRequest,
  { lifetimeSeconds = Infinity }: SignPodCertificateOptions,
  at: number,
): CertificateTemplate["validity"] {
  const seconds = Math.min(spec.maxExpirationSeconds ?? DEFAULT_MAX_EXPIRATION_SECONDS, lifetimeSeconds);
  const start = (Math.floor(at / 1000) - BACKDATE_SECONDS) * 1000;
  return { notBefore: new Date(start), notAfter: new Date(start + seconds * 1000) };
}

function issued(
  certificate: Certificate,
  { intermediates = [], refreshAfter = 2 / 3 }: SignPodCertificateOptions,
  at: number,
): NewPodCertificateStatus {
  const { notBefore, notAfter } = certificate;
  const [from, until] = [notBefore.getTime() / 1000, notAfter.getTime() / 1000];
  const wanted = from + Math.floor((until - from) * refreshAfter);
  const refresh = Math.max(Math.min(wanted, until - REFRESH_MARGIN), from + REFRESH_MARGIN);
  const all = [certificate, ...intermediates.map((intermediate) => parseCertificate(intermediate))];
  return {
    conditions: [condition("Issued", "Issued", "the signer has issued a certificate", at)],
    certificateChain: all.map(({ der }) => encodePem("CERTIFICATE", der)).join(""),
    notBefore,
    beginRefreshAt: new Date(refresh * 1000),
    notAfter,
  };
}

function denied({ deny, message }: PodCertificateDenial, at: number): NewPodCertificateStatus {
  return { conditions: [condition("Denied", deny, message, at)] };
}

function condition(
  type: string,
  reason: string,
  message: string,
  at: number,
): NewPodCertificateStatus["conditions"][number] {
  return {
    type,
    status: "True",
    reason,
    message,
    lastTransitionTime: new Date(Math.floor(at / 1000) * 1000),
  };
}
