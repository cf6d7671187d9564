import { spanInWords } from "../inspect/time-words.ts";
import { countOf } from "../inspect/report.ts";
import { escapeUnseen } from "../x509/name-text.ts";
import type { ClusterAudit } from "./audit.ts";
import type { AuditedCertificate } from "./audited-certificate.ts";
import type { AuditFinding } from "./finding.ts";

/**
 * An audit as text for people: what is wrong, errors first, and a table of all certificates, those that expire first first. For programs, the audit itself is JSON.
 *
 * Every text of the certificates is escaped where it cannot be seen.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { auditClusterPki, formatClusterAudit } from "kubepki";
 *
 * assert.match(formatClusterAudit(await auditClusterPki([])), /^No certificates: no errors, no warnings/);
 * ```
 */
export function formatClusterAudit(audit: ClusterAudit): string {
  const { certificates, findings } = audit;
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const counts = `${countOf(certificates.length, "certificate")}: ${countOf(errors, "error")}, ${countOf(findings.length - errors, "warning")}`;
  const title = `${counts.charAt(0).toUpperCase()}${counts.slice(1)}, at ${audit.at.slice(0, 19)}Z`;
  const parts = [title, ...findings.map(findingText)];
  if (certificates.length > 0) parts.push(table(certificates, Date.parse(audit.at)));
  return `${parts.join("\n\n")}\n`;
}

function findingText({ severity, code, path, message, found, expected, fix }: AuditFinding): string {
  const lines = [
    `${severity} ${code} ${path}`,
    `  ${message}`,
    ...(found === undefined ? [] : [`  found ${found}`]),
    ...(expected === undefined ? [] : [`  expected ${expected}`]),
    ...(fix === undefined ? [] : [`  fix: ${fix}`]),
  ];
  return lines.map((line) => escapeUnseen(line)).join("\n");
}

const HEADINGS = ["expires", "kind", "subject", "where"] as const;

function table(certificates: readonly AuditedCertificate[], at: number): string {
  const rows = certificates.map(({ notAfter, kind, subject, path }) => [
    expiry(Date.parse(notAfter), at),
    kind,
    escapeUnseen(subject || "(empty)"),
    escapeUnseen(path),
  ]);
  const all = [[...HEADINGS], ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function expiry(end: number, at: number): string {
  return end < at ? `${spanInWords((at - end) / 1000)} ago` : `in ${spanInWords((end - at) / 1000)}`;
}
