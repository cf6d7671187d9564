/** Which proxy writes a client's certificate into which header, and how: a table, and the one function that reads by it. */
import { decodeCertificates } from "./certificate-encodings.ts";
import type { CertificateEncoding, DecodeOptions } from "./certificate-encodings.ts";
import { failHeader, HeaderFields, MAX_HEADER_LENGTH } from "./header-fields.ts";
import type { HeadersInput } from "./header-fields.ts";
import { XFCC_HEADER } from "./xfcc.ts";

/** The headers of one kind of proxy. */
export interface CertificateHeaders {
  /** Name of the header with the client's certificate, or with all that the client sent, its own certificate first. */
  readonly certificate: string;
  /** How it is written there. */
  readonly encoding: CertificateEncoding;
  /** Name of a header with the certificates that came after the client's own, written in the same way. */
  readonly chain?: string;
  /** Name of the header that tells whether the proxy has verified the certificate. Where it is named, it must be there. */
  readonly verification?: string;
  /** What stands there if it has: exactly this. */
  readonly verified?: string;
  /** What stands there if there was no certificate. */
  readonly unverified?: string;
  /** Where the proxy's documentation says so. */
  readonly source: string;
}

/**
 * The proxies that are known, and what they call their headers by convention; the names can be changed in the proxy, and so here.
 *
 * Add your own: {@link parseForwardedCertificates} takes any {@link CertificateHeaders}.
 */
export const CERTIFICATE_HEADERS: Readonly<Record<ProxyName, CertificateHeaders>> = {
  envoy: {
    certificate: XFCC_HEADER,
    encoding: "xfcc",
    source: "Envoy, HTTP connection manager, HTTP header manipulation: x-forwarded-client-cert",
  },
  "ingress-nginx": {
    certificate: "ssl-client-cert",
    encoding: "escaped-pem",
    verification: "ssl-client-verify",
    verified: "SUCCESS",
    unverified: "NONE",
    source:
      "ingress-nginx, annotations: auth-tls-pass-certificate-to-upstream; rootfs/etc/nginx/template/nginx.tmpl",
  },
  nginx: {
    certificate: "X-SSL-Client-Cert",
    encoding: "escaped-pem",
    verification: "X-SSL-Client-Verify",
    verified: "SUCCESS",
    unverified: "NONE",
    source: "nginx, ngx_http_ssl_module: $ssl_client_escaped_cert, $ssl_client_verify",
  },
  traefik: {
    certificate: "X-Forwarded-Tls-Client-Cert",
    encoding: "base64-list",
    source: "Traefik, PassTLSClientCert: pem; pkg/middlewares/passtlsclientcert/pass_tls_client_cert.go",
  },
  "aws-alb": {
    certificate: "X-Amzn-Mtls-Clientcert",
    encoding: "escaped-pem",
    source: "AWS, HTTP headers and mutual TLS: passthrough mode",
  },
  "aws-alb-verify": {
    certificate: "X-Amzn-Mtls-Clientcert-Leaf",
    encoding: "escaped-pem",
    source: "AWS, HTTP headers and mutual TLS: verify mode",
  },
  haproxy: {
    certificate: "X-SSL-Client-Der",
    encoding: "base64-der",
    chain: "X-SSL-Client-Chain-Der",
    verification: "X-SSL-Client-Verify",
    verified: "0",
    unverified: "0",
    source: "HAProxy configuration manual, 7.3.4: ssl_c_der, ssl_c_chain_der, ssl_c_verify",
  },
  rfc9440: {
    certificate: "Client-Cert",
    encoding: "byte-sequence",
    chain: "Client-Cert-Chain",
    source: "RFC 9440 section 2",
  },
};

/** A row of {@link CERTIFICATE_HEADERS}. */
export type ProxyName =
  | "envoy"
  | "ingress-nginx"
  | "nginx"
  | "traefik"
  | "aws-alb"
  | "aws-alb-verify"
  | "haproxy"
  | "rfc9440";

/** How a certificate is read from headers. */
export interface ForwardedCertificateOptions extends DecodeOptions {
  /** Who wrote them: a row of the table by its name, or one of your own. There is no default, and nothing is guessed. */
  readonly proxy: ProxyName | CertificateHeaders;
}

