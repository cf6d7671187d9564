/** What a signer of Kubernetes leaves out of a request, or changes: the certificate differs from what was asked for. */
import { DerReader } from "../../der/reader.ts";
import type { Finding } from "../../finding.ts";
import type { CertificateRequest } from "../../x509/certificate-request.ts";
import { attributeValues, readName } from "../../x509/name.ts";
import { SUBJECT_FIELDS, encodeName } from "../../x509/name-writer.ts";
import { GROUP_ATTRIBUTE } from "../well-known.ts";
import type { RequestSpec } from "./api-object.ts";
import { durationOf, subjectOf } from "./draft.ts";

/** What is lost of a request on the way to its certificate. */
export interface RequestLoss extends Finding {
  /** Stable name of the rule. */
  readonly code:
    | "FINDING_LOST_SUBJECT"
    | "FINDING_LOST_ORDER"
    | "FINDING_LOST_EXTENSION"
    | "FINDING_LOST_ATTRIBUTE"
    | "FINDING_LOST_NAME"
    | "FINDING_LOST_LIFETIME";
  readonly severity: "warning";
}

const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const KEPT_NAMES: readonly string[] = ["dns", "email", "ip", "uri"];

/** Everything in the order of the request, the lifetime last. */
export function findLosses(
  request: CertificateRequest,
  { expirationSeconds }: RequestSpec,
  defaultDurationSeconds?: number,
): RequestLoss[] {
  return [
    ...lostAttributes(request),
    ...lostValues(request),
    ...lostOrder(request),
    ...request.attributes
      .filter(({ type }) => type !== EXTENSION_REQUEST)
      .map(({ type }) =>
        loss("ATTRIBUTE", "attributes", `the attribute ${type} does not count`, "leave it out"),
      ),
    ...request.extensions
      .filter(({ id }) => id !== "subjectAltName")
      .map(({ id, oid }) =>
        loss(
          "EXTENSION",
          `extensions.${id ?? oid}`,
          `the extension ${id ?? oid} is not copied`,
          "leave it out; usages are asked for in spec.usages",
        ),
      ),
    ...lostNames(request),
    ...changedLifetime(expirationSeconds, durationOf(expirationSeconds, defaultDurationSeconds)),
  ];
}

/** Attributes that Go's `pkix.Name` has no field for, and all CNs and serial numbers but the last. */
function lostAttributes({ subject }: CertificateRequest): RequestLoss[] {
  const kept = SUBJECT_FIELDS.map(([field, type]) => {
    const values = attributeValues(subject, type);
    return [type, field === "commonName" || field === "serialNumber" ? values.slice(-1) : values] as const;
  });
  const left = new Map<string, number>(kept.map(([type, values]) => [type, values.length]));
  const found: RequestLoss[] = [];
  for (const { type, value } of subject.rdns.flat().reverse()) {
    const count = left.get(type) ?? 0;
    if (count > 0 && value !== "") {
      left.set(type, count - 1);
      continue;
    }
    if (count > 0 && !isSingle(type)) continue; // an empty value in a list is kept
    const why = left.has(type) ? "only the last of its kind that is not empty counts" : "it is unknown to Go";
    found.push(
      loss(
        "SUBJECT",
        "subject",
        `the attribute ${type} is left out of the subject: ${why}`,
        "leave it out, or get the certificate from a signer that writes it",
        { found: value },
      ),
    );
  }
  return found.reverse();
}

/** Values that are no strings, which Go passes over; the names of a request do not have them. */
function lostValues({ deviations }: CertificateRequest): RequestLoss[] {
  return deviations
    .filter(({ code }) => code === "ERR_CERTIFICATE_NAME_VALUE")
    .map(({ message }) =>
      loss(
        "SUBJECT",
        "subject",
        `an attribute is left out of the subject: ${message}`,
        "write it as a UTF8String",
      ),
    );
}

function isSingle(wanted: string): boolean {
  return SUBJECT_FIELDS.some(
    ([field, type]) => type === wanted && (field === "commonName" || field === "serialNumber"),
  );
}

/** Groups are written as one SET, which DER sorts; they mean the same in any order. */
function lostOrder(request: CertificateRequest): RequestLoss[] {
  const before = attributeValues(request.subject, GROUP_ATTRIBUTE);
  const after = attributeValues(
    readName(new DerReader(encodeName(subjectOf(request)), { mode: "kubernetes" }), "", {}),
    GROUP_ATTRIBUTE,
  );
  if (before.every((group, index) => group === after[index])) return [];
  const message = "the groups change their order, which makes no difference to Kubernetes";
  const shown = { found: before.join(", "), expected: after.join(", ") };
  const fix = "write them in that order, as createCertificateRequest does with organizations";
  return [loss("ORDER", "subject.organizations", message, fix, shown)];
}

function lostNames(request: CertificateRequest): RequestLoss[] {
  return (request.extensionValue("subjectAltName") ?? [])
    .filter(({ type }) => !KEPT_NAMES.includes(type))
    .map(({ type }) =>
      loss(
        "NAME",
        "extensions.subjectAltName",
        `alternative names of the kind ${type} are not copied`,
        "leave it out, or ask for a DNS name, an address, a URI or an e-mail address",
      ),
    );
}

function changedLifetime(wish: number | undefined, given: number): RequestLoss[] {
  if (wish === undefined || wish === given) return [];
  const message = `the certificate will live ${given} seconds, not ${wish}`;
  const fix =
    given < wish
      ? "renew it in time, or ask for --cluster-signing-duration to be raised"
      : "ask for 600 seconds or more";
  const shown = { found: String(wish), expected: String(given) };
  return [loss("LIFETIME", "spec.expirationSeconds", message, fix, shown)];
}

type Suffix<Code> = Code extends `FINDING_LOST_${infer Rest}` ? Rest : never;

function loss(
  suffix: Suffix<RequestLoss["code"]>,
  path: string,
  message: string,
  fix: string,
  detail: Pick<Finding, "found" | "expected"> = {},
): RequestLoss {
  return { ...detail, code: `FINDING_LOST_${suffix}`, severity: "warning", path, message, fix };
}
