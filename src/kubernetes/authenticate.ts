/** Who a request comes from, as kube-apiserver's x509 authenticator decides it: a verified chain first, then the name. */
import { equalBytes } from "../bytes.ts";
import type { Mode } from "../der/reader.ts";
import { poolOf, readingOptions } from "../verify/certificate-pool.ts";
import type { CertificatePool, CertificatesInput } from "../verify/certificate-pool.ts";
import type { DenyList } from "../verify/deny-list.ts";
import type { RevocationPolicy } from "../verify/revocation.ts";
import { verifyCertificateChain } from "../verify/verify-chain.ts";
import type { ChainSignatureVerifier } from "../verify/verify-chain.ts";
import type { VerifiedChain } from "../verify/search.ts";
import { Certificate, parseCertificate } from "../x509/certificate.ts";
import type { CertificateInput } from "../x509/certificate.ts";
import { toDer } from "../x509/input.ts";
import type { Limits } from "../x509/limits.ts";
import { peerCertificates } from "./peer-certificates.ts";
import type { PeerCertificates, PeerLimits } from "./peer-certificates.ts";
import { toUserInfo } from "./authenticated-groups.ts";
import type { UserInfo } from "./authenticated-groups.ts";
import { parseIdentity } from "./identity.ts";

/** Whom an authenticator believes. */
export interface AuthenticatorOptions extends PeerLimits, Limits {
  /** The client CAs, as in `--client-ca-file`. */
  readonly trustAnchors: CertificatesInput;
  /** What may stand between, if the peer sends nothing but its certificate, as in Kubernetes. */
  readonly intermediates?: CertificatesInput;
  /** `"safe"` by default, for chain and identity; see {@link verifyCertificateChain} and {@link parseIdentity}. */
  readonly mode?: Mode;
  /** Asks whether certificates were revoked, which kube-apiserver never does; see {@link RevocationPolicy}. Not asked without it. */
  readonly revocation?: RevocationPolicy;
  /** Certificates that are refused, whatever else is said of them. */
  readonly denyList?: DenyList;
  /** Checks signatures; WebCrypto by default. */
  readonly verifySignature?: ChainSignatureVerifier;
}

/** As {@link AuthenticatorOptions}, for one moment. */
export interface AuthenticateOptions extends AuthenticatorOptions {
  /** The moment that counts; now by default. A number is milliseconds since 1970. */
  readonly at?: Date | number;
}

/**
 * Tells who a request with this client certificate comes from, as kube-apiserver does: the chain must be good for `clientAuth` now, then the
 * subject names the user.
 *
 * The answer is that of a TokenReview, with `system:authenticated` among the groups. `undefined` means that the certificate is good but names
 * nobody (no CN): kube-apiserver then asks its other authenticators and may take the request as anonymous. An error means refusal (401), never
 * anonymous. The peer must have proven that it has the key, which TLS does. Not checked: revocation, unless `revocation` or `denyList` is given.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/request/x509/x509.go` (`AuthenticateRequest`).
 *
 * @throws ChainError if the certificate is not to be trusted, see {@link verifyCertificateChain}
 * @throws IdentityError if it names someone whom it is not safe to let in, see {@link parseIdentity}
 * @throws PemError, DerError, CertificateError if a certificate does not parse
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { authenticate, ChainError } from "kubepki";
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
 * const at = new Date("2030-01-01T00:00:00Z");
 * const userInfo = await authenticate(pem, { trustAnchors: pem, at });
 * assert.equal(userInfo?.username, "jane");
 * assert.deepEqual(userInfo.groups, ["developers", "system:authenticated"]);
 * await assert.rejects(authenticate(pem, { trustAnchors: [], at }), ChainError);
 * ```
 */
export async function authenticate(
  input: PeerCertificates,
  options: AuthenticateOptions,
): Promise<UserInfo | undefined> {
  const { leaf, intermediates } = peerCertificates(input, options);
  const { userInfo } = await verifyPeer(
    parseCertificate(leaf, readingOptions(options)),
    intermediates,
    options,
  );
  return userInfo;
}

interface Verified {
  readonly chain: VerifiedChain;
  readonly userInfo: UserInfo | undefined;
}

async function verifyPeer(
  leaf: Certificate,
  others: readonly CertificateInput[],
  options: AuthenticateOptions,
): Promise<Verified> {
  const intermediates = options.intermediates ?? others;
  const chain = await verifyCertificateChain(leaf, { ...options, intermediates, usage: "clientAuth" });
  const identity = parseIdentity(leaf, readingOptions(options));
  return { chain, userInfo: identity && toUserInfo(identity) };
}

/** Clients that are in one cluster at a time, at some kilobytes each. */
const MAX_REMEMBERED = 1000;

interface Remembered {
  readonly leaf: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly userInfo: UserInfo | undefined;
  readonly generation: string;
}

