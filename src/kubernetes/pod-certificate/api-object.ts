/** The PodCertificateRequest object of certificates.k8s.io: a kubelet asks for a certificate of one of its pods. */
import { encodeBase64 } from "../../base64.ts";
import type { PodCertificateProof, StubProof } from "./proof.ts";

/** What a request asks for. No field can change once it is created. */
export interface PodCertificateRequestSpec {
  /** Who is to sign. */
  readonly signerName: string;
  /** The pod that the certificate is for. */
  readonly podName: string;
  /** Its uid. */
  readonly podUID: string;
  /** The service account that the pod runs as. */
  readonly serviceAccountName: string;
  /** Its uid. */
  readonly serviceAccountUID: string;
  /** The node that the pod runs on. */
  readonly nodeName: string;
  /** Its uid. */
  readonly nodeUID: string;
  /** The longest lifetime that the certificate may have, in seconds; the API server writes 86,400 if it is absent. */
  readonly maxExpirationSeconds?: number;
  /** Base64 of a DER PKCS#10 request, of which the key and the signature count; since Kubernetes 1.36, instead of the two below. */
  readonly stubPKCS10Request?: string;
  /** Base64 of the DER SubjectPublicKeyInfo. */
  readonly pkixPublicKey?: string;
  /** Base64 of a signature over the pod's uid, see {@link signPodUid}. */
  readonly proofOfPossession?: string;
  /** What the pod's author wants the signer to know; nobody has checked it. Since Kubernetes 1.35. */
  readonly unverifiedUserAnnotations?: Readonly<Record<string, string>>;
}

/** What became of a request. */
export interface PodCertificateCondition {
  /** `Issued`, `Denied` or `Failed`; a request has at most one of them, and then does not change any more. */
  readonly type: string;
  /** Always `True`. */
  readonly status: string;
  /** One word for machines. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message: string;
  /** When it became so: RFC 3339 text, or a `Date` as client libraries have it. */
  readonly lastTransitionTime: string | Date;
}

/** What the signer has written. Times are RFC 3339 text, or `Date` as client libraries have it. */
export interface PodCertificateRequestStatus {
  /** What became of it; absent or empty while it waits. */
  readonly conditions?: readonly PodCertificateCondition[];
  /** PEM of the certificate, its own first. */
  readonly certificateChain?: string;
  /** Begin of the certificate's validity. */
  readonly notBefore?: string | Date;
  /** From when on the kubelet asks for the next. */
  readonly beginRefreshAt?: string | Date;
  /** End of the certificate's validity. */
  readonly notAfter?: string | Date;
}

/** A PodCertificateRequest as it is read; the objects of client libraries fit. */
export interface PodCertificateRequest {
  /** `certificates.k8s.io/v1beta1` since Kubernetes 1.35, `v1alpha1` in 1.34. */
  readonly apiVersion?: string;
  /** `PodCertificateRequest`. */
  readonly kind?: string;
  /** Where it is. */
  readonly metadata?: {
    /** Its name. */
    readonly name?: string;
    /** The beginning of a name that the API server completes. */
    readonly generateName?: string;
    /** The namespace, which is that of the pod. */
    readonly namespace?: string;
  };
  /** What is asked for. */
  readonly spec: PodCertificateRequestSpec;
  /** What became of it. */
  readonly status?: PodCertificateRequestStatus;
}

/** An object of a cluster by name and uid. */
export interface NamedObject {
  /** Its name. */
  readonly name: string;
  /** Its uid. */
  readonly uid: string;
}

/** What {@link podCertificateRequest} takes. */
export interface PodCertificateRequestOptions {
  /** The namespace of the pod. */
  readonly namespace: string;
  /** The pod; it becomes the owner of the object. */
  readonly pod: NamedObject;
  /** The service account that the pod runs as. */
  readonly serviceAccount: NamedObject;
  /** The node that the pod runs on. */
  readonly node: NamedObject;
  /** Who is to sign. */
  readonly signerName: string;
  /** Whose key it is. */
  readonly key: PodCertificateProof;
  /** The longest lifetime that the certificate may have, in seconds; 86,400 by default. */
  readonly maxExpirationSeconds?: number;
  /** What the signer shall know; the keys have a domain before a slash. */
  readonly unverifiedUserAnnotations?: Readonly<Record<string, string>>;
}

