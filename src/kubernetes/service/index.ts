/** Certificates of what runs in a cluster and is called: Secrets, Ingresses, webhooks. */
export { readTlsSecret, tlsSecret, validateTlsSecret } from "./tls-secret.ts";
export type {
  SecretObject,
  TlsSecret,
  TlsSecretContents,
  TlsSecretFinding,
  TlsSecretOptions,
} from "./tls-secret.ts";
export { validateIngressTls } from "./ingress.ts";
export type { IngressObject, IngressTlsFinding, IngressTlsOptions } from "./ingress.ts";
export { isWebhookRenewalDue, issueWebhookPki, planWebhookRotation } from "./webhook.ts";
export type { WebhookOptions, WebhookPki, WebhookStep } from "./webhook.ts";
