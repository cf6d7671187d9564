/** TLS servers whose certificate changes while they serve. */
import type { SecureContextOptions } from "node:tls";
import type { CertificateManager } from "./certificate-manager.ts";

/** A server of `node:tls`, `node:https` or `node:http2`. */
export interface ReloadableServer {
  /** New connections use these from now on. */
  setSecureContext(options: SecureContextOptions): void;
}

/**
 * Gives a TLS server the current certificate of a manager or of a {@link CredentialBundle}, and each new one; returns what ends it.
 *
 * Connections that are open stay as they are, with the certificate that they began with; new ones get the new certificate. Whatever else the server was made with for its
 * secure context (`ca`, `minVersion`, `ciphers`) must be given here again, for Node forgets it; `requestCert` and the like stay.
 *
 * Source: Node `tls.Server.setSecureContext`; the kubelet does the same by `GetCertificate` of Go's crypto/tls.
 *
 * @throws Error of OpenSSL if a certificate's key is too weak for this machine's policy, or an option is wrong
 *
 * @example
 * ```ts no-run
 * import { createServer } from "node:https";
 * import type { CertificateManager } from "kubepki/node";
 * import { followCertificate } from "kubepki/node";
 *
 * declare const manager: CertificateManager;
 * const server = createServer({ minVersion: "TLSv1.3" }, (_, response) => response.end("hello"));
 * followCertificate(server, manager, { minVersion: "TLSv1.3" });
 * await manager.ready();
 * server.listen(10250);
 * ```
 */
export function followCertificate(
  server: ReloadableServer,
  manager: Pick<CertificateManager, "follow">,
  options: SecureContextOptions = {},
): () => void {
  return manager.follow((pair) => server.setSecureContext({ ...options, ...pair.exportTlsOptions() }));
}
