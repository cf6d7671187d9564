/** A server that asks for client certificates, and tells callers who they are. */
import { createServer } from "node:https";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { authenticatedGroups, encodePem, identityKind, parseIdentity, PkiError } from "kubepki";
import type { Certificate, Identity } from "kubepki";
import type { Credential } from "./cluster.ts";

/** What the server answers: who is calling, or why nobody is. */
export type Answer =
  | { readonly user: string; readonly groups: readonly string[]; readonly kind: string }
  | { readonly unauthorized: string };

export interface RunningServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the server on a free port of the loopback interface. */
export async function startServer(serving: Credential, clientCa: Certificate): Promise<RunningServer> {
  const options = {
    cert: encodePem("CERTIFICATE", serving.certificate.der),
    key: await serving.privateKey.exportPem(),
    ca: encodePem("CERTIFICATE", clientCa.der),
    requestCert: true,
    // As kube-apiserver does: the connection stands, and each request without a good certificate gets a 401 that says why.
    rejectUnauthorized: false,
  };
  const server = createServer(options, answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, stop: () => stop(server) };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** One certificate belongs to a connection, so it is read once for each. */
const identities = new WeakMap<TLSSocket, Identity | undefined>();

function identityOf(socket: TLSSocket): Identity | undefined {
  if (!identities.has(socket)) {
    const certificate = socket.getPeerX509Certificate();
    identities.set(socket, certificate && parseIdentity(certificate));
  }
  return identities.get(socket);
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const who = authenticate(request.socket as TLSSocket);
  response.writeHead("user" in who ? 200 : 401, { "content-type": "application/json" });
  response.end(JSON.stringify(who));
}

function authenticate(socket: TLSSocket): Answer {
  // TLS has verified the chain; without that, an identity is nothing but a claim.
  if (!socket.authorized) return { unauthorized: String(socket.authorizationError) };
  try {
    const identity = identityOf(socket);
    if (!identity) return { unauthorized: "the certificate names nobody" };
    return { user: identity.user, groups: authenticatedGroups(identity), kind: kindOf(identity) };
  } catch (error) {
    if (error instanceof PkiError) return { unauthorized: `${error.code}: ${error.message}` };
    throw error;
  }
}

/** What kind of caller it is, for people. */
export function kindOf(identity: Identity): string {
  const kind = identityKind(identity);
  if (kind.kind === "node") return `node ${kind.nodeName}`;
  return kind.kind === "serviceAccount" ? `service account ${kind.namespace}/${kind.name}` : kind.kind;
}
