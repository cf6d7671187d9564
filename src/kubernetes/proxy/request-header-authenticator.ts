/** Who a request comes from that a front proxy has passed on with `X-Remote-*` headers. */
import type { UserInfo } from "../authenticated-groups.ts";
import { failHeader } from "./header-fields.ts";
import type { ProxiedRequest } from "./forwarded.ts";
import { parseRequestHeader, REQUEST_HEADER_NAMES } from "./request-header.ts";
import type { RequestHeaderOptions, RequestHeaderResult } from "./request-header.ts";
import { trustPeers } from "./trusted-peers.ts";
import type { PeerCheck, TrustedPeers, VerifierOptions } from "./trusted-peers.ts";

/** Whom to believe. */
export interface RequestHeaderAuthenticatorOptions extends RequestHeaderOptions, VerifierOptions {
  /** Who may speak for others; {@link trustedFrontProxies} makes it from a cluster's configuration. */
  readonly trustedPeers: TrustedPeers;
}

/** Tells who requests come from that a front proxy has passed on. Made by {@link createRequestHeaderAuthenticator}. */
export class RequestHeaderAuthenticator {
  readonly #options: RequestHeaderAuthenticatorOptions;
  readonly #check: PeerCheck;

  /** Not for callers: use {@link createRequestHeaderAuthenticator}. */
  constructor(options: RequestHeaderAuthenticatorOptions) {
    this.#options = options;
    this.#check = trustPeers(options.trustedPeers, options);
    // What is wrong with the names should show when the server starts.
    parseRequestHeader([], options);
    const { usernameHeaders } = options.names ?? REQUEST_HEADER_NAMES;
    if (usernameHeaders.length === 0)
      failHeader("ERR_HEADER_CONFIG", "no header has the user name", "usernameHeaders");
  }

  /**
   * The user that the headers name, after the sender has been verified; undefined if they name nobody.
   *
   * @throws HeaderError if the sender may not speak for others, or the headers are not as they should be
   * @throws PemError, DerError, CertificateError if the sender's certificate does not parse
   */
  async authenticate(request: ProxiedRequest, at: Date | number = Date.now()): Promise<UserInfo | undefined> {
    return (await this.read(request, at))?.userInfo;
  }

  /**
   * As `authenticate`, with the headers that are left: kube-apiserver takes those away that have been read, so that nothing behind it reads them again.
   *
   * @throws HeaderError, PemError, DerError, CertificateError as `authenticate`
   */
  async read(
    { headers, peer }: ProxiedRequest,
    at: Date | number = Date.now(),
  ): Promise<RequestHeaderResult | undefined> {
    await this.#check(peer, at);
    return parseRequestHeader(headers, this.#options);
  }
}

/**
 * An authenticator for an API server behind another, such as an extension API server behind kube-apiserver's aggregation layer.
 *
 * First the sender's client certificate is verified for `clientAuth` and its name compared with the allowed ones; only then the headers are read. A
 * sender who may not speak for others is an error whether or not there are headers, as in Kubernetes; an API server that has clients of its own
 * asks its other authenticators then, and refuses if none of them knows the caller.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/request/headerrequest/requestheader.go` (`NewDynamicVerifyOptionsSecure`).
 *
 * @throws HeaderError `ERR_HEADER_CONFIG` if no header has the user name, or a name is empty
 * @throws PemError, DerError, CertificateError if a CA does not parse
 * @throws TypeError if `trustedPeers` names nobody
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createRequestHeaderAuthenticator } from "kubepki";
 *
 * const authenticator = createRequestHeaderAuthenticator({ trustedPeers: { unixSocket: true } });
 * const headers = { rawHeaders: ["X-Remote-User", "jane", "X-Remote-Group", "developers"] };
 * const user = await authenticator.authenticate({ headers, peer: { unixSocket: true } });
 * assert.deepEqual(user?.groups, ["developers", "system:authenticated"]);
 * await assert.rejects(authenticator.authenticate({ headers, peer: { address: "10.0.0.7" } }), {
 *   code: "ERR_HEADER_UNTRUSTED_PEER",
 * });
 * ```
 */
export function createRequestHeaderAuthenticator(
  options: RequestHeaderAuthenticatorOptions,
): RequestHeaderAuthenticator {
  return new RequestHeaderAuthenticator(options);
}
