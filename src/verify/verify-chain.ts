/** Whether a certificate is to be trusted for a usage. */
import type { Mode } from "../der/reader.ts";
import { verifySignature as verifyWithWebCrypto } from "../keys/verifier.ts";
import { parseCertificate } from "../x509/certificate.ts";
import type { CertificateInput } from "../x509/certificate.ts";
import { usageName } from "../x509/extensions/extended-key-usage.ts";
import type { ExtendedKeyUsage } from "../x509/extensions/extended-key-usage.ts";
import type { Limits } from "../x509/limits.ts";
import { answerLater, answerNow, keyOptions, momentOf } from "./asking.ts";
import type { Asking, ChainSignatureVerifier } from "./asking.ts";
import { Budget, DEFAULT_MAX_INTERMEDIATES, MAX_INTERMEDIATES } from "./budget.ts";
import { CertificatePool, poolOf, readingOptions } from "./certificate-pool.ts";
import type { CertificatesInput } from "./certificate-pool.ts";
import type { DenyList } from "./deny-list.ts";
import type { RevocationPolicy } from "./revocation.ts";
import { searchPath } from "./search.ts";
import type { VerifiedChain } from "./search.ts";

export type { ChainSignatureVerifier } from "./asking.ts";

/** What a certificate is verified against. Who is trusted, and for what, has no default. */
export interface VerifyChainOptions extends Limits {
  /** Who is trusted. They need not be self-signed, and their own signatures do not count. An empty list trusts nobody. */
  readonly trustAnchors: CertificatesInput;
  /** What may stand between; in any order, and strangers do no harm. */
  readonly intermediates?: CertificatesInput;
  /** What the certificate is to be used for; of several, one must be allowed. `"any"` does not look at usages. */
  readonly usage: ExtendedKeyUsage | readonly ExtendedKeyUsage[];
  /** The moment that counts; now by default. A number is milliseconds since 1970. */
  readonly at?: Date | number;
  /** The host name or IP address that the certificate must be valid for. Without it, names are not looked at. */
  readonly serverName?: string;
  /**
   * - `"safe"`, the default: certificates as `parseCertificate` reads them; RSA with 2048 bits or more; name constraints on directory names are obeyed.
   * - `"kubernetes"`: kube-apiserver's answer, for tools that predict it: RSA from 1024 bits; an empty list of usages allows all.
   */
  readonly mode?: Mode;
  /** The most intermediates in a path; 8 by default, at most 16. */
  readonly maxIntermediates?: number;
  /** Asks of every certificate of a path but the trust anchor whether it was revoked. Not asked without it; what happens where nobody knows has no default. */
  readonly revocation?: RevocationPolicy;
  /** Certificates that are refused wherever they stand in a path, whatever else is said of them. */
  readonly denyList?: DenyList;
  /** Checks signatures; WebCrypto by default. It is asked about all signatures of the first path at once, then about one at a time. */
  readonly verifySignature?: ChainSignatureVerifier;
}

/** As {@link VerifyChainOptions}, for an answer at once. */
export interface VerifyChainSyncOptions extends Omit<VerifyChainOptions, "verifySignature"> {
  /** Checks signatures at once, for example `verifySignatureSync` of `kubepki/node`. */
  readonly verifySignature: ChainSignatureVerifier<boolean>;
}

