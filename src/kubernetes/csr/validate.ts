/** What kube-apiserver says to a CertificateSigningRequest before it takes it. */
import { decodeBase64 } from "../../base64.ts";
import { DerReader } from "../../der/reader.ts";
import { PkiError } from "../../errors.ts";
import type { Finding } from "../../finding.ts";
import { parsePem } from "../../pem.ts";
import { parseCertificate } from "../../x509/certificate.ts";
import { parseCertificateRequest } from "../../verify/certificate-request.ts";
import type { ParseRequestOptions } from "../../verify/certificate-request.ts";
import { CertificateRequest } from "../../x509/certificate-request.ts";
import type { CertificateSigningRequest, RequestConditionObject } from "./api-object.ts";
import { validateSignerName } from "./signer-name.ts";
import { newRequest } from "./draft.ts";
import { KNOWN_USAGES, isCertificateUsage } from "./usages.ts";

/** The codes of {@link validateCertificateSigningRequest}. */
export type RequestObjectFindingCode =
  | "FINDING_CSR_NAME"
  | "FINDING_CSR_REQUEST"
  | "FINDING_CSR_USAGES"
  | "FINDING_CSR_SIGNER_NAME"
  | "FINDING_CSR_EXPIRATION"
  | "FINDING_CSR_SPEC"
  | "FINDING_CSR_CONDITION"
  | "FINDING_CSR_CERTIFICATE";

/** A finding of {@link validateCertificateSigningRequest}; `path` is the field of the object. */
export interface RequestObjectFinding extends Finding {
  /** Stable name of the rule. */
  readonly code: RequestObjectFindingCode;
}

const MIN_EXPIRATION_SECONDS = 600;
/** Of an int32: beyond it, the object cannot even be read. */
const MAX_EXPIRATION_SECONDS = 2_147_483_647;
/** Objects of the time before there were signers; new ones cannot have it. */
export const LEGACY_UNKNOWN = "kubernetes.io/legacy-unknown";

/**
 * Everything for which kube-apiserver would refuse to create the object, in its words where it has some; empty if it takes it.
 *
 * The signature of the request is checked, so that this is not at once. Not checked: whether a signer will sign it, see the policies of signers, and what
 * admission plugins say. By default the request is read as Kubernetes reads it; `mode: "safe"` also finds what is odd in it.
 *
 * Source: Kubernetes `pkg/apis/certificates/validation/validation.go` (`ValidateCertificateSigningRequestCreate`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validateCertificateSigningRequest } from "kubepki";
 *
 * const findings = await validateCertificateSigningRequest({
 *   metadata: { name: "jane" },
 *   spec: { request: "", signerName: "no-domain", usages: [], expirationSeconds: 60 },
 * });
 * assert.deepEqual(findings.map(({ path }) => path), ["spec.request", "spec.usages", "spec.signerName", "spec.expirationSeconds"]);
 * ```
 */
export async function validateCertificateSigningRequest(
  object: CertificateSigningRequest,
  options: ParseRequestOptions = {},
): Promise<RequestObjectFinding[]> {
  return (await examineObject(object, options)).findings;
}

/** What stood in an object before the rules came, and is let be when the object is written again. */
export interface KnownFaults {
  readonly unknownUsages?: boolean;
  readonly duplicateUsages?: boolean;
  readonly legacySigner?: boolean;
  readonly emptyConditions?: boolean;
  readonly duplicateConditions?: boolean;
  readonly approvedAndDenied?: boolean;
  readonly certificate?: boolean;
}

/** As {@link validateCertificateSigningRequest}, with the request if it can be read. */
export async function examineObject(
  { metadata = {}, spec, status }: CertificateSigningRequest,
  options: ParseRequestOptions,
  known: KnownFaults = {},
): Promise<{ readonly findings: RequestObjectFinding[]; readonly request?: CertificateRequest }> {
  const request = await readRequest(spec.request, options);
  const findings = [
    ...validateName(metadata),
    ...(request instanceof CertificateRequest ? [] : [request]),
    ...validateUsages(spec.usages ?? [], known),
    ...validateSigner(spec.signerName, known),
    ...validateExpiration(spec.expirationSeconds),
    ...validateConditions(status?.conditions ?? [], known),
    ...(known.certificate ? [] : validateCertificate(status?.certificate ?? "")),
  ];
  return { findings, ...(request instanceof CertificateRequest && { request }) };
}

