import { toHex } from "../bytes.ts";
import type { PemOptions } from "../pem.ts";
import { sha256 } from "../sha256.ts";
import { momentOf } from "../verify/asking.ts";
import { parseCertificate } from "../x509/certificate.ts";
import type { Certificate, CertificateInput } from "../x509/certificate.ts";
import type { Limits } from "../x509/limits.ts";
import { formatName } from "../x509/name-text.ts";
import { keyText, readKey, signatureText } from "./algorithm-text.ts";
import { extensionRow } from "./extension-rows.ts";
import { lintCertificate } from "./lint-certificate.ts";
import { identityRows, isSelfSigned, purposeLines } from "./purpose.ts";
import { colons, dateText, octetLines, pairs, reportText } from "./report.ts";
import type { FormatOptions, Report, Row, Section } from "./report.ts";
import { lifeStage, spanInWords } from "./time-words.ts";

/**
 * A certificate as text for people: first what it means to a cluster (whom it names, what it is good for, when it expires, what is wrong with it),
 * then all that it says, as `openssl x509 -text` does.
 *
 * Certificates that safe mode refuses are shown as well, with what is wrong among the findings. The text can be printed: characters of names that cannot be
 * seen, steer a terminal or change the direction of writing stand there as `\u{202e}`. **It says nothing about trust**: no signature is checked.
 * The wording may change from version to version; programs read {@link Certificate} and {@link lintCertificate}.
 *
 * @param options `at` is the time to which dates are compared, now by default; `bytes` prints key and signature in full
 * @throws PemError, DerError, CertificateError if Go's parser would refuse it too, see {@link parseCertificate}; `TypeError` if `at` is no date
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatCertificate } from "kubepki";
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
 * const text = formatCertificate(pem, { at: new Date("2126-10-01T00:00:00Z") });
 * assert.match(text, /user +jane\n +groups +developers\n/);
 * assert.match(text, /validity +expires in 29 days/);
 * ```
 */
export function formatCertificate(
  input: CertificateInput,
  options: FormatOptions & Limits & PemOptions = {},
): string {
  return reportText(certificateReport(input, options));
}

/** What is said about a certificate, before it is text. */
export function certificateReport(
  input: CertificateInput,
  options: FormatOptions & Limits & PemOptions,
): Report {
  const certificate = parseCertificate(input, { ...options, mode: "kubernetes" });
  const at = momentOf(options.at);
  return {
    title: `Certificate of ${subjectText(certificate)}`,
    sections: [
      meaning(certificate, at),
      details(certificate, options),
      extensions(certificate, options),
    ].filter(({ rows }) => rows.length > 0),
    findings: lintCertificate(certificate, { at }),
  };
}

function subjectText({ subject }: Certificate): string {
  return subject.rdns.length === 0 ? "nobody by name" : formatName(subject);
}

function meaning(certificate: Certificate, at: number): Section {
  const { notBefore, notAfter } = certificate;
  const { words, stage, passed } = lifeStage(notBefore, notAfter, at);
  const percent =
    stage === "valid" || stage === "late"
      ? `; ${Math.floor(passed * 100)} % of its lifetime have passed`
      : "";
  return {
    title: "In Kubernetes",
    rows: [
      ...identityRows(certificate),
      ["good for", ...purposeLines(certificate)],
      ["validity", `${words} (${dateText(stage === "early" ? notBefore : notAfter)})${percent}`],
    ],
  };
}

function details(certificate: Certificate, options: FormatOptions): Section {
  const { version, serialNumber, subject, issuer, notBefore, notAfter, der, signatureAlgorithm } =
    certificate;
  const key = readKey(certificate.subjectPublicKeyInfo);
  const spki = certificate.subjectPublicKeyInfo;
  const keyOctets: Row[] = options.bytes ? [["public key info", ...octetLines(spki, options)]] : [];
  const lifetime = (notAfter.getTime() - notBefore.getTime()) / 1000;
  return {
    title: "Certificate",
    rows: [
      ["version", `${version}`],
      ["serial number", `${pairs(serialNumber)}${decimal(serialNumber)}`],
      ["subject", formatName(subject) || "(empty)"],
      ["issuer", `${formatName(issuer) || "(empty)"}${isSelfSigned(certificate) ? " (itself)" : ""}`],
      ["not before", dateText(notBefore)],
      ["not after", `${dateText(notAfter)} (${spanInWords(lifetime)} later)`],
      ["public key", keyText(key)],
      ...keyOctets,
      ["signed with", signatureText(signatureAlgorithm)],
      ["signature", ...octetLines(certificate.signature, options)],
      ["SHA-256", colons(sha256(der))],
      // In the form of kubeadm's --discovery-token-ca-cert-hash.
      ["key hash", `sha256:${toHex(sha256(spki))}`],
    ],
  };
}

/** Short serial numbers are counters, which people know as decimal numbers. */
function decimal(serialNumber: string): string {
  const value = Number.parseInt(serialNumber, 16);
  return value <= Number.MAX_SAFE_INTEGER && value > 9 ? ` (${value})` : "";
}

function extensions(certificate: Certificate, options: FormatOptions): Section {
  const rows = certificate.extensions.map((extension) => extensionRow(extension, options));
  return { title: "Extensions", rows };
}
