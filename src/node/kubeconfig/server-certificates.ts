import { connect } from "node:tls";
import type { KubeconfigCluster } from "../../kubernetes/kubeconfig/kubeconfig.ts";
import { parseCertificate } from "../../x509/certificate.ts";
import type { Certificate } from "../../x509/certificate.ts";

/** A server that has said nothing after so many milliseconds says nothing. */
const TIMEOUT = 5_000;

/**
 * Asks a server for its certificates, its own first, **without believing it**: no credentials are sent and nothing is verified. It is `serverCertificates` for `inspectKubeconfig`, which verifies.
 *
 * Undefined if the server is no URL of https, cannot be reached in 5 seconds (`proxy-url` is not used), or shows what does not parse.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fetchServerCertificates } from "kubepki/node";
 *
 * assert.equal(await fetchServerCertificates({ server: "http://127.0.0.1" }), undefined);
 * ```
 */
export async function fetchServerCertificates(
  cluster: KubeconfigCluster,
): Promise<readonly Certificate[] | undefined> {
  if (!URL.canParse(cluster.server)) return undefined;
  const { protocol, hostname, port } = new URL(cluster.server);
  if (protocol !== "https:") return undefined;
  const host = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  const name = cluster["tls-server-name"] ?? host;
  const isAddress = /^[\d.]+$|:/.test(name); // SNI takes names alone
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(port || 443),
      rejectUnauthorized: false,
      ...(!isAddress && { servername: name }),
    });
    const finish = (certificates?: readonly Certificate[]): void => {
      resolve(certificates);
      socket.destroy();
    };
    socket.setTimeout(TIMEOUT, () => finish());
    socket.once("error", () => finish());
    socket.once("close", () => finish());
    socket.once("secureConnect", () => {
      const shown = [];
      // A self-signed certificate is its own issuer.
      for (
        let peer = socket.getPeerX509Certificate();
        peer && shown.length < 16;
        peer = peer.issuerCertificate
      )
        shown.push(peer.raw);
      try {
        finish(shown.map((raw) => parseCertificate(raw, { mode: "kubernetes" })));
      } catch {
        finish();
      }
    });
  });
}
