import { TemplateError } from "../errors.ts";
import type { CodesOf } from "../errors.ts";
import type { Finding } from "../finding.ts";

/** Codes of warnings about templates; errors have those of {@link TemplateError}. */
export type TemplateWarning =
  | "WARN_TEMPLATE_VALIDITY_CAPPED"
  | "WARN_TEMPLATE_EXPIRED"
  | "WARN_TEMPLATE_BEFORE_ISSUER"
  | "WARN_TEMPLATE_DUPLICATE_GROUP"
  | "WARN_TEMPLATE_NO_EXTENDED_KEY_USAGE"
  | "WARN_TEMPLATE_CRITICAL_ALTERNATIVE_NAME"
  | "WARN_TEMPLATE_KEY_USAGE"
  | "WARN_TEMPLATE_PATH_LENGTH";

/** Where the rules say what they find. Whether an error ends the run is up to the report. */
export class Report {
  /** What was found so far. */
  readonly findings: Finding[] = [];
  readonly #stop: boolean;

  /** `stop` throws the first error; without it, errors are collected as warnings are. */
  constructor(stop: boolean) {
    this.#stop = stop;
  }

  /** Whether there is an error among the findings. */
  get failed(): boolean {
    return this.findings.some(({ severity }) => severity === "error");
  }

  /** Something for which the certificate must not be issued. */
  error(code: CodesOf<"TemplateError">, path: string, message: string, cause?: unknown): void {
    if (this.#stop) throw new TemplateError(code, message, cause === undefined ? { path } : { path, cause });
    this.findings.push({ code, severity: "error", path, message });
  }

  /** What was found before, of something that is met again. */
  repeat(finding: Finding): void {
    const { code, severity, path, message } = finding;
    if (severity === "error") this.error(code as CodesOf<"TemplateError">, path, message);
    else this.findings.push(finding);
  }

  /** Something to know, which forbids nothing. */
  warning(code: TemplateWarning, path: string, message: string, detail: Partial<Finding> = {}): void {
    this.findings.push({ code, severity: "warning", path, message, ...detail });
  }
}
