/** What kube-controller-manager would sign for a request: the part of signing that needs no CA. */
import { PkiError } from "../../errors.ts";
import { clientTemplate } from "../../issue/template.ts";
import type { TemplateRules } from "../../issue/validate-template.ts";
import type { CertificateTemplate } from "../../issue/template.ts";
import { YEAR_SECONDS } from "../../issue/validity.ts";
import type { CertificateRequest } from "../../x509/certificate-request.ts";
import { formatIpAddress, parseIpAddress, sameIpAddress } from "../../x509/ip-address.ts";
import { attributeValues } from "../../x509/name.ts";
import { SUBJECT_FIELDS } from "../../x509/name-writer.ts";
import type { SubjectFields } from "../../x509/name-writer.ts";
import type { RequestSpec } from "./api-object.ts";
import { readRequest } from "./read-request.ts";
import type { ReadRequestOptions } from "./read-request.ts";
import { rewriteUri } from "./rewrite-uri.ts";
import { objection } from "./signers/policy.ts";
import type { SignerFinding, SignerPolicy } from "./signers/policy.ts";
import { KNOWN_USAGES, usagesToX509 } from "./usages.ts";
import type { MappedUsages, X509Usages } from "./usages.ts";

/** How a request is read, and how long its certificate may live. */
export interface DraftOptions extends ReadRequestOptions {
  /** `--cluster-signing-duration`, in seconds; a year by default. Longer wishes are cut to it. */
  readonly defaultDurationSeconds?: number;
}

/** What would be signed, as far as the request can be read, and all that speaks against it. */
export interface Draft extends Partial<CompleteDraft> {
  readonly findings: readonly SignerFinding[];
}

/** Of a request that can be read. */
export interface CompleteDraft {
  readonly request: CertificateRequest;
  readonly template: CertificateTemplate;
}

/** Who may have which name was decided by whoever approved the request; how long, by the signer's duration. */
export const SIGNER_RULES: TemplateRules = { allowPrivileged: true, maxLifetimeSeconds: Infinity };

/** Reads the request, holds it against the policy, and makes the template of its certificate. */
export async function draftCertificate(
  spec: RequestSpec,
  policy: SignerPolicy,
  options: DraftOptions,
  now: Date,
): Promise<Draft> {
  const usages = spec.usages ?? [];
  const mapped = usagesToX509(usages);
  try {
    const request = await readRequest(spec.request, options);
    const lifetimeSeconds = durationOf(spec.expirationSeconds, options.defaultDurationSeconds);
    const template = templateFor(request, mapped, lifetimeSeconds, now);
    return {
      request,
      template,
      findings: [...unknownUsages(mapped), ...policy.validate({ request, usages })],
    };
  } catch (error) {
    if (!(error instanceof PkiError) || isOurs(error)) throw error;
    return { findings: [findingOf(error)] };
  }
}

/** What is wrong with the request will stay so, for its specification cannot change: that is a failure, and no reason to try again. */
export function findingOf({ message, path = "spec.request", code }: PkiError): SignerFinding {
  return { code: "FINDING_SIGNER", severity: "error", path, message, fix: newRequest(code) };
}

/** What to do about a request that cannot be mended: its key has signed it as it is. */
export function newRequest(code: string): string {
  return `make another request; docs/errors.md says how to avoid ${code}`;
}

/** Faults of the issuer or its signer, which another attempt may not have. */
export function isOurs({ code }: { readonly code: string }): boolean {
  return code === "ERR_TEMPLATE_ISSUER" || code === "ERR_TEMPLATE_RESULT" || code === "ERR_TEMPLATE_VALIDITY";
}

function unknownUsages({ unknown }: MappedUsages): SignerFinding[] {
  if (unknown.length === 0) return [];
  const message = `unrecognized usage values: ${JSON.stringify(unknown)}`;
  return [objection("spec.usages", message, KNOWN_USAGES)];
}

/** Shorter wishes are lengthened to it (`signer.duration`). */
const MIN_DURATION_SECONDS = 600;

/** `signer.duration`, in seconds. A signer without a longest duration, such as NaN, signs nothing: TypeError. */
export function durationOf(wish: number | undefined, longest: number = YEAR_SECONDS): number {
  if (!(longest > 0)) throw new TypeError(`defaultDurationSeconds is ${longest}, expected more than 0`);
  if (wish === undefined || wish > longest) return longest;
  return Math.max(wish, MIN_DURATION_SECONDS);
}

function templateFor(
  request: CertificateRequest,
  { keyUsage, extendedKeyUsage }: X509Usages,
  lifetimeSeconds: number,
  now: Date,
): CertificateTemplate {
  const { dnsNames, emailAddresses } = request;
  const uris = request.uris.map(rewriteUri);
  const ipAddresses = request.ipAddresses.map(plainAddress);
  const subject = subjectOf(request);
  const names = { dnsNames, emailAddresses, uris, ipAddresses };
  return clientTemplate({
    preset: "csrSigner",
    subject,
    keyUsage,
    extendedKeyUsage,
    lifetimeSeconds,
    now,
    ...names,
  });
}

/** Go's `pkix.Name`: lists keep their values, of CN and serialNumber the last counts. */
export function subjectOf({ subject }: CertificateRequest): SubjectFields {
  const entries = SUBJECT_FIELDS.map(([field, type]) => {
    const values = attributeValues(subject, type);
    const isSingle = field === "commonName" || field === "serialNumber";
    return [field, isSingle ? (values.at(-1) ?? "") : values] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value.length > 0));
}

/** Go writes an IPv4-mapped address as IPv4. */
function plainAddress(text: string): string {
  const octets = parseIpAddress(text)!;
  const inner = octets.subarray(-4);
  return sameIpAddress(octets, inner) ? formatIpAddress(inner) : text;
}
