/** The CertificateSigningRequest object of certificates.k8s.io/v1. */
import { decodeBase64, encodeBase64 } from "../../base64.ts";
import { PemError, SignerError } from "../../errors.ts";
import { parseCertificates } from "../../x509/certificate.ts";
import type { Certificate } from "../../x509/certificate.ts";
import type { CertificateUsage } from "./usages.ts";

/** A condition of a request. */
export interface RequestConditionObject {
  /** `Approved`, `Denied`, `Failed`, or one of somebody's own. */
  readonly type: string;
  /** `True`, `False` or `Unknown`; only `True` for the three that Kubernetes knows. */
  readonly status: string;
  /** One word for machines. */
  readonly reason?: string;
  /** A sentence for people. */
  readonly message?: string;
  /** When it was last written: RFC 3339 text, or a `Date` as client libraries make of it. */
  readonly lastUpdateTime?: string | Date;
  /** When its status last changed. */
  readonly lastTransitionTime?: string | Date;
}

/** What a CertificateSigningRequest asks for, and what the API server adds to it. */
export interface RequestSpec {
  /** Base64 of the PEM text of a PKCS#10 request. */
  readonly request: string;
  /** Who is to sign. */
  readonly signerName: string;
  /** What the certificate is to be used for. */
  readonly usages?: readonly string[];
  /** Wanted lifetime, in seconds. */
  readonly expirationSeconds?: number;
  /** Who made the object; the API server writes it. */
  readonly username?: string;
  /** Uid of who made it; the API server writes it. */
  readonly uid?: string;
  /** Groups of who made it; the API server writes it. */
  readonly groups?: readonly string[];
  /** Further attributes of who made it; the API server writes it. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A CertificateSigningRequest as it is read; the objects of client libraries fit. */
export interface CertificateSigningRequest {
  /** `certificates.k8s.io/v1`. */
  readonly apiVersion?: string;
  /** `CertificateSigningRequest`. */
  readonly kind?: string;
  /** Name and more. */
  readonly metadata?: {
    /** Its name. */
    readonly name?: string;
    /** The beginning of a name that the API server completes. */
    readonly generateName?: string;
  };
  /** What is asked for. */
  readonly spec: RequestSpec;
  /** What became of it. */
  readonly status?: {
    /** Base64 of PEM text, once signed. */
    readonly certificate?: string;
    /** Approval, denial, failure. */
    readonly conditions?: readonly RequestConditionObject[];
  };
}

/** A CertificateSigningRequest as {@link certificateSigningRequest} makes it: fits what client libraries take. */
export interface NewCertificateSigningRequest {
  /** The group and version. */
  apiVersion: "certificates.k8s.io/v1";
  /** The kind. */
  kind: "CertificateSigningRequest";
  /** Its name, or the beginning of one that the API server completes. */
  metadata:
    | {
        /** Its name. */
        name: string;
      }
    | {
        /** The beginning of a name that the API server completes. */
        generateName: string;
      };
  /** What is asked for. */
  spec: {
    /** Base64 of the PEM text of a PKCS#10 request. */
    request: string;
    /** Who is to sign. */
    signerName: string;
    /** What the certificate is to be used for. */
    usages: string[];
    /** Wanted lifetime, in seconds. */
    expirationSeconds?: number;
  };
}

/** What {@link certificateSigningRequest} takes. */
export interface SigningRequestOptions {
  /** The object's name. Without it, `generateName` is used. */
  readonly name?: string;
  /** The beginning of a name that the API server completes; `csr-` by default. */
  readonly generateName?: string;
  /** PEM text of the request, see `createCertificateRequest`. */
  readonly pem: string;
  /** Who is to sign. */
  readonly signerName: string;
  /** What the certificate is to be used for. */
  readonly usages: readonly CertificateUsage[];
  /** Wanted lifetime, in seconds, at least 600. The signer may give less. */
  readonly expirationSeconds?: number;
}

/**
 * Makes a CertificateSigningRequest object to create through the API. Nothing is checked, see {@link validateCertificateSigningRequest}.
 *
 * Source: Kubernetes `staging/src/k8s.io/api/certificates/v1/types.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { certificateSigningRequest, createCertificateRequest, generateKeyPair, validateCertificateSigningRequest } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { pem } = await createCertificateRequest({ subject: { commonName: "jane" } }, signer);
 * const object = certificateSigningRequest({ name: "jane", pem, signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] });
 * assert.deepEqual(await validateCertificateSigningRequest(object), []);
 * ```
 */
export function certificateSigningRequest(options: SigningRequestOptions): NewCertificateSigningRequest {
  const { name, generateName = "csr-", pem, signerName, usages, expirationSeconds } = options;
  return {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: name === undefined ? { generateName } : { name },
    spec: {
      request: encodeBase64(new TextEncoder().encode(pem)),
      signerName,
      usages: [...usages],
      ...(expirationSeconds !== undefined && { expirationSeconds }),
    },
  };
}

/**
 * The certificates of a signed request, its own first; an empty list while there are none.
 *
 * @throws PemError, DerError, CertificateError if what the signer wrote does not parse
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { issuedCertificates } from "kubepki";
 *
 * assert.deepEqual(issuedCertificates({ spec: { request: "", signerName: "example.com/a" } }), []);
 * ```
 */
export function issuedCertificates({ status }: CertificateSigningRequest): readonly Certificate[] {
  if (!status?.certificate) return [];
  const bytes = decodeBase64(status.certificate, false);
  if (!bytes) throw new PemError("ERR_PEM_BASE64", "status.certificate is no base64");
  return parseCertificates(new TextDecoder().decode(bytes));
}

/** The condition of this type, whatever its status; the API server lets there be one of each. */
export type KnownCondition = "Approved" | "Denied" | "Failed";

/**
 * Tells whether the request has this condition, as kube-controller-manager's helpers do, which look at the type alone.
 *
 * Source: Kubernetes `pkg/controller/certificates/certificate_controller_utils.go` (`GetCertApprovalCondition`, `HasTrueCondition`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { hasRequestCondition } from "kubepki";
 *
 * const object = { spec: { request: "", signerName: "example.com/a" }, status: { conditions: [{ type: "Denied", status: "True" }] } };
 * assert.equal(hasRequestCondition(object, "Denied"), true);
 * ```
 */
export function hasRequestCondition({ status }: CertificateSigningRequest, type: KnownCondition): boolean {
  return status?.conditions?.some((condition) => condition.type === type) ?? false;
}

/**
 * The object with a decision added, to be written to its `/approval` (or, for `Failed`, `/status`) subresource.
 *
 * A decision is final: one that stands there is not turned around, and a signed request is decided. The API server fills in the times.
 *
 * Source: Kubernetes `pkg/apis/certificates/validation/validation.go` (`validateConditions`), `staging/src/k8s.io/kubectl/pkg/cmd/certificates`.
 *
 * @throws SignerError `ERR_SIGNER_STATE` if the request is approved, denied, failed or signed already
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { decideRequest } from "kubepki";
 *
 * const object = { spec: { request: "", signerName: "example.com/a" } };
 * const approved = decideRequest(object, { type: "Approved", reason: "Checked", message: "Jane works here." });
 * assert.equal(approved.status?.conditions?.[0]?.status, "True");
 * assert.throws(() => decideRequest(approved, { type: "Denied", reason: "No", message: "" }), { code: "ERR_SIGNER_STATE" });
 * ```
 */
export function decideRequest<T extends CertificateSigningRequest>(
  object: T,
  decision: { readonly type: KnownCondition; readonly reason: string; readonly message: string },
): T & CertificateSigningRequest {
  const decided = (["Approved", "Denied", "Failed"] as const).find(
    (type) => hasRequestCondition(object, type) && !(type === "Approved" && decision.type === "Failed"),
  );
  if (decided) throw new SignerError("ERR_SIGNER_STATE", `the request is ${decided} already, which is final`);
  if (object.status?.certificate) throw new SignerError("ERR_SIGNER_STATE", "the request is signed already");
  const conditions = [...(object.status?.conditions ?? []), { ...decision, status: "True" }];
  return { ...object, status: { ...object.status, conditions } };
}
