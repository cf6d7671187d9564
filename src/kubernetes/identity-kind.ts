import { isDns1123Label, isDns1123Subdomain } from "../x509/dns-name.ts";
import {
  ANONYMOUS_USER,
  API_SERVER_USER,
  BOOTSTRAP_USER_PREFIX,
  KUBE_CONTROLLER_MANAGER_USER,
  KUBE_PROXY_USER,
  KUBE_SCHEDULER_USER,
  NODES_GROUP,
  NODE_USER_PREFIX,
  SERVICE_ACCOUNT_USER_PREFIX,
} from "./well-known.ts";

/** A part of the control plane, or one of the administrators that kubeadm makes. */
export type Component =
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kube-proxy"
  | "konnectivity-server"
  | "kube-apiserver-kubelet-client"
  | "kube-apiserver-etcd-client"
  | "kube-etcd-healthcheck-client"
  | "front-proxy-client"
  | "kubernetes-admin"
  | "kubernetes-super-admin";

/**
 * THE table of users that Kubernetes and kubeadm give to components and administrators, with what stands behind each.
 *
 * Sources: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/user/user.go`; kubeadm `cmd/kubeadm/app/phases/certs/certlist.go`,
 * `cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go`; for Konnectivity the Kubernetes documentation, "Set up Konnectivity service".
 */
const COMPONENT_USERS: readonly (readonly [user: string, component: Component])[] = [
  [API_SERVER_USER, "kube-apiserver"],
  [KUBE_CONTROLLER_MANAGER_USER, "kube-controller-manager"],
  [KUBE_SCHEDULER_USER, "kube-scheduler"],
  [KUBE_PROXY_USER, "kube-proxy"],
  ["system:konnectivity-server", "konnectivity-server"],
  // The name in the API server's serving certificate.
  ["kube-apiserver", "kube-apiserver"],
  ["kube-apiserver-kubelet-client", "kube-apiserver-kubelet-client"],
  ["kube-apiserver-etcd-client", "kube-apiserver-etcd-client"],
  ["kube-etcd-healthcheck-client", "kube-etcd-healthcheck-client"],
  ["front-proxy-client", "front-proxy-client"],
  ["kubernetes-admin", "kubernetes-admin"],
  ["kubernetes-super-admin", "kubernetes-super-admin"],
];

/** What stands behind a user name; tell the kinds apart by `kind`. */
export type IdentityKind =
  | {
      /** A kubelet. */
      readonly kind: "node";
      /** The node's name; empty if nothing follows the prefix, as Kubernetes has it. */
      readonly nodeName: string;
    }
  | {
      /** A service account. */
      readonly kind: "serviceAccount";
      /** Its namespace. */
      readonly namespace: string;
      /** Its name. */
      readonly name: string;
    }
  | {
      /** A part of the control plane, or one of kubeadm's administrators. */
      readonly kind: "component";
      /** Which one. */
      readonly component: Component;
    }
  | {
      /** The holder of a bootstrap token. */
      readonly kind: "bootstrapToken";
      /** The public half of the token. */
      readonly tokenId: string;
    }
  | {
      /** Nobody who was authenticated. */
      readonly kind: "anonymous";
    }
  | {
      /** Anybody else: a name that has no meaning of its own to Kubernetes. */
      readonly kind: "user";
    };

/**
 * What stands behind an identity: a node, a service account, a component, the holder of a bootstrap token, or a user.
 *
 * It reads names and nothing else: it does not say that the holder has the privileges of that kind. A node needs the user prefix **and** the
 * group `system:nodes`, as Kubernetes' Node authorizer has it; the other kinds are told by the user name alone. A service account's
 * namespace and name must be valid ones.
 *
 * Sources: Kubernetes `pkg/auth/nodeidentifier/default.go` (`NodeIdentity`),
 * `staging/src/k8s.io/apiserver/pkg/authentication/serviceaccount/util.go` (`SplitUsername`),
 * `staging/src/k8s.io/cluster-bootstrap/token/api/types.go` (`BootstrapTokenIDPattern`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { identityKind } from "kubepki";
 *
 * const kubelet = { user: "system:node:node-1", groups: ["system:nodes"] };
 * assert.deepEqual(identityKind(kubelet), { kind: "node", nodeName: "node-1" });
 * assert.deepEqual(identityKind({ user: "jane", groups: ["developers"] }), { kind: "user" });
 * ```
 */
export function identityKind(identity: {
  readonly user: string;
  readonly groups: readonly string[];
}): IdentityKind {
  const { user, groups } = identity;
  if (user === ANONYMOUS_USER) return { kind: "anonymous" };
  const nodeName = after(NODE_USER_PREFIX, user);
  if (nodeName !== undefined && groups.includes(NODES_GROUP)) return { kind: "node", nodeName };
  const component = COMPONENT_USERS.find(([name]) => name === user)?.[1];
  if (component !== undefined) return { kind: "component", component };
  return serviceAccountOf(user) ?? bootstrapTokenOf(user) ?? { kind: "user" };
}

/** The text after the prefix, if it has the prefix. */
function after(prefix: string, text: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

function serviceAccountOf(user: string): IdentityKind | undefined {
  const parts = after(SERVICE_ACCOUNT_USER_PREFIX, user)?.split(":");
  if (parts?.length !== 2) return undefined;
  const [namespace, name] = parts as [string, string];
  if (!isDns1123Label(namespace) || !isDns1123Subdomain(name)) return undefined;
  return { kind: "serviceAccount", namespace, name };
}

function bootstrapTokenOf(user: string): IdentityKind | undefined {
  const tokenId = after(BOOTSTRAP_USER_PREFIX, user);
  return tokenId !== undefined && /^[a-z0-9]{6}$/u.test(tokenId)
    ? { kind: "bootstrapToken", tokenId }
    : undefined;
}
