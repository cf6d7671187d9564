import { checkElement } from "../der/check-element.ts";
import { safely } from "../errors.ts";
import type { ExtensionTemplate } from "../x509/extensions/encode.ts";
import { EXTENSIONS } from "../x509/extensions/index.ts";
import type { ExtensionId, ExtensionValues } from "../x509/extensions/index.ts";
import { usageName } from "../x509/extensions/extended-key-usage.ts";
import { KEY_USAGES } from "../x509/extensions/key-usage.ts";
import type { Report } from "./report.ts";
import type { CertificateTemplate, ComputedExtension } from "./template.ts";

/** The value that a template gives to an extension. */
export function extensionValueOf<Id extends ExtensionId>(
  template: CertificateTemplate,
  id: Id,
): ExtensionValues[Id] | undefined {
  for (const extension of template.extensions)
    if ("id" in extension && extension.id === id) return extension.value as ExtensionValues[Id];
  return undefined;
}

/** Whether the template makes a CA. */
export function isCaTemplate(template: CertificateTemplate): boolean {
  return extensionValueOf(template, "basicConstraints")?.ca === true;
}

/** Each extension once, and none that contradicts another. Source: RFC 5280 4.2.1. */
export function checkExtensions(template: CertificateTemplate, emptySubject: boolean, report: Report): void {
  checkRepetition(template.extensions, report);
  template.extensions.forEach((extension, i) => {
    if ("computed" in extension) return;
    const path = pathOf(extension, i);
    if (extension.id === undefined) checkRaw(extension, path, report);
    else checkCriticality(extension, emptySubject, path, report);
  });
  checkUsages(template, report);
  checkCa(template, report);
}

/** Where an extension stands in its template. */
export function pathOf(extension: ExtensionTemplate | ComputedExtension, index: number): string {
  if ("computed" in extension) return `extensions[${index}]`;
  return extension.id === undefined ? `extensions[${index}]` : `extensions.${extension.id}`;
}

function fail(report: Report, path: string, message: string): void {
  report.error("ERR_TEMPLATE_EXTENSION", path, message);
}

function checkRepetition(
  extensions: readonly (ExtensionTemplate | ComputedExtension)[],
  report: Report,
): void {
  const seen = new Set<string>();
  extensions.forEach((extension, i) => {
    const id = "computed" in extension ? extension.computed : extension.id;
    const oid = id === undefined ? (extension as { readonly oid: string }).oid : EXTENSIONS[id]?.oid;
    if (oid === undefined) return fail(report, pathOf(extension, i), `${String(id)} is no extension`);
    if (seen.has(oid)) fail(report, pathOf(extension, i), `the extension ${id ?? oid} stands there twice`);
    seen.add(oid);
  });
}

/** Of what is understood, bytes would pass by every rule here; of the rest, RFC 5280 4.2 asks that they are DER. */
function checkRaw(
  { oid, der }: { readonly oid: string; readonly der: Uint8Array },
  path: string,
  report: Report,
): void {
  const known = Object.entries(EXTENSIONS).find(([, row]) => row.oid === oid);
  if (known) fail(report, path, `${oid} is ${known[0]}; give it by its id and value, not as bytes`);
  const checked = safely(() => checkElement(der));
  if (!checked.ok) fail(report, path, `its value must be one element of DER: ${checked.error.message}`);
}

function checkCriticality(
  { id, critical }: ExtensionTemplate & { readonly id: ExtensionId },
  emptySubject: boolean,
  path: string,
  report: Report,
): void {
  if (critical && EXTENSIONS[id].neverCritical) fail(report, path, "it must not be critical");
  if (id !== "subjectAltName") return;
  if (emptySubject && !critical) fail(report, path, "it must be critical, because the subject is empty");
  if (!emptySubject && critical) {
    const message = "it is critical although the subject is not empty; some readers refuse that";
    report.warning("WARN_TEMPLATE_CRITICAL_ALTERNATIVE_NAME", path, message);
  }
}

function checkUsages(template: CertificateTemplate, report: Report): void {
  const usages = extensionValueOf(template, "keyUsage");
  if (usages?.length === 0) fail(report, "extensions.keyUsage", "it is empty, expected at least one usage");
  const odd = usages?.find((usage) => !KEY_USAGES.includes(usage));
  if (odd !== undefined) fail(report, "extensions.keyUsage", `${JSON.stringify(odd)} is no key usage`);
  const extended = extensionValueOf(template, "extendedKeyUsage");
  const path = "extensions.extendedKeyUsage";
  if (extended?.length === 0) fail(report, path, "it is empty, expected at least one usage");
  if (extended && extended.length > 1 && new Set(extended.map(usageName)).size < extended.length)
    fail(report, path, "a usage stands there twice");
  if (extended === undefined && !isCaTemplate(template)) {
    const message = "without extended key usage the certificate is good for everything, clients and servers";
    report.warning("WARN_TEMPLATE_NO_EXTENDED_KEY_USAGE", path, message);
  }
}

/** RFC 5280 4.2.1.3 and 4.2.1.9: what only a CA may have, and what a CA must have. */
function checkCa(template: CertificateTemplate, report: Report): void {
  const basic = extensionValueOf(template, "basicConstraints");
  const usages = extensionValueOf(template, "keyUsage");
  const path = "extensions.basicConstraints";
  const { pathLength } = basic ?? {};
  if (pathLength !== undefined && !(Number.isInteger(pathLength) && pathLength >= 0 && pathLength < 2 ** 31))
    fail(report, path, `the path length is ${pathLength}, expected a whole number from 0`);
  if (basic?.ca === true) {
    const critical = template.extensions.some(
      (extension) => "id" in extension && extension.id === "basicConstraints" && extension.critical,
    );
    if (!critical) fail(report, path, "it must be critical in a CA certificate");
    if (usages && !usages.includes("keyCertSign"))
      fail(report, "extensions.keyUsage", "a CA needs keyCertSign, or no key usage at all");
    return;
  }
  if (pathLength !== undefined) fail(report, path, "only a CA has a path length");
  if (usages?.includes("keyCertSign")) fail(report, "extensions.keyUsage", "only a CA may have keyCertSign");
  if (extensionValueOf(template, "nameConstraints"))
    fail(report, "extensions.nameConstraints", "only a CA may have name constraints");
}
