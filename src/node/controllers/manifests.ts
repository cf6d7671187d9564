import { signerRule } from "../../kubernetes/csr/signer-name.ts";

/** Who gets the rights of a manifest. */
export interface CleanerAccount {
  /** Namespace of the service account and of the lease. */
  readonly namespace: string;
  /** Name of the service account that the controller runs as; also the name of its roles. */
  readonly serviceAccount: string;
}

/** Who gets the rights of a manifest, and for which signer. */
export interface ControllerAccount extends CleanerAccount {
  /** `example.com/my-signer`, or `example.com/*` for all signers of a domain; several of them for a controller that serves several. */
  readonly signerName: string | readonly string[];
}

/** A Kubernetes object as plain data, to be written as YAML or JSON or sent to the API server. */
export interface Manifest {
  /** Group and version. */
  readonly apiVersion: string;
  /** Kind. */
  readonly kind: string;
  /** Name, and namespace where the kind has one. */
  readonly metadata: {
    /** Name. */
    readonly name: string;
    /** Namespace, where the kind has one. */
    readonly namespace?: string;
  };
  /** Everything else. */
  readonly [field: string]: unknown;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const certificates = ["certificates.k8s.io"];
const readRequests: Rule = {
  apiGroups: certificates,
  resources: ["certificatesigningrequests"],
  verbs: ["get", "list", "watch"],
};
/** A rule for a name that no signer can have would be a rule for nothing. */
function mayDo(verb: "sign" | "approve", { signerName }: ControllerAccount): Rule {
  const resourceNames = [signerName].flat();
  for (const name of resourceNames) signerRule(name.replace(/\/\*$/, "/any"), [verb]);
  return { apiGroups: certificates, resources: ["signers"], resourceNames, verbs: [verb] };
}
const rbac = "rbac.authorization.k8s.io";

/**
 * The service account of a signer controller with the rights it needs and no others: to read requests, to write `/status`, to `sign` for this signer, and to hold leases in
 * its namespace. Source: plugin/pkg/admission/certificates/signing, bootstrappolicy/controller_policy.go.
 *
 * @throws TypeError if a name is none that a signer can have
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { signerManifests } from "kubepki/node";
 *
 * const manifests = signerManifests({ signerName: "example.com/web", namespace: "pki", serviceAccount: "web-signer" });
 * assert.deepEqual(manifests.map(({ kind }) => kind), ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]);
 * ```
 */
export const signerManifests = (account: ControllerAccount): Manifest[] =>
  manifestsFor(account, [
    readRequests,
    { apiGroups: certificates, resources: ["certificatesigningrequests/status"], verbs: ["update"] },
    mayDo("sign", account),
  ]);

/**
 * The service account of a signer of pod certificates with the rights it needs and no others: to read PodCertificateRequests of all namespaces, to write `/status`, to `sign` for this
 * signer, and to hold leases in its namespace. Source: Kubernetes `pkg/registry/certificates/podcertificaterequest/strategy.go`.
 *
 * @throws TypeError if a name is none that a signer can have
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { podCertificateSignerManifests } from "kubepki/node";
 *
 * const [account] = podCertificateSignerManifests({ signerName: "example.com/workloads", namespace: "pki", serviceAccount: "workloads-signer" });
 * assert.equal(account?.metadata.name, "workloads-signer");
 * ```
 */
export const podCertificateSignerManifests = (account: ControllerAccount): Manifest[] =>
  manifestsFor(account, [
    { apiGroups: certificates, resources: ["podcertificaterequests"], verbs: ["get", "list", "watch"] },
    { apiGroups: certificates, resources: ["podcertificaterequests/status"], verbs: ["update"] },
    mayDo("sign", account),
  ]);

/**
 * The service account of an approver controller with the rights it needs and no others: to read requests, to write `/approval`, to `approve` for this signer, to ask
 * SubjectAccessReviews, to read Nodes, and to hold leases in its namespace. Source: plugin/pkg/admission/certificates/approval, bootstrappolicy/controller_policy.go.
 *
 * @throws TypeError if a name is none that a signer can have
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { approverManifests } from "kubepki/node";
 *
 * const [account] = approverManifests({ signerName: "example.com/web", namespace: "pki", serviceAccount: "web-approver" });
 * assert.equal(account?.metadata.name, "web-approver");
 * ```
 */
export const approverManifests = (account: ControllerAccount): Manifest[] =>
  manifestsFor(account, [
    readRequests,
    { apiGroups: certificates, resources: ["certificatesigningrequests/approval"], verbs: ["update"] },
    mayDo("approve", account),
    { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
    { apiGroups: [""], resources: ["nodes"], verbs: ["get"] },
  ]);

/**
 * The service account of a cleaner with the rights it needs and no others: to list and delete requests, of all signers, and to hold leases in its namespace.
 * Source: bootstrappolicy/controller_policy.go.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { cleanerManifests } from "kubepki/node";
 *
 * const [, role] = cleanerManifests({ namespace: "pki", serviceAccount: "cleaner" });
 * assert.equal(role?.kind, "ClusterRole");
 * ```
 */
export const cleanerManifests = (account: CleanerAccount): Manifest[] =>
  manifestsFor(account, [
    { apiGroups: certificates, resources: ["certificatesigningrequests"], verbs: ["list", "delete"] },
  ]);

function manifestsFor({ namespace, serviceAccount }: CleanerAccount, rules: readonly Rule[]): Manifest[] {
  const name = serviceAccount;
  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  const lease = {
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    verbs: ["get", "create", "update"],
  };
  const apiVersion = `${rbac}/v1`;
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    { apiVersion, kind: "ClusterRole", metadata: { name }, rules },
    {
      apiVersion,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
      subjects,
    },
    { apiVersion, kind: "Role", metadata: { name, namespace }, rules: [lease] },
    {
      apiVersion,
      kind: "RoleBinding",
      metadata: { name, namespace },
      roleRef: { apiGroup: rbac, kind: "Role", name },
      subjects,
    },
  ];
}
