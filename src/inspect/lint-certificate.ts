import { momentOf } from "../verify/asking.ts";
import type { Finding } from "../finding.ts";
import type { IdentityFindingCode } from "../kubernetes/identity-finding.ts";
import { lintIdentity } from "../kubernetes/lint-identity.ts";
import { isPostQuantumIdentifier, parseSignatureAlgorithm } from "../keys/algorithm-identifier.ts";
import { isPostQuantum } from "../keys/algorithms.ts";
import type { KeyAlgorithm } from "../keys/algorithms.ts";
import type { AlgorithmIdentifier } from "../x509/subject-public-key-info.ts";
import { impossibleUsages } from "../keys/key-usages.ts";
import { safely } from "../errors.ts";
import type { Certificate } from "../x509/certificate.ts";
import { keyText, readKey, signatureText } from "./algorithm-text.ts";
import { isSelfSigned, purposesOf } from "./purpose.ts";
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
  const { client } = purposesOf(certificate);
  return [
    ...lintDates(certificate, momentOf(options.at)),
    ...lintAlgorithms(certificate),
    ...lintPurpose(certificate),
    ...lintIdentity(certificate).filter(({ code }) => client || OF_ALL.has(code)),
  ];
}

function lintDates({ notBefore, notAfter }: Certificate, at: number): CertificateFinding[] {
  const { stage, words } = lifeStage(notBefore, notAfter, at);
  const path = "tbsCertificate.validity";
  const message = `it ${words}`;
  if (stage === "early")
    return [{ code: "FINDING_NOT_YET_VALID", severity: "error", path, message, found: dateText(notBefore) }];
  const found = dateText(notAfter);
  if (stage === "over") {
    return [{ code: "FINDING_EXPIRED", severity: "error", path, message, found, fix: "renew it" }];
  }
  if (stage === "valid") return [];
  const fix = "renew it, and look why it was not renewed by itself";
  return [{ code: "FINDING_EXPIRES_SOON", severity: "warning", path, message, found, fix }];
}

function lintAlgorithms(certificate: Certificate): CertificateFinding[] {
  const findings: CertificateFinding[] = [];
  const { signatureAlgorithm, subjectPublicKeyInfo } = certificate;
  if (!isSelfSigned(certificate) && !safely(() => parseSignatureAlgorithm(signatureAlgorithm.der)).ok) {
    findings.push({
      code: "FINDING_SIGNATURE_ALGORITHM",
      severity: "error",
      path: "signatureAlgorithm",
      message: "nobody can rely on how it is signed",
      found: signatureText(signatureAlgorithm),
      fix: "have it issued again, by a CA that signs with SHA-256 or more",
    });
  }
  const key = readKey(subjectPublicKeyInfo);
  if (!key.ok) {
    const path = "tbsCertificate.subjectPublicKeyInfo";
    findings.push({ code: "FINDING_KEY", severity: "warning", path, message: `the key is ${keyText(key)}` });
  } else findings.push(...lintKeyUsages(certificate, key.value.algorithm));
  if (isForeign(key, signatureAlgorithm)) {
    findings.push({
      code: "FINDING_UNKNOWN_TO_GO",
      severity: "error",
      path: "signatureAlgorithm",
      message:
        "no component of Kubernetes can read it: Go does not know the algorithm of its key or its signature",
      found: `${keyText(key)}, signed with ${signatureText(signatureAlgorithm)}`,
      fix: "use ECDSA-P256, and ML-DSA only between programs of your own",
    });
  }
  return findings;
}

function isForeign(key: ReturnType<typeof readKey>, { der }: AlgorithmIdentifier): boolean {
  return (key.ok && isPostQuantum(key.value.algorithm)) || isPostQuantumIdentifier(der);
}

function lintKeyUsages(certificate: Certificate, algorithm: KeyAlgorithm): CertificateFinding[] {
  const odd = impossibleUsages(certificate.extensionValue("keyUsage"), algorithm);
  if (odd.length === 0) return [];
  const message = `a key of ${algorithm.name} only signs`;
  const path = "extensions.keyUsage";
  return [{ code: "FINDING_KEY_USAGE", severity: "warning", path, message, found: odd.join(", ") }];
}

function lintPurpose(certificate: Certificate): CertificateFinding[] {
  const { ca, server } = purposesOf(certificate);
  const { dnsNames, ipAddresses, uris } = certificate;
  const usages = certificate.extensionValue("keyUsage");
  if (ca && usages !== undefined && !usages.includes("keyCertSign")) {
    const message = "it is a CA that may not sign certificates";
    return [
      {
        code: "FINDING_CA_CANNOT_SIGN",
        severity: "error",
        path: "extensions.keyUsage",
        message,
        expected: "keyCertSign",
      },
    ];
  }
  // A client certificate that nobody restricted, and a workload's, need no server's name.
  const meant = certificate.extensionValue("extendedKeyUsage")?.includes("serverAuth") === true;
  if (!server || !meant || dnsNames.length + ipAddresses.length + uris.length > 0) return [];
  const message = "it names no server, and clients of Kubernetes do not look at the CN";
  const fix = "issue it with the DNS names and addresses that clients call";
  return [
    {
      code: "FINDING_NO_SERVER_NAME",
      severity: "error",
      path: "extensions.subjectAltName",
      message,
      fix,
    },
  ];
}