/**
 * What kube-apiserver says to a status that is written: conditions and the certificate.
 *
 * Source: Kubernetes `pkg/apis/certificates/validation/validation.go` (`validateConditions`, `validateCertificate`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validateRequestStatus } from "kubepki";
 *
 * const conditions = ["Approved", "Denied"].map((type) => ({ type, status: "True" }));
 * assert.match(validateRequestStatus({ conditions })[0]!.message, /mutually exclusive/);
 * ```
 */
export function validateRequestStatus(
  status: NonNullable<CertificateSigningRequest["status"]>,
): RequestObjectFinding[] {
  return [
    ...validateConditions(status.conditions ?? [], {}),
    ...validateCertificate(status.certificate ?? ""),
  ];
}

/** `path.ValidatePathSegmentName`: any name that is one segment of a URL's path. */
function validateName({
  name,
  generateName,
}: {
  name?: string;
  generateName?: string;
}): RequestObjectFinding[] {
  const path = "metadata.name";
  if (!name)
    return generateName
      ? []
      : [
          finding(
            "NAME",
            path,
            "Required value: name or generateName is required",
            "give it a name, or generateName csr-",
          ),
        ];
  const fix = "choose a name of letters, digits, hyphens, dots, colons and underscores";
  if (name === "." || name === "..") return [finding("NAME", path, `may not be '${name}'`, fix)];
  return ["/", "%"]
    .filter((character) => name.includes(character))
    .map((character) => finding("NAME", path, `may not contain '${character}'`, fix));
}

async function readRequest(
  base64: string,
  options: ParseRequestOptions,
): Promise<CertificateRequest | RequestObjectFinding> {
  const bytes = decodeBase64(base64, false);
  const text = bytes && new TextDecoder().decode(bytes);
  try {
    return await parseCertificateRequest(text ?? "", { mode: "kubernetes", ...options });
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    const noBlock = error.code === "ERR_PEM_LABEL" || error.code === "ERR_PEM_NO_BLOCK";
    const message = noBlock ? "PEM block type must be CERTIFICATE REQUEST" : error.message;
    const fix = noBlock
      ? "write the base64 of PEM text whose first block is CERTIFICATE REQUEST, as certificateSigningRequest does"
      : newRequest(error.code);
    return finding("REQUEST", "spec.request", message, fix);
  }
}

function validateUsages(usages: readonly string[], known: KnownFaults): RequestObjectFinding[] {
  if (usages.length === 0)
    return [
      finding(
        "USAGES",
        "spec.usages",
        "Required value: usages are required",
        "ask for digital signature, and client auth or server auth",
      ),
    ];
  return usages.flatMap((usage, index) => {
    const path = `spec.usages[${index}]`;
    if (!isCertificateUsage(usage) && !known.unknownUsages)
      return [finding("USAGES", path, `Unsupported value: ${JSON.stringify(usage)}`, KNOWN_USAGES)];
    return usages.indexOf(usage) < index && !known.duplicateUsages
      ? [finding("USAGES", path, `Duplicate value: ${JSON.stringify(usage)}`, "list each usage once")]
      : [];
  });
}

function validateSigner(signerName: string, known: KnownFaults): RequestObjectFinding[] {
  const findings = validateSignerName(signerName).map(({ path, message }) =>
    finding(
      "SIGNER_NAME",
      path,
      message,
      "write a domain, a slash and a name, such as example.com/my-signer",
    ),
  );
  const legacy = "the legacy signerName is not allowed via this API version";
  return signerName === LEGACY_UNKNOWN && !known.legacySigner
    ? [
        ...findings,
        finding(
          "SIGNER_NAME",
          "spec.signerName",
          legacy,
          "ask another signer, such as kubernetes.io/kube-apiserver-client",
        ),
      ]
    : findings;
}

