/** What kube-apiserver says to a CertificateSigningRequest that is written again. */
import type { ParseRequestOptions } from "../../verify/certificate-request.ts";
import type { CertificateSigningRequest, RequestConditionObject } from "./api-object.ts";
import { isCertificateUsage } from "./usages.ts";
import { LEGACY_UNKNOWN, examineObject, validateCertificate } from "./validate.ts";
import type { KnownFaults, RequestObjectFinding } from "./validate.ts";

/** Where an object is written: the object itself, its `/approval`, or its `/status`. */
export type RequestSubresource = "" | "approval" | "status";

/**
 * Everything for which kube-apiserver would refuse to write the object over the stored one; empty if it takes it.
 *
 * Approval and denial are written through `/approval` alone, the certificate through `/status` alone and once; none of `Approved`, `Denied` and `Failed` ever goes away.
 * What was wrong with the stored object already is let be, as there. Metadata is not looked at but for the name, and who may write is not asked, see
 * `signerAttributes`. A changed `spec` is reported, and a certificate in a write to `/approval`: there the API server would keep the stored one without a word.
 *
 * Source: Kubernetes `pkg/apis/certificates/validation/validation.go` (`ValidateCertificateSigningRequestUpdate`, `getValidationOptions`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { certificateSigningRequest, createCertificateRequest, decideRequest, generateKeyPair, validateRequestUpdate } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { pem } = await createCertificateRequest({ subject: { commonName: "jane" } }, signer);
 * const stored = certificateSigningRequest({ name: "jane", pem, signerName: "example.com/a", usages: ["client auth"] });
 * const approved = decideRequest(stored, { type: "Approved", reason: "Checked", message: "" });
 * assert.deepEqual(await validateRequestUpdate(approved, stored, "approval"), []);
 * const [finding] = await validateRequestUpdate(approved, stored, "status");
 * assert.equal(finding?.message, 'updates may not add a condition of type "Approved"');
 * ```
 */
export async function validateRequestUpdate(
  updated: CertificateSigningRequest,
  stored: CertificateSigningRequest,
  subresource: RequestSubresource,
  options: ParseRequestOptions = {},
): Promise<RequestObjectFinding[]> {
  const { findings } = await examineObject(updated, options, knownFaults(updated, stored));
  return [
    ...findings,
    ...changedSpec(updated, stored),
    ...removedConditions(updated, stored),
    ...(subresource === "approval" ? [] : changedDecisions(updated, stored)),
    ...changedCertificate(updated, stored, subresource),
  ];
}

function knownFaults(
  updated: CertificateSigningRequest,
  { spec, status }: CertificateSigningRequest,
): KnownFaults {
  const usages = spec.usages ?? [];
  const types = (status?.conditions ?? []).map(({ type }) => type);
  const certificate = status?.certificate ?? "";
  return {
    unknownUsages: !usages.every(isCertificateUsage),
    duplicateUsages: new Set(usages).size < usages.length,
    legacySigner: spec.signerName === LEGACY_UNKNOWN,
    emptyConditions: types.includes(""),
    duplicateConditions: new Set(types).size < types.length,
    approvedAndDenied: types.includes("Approved") && types.includes("Denied"),
    certificate: certificateOf(updated) === certificate || validateCertificate(certificate).length > 0,
  };
}

function changedSpec(
  updated: CertificateSigningRequest,
  stored: CertificateSigningRequest,
): RequestObjectFinding[] {
  return isSame(updated.spec, stored.spec)
    ? []
    : [forbidden("FINDING_CSR_SPEC", "spec", "field is immutable")];
}

function removedConditions(
  updated: CertificateSigningRequest,
  stored: CertificateSigningRequest,
): RequestObjectFinding[] {
  return ["Approved", "Denied", "Failed"]
    .filter((type) => conditionsOf(updated, type).length < conditionsOf(stored, type).length)
    .map((type) => conditionFault(`updates may not remove a condition of type "${type}"`));
}

function changedDecisions(
  updated: CertificateSigningRequest,
  stored: CertificateSigningRequest,
): RequestObjectFinding[] {
  return ["Approved", "Denied"].flatMap((type) => {
    const now = conditionsOf(updated, type);
    const before = conditionsOf(stored, type);
    if (now.length < before.length) return []; // said already
    if (now.length > before.length)
      return [conditionFault(`updates may not add a condition of type "${type}"`)];
    return isSame(now, before)
      ? []
      : [conditionFault(`updates may not modify a condition of type "${type}"`)];
  });
}

function changedCertificate(
  updated: CertificateSigningRequest,
  stored: CertificateSigningRequest,
  subresource: RequestSubresource,
): RequestObjectFinding[] {
  const before = certificateOf(stored);
  if (certificateOf(updated) === before) return [];
  const fault = (message: string): RequestObjectFinding[] => [
    forbidden("FINDING_CSR_CERTIFICATE", "status.certificate", message),
  ];
  if (subresource !== "status") return fault("updates may not set certificate content");
  return before === "" ? [] : fault("updates may not modify existing certificate content");
}

function certificateOf({ status }: CertificateSigningRequest): string {
  return status?.certificate ?? "";
}

function conditionsOf({ status }: CertificateSigningRequest, wanted: string): RequestConditionObject[] {
  return (status?.conditions ?? []).filter(({ type }) => type === wanted);
}

function conditionFault(message: string): RequestObjectFinding {
  return forbidden("FINDING_CSR_CONDITION", "status.conditions", message);
}

function forbidden(code: RequestObjectFinding["code"], path: string, message: string): RequestObjectFinding {
  return { code, severity: "error", path, message };
}

/** Whether both have the same fields with the same values; times count as moments. */
function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Date || b instanceof Date) return momentOf(a) === momentOf(b);
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [left, right] = [fieldsOf(a), fieldsOf(b)];
  return (
    left.size === right.size &&
    [...left].every(([key, value]) => right.has(key) && isSame(value, right.get(key)))
  );
}

function momentOf(time: unknown): number {
  return time instanceof Date || typeof time === "string" ? new Date(time).getTime() : Number.NaN;
}

/** A field without a value is no field. */
function fieldsOf(value: object): Map<string, unknown> {
  return new Map(Object.entries(value).filter(([, field]) => field !== undefined));
}
