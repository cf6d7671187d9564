/** What the controllers need of a cluster, and nothing more: plain JSON objects in and out. */

import type { NewCertificateSigningRequest } from "../../kubernetes/csr/api-object.ts";

/** Metadata of an API object, as far as the controllers look at it. */
export interface ObjectMeta {
  /** Unique among the objects of its kind. */
  readonly name?: string;
  /** The API server's identity of this very object; another one of the same name has another. */
  readonly uid?: string;
  /** Changes with every write; a write that states an older one is refused. */
  readonly resourceVersion?: string;
  /** RFC 3339 time. */
  readonly creationTimestamp?: string;
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

/** One page of a list. */
export interface RequestList {
  /** The version to watch from, and the token of the next page. */
  readonly metadata: {
    /** Watch from here. */
    readonly resourceVersion?: string;
    /** Token of the next page; empty or absent on the last. */
    readonly continue?: string;
  };
  /** The objects of this page. */
  readonly items: readonly RequestObject[];
}

/** One line of a watch. */
export interface WatchEvent {
  /** `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`. */
  readonly type: string;
  /** The object; of a bookmark only its resourceVersion counts, of an error it is a `Status`. */
  readonly object: RequestObject & {
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
  readonly metadata: ObjectMeta & {
    /** Where it lives. */
    readonly namespace?: string;
  };
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

/** A cluster as the controllers see it. Methods reject with an `ApiError` that has the server's status. */
export interface CertificatesClient extends RequestingClient {
  /** One page of all CertificateSigningRequests. */
  list(options: ListOptions): Promise<RequestList>;
  /** Changes after a version, until the server or the signal ends it. A server should be asked to end it after 5 minutes: half a minute later it is given up. */
  watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent>;
  /** Writes `/approval`; refused with status 409 if the version is old. */
  replaceApproval(object: RequestObject, signal?: AbortSignal): Promise<RequestObject>;
  /** Writes `/status`; refused with status 409 if the version is old. */
  replaceStatus(object: RequestObject, signal?: AbortSignal): Promise<RequestObject>;
  /** Deletes this very object: its uid and version must still be those given. */
  remove(object: RequestObject, signal?: AbortSignal): Promise<void>;
  /** Asks the API server whether somebody may do something. */
  reviewAccess(spec: AccessReviewSpec, signal?: AbortSignal): Promise<boolean>;
  /** A Node object; the only other kind that policies look at. */
  readNode(name: string, signal?: AbortSignal): Promise<NodeObject>;
  /** One lease. */
  readLease(namespace: string, name: string, signal?: AbortSignal): Promise<Lease>;
  /** Makes a lease; refused with status 409 if there is one. */
  createLease(lease: Lease, signal?: AbortSignal): Promise<Lease>;
  /** Writes a lease; refused with status 409 if the version is old. */
  replaceLease(lease: Lease, signal?: AbortSignal): Promise<Lease>;
}

/** How a list is asked for. */
export interface ListOptions {
  /** Most objects in one page. */
  readonly limit: number;
  /** Token of the page, from the one before. */
  readonly continue?: string;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}
