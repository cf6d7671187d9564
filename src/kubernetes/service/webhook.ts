/** Certificates of admission webhooks, conversion webhooks and aggregated API servers: a CA of their own, and its change without a failed call. */
import { decodeBase64 } from "../../base64.ts";
import type { CertificateAuthority } from "../../issue/authority.ts";
import { issueCertificate, issueSelfSigned } from "../../issue/issue.ts";
import { caTemplate, servingTemplate } from "../../issue/template.ts";
import { generateKeyPair } from "../../keys/generate.ts";
import type { KeyAlgorithmName } from "../../keys/algorithms.ts";
import { parseCertificates } from "../../x509/certificate.ts";
import type { Certificate } from "../../x509/certificate.ts";
import { serviceDnsNames } from "../cluster/subject-alt-names.ts";
import { pemOf, readTlsSecret, tlsSecret } from "./tls-secret.ts";
import type { SecretObject, TlsSecret } from "./tls-secret.ts";

/** The service that the API server calls, and how its certificates are made. */
export interface WebhookOptions {
  /** Name of the Secret for the server. */
  readonly secretName: string;
  /** `clientConfig.service.name`. */
  readonly service: string;
  /** `clientConfig.service.namespace`; the Secret's, too. */
  readonly namespace: string;
  /** How long the serving certificate lives, in seconds; 90 days by default. */
  readonly lifetimeSeconds?: number;
  /** How long the CA lives, in seconds; 10 years by default. */
  readonly caLifetimeSeconds?: number;
  /** The keys that are made; `ECDSA-P256` by default. */
  readonly keyAlgorithm?: KeyAlgorithmName;
  /** The moment of issuing; now by default. */
  readonly now?: Date;
}

/** What a webhook needs. */
export interface WebhookPki {
  /** Whom the API server shall trust: base64 of PEM, for `clientConfig.caBundle` or `spec.caBundle` of an APIService. */
  readonly caBundle: string;
  /** Key and certificate for the server, and its CA. **A secret.** */
  readonly secret: TlsSecret;
  /** The CA, which can issue again; keep its key or throw it away. */
  readonly ca: CertificateAuthority;
}

const LIFETIME_SECONDS = 7_776_000;
const CA_LIFETIME_SECONDS = 315_360_000;

/**
 * Makes all that a webhook needs: a CA of its own, a serving certificate for the service's DNS name as the API server calls it, the Secret for the server and the bundle for the API server.
 *
 * With `ca`, only the serving certificate is new. Sources: Kubernetes `staging/src/k8s.io/apiserver/pkg/util/webhook/client.go` (the server name is `<service>.<namespace>.svc`).
 *
 * @throws ClusterError `ERR_CLUSTER_NAME` if service or namespace are no names; TemplateError, KeyError if `ca` must not sign
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { issueWebhookPki, readTlsSecret, verifyServerName } from "kubepki";
 *
 * const { secret, caBundle } = await issueWebhookPki({ secretName: "policy-tls", service: "policy", namespace: "guard" });
 * const { certificates } = await readTlsSecret(secret);
 * verifyServerName(certificates[0]!, "policy.guard.svc"); // what the API server calls
 * assert.equal(secret.data["ca.crt"], caBundle);
 * ```
 */
export async function issueWebhookPki(
  options: WebhookOptions,
  ca?: CertificateAuthority,
): Promise<WebhookPki> {
  const { secretName, service, namespace, keyAlgorithm = "ECDSA-P256", now = new Date() } = options;
  const { lifetimeSeconds = LIFETIME_SECONDS } = options;
  const dnsNames = serviceDnsNames({ name: service, namespace });
  const issuer = ca ?? (await makeCa(options, now));
  const { privateKey, publicKey } = await generateKeyPair(keyAlgorithm);
  const [first = "", ...others] = dnsNames;
  const template = servingTemplate({
    subject: { commonName: `${service}.${namespace}.svc` },
    dnsNames: [first, ...others],
    lifetimeSeconds,
    now,
  });
  const { certificate } = await issueCertificate(template, { publicKey, issuer, now });
  const secret = await tlsSecret({
    name: secretName,
    namespace,
    certificates: [certificate],
    privateKey,
    ca: [issuer.certificate],
  });
  return { caBundle: pemOf([issuer.certificate]), secret, ca: issuer };
}

