import { equalBytes, toHex } from "../bytes.ts";
import type { Finding } from "../finding.ts";
import { sha256 } from "../sha256.ts";
import type { Certificate } from "../x509/certificate.ts";
import { formatName } from "../x509/name-text.ts";
import { lintCertificate } from "./lint-certificate.ts";
import type { CertificateFindingCode } from "./lint-certificate.ts";
import { isSelfSigned, purposesOf } from "./purpose.ts";

/** Codes of {@link lintCertificateChain} beside those of {@link CertificateFindings}, each with its severity. */
export interface ChainFindings {
  /** There is no certificate. */
  FINDING_CHAIN_EMPTY: "error";
  /** The issuer of a certificate is among the others, but not the next one: TLS before 1.3 wants them in order, and so do many clients. */
  FINDING_CHAIN_ORDER: "error";
  /** The next certificate is not of the issuer, and no other is: clients must have the missing one themselves. */
  FINDING_CHAIN_GAP: "error";
  /** A certificate that stands for an issuer is none of a CA. */
  FINDING_CHAIN_NOT_A_CA: "error";
  /** The same certificate stands there twice. */
  FINDING_CHAIN_DUPLICATE: "warning";
  /** The root is sent, which clients have themselves or do not believe. */
  FINDING_CHAIN_ROOT: "warning";
}

/** The stable name of something that {@link lintCertificateChain} finds. */
export type ChainFindingCode = keyof ChainFindings | CertificateFindingCode;

/** What {@link lintCertificateChain} has to say; `path` begins with `certificates[i]`. */
export interface ChainFinding extends Finding {
  /** A code of {@link ChainFindings}, {@link CertificateFindings} or {@link IdentityFindings}. */
  readonly code: ChainFindingCode;
}

/**
 * What is wrong with a chain as a server or a client sends it, or worth knowing: first the certificate itself, then its issuers in order; of each what {@link lintCertificate}
 * says. Never throws. **An empty list says nothing about trust**: names are compared, and no signature is checked, see {@link verifyCertificateChain}.
 *
 * Sources: RFC 5246 7.4.2, RFC 8446 4.4.2.
 *
 * @param certificates what `parseCertificates` reads from `tls.crt`, or `certificates` of a `CertificatePair`
 * @param options `at` is the time to which dates are compared, now by default
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueCertificate, issueSelfSigned, lintCertificateChain, servingTemplate } from "kubepki";
 *
 * const { signer, publicKey } = await generateKeyPair("ECDSA-P256");
 * const { certificate: ca } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * const template = servingTemplate({ subject: {}, dnsNames: ["web.shop.svc"] });
 * const { certificate } = await issueCertificate(template, { publicKey: await generateKeyPair("Ed25519").then((pair) => pair.publicKey), issuer: { certificate: ca, signer } });
 *
 * assert.deepEqual(lintCertificateChain([certificate]), []);
 * assert.deepEqual(lintCertificateChain([certificate, ca]).map(({ code }) => code), ["FINDING_CHAIN_ROOT"]);
 * ```
 */
export function lintCertificateChain(
  certificates: readonly Certificate[],
  options: { readonly at?: Date | number } = {},
): ChainFinding[] {
  if (certificates.length === 0) {
    return [chainFinding("FINDING_CHAIN_EMPTY", "error", "certificates", "there is no certificate")];
  }
  const hashes = certificates.map(({ der }) => toHex(sha256(der)));
  const each = certificates.flatMap((certificate, index) => {
    const path = `certificates[${index}]`;
    const own = lintCertificate(certificate, options).map((finding) => ({
      ...finding,
      path: finding.path === "" ? path : `${path}.${finding.path}`,
    }));
    const before = hashes.indexOf(hashes[index]!);
    if (before === index) return index === 0 ? own : [...own, ...lintIssuer(certificate, path)];
    const message = `it stands at ${before} already`;
    return [chainFinding("FINDING_CHAIN_DUPLICATE", "warning", path, message, "leave it out")];
  });
  return [...each, ...lintOrder(certificates, new Set(hashes).size)];
}

function lintIssuer(certificate: Certificate, path: string): ChainFinding[] {
  if (!purposesOf(certificate).ca) {
    const message = "only CAs follow the first certificate, and it is none";
    return [chainFinding("FINDING_CHAIN_NOT_A_CA", "error", path, message, "leave it out")];
  }
  if (!isSelfSigned(certificate)) return [];
  const message = "it is a root: clients have it themselves, or do not believe it";
  return [chainFinding("FINDING_CHAIN_ROOT", "warning", path, message, "leave it out")];
}

/** Goes from the first certificate from issuer to issuer, and tells the first step that does not lead to the next one. */
function lintOrder(certificates: readonly Certificate[], different: number): ChainFinding[] {
  const passed = new Set<number>();
  for (let at = 0; ;) {
    passed.add(at);
    const certificate = certificates[at]!;
    if (isSelfSigned(certificate)) return [];
    const path = `certificates[${at}]`;
    const issuer = formatName(certificate.issuer) || "a CA without a name";
    const next = certificates.findIndex(
      ({ subject }, index) => !passed.has(index) && equalBytes(certificate.issuer.der, subject.der),
    );
    if (next < 0) {
      if (passed.size === different) return [];
      const message = `its issuer, ${issuer}, does not follow it`;
      return [
        chainFinding(
          "FINDING_CHAIN_GAP",
          "error",
          path,
          message,
          "add the issuer, leave out what is of others",
        ),
      ];
    }
    if (next !== at + 1) {
      const message = `its issuer, ${issuer}, stands at ${next}`;
      return [chainFinding("FINDING_CHAIN_ORDER", "error", path, message, "put the issuer next")];
    }
    at = next;
  }
}

function chainFinding(
  code: keyof ChainFindings,
  severity: Finding["severity"],
  path: string,
  message: string,
  fix?: string,
): ChainFinding {
  return { code, severity, path, message, ...(fix !== undefined && { fix }) };
}
