/**
 * What a rule has to say about data. Functions named `validate*`, `lint*` and `audit*` return lists of these and never throw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { clientTemplate, validateTemplate } from "kubepki";
 * import type { Finding } from "kubepki";
 *
 * const findings: Finding[] = validateTemplate(clientTemplate({ subject: { commonName: "system:admin" } }));
 * assert.equal(findings[0]?.code, "ERR_TEMPLATE_PRIVILEGED_NAME");
 * ```
 */
export interface Finding {
  /** Stable name of the rule. */
  readonly code: string;
  /** An error forbids what was asked for, a warning does not. */
  readonly severity: "error" | "warning";
  /** Which field it is about, for example `subject.commonName`. */
  readonly path: string;
  /** What is wrong, in a sentence for people. */
  readonly message: string;
  /** What was found there. */
  readonly found?: string;
  /** What is right there. */
  readonly expected?: string;
  /** What to do. */
  readonly fix?: string;
}
