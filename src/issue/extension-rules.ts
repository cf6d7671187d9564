import { checkElement } from "../der/check-element.ts";
import { safely } from "../errors.ts";
import type { Finding } from "../finding.ts";
import type { ExtensionTemplate } from "../x509/extensions/encode.ts";
import { EXTENSIONS } from "../x509/extensions/index.ts";
import type { ExtensionId, ExtensionValues } from "../x509/extensions/index.ts";
import { usageName } from "../x509/extensions/extended-key-usage.ts";
import { KEY_USAGES } from "../x509/extensions/key-usage.ts";
import { Report } from "./report.ts";
import type { CertificateTemplate, ComputedExtension } from "./template.ts";

type Extensions = CertificateTemplate["extensions"];
type FlatExtension = Extract<
  ExtensionTemplate,
  { readonly id: "keyUsage" | "extendedKeyUsage" | "basicConstraints" }
>;

/** What the rules have to know of a template's extensions, and what is wrong with them by themselves. */
export interface ExtensionFacts {
  readonly ca: boolean;
  readonly pathLength?: number | undefined;
  readonly keyUsage: ExtensionValues["keyUsage"] | undefined;
  readonly names: ExtensionValues["subjectAltName"] | undefined;
  /** Whether kube-apiserver takes it from a client; without extended key usage a certificate is as good as one with clientAuth. */
  readonly forClients: boolean;
  /** Whether all is known to the last octet: readers take what the rules let pass. */
  readonly covered: boolean;
  readonly findings: readonly Finding[];
}

/** Of the lists that templates share. By object, so only of those that cannot change: frozen, with frozen and flat values. */
const remembered = /* @__PURE__ */ new WeakMap<Extensions, ExtensionFacts>();

/** The facts of a list of extensions. Source of the rules: RFC 5280 4.2.1. */
export function extensionFacts(extensions: Extensions): ExtensionFacts {
  const known = remembered.get(extensions);
  if (known) return known;
  const facts = readFacts(extensions);
  if (isFrozenData(extensions) && extensions.every(isFixed)) remembered.set(extensions, facts);
  return facts;
}

/** Tells whether an extension cannot change any more, so that what was found out about it holds for as long as it lives. */
export function isFixed(extension: ExtensionTemplate | ComputedExtension): boolean {
  if (!isFrozenData(extension)) return false;
  return "computed" in extension || (isFlat(extension) && isFrozenData(extension.value));
}

/** Frozen, and nothing of it is computed: neither by itself nor by a class that it is of. */
function isFrozenData(object: object): boolean {
  if (!Object.isFrozen(object)) return false;
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== Array.prototype) return false;
  return Object.values(Object.getOwnPropertyDescriptors(object)).every((property) => "value" in property);
}

/** Of these, the values have no parts that could change by themselves, and the rules know all that they can be. */
function isFlat(extension: ExtensionTemplate): extension is FlatExtension {
  const { id } = extension;
  return id === "keyUsage" || id === "extendedKeyUsage" || id === "basicConstraints";
}

function readFacts(extensions: Extensions): ExtensionFacts {
  const basic = valueOf(extensions, "basicConstraints");
  const usages = valueOf(extensions, "extendedKeyUsage");
  const report = new Report(false);
  checkExtensions(extensions, report);
  return {
    ca: basic?.ca === true,
    pathLength: basic?.pathLength,
    keyUsage: valueOf(extensions, "keyUsage"),
    names: valueOf(extensions, "subjectAltName"),
    forClients: basic?.ca !== true && (usages?.some(isForClients) ?? true),
    covered: extensions.every(isCovered),
    findings: report.findings,
  };
}

function isForClients(usage: string): boolean {
  const name = usageName(usage);
  return name === "clientAuth" || name === "any";
}

function isCovered(extension: ExtensionTemplate | ComputedExtension): boolean {
  if ("computed" in extension || isFlat(extension)) return true;
  return extension.id === "subjectAltName" && extension.value.every((name) => "value" in name);
}

/** The value that is given to an extension. */
function valueOf<Id extends ExtensionId>(extensions: Extensions, id: Id): ExtensionValues[Id] | undefined {
  for (const extension of extensions)
    if ("id" in extension && extension.id === id) return extension.value as ExtensionValues[Id];
  return undefined;
}

