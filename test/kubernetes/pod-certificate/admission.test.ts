/** What NodeRestriction asks of a PodCertificateRequest: a test for each of its questions. */
import type { V1Node, V1Pod, V1ServiceAccount } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { validatePodCertificateAdmission } from "../../../src/index.ts";
import type { PodCertificateContext } from "../../../src/index.ts";

const object = {
  metadata: { namespace: "shop" },
  spec: {
    signerName: "example.com/workloads",
    podName: "web-0",
    podUID: "pod-uid",
    serviceAccountName: "web",
    serviceAccountUID: "account-uid",
    nodeName: "node-1",
    nodeUID: "node-uid",
  },
};
const requester = { username: "system:node:node-1", groups: ["system:nodes"] };
const node: V1Node = { metadata: { uid: "node-uid" } };
const pod: V1Pod = {
  metadata: { uid: "pod-uid", annotations: { "example.com/a": "" } },
  spec: { containers: [], nodeName: "node-1", serviceAccountName: "web" },
};
const serviceAccount: V1ServiceAccount = { metadata: { uid: "account-uid" } };
const context: PodCertificateContext = { node, pod, serviceAccount, requester };
const faults = (change: Partial<PodCertificateContext>): string[] =>
  validatePodCertificateAdmission(object, { ...context, ...change }).map(
    ({ path, message }) => `${path}: ${message}`,
  );
const mirror = { ...pod.metadata, annotations: { "kubernetes.io/config.mirror": "hash" } };

describe("NodeRestriction", () => {
  test("lets a kubelet ask for its own pod", () => {
    expect(faults({})).toEqual([]);
    const { requester: _, ...unknown } = context;
    expect(validatePodCertificateAdmission(object, unknown)).toEqual([]);
  });

  test.for<[string, Partial<PodCertificateContext>, string[]]>([
    [
      "another node that asks",
      { requester: { ...requester, username: "system:node:node-2" } },
      ["spec.nodeName: another node asks for it"],
    ],
    ["a node that is not there", { node: undefined }, ["spec.nodeUID: there is no such node"]],
    ["a node of before", { node: { metadata: { uid: "old" } } }, ["spec.nodeUID: there is no such node"]],
    ["a pod that is not there", { pod: undefined }, ["spec.podUID: there is no such pod"]],
    ["a pod of before", { pod: { ...pod, metadata: { uid: "old" } } }, ["spec.podUID: there is no such pod"]],
    [
      "a pod on another node",
      { pod: { ...pod, spec: { ...pod.spec, nodeName: "node-2" } } },
      ["spec.nodeName: the pod runs on another node"],
    ],
    [
      "a pod that waits for its node",
      { pod: { ...pod, spec: { serviceAccountName: "web" } } },
      ["spec.nodeName: the pod runs on another node"],
    ],
    ["a mirror pod", { pod: { ...pod, metadata: mirror } }, ["spec.podName: the pod is a mirror pod"]],
    [
      "another service account",
      { pod: { ...pod, spec: { nodeName: "node-1", serviceAccountName: "admin" } } },
      ["spec.serviceAccountName: the pod has another service account"],
    ],
    [
      "a service account that is not there",
      { serviceAccount: undefined },
      ["spec.serviceAccountUID: there is no such service account"],
    ],
    [
      "a service account of before",
      { serviceAccount: { metadata: { uid: "old" } } },
      ["spec.serviceAccountUID: there is no such service account"],
    ],
    [
      "nothing of it",
      { node: undefined, pod: undefined, serviceAccount: undefined },
      [
        "spec.nodeUID: there is no such node",
        "spec.podUID: there is no such pod",
        "spec.serviceAccountUID: there is no such service account",
      ],
    ],
  ])("forbids %s", ([, change, expected]) => {
    expect(faults(change)).toEqual(expected);
  });

  test("does not restrict who is no node", () => {
    const nobody = { node: undefined, pod: undefined, serviceAccount: undefined };
    expect(faults({ ...nobody, requester: { username: "system:node:node-1", groups: [] } })).toEqual([]);
    expect(faults({ ...nobody, requester: { username: "jane", groups: ["system:nodes"] } })).toEqual([]);
  });
});
