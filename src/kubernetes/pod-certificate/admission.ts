/** What NodeRestriction, which is on by default, says to a PodCertificateRequest: its names are those of things that are there. */
import { NODES_GROUP, NODE_USER_PREFIX } from "../well-known.ts";
import type { PodCertificateRequest } from "./api-object.ts";
import { finding } from "./finding.ts";
import type { PodCertificateFinding } from "./finding.ts";

/** An object of the cluster, as far as its identity goes; the objects of client libraries fit. */
export interface ObjectWithUid {
  /** Of every object. */
  readonly metadata?: {
    /** What no other object ever has. */
    readonly uid?: string;
  };
}

/** The Pod of a request, as far as it is looked at. */
export interface PodOfRequest extends ObjectWithUid {
  /** Of every object. */
  readonly metadata?: {
    /** What no other object ever has. */
    readonly uid?: string;
    /** Tell a mirror pod. */
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** What was asked for. */
  readonly spec?: {
    /** Where it runs. */
    readonly nodeName?: string;
    /** As whom it runs. */
    readonly serviceAccountName?: string;
  };
}

/** What the cluster has of what a request names; undefined where it has nothing of that name. */
export interface PodCertificateContext {
  /** The Node `spec.nodeName`. */
  readonly node: ObjectWithUid | undefined;
  /** The Pod `spec.podName`, in the namespace of the request. */
  readonly pod: PodOfRequest | undefined;
  /** The ServiceAccount `spec.serviceAccountName`, in the namespace of the request. */
  readonly serviceAccount: ObjectWithUid | undefined;
  /** Who makes the object, if that is known: the object does not say it. Somebody who is no node is not restricted. */
  readonly requester?: {
    /** As the API server knows the caller. */
    readonly username: string;
    /** As the API server knows them. */
    readonly groups: readonly string[];
  };
}

/** The kubelet makes such a Pod from a file, so that its names are the kubelet's own word. */
const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/**
 * Everything for which NodeRestriction forbids a kubelet to create the object: it asks for its own pods alone, which must be there, on its node, with this service account, and no mirror
 * pods; and every uid must be that of the object that is there.
 *
 * For signers in clusters where the plugin may be off (`signPodCertificateRequest` relies on it), and for tests of such requests. A uid that does not fit may be a matter of time. Not
 * checked: whether the pod has a volume of this signer.
 *
 * Source: Kubernetes `plugin/pkg/admission/noderestriction/admission.go` (`admitPodCertificateRequest`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validatePodCertificateAdmission } from "kubepki";
 *
 * const spec = {
 *   signerName: "example.com/workloads",
 *   podName: "web-0", podUID: "1", serviceAccountName: "web", serviceAccountUID: "2", nodeName: "node-1", nodeUID: "3",
 * };
 * const context = {
 *   node: { metadata: { uid: "3" } },
 *   pod: { metadata: { uid: "1" }, spec: { nodeName: "node-2", serviceAccountName: "web" } },
 *   serviceAccount: { metadata: { uid: "2" } },
 * };
 * const [finding] = validatePodCertificateAdmission({ metadata: { namespace: "shop" }, spec }, context);
 * assert.equal(finding?.message, "the pod runs on another node");
 * ```
 */
export function validatePodCertificateAdmission(
  { spec }: PodCertificateRequest,
  { node, pod, serviceAccount, requester }: PodCertificateContext,
): PodCertificateFinding[] {
  if (requester && !isNode(requester)) return [];
  const findings: PodCertificateFinding[] = [];
  const check = (holds: boolean, field: keyof typeof spec, message: string): void => {
    if (!holds) findings.push(finding("ADMISSION", `spec.${field}`, message));
  };
  if (requester)
    check(requester.username === NODE_USER_PREFIX + spec.nodeName, "nodeName", "another node asks for it");
  check(node?.metadata?.uid === spec.nodeUID, "nodeUID", "there is no such node");
  check(pod?.metadata?.uid === spec.podUID, "podUID", "there is no such pod");
  if (pod) {
    const { serviceAccountName } = pod.spec ?? {};
    check(pod.spec?.nodeName === spec.nodeName, "nodeName", "the pod runs on another node");
    check(!isMirror(pod), "podName", "the pod is a mirror pod");
    check(
      serviceAccountName === spec.serviceAccountName,
      "serviceAccountName",
      "the pod has another service account",
    );
  }
  check(
    serviceAccount?.metadata?.uid === spec.serviceAccountUID,
    "serviceAccountUID",
    "there is no such service account",
  );
  return findings;
}

function isNode({ username, groups }: NonNullable<PodCertificateContext["requester"]>): boolean {
  return username.startsWith(NODE_USER_PREFIX) && groups.includes(NODES_GROUP);
}

function isMirror({ metadata }: NonNullable<PodCertificateContext["pod"]>): boolean {
  return Object.hasOwn(metadata?.annotations ?? {}, MIRROR_ANNOTATION);
}