/** Each extension once, and none that contradicts another. */
function checkExtensions(extensions: Extensions, report: Report): void {
  checkRepetition(extensions, report);
  extensions.forEach((extension, i) => {
    if ("computed" in extension) return;
    const path = pathOf(extension, i);
    if (extension.id === undefined) checkRaw(extension, path, report);
    else if (extension.critical && EXTENSIONS[extension.id]?.neverCritical)
      fail(report, path, "it must not be critical");
  });
  checkUsages(extensions, report);
  checkCa(extensions, report);
}

/** Where an extension stands in its template. */
export function pathOf(extension: ExtensionTemplate | ComputedExtension, index: number): string {
  if ("computed" in extension) return `extensions[${index}]`;
  return extension.id === undefined ? `extensions[${index}]` : `extensions.${extension.id}`;
}

function fail(report: Report, path: string, message: string): void {
  report.error("ERR_TEMPLATE_EXTENSION", path, message);
}

function checkRepetition(extensions: Extensions, report: Report): void {
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

/** RFC 5280 4.2.1.6: the names must be critical where there is no other. */
export function checkNamesCriticality(extensions: Extensions, emptySubject: boolean, report: Report): void {
  const critical = isCritical(extensions, "subjectAltName");
  const path = "extensions.subjectAltName";
  if (emptySubject && !critical) fail(report, path, "it must be critical, because the subject is empty");
  if (!emptySubject && critical) {
    const message = "it is critical although the subject is not empty; some readers refuse that";
    report.warning("WARN_TEMPLATE_CRITICAL_ALTERNATIVE_NAME", path, message);
  }
}

function isCritical(extensions: Extensions, id: ExtensionId): boolean {
  return extensions.some((extension) => "id" in extension && extension.id === id && extension.critical);
}

function checkUsages(extensions: Extensions, report: Report): void {
  const usages = valueOf(extensions, "keyUsage");
  if (usages?.length === 0) fail(report, "extensions.keyUsage", "it is empty, expected at least one usage");
  const odd = usages?.find((usage) => !KEY_USAGES.includes(usage));
  if (odd !== undefined) fail(report, "extensions.keyUsage", `${JSON.stringify(odd)} is no key usage`);
  const extended = valueOf(extensions, "extendedKeyUsage");
  const path = "extensions.extendedKeyUsage";
  if (extended?.length === 0) fail(report, path, "it is empty, expected at least one usage");
  if (extended && extended.length > 1 && new Set(extended.map(usageName)).size < extended.length)
    fail(report, path, "a usage stands there twice");
  if (extended === undefined && valueOf(extensions, "basicConstraints")?.ca !== true) {
    const message = "without extended key usage the certificate is good for everything, clients and servers";
    report.warning("WARN_TEMPLATE_NO_EXTENDED_KEY_USAGE", path, message);
  }
}

/** RFC 5280 4.2.1.3 and 4.2.1.9: what only a CA may have, and what a CA must have. */
function checkCa(extensions: Extensions, report: Report): void {
  const basic = valueOf(extensions, "basicConstraints");
  const usages = valueOf(extensions, "keyUsage");
  const path = "extensions.basicConstraints";
  const { pathLength } = basic ?? {};
  if (pathLength !== undefined && !(Number.isInteger(pathLength) && pathLength >= 0 && pathLength < 2 ** 31))
    fail(report, path, `the path length is ${pathLength}, expected a whole number from 0`);
  if (basic?.ca === true) {
    if (!isCritical(extensions, "basicConstraints"))
      fail(report, path, "it must be critical in a CA certificate");
    if (usages && !usages.includes("keyCertSign"))
      fail(report, "extensions.keyUsage", "a CA needs keyCertSign, or no key usage at all");
    return;
  }
  if (pathLength !== undefined) fail(report, path, "only a CA has a path length");
  if (usages?.includes("keyCertSign")) fail(report, "extensions.keyUsage", "only a CA may have keyCertSign");
  if (valueOf(extensions, "nameConstraints"))
    fail(report, "extensions.nameConstraints", "only a CA may have name constraints");
}
