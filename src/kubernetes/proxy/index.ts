/** Behind a proxy: certificates and identities in headers, and who may send them. */
export type { HeaderPair, HeadersInput } from "./header-fields.ts";
export { parseXfcc } from "./xfcc.ts";
export type { XfccElement, XfccLimits } from "./xfcc.ts";
export type { CertificateEncoding, DecodeOptions } from "./certificate-encodings.ts";
export {
  CERTIFICATE_HEADERS,
  forwardedHeaderNames,
  parseForwardedCertificates,
} from "./certificate-headers.ts";
export type { CertificateHeaders, ForwardedCertificateOptions, ProxyName } from "./certificate-headers.ts";
export { verifyTrustedPeer } from "./trusted-peers.ts";
export type {
  Peer,
  TrustedAddresses,
  TrustedPeers,
  TrustedProxyCertificates,
  TrustedUnixSocket,
  VerifierOptions,
  VerifyPeerOptions,
} from "./trusted-peers.ts";
export { createForwardedAuthenticator, ForwardedAuthenticator } from "./forwarded.ts";
export type { ForwardedAuthenticatorOptions, ProxiedRequest } from "./forwarded.ts";
export { parseRequestHeader, removeRequestHeader, REQUEST_HEADER_NAMES } from "./request-header.ts";
export type { RequestHeaderNames, RequestHeaderOptions, RequestHeaderResult } from "./request-header.ts";
export { setRequestHeader } from "./set-request-header.ts";
export type { RequestHeaderUser, SetRequestHeaderOptions } from "./set-request-header.ts";
export {
  parseRequestHeaderConfig,
  trustedFrontProxies,
  validateRequestHeaderConfig,
} from "./request-header-config.ts";
export type { RequestHeaderConfig } from "./request-header-config.ts";
export {
  createRequestHeaderAuthenticator,
  RequestHeaderAuthenticator,
} from "./request-header-authenticator.ts";
export type { RequestHeaderAuthenticatorOptions } from "./request-header-authenticator.ts";
