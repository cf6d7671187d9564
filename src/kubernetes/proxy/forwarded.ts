/** Who a request comes from that a proxy has passed on with the client's certificate in a header. */
import type { UserInfo } from "../authenticated-groups.ts";
import { createAuthenticator } from "../authenticate.ts";
import type { Authenticator, AuthenticatorOptions } from "../authenticate.ts";
import type { CertificatesInput } from "../../verify/certificate-pool.ts";
import { parseForwardedCertificates } from "./certificate-headers.ts";
import type { ForwardedCertificateOptions } from "./certificate-headers.ts";
import type { HeadersInput } from "./header-fields.ts";
import { trustPeers } from "./trusted-peers.ts";
import type { Peer, PeerCheck, TrustedPeers } from "./trusted-peers.ts";

/** A request as it arrives behind a proxy. */
export interface ProxiedRequest {
  /** Its header fields. */
  readonly headers: HeadersInput;
  /** Who is at the other end of the connection: the proxy, or somebody who wants to be taken for it. */
  readonly peer: Peer;
}

/** Whom to believe, and about whom. */
export interface ForwardedAuthenticatorOptions extends ForwardedCertificateOptions, AuthenticatorOptions {
  /** Who may speak for others. */
  readonly trustedPeers: TrustedPeers;
}

/** Tells who requests come from that a proxy has passed on. Made by {@link createForwardedAuthenticator}. */
export class ForwardedAuthenticator {
  readonly #options: ForwardedAuthenticatorOptions;
  readonly #check: PeerCheck;
  readonly #clients: Authenticator;

  /** Not for callers: use {@link createForwardedAuthenticator}. */
  constructor(options: ForwardedAuthenticatorOptions) {
    this.#options = options;
    this.#check = trustPeers(options.trustedPeers, options);
    this.#clients = createAuthenticator(options);
  }

  /**
   * The client's user, after the proxy and then the client's certificate have been verified. Undefined if the proxy says that there was no
   * certificate, or if the certificate is good and names nobody.
   *
   * @throws HeaderError if the sender may not speak for others, or says it in another way than it should
   * @throws ChainError, IdentityError, PemError, DerError, CertificateError as {@link authenticate}, about the client
   */
  async authenticate(
    { headers, peer }: ProxiedRequest,
    at: Date | number = Date.now(),
  ): Promise<UserInfo | undefined> {
    await this.#check(peer, at);
    const certificates = parseForwardedCertificates(headers, this.#options);
    return certificates && this.#clients.authenticate(certificates, at);
  }

  /**
   * Believes these client CAs from now on and no others. The proxies' CAs stay.
   *
   * @throws PemError, DerError, CertificateError if one does not parse; then the old ones stay
   */
  replaceTrustAnchors(trustAnchors: CertificatesInput): void {
    this.#clients.replaceTrustAnchors(trustAnchors);
  }
}

/**
 * An authenticator for a server behind a proxy that ends TLS and passes the client's certificate on in a header.
 *
 * Three questions are asked, in this order, and each no is an error: may the peer speak for others (`trustedPeers`); is the header exactly what this
 * `proxy` writes; is the client's certificate good for `clientAuth` under `trustAnchors` now. What the proxy says about the certificate in
 * text (subject, SANs, hash) never names anybody. That the client has the key is the one thing that the proxy is believed.
 *
 * @throws PemError, DerError, CertificateError if a CA does not parse
 * @throws TypeError if `trustedPeers` names nobody
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createForwardedAuthenticator } from "kubepki";
 *
 * const pem = `-----BEGIN CERTIFICATE-----
 * MIIBcTCCASOgAwIBAgIUYMLBfxrvRLvHQ6SxvgVdEOiQyAAwBQYDK2VwMCQxEzAR
 * BgNVBAoMCmRldmVsb3BlcnMxDTALBgNVBAMMBGphbmUwIBcNMjYxMTIzMjI1ODM3
 * WhgPMjEyNjEwMzAyMjU4MzdaMCQxEzARBgNVBAoMCmRldmVsb3BlcnMxDTALBgNV
 * BAMMBGphbmUwKjAFBgMrZXADIQA1CrppgeyM7+iS5XAi7hf8KHlAo0xuBsn+nL3/
 * k4FnxKNlMGMwHQYDVR0OBBYEFDgyCUPn1E8dxsbAoFzp1vX2r2jVMB8GA1UdIwQY
 * MBaAFDgyCUPn1E8dxsbAoFzp1vX2r2jVMAwGA1UdEwEB/wQCMAAwEwYDVR0lBAww
 * CgYIKwYBBQUHAwIwBQYDK2VwA0EA8s+QNmUpc2TD/L2Ukl3eODeNH9aGLlpoCPoN
 * k0UYAtoLrDrW32lr/4XCMxgaAaJwWWzEGbC9mwHAIX2J3V3FBQ==
 * -----END CERTIFICATE-----`;
 * const authenticator = createForwardedAuthenticator({
 *   proxy: "aws-alb",
 *   trustedPeers: { addresses: ["10.0.0.0/16"] }, // the subnets of the load balancer
 *   trustAnchors: pem,
 * });
 * const headers = { "x-amzn-mtls-clientcert": encodeURIComponent(pem) };
 * const at = new Date("2030-01-01T00:00:00Z");
 * const user = await authenticator.authenticate({ headers, peer: { address: "10.0.3.7" } }, at);
 * assert.equal(user?.username, "jane");
 * await assert.rejects(authenticator.authenticate({ headers, peer: { address: "192.0.2.1" } }, at), {
 *   code: "ERR_HEADER_UNTRUSTED_PEER",
 * });
 * ```
 */
export function createForwardedAuthenticator(options: ForwardedAuthenticatorOptions): ForwardedAuthenticator {
  return new ForwardedAuthenticator(options);
}
