/** Who may speak for others: the question that comes before any header is read. */
import { ChainError, HeaderError, IdentityError } from "../../errors.ts";
import type { Mode } from "../../der/reader.ts";
import type { CertificatesInput } from "../../verify/certificate-pool.ts";
import type { ChainSignatureVerifier } from "../../verify/verify-chain.ts";
import { parseCertificate } from "../../x509/certificate.ts";
import type { CertificateInput } from "../../x509/certificate.ts";
import { parseIpAddress, parseIpPrefix } from "../../x509/ip-address.ts";
import { printable } from "../../x509/printable.ts";
import { createAuthenticator } from "../authenticate.ts";
import type { Authenticator } from "../authenticate.ts";
import type { PeerCertificates } from "../peer-certificates.ts";

/**
 * The peers that may speak for others, said in one of three ways. There is no default: without it, headers are worth nothing.
 *
 * Proxies with certificates are the strong way, and Kubernetes' own. The other two are weaker: they trust everything that can open a connection from
 * there, so every process of a host, or every pod of a network. Use them for a sidecar, or where a load balancer has no certificate and the network
 * lets nobody else in.
 */
export type TrustedPeers = TrustedProxyCertificates | TrustedUnixSocket | TrustedAddresses;

/** Proxies that show a client certificate. */
export interface TrustedProxyCertificates {
  /** The CAs of the proxies, as in `--requestheader-client-ca-file`. Not the CA of the clients: its certificates would all be proxies then. */
  readonly trustAnchors: CertificatesInput;
  /** The common names of the proxies, exactly; `"any"` lets every certificate of these CAs speak for everybody. */
  readonly allowedNames?: readonly [string, ...string[]] | "any";
  /** URIs of the proxies, exactly, such as the SPIFFE ID of a gateway. One of them must be the certificate's only URI. */
  readonly allowedUris?: readonly [string, ...string[]];
}

/** Whoever can open the Unix socket; its file permissions say who that is. */
export interface TrustedUnixSocket {
  /** The word for it. */
  readonly unixSocket: true;
}

/** Whoever connects from there. */
export interface TrustedAddresses {
  /** Addresses (`127.0.0.1`, `::1`) and prefixes (`10.0.0.0/16`). Names are not looked up. An IPv4-mapped IPv6 address is not an IPv4 address. */
  readonly addresses: readonly [string, ...string[]];
}

/** What is known of the other end of a connection. */
export interface Peer {
  /** The certificates that it showed in TLS, its own first; that it has the key must be proven already, which TLS does. */
  readonly certificates?: PeerCertificates;
  /** Its IP address. */
  readonly address?: string;
  /** True if the connection came through a Unix socket. */
  readonly unixSocket?: boolean;
}

/** How a peer's certificate is verified; both fields have defaults. */
export interface VerifierOptions {
  /** `"safe"` by default; see {@link verifyCertificateChain}. */
  readonly mode?: Mode;
  /** Checks signatures; WebCrypto by default. */
  readonly verifySignature?: ChainSignatureVerifier;
}

/** As {@link VerifierOptions}, for one moment. */
export interface VerifyPeerOptions extends VerifierOptions {
  /** The moment that counts; now by default. A number is milliseconds since 1970. */
  readonly at?: Date | number;
}

/**
 * Lets through the peers that may speak for others, and refuses all others.
 *
 * A certificate must have a chain to one of the trust anchors that is good for `clientAuth` now, and then be one of the allowed, by its CN as
 * {@link parseIdentity} reads it, or by its URI. Text is compared exactly. Chains that were good are remembered as by {@link createAuthenticator}.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/request/x509/x509.go` (`Verifier`). Unlike there, an empty list of names
 * lets nobody through; the word for everybody is `"any"`.
 *
 * @throws HeaderError `ERR_HEADER_UNTRUSTED_PEER`, with the ChainError as its `cause` if there is one
 * @throws PemError, DerError, CertificateError if a certificate does not parse
 * @throws TypeError if `trusted` names nobody at all, or an empty name
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { verifyTrustedPeer } from "kubepki";
 *
 * await verifyTrustedPeer({ address: "127.0.0.1" }, { addresses: ["127.0.0.1", "::1"] });
 * await assert.rejects(verifyTrustedPeer({ address: "10.0.0.7" }, { addresses: ["127.0.0.1"] }), {
 *   code: "ERR_HEADER_UNTRUSTED_PEER",
 * });
 * ```
 */
