/** How a real cluster refuses single certificates: kube-apiserver's own authorization configuration. */
import { CREDENTIAL_ID_KEY } from "./identity.ts";

/** What is denied, and how the rest is authorized. */
export interface DenyCertificatesOptions {
  /** The credential ids to deny, as `credentialIds` gives them for a certificate (both of them!), or as audit logs have them. */
  readonly credentialIds: readonly string[];
  /**
   * A kubeconfig file on the control-plane node. Kubernetes wants one for every webhook and reads it when it starts; no request is sent to its server, for
   * the rule denies before.
   */
  readonly kubeConfigFile: string;
  /** Name of the webhook in metrics; `deny-certificates` by default. A DNS-1123 label or subdomain. */
  readonly name?: string;
  /** The authorizers that come after, in their order; Node and RBAC by default, as kubeadm has them. */
  readonly authorizers?: readonly Readonly<Record<string, unknown>>[];
}

/** The object of `--authorization-config`, to be written as YAML or JSON. */
export interface AuthorizationConfiguration {
  /** v1, so Kubernetes 1.32 or later. */
  readonly apiVersion: "apiserver.config.k8s.io/v1";
  /** Always the same. */
  readonly kind: "AuthorizationConfiguration";
  /** Asked in this order. */
  readonly authorizers: readonly Readonly<Record<string, unknown>>[];
}

/** `X509SHA256=` and a SHA-256 in lower-case hex, as the API server writes it; nothing of it has a meaning in CEL. */
const CREDENTIAL_ID = /^X509SHA256=[0-9a-f]{64}$/;

/** A rule is asked for every request, and CEL stops a rule that costs too much. */
const MAX_CREDENTIALS = 1000;

const NODE_AND_RBAC = [
  { type: "Node", name: "node" },
  { type: "RBAC", name: "rbac" },
] as const;

/**
 * The authorization configuration of a kube-apiserver that denies everything to holders of these certificates, which no part of Kubernetes can revoke.
 *
 * It is a webhook that is never called: its match condition is `false` for all other requests, which skips it, and fails for those of listed certificates,
 * which `failurePolicy: Deny` makes a denial. kube-apiserver reads the file again when it changes, within a minute.
 *
 * **What it stops**: every request that is authorized, reading, writing, and impersonating, through the API server and, as they ask it, kubelets of the same
 * version. **What it does not stop**: members of `system:masters`, who are let through before any authorizer is asked; watches and `exec` sessions that are
 * open; tokens that the holder has made; a new certificate with another credential id, which the holder may still be able to request; servers that
 * authenticate with the client CA and do not ask the API server, such as etcd. It needs Kubernetes 1.32 or later, where users have a credential id. A
 * ValidatingAdmissionPolicy would stop writes alone, and `userValidationRules` are for tokens alone. For RBAC see {@link explainRevocation}.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/apis/apiserver/v1/types.go` (`WebhookConfiguration.MatchConditions`),
 * `plugin/pkg/authorizer/webhook/webhook.go`, `pkg/kubeapiserver/authorizer/config.go`.
 *
 * @throws TypeError if an id is malformed, or there are more than 1,000
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, credentialIds, denyCertificatesConfiguration, generateKeyPair, issueSelfSigned } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "lost" } }), signer);
 * const { authorizers } = denyCertificatesConfiguration({
 *   credentialIds: credentialIds(certificate),
 *   kubeConfigFile: "/etc/kubernetes/deny.kubeconfig",
 * });
 * assert.deepEqual(authorizers.map(({ type }) => type), ["Webhook", "Node", "RBAC"]);
 * ```
 */
export function denyCertificatesConfiguration(options: DenyCertificatesOptions): AuthorizationConfiguration {
  const { credentialIds, kubeConfigFile, name = "deny-certificates", authorizers = NODE_AND_RBAC } = options;
  const malformed = credentialIds.find((id) => !CREDENTIAL_ID.test(id));
  if (malformed !== undefined)
    throw new TypeError(`${JSON.stringify(malformed.slice(0, 100))} is no credential id of a certificate`);
  if (credentialIds.length > MAX_CREDENTIALS)
    throw new TypeError(
      `there are ${credentialIds.length} credential ids, at most ${MAX_CREDENTIALS} can be denied: replace the CA`,
    );
  const webhook = {
    type: "Webhook",
    name,
    webhook: {
      // None of these is used, for the webhook is not called; Kubernetes wants them all the same.
      authorizedTTL: "30s",
      unauthorizedTTL: "30s",
      timeout: "3s",
      subjectAccessReviewVersion: "v1",
      matchConditionSubjectAccessReviewVersion: "v1",
      failurePolicy: "Deny",
      connectionInfo: { type: "KubeConfigFile", kubeConfigFile },
      matchConditions: [{ expression: denyExpression(credentialIds) }],
    },
  };
  const first = credentialIds.length > 0 ? [webhook] : [];
  return {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthorizationConfiguration",
    authorizers: [...first, ...authorizers],
  };
}

/** False for everybody else; for a listed certificate an error, which is a denial. An index beyond a list is an error that compiles. */
function denyExpression(credentialIds: readonly string[]): string {
  const key = `'${CREDENTIAL_ID_KEY}'`;
  const list = credentialIds.map((id) => `'${id}'`).join(", ");
  return `${key} in request.extra && request.extra[${key}].exists(id, id in [${list}]) && [true][size(request.extra[${key}])]`;
}
