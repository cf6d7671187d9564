import { momentOf } from "../verify/asking.ts";
import type { Finding } from "../finding.ts";
import type { IdentityFindingCode } from "../kubernetes/identity-finding.ts";
import { lintIdentity } from "../kubernetes/lint-identity.ts";
import { isPostQuantumIdentifier, signatureAlgorithmOf } from "../keys/algorithm-identifier.ts";
import { isPostQuantum } from "../keys/algorithms.ts";
import type { KeyAlgorithm } from "../keys/algorithms.ts";
import { impossibleUsages } from "../keys/key-usages.ts";
import type { Certificate } from "../x509/certificate.ts";
import { keyText, readKey, signatureText } from "./algorithm-text.ts";
import { isSelfSigned, purposesOf } from "./purpose.ts";
import type { Purposes } from "./purpose.ts";
import { dateText } from "./report.ts";
import { lifeStage } from "./time-words.ts";

/** Codes of {@link lintCertificate} beside those of {@link IdentityFindings}, each with its severity. */
export interface CertificateFindings {
  /** The last second of the validity has passed. */
  FINDING_EXPIRED: "error";
  /** The first second of the validity is to come. */
  FINDING_NOT_YET_VALID: "error";
  /** The signature is made with an algorithm that Go and this library refuse, such as SHA-1. Not said of roots, whose signature nobody checks. */
  FINDING_SIGNATURE_ALGORITHM: "error";
  /** Key or signature are of ML-DSA, which Go's crypto/x509 does not know (as of Go 1.26): no component of Kubernetes takes it. */
  FINDING_UNKNOWN_TO_GO: "error";
  /** It serves TLS, and has neither DNS names nor addresses: clients of Kubernetes do not look at the CN. */
  FINDING_NO_SERVER_NAME: "error";
  /** A CA whose key usage does not allow it to sign certificates. */
  FINDING_CA_CANNOT_SIGN: "error";
  /** More than nine tenths of the lifetime have passed: what renews itself has done so by now. */
  FINDING_EXPIRES_SOON: "warning";
  /** The key is weak, or of a kind that this library refuses. */
  FINDING_KEY: "warning";
  /** The key usages allow to encipher with a key that only signs (RFC 9295, RFC 9881). */
  FINDING_KEY_USAGE: "warning";
}

/** The stable name of something that {@link lintCertificate} finds. */
export type CertificateFindingCode = keyof CertificateFindings | IdentityFindingCode;

/** What {@link lintCertificate} has to say. */
export interface CertificateFinding extends Finding {
  /** A code of {@link CertificateFindings} or of {@link IdentityFindings}. */
  readonly code: CertificateFindingCode;
}

/** What {@link lintIdentity} says of any certificate; the rest is about clients. */
const OF_ALL: ReadonlySet<string> = /* @__PURE__ */ new Set<IdentityFindingCode>([
  "FINDING_DEVIATION",
  "FINDING_CONTROL_CHARACTER",
  "FINDING_INVISIBLE_CHARACTER",
]);

/**
 * What is wrong with a certificate, or worth knowing, for what it is made for: dates, algorithms, names of a server, and of a client all that
 * {@link lintIdentity} says. Never throws. **An empty list says nothing about trust.**
 *
 * `at` is a date or milliseconds since 1970; now by default. What a certificate is made for is read as Go does, from basic constraints and extended key
 * usages.
 *
 * Sources: Go crypto/x509 `Certificate.isValid`, `Certificate.VerifyHostname`, `checkSignature`; client-go
 * `util/certificate/certificate_manager.go` (`nextRotationDeadline`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueSelfSigned, lintCertificate } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * assert.deepEqual(lintCertificate(certificate), []);
 * assert.equal(lintCertificate(certificate, { at: Date.UTC(2100, 0) })[0]?.code, "FINDING_EXPIRED");
 * ```
 */
export function lintCertificate(
  certificate: Certificate,
  options: { readonly at?: Date | number } = {},
): CertificateFinding[] {
  return lintForPurposes(certificate, purposesOf(certificate), momentOf(options.at));
}

/** As {@link lintCertificate}, for whoever has read already what the certificate is good for. `at` is milliseconds since 1970. */
export function lintForPurposes(
  certificate: Certificate,
  purposes: Purposes,
  at: number,
): CertificateFinding[] {
  const findings = lintDates(certificate, at);
  lintAlgorithms(certificate, findings);
  lintPurpose(certificate, purposes, findings);
  for (const finding of lintIdentity(certificate))
    if (purposes.client || OF_ALL.has(finding.code)) findings.push(finding);
  return findings;
}