/**
 * Reads the client's certificate that a proxy has put into headers, and the certificates that the client sent with it. **It says nothing about
 * trust**: anybody can send these headers. Use {@link createForwardedAuthenticator}, which asks first who the sender is, and verifies then.
 *
 * Undefined if the client showed no certificate, so if the header is missing or empty. Everything that is not exactly what the proxy writes is
 * refused: a header that is there twice, or again with underscores or dots in its name; a verification that is not the proxy's one word for it; for XFCC
 * a hash that is not the certificate's. The certificates are DER that is not parsed yet.
 *
 * @throws HeaderError `ERR_HEADER_DUPLICATE`, `ERR_HEADER_ALIAS`, `ERR_HEADER_VALUE`, `ERR_HEADER_SIZE`, `ERR_HEADER_SYNTAX`, `ERR_HEADER_VERIFY`,
 * `ERR_HEADER_NO_CERTIFICATE`, `ERR_HEADER_HOP`, `ERR_HEADER_MISMATCH`
 * @throws DerError if DER in a header is cut
 * @throws TypeError if `headers` or `proxy` are none
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodePem, parseForwardedCertificates } from "kubepki";
 *
 * const pem = encodePem("CERTIFICATE", new Uint8Array([0x30, 0x00]));
 * const rawHeaders = ["ssl-client-verify", "SUCCESS", "ssl-client-cert", encodeURIComponent(pem)];
 * const [leaf] = parseForwardedCertificates({ rawHeaders }, { proxy: "ingress-nginx" }) ?? [];
 * assert.deepEqual(leaf, new Uint8Array([0x30, 0x00]));
 * assert.equal(parseForwardedCertificates({ rawHeaders: [] }, { proxy: "envoy" }), undefined);
 * ```
 */
export function parseForwardedCertificates(
  headers: HeadersInput,
  options: ForwardedCertificateOptions,
): readonly [Uint8Array, ...Uint8Array[]] | undefined {
  const proxy = proxyOf(options.proxy);
  const { maxHeaderLength = MAX_HEADER_LENGTH } = options;
  const fields = new HeaderFields(headers);
  fields.refuseAliases(headerNames(proxy));
  const value = fields.single(proxy.certificate, maxHeaderLength) || undefined;
  const chain = (proxy.chain && fields.single(proxy.chain, maxHeaderLength)) || undefined;
  checkVerification(fields, proxy, value !== undefined);
  if (value === undefined) {
    if (chain !== undefined)
      failHeader("ERR_HEADER_NO_CERTIFICATE", "there is a chain without a certificate", proxy.certificate);
    return undefined;
  }
  const certificates = decodeCertificates(proxy.encoding, value, proxy.certificate, options);
  // Where there is a header for the others, this one is joined with another if it has two.
  if (proxy.chain !== undefined && certificates.length > 1)
    failHeader("ERR_HEADER_SYNTAX", "there is more than one certificate, expected one", proxy.certificate);
  if (chain === undefined) return certificates;
  return [...certificates, ...decodeCertificates(proxy.encoding, chain, proxy.chain!, options)];
}

/**
 * The names of all headers that a kind of proxy speaks with: what the proxy must replace or remove in every request that comes in.
 *
 * @throws TypeError if there is no such proxy
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { forwardedHeaderNames } from "kubepki";
 *
 * assert.deepEqual(forwardedHeaderNames("ingress-nginx"), ["ssl-client-cert", "ssl-client-verify"]);
 * ```
 */
export function forwardedHeaderNames(proxy: ProxyName | CertificateHeaders): string[] {
  return headerNames(proxyOf(proxy));
}

function headerNames({ certificate, chain, verification }: CertificateHeaders): string[] {
  return [certificate, chain, verification].filter((name) => name !== undefined);
}

function proxyOf(proxy: ProxyName | CertificateHeaders): CertificateHeaders {
  const row = typeof proxy === "string" ? CERTIFICATE_HEADERS[proxy] : proxy;
  if (typeof row?.certificate !== "string") throw new TypeError(`there is no proxy ${JSON.stringify(proxy)}`);
  return row;
}

/** The word must be there and exact: `SUCCESS, SUCCESS` is what two headers look like when they are joined. */
function checkVerification(fields: HeaderFields, proxy: CertificateHeaders, present: boolean): void {
  const { verification, verified, unverified } = proxy;
  if (verification === undefined) return;
  const found = fields.single(verification);
  if (found === (present ? verified : unverified)) return;
  if (found === undefined && !present) return;
  if (found === verified)
    failHeader(
      "ERR_HEADER_NO_CERTIFICATE",
      "a certificate was verified, but there is none",
      proxy.certificate,
    );
  const word = present ? verified : unverified;
  failHeader("ERR_HEADER_VERIFY", `the proxy does not say ${JSON.stringify(word)} here`, verification);
}
