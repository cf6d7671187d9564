import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { authenticatedGroups, toUserInfo } from "../../src/kubernetes/authenticated-groups.ts";
import { identityKind } from "../../src/kubernetes/identity-kind.ts";
import { parseIdentity } from "../../src/kubernetes/identity.ts";
import * as wellKnown from "../../src/kubernetes/well-known.ts";
import { attribute, attributes, certificate, cn, name, o } from "../support/certificate.ts";
import { utf8 } from "../support/tlv.ts";

const kindOf = (user: string, ...groups: string[]): object => identityKind({ user, groups });
const user = { kind: "user" };

test("the well-known names are those of Kubernetes' own constants", () => {
  expect({ ...wellKnown }).toEqual({
    SYSTEM_PREFIX: "system:",
    MASTERS_GROUP: "system:masters",
    NODES_GROUP: "system:nodes",
    MONITORING_GROUP: "system:monitoring",
    AUTHENTICATED_GROUP: "system:authenticated",
    UNAUTHENTICATED_GROUP: "system:unauthenticated",
    SERVICE_ACCOUNTS_GROUP: "system:serviceaccounts",
    SERVICE_ACCOUNTS_GROUP_PREFIX: "system:serviceaccounts:",
    BOOTSTRAPPERS_GROUP: "system:bootstrappers",
    BOOTSTRAPPERS_GROUP_PREFIX: "system:bootstrappers:",
    CLUSTER_ADMINS_GROUP: "kubeadm:cluster-admins",
    ANONYMOUS_USER: "system:anonymous",
    API_SERVER_USER: "system:apiserver",
    KUBE_PROXY_USER: "system:kube-proxy",
    KUBE_CONTROLLER_MANAGER_USER: "system:kube-controller-manager",
    KUBE_SCHEDULER_USER: "system:kube-scheduler",
    NODE_USER_PREFIX: "system:node:",
    SERVICE_ACCOUNT_USER_PREFIX: "system:serviceaccount:",
    BOOTSTRAP_USER_PREFIX: "system:bootstrap:",
    USER_ATTRIBUTE: "2.5.4.3",
    GROUP_ATTRIBUTE: "2.5.4.10",
    UID_ATTRIBUTE: "1.3.6.1.4.1.57683.2",
  });
});

