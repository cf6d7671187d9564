/** RBAC's view of identities, by the rows of Kubernetes' `TestAppliesTo`, and what it takes to end access. */
import type { V1ClusterRoleBinding, V1RoleBinding } from "@kubernetes/client-node";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { explainRevocation, findBindings, toRbacSubjects } from "kubepki";
import type { RbacBinding, RbacIdentity, RbacSubject } from "kubepki";

const roleRef = { kind: "ClusterRole", name: "view" };
const bind = (namespace: string, ...subjects: RbacSubject[]): RbacBinding => ({
  metadata: namespace === "" ? { name: "b" } : { name: "b", namespace },
  roleRef,
  subjects,
});
const identity = (user: string, ...groups: string[]): RbacIdentity => ({ user, groups });
const user = (name: string): RbacSubject => ({ kind: "User", name });
const group = (name: string): RbacSubject => ({ kind: "Group", name });
const account = (name: string, namespace?: string): RbacSubject =>
  namespace === undefined ? { kind: "ServiceAccount", name } : { kind: "ServiceAccount", name, namespace };

describe("a subject applies", () => {
  test.for<[string, RbacSubject[], RbacIdentity, string, number[]]>([
    ["single subject that matches username", [user("foobar")], identity("foobar"), "", [0]],
    [
      "multiple subjects, one that matches username",
      [user("barfoo"), user("foobar")],
      identity("foobar"),
      "",
      [1],
    ],
    [
      "multiple subjects, none that match username",
      [user("barfoo"), user("foobar")],
      identity("zimzam"),
      "",
      [],
    ],
    [
      "multiple subjects, none that match username but one matches the group",
      [user("barfoo"), group("foobar")],
      identity("zimzam", "foobar"),
      "",
      [1],
    ],
    ["no match for a user that has the group's name", [group("foobar")], identity("foobar"), "", []],
    [
      "multiple subjects that match",
      [user("barfoo"), group("barfoo"), group("foobar")],
      identity("zimzam", "foobar", "barfoo"),
      "",
      [1, 2],
    ],
    [
      "multiple subjects with a service account that matches",
      [user("barfoo"), group("foobar"), account("kube-system", "default")],
      identity("system:serviceaccount:kube-system:default"),
      "default",
      [],
    ],
    [
      "a service account of its own namespace",
      [account("default", "kube-system")],
      identity("system:serviceaccount:kube-system:default"),
      "default",
      [0],
    ],
    [
      "a service account of the binding's namespace",
      [account("default")],
      identity("system:serviceaccount:team:default"),
      "team",
      [0],
    ],
    [
      "no service account without any namespace",
      [account("default")],
      identity("system:serviceaccount::default"),
      "",
      [],
    ],
    ["everybody who is authenticated", [group("system:authenticated")], identity("foobar"), "default", [0]],
    ["the case of letters", [user("FooBar"), group("Team")], identity("foobar", "team"), "", []],
    ["no unknown kind", [{ kind: "Robot", name: "foobar" }], identity("foobar", "foobar"), "", []],
  ])("%s", ([, subjects, who, namespace, expected]) => {
    const binding = bind(namespace, ...subjects);
    const bindings = namespace === "" ? { clusterRoleBindings: [binding] } : { roleBindings: [binding] };
    const found = findBindings(who, bindings).flatMap((grant) => grant.subjects);
    expect(found).toEqual(expected.map((index) => subjects[index]));
  });

  test("by every subject that toRbacSubjects names, and by no other name", () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom("system:serviceaccount:a:b", "__proto__", "system:masters"),
    );
    fc.assert(
      fc.property(name, fc.array(name), name, (who, groups, other) => {
        const me = { user: who, groups };
        const mine = toRbacSubjects(me);
        for (const subject of mine)
          expect(findBindings(me, { clusterRoleBindings: [bind("", subject)] })).toHaveLength(1);
        const isMine = (subject: RbacSubject) =>
          mine.some(({ kind, name: known }) => kind === subject.kind && known === subject.name);
        for (const subject of [user(other), group(other)])
          expect(findBindings(me, { clusterRoleBindings: [bind("", subject)] }).length === 1).toBe(
            isMine(subject),
          );
      }),
    );
  });
});

test("a grant says what, where and by whom", () => {
  const [grant] = findBindings(identity("jane", "team"), {
    roleBindings: [bind("apps", group("team"), user("joe"))],
  });
  expect(grant).toEqual({
    kind: "RoleBinding",
    name: "b",
    namespace: "apps",
    roleRef,
    subjects: [group("team")],
  });
});

test("the objects of @kubernetes/client-node fit", () => {
  const clusterRoleBindings: V1ClusterRoleBinding[] = [];
  const roleBindings: V1RoleBinding[] = [];
  expect(findBindings(identity("jane"), { clusterRoleBindings, roleBindings })).toEqual([]);
});

describe("what ends access", () => {
  const codes = (who: RbacIdentity, ...bindings: RbacBinding[]) =>
    explainRevocation(who, { clusterRoleBindings: bindings }).map(({ code, severity }) => [code, severity]);

  test("nothing in RBAC, for system:masters", () => {
    expect(codes(identity("admin", "system:masters"))).toEqual([["FINDING_REVOKE_MASTERS", "error"]]);
    expect(codes(identity("admin", "System:Masters"))).toEqual([]);
  });
  test("nothing has to, where RBAC grants nothing", () => {
    expect(codes(identity("jane", "team"), bind("", user("joe")))).toEqual([]);
  });
  test("the removal of a user, a group, or nothing that one can remove for one alone", () => {
    const binding = bind("", user("jane"), group("team"), group("system:authenticated"));
    expect(codes(identity("jane", "team"), binding)).toEqual([
      ["FINDING_REVOKE_BINDING", "warning"],
      ["FINDING_REVOKE_GROUP_BINDING", "warning"],
      ["FINDING_REVOKE_EVERYBODY", "warning"],
    ]);
  });
  test("the end of a node, for a kubelet", () => {
    const [finding] = explainRevocation(identity("system:node:n1", "system:nodes"), {});
    expect(finding).toMatchObject({ code: "FINDING_REVOKE_NODE", found: "system:node:n1" });
    expect(finding?.fix).toContain("n1");
  });
  test("is told with the binding's name and place", () => {
    const [finding] = explainRevocation(identity("jane"), { roleBindings: [bind("apps", user("jane"))] });
    expect(finding).toMatchObject({
      path: "RoleBinding apps/b",
      message: "RoleBinding apps/b grants ClusterRole view in namespace apps to User jane",
    });
  });
});
