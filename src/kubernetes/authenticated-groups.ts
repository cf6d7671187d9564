import type { Identity } from "./identity.ts";
import { ANONYMOUS_USER, AUTHENTICATED_GROUP, UNAUTHENTICATED_GROUP } from "./well-known.ts";

/**
 * The groups that kube-apiserver decides with: those of the certificate, and `system:authenticated` at the end.
 *
 * The group is not added to `system:anonymous`, nor where `system:authenticated` or `system:unauthenticated` stands already.
 * A new array every time; order and duplicates are kept.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/group/authenticated_group_adder.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { authenticatedGroups } from "kubepki";
 *
 * assert.deepEqual(authenticatedGroups({ user: "jane", groups: ["developers"] }), ["developers", "system:authenticated"]);
 * ```
 */
export function authenticatedGroups(identity: {
  readonly user: string;
  readonly groups: readonly string[];
}): string[] {
  const { user, groups } = identity;
  const settled =
    user === ANONYMOUS_USER || groups.includes(AUTHENTICATED_GROUP) || groups.includes(UNAUTHENTICATED_GROUP);
  return settled ? [...groups] : [...groups, AUTHENTICATED_GROUP];
}

/** `UserInfo` of authentication.k8s.io/v1, as in the status of a TokenReview. A SubjectAccessReview calls `username` `user`. */
export interface UserInfo {
  /** The user name. */
  readonly username: string;
  /** The user's uid, if the certificate has one. */
  readonly uid?: string;
  /** The groups, with `system:authenticated`. */
  readonly groups: readonly string[];
  /** Further facts; for certificates the credential id. */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/**
 * The identity as kube-apiserver hands it to authorizers and webhooks, and as `kubectl auth whoami` shows it: plain data for JSON.
 *
 * Source: Kubernetes `staging/src/k8s.io/api/authentication/v1/types.go`, `UserInfo`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseIdentity, toUserInfo } from "kubepki";
 *
 * const pem = `-----BEGIN CERTIFICATE-----
 * MIIBcTCCASOgAwIBAgIUYMLBfxrvRLvHQ6SxvgVdEOiQyAAwBQYDK2VwMCQxEzAR
 * BgNVBAoMCmRldmVsb3BlcnMxDTALBgNVBAMMBGphbmUwIBcNMjYxMTIzMjI1ODM3
 * WhgPMjEyNjEwMzAyMjU4MzdaMCQxEzARBgNVBAoMCmRldmVsb3BlcnMxDTALBgNV
 * BAMMBGphbmUwKjAFBgMrZXADIQA1CrppgeyM7+iS5XAi7hf8KHlAo0xuBsn+nL3/
 * k4FnxKNlMGMwHQYDVR0OBBYEFDgyCUPn1E8dxsbAoFzp1vX2r2jVMB8GA1UdIwQY
 * MBaAFDgyCUPn1E8dxsbAoFzp1vX2r2jVMAwGA1UdEwEB/wQCMAAwEwYDVR0lBAww
 * CgYIKwYBBQUHAwIwBQYDK2VwA0EA8s+QNmUpc2TD/L2Ukl3eODeNH9aGLlpoCPoN
 * k0UYAtoLrDrW32lr/4XCMxgaAaJwWWzEGbC9mwHAIX2J3V3FBQ==
 * -----END CERTIFICATE-----`;
 * const identity = parseIdentity(pem);
 * assert(identity);
 * assert.equal(toUserInfo(identity).username, "jane");
 * assert.deepEqual(toUserInfo(identity).groups, ["developers", "system:authenticated"]);
 * ```
 */
export function toUserInfo(identity: Identity): UserInfo {
  const { user: username, uid, extra } = identity;
  const groups = authenticatedGroups(identity);
  return uid === undefined ? { username, groups, extra } : { username, uid, groups, extra };
}
