/** Who is at the other end of a TLS connection. */
import type { X509Certificate } from "node:crypto";
import type { Mode } from "../der/reader.ts";
import { PeerError } from "../errors.ts";
import { parseIdentity } from "../kubernetes/identity.ts";
import type { Identity } from "../kubernetes/identity.ts";

/** What is needed of a `net.Socket` or `tls.TLSSocket`. */
export interface PeerSocket {
  /** The address at the other end; undefined for a Unix socket, and once the peer is gone. */
  readonly remoteAddress?: string | undefined;
  /** Whether the connection is over; nothing is known of the peer then. */
  readonly destroyed?: boolean;
  /** Of a `TLSSocket`: whether Node has verified the peer, which it also says of some that showed nothing. */
  readonly authorized?: boolean;
  /** Of a `TLSSocket`: why Node has not. */
  readonly authorizationError?: unknown;
  /** Of a `TLSSocket`: the certificate that the peer showed. */
  readonly getPeerX509Certificate?: () => X509Certificate | undefined;
}

/** The DER of certificates that a peer showed, its own first. */
export type ShownCertificates = readonly [Uint8Array, ...Uint8Array[]];

/** A peer may send this many certificates and one more, which is enough to be refused for. */
const MAX_CERTIFICATES = 33;

const shown = /* @__PURE__ */ new WeakMap<PeerSocket, ShownCertificates>();
const identities = {
  safe: /* @__PURE__ */ new WeakMap<PeerSocket, Identity>(),
  kubernetes: /* @__PURE__ */ new WeakMap<PeerSocket, Identity>(),
};

/**
 * The certificates that a peer showed in TLS, its own first; undefined if it showed none, or if this is no TLS.
 *
 * **Says nothing about trust.** TLS has proven that the peer has the key of the first; nobody has verified the others. Node gives an issuer where it
 * found one, so the list may end in a trust anchor. After a resumed session it has the first only. Remembered for as long as the socket lives: what
 * a server asks for in a renegotiation later is not looked at. Of HTTP/2, give `request.stream.session.socket`: a `request.socket` whose stream is over
 * looks like one without TLS; {@link fromSocket} knows that.
 *
 * @throws PeerError `ERR_PEER_GONE`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Socket } from "node:net";
 * import { certificatesFromSocket } from "kubepki/node";
 *
 * assert.equal(certificatesFromSocket(new Socket()), undefined);
 * ```
 */
export function certificatesFromSocket(socket: PeerSocket): ShownCertificates | undefined {
  const known = shown.get(socket);
  if (known) return known;
  const leaf = socket.getPeerX509Certificate?.();
  // Without this, somebody who showed a bad certificate and hung up would be somebody who showed none.
  if (!leaf && socket.getPeerX509Certificate && socket.destroyed)
    throw new PeerError("ERR_PEER_GONE", "the connection is over, so its certificate cannot be asked for");
  const certificates = leaf && chainOf(leaf);
  if (certificates) shown.set(socket, certificates);
  return certificates;
}

function chainOf(leaf: X509Certificate): ShownCertificates | undefined {
  const raw = rawOf(leaf);
  if (!raw) return undefined;
  const certificates: [Uint8Array, ...Uint8Array[]] = [raw];
  let last = leaf;
  while (certificates.length < MAX_CERTIFICATES) {
    const issuer = last.issuerCertificate;
    const next = issuer && rawOf(issuer);
    // A root is its own issuer.
    if (!next || last.raw.equals(next)) break;
    certificates.push(next);
    last = issuer;
  }
  return certificates;
}

/** A plain Uint8Array: the parser's call sites know no other kind, and that is what makes them fast. */
function rawOf({ raw }: X509Certificate): Uint8Array | undefined {
  return raw?.length ? new Uint8Array(raw.buffer, raw.byteOffset, raw.length) : undefined;
}

/**
 * The identity of a client that Node has verified in the handshake, as {@link parseIdentity} reads it; undefined if the certificate names nobody.
 *
 * For servers with `requestCert: true` and a `ca` of their own. `authorized` alone never decides: there must be a certificate too, for
 * some runtimes say `authorized` without any. The answer is remembered for the life of the socket, refusals are not.
 *
 * **Node looks at the clock in the handshake only**, and at nothing but the ticket when a session is resumed: a certificate that expires
 * later, or a CA that was taken out, is still good here. {@link fromSocket} verifies for each request, as kube-apiserver does.
 *
 * @throws PeerError `ERR_PEER_NOT_TLS`, `ERR_PEER_GONE`, `ERR_PEER_NO_CERTIFICATE`, `ERR_PEER_UNAUTHORIZED`
 * @throws IdentityError, DerError, CertificateError as {@link parseIdentity}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createServer } from "node:https";
 * import { Socket } from "node:net";
 * import { identityFromSocket } from "kubepki/node";
 *
 * const server = createServer({ requestCert: true }, (request, response) => {
 *   response.end(identityFromSocket(request.socket)?.user);
 * });
 * server.close();
 * assert.throws(() => identityFromSocket(new Socket()), { code: "ERR_PEER_NOT_TLS" });
 * ```
 */
export function identityFromSocket(
  socket: PeerSocket,
  options: {
    /** `"safe"` by default; see {@link parseIdentity}. */
    readonly mode?: Mode;
  } = {},
): Identity | undefined {
  const { mode = "safe" } = options;
  const remembered = identities[mode].get(socket);
  if (remembered) return remembered;
  if (!socket.getPeerX509Certificate)
    throw new PeerError(
      "ERR_PEER_NOT_TLS",
      "the connection is not encrypted, so nobody has shown a certificate",
    );
  const certificates = certificatesFromSocket(socket);
  if (!certificates) throw new PeerError("ERR_PEER_NO_CERTIFICATE", "the peer has shown no certificate");
  if (socket.authorized !== true)
    throw new PeerError("ERR_PEER_UNAUTHORIZED", `Node has not verified the peer${reasonOf(socket)}`);
  const identity = parseIdentity(certificates[0], { mode });
  if (identity) identities[mode].set(socket, identity);
  return identity;
}

/** OpenSSL's word for it, such as `CERT_HAS_EXPIRED`: a text or an error, by version of Node. */
function reasonOf({ authorizationError: reason }: PeerSocket): string {
  if (reason instanceof Error) return `: ${"code" in reason ? String(reason.code) : reason.message}`;
  return typeof reason === "string" ? `: ${reason}` : "";
}
