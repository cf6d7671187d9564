/** The configuration that makes a kube-apiserver deny single certificates. */
import { expect, test } from "vitest";
import { denyCertificatesConfiguration } from "../../src/kubernetes/deny-certificates.ts";

const id = `X509SHA256=${"ab".repeat(32)}`;
const kubeConfigFile = "/etc/kubernetes/deny.kubeconfig";

test("asks the rule before Node and RBAC, and denies where the rule fails", () => {
  const { authorizers } = denyCertificatesConfiguration({ credentialIds: [id], kubeConfigFile });
  expect(authorizers.map(({ type }) => type)).toEqual(["Webhook", "Node", "RBAC"]);
  expect(authorizers[0]).toMatchObject({
    webhook: {
      failurePolicy: "Deny",
      connectionInfo: { type: "KubeConfigFile", kubeConfigFile },
      matchConditions: [
        {
          expression:
            "'authentication.kubernetes.io/credential-id' in request.extra && " +
            `request.extra['authentication.kubernetes.io/credential-id'].exists(id, id in ['${id}']) && ` +
            "[true][size(request.extra['authentication.kubernetes.io/credential-id'])]",
        },
      ],
    },
  });
});

test("without certificates has no rule, and keeps the authorizers it is given", () => {
  const authorizers = [{ type: "RBAC", name: "mine" }];
  expect(
    denyCertificatesConfiguration({ credentialIds: [], kubeConfigFile, authorizers }).authorizers,
  ).toEqual(authorizers);
});

test("lets nothing into the expression but credential ids, and not too many", () => {
  for (const bad of ["", "x", `${id}'`, id.toUpperCase(), `${id}\n`, `X509SHA256=${"g".repeat(64)}`])
    expect(() => denyCertificatesConfiguration({ credentialIds: [bad], kubeConfigFile })).toThrow(TypeError);
  const many = Array.from({ length: 1001 }, () => id);
  expect(() => denyCertificatesConfiguration({ credentialIds: many, kubeConfigFile })).toThrow(TypeError);
});
