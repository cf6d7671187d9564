/** What RBAC makes of an identity: by which subjects bindings meet it, which bindings do, and what it takes to end that. */
import type { Finding } from "../finding.ts";
import { authenticatedGroups } from "./authenticated-groups.ts";
import { identityKind } from "./identity-kind.ts";
import { AUTHENTICATED_GROUP, MASTERS_GROUP, SERVICE_ACCOUNT_USER_PREFIX } from "./well-known.ts";

/** A subject of a RoleBinding or ClusterRoleBinding, in the shape of rbac.authorization.k8s.io/v1. */
export interface RbacSubject {
  /** What it names. */
  readonly kind: "User" | "Group" | "ServiceAccount" | (string & {});
  /** `rbac.authorization.k8s.io` for users and groups, empty for service accounts; not looked at when it is matched. */
  readonly apiGroup?: string;
  /** The user, the group, or the service account in its namespace. */
  readonly name: string;
  /** The service account's namespace; that of the RoleBinding if absent. */
  readonly namespace?: string;
}

/** The role that a binding grants. */
export interface RoleRef {
  /** `Role` or `ClusterRole`. */
  readonly kind: string;
  /** Its name. */
  readonly name: string;
}

/** A RoleBinding or ClusterRoleBinding, as far as it is looked at. The objects of client libraries fit. */
export interface RbacBinding {
  /** Its name, and its namespace if it has one. */
  readonly metadata?: {
    /** Its name. */
    readonly name?: string;
    /** Its namespace; a ClusterRoleBinding has none. */
    readonly namespace?: string;
  };
  /** What it grants. */
  readonly roleRef: RoleRef;
  /** To whom. */
  readonly subjects?: readonly RbacSubject[];
}

/** The bindings of a cluster, as lists of the API server hold them in `items`. */
export interface RbacBindings {
  /** They grant in the whole cluster. */
  readonly clusterRoleBindings?: readonly RbacBinding[];
  /** They grant in their namespace. */
  readonly roleBindings?: readonly RbacBinding[];
}

/** A binding that meets an identity. */
export interface RbacGrant {
  /** Which kind of binding. */
  readonly kind: "ClusterRoleBinding" | "RoleBinding";
  /** The binding's name. */
  readonly name: string;
  /** The namespace in which it grants; absent for the whole cluster. */
  readonly namespace?: string;
  /** The role that it grants. */
  readonly roleRef: RoleRef;
  /** Those of its subjects that are this identity. */
  readonly subjects: readonly RbacSubject[];
}

/** Whom RBAC decides about: a user, and groups with or without `system:authenticated`. */
export interface RbacIdentity {
  /** The user name. */
  readonly user: string;
  /** The groups; `system:authenticated` is added as the API server adds it. */
  readonly groups: readonly string[];
}

const API_GROUP = "rbac.authorization.k8s.io";

/**
 * Every subject by which a binding can meet this identity, to write into a binding or to search for: the user, each group once, and the
 * service account if the user is one.
 *
 * Source: Kubernetes `plugin/pkg/auth/authorizer/rbac/rbac.go` (`appliesToUser`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { toRbacSubjects } from "kubepki";
 *
 * const names = toRbacSubjects({ user: "jane", groups: ["developers"] }).map(({ kind, name }) => `${kind} ${name}`);
 * assert.deepEqual(names, ["User jane", "Group developers", "Group system:authenticated"]);
 * ```
 */
export function toRbacSubjects(identity: RbacIdentity): RbacSubject[] {
  const { user } = identity;
  const kind = identityKind(identity);
  return [
    { kind: "User", apiGroup: API_GROUP, name: user },
    ...(kind.kind === "serviceAccount"
      ? [{ kind: "ServiceAccount", name: kind.name, namespace: kind.namespace }]
      : []),
    ...[...new Set(authenticatedGroups(identity))].map((name) => ({
      kind: "Group",
      apiGroup: API_GROUP,
      name,
    })),
  ];
}

/**
 * The bindings that meet an identity, as the API server's RBAC authorizer matches them: names of users and groups exactly, service accounts by
 * their user name.
 *
 * It does not look into roles, and knows nothing of other authorizers: the Node authorizer, webhooks, and the bypass of `system:masters`.
 *
 * Source: Kubernetes `plugin/pkg/auth/authorizer/rbac/rbac.go` (`appliesToUser`), `pkg/registry/rbac/validation/rule.go` (`VisitRulesFor`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { findBindings } from "kubepki";
 *
 * const admins = {
 *   metadata: { name: "admins" },
 *   roleRef: { kind: "ClusterRole", name: "cluster-admin" },
 *   subjects: [{ kind: "Group", name: "platform" }],
 * };
 * const [grant] = findBindings({ user: "jane", groups: ["platform"] }, { clusterRoleBindings: [admins] });
 * assert.equal(grant?.roleRef.name, "cluster-admin");
 * ```
 */
