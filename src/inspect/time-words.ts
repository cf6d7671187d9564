/** Times in words that a person can act on. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const YEAR = 31_536_000;

/** From the largest; a year has 365 days, as Kubernetes counts. */
const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [YEAR, "years"],
  [DAY, "days"],
  [HOUR, "hours"],
  [MINUTE, "minutes"],
];

/** A span in whole numbers of the largest unit of which there are two: `36 hours`, `37 days`, `10 years`. Cut, never rounded up. */
export function spanInWords(seconds: number): string {
  const unit = UNITS.find(([length]) => seconds >= 2 * length);
  if (unit === undefined) return seconds === 1 ? "1 second" : `${Math.floor(seconds)} seconds`;
  return `${Math.floor(seconds / unit[0])} ${unit[1]}`;
}

/** Where a moment stands in a validity. */
export interface LifeStage {
  /** Which part of it. */
  readonly stage: "early" | "valid" | "late" | "over";
  /** `expires in 37 days`, `expired 2 hours ago`, `becomes valid in 5 minutes`. */
  readonly words: string;
  /** How much of the lifetime has passed, from 0 to 1. */
  readonly passed: number;
}

/**
 * From here on a certificate that is renewed by itself should have been: kubelets renew after 70 to 90 per cent of the lifetime.
 * Source: client-go `util/certificate/certificate_manager.go` (`nextRotationDeadline`).
 */
const LATE = 0.9;

/** What `at` (milliseconds since 1970) means to a certificate or a list. Both ends belong to the validity. */
export function lifeStage(notBefore: Date, notAfter: Date, at: number): LifeStage {
  const [from, until] = [notBefore.getTime(), notAfter.getTime()];
  if (at < from) {
    const words = `becomes valid in ${spanInWords(Math.ceil((from - at) / 1000))}`;
    return { stage: "early", words, passed: 0 };
  }
  // As in Go, `notAfter` is over one nanosecond later; whole seconds are all that it says.
  if (at > until)
    return { stage: "over", words: `expired ${spanInWords((at - until) / 1000)} ago`, passed: 1 };
  const passed = until === from ? 1 : (at - from) / (until - from);
  const words = `expires in ${spanInWords((until - at) / 1000)}`;
  return { stage: passed < LATE ? "valid" : "late", words, passed };
}
