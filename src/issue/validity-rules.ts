import type { Report } from "./report.ts";
import { isMoment, secondsOf } from "./validity.ts";
import type { Validity } from "./validity.ts";

/** {@link validFor} may put the start up to an hour before now, which is not counted against the year of 31,536,000 seconds. */
export const MAX_CLIENT_SECONDS = 31_539_600;

/** Seconds since 1970, as they are written. */
export interface Period {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** What the dates are held against. */
export interface ValidityContext {
  /** The issuer's own validity; undefined where a root issues itself, or is not known yet. */
  readonly issuer: Period | undefined;
  /** The clock, in milliseconds since 1970 as `Date` has it. */
  readonly now: number;
  /** Longest allowed time from start to end, in seconds. */
  readonly maxSeconds: number;
}

/**
 * Checks the dates, and cuts the end to the issuer's as Kubernetes' signers do. Undefined if there is no period that makes sense.
 *
 * Source: RFC 5280 4.1.2.5, Kubernetes `pkg/controller/certificates/authority/policies.go`.
 */
export function checkValidity(
  validity: Validity,
  context: ValidityContext,
  report: Report,
): Period | undefined {
  const odd = !isMoment(validity.notBefore)
    ? "notBefore"
    : !isMoment(validity.notAfter)
      ? "notAfter"
      : undefined;
  if (odd !== undefined)
    return fail(report, `validity.${odd}`, "the date is invalid, or outside of the years 0 to 9999");
  const asked = { notBefore: secondsOf(validity.notBefore), notAfter: secondsOf(validity.notAfter) };
  if (asked.notAfter < asked.notBefore) return fail(report, "validity", "the end is before the start");
  const { issuer, now, maxSeconds } = context;
  const period = issuer && asked.notAfter > issuer.notAfter ? cap(asked, issuer.notAfter, report) : asked;
  if (issuer && period.notBefore >= issuer.notAfter)
    return fail(report, "validity", `the signer has expired: NotAfter=${goTime(issuer.notAfter)}`);
  if (issuer && now >= issuer.notAfter * 1000) {
    const end = goTime(period.notAfter);
    return fail(
      report,
      "validity",
      `refusing to sign a certificate that expired in the past: NotAfter=${end}`,
    );
  }
  const length = period.notAfter - period.notBefore;
  if (!(length <= maxSeconds))
    return fail(report, "validity", `it is valid for ${length} seconds, expected at most ${maxSeconds}`);
  if (period.notAfter * 1000 <= now)
    report.warning("WARN_TEMPLATE_EXPIRED", "validity.notAfter", "the certificate has already expired");
  if (issuer && period.notBefore < issuer.notBefore && now < issuer.notBefore * 1000)
    report.warning("WARN_TEMPLATE_BEFORE_ISSUER", "validity.notBefore", "the issuer is not valid yet");
  return period;
}

function fail(report: Report, path: string, message: string): undefined {
  report.error("ERR_TEMPLATE_VALIDITY", path, message);
  return undefined;
}

function cap(asked: Period, notAfter: number, report: Report): Period {
  const detail = {
    found: isoTime(asked.notAfter),
    expected: `at most ${isoTime(notAfter)}`,
    fix: "renew the issuer",
  };
  const message = "the certificate would outlive its issuer; its end was cut to the issuer's";
  report.warning("WARN_TEMPLATE_VALIDITY_CAPPED", "validity.notAfter", message, detail);
  return { ...asked, notAfter };
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000", "");
}

/** As Go prints a time in UTC. */
export function goTime(seconds: number): string {
  return isoTime(seconds).replace("T", " ").replace("Z", " +0000 UTC");
}