export async function verifyTrustedPeer(
  peer: Peer,
  trusted: TrustedPeers,
  options: VerifyPeerOptions = {},
): Promise<void> {
  await trustPeers(trusted, options)(peer, options.at);
}

/** Whether a peer may speak for others; rejects if not. */
export type PeerCheck = (peer: Peer, at?: Date | number) => Promise<void>;

/** Reads the statement once, for many peers. */
export function trustPeers(trusted: TrustedPeers, options: VerifierOptions): PeerCheck {
  if (typeof trusted !== "object" || trusted === null) return misuse();
  if ("trustAnchors" in trusted) return trustCertificates(trusted, options);
  if ("addresses" in trusted) return trustAddresses(trusted);
  if (!trusted.unixSocket) return misuse();
  return async ({ unixSocket }) => {
    if (!unixSocket) throw untrusted("the request did not come through a Unix socket");
  };
}

function trustCertificates(trusted: TrustedProxyCertificates, options: VerifierOptions): PeerCheck {
  const { trustAnchors, allowedUris = [] } = trusted;
  const anyName = trusted.allowedNames === "any";
  const allowedNames: readonly string[] = trusted.allowedNames === "any" ? [] : (trusted.allowedNames ?? []);
  const named = [...allowedNames, ...allowedUris];
  if ((!anyName && named.length === 0) || named.includes("")) return misuse();
  // The same question as for a client, and the same memory of chains that were good; but what the caller says of clients is not about proxies.
  const { mode = "safe", verifySignature } = options;
  const authenticator = createAuthenticator({
    trustAnchors,
    mode,
    ...(verifySignature && { verifySignature }),
  });
  return async ({ certificates }, at) => {
    if (!certificates) throw untrusted("the sender showed no certificate");
    const name = await nameOfProxy(authenticator, certificates, at);
    if (anyName || allowedNames.includes(name)) return;
    if (hasUri(certificates, allowedUris, options)) return;
    const shown = JSON.stringify(printable(name, 64));
    throw untrusted(`the sender ${shown} is none of the proxies that may speak for others`);
  };
}

/** The CN, or an empty text. */
async function nameOfProxy(
  authenticator: Authenticator,
  certificates: PeerCertificates,
  at: Date | number | undefined,
): Promise<string> {
  try {
    return (await authenticator.authenticate(certificates, at))?.username ?? "";
  } catch (cause) {
    if (!(cause instanceof ChainError || cause instanceof IdentityError)) throw cause;
    throw untrusted(`the sender's certificate is not one of a proxy: ${cause.message}`, cause);
  }
}

/** Only asked after the chain was found good. */
function hasUri(
  certificates: PeerCertificates,
  allowed: readonly string[],
  options: VerifierOptions,
): boolean {
  if (allowed.length === 0) return false;
  const [first] = (Array.isArray(certificates) ? certificates : [certificates]) as [CertificateInput];
  const names = parseCertificate(first, options).extensionValue("subjectAltName") ?? [];
  const uris = names.flatMap((name) => (name.type === "uri" ? [name.value] : []));
  return uris.length === 1 && allowed.includes(uris[0]!);
}

function trustAddresses({ addresses }: TrustedAddresses): PeerCheck {
  const prefixes = addresses.map((text) => {
    const address = parseIpAddress(text);
    const prefix = address
      ? { address, mask: new Uint8Array(address.length).fill(0xff) }
      : parseIpPrefix(text);
    if (!prefix) throw new TypeError(`${JSON.stringify(text)} is neither an address nor a prefix`);
    return prefix;
  });
  if (prefixes.length === 0) return misuse();
  return async ({ address: text }) => {
    const address = text === undefined ? undefined : parseIpAddress(text);
    const inside = prefixes.some(
      (prefix) =>
        address?.length === prefix.address.length &&
        address.every((octet, i) => (octet & prefix.mask[i]!) === (prefix.address[i]! & prefix.mask[i]!)),
    );
    if (!inside) throw untrusted("the sender's address is none of those that may speak for others");
  };
}

function untrusted(message: string, cause?: unknown): HeaderError {
  return new HeaderError("ERR_HEADER_UNTRUSTED_PEER", message, cause === undefined ? {} : { cause });
}

function misuse(): never {
  throw new TypeError(
    "trustedPeers must say who may speak for others: { trustAnchors, allowedNames }, { addresses } or { unixSocket: true }",
  );
}