function validateExpiration(seconds: number | undefined): RequestObjectFinding[] {
  if (seconds === undefined) return [];
  if (!Number.isInteger(seconds) || seconds > MAX_EXPIRATION_SECONDS) {
    const message = `must be a whole number of at most ${MAX_EXPIRATION_SECONDS} seconds`;
    return [finding("EXPIRATION", "spec.expirationSeconds", message, "round it, or leave it to the signer")];
  }
  if (seconds >= MIN_EXPIRATION_SECONDS) return [];
  const message = "may not specify a duration less than 600 seconds (10 minutes)";
  return [
    finding(
      "EXPIRATION",
      "spec.expirationSeconds",
      message,
      "ask for 600 or more, or leave it to the signer",
    ),
  ];
}

const STATUSES: readonly string[] = ["True", "False", "Unknown"];
const ONLY_TRUE: readonly string[] = ["Approved", "Denied", "Failed"];

function validateConditions(
  conditions: readonly RequestConditionObject[],
  known: KnownFaults,
): RequestObjectFinding[] {
  const types = conditions.map(({ type }) => type);
  const findings = conditions.flatMap(({ type, status }, index) => {
    const at = `status.conditions[${index}]`;
    const found: RequestObjectFinding[] = [];
    if (type === "" && !known.emptyConditions)
      found.push(finding("CONDITION", `${at}.type`, "Required value", "give the condition a type"));
    const allowed = ONLY_TRUE.includes(type) ? ["True"] : STATUSES;
    if (status === "") found.push(finding("CONDITION", `${at}.status`, "Required value", "write True"));
    else if (!allowed.includes(status)) {
      const values = allowed.map((value) => JSON.stringify(value)).join(", ");
      const message = `Unsupported value: ${JSON.stringify(status)}: supported values: ${values}`;
      found.push(finding("CONDITION", `${at}.status`, message, "write True"));
    }
    if (types.indexOf(type) < index && !known.duplicateConditions)
      found.push(
        finding("CONDITION", `${at}.type`, `Duplicate value: ${JSON.stringify(type)}`, "list each type once"),
      );
    return found;
  });
  if (!types.includes("Approved") || !types.includes("Denied") || known.approvedAndDenied) return findings;
  const message = "Approved and Denied conditions are mutually exclusive";
  return [...findings, finding("CONDITION", "status.conditions", message, "leave one of the two out")];
}

/** `validateCertificate`, of base64: PEM of certificates alone, with text around them. */
export function validateCertificate(base64: string): RequestObjectFinding[] {
  if (base64 === "") return [];
  const path = "status.certificate";
  const bytes = decodeBase64(base64, false);
  const fix = "write PEM of the certificate and its intermediates, and nothing else";
  const blocks = bytes ? parsePem(new TextDecoder().decode(bytes), { mode: "kubernetes" }) : [];
  if (blocks.length === 0)
    return [finding("CERTIFICATE", path, "must contain at least one CERTIFICATE PEM block", fix)];
  return blocks.flatMap(({ label, headers, der }) => {
    if (label !== "CERTIFICATE") {
      const message = `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(label)}`;
      return [finding("CERTIFICATE", path, message, fix)];
    }
    if (headers) return [finding("CERTIFICATE", path, "no PEM block headers are permitted", fix)];
    return validateDer(der).map((message) => finding("CERTIFICATE", path, message, fix));
  });
}

/** Go's `ParseCertificates`: a block may hold several certificates, one after the other. */
function validateDer(der: Uint8Array): string[] {
  if (der.length === 0) return ["found CERTIFICATE PEM block containing 0 certificates"];
  try {
    const reader = new DerReader(der);
    while (reader.more()) {
      const start = reader.position;
      reader.readAny("certificate");
      parseCertificate(der.subarray(start, reader.position), { mode: "kubernetes" });
    }
    return [];
  } catch (error) {
    if (error instanceof PkiError) return [error.message];
    throw error;
  }
}

type Kind = "NAME" | "REQUEST" | "USAGES" | "SIGNER_NAME" | "EXPIRATION" | "CONDITION" | "CERTIFICATE";

function finding(kind: Kind, path: string, message: string, fix: string): RequestObjectFinding {
  return { code: `FINDING_CSR_${kind}`, severity: "error", path, message, fix };
}
