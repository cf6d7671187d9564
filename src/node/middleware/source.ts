/**
 * Where a server learns who is calling: from the TLS connection, or from what a proxy says about the client.
 *
 * One source is one function from a request to a user. Further sources (tokens, other proxies) are other functions of the same type; each decides for
 * itself whom it believes. One that reads headers must first look at the peer, for anybody can send headers.
 */
import { PeerError } from "../../errors.ts";
import type { UserInfo } from "../../kubernetes/authenticated-groups.ts";
import type { PeerCertificates } from "../../kubernetes/peer-certificates.ts";
import type { ProxiedRequest } from "../../kubernetes/proxy/forwarded.ts";
import { proxiedRequest } from "../proxied-request.ts";
import type { NodeRequest } from "../proxied-request.ts";
import { certificatesFromSocket } from "../socket.ts";
import type { PeerSocket } from "../socket.ts";

/** What is needed of Node's `IncomingMessage` or `Http2ServerRequest`; the request of every framework on Node has one. */
export interface HttpRequest extends NodeRequest {
  /** `GET` and so on. */
  readonly method?: string | undefined;
  /** The path and the query. */
  readonly url?: string | undefined;
  /** Of Express: the whole path, where `url` lacks what a router has taken. */
  readonly originalUrl?: string;
  /** Of HTTP/2: its requests have a socket each, which are all the same connection. */
  readonly stream?: HttpStream;
}

/** What is needed of Node's `Http2Stream`. */
export interface HttpStream {
  /** Its connection, while the stream lasts. */
  readonly session?: HttpSession | undefined;
}

/** What is needed of Node's `Http2Session`. */
export interface HttpSession {
  /** The connection's socket. */
  readonly socket: PeerSocket;
}

/**
 * Tells who a request comes from, at a moment in milliseconds since 1970.
 *
 * - a user: that is who it is, and nobody else is asked;
 * - undefined: nothing is known here (no certificate, no header, a certificate that names nobody); other sources may know more;
 * - an error: something was shown and it is not good. If no other source knows the caller the request is refused, never anonymous.
 */
export type IdentitySource = (request: HttpRequest, at: number) => Promise<UserInfo | undefined>;

/** What is needed of an `Authenticator` or an `SvidAuthenticator`. */
export interface CertificateAuthenticator {
  /** Verifies what a peer showed, and tells whom it names. */
  authenticate(certificates: PeerCertificates, at?: Date | number): Promise<UserInfo | undefined>;
}

/**
 * A source that verifies the certificate of the TLS connection for every request, with the clock, as kube-apiserver does.
 *
 * The server asks for a certificate and does not verify it: `requestCert: true, rejectUnauthorized: false`. So a client without one gets an answer, a bad
 * one gets a 401, and one that expires while a connection is open stops working. The certificate is taken from a connection once, and the authenticator
 * remembers chains that were good; a session that was resumed, where TLS shows the first certificate only, is known by that memory, or needs
 * `intermediates`. Who showed a certificate and hung up before it was asked for is refused, not somebody who showed none.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/server/secure_serving.go` (`tls.RequestClientCert`), `authentication/request/x509/x509.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createAuthenticator } from "kubepki";
 * import { fromSocket } from "kubepki/node";
 *
 * const source = fromSocket(createAuthenticator({ trustAnchors: [] }));
 * assert.equal(await source({ socket: {}, rawHeaders: [] }, Date.now()), undefined); // no TLS: nothing is known
 * ```
 */
export function fromSocket(authenticator: CertificateAuthenticator): IdentitySource {
  return async (request, at) => {
    const certificates = certificatesFromSocket(connectionOf(request));
    return certificates && authenticator.authenticate(certificates, at);
  };
}

/** What is needed of a `ForwardedAuthenticator` or a `RequestHeaderAuthenticator`. */
export interface ProxyAuthenticator {
  /** Verifies that the peer may speak for others, and then reads what it says. */
  authenticate(request: ProxiedRequest, at?: Date | number): Promise<UserInfo | undefined>;
}

/**
 * A source behind a proxy. The authenticator has the explicit statement which peer may speak for others, and verifies that peer before it reads a header.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createRequestHeaderAuthenticator } from "kubepki";
 * import { fromProxy } from "kubepki/node";
 *
 * const source = fromProxy(createRequestHeaderAuthenticator({ trustedPeers: { addresses: ["10.0.0.7"] } }));
 * const rawHeaders = ["X-Remote-User", "jane"];
 * const user = await source({ socket: { remoteAddress: "10.0.0.7" }, rawHeaders }, Date.now());
 * assert.equal(user?.username, "jane");
 * await assert.rejects(source({ socket: { remoteAddress: "10.0.0.8" }, rawHeaders }, Date.now()), {
 *   code: "ERR_HEADER_UNTRUSTED_PEER",
 * });
 * ```
 */
export function fromProxy(authenticator: ProxyAuthenticator): IdentitySource {
  return async (request, at) => {
    const { rawHeaders } = request;
    return authenticator.authenticate(proxiedRequest({ rawHeaders, socket: connectionOf(request) }), at);
  };
}

/** A stream of HTTP/2 that is over has forgotten its session; its `socket` looks like one without TLS, so that a bad certificate would be none. */
function connectionOf({ stream, socket }: HttpRequest): PeerSocket {
  if (!stream) return socket;
  if (!stream.session)
    throw new PeerError("ERR_PEER_GONE", "the stream of HTTP/2 is over, so its connection is not known");
  return stream.session.socket;
}
