/** What is said about a certificate, a request or a list, before it becomes text or HTML. Every text in it is safe to print. */
import { toHex } from "../bytes.ts";
import type { Finding } from "../finding.ts";
import { escapeUnseen } from "../x509/name-text.ts";

/** A label and what stands beside it: one line, or several. */
export type Row = readonly [label: string, ...lines: readonly string[]];

/** Rows that belong together. */
export interface Section {
  /** What they are about. */
  readonly title: string;
  /** The rows in their order. */
  readonly rows: readonly Row[];
}

/** All that is said. */
export interface Report {
  /** What it is, in a line. */
  readonly title: string;
  /** What it means first, what it is made of after. */
  readonly sections: readonly Section[];
  /** What is wrong with it or worth knowing. */
  readonly findings: readonly Finding[];
}

/** How the texts are made; all fields have defaults. */
export interface FormatOptions {
  /** The time to which dates are compared, as a date or as milliseconds since 1970; now by default. */
  readonly at?: Date | number;
  /** Prints public key, signature and extensions that are not understood in full, not only their first 16 octets; false by default. */
  readonly bytes?: boolean;
}

/** The octets that are shown of what nobody reads. */
const FEW_OCTETS = 16;
const LINE_OCTETS = 20;

/** Octets as `04:a3:...`; in one line with their number, or all of them in lines of twenty. */
export function octetLines(octets: Uint8Array, { bytes = false }: FormatOptions): string[] {
  if (!bytes && octets.length > FEW_OCTETS)
    return [`${colons(octets.subarray(0, FEW_OCTETS))}:... (${octets.length} octets)`];
  const lines: string[] = [];
  for (let at = 0; at < octets.length; at += LINE_OCTETS)
    lines.push(colons(octets.subarray(at, at + LINE_OCTETS)));
  return lines.length === 0 ? ["(empty)"] : lines;
}

/** Octets as `04:a3`. */
export function colons(octets: Uint8Array): string {
  return pairs(toHex(octets));
}

/** Hexadecimal text as `04:a3`. */
export function pairs(hex: string): string {
  return (hex.length % 2 === 0 ? hex : `0${hex}`).replaceAll(/..(?!$)/gu, "$&:");
}

/** A date to the second, as `2026-11-24T00:00:00Z`. */
export function dateText(date: Date): string {
  return date.toISOString().replace(".000Z", "Z");
}

/** How many there are, in words: `1 name`, `2 names`, `no names`. */
export function countOf(count: number, one: string, many: string = `${one}s`): string {
  return count === 0 ? `no ${many}` : `${count} ${count === 1 ? one : many}`;
}

/** The report as text: titles, labels in a column, findings before the details. */
export function reportText({ title, sections, findings }: Report): string {
  const [first, ...others] = sections;
  const parts = [
    `${title}\n`,
    ...(first === undefined ? [] : [sectionText(first)]),
    ...(findings.length === 0 ? [] : [findingsText(findings)]),
    ...others.map(sectionText),
  ];
  return parts.join("\n");
}

function sectionText({ title, rows }: Section): string {
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  const lines = rows.flatMap(([label, ...values]) =>
    values.map((value, i) => `  ${(i === 0 ? label : "").padEnd(width)}${value}\n`),
  );
  return `${title}\n${lines.join("")}`;
}

function findingsText(findings: readonly Finding[]): string {
  const lines = findings.map(({ severity, code, path, message, found, expected, fix }) => {
    const details = [
      ...(found === undefined ? [] : [`found ${found}`]),
      ...(expected === undefined ? [] : [`expected ${expected}`]),
    ];
    const rest = details.length === 0 ? "" : ` (${details.join(", ")})`;
    const advice = fix === undefined ? "" : `    Fix: ${escapeUnseen(fix)}\n`;
    return `  ${severity} ${code}${path && ` at ${path}`}\n    ${escapeUnseen(message + rest)}\n${advice}`;
  });
  return `Findings\n${lines.join("")}`;
}