/** A day: what the API server writes if the object says nothing. */
export const DEFAULT_MAX_EXPIRATION_SECONDS = 86_400;

/**
 * Makes a PodCertificateRequest as a kubelet does: named by the API server, owned by the pod. Nothing is checked, see {@link validatePodCertificateRequest}.
 *
 * In a cluster only the pod's own node may create it, and the names and uids must be those of the objects that are there (NodeRestriction).
 *
 * Sources: Kubernetes `pkg/apis/certificates/types.go` (`PodCertificateRequest`), `pkg/kubelet/podcertificate`, KEP-4317.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, podCertificateRequest, stubCertificateRequest, validatePodCertificateRequest } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const object = podCertificateRequest({
 *   namespace: "shop",
 *   pod: { name: "web-0", uid: "4cc1e8a7-6d5c-4a52-8d3e-3c6f5d1b2a90" },
 *   serviceAccount: { name: "web", uid: "0f3e0b7a-53c1-4d3e-9f0a-0b8b0c6c5f11" },
 *   node: { name: "node-1", uid: "9c2f5e04-3b7d-4f0e-8a55-1d2c3b4a5f66" },
 *   signerName: "example.com/workloads",
 *   key: await stubCertificateRequest(signer),
 * });
 * assert.deepEqual(await validatePodCertificateRequest(object), []);
 * ```
 */
export function podCertificateRequest(
  options: PodCertificateRequestOptions & { readonly key: StubProof },
): NewPodCertificateRequest & StubSpec;
/** As above, for either proof. */
export function podCertificateRequest(options: PodCertificateRequestOptions): NewPodCertificateRequest;
export function podCertificateRequest(options: PodCertificateRequestOptions): NewPodCertificateRequest {
  const { namespace, pod, serviceAccount, node, signerName, key } = options;
  const { maxExpirationSeconds = DEFAULT_MAX_EXPIRATION_SECONDS, unverifiedUserAnnotations } = options;
  return {
    apiVersion: "certificates.k8s.io/v1beta1",
    kind: "PodCertificateRequest",
    metadata: {
      namespace,
      generateName: "req-",
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: pod.name, uid: pod.uid }],
    },
    spec: {
      signerName,
      podName: pod.name,
      podUID: pod.uid,
      serviceAccountName: serviceAccount.name,
      serviceAccountUID: serviceAccount.uid,
      nodeName: node.name,
      nodeUID: node.uid,
      maxExpirationSeconds,
      ...encodeProof(key),
      ...(unverifiedUserAnnotations && { unverifiedUserAnnotations: { ...unverifiedUserAnnotations } }),
    },
  };
}

function encodeProof(
  key: PodCertificateProof,
): Pick<PodCertificateRequestSpec, "stubPKCS10Request" | "pkixPublicKey" | "proofOfPossession"> {
  if ("stubRequest" in key) return { stubPKCS10Request: encodeBase64(key.stubRequest) };
  return {
    pkixPublicKey: encodeBase64(key.subjectPublicKeyInfo),
    proofOfPossession: encodeBase64(key.proofOfPossession),
  };
}

/** What a request has for sure that proves its key by a stub. */
export interface StubSpec {
  /** What is asked for. */
  readonly spec: {
    /** Base64 of the stub. */
    readonly stubPKCS10Request: string;
  };
}

/** A PodCertificateRequest as {@link podCertificateRequest} makes it: fits what client libraries take. */
export interface NewPodCertificateRequest {
  /** The group and version. */
  apiVersion: "certificates.k8s.io/v1beta1";
  /** The kind. */
  kind: "PodCertificateRequest";
  /** Where it is, and whose. */
  metadata: {
    /** The namespace of the pod. */
    namespace: string;
    /** The beginning of the name. */
    generateName: string;
    /** The pod: with it, the object goes. */
    ownerReferences: {
      /** The pod's. */
      apiVersion: string;
      /** The pod's. */
      kind: string;
      /** The pod's. */
      name: string;
      /** The pod's. */
      uid: string;
    }[];
  };
  /** What is asked for. */
  spec: PodCertificateRequestSpec & {
    /** Always written. */
    maxExpirationSeconds: number;
  };
}