/** Tells who requests come from, and remembers the chains it has verified. Made by {@link createAuthenticator}. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  #trustAnchors: CertificatePool;
  #remembered = new Map<number, Remembered>();

  /** Not for callers: use {@link createAuthenticator}. */
  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#trustAnchors = poolOf(options.trustAnchors, readingOptions(options));
  }

  /**
   * As {@link authenticate}. A certificate whose chain was good before is not verified again while every certificate of that chain is valid, also
   * if the peer sends fewer intermediates than then, and while neither the deny list nor what the revocation checker knows has changed. The clock is looked at every time. The answer is frozen.
   *
   * @throws ChainError, IdentityError, PemError, DerError, CertificateError as {@link authenticate}; refusals are not remembered
   */
  async authenticate(input: PeerCertificates, at: Date | number = Date.now()): Promise<UserInfo | undefined> {
    const peer = peerCertificates(input, this.#options);
    const known = this.#recall(peer.leaf, Number(at));
    if (known) return known.userInfo;
    const trustAnchors = this.#trustAnchors;
    const generation = this.#generation;
    const leaf = parseCertificate(peer.leaf, readingOptions(this.#options));
    const verified = await verifyPeer(leaf, peer.intermediates, { ...this.#options, trustAnchors, at });
    // The trust anchors may have been replaced while a signature was checked. Lists too, and then the generation is an old one.
    if (trustAnchors === this.#trustAnchors) this.#remember(leaf, verified, generation, Number(at));
    return verified.userInfo;
  }

  /**
   * Believes these client CAs from now on and no others; everything remembered is forgotten.
   *
   * @throws PemError, DerError, CertificateError if one does not parse; then the old ones stay
   */
  replaceTrustAnchors(trustAnchors: CertificatesInput): void {
    this.#trustAnchors = poolOf(trustAnchors, readingOptions(this.#options));
    this.#remembered = new Map();
  }

  #recall(input: CertificateInput, at: number): Remembered | undefined {
    const der =
      input instanceof Certificate ? input.der : toDer(input, "CERTIFICATE", readingOptions(this.#options));
    const key = slotOf(der);
    const known = this.#remembered.get(key);
    if (!known || !equalBytes(known.leaf, der)) return undefined;
    this.#remembered.delete(key);
    if (!(at >= known.notBefore && at <= known.notAfter) || known.generation !== this.#generation)
      return undefined;
    this.#remembered.set(key, known); // last used, last to go
    return known;
  }

  /** Changes when certificates may have been revoked. */
  get #generation(): string {
    const { revocation, denyList } = this.#options;
    return `${revocation?.checker.generation} ${denyList?.generation}`;
  }

  #remember(leaf: Certificate, { chain, userInfo }: Verified, generation: string, at: number): void {
    const starts = chain.certificates.map((certificate) => certificate.notBefore.getTime());
    // What lists say holds from the moment for which they were asked, until the next ones are due.
    const notBefore = Math.max(...starts, this.#options.revocation ? at : -Infinity);
    const { revocationCheckedUntil = chain.notAfter } = chain;
    const notAfter = Math.min(chain.notAfter.getTime(), revocationCheckedUntil.getTime());
    this.#remembered.set(slotOf(leaf.der), {
      leaf: leaf.der,
      notBefore,
      notAfter,
      userInfo: freeze(userInfo),
      generation,
    });
    if (this.#remembered.size > MAX_REMEMBERED)
      this.#remembered.delete(this.#remembered.keys().next().value!);
  }
}

/**
 * Where a certificate is remembered: a number made of its last octets, which belong to the signature. The whole DER is compared there, so that the other
 * form that every ECDSA signature has is another certificate, and two certificates in one place only push each other out.
 */
function slotOf(der: Uint8Array): number {
  let slot = der.length;
  for (let i = Math.max(0, der.length - 16); i < der.length; i++)
    slot = Math.imul(slot ^ der[i]!, 0x01000193);
  return slot;
}

/** It is handed out many times, so nobody may change it. */
function freeze(userInfo: UserInfo | undefined): UserInfo | undefined {
  if (!userInfo) return undefined;
  Object.freeze(userInfo.groups);
  for (const values of Object.values(userInfo.extra)) Object.freeze(values);
  Object.freeze(userInfo.extra);
  return Object.freeze(userInfo);
}

/**
 * An authenticator for a server: parses the client CAs once, and verifies the chain of a certificate once for as long as it is valid.
 *
 * At most 1,000 verified certificates are remembered, by their whole DER; the longest unused is forgotten first. Every call looks at the clock, so a
 * certificate that expires while a connection is open stops working, as with kube-apiserver.
 *
 * @throws PemError, DerError, CertificateError if a client CA does not parse
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createAuthenticator } from "kubepki";
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
 * const authenticator = createAuthenticator({ trustAnchors: pem });
 * const userInfo = await authenticator.authenticate(pem, new Date("2030-01-01T00:00:00Z"));
 * assert.equal(userInfo?.username, "jane");
 * ```
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return new Authenticator(options);
}
