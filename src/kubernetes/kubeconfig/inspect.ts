import { inspectCluster } from "./inspect-cluster.ts";
import type { InspectedCluster, ServerCertificates } from "./inspect-cluster.ts";
import { inspectUser } from "./inspect-user.ts";
import type { InspectedUser } from "./inspect-user.ts";
import type {
  KubeconfigFileReader,
  KubeconfigInspectionFinding,
  SayInspection,
  Source,
} from "./inspection.ts";
import { readStructure } from "./structure.ts";
import { validateKubeconfig } from "./validate.ts";

/** What {@link inspectKubeconfig} may look at; all fields have defaults. */
export interface InspectKubeconfigOptions {
  /** The moment that counts; now by default. A number is milliseconds since 1970. */
  readonly at?: Date | number;
  /** How long before its end a certificate is reported, in seconds; 30 days by default. */
  readonly warnSeconds?: number;
  /** Reads the files that the kubeconfig names, under the names that stand there. Without it they are not looked at. */
  readonly readFile?: KubeconfigFileReader;
  /** Gets the certificates that a server shows, `fetchServerCertificates` of `kubepki/node` for example. Without it nobody asks the servers. */
  readonly serverCertificates?: ServerCertificates;
}

/** One context: who calls what. */
export interface InspectedContext extends Partial<Omit<InspectedUser, "identityFindings">>, InspectedCluster {
  /** What `kubectl --context` takes. */
  readonly name: string;
  /** Whether it counts where none is given. */
  readonly isCurrent: boolean;
  /** The cluster's name in the file. */
  readonly cluster: string;
  /** The user's name in the file, which the API server never sees. */
  readonly user: string;
  /** URL of the API server; absent if the cluster is not there. */
  readonly server?: string;
  /** The namespace where none is given. */
  readonly namespace: string;
  /** The user that the caller asks to act as. */
  readonly actsAs?: string;
}

/** What {@link inspectKubeconfig} has found out. */
export interface KubeconfigInspection {
  /** In the order of the file. */
  readonly contexts: readonly InspectedContext[];
  /** Everything that is wrong or dangerous, for all entries, also those that no context names. */
  readonly findings: readonly KubeconfigInspectionFinding[];
}

/** 30 days. */
const WARN_SECONDS = 2_592_000;

/**
 * Says for every context of a kubeconfig who the caller is to the API server, in which groups, until when, whether the key is that of the certificate, and, if servers may be
 * asked, whether the CAs cover the server's certificate. Never throws on what the kubeconfig says; no secret is in the result.
 *
 * Findings are those of {@link validateKubeconfig}, those of {@link lintIdentity} about client certificates, and {@link KubeconfigInspectionFindings}. What an API server believes
 * depends on its client CA, which a kubeconfig does not have: the identity is what the certificate says. Where there are a certificate and a token, the certificate counts.
 *
 * Sources: client-go `tools/clientcmd/client_config.go`, `transport/transport.go` (`TLSConfigFor`), Go crypto/tls `X509KeyPair`.
 *
 * @throws TypeError if `at` is no date; and whatever `serverCertificates` throws
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, clientTemplate, generateKeyPair, inspectKubeconfig, issueCertificate, issueSelfSigned, kubeconfig } from "kubepki";
 *
 * const ca = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), ca.signer);
 * const { publicKey, privateKey } = await generateKeyPair("ECDSA-P256");
 * const template = clientTemplate({ subject: { commonName: "jane", organizations: ["developers"] } });
 * const jane = await issueCertificate(template, { publicKey, issuer: { certificate, signer: ca.signer } });
 *
 * const { contexts, findings } = await inspectKubeconfig(
 *   await kubeconfig({
 *     server: "https://api.example.com:6443",
 *     ca: [certificate],
 *     userName: "me",
 *     credentials: { certificates: [jane.certificate], privateKey },
 *   }),
 * );
 * assert.equal(contexts[0]?.identity?.username, "jane");
 * assert.deepEqual(contexts[0]?.identity?.groups, ["developers", "system:authenticated"]);
 * assert.equal(contexts[0]?.isKeyMatching, true);
 * assert.deepEqual(findings, []);
 * ```
 */
export async function inspectKubeconfig(
  input: unknown,
  options: InspectKubeconfigOptions = {},
): Promise<KubeconfigInspection> {
  const { at = Date.now(), warnSeconds = WARN_SECONDS, readFile, serverCertificates } = options;
  const moment = { at: Number(at), warnSeconds };
  if (Number.isNaN(moment.at)) throw new TypeError("`at` is no date");
  const findings: KubeconfigInspectionFinding[] = [...validateKubeconfig(input)];
  const say: SayInspection = (code, path, message, { severity = "error", fix } = {}) => {
    findings.push({ code, severity, path, message, ...(fix !== undefined && { fix }) });
  };
  const config = readStructure(input, () => undefined); // validateKubeconfig has said it
  const source = (entry: object, path: string): Source => ({ entry, path, readFile, say });
  const users = new Map<string, InspectedUser>();
  for (const [index, { name, user }] of config.users.entries()) {
    const inspected = await inspectUser(user, source(user, `users[${index}].user`), moment);
    findings.push(...inspected.identityFindings);
    if (!users.has(name)) users.set(name, inspected);
  }
  const clusters = new Map<string, InspectedCluster & { readonly server: string }>();
  for (const [index, { name, cluster }] of config.clusters.entries()) {
    const from = source(cluster, `clusters[${index}].cluster`);
    const inspected = await inspectCluster(cluster, from, moment.at, serverCertificates);
    if (!clusters.has(name)) clusters.set(name, { server: cluster.server, ...inspected });
  }
  const contexts = config.contexts.map(({ name, context }): InspectedContext => {
    const { identityFindings: _, ...user } = users.get(context.user) ?? { identityFindings: [] };
    const actsAs = config.users.find((entry) => entry.name === context.user)?.user.as;
    return {
      name,
      isCurrent: name === config["current-context"],
      cluster: context.cluster,
      user: context.user,
      namespace: context.namespace || "default",
      ...user,
      ...clusters.get(context.cluster),
      ...(actsAs && { actsAs }),
    };
  });
  return { contexts, findings };
}
