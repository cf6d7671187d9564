/** What kube-apiserver says to what a signer writes. */
import { equalBytes } from "../../bytes.ts";
import { PkiError } from "../../errors.ts";
import { parsePem } from "../../pem.ts";
import type { PemBlock } from "../../pem.ts";
import { momentOf } from "../../verify/asking.ts";
import { parseCertificate } from "../../x509/certificate.ts";
import type { Certificate } from "../../x509/certificate.ts";
import { validateEmailAddress } from "../../x509/dns-name.ts";
import { DEFAULT_MAX_EXPIRATION_SECONDS } from "./api-object.ts";
import type {
  PodCertificateCondition,
  PodCertificateRequest,
  PodCertificateRequestStatus,
} from "./api-object.ts";
import { finding } from "./finding.ts";
import type { PodCertificateFinding } from "./finding.ts";
import { requestedKey } from "./validate.ts";

/** The three ends that a request can come to. */
const TERMINAL: readonly string[] = ["Issued", "Denied", "Failed"];

/** 100 KiB. */
const MAX_CHAIN = 102_400;
/** `notBefore` is nearer to the server's clock than this, in milliseconds: five minutes. */
const MAX_SKEW = 300_000;
/** The shortest lifetime, in milliseconds: an hour. */
const MIN_LIFETIME = 3_600_000;
/** Between the refresh and both ends of the validity, in milliseconds: ten minutes. */
const REFRESH_MARGIN = 600_000;

/** Tells whether a request was issued, denied or has failed: it does not change any more. */
export function isTerminal({ conditions = [] }: PodCertificateRequestStatus): boolean {
  return conditions.some(({ type, status }) => TERMINAL.includes(type) && status === "True");
}

/**
 * Everything for which kube-apiserver would refuse this status of this object, in its words; empty if it takes it. `object` is as it is now, `status` what a signer
 * is about to write.
 *
 * The chain is not verified, as by the server: its certificates must parse, and the first must have the requested key. `at` is the server's time, now by default. Two
 * differences: e-mail addresses with a person's name or a comment are findings here, and of the chain every certificate that only Go reads passes.
 *
 * Source: Kubernetes `pkg/apis/certificates/validation/validation.go` (`ValidatePodCertificateRequestStatusUpdate`), apimachinery
 * `pkg/apis/meta/v1/validation` (`ValidateConditions`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validatePodCertificateStatus } from "kubepki";
 *
 * const spec = {
 *   signerName: "example.com/workloads",
 *   podName: "web-0", podUID: "1", serviceAccountName: "web", serviceAccountUID: "2", nodeName: "node-1", nodeUID: "3",
 * };
 * const denied = { type: "Denied", status: "True", reason: "UnsupportedKeyType", message: "use P-256", lastTransitionTime: new Date() };
 * assert.deepEqual(validatePodCertificateStatus({ spec }, { conditions: [denied] }), []);
 * const [finding] = validatePodCertificateStatus({ spec, status: { conditions: [denied] } }, {});
 * assert.equal(finding?.message, "immutable after PodCertificateRequest is issued, denied, or failed");
 * ```
 */