/**
 * Verifies that a path of certificates leads to a trust anchor, and that all of them may be used for this now, as Go's `Certificate.Verify`
 * does it for kube-apiserver and its clients.
 *
 * For every certificate of the path, trust anchor included: valid at this moment, both ends included; no critical extension that is not understood;
 * the usage allowed, where no extended key usage allows all. For every issuer: its subject is the issuer's name byte for byte; cA TRUE in the
 * basic constraints (a trust anchor older than v3 may lack them); keyCertSign where there is a key usage; path length; name constraints on DNS names,
 * IP addresses, e-mail addresses and URIs; policies; a signature by its key, with SHA-256 or better. Key identifiers only set the order.
 * A leaf that is itself a trust anchor is a path of one. All paths are tried until one is good.
 *
 * Not checked: the key usage of the leaf; revocation, unless `revocation` or `denyList` is given; names, unless `serverName` is given. Work is bounded, see `ERR_CHAIN_BUDGET`.
 *
 * Source: RFC 5280 section 6.1, RFC 9618, Go 1.26 crypto/x509/verify.go.
 *
 * @throws ChainError with the most useful reason, its `fix`, and all `reasons`; `certificateIndex` is 0 for the leaf, 1 for its issuer:
 * `ERR_CHAIN_*`, `ERR_SERVER_NAME_MISMATCH`
 * @throws PemError, DerError, CertificateError if a certificate does not parse
 * @throws TypeError if `at` is no date
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ChainError, verifyCertificateChain } from "kubepki";
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
 * const { certificates } = await verifyCertificateChain(pem, { trustAnchors: pem, usage: "clientAuth", at });
 * assert.equal(certificates.length, 1); // it is a trust anchor itself
 * await assert.rejects(
 *   verifyCertificateChain(pem, { trustAnchors: [], usage: "clientAuth", at }),
 *   (error) => error instanceof ChainError && error.code === "ERR_CHAIN_UNKNOWN_AUTHORITY",
 * );
 * ```
 */
export async function verifyCertificateChain(
  leaf: CertificateInput,
  options: VerifyChainOptions,
): Promise<VerifiedChain> {
  const verifier = options.verifySignature ?? verifyWithWebCrypto;
  return answerLater(startSearch(leaf, options), verifier, keyOptions(options));
}

/**
 * As {@link verifyCertificateChain}, at once: for a verifier of signatures that answers at once.
 *
 * @throws ChainError, PemError, DerError, CertificateError, TypeError as {@link verifyCertificateChain}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ChainError, verifyCertificateChainSync } from "kubepki";
 * import { verifySignatureSync } from "kubepki/node";
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
 * const options = { trustAnchors: pem, usage: "clientAuth", verifySignature: verifySignatureSync } as const;
 * assert.equal(verifyCertificateChainSync(pem, { ...options, at: Date.UTC(2030, 0) }).certificates.length, 1);
 * assert.throws(() => verifyCertificateChainSync(pem, { ...options, at: Date.UTC(2020, 0) }), ChainError);
 * ```
 */
export function verifyCertificateChainSync(
  leaf: CertificateInput,
  options: VerifyChainSyncOptions,
): VerifiedChain {
  return answerNow(startSearch(leaf, options), options.verifySignature, keyOptions(options));
}

function startSearch(
  leaf: CertificateInput,
  options: Omit<VerifyChainOptions, "verifySignature">,
): Asking<VerifiedChain> {
  const { mode = "safe", usage, serverName, maxIntermediates = DEFAULT_MAX_INTERMEDIATES } = options;
  if (!(maxIntermediates >= 0 && maxIntermediates <= MAX_INTERMEDIATES))
    throw new TypeError(`maxIntermediates is ${maxIntermediates}, not from 0 to ${MAX_INTERMEDIATES}`);
  const usages = typeof usage === "string" ? [usage] : usage;
  if (!Array.isArray(usages) || usages.length === 0)
    throw new TypeError('usage must be at least one usage, such as "clientAuth"');
  const reading = readingOptions(options);
  return searchPath({
    leaf: parseCertificate(leaf, reading),
    trustAnchors: poolOf(options.trustAnchors, reading),
    intermediates: poolOf(options.intermediates ?? new CertificatePool([]), reading),
    maxIntermediates,
    rules: { at: momentOf(options.at), usages: usages.map(usageName), mode },
    budget: new Budget(),
    ...(serverName !== undefined && { serverName }),
    ...(options.revocation && { revocation: options.revocation }),
    ...(options.denyList && { denyList: options.denyList }),
  });
}
