/** Who a workload is, when it shows an X.509-SVID: its own trust domain vouches for it, and nobody else. */
import { IdentityError } from "../../errors.ts";
import { poolOf } from "../../verify/certificate-pool.ts";
import type { CertificatePool, CertificatesInput } from "../../verify/certificate-pool.ts";
import type { VerifiedChain } from "../../verify/search.ts";
import { verifyCertificateChain } from "../../verify/verify-chain.ts";
import type { ChainSignatureVerifier } from "../../verify/verify-chain.ts";
import type { UserInfo } from "../authenticated-groups.ts";
import { peerCertificates } from "../peer-certificates.ts";
import type { PeerCertificates, PeerLimits } from "../peer-certificates.ts";
import {
  AUTHENTICATED_GROUP,
  SERVICE_ACCOUNTS_GROUP,
  SERVICE_ACCOUNTS_GROUP_PREFIX,
  SERVICE_ACCOUNT_USER_PREFIX,
} from "../well-known.ts";
import { checkTrustDomain, serviceAccountOfSpiffeId } from "./spiffe-id.ts";
import type { SpiffeId } from "./spiffe-id.ts";
import { parseSvid, validateSvid } from "./svid.ts";
import type { Svid } from "./svid.ts";

/** The CAs of a trust domain: as they are, or a function that is asked at every request, so that they can change without a restart. */
export type TrustBundleSource = CertificatesInput | (() => CertificatesInput | Promise<CertificatesInput>);

/** Which workloads are believed. */
export interface SvidAuthenticatorOptions extends PeerLimits {
  /** The CAs by trust domain: one's own, and those with which one federates. A domain that is not here is refused. */
  readonly trustDomains: Readonly<Record<string, TrustBundleSource>>;
  /** Checks signatures; WebCrypto by default. */
  readonly verifySignature?: ChainSignatureVerifier;
}

/** A workload whose trust domain vouches for it. */
export interface VerifiedSvid extends Svid {
  /** The path to a CA of its trust domain. */
  readonly chain: VerifiedChain;
}

interface Source {
  readonly read: () => CertificatesInput | Promise<CertificatesInput>;
  last?: { readonly input: CertificatesInput; readonly pool: CertificatePool };
}

/** Verifies workloads. Made by {@link createSvidAuthenticator}. */
export class SvidAuthenticator {
  readonly #sources = new Map<string, Source>();
  readonly #options: SvidAuthenticatorOptions;

  /** Not for callers: use {@link createSvidAuthenticator}. */
  constructor(options: SvidAuthenticatorOptions) {
    this.#options = options;
    for (const [trustDomain, source] of Object.entries(options.trustDomains)) {
      checkTrustDomain(trustDomain);
      this.#sources.set(trustDomain, { read: typeof source === "function" ? source : () => source });
    }
  }

  /**
   * Tells which workload shows these certificates, or throws.
   *
   * The leaf must be an X.509-SVID, and a path must lead from it to a CA of the trust domain that its SPIFFE ID names: a CA of one domain
   * cannot vouch for a workload of another. Every CA on the way must be a signing certificate, and if it names a trust domain, this one. Extended key
   * usages on the way are not looked at, as the standard says. `at` is the moment that counts.
   *
   * @throws IdentityError `ERR_SPIFFE_SVID`, `ERR_SPIFFE_ID`, `ERR_SPIFFE_TRUST_DOMAIN`
   * @throws ChainError as `verifyCertificateChain`; PemError, DerError, CertificateError if a certificate does not parse
   */
  async authenticate(input: PeerCertificates, at: Date | number = Date.now()): Promise<VerifiedSvid> {
    const { leaf, intermediates } = peerCertificates(input, this.#options);
    const { verifySignature } = this.#options;
    const svid = parseSvid(leaf);
    const trustAnchors = await this.#trustAnchors(svid.id);
    const chain = await verifyCertificateChain(svid.certificate, {
      trustAnchors,
      intermediates,
      usage: "any",
      at,
      ...(verifySignature && { verifySignature }),
    });
    checkSigners(chain, svid.id);
    return { ...svid, chain };
  }

  async #trustAnchors({ trustDomain }: SpiffeId): Promise<CertificatePool> {
    const source = this.#sources.get(trustDomain);
    if (!source)
      throw new IdentityError("ERR_SPIFFE_TRUST_DOMAIN", `workloads of ${trustDomain} are not accepted`);
    const input = await source.read();
    if (source.last?.input !== input) source.last = { input, pool: poolOf(input, {}) };
    return source.last.pool;
  }
}