export function validatePodCertificateStatus(
  object: PodCertificateRequest,
  status: PodCertificateRequestStatus,
  options: { readonly at?: Date | number } = {},
): PodCertificateFinding[] {
  const at = momentOf(options.at);
  const { conditions = [] } = status;
  const wrong = validateConditions(conditions);
  if (wrong.length > 0) return wrong;
  const old = object.status ?? {};
  if (isTerminal(old))
    return same(status, old, "immutable after PodCertificateRequest is issued, denied, or failed");
  const [condition] = conditions;
  if (condition === undefined)
    return same(status, old, 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"');
  if (condition.type === "Issued") return validateIssued(object, status, at);
  const message =
    "non-condition status fields must be empty when denying or failing the PodCertificateRequest";
  return same(status, { conditions }, message);
}

function validateConditions(conditions: readonly PodCertificateCondition[]): PodCertificateFinding[] {
  return conditions.flatMap(({ type, status, reason, message }, index) => {
    const path = `status.conditions[${index}]`;
    const wrong = (field: string, text: string): PodCertificateFinding =>
      finding("CONDITION", `${path}.${field}`, text);
    const found: PodCertificateFinding[] = [];
    if (!TERMINAL.includes(type))
      found.push(wrong("type", 'Unsupported value: supported values: "Denied", "Failed", "Issued"'));
    else if (index > 0)
      found.push(
        wrong("type", 'There may be at most one condition with type "Issued", "Denied", or "Failed"'),
      );
    if (status !== "True") found.push(wrong("status", 'Unsupported value: supported values: "True"'));
    if (reason === "") found.push(wrong("reason", "Required value: must be set"));
    else if (reason.length > 1024) found.push(wrong("reason", "may not be more than 1024 bytes"));
    else if (!isReason(reason))
      found.push(wrong("reason", "must be a word of letters, digits, underscores, colons and commas"));
    if (new TextEncoder().encode(message).length > 32_768)
      found.push(wrong("message", "may not be more than 32768 bytes"));
    return found;
  });
}

/** `isValidConditionReason`: begins with a letter, ends with a letter, a digit or an underscore. */
function isReason(reason: string): boolean {
  return /^[\w,:]+$/.test(reason) && /^[A-Za-z]/.test(reason) && /\w$/.test(reason);
}

function same(
  status: PodCertificateRequestStatus,
  expected: PodCertificateRequestStatus,
  message: string,
): PodCertificateFinding[] {
  return summary(status) === summary(expected) ? [] : [finding("STATUS", "status", message)];
}

/** Two statuses are equal if these texts are: absent and empty are the same, and times have whole seconds. */
function summary(status: PodCertificateRequestStatus): string {
  const { conditions = [], certificateChain = "", notBefore, beginRefreshAt, notAfter } = status;
  return JSON.stringify([
    conditions.map(({ type, status: truth, reason, message, lastTransitionTime }) => {
      return [type, truth, reason, message, timeOf(lastTransitionTime)];
    }),
    certificateChain,
    [notBefore, beginRefreshAt, notAfter].map((time) => (time === undefined ? 0 : timeOf(time))),
  ]);
}

/** Milliseconds of the whole second, which is all that the API keeps; NaN if it is no time. */
function timeOf(time: string | Date): number {
  return Math.floor(new Date(time).getTime() / 1000) * 1000;
}

function validateIssued(
  object: PodCertificateRequest,
  status: PodCertificateRequestStatus,
  at: number,
): PodCertificateFinding[] {
  const { certificateChain = "" } = status;
  if (new TextEncoder().encode(certificateChain).length > MAX_CHAIN)
    return [chain(`may not be more than ${MAX_CHAIN} bytes`)];
  const [first, ...others] = blocksOf(certificateChain);
  if (first === undefined) return [chain("issued certificate chain must contain at least one certificate")];
  if (first.label !== "CERTIFICATE") return [chain(ONLY_CERTIFICATES)];
  const leaf = certificateOf(first);
  if (leaf === undefined) return [chain("leaf certificate does not parse as valid X.509")];
  return [
    ...validateNames(leaf),
    ...validateKey(object, leaf),
    ...validateTimes(object, status, leaf, at),
    ...others.flatMap((block) => {
      if (block.label !== "CERTIFICATE") return [chain(ONLY_CERTIFICATES)];
      return certificateOf(block) ? [] : [chain("intermediate certificate does not parse as valid X.509")];
    }),
  ];
}

const ONLY_CERTIFICATES = "issued certificate chain must consist entirely of CERTIFICATE PEM blocks";

function chain(message: string): PodCertificateFinding {
  return finding("CHAIN", "status.certificateChain", message);
}

function blocksOf(text: string): readonly PemBlock[] {
  try {
    return parsePem(text, { mode: "kubernetes", maxBlocks: MAX_CHAIN });
  } catch (error) {
    if (error instanceof PkiError) return [];
    throw error;
  }
}

function certificateOf({ der }: PemBlock): Certificate | undefined {
  try {
    return parseCertificate(der, { mode: "kubernetes" });
  } catch (error) {
    if (error instanceof PkiError) return undefined;
    throw error;
  }
}

function validateNames({ dnsNames, emailAddresses }: Certificate): PodCertificateFinding[] {
  return [
    ...dnsNames.flatMap((name) => [
      ...(name === "" ? [chain("leaf certificate should not contain empty DNSName")] : []),
      ...(name.includes("..") ? [chain("leaf certificate's DNSName should not contain '..'")] : []),
      ...(name.startsWith(".") || name.endsWith(".")
        ? [chain("leaf certificate's DNSName should not start or end with '.'")]
        : []),
    ]),
    ...emailAddresses
      .filter((address) => validateEmailAddress(address) !== undefined)
      .map(() => chain("leaf certificate should not contain invalid EmailAddress")),
  ];
}

function validateKey({ spec }: PodCertificateRequest, leaf: Certificate): PodCertificateFinding[] {
  const key = requestedKey(spec);
  if (key !== undefined && equalBytes(key, leaf.subjectPublicKeyInfo)) return [];
  return [chain("leaf certificate was not issued to the requested public key")];
}

/** Of the rules about times, the first that is broken, as the server has it: the others follow from it. */
function validateTimes(
  { spec }: PodCertificateRequest,
  { notBefore, notAfter, beginRefreshAt }: PodCertificateRequestStatus,
  leaf: Certificate,
  at: number,
): PodCertificateFinding[] {
  const times = { notBefore, notAfter, beginRefreshAt };
  const missing = (Object.keys(times) as (keyof typeof times)[]).filter((name) => times[name] === undefined);
  if (missing.length > 0) return missing.map((name) => timeFault(name, `Required value: ${REQUIRED[name]}`));
  const [from, until, refresh] = [timeOf(notBefore!), timeOf(notAfter!), timeOf(beginRefreshAt!)];
  if (from !== leaf.notBefore.getTime())
    return [timeFault("notBefore", "must be set to the NotBefore time encoded in the leaf certificate")];
  if (Math.abs(from - at) >= MAX_SKEW)
    return [timeFault("notBefore", "must be set to within 5 minutes of kube-apiserver's current time")];
  if (until !== leaf.notAfter.getTime())
    return [timeFault("notAfter", "must be set to the NotAfter time encoded in the leaf certificate")];
  if (until - from < MIN_LIFETIME) return [chain("leaf certificate lifetime must be >= 1 hour")];
  const { maxExpirationSeconds: most = DEFAULT_MAX_EXPIRATION_SECONDS } = spec;
  if (until - from > most * 1000)
    return [chain(`leaf certificate lifetime must be <= spec.maxExpirationSeconds (${most})`)];
  if (!(refresh >= from + REFRESH_MARGIN))
    return [timeFault("beginRefreshAt", "must be at least 10 minutes after status.notBefore")];
  if (refresh > until - REFRESH_MARGIN)
    return [timeFault("beginRefreshAt", "must be at least 10 minutes before status.notAfter")];
  return [];
}

const REQUIRED = {
  notBefore: "must be present and consistent with the issued certificate",
  notAfter: "must be present and consistent with the issued certificate",
  beginRefreshAt: "must be present and in the range [notbefore+10min, notafter-10min]",
} as const;

function timeFault(field: keyof typeof REQUIRED, message: string): PodCertificateFinding {
  return finding("TIMES", `status.${field}`, message);
}