describe("the kind of an identity", () => {
  test("a node has the user prefix and the group", () => {
    expect(kindOf("system:node:node-1", "system:nodes")).toEqual({ kind: "node", nodeName: "node-1" });
    expect(kindOf("system:node:a:b", "x", "system:nodes")).toEqual({ kind: "node", nodeName: "a:b" });
    expect(kindOf("system:node:", "system:nodes")).toEqual({ kind: "node", nodeName: "" });
  });

  test.each([
    ["system:node:node-1"],
    ["system:node:node-1", "system:node"],
    ["system:node:node-1", "System:Nodes"],
    ["system:node", "system:nodes"],
    ["System:node:n", "system:nodes"],
    [" system:node:n", "system:nodes"],
    ["node-1", "system:nodes"],
  ])("%j is no node in group %j", (...names) => {
    const [who = "", ...groups] = names;
    expect(kindOf(who, ...groups)).toEqual(user);
  });

  test.each([
    ["ns", "sa"],
    ["0", "0"],
    ["a".repeat(63), "b".repeat(253)],
    ["kube-system", "a.b-c"],
  ])("the service account %.20s/%.20s", (namespace, account) => {
    expect(kindOf(`system:serviceaccount:${namespace}:${account}`)).toEqual({
      kind: "serviceAccount",
      namespace,
      name: account,
    });
  });

  test.each([
    "ns",
    "",
    ":",
    "ns:",
    ":sa",
    "ns:sa:x",
    "Ns:sa",
    "ns:Sa",
    "n.s:sa",
    "-n:sa",
    "ns:sa-",
    "ns:.sa",
    "n s:sa",
    "ns:sa\n",
    `${"a".repeat(64)}:sa`,
    `ns:${"a".repeat(254)}`,
  ])("system:serviceaccount:%j is none", (rest) => {
    expect(kindOf(`system:serviceaccount:${rest}`)).toEqual(user);
  });

  test.each([
    ["system:apiserver", "kube-apiserver"],
    ["system:kube-controller-manager", "kube-controller-manager"],
    ["system:kube-scheduler", "kube-scheduler"],
    ["system:kube-proxy", "kube-proxy"],
    ["system:konnectivity-server", "konnectivity-server"],
    ["kube-apiserver", "kube-apiserver"],
    ["kube-apiserver-kubelet-client", "kube-apiserver-kubelet-client"],
    ["kube-apiserver-etcd-client", "kube-apiserver-etcd-client"],
    ["kube-etcd-healthcheck-client", "kube-etcd-healthcheck-client"],
    ["front-proxy-client", "front-proxy-client"],
    ["kubernetes-admin", "kubernetes-admin"],
    ["kubernetes-super-admin", "kubernetes-super-admin"],
  ])("%s is the component %s", (name_, component) => {
    expect(kindOf(name_)).toEqual({ kind: "component", component });
    expect(kindOf(`${name_} `)).toEqual(user);
    expect(kindOf(name_.toUpperCase())).toEqual(user);
  });

  test("a bootstrap token has an id of six lower-case letters and digits", () => {
    expect(kindOf("system:bootstrap:07401b")).toEqual({ kind: "bootstrapToken", tokenId: "07401b" });
    for (const id of ["", "07401", "07401bc", "07401B", "07401b\n", "07401b.secret"])
      expect(kindOf(`system:bootstrap:${id}`), id).toEqual(user);
  });

  test("system:anonymous is nobody, whatever groups stand beside it", () => {
    expect(kindOf("system:anonymous", "system:nodes")).toEqual({ kind: "anonymous" });
  });

  test.each(["jane", "__proto__", "constructor", "toString", "", "system:", "system:masters"])(
    "%j is a user",
    (who) => expect(kindOf(who, "system:masters")).toEqual(user),
  );
});

describe("system:authenticated", () => {
  test.each([
    ["jane", [], ["system:authenticated"]],
    ["jane", ["b", "a", "b"], ["b", "a", "b", "system:authenticated"]],
    ["jane", [""], ["", "system:authenticated"]],
    ["jane", ["system:authenticated", "a"], ["system:authenticated", "a"]],
    ["jane", ["a", "system:unauthenticated"], ["a", "system:unauthenticated"]],
    ["jane", ["System:Authenticated"], ["System:Authenticated", "system:authenticated"]],
    ["system:anonymous", ["a"], ["a"]],
    ["system:anonymous ", ["a"], ["a", "system:authenticated"]],
  ])("%j in %j becomes %j", (who, groups, expected) => {
    expect(authenticatedGroups({ user: who, groups })).toEqual(expected);
  });

  test("adding twice is adding once, and the groups given are not changed", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (who, groups) => {
        const given = Object.freeze([...groups]);
        const once = authenticatedGroups({ user: who, groups: given });
        expect(authenticatedGroups({ user: who, groups: once })).toEqual(once);
        expect(once.slice(0, given.length)).toEqual(given);
      }),
    );
  });

  test("UserInfo has the fields of a TokenReview's status, and uid only if there is one", () => {
    const identity = parseIdentity(certificate({ subject: name(o("g"), cn("u")) }))!;
    expect(JSON.parse(JSON.stringify(toUserInfo(identity)))).toEqual({
      username: "u",
      groups: ["g", "system:authenticated"],
      extra: {
        "authentication.kubernetes.io/credential-id": [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)],
      },
    });
    const subject = name(cn("u"), attribute(attributes.kubernetesUid, utf8("42")));
    expect(toUserInfo(parseIdentity(certificate({ subject }))!).uid).toBe("42");
  });
});
