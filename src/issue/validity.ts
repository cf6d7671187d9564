import { TemplateError } from "../errors.ts";

/** From when to when a certificate is valid, both ends included; whole seconds, fractions are cut (RFC 5280 4.1.2.5). */
export interface Validity {
  /** First second in which it is valid. */
  readonly notBefore: Date;
  /** Last second in which it is valid. */
  readonly notAfter: Date;
}

/** How Kubernetes' signers and kubeadm allow for clocks that disagree: five minutes, in seconds. */
export const BACKDATE_SECONDS = 300;
/** One year as Kubernetes counts it: 8,760 hours, in seconds. */
export const YEAR_SECONDS = 31_536_000;
/** Below this lifetime, kube-controller-manager adds the backdate instead of taking it off: eight hours, in seconds. */
export const SHORT_LIFETIME_SECONDS = 28_800;

/** When a certificate shall be valid: exactly, or as a lifetime from now. */
export interface ValidityOptions {
  /** Exact times; the other fields are then ignored. */
  readonly validity?: Validity;
  /** From now to the end, in seconds; a year for leaves and ten for CAs by default. */
  readonly lifetimeSeconds?: number;
  /** The clock; the current time by default. */
  readonly now?: Date;
  /** How long before now the validity starts, in seconds; 300 by default, at most 3,600. */
  readonly backdateSeconds?: number;
}

/**
 * The validity for a lifetime: from the backdate before now to the lifetime after now.
 *
 * @throws TemplateError `ERR_TEMPLATE_VALIDITY` if a number or date makes no sense
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validFor } from "kubepki";
 *
 * const { notBefore, notAfter } = validFor({ now: new Date("2030-01-01T00:00:00Z"), lifetimeSeconds: 3600 });
 * assert.equal(notBefore.toISOString(), "2029-12-31T23:55:00.000Z");
 * assert.equal(notAfter.toISOString(), "2030-01-01T01:00:00.000Z");
 * ```
 */
export function validFor(options: ValidityOptions = {}): Validity {
  const { validity, lifetimeSeconds = YEAR_SECONDS, backdateSeconds = BACKDATE_SECONDS } = options;
  if (validity !== undefined) return validity;
  if (!(lifetimeSeconds > 0)) fail(`the lifetime is ${lifetimeSeconds} seconds, expected more than 0`);
  if (!(backdateSeconds >= 0 && backdateSeconds <= 3600))
    fail(`the backdate is ${backdateSeconds} seconds, expected 0 to 3600`);
  return period(-backdateSeconds, lifetimeSeconds, options.now?.getTime());
}

/** The two settings of kube-controller-manager's signing policy, which no flag changes; others only to compare with its tests. */
export interface CsrSignerPolicy {
  /** How long before now the validity starts, in seconds; 300 by default. */
  readonly backdateSeconds?: number;
  /** From which lifetime on the backdate is taken off the end, in seconds; 28,800 by default. */
  readonly shortLifetimeSeconds?: number;
}

/**
 * The validity that kube-controller-manager gives: a lifetime of eight hours or more includes the five minutes of backdate, a shorter one does not.
 *
 * `lifetimeSeconds` is what the signer has decided on, at least 600. The end is cut to the issuer's when the certificate is issued.
 * Source: Kubernetes `pkg/controller/certificates/authority/policies.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { csrSignerValidity } from "kubepki";
 *
 * const now = new Date("2030-01-01T00:00:00Z");
 * assert.equal(csrSignerValidity(86_400, now).notAfter.toISOString(), "2030-01-01T23:55:00.000Z");
 * assert.equal(csrSignerValidity(3_600, now).notAfter.toISOString(), "2030-01-01T01:00:00.000Z");
 * ```
 */
export function csrSignerValidity(
  lifetimeSeconds: number,
  now: Date = new Date(),
  policy: CsrSignerPolicy = {},
): Validity {
  const { backdateSeconds = BACKDATE_SECONDS, shortLifetimeSeconds = SHORT_LIFETIME_SECONDS } = policy;
  const included = lifetimeSeconds < shortLifetimeSeconds ? 0 : backdateSeconds;
  return period(-backdateSeconds, lifetimeSeconds - included, now.getTime());
}

/** Tells whether a date can be written: neither invalid, for NaN would compare as false everywhere, nor outside of the years 0 to 9999. */
export function isMoment(date: Date): boolean {
  const seconds = secondsOf(date);
  return seconds >= -62_167_219_200 && seconds < 253_402_300_800;
}

/** A date in whole seconds since 1970, fractions cut. */
export function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** From so many seconds after a moment to so many after it. */
function period(from: number, to: number, moment: number = Date.now()): Validity {
  return { notBefore: new Date(moment + from * 1000), notAfter: new Date(moment + to * 1000) };
}

function fail(message: string): never {
  throw new TemplateError("ERR_TEMPLATE_VALIDITY", message, { path: "validity" });
}
