/** Signs requests of certificates.k8s.io as kube-controller-manager does. */
import { PkiError, SignerError } from "../../errors.ts";
import type { CertificateAuthority } from "../../issue/authority.ts";
import { issueCertificate } from "../../issue/issue.ts";
import { goTime } from "../../issue/validity-rules.ts";
import { BACKDATE_SECONDS } from "../../issue/validity.ts";
import type { IssueOptions, IssuedCertificate } from "../../issue/issue.ts";
import { encodePem } from "../../pem.ts";
import { parseCertificate } from "../../x509/certificate.ts";
import { SIGNER_RULES, draftCertificate, findingOf, isOurs } from "./draft.ts";
import type { CompleteDraft, DraftOptions } from "./draft.ts";
import type { SignerFinding, SignerPolicy } from "./signers/policy.ts";

/** A CertificateSigningRequest, as far as a signer looks at it. The objects of client libraries fit. */
export interface SignableObject {
  /** What is asked for. */
  readonly spec: {
    /** Base64 of the PEM text of a PKCS#10 request. */
    readonly request: string;
    /** Who is to sign. */
    readonly signerName: string;
    /** What the certificate is to be used for. */
    readonly usages?: readonly string[];
    /** Wanted lifetime, in seconds. */
    readonly expirationSeconds?: number;
  };
  /** What became of it. */
  readonly status?: {
    /** Base64 of PEM text, once signed. */
    readonly certificate?: string;
    /** Approval, denial, failure. */
    readonly conditions?: readonly {
      /** `Approved`, `Denied`, `Failed` or one of somebody's own. */
      readonly type: string;
      /** `True`, `False` or `Unknown`. */
      readonly status: string;
    }[];
  };
}

/** How a request is signed. */
export interface SignRequestOptions
  extends DraftOptions, Pick<IssueOptions, "random" | "serialNumber" | "verifier"> {
  /** Who signs. */
  readonly issuer: CertificateAuthority;
  /** The rules of the signer. Its name must be that of the object. */
  readonly policy: SignerPolicy;
  /** The moment of signing; now by default. */
  readonly at?: Date | number;
}

/** What a signer makes of an approved request; in the shape that `runSigner` of `kubepki/node` takes. */
export type SignedRequest =
  | {
      /** PEM text for `status.certificate`: the certificate alone, without its issuer, as kube-controller-manager writes it. */
      readonly certificate: string;
      /** The same, parsed, with warnings. */
      readonly issued: IssuedCertificate;
    }
  | {
      /** Of the condition `Failed`: `SignerValidationFailure`. */
      readonly reason: string;
      /** Of the condition `Failed`, in Kubernetes' words. */
      readonly message: string;
      /** All that speaks against it; the first is the message. */
      readonly findings: readonly SignerFinding[];
    };

/**
 * Signs an approved CertificateSigningRequest: the certificate that kube-controller-manager gives, byte for byte apart from serial number, times and
 * signature; or, if the signer's rules are broken, the condition `Failed` that it writes.
 *
 * Of the request come the key, the alternative names, and the subject as Go understands it: groups may change their order, attributes that Go does not know are
 * dropped, as is every other extension. Usages come from the object. The lifetime is the wish, at least ten minutes and at most the default; it is cut
 * to the issuer's end.
 *
 * Stricter than Kubernetes: a request that the default mode refuses, or names that must not stand in a certificate (see docs/strictness.md), are a
 * failure too.
 *
 * Sources: Kubernetes `pkg/controller/certificates/signer/signer.go` (`handle`, `duration`, `sign`), `pkg/controller/certificates/authority/policies.go`.
 *
 * @throws SignerError `ERR_SIGNER_STATE` if the object is not approved, or is denied, failed, signed, or another signer's; `ERR_SIGNER_EXPIRED` if the
 * issuer is no longer valid: try again with a new one
 * @throws TemplateError, KeyError if the issuer must not sign, or its signer fails
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, CLIENT_SIGNER, createCertificateRequest, generateKeyPair, issueSelfSigned, signRequest } from "kubepki";
 *
 * const keys = await generateKeyPair("ECDSA-P256");
 * const ca = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), keys.signer);
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { pem } = await createCertificateRequest({ subject: { commonName: "jane", organizations: ["developers"] } }, signer);
 *
 * const object = {
 *   spec: { request: btoa(pem), signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"], expirationSeconds: 3600 },
 *   status: { conditions: [{ type: "Approved", status: "True" }] },
 * };
 * const signed = await signRequest(object, { issuer: { certificate: ca.certificate, signer: keys.signer }, policy: CLIENT_SIGNER });
 * assert("certificate" in signed);
 * assert.match(signed.certificate, /^-----BEGIN CERTIFICATE-----/);
 * ```
 */
export async function signRequest(
  object: SignableObject,
  options: SignRequestOptions,
): Promise<SignedRequest> {
  checkState(object, options.policy.signerName);
  const { at = Date.now(), issuer, policy } = options;
  const now = new Date(at);
  const draft = await draftCertificate(object.spec, policy, options, now);
  if (draft.findings.length > 0) return failure(draft.findings);
  checkIssuer(issuer, now);
  const { template, request: publicKey } = draft as CompleteDraft;
  const signed = await tryTo(() =>
    issueCertificate(template, { ...options, ...SIGNER_RULES, publicKey, issuer, now }),
  );
  if (!signed.ok) return signed.failure;
  const issued = signed.value;
  return { certificate: encodePem("CERTIFICATE", issued.certificate.der), issued };
}

/** `signer.handle`, and what the queue has looked at before. */
function checkState({ spec, status = {} }: SignableObject, signerName: string): void {
  const has = (type: string): boolean =>
    status.conditions?.some((condition) => condition.type === type) ?? false;
  const fail = (message: string): never => {
    throw new SignerError("ERR_SIGNER_STATE", message);
  };
  if (spec.signerName !== signerName)
    fail(
      `the request is for ${JSON.stringify(spec.signerName)}, the policy of ${JSON.stringify(signerName)}`,
    );
  if (!has("Approved")) fail("the request is not approved");
  if (has("Denied")) fail("the request is denied");
  if (has("Failed")) fail("the request has failed before, which is final");
  if (status.certificate) fail("the request is signed already");
}

type Failure = Extract<SignedRequest, { readonly reason: string }>;
type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

/** What is wrong with the request will stay so, for its specification cannot change: that is a failure, and no reason to try again. */
async function tryTo<T>(action: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await action() };
  } catch (error) {
    if (!(error instanceof PkiError) || isOurs(error)) throw error;
    return { ok: false, failure: failure([findingOf(error)]) };
  }
}

function failure(findings: readonly SignerFinding[]): Failure {
  return { reason: "SignerValidationFailure", message: findings[0]!.message, findings };
}

/** `PermissiveSigningPolicy.apply`: with the backdate, the CA may have expired in between. */
function checkIssuer({ certificate }: CertificateAuthority, now: Date): void {
  const end = parseCertificate(certificate, { mode: "kubernetes" }).notAfter;
  if (end.getTime() > now.getTime()) return;
  const hasEnded = end.getTime() <= now.getTime() - BACKDATE_SECONDS * 1000;
  const message = hasEnded
    ? "the signer has expired"
    : "refusing to sign a certificate that expired in the past";
  throw new SignerError("ERR_SIGNER_EXPIRED", `${message}: NotAfter=${goTime(end.getTime() / 1000)}`);
}
