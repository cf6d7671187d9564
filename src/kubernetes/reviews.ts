/** What a webhook answers about a caller, and what a server asks about one: objects of authentication.k8s.io and authorization.k8s.io. */
import type { UserInfo } from "./authenticated-groups.ts";

/** A TokenReview of authentication.k8s.io/v1 as a webhook answers it. */
export interface TokenReview {
  /** Always the same. */
  readonly apiVersion: "authentication.k8s.io/v1";
  /** Always the same. */
  readonly kind: "TokenReview";
  /** The answer. */
  readonly status: {
    /** Whether the caller is known. */
    readonly authenticated: boolean;
    /** Who it is, if it is known. */
    readonly user?: UserInfo;
    /** For whom the answer counts; the API server itself if left out. */
    readonly audiences?: readonly string[];
    /** Why the caller could not be looked at. */
    readonly error?: string;
  };
}

/**
 * A TokenReview that says who somebody is, or, of undefined, that it is nobody: plain data for JSON.
 *
 * Source: Kubernetes `staging/src/k8s.io/api/authentication/v1/types.go` (`TokenReviewStatus`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { toTokenReview } from "kubepki";
 *
 * const review = toTokenReview({ username: "jane", groups: ["developers"], extra: {} });
 * assert.equal(review.status.user?.username, "jane");
 * assert.deepEqual(toTokenReview(undefined).status, { authenticated: false });
 * ```
 */
export function toTokenReview(
  user: UserInfo | undefined,
  options: {
    /** For whom the answer counts. */
    readonly audiences?: readonly string[];
    /** Why the caller could not be looked at; not given together with a user. */
    readonly error?: string;
  } = {},
): TokenReview {
  if (user && options.error !== undefined) throw new TypeError("a review has a user or an error, not both");
  const status = { authenticated: user !== undefined, ...(user && { user }), ...options };
  return { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status };
}

/** What is to be done to which object of the API. */
export interface ResourceAttributes {
  /** The namespace; empty or left out for objects without one. */
  readonly namespace?: string;
  /** `get`, `list`, `create` and so on, or `*`. */
  readonly verb: string;
  /** The API group, empty for the core group, or `*`. */
  readonly group?: string;
  /** The version, or `*`. */
  readonly version?: string;
  /** The plural name, such as `pods`, or `*`. */
  readonly resource: string;
  /** Such as `log`. */
  readonly subresource?: string;
  /** The object's name; empty or left out for all of them. */
  readonly name?: string;
}

/** What is to be done to which path that is no object. */
export interface NonResourceAttributes {
  /** The path, such as `/metrics`. */
  readonly path: string;
  /** The method in lower case. */
  readonly verb: string;
}

/** A SubjectAccessReview of authorization.k8s.io/v1 as it is sent to an API server. */
export interface SubjectAccessReview {
  /** Always the same. */
  readonly apiVersion: "authorization.k8s.io/v1";
  /** Always the same. */
  readonly kind: "SubjectAccessReview";
  /** The question. */
  readonly spec: {
    /** The user name, which a TokenReview calls `username`. */
    readonly user: string;
    /** The uid, if the user has one. */
    readonly uid?: string;
    /** The groups, with `system:authenticated`. */
    readonly groups: readonly string[];
    /** Further facts; the names of fields are in lower case, as Kubernetes compares them. */
    readonly extra?: Readonly<Record<string, readonly string[]>>;
    /** What is to be done to an object. */
    readonly resourceAttributes?: ResourceAttributes;
    /** What is to be done to a path. */
    readonly nonResourceAttributes?: NonResourceAttributes;
  };
}

/**
 * A SubjectAccessReview that asks whether somebody may do something: plain data for JSON. Send it to an API server to let its RBAC decide; the answer is
 * in `status.allowed`.
 *
 * Source: Kubernetes `staging/src/k8s.io/api/authorization/v1/types.go` (`SubjectAccessReviewSpec`),
 * `staging/src/k8s.io/apiserver/plugin/pkg/authorizer/webhook/webhook.go` (`Authorize`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { toSubjectAccessReview } from "kubepki";
 *
 * const jane = { username: "jane", groups: ["developers", "system:authenticated"], extra: {} };
 * const { spec } = toSubjectAccessReview(jane, { verb: "get", resource: "pods", namespace: "shop" });
 * assert.deepEqual([spec.user, spec.resourceAttributes?.resource], ["jane", "pods"]);
 * ```
 */
export function toSubjectAccessReview(
  user: UserInfo,
  attributes: ResourceAttributes | NonResourceAttributes,
): SubjectAccessReview {
  const { username, uid, groups, extra } = user;
  const spec = {
    user: username,
    ...(uid !== undefined && { uid }),
    groups,
    ...(Object.keys(extra).length > 0 && { extra }),
    ...("path" in attributes ? { nonResourceAttributes: attributes } : { resourceAttributes: attributes }),
  };
  return { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
}