async function makeCa(
  {
    service,
    namespace,
    keyAlgorithm = "ECDSA-P256",
    caLifetimeSeconds = CA_LIFETIME_SECONDS,
  }: WebhookOptions,
  now: Date,
): Promise<CertificateAuthority> {
  const { signer } = await generateKeyPair(keyAlgorithm);
  // The date tells a CA from its successor: with one name for both, errors would be about signatures.
  const commonName = `${service}.${namespace}.svc-ca@${Math.floor(now.getTime() / 1000)}`;
  const template = caTemplate({
    subject: { commonName },
    lifetimeSeconds: caLifetimeSeconds,
    pathLength: 0,
    now,
  });
  const { certificate } = await issueSelfSigned(template, signer, { now });
  return { certificate, signer };
}

/** One step of a change of the CA. Wait until it has reached everybody before the next one. */
export type WebhookStep =
  | {
      /** Write this bundle into every webhook configuration. */
      readonly write: "caBundle";
      /** Base64 of PEM. */
      readonly caBundle: string;
      /** Why now, and when to go on. */
      readonly reason: string;
    }
  | {
      /** Write this Secret. **It is one.** */
      readonly write: "secret";
      /** For the server. */
      readonly secret: TlsSecret;
      /** Why now, and when to go on. */
      readonly reason: string;
    };

/**
 * The steps from one CA to the next without a failed call: trust both, serve with the new certificate, trust the new one alone. At each moment, also while a step has reached some and not others, the
 * API server trusts what the server shows.
 *
 * Steps are data: store where you are, and go on from there after a crash. Doing a step twice does no harm.
 *
 * @param current what is there: the bundle of the configuration, from which nothing is dropped before the end
 * @param next what shall be there, see {@link issueWebhookPki}
 * @throws PemError, DerError, CertificateError if the current bundle does not parse
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { issueWebhookPki, planWebhookRotation } from "kubepki";
 *
 * const options = { secretName: "policy-tls", service: "policy", namespace: "guard" };
 * const old = await issueWebhookPki(options);
 * const steps = planWebhookRotation(old.caBundle, await issueWebhookPki(options));
 * assert.deepEqual(steps.map(({ write }) => write), ["caBundle", "secret", "caBundle"]);
 * ```
 */
export function planWebhookRotation(
  current: string,
  next: Pick<WebhookPki, "caBundle" | "secret">,
): WebhookStep[] {
  const both = pemOf([...certificatesOf(current), ...certificatesOf(next.caBundle)]);
  return [
    {
      write: "caBundle",
      caBundle: both,
      reason:
        "everybody must trust the new CA before anybody shows its certificates; go on when all API servers have seen it",
    },
    {
      write: "secret",
      secret: next.secret,
      reason:
        "the server may show the new certificate now; go on when every replica has loaded it, a minute or two after the kubelets' next look",
    },
    {
      write: "caBundle",
      caBundle: next.caBundle,
      reason: "nobody shows certificates of the old CA any more",
    },
  ];
}

function certificatesOf(caBundle: string): Certificate[] {
  const bytes = decodeBase64(caBundle, false) ?? new Uint8Array();
  return parseCertificates(new TextDecoder().decode(bytes));
}

/**
 * Tells whether a webhook's serving certificate should be issued again: two thirds of its life are over, or it cannot be read.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isWebhookRenewalDue, issueWebhookPki } from "kubepki";
 *
 * const { secret } = await issueWebhookPki({ secretName: "policy-tls", service: "policy", namespace: "guard" });
 * assert.equal(await isWebhookRenewalDue(secret), false);
 * assert.equal(await isWebhookRenewalDue(secret, Date.now() + 61 * 86_400_000), true);
 * ```
 */
export async function isWebhookRenewalDue(
  secret: SecretObject,
  at: Date | number = Date.now(),
): Promise<boolean> {
  const contents = await readTlsSecret(secret).catch(() => undefined);
  if (!contents) return true;
  const { notBefore, notAfter } = contents.certificates[0]!;
  const due = notBefore.getTime() + ((notAfter.getTime() - notBefore.getTime()) * 2) / 3;
  return Number(at) >= due;
}
