import type { Finding } from "../finding.ts";
import type { IdentityNames } from "../kubernetes/identity-rules.ts";
import { lintIdentity } from "../kubernetes/lint-identity.ts";
import { GROUP_ATTRIBUTE, UID_ATTRIBUTE, USER_ATTRIBUTE } from "../kubernetes/well-known.ts";
import type { PemOptions } from "../pem.ts";
import { CertificateRequest, readCertificateRequest } from "../x509/certificate-request.ts";
import type { CertificateRequestInput } from "../x509/certificate-request.ts";
import type { Limits } from "../x509/limits.ts";
import { formatName } from "../x509/name-text.ts";
import { attributeValues } from "../x509/name.ts";
import { keyText, readKey, signatureText } from "./algorithm-text.ts";
import { extensionRow } from "./extension-rows.ts";
import { REQUEST_ATTRIBUTES } from "./names.ts";
import { nameRows } from "./purpose.ts";
import { octetLines, reportText } from "./report.ts";
import type { FormatOptions, Report, Row } from "./report.ts";

/**
 * A certification request (PKCS#10) as text for people: whom a certificate would name to Kubernetes, what is wrong with that, and all that the request says.
 *
 * A request that `parseCertificateRequest` returned has proven that its sender has the key, and the text says so; of text and DER the signature is not
 * checked here, and the text says that. Values of attributes other than extensions are not printed, for a challenge password is one. Safe to print as
 * {@link formatCertificate} is; the wording may change from version to version.
 *
 * @param options `bytes` prints key and signature in full
 * @throws PemError, DerError, CertificateError, CertificateRequestError if kube-apiserver would refuse it too
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createCertificateRequest, formatCertificateRequest, generateKeyPair } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const subject = { organizations: ["system:nodes"], commonName: "system:node:node-1" };
 * const { pem } = await createCertificateRequest({ subject }, signer);
 * const text = formatCertificateRequest(pem);
 * assert.match(text, /who that is +the kubelet of node node-1/);
 * assert.match(text, /signature +not checked/);
 * ```
 */
export function formatCertificateRequest(
  input: CertificateRequestInput,
  options: Omit<FormatOptions, "at"> & Limits & PemOptions = {},
): string {
  const proven = input instanceof CertificateRequest;
  const request = proven ? input : readCertificateRequest(input, { ...options, mode: "kubernetes" });
  return reportText(requestReport(request, proven, options));
}

function requestReport(request: CertificateRequest, proven: boolean, options: FormatOptions): Report {
  const { subject, subjectPublicKeyInfo, signatureAlgorithm, signature } = request;
  const names = namesOf(request);
  const keyOctets: Row[] = options.bytes
    ? [["public key info", ...octetLines(subjectPublicKeyInfo, options)]]
    : [];
  const others = request.attributes
    .map(({ type }) => type)
    .filter((type) => REQUEST_ATTRIBUTES[type] !== "extensionRequest")
    .map((type) => (REQUEST_ATTRIBUTES[type] ? `${REQUEST_ATTRIBUTES[type]} (${type})` : type));
  const sections = [
    { title: "To Kubernetes it would name", rows: names === undefined ? [] : nameRows(names) },
    {
      title: "Request",
      rows: [
        ["subject", formatName(subject) || "(empty)"] as const,
        ["public key", keyText(readKey(subjectPublicKeyInfo))] as const,
        ...keyOctets,
        ["signed with", signatureText(signatureAlgorithm)] as const,
        [
          "signature",
          proven ? "made by the key in the request" : "not checked",
          ...octetLines(signature, options),
        ] as const,
        ...(others.length === 0 ? [] : [["other attributes", ...others] as const]),
      ],
    },
    {
      title: "Requested extensions",
      rows: request.extensions.map((extension) => extensionRow(extension, options)),
    },
  ];
  return {
    title: `Request for a certificate of ${formatName(subject) || "nobody by name"}`,
    sections: sections.filter(({ rows }) => rows.length > 0),
    findings: [...deviationFindings(request), ...(names === undefined ? [] : lintIdentity(names))],
  };
}

/** As kube-apiserver would read them from the certificate. Servers need no user. */
function namesOf({ subject }: CertificateRequest): IdentityNames | undefined {
  const user = attributeValues(subject, USER_ATTRIBUTE).at(-1) ?? "";
  if (user === "") return undefined;
  return {
    user,
    groups: attributeValues(subject, GROUP_ATTRIBUTE),
    uid: attributeValues(subject, UID_ATTRIBUTE)[0],
  };
}

/** What Kubernetes lets through and safe mode refuses. */
export function deviationFindings({ deviations }: Pick<CertificateRequest, "deviations">): Finding[] {
  return deviations.map(({ code, message, path = "" }) => ({
    code: "FINDING_DEVIATION",
    severity: "error",
    path,
    message,
    found: code,
  }));
}
