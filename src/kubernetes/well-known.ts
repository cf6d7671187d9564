/**
 * Users, groups and prefixes that have a meaning to Kubernetes.
 *
 * Sources: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/user/user.go`,
 * `staging/src/k8s.io/apiserver/pkg/authentication/serviceaccount/util.go`, `staging/src/k8s.io/cluster-bootstrap/token/api/types.go`,
 * `pkg/auth/nodeidentifier/default.go`, `cmd/kubeadm/app/constants/constants.go`.
 */

/** What all names begin with that Kubernetes keeps for itself. */
export const SYSTEM_PREFIX = "system:";

/** May do everything: the API server does not even ask its authorizers, so no RBAC rule takes it away. Source: `user.SystemPrivilegedGroup`. */
export const MASTERS_GROUP = "system:masters";
/** The kubelets. Source: `user.NodesGroup`. */
export const NODES_GROUP = "system:nodes";
/** May read health and metrics endpoints. Source: `user.MonitoringGroup`. */
export const MONITORING_GROUP = "system:monitoring";
/** Everybody who was authenticated; the API server adds it, see {@link authenticatedGroups}. Source: `user.AllAuthenticated`. */
export const AUTHENTICATED_GROUP = "system:authenticated";
/** Everybody who was not authenticated. Source: `user.AllUnauthenticated`. */
export const UNAUTHENTICATED_GROUP = "system:unauthenticated";
/** All service accounts. Source: `serviceaccount.AllServiceAccountsGroup`. */
export const SERVICE_ACCOUNTS_GROUP = "system:serviceaccounts";
/** The service accounts of one namespace: this prefix and the namespace. Source: `serviceaccount.ServiceAccountGroupPrefix`. */
export const SERVICE_ACCOUNTS_GROUP_PREFIX = "system:serviceaccounts:";
/** Holders of bootstrap tokens. Source: `bootstrapapi.BootstrapDefaultGroup`. */
export const BOOTSTRAPPERS_GROUP = "system:bootstrappers";
/** Further groups of bootstrap tokens, for example `system:bootstrappers:kubeadm:default-node-token`. Source: `bootstrapapi.BootstrapGroupPattern`. */
export const BOOTSTRAPPERS_GROUP_PREFIX = "system:bootstrappers:";
/** Administrators of a kubeadm cluster, bound to cluster-admin by RBAC. Source: kubeadm `ClusterAdminsGroupAndClusterRoleBinding`. */
export const CLUSTER_ADMINS_GROUP = "kubeadm:cluster-admins";

/** Callers who were not authenticated. Source: `user.Anonymous`. */
export const ANONYMOUS_USER = "system:anonymous";
/** The API server to itself. Source: `user.APIServerUser`. */
export const API_SERVER_USER = "system:apiserver";
/** Source: `user.KubeProxy`. */
export const KUBE_PROXY_USER = "system:kube-proxy";
/** Source: `user.KubeControllerManager`. */
export const KUBE_CONTROLLER_MANAGER_USER = "system:kube-controller-manager";
/** Source: `user.KubeScheduler`. */
export const KUBE_SCHEDULER_USER = "system:kube-scheduler";

/** A kubelet: this prefix and the node's name. Source: `nodeidentifier.nodeUserNamePrefix`. */
export const NODE_USER_PREFIX = "system:node:";
/** A service account: this prefix, the namespace, a colon and the name. Source: `serviceaccount.ServiceAccountUsernamePrefix`. */
export const SERVICE_ACCOUNT_USER_PREFIX = "system:serviceaccount:";
/** The holder of a bootstrap token: this prefix and the token's id. Source: `bootstrapapi.BootstrapUserPrefix`. */
export const BOOTSTRAP_USER_PREFIX = "system:bootstrap:";

/** Attribute type of the user name, CN (X.520). */
export const USER_ATTRIBUTE = "2.5.4.3";
/** Attribute type of a group, O (X.520). */
export const GROUP_ATTRIBUTE = "2.5.4.10";
/** Attribute type of the user's uid, read since Kubernetes 1.33. Source: `staging/src/k8s.io/apimachinery/pkg/apis/asn1/oid.go`, `X509UID`. */
export const UID_ATTRIBUTE = "1.3.6.1.4.1.57683.2";
