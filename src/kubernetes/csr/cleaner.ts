/** When kube-controller-manager deletes a CertificateSigningRequest. */
import { decodeBase64 } from "../../base64.ts";
import { PkiError } from "../../errors.ts";
import { parsePem } from "../../pem.ts";
import { parseCertificate } from "../../x509/certificate.ts";
import type { CertificateSigningRequest, RequestConditionObject } from "./api-object.ts";

/** A CertificateSigningRequest with the time of its creation. */
export interface DatedSigningRequest extends CertificateSigningRequest {
  /** Name and dates. */
  readonly metadata?: {
    /** Its name. */
    readonly name?: string;
    /** When it was made: RFC 3339 text, or a `Date`. */
    readonly creationTimestamp?: string | Date;
  };
}

const HOUR = 3_600_000;
const DAY = 86_400_000;

/**
 * Tells whether kube-controller-manager's cleaner would delete the object now: an hour after it was signed, denied or failed; at once if its certificate
 * has expired; a day after its creation if nobody has said anything, and a day after its approval if nobody has signed it.
 *
 * A condition without a time is never old, and a certificate that does not parse has not expired. An object with a condition of somebody's own alone is
 * kept for ever, as there.
 *
 * Source: Kubernetes `pkg/controller/certificates/cleaner/cleaner.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isRequestOutdated } from "kubepki";
 *
 * const object = { metadata: { creationTimestamp: "2030-01-01T00:00:00Z" }, spec: { request: "", signerName: "example.com/a" } };
 * assert.equal(isRequestOutdated(object, new Date("2030-01-01T12:00:00Z")), false);
 * assert.equal(isRequestOutdated(object, new Date("2030-01-02T00:00:01Z")), true);
 * ```
 */
export function isRequestOutdated(object: DatedSigningRequest, at: Date | number = Date.now()): boolean {
  const now = Number(at);
  const conditions = object.status?.conditions ?? [];
  const isOlder = (type: string, limit: number): boolean =>
    conditions.some((condition) => condition.type === type && isPast(condition.lastUpdateTime, now - limit));
  const certificate = object.status?.certificate;
  if (conditions.length === 0) return isPast(object.metadata?.creationTimestamp, now - DAY);
  if (isOlder("Denied", HOUR) || isOlder("Failed", HOUR)) return true;
  if (!certificate) return isOlder("Approved", DAY);
  return isOlder("Approved", HOUR) || (hasApproval(conditions) && isExpired(certificate, now));
}

function hasApproval(conditions: readonly RequestConditionObject[]): boolean {
  return conditions.some(({ type }) => type === "Approved");
}

/** A time that is missing or none, which Go reads as zero, is not old. */
function isPast(time: string | Date | undefined, limit: number): boolean {
  const value = time === undefined ? Number.NaN : new Date(time).getTime();
  return value > 0 && value < limit;
}

/** The first certificate counts. */
function isExpired(base64: string, now: number): boolean {
  const bytes = decodeBase64(base64, false);
  if (!bytes) return false;
  try {
    const [first] = parsePem(new TextDecoder().decode(bytes), { mode: "kubernetes" });
    return (
      first !== undefined && parseCertificate(first.der, { mode: "kubernetes" }).notAfter.getTime() < now
    );
  } catch (error) {
    if (error instanceof PkiError) return false;
    throw error;
  }
}
