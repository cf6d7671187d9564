import { DerReader } from "../der/reader.ts";
import { DerWriter } from "../der/writer.ts";
import { PkiError } from "../errors.ts";
import type { Finding } from "../finding.ts";
import { writeExtension } from "../x509/extensions/encode.ts";
import type { ExtensionTemplate } from "../x509/extensions/encode.ts";
import {
  MAX_CONSTRAINT_COMPARISONS,
  constrainedNames,
  findConstraintViolation,
} from "../x509/name-constraints-match.ts";
import type { NameConstraints } from "../x509/extensions/name-constraints.ts";
import { readName } from "../x509/name.ts";
import { encodeName } from "../x509/name-writer.ts";
import type { NameTemplate } from "../x509/name-writer.ts";
import { MAX_ALTERNATIVE_NAMES, checkAlternativeNames } from "./alternative-name-rules.ts";
import { checkIssuer, prepareIssuer } from "./authority.ts";
import type { CertificateAuthority, Issuer } from "./authority.ts";
import { checkNamesCriticality, extensionFacts, pathOf } from "./extension-rules.ts";
import type { ExtensionFacts } from "./extension-rules.ts";
import { Report } from "./report.ts";
import { checkSubject, isEmptyName } from "./subject-rules.ts";
import type { NameRules } from "./subject-rules.ts";
import type { CertificateTemplate } from "./template.ts";
import { MAX_CLIENT_SECONDS, checkValidity } from "./validity-rules.ts";
import type { Period, ValidityContext } from "./validity-rules.ts";

/** What a template is held to; all fields have defaults. */
export interface TemplateRules extends NameRules {
  /** Most names in the subject alternative name; 1,000 by default. */
  readonly maxAlternativeNames?: number;
  /**
   * Longest validity from start to end, in seconds. By default, what is good for clients may be valid for a year and an hour (Kubernetes cannot
   * revoke certificates), and other certificates for any time.
   */
  readonly maxLifetimeSeconds?: number;
  /** The clock; the current time by default. */
  readonly now?: Date;
}

/**
 * Everything that would keep a template from being issued, and what is odd about it. Never throws for what a template says.
 *
 * An error here is what {@link issueCertificate} throws, with the same code (`ERR_TEMPLATE_*`, and `ERR_DER_OID` for what is no object identifier);
 * a warning (`WARN_TEMPLATE_*`) is what it returns beside the certificate. Not checked: the key, which a template does not have.
 *
 * Sources: RFC 5280 4.1.2 and 4.2.1, Kubernetes `pkg/controller/certificates/authority/policies.go`, its default RBAC roles.
 *
 * @param issuer who shall issue it; without, the rules that depend on the issuer are left out
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { servingTemplate, validateTemplate } from "kubepki";
 *
 * const template = servingTemplate({ subject: {}, dnsNames: ["10.0.0.1"] });
 * const [finding] = validateTemplate(template);
 * assert.equal(finding?.code, "ERR_TEMPLATE_ALTERNATIVE_NAME");
 * assert.equal(finding.path, "extensions.subjectAltName[0]");
 * ```
 */
export function validateTemplate(
  template: CertificateTemplate,
  issuer?: CertificateAuthority,
  rules: TemplateRules = {},
): Finding[] {
  const report = new Report(false);
  tryToEncode("subject", encodeName, template.subject, report);
  checkTemplate(template, issuer && prepareIssuer(issuer), rules, report);
  template.extensions.forEach((extension, i) => {
    if (!("computed" in extension)) tryToEncode(pathOf(extension, i), encodeExtension, extension, report);
  });
  return report.findings;
}

function encodeExtension(extension: ExtensionTemplate): void {
  writeExtension(new DerWriter(), extension);
}

/** What is to be written of a template that has passed, and what is known of its extensions. */
export interface CheckedTemplate {
  readonly subject: NameTemplate;
  readonly period: Period;
  readonly facts: ExtensionFacts;
}

/** All rules in the order in which their errors are most useful; returns what is to be written, if the validity makes sense. */
export function checkTemplate(
  template: CertificateTemplate,
  issuer: Issuer | undefined,
  rules: TemplateRules,
  report: Report,
): CheckedTemplate | undefined {
  const facts = extensionFacts(template.extensions);
  const { ca, names, findings } = facts;
  if (issuer) checkIssuer(issuer, facts, report);
  const subject = checkSubject(template.subject, rules, report);
  const emptySubject = isEmptyName(subject);
  if (emptySubject && (ca || !names?.length)) {
    const message = ca ? "a CA must have a subject" : "there is neither a subject nor an alternative name";
    report.error("ERR_TEMPLATE_SUBJECT", "subject", message);
  }
  for (const finding of findings) report.repeat(finding);
  const { maxAlternativeNames = MAX_ALTERNATIVE_NAMES } = rules;
  if (names) {
    checkNamesCriticality(template.extensions, emptySubject, report);
    checkAlternativeNames(names, maxAlternativeNames, "extensions.subjectAltName", report);
  }
  if (issuer?.nameConstraints && !report.failed)
    checkNameConstraints(subject, names, issuer.nameConstraints, rules, report);
  const context = validityContext(facts, issuer, rules.maxLifetimeSeconds, rules.now?.getTime());
  const period = checkValidity(template.validity, context, report);
  return period && { subject, period, facts };
}

function validityContext(
  { forClients }: ExtensionFacts,
  issuer: Issuer | undefined,
  maxSeconds: number = forClients ? MAX_CLIENT_SECONDS : Infinity,
  now: number = Date.now(),
): ValidityContext {
  return { now, issuer: issuer?.period, maxSeconds };
}

/** RFC 5280 4.2.1.10. Only the issuer's own constraints: those above it are its issuers' matter, and are checked where chains are verified. */
function checkNameConstraints(
  subject: NameTemplate,
  alternativeNames: ExtensionFacts["names"],
  constraints: NameConstraints,
  rules: TemplateRules,
  report: Report,
): void {
  const name = readName(new DerReader(encodeName(subject)), "", rules);
  const names = constrainedNames(name, alternativeNames);
  const budget = { remaining: MAX_CONSTRAINT_COMPARISONS };
  const violation = findConstraintViolation(constraints, names, budget);
  if (violation === undefined) return;
  const path = violation.name.type === "directoryName" ? "subject" : "extensions.subjectAltName";
  report.error("ERR_TEMPLATE_NAME_CONSTRAINTS", path, violation.message);
}

/**
 * Reports what only the encoders see, such as ill-formed Unicode or object identifiers that are none. Undefined if it cannot be encoded; nothing
 * is reported if a rule has already found fault with the place, an IP address that is none for example.
 */
export function tryToEncode<Value, T>(
  path: string,
  encode: (value: Value) => T,
  value: Value,
  report: Report,
): T | undefined {
  try {
    return encode(value);
  } catch (error) {
    if (!(error instanceof PkiError || error instanceof TypeError)) throw error;
    const code = path === "subject" ? "ERR_TEMPLATE_NAME" : "ERR_TEMPLATE_EXTENSION";
    const known = report.findings.some(
      (finding) => finding.severity === "error" && finding.path.startsWith(path),
    );
    if (!known) report.error(code, path, error.message, error);
    return undefined;
  }
}
