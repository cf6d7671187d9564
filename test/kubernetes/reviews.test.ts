import { toSubjectAccessReview, toTokenReview } from "kubepki";
import { expect, test } from "vitest";

const jane = { username: "jane", uid: "7", groups: ["a"], extra: { k: ["v"] } };

test("a TokenReview has the user as it is, or says that there is none", () => {
  expect(toTokenReview(jane, { audiences: ["api"] })).toEqual({
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    status: { authenticated: true, user: jane, audiences: ["api"] },
  });
  expect(toTokenReview(undefined, { error: "no" }).status).toEqual({ authenticated: false, error: "no" });
  expect(() => toTokenReview(jane, { error: "no" })).toThrow(TypeError);
});

test("a SubjectAccessReview calls the name user, and asks about a resource or a path", () => {
  const attributes = { verb: "get", resource: "pods" };
  expect(toSubjectAccessReview(jane, attributes)).toEqual({
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: { user: "jane", uid: "7", groups: ["a"], extra: { k: ["v"] }, resourceAttributes: attributes },
  });
  const path = { verb: "get", path: "/metrics" };
  expect(toSubjectAccessReview({ username: "x", groups: [], extra: {} }, path).spec).toEqual({
    user: "x",
    groups: [],
    nonResourceAttributes: path,
  });
});