/** X509-SVID 4 and 5: who signs may name no workload and no other domain. */
function checkSigners({ certificates }: VerifiedChain, id: SpiffeId): void {
  for (const [index, certificate] of certificates.entries()) {
    if (index === 0) continue;
    const fault = validateSvid(certificate, "signing").find(({ severity }) => severity === "error");
    if (fault) {
      const message = `certificate ${index} of the path may not sign SVIDs: ${fault.message}`;
      throw new IdentityError("ERR_SPIFFE_SVID", message, { path: fault.path });
    }
    const prefix = `spiffe://${id.trustDomain}`;
    const uri = certificate.uris[0] ?? prefix;
    if (uri !== prefix && !uri.startsWith(`${prefix}/`)) {
      const message = `certificate ${index} of the path signs for another trust domain than ${id.trustDomain}`;
      throw new IdentityError("ERR_SPIFFE_TRUST_DOMAIN", message);
    }
  }
}

/**
 * An authenticator for X.509-SVIDs of one or several trust domains.
 *
 * It gives a SPIFFE ID, and no Kubernetes user: what a workload may do is the caller's to say, for example by {@link serviceAccountUserInfo}.
 * A source that is a function is asked at every request; it is parsed again only if it returns another value than before.
 *
 * Source: SPIFFE X509-SVID section 5, SPIFFE Trust Domain and Bundle section 5.
 *
 * @throws IdentityError `ERR_SPIFFE_ID` if a trust domain is none
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import {
 *   createSvidAuthenticator, generateKeyPair, issueCertificate, issueSelfSigned, serviceAccountSpiffeId, signingSvidTemplate, svidTemplate,
 * } from "kubepki";
 *
 * const ca = await generateKeyPair("ECDSA-P256");
 * const root = await issueSelfSigned(signingSvidTemplate({ trustDomain: "example.org", subject: { commonName: "example.org" } }), ca.signer);
 * const workload = await generateKeyPair("ECDSA-P256");
 * const id = serviceAccountSpiffeId("example.org", { namespace: "default", name: "web" });
 * const issuer = { certificate: root.certificate, signer: ca.signer };
 * const issued = await issueCertificate(svidTemplate({ id }), { publicKey: workload.publicKey, issuer });
 *
 * const authenticator = createSvidAuthenticator({ trustDomains: { "example.org": [root.certificate] } });
 * const { id: caller } = await authenticator.authenticate(issued.certificate);
 * assert.equal(caller.uri, "spiffe://example.org/ns/default/sa/web");
 * ```
 */
export function createSvidAuthenticator(options: SvidAuthenticatorOptions): SvidAuthenticator {
  return new SvidAuthenticator(options);
}

/**
 * The Kubernetes user for a workload whose SPIFFE ID names a service account of this cluster: the user and groups that the API server gives to the
 * service account's token. Undefined if the path has another form, or the trust domain is not the cluster's: a service account of a federated
 * cluster has the same path and must not become one of ours.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/serviceaccount/util.go` (`MakeUsername`, `MakeGroupNames`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseSpiffeId, serviceAccountUserInfo } from "kubepki";
 *
 * const id = parseSpiffeId("spiffe://example.org/ns/default/sa/web");
 * assert.equal(serviceAccountUserInfo(id, "example.org")?.username, "system:serviceaccount:default:web");
 * assert.equal(serviceAccountUserInfo(id, "example.com"), undefined);
 * ```
 */
export function serviceAccountUserInfo(id: SpiffeId, clusterTrustDomain: string): UserInfo | undefined {
  const account = id.trustDomain === clusterTrustDomain ? serviceAccountOfSpiffeId(id) : undefined;
  if (!account) return undefined;
  const { namespace, name } = account;
  return {
    username: `${SERVICE_ACCOUNT_USER_PREFIX}${namespace}:${name}`,
    groups: [SERVICE_ACCOUNTS_GROUP, `${SERVICE_ACCOUNTS_GROUP_PREFIX}${namespace}`, AUTHENTICATED_GROUP],
    extra: {},
  };
}