export function findBindings(identity: RbacIdentity, bindings: RbacBindings): RbacGrant[] {
  const { clusterRoleBindings = [], roleBindings = [] } = bindings;
  const groups = new Set(authenticatedGroups(identity));
  const find = (kind: RbacGrant["kind"], binding: RbacBinding): RbacGrant[] => {
    const namespace = kind === "RoleBinding" ? (binding.metadata?.namespace ?? "") : "";
    const subjects = (binding.subjects ?? []).filter((subject) =>
      appliesTo(subject, identity.user, groups, namespace),
    );
    const name = binding.metadata?.name ?? "";
    const place = kind === "RoleBinding" ? { name, namespace } : { name };
    return subjects.length === 0 ? [] : [{ kind, ...place, roleRef: binding.roleRef, subjects }];
  };
  return [
    ...clusterRoleBindings.flatMap((binding) => find("ClusterRoleBinding", binding)),
    ...roleBindings.flatMap((binding) => find("RoleBinding", binding)),
  ];
}

function appliesTo(
  { kind, name, namespace = "" }: RbacSubject,
  user: string,
  groups: ReadonlySet<string>,
  bindingNamespace: string,
): boolean {
  if (kind === "User") return user === name;
  if (kind === "Group") return groups.has(name);
  const place = namespace || bindingNamespace;
  return (
    kind === "ServiceAccount" && place !== "" && user === `${SERVICE_ACCOUNT_USER_PREFIX}${place}:${name}`
  );
}

/** The codes of {@link explainRevocation}. */
export type RevocationFindingCode =
  | "FINDING_REVOKE_MASTERS"
  | "FINDING_REVOKE_NODE"
  | "FINDING_REVOKE_BINDING"
  | "FINDING_REVOKE_GROUP_BINDING"
  | "FINDING_REVOKE_EVERYBODY";

/** A finding of {@link explainRevocation}. */
export interface RevocationFinding extends Finding {
  /** Stable name of the rule. */
  readonly code: RevocationFindingCode;
}

/**
 * What it takes to end the access of a certificate that cannot be revoked: every grant that has to go, and what no change of RBAC ends.
 *
 * An error is what RBAC cannot take away: `system:masters`, whom the API server does not even ask about; only another client CA ends that. A warning is
 * a change to make: a subject to remove, where a group takes the access from all its members; the Node authorizer's rights of a kubelet; and what
 * everybody has. Nothing found means that RBAC grants nothing. The certificate still says who its holder is until it expires.
 *
 * Not seen: webhook and ABAC authorizers, and what the user may do as somebody else by impersonation.
 *
 * Sources: Kubernetes `pkg/registry/rbac/escalation_check.go`, `staging/src/k8s.io/apiserver/pkg/authorization/authorizerfactory/builtin.go`
 * (`NewPrivilegedGroups`), `plugin/pkg/auth/authorizer/node/node_authorizer.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { explainRevocation } from "kubepki";
 *
 * const [finding] = explainRevocation({ user: "jane", groups: ["system:masters"] }, {});
 * assert.equal(finding?.code, "FINDING_REVOKE_MASTERS");
 * assert.equal(finding?.severity, "error");
 * ```
 */
export function explainRevocation(identity: RbacIdentity, bindings: RbacBindings): RevocationFinding[] {
  return [
    ...beyondRbac(identity),
    ...findBindings(identity, bindings).flatMap((grant) =>
      grant.subjects.map((subject) => explainSubject(grant, subject)),
    ),
  ];
}

function beyondRbac(identity: RbacIdentity): RevocationFinding[] {
  const findings: RevocationFinding[] = [];
  if (identity.groups.includes(MASTERS_GROUP))
    findings.push({
      code: "FINDING_REVOKE_MASTERS",
      severity: "error",
      path: "groups",
      message: `the API server lets ${MASTERS_GROUP} do everything and asks no authorizer, so no RBAC rule can end it`,
      found: MASTERS_GROUP,
      fix: "replace the client CA, and issue administrators certificates of another group that RBAC binds",
    });
  const kind = identityKind(identity);
  if (kind.kind === "node")
    findings.push({
      code: "FINDING_REVOKE_NODE",
      severity: "warning",
      path: "user",
      message: `the Node authorizer lets the kubelet of ${kind.nodeName} read what the pods of its node need, without any binding`,
      found: identity.user,
      fix: `delete the pods of node ${kind.nodeName} and the node itself, and let no new certificate be approved for it`,
    });
  return findings;
}

function explainSubject(grant: RbacGrant, subject: RbacSubject): RevocationFinding {
  const { kind, name, namespace, roleRef } = grant;
  const binding = namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
  const role = `${roleRef.kind} ${roleRef.name}`;
  const place = namespace === undefined ? "in the whole cluster" : `in namespace ${namespace}`;
  const found = `${subject.kind} ${subject.name}`;
  const about = { severity: "warning", path: binding, found } as const;
  if (subject.kind === "Group" && subject.name === AUTHENTICATED_GROUP)
    return {
      ...about,
      code: "FINDING_REVOKE_EVERYBODY",
      message: `${binding} grants ${role} ${place} to everybody who has a valid certificate or token`,
      fix: "nothing can take that from one of them; bind a group of your own instead if it is too much",
    };
  if (subject.kind === "Group")
    return {
      ...about,
      code: "FINDING_REVOKE_GROUP_BINDING",
      message: `${binding} grants ${role} ${place} to the group ${subject.name}`,
      fix: "remove the subject, which takes it from all members: the certificates say who is a member, nothing else can",
    };
  return {
    ...about,
    code: "FINDING_REVOKE_BINDING",
    message: `${binding} grants ${role} ${place} to ${found}`,
    fix: "remove the subject from the binding",
  };
}
