/** How much work one verification may cost, since whoever sends a chain decides how hard it is to follow. */
import { MAX_CONSTRAINT_COMPARISONS } from "../x509/name-constraints-match.ts";

/** Signature checks, as in Go (`maxChainSignatureChecks`, CVE-2018-16875) and webpki (RUSTSEC-2023-0053). */
export const MAX_SIGNATURE_CHECKS = 100;

/** Certificates looked at as the next of a path, or put in order for it. webpki takes 200,000; this is a few milliseconds here, and no real PKI needs more than dozens. */
export const MAX_PATH_STEPS = 10_000;

/** Paths whose signatures hold, but which are refused for another reason. Go finds no more than it may check signatures. */
export const MAX_SIGNED_PATHS = 100;

/** Intermediates between the certificate and its trust anchor; webpki takes 6, pyca/cryptography 8. */
export const DEFAULT_MAX_INTERMEDIATES = 8;

/** The most that a caller may ask for. */
export const MAX_INTERMEDIATES = 16;

/** What is left of each; one object for one verification. */
export class Budget {
  signatureChecks: number = MAX_SIGNATURE_CHECKS;
  steps: number = MAX_PATH_STEPS;
  signedPaths: number = MAX_SIGNED_PATHS;
  /** In the shape that the matching of names takes. */
  readonly comparisons: { remaining: number } = { remaining: MAX_CONSTRAINT_COMPARISONS };
}