function lintDates({ notBefore, notAfter }: Certificate, at: number): CertificateFinding[] {
  const { stage, words } = lifeStage(notBefore, notAfter, at);
  if (stage === "valid") return [];
  const path = "tbsCertificate.validity";
  const message = `it ${words}`;
  if (stage === "early")
    return [{ code: "FINDING_NOT_YET_VALID", severity: "error", path, message, found: dateText(notBefore) }];
  const found = dateText(notAfter);
  if (stage === "over") {
    return [{ code: "FINDING_EXPIRED", severity: "error", path, message, found, fix: "renew it" }];
  }
  const fix = "renew it, and look why it was not renewed by itself";
  return [{ code: "FINDING_EXPIRES_SOON", severity: "warning", path, message, found, fix }];
}

function lintAlgorithms(certificate: Certificate, findings: CertificateFinding[]): void {
  const { bytes, algorithmStart, issuerStart } = certificate.layout;
  const signature = bytes.subarray(algorithmStart, issuerStart);
  if (!signatureAlgorithmOf(signature) && !isSelfSigned(certificate)) {
    findings.push({
      code: "FINDING_SIGNATURE_ALGORITHM",
      severity: "error",
      path: "signatureAlgorithm",
      message: "nobody can rely on how it is signed",
      found: signatureText(certificate.signatureAlgorithm),
      fix: "have it issued again, by a CA that signs with SHA-256 or more",
    });
  }
  const key = readKey(certificate.subjectPublicKeyInfo);
  if (!key.ok) {
    const path = "tbsCertificate.subjectPublicKeyInfo";
    findings.push({ code: "FINDING_KEY", severity: "warning", path, message: `the key is ${keyText(key)}` });
  } else lintKeyUsages(certificate, key.value.algorithm, findings);
  if ((key.ok && isPostQuantum(key.value.algorithm)) || isPostQuantumIdentifier(signature)) {
    findings.push({
      code: "FINDING_UNKNOWN_TO_GO",
      severity: "error",
      path: "signatureAlgorithm",
      message:
        "no component of Kubernetes can read it: Go does not know the algorithm of its key or its signature",
      found: `${keyText(key)}, signed with ${signatureText(certificate.signatureAlgorithm)}`,
      fix: "use ECDSA-P256, and ML-DSA only between programs of your own",
    });
  }
}

function lintKeyUsages(
  certificate: Certificate,
  algorithm: KeyAlgorithm,
  findings: CertificateFinding[],
): void {
  if (algorithm.kind !== "octets") return;
  const odd = impossibleUsages(certificate.extensionValue("keyUsage"), algorithm);
  if (odd.length === 0) return;
  const message = `a key of ${algorithm.name} only signs`;
  const path = "extensions.keyUsage";
  findings.push({ code: "FINDING_KEY_USAGE", severity: "warning", path, message, found: odd.join(", ") });
}

function lintPurpose(
  certificate: Certificate,
  { ca, server }: Purposes,
  findings: CertificateFinding[],
): void {
  const usages = ca ? certificate.extensionValue("keyUsage") : undefined;
  if (usages !== undefined && !usages.includes("keyCertSign")) {
    findings.push({
      code: "FINDING_CA_CANNOT_SIGN",
      severity: "error",
      path: "extensions.keyUsage",
      message: "it is a CA that may not sign certificates",
      expected: "keyCertSign",
    });
  } else if (server && lacksServerName(certificate)) {
    findings.push({
      code: "FINDING_NO_SERVER_NAME",
      severity: "error",
      path: "extensions.subjectAltName",
      message: "it names no server, and clients of Kubernetes do not look at the CN",
      fix: "issue it with the DNS names and addresses that clients call",
    });
  }
}

/** A client certificate that nobody restricted, and a workload's, need no server's name. */
function lacksServerName(certificate: Certificate): boolean {
  if (certificate.extensionValue("extendedKeyUsage")?.includes("serverAuth") !== true) return false;
  const { dnsNames, ipAddresses, uris } = certificate;
  return dnsNames.length + ipAddresses.length + uris.length === 0;
}
