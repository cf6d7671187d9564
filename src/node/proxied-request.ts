/** What Node knows of a request that came through a proxy: its headers one by one, and who is at the other end of the socket. */
import type { Peer } from "../kubernetes/proxy/trusted-peers.ts";
import type { ProxiedRequest } from "../kubernetes/proxy/forwarded.ts";
import { REQUEST_HEADER_NAMES, removeRequestHeader } from "../kubernetes/proxy/request-header.ts";
import type { RequestHeaderNames } from "../kubernetes/proxy/request-header.ts";
import { certificatesFromSocket } from "./socket.ts";
import type { PeerSocket } from "./socket.ts";

/** What is needed of Node's `IncomingMessage` or `Http2ServerRequest`; requests of Express and Koa (`ctx.req`), and Fastify's `request.raw`, are such. */
export interface NodeRequest {
  /** Names and values by turns, as they came. */
  readonly rawHeaders: readonly string[];
  /** The connection. */
  readonly socket: PeerSocket;
}

const MAPPED = "::ffff:";

/**
 * A request of Node for the authenticators behind proxies. The headers are taken from `rawHeaders`, where those that are there twice are seen.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { once } from "node:events";
 * import { createServer } from "node:http";
 * import { createRequestHeaderAuthenticator } from "kubepki";
 * import { proxiedRequest } from "kubepki/node";
 *
 * // Every process of this machine may speak for others: for a sidecar only.
 * const authenticator = createRequestHeaderAuthenticator({ trustedPeers: { addresses: ["127.0.0.1"] } });
 * const server = createServer(async (request, response) => {
 *   try {
 *     const user = await authenticator.authenticate(proxiedRequest(request));
 *     response.end(user?.username ?? "nobody");
 *   } catch {
 *     response.writeHead(401).end();
 *   }
 * });
 * await once(server.listen(0, "127.0.0.1"), "listening");
 * const { port } = server.address() as { port: number };
 * const response = await fetch(`http://127.0.0.1:${port}`, { headers: { "X-Remote-User": "jane", connection: "close" } });
 * assert.equal(await response.text(), "jane");
 * server.close();
 * ```
 */
export function proxiedRequest(request: NodeRequest): ProxiedRequest {
  return { headers: { rawHeaders: request.rawHeaders }, peer: peerOfSocket(request.socket) };
}

/**
 * Who is at the other end of a connection: the certificates that were shown in TLS, the address, or that it is a Unix socket.
 *
 * Certificates are not verified here. The server must ask for them (`requestCert: true`); whether it refuses unverified ones itself
 * (`rejectUnauthorized`) does not matter, for `verifyTrustedPeer` verifies. A TCP connection that is already gone has no address and is nobody,
 * never a Unix socket. An IPv4 address on a socket of both kinds (`::ffff:10.0.0.1`) is given as IPv4.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { peerOfSocket } from "kubepki/node";
 *
 * assert.deepEqual(peerOfSocket({ remoteAddress: "::ffff:10.0.0.1" }), { address: "10.0.0.1" });
 * assert.deepEqual(peerOfSocket({}), {});
 * ```
 */
export function peerOfSocket(socket: PeerSocket): Peer {
  const { remoteAddress } = socket;
  const certificates = certificatesFromSocket(socket);
  const isMapped = remoteAddress?.startsWith(MAPPED) && remoteAddress.includes(".");
  const address = isMapped ? remoteAddress?.slice(MAPPED.length) : remoteAddress;
  return {
    ...(certificates && { certificates }),
    ...(address !== undefined && { address }),
    ...(address === undefined && isUnixSocket(socket) && { unixSocket: true }),
  };
}

/**
 * A connection of TCP that was reset has no address either, while its request is still being handled. So the server is asked, which Node's sockets
 * know; it listens on a path or it does not.
 */
function isUnixSocket(socket: PeerSocket): boolean {
  const { server } = socket as { readonly server?: { readonly address?: () => unknown } };
  return typeof server?.address?.() === "string";
}

/**
 * Takes the headers that name a user away from a request of Node, as kube-apiserver does after it has read them, so that nothing behind it reads them
 * again. Aliases with underscores and dots go too.
 *
 * @throws HeaderError `ERR_HEADER_CONFIG` for an empty name
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { clearRequestHeader } from "kubepki/node";
 *
 * const request = { rawHeaders: ["Host", "a", "X-Remote-User", "jane"], headers: { host: "a", "x-remote-user": "jane" } };
 * clearRequestHeader(request);
 * assert.deepEqual(request, { rawHeaders: ["Host", "a"], headers: { host: "a" } });
 * ```
 */
export function clearRequestHeader(
  request: {
    /** Names and values by turns; changed in place. */
    rawHeaders: string[];
    /** The same by name; changed in place. */
    headers: Record<string, string | string[] | undefined>;
    /** The same with lists of values, where Node has it; changed in place. */
    headersDistinct?: Record<string, string[] | undefined>;
  },
  names: RequestHeaderNames = REQUEST_HEADER_NAMES,
): void {
  const left = removeRequestHeader({ rawHeaders: request.rawHeaders }, names);
  const kept = new Set(left.map(([name]) => name.toLowerCase()));
  for (const headers of [request.headers, request.headersDistinct ?? {}])
    for (const name of Object.keys(headers)) if (!kept.has(name)) delete headers[name];
  request.rawHeaders.splice(0, request.rawHeaders.length, ...left.flat());
}
