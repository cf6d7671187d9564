/** Whether a cluster of a kubeconfig can be trusted. */
import { PkiError } from "../../errors.ts";
import { verifyCertificateChain } from "../../verify/verify-chain.ts";
import { parseCertificates } from "../../x509/certificate.ts";
import type { Certificate } from "../../x509/certificate.ts";
import { contentOf } from "./inspection.ts";
import type { Content, SayInspection, Source } from "./inspection.ts";
import type { KubeconfigCluster } from "./kubeconfig.ts";

/** The certificates that a server shows, its own first; nothing if it cannot be asked. */
export type ServerCertificates = (
  cluster: KubeconfigCluster,
) => readonly Certificate[] | undefined | Promise<readonly Certificate[] | undefined>;

/** What a cluster of a kubeconfig turned out to be. */
export interface InspectedCluster {
  /** The CAs that the server's certificate must come from; absent if none are given. */
  readonly ca?: readonly Certificate[];
  /** Whether the server's certificate comes from these CAs and is for the name by which it is called; absent if nobody can tell. */
  readonly isServerTrusted?: boolean;
}

/** Looks at a cluster's CAs, and with them at the certificate of its server. */
export async function inspectCluster(
  cluster: KubeconfigCluster,
  source: Source,
  at: number,
  serverCertificates: ServerCertificates | undefined,
): Promise<InspectedCluster> {
  const content = await contentOf(source, "certificate-authority");
  const ca = content && readCa(content, at, source.say);
  if (!ca || cluster["insecure-skip-tls-verify"]) return ca ? { ca } : {};
  const isServerTrusted =
    serverCertificates && (await isTrusted(cluster, ca, source, at, serverCertificates));
  return { ca, ...(isServerTrusted !== undefined && { isServerTrusted }) };
}

function readCa({ text, path }: Content, at: number, say: SayInspection): readonly Certificate[] | undefined {
  try {
    const ca = parseCertificates(text, { mode: "kubernetes" });
    if (ca.every(({ notAfter }) => notAfter.getTime() < at))
      say("FINDING_KUBECONFIG_CA_EXPIRED", path, "all CAs have expired");
    return ca;
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    say("FINDING_KUBECONFIG_CA", path, `the CAs do not parse: ${error.message}`);
    return undefined;
  }
}

async function isTrusted(
  cluster: KubeconfigCluster,
  ca: readonly Certificate[],
  { path, say }: Source,
  at: number,
  serverCertificates: ServerCertificates,
): Promise<boolean | undefined> {
  const refuse = (message: string, fix?: string): false => {
    say("FINDING_KUBECONFIG_SERVER_CERTIFICATE", `${path}.server`, message, fix === undefined ? {} : { fix });
    return false;
  };
  const serverName = nameOf(cluster);
  const shown = serverName === undefined ? undefined : await serverCertificates(cluster);
  if (!shown || serverName === undefined) return undefined;
  const [leaf, ...intermediates] = shown;
  if (!leaf) return refuse("the server shows no certificate");
  try {
    const options = { trustAnchors: ca, intermediates, usage: "serverAuth", serverName, at } as const;
    await verifyCertificateChain(leaf, { ...options, mode: "kubernetes" });
    return true;
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    const fix = "fix" in error && typeof error.fix === "string" ? error.fix : undefined;
    return refuse(`${error.code}: ${error.message}`, fix);
  }
}

/** The name that the server's certificate must be for; nothing if the server is no URL. */
function nameOf(cluster: KubeconfigCluster): string | undefined {
  if (cluster["tls-server-name"]) return cluster["tls-server-name"];
  if (!URL.canParse(cluster.server)) return undefined;
  const { hostname } = new URL(cluster.server);
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}
