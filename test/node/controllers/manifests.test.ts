/** The rights of the controllers: these and no others. That they suffice, a real kube-apiserver says in test/cluster. */
import { expect, test } from "vitest";
import { approverManifests, cleanerManifests, signerManifests, type Manifest } from "kubepki/node";

const account = {
  namespace: "pki",
  serviceAccount: "pki-web",
  signerName: ["example.com/web", "example.com/mail"],
};
const apiGroups = ["certificates.k8s.io"];
const requests = { apiGroups, resources: ["certificatesigningrequests"], verbs: ["get", "list", "watch"] };
const mayUse = (verb: string) => ({
  apiGroups,
  resources: ["signers"],
  resourceNames: account.signerName,
  verbs: [verb],
});
const mayUpdate = (subresource: string) => ({
  apiGroups,
  resources: [`certificatesigningrequests/${subresource}`],
  verbs: ["update"],
});

test.for<[string, Manifest[], unknown[]]>([
  ["a signer", signerManifests(account), [requests, mayUpdate("status"), mayUse("sign")]],
  [
    "an approver",
    approverManifests(account),
    [
      requests,
      mayUpdate("approval"),
      mayUse("approve"),
      { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
      { apiGroups: [""], resources: ["nodes"], verbs: ["get"] },
    ],
  ],
  ["a cleaner", cleanerManifests(account), [{ ...requests, verbs: ["list", "delete"] }]],
])("%s gets these rights, and leases of its namespace alone", ([, manifests, rules]) => {
  const [serviceAccount, clusterRole, clusterBinding, role, binding] = manifests;
  const name = account.serviceAccount;
  const { namespace } = account;
  expect(manifests).toHaveLength(5);
  expect(serviceAccount).toEqual({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } });
  expect(clusterRole).toMatchObject({ kind: "ClusterRole", metadata: { name }, rules });
  expect(role).toMatchObject({
    kind: "Role",
    metadata: { name, namespace },
    rules: [
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
    ],
  });
  for (const [bound, to] of [
    [clusterBinding, clusterRole],
    [binding, role],
  ]) {
    expect(bound?.["subjects"]).toEqual([{ kind: "ServiceAccount", name, namespace }]);
    expect(bound?.["roleRef"]).toEqual({ apiGroup: "rbac.authorization.k8s.io", kind: to?.kind, name });
  }
});
