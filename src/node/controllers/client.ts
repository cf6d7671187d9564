/** What the controllers need of a cluster, and nothing more: plain JSON objects in and out. */

import type { NewCertificateSigningRequest } from "../../kubernetes/csr/api-object.ts";
import type { PodCertificateRequest } from "../../kubernetes/pod-certificate/api-object.ts";

/** Metadata of an API object, as far as the controllers look at it. */
export interface ObjectMeta {
  /** Unique among the objects of its kind, and of its namespace if it has one. */
  readonly name?: string;
  /** Where it lives, if objects of its kind have namespaces. */
  readonly namespace?: string;
  /** The API server's identity of this very object; another one of the same name has another. */
  readonly uid?: string;
  /** Changes with every write; a write that states an older one is refused. */
  readonly resourceVersion?: string;
  /** RFC 3339 time. */
  readonly creationTimestamp?: string;
}

/** An object, as far as all controllers look at it. */
export interface ApiObject {
  /** Name and version. */
  readonly metadata: ObjectMeta;
}

/** By what an object is found: namespace, slash and name, or the name alone. */
export function keyOf({ metadata: { namespace, name = "" } }: ApiObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** `CertificateSigningRequestCondition` of certificates.k8s.io/v1. */
export interface RequestCondition {
  /** `Approved`, `Denied`, `Failed` or one of somebody's own. */
  readonly type: string;
  /** `True`, `False` or `Unknown`; only `True` for the three that Kubernetes knows. */
  readonly status: string;
  /** One word for machines. */
  readonly reason?: string;
  /** A sentence for people. */
  readonly message?: string;
  /** RFC 3339 time. */
  readonly lastUpdateTime?: string;
  /** RFC 3339 time. */
  readonly lastTransitionTime?: string;
}

/** `CertificateSigningRequest` of certificates.k8s.io/v1, as far as the controllers look at it; other fields are kept. */
export interface RequestObject {
  /** `certificates.k8s.io/v1`. */
  readonly apiVersion?: string;
  /** `CertificateSigningRequest`. */
  readonly kind?: string;
  /** Name and version. */
  readonly metadata: ObjectMeta;
  /** What is asked for; immutable. */
  readonly spec: {
    /** Base64 of the PEM text of a PKCS#10 request. */
    readonly request: string;
    /** Who is to sign. */
    readonly signerName: string;
    /** What the certificate is to be used for. */
    readonly usages?: readonly string[];
    /** Wanted lifetime, in seconds. */
    readonly expirationSeconds?: number;
    /** Who made the object; written by the API server. */
    readonly username?: string;
    /** Uid of who made it; written by the API server. */
    readonly uid?: string;
    /** Groups of who made it; written by the API server. */
    readonly groups?: readonly string[];
    /** Further attributes of who made it; written by the API server. */
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  /** What became of it. */
  readonly status?: {
    /** Base64 of PEM text, once signed. */
    readonly certificate?: string;
    /** Approval, denial, failure. */
    readonly conditions?: readonly RequestCondition[];
  };
}

/** PodCertificateRequest of certificates.k8s.io, as the API server has it. */
export interface PodCertificateObject extends PodCertificateRequest {
  /** Name, namespace and version. */
  readonly metadata: ObjectMeta;
}

/** One page of a list. */
export interface ObjectList<T> {
  /** The version to watch from, and the token of the next page. */
  readonly metadata: {
    /** Watch from here. */
    readonly resourceVersion?: string;
    /** Token of the next page; empty or absent on the last. */
    readonly continue?: string;
  };
  /** The objects of this page. */
  readonly items: readonly T[];
}

/** One page of CertificateSigningRequests. */
export type RequestList = ObjectList<RequestObject>;

/** One line of a watch. */
export interface WatchEvent<T extends ApiObject = RequestObject> {
  /** `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`. */
  readonly type: string;
  /** The object; of a bookmark only its resourceVersion counts, of an error it is a `Status`. */
  readonly object: T & {
    /** HTTP status of an error. */
    readonly code?: number;
    /** Text of an error. */
    readonly message?: string;
  };
}

/** `Node` of v1, as far as policies look at it. */
export interface NodeObject {
  /** Its name. */
  readonly metadata: ObjectMeta;
  /** What its kubelet says of it. */
  readonly status?: {
    /** Addresses and names. */
    readonly addresses?: readonly {
      /** `InternalIP`, `ExternalIP`, `Hostname`, `InternalDNS` or `ExternalDNS`. */
      readonly type: string;
      /** The address or name. */
      readonly address: string;
    }[];
  };
}

/** `Lease` of coordination.k8s.io/v1. */
export interface Lease {
  /** `coordination.k8s.io/v1`. */
  readonly apiVersion?: string;
  /** `Lease`. */
  readonly kind?: string;
  /** Name and version. */
  readonly metadata: ObjectMeta;
  /** Who holds it, and since when. */
  readonly spec: {
    /** Who holds it; empty when released. */
    readonly holderIdentity?: string;
    /** After so many seconds without a renewal others may take it. */
    readonly leaseDurationSeconds?: number;
    /** When the holder got it; RFC 3339 with microseconds. */
    readonly acquireTime?: string;
    /** When the holder last renewed it; RFC 3339 with microseconds. */
    readonly renewTime?: string;
    /** How often the holder changed. */
    readonly leaseTransitions?: number;
  };
}

/** `spec` of a SubjectAccessReview of authorization.k8s.io/v1. */
export interface AccessReviewSpec {
  /** Who would do it. */
  readonly user?: string;
  /** Uid of who would do it. */
  readonly uid?: string;
  /** Groups of who would do it. */
  readonly groups?: readonly string[];
  /** Further attributes of who would do it. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  /** What would be done. */
  readonly resourceAttributes: Readonly<Record<string, string>>;
}

/** A cluster as somebody sees it who wants a certificate of it. Methods reject with an `ApiError` that has the server's status. */
export interface RequestingClient {
  /** Makes a CertificateSigningRequest; refused with status 409 if there is one of its name. */
  create(object: NewCertificateSigningRequest, signal?: AbortSignal): Promise<RequestObject>;
  /** One object by its name. */
  read(name: string, signal?: AbortSignal): Promise<RequestObject>;
}

/** All objects of one kind. */
export interface ObjectSource<T extends ApiObject> {
  /** One page of them. */
  list(options: ListOptions): Promise<ObjectList<T>>;
  /** Changes after a version, until the server or the signal ends it. A server should be asked to end it after 5 minutes: half a minute later it is given up. */
  watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent<T>>;
  /** One object by its name; if it has a namespace, by that, a slash and the name. */
  read(name: string, signal?: AbortSignal): Promise<T>;
  /** Writes `/status`; refused with status 409 if the version is old. */
  replaceStatus(object: T, signal?: AbortSignal): Promise<T>;
}

/** Leases, by which replicas agree on one that works. */
export interface LeaseClient {
  /** One lease. */
  readLease(namespace: string, name: string, signal?: AbortSignal): Promise<Lease>;
  /** Makes a lease; refused with status 409 if there is one. */
  createLease(lease: Lease, signal?: AbortSignal): Promise<Lease>;
  /** Writes a lease; refused with status 409 if the version is old. */
  replaceLease(lease: Lease, signal?: AbortSignal): Promise<Lease>;
}

/** Versions of the API that have PodCertificateRequests: alpha in Kubernetes 1.34, beta since 1.35, and what comes after. */
export type PodCertificateVersion = "v1alpha1" | "v1beta1" | "v1";

/** A cluster as a signer of pod certificates sees it. Methods reject with an `ApiError` that has the server's status. */
export interface PodCertificatesClient extends LeaseClient {
  /** The PodCertificateRequests of all namespaces; `v1beta1` by default. */
  podCertificateRequests(version?: PodCertificateVersion): ObjectSource<PodCertificateObject>;
}

/** A cluster as the controllers see it. Methods reject with an `ApiError` that has the server's status. */
export interface CertificatesClient extends RequestingClient, ObjectSource<RequestObject>, LeaseClient {
  /** Writes `/approval`; refused with status 409 if the version is old. */
  replaceApproval(object: RequestObject, signal?: AbortSignal): Promise<RequestObject>;
  /** Deletes this very object: its uid and version must still be those given. */
  remove(object: RequestObject, signal?: AbortSignal): Promise<void>;
  /** Asks the API server whether somebody may do something. */
  reviewAccess(spec: AccessReviewSpec, signal?: AbortSignal): Promise<boolean>;
  /** A Node object; the only other kind that policies look at. */
  readNode(name: string, signal?: AbortSignal): Promise<NodeObject>;
}

/** What {@link connect} and {@link clientFrom} give: enough for every controller. */
export interface ClusterClient extends CertificatesClient, PodCertificatesClient {}

/** How a list is asked for. */
export interface ListOptions {
  /** Most objects in one page. */
  readonly limit: number;
  /** Token of the page, from the one before. */
  readonly continue?: string;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}
