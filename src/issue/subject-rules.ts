import { DerReader } from "../der/reader.ts";
import { PkiError } from "../errors.ts";
import { findHidden, isControl } from "../x509/hidden-characters.ts";
import { MAX_NAME_ATTRIBUTES, MAX_NAME_VALUE_BYTES } from "../x509/limits.ts";
import type { Limits } from "../x509/limits.ts";
import { readName } from "../x509/name.ts";
import type { Name } from "../x509/name.ts";
import { SUBJECT_FIELDS, rdnsOf } from "../x509/name-writer.ts";
import type { AttributeTemplate, NameTemplate } from "../x509/name-writer.ts";
import type { Report } from "./report.ts";

/** What may be said about whom. */
export interface NameRules extends Limits {
  /**
   * Lets names pass that have privileges in Kubernetes: users and groups that start with `system:`, the group `kubeadm:cluster-admins` and the user
   * `kube-apiserver-kubelet-client`, which kubeadm binds to powerful roles. False by default.
   */
  readonly allowPrivileged?: boolean;
  /** Lets invisible and direction-changing characters pass; false by default. */
  readonly allowInvisible?: boolean;
}

const COMMON_NAME = "2.5.4.3";
const ORGANIZATION = "2.5.4.10";
/** The second is Kubernetes' user uid. */
const AT_MOST_ONE = [
  ["2.5.4.3", "common name"],
  ["1.3.6.1.4.1.57683.2", "UID"],
] as const;

type Rdns = readonly (readonly AttributeTemplate[])[];

/** An attribute of the subject that is checked, and where it stands in there. */
interface PlacedAttribute {
  readonly type: string;
  readonly value: string;
  readonly subject: NameTemplate;
  readonly rdn: number;
  readonly index: number;
}

/** Where an attribute stands in what the caller gave; made only for what is wrong. */
function pathOf({ subject, rdn, index }: PlacedAttribute): string {
  if ("der" in subject || "length" in subject) return `subject[${rdn}][${index}]`;
  const [field] = SUBJECT_FIELDS.filter(([name]) => subject[name]?.length)[rdn]!;
  return typeof subject[field] === "string" ? `subject.${field}` : `subject.${field}[${index}]`;
}

function placedAttributes(subject: NameTemplate, rdns: Rdns): PlacedAttribute[] {
  const attributes: PlacedAttribute[] = [];
  for (let rdn = 0; rdn < rdns.length; rdn++) {
    for (let index = 0; index < rdns[rdn]!.length; index++) {
      const { type, value } = rdns[rdn]![index]!;
      attributes.push({ type, value, subject, rdn, index });
    }
  }
  return attributes;
}

/** Tells whether the name is an empty SEQUENCE. */
export function isEmptyName(name: NameTemplate): boolean {
  return "der" in name ? name.der.length === 2 : rdnsOf(name).length === 0;
}

/**
 * Who may be named. What passes here, {@link parseIdentity} reads without complaint. Returns the name that was checked and is to be written: Go's
 * fields as RDNs, which nobody changes any more.
 *
 * Sources: RFC 5280 4.1.2.6, Kubernetes' RBAC default roles, CVE-2009-2408, CVE-2021-42574.
 */
export function checkSubject(subject: NameTemplate, rules: NameRules, report: Report): Name | Rdns {
  const name = "der" in subject ? subject : rdnsOf(subject);
  checkFields(subject, report);
  const attributes = placedAttributes(subject, "der" in name ? readRdns(name, rules, report) : name);
  const { maxNameAttributes = MAX_NAME_ATTRIBUTES } = rules;
  if (attributes.length > maxNameAttributes) {
    const message = `the subject has ${attributes.length} attributes, expected at most ${maxNameAttributes}`;
    report.error("ERR_TEMPLATE_SUBJECT", "subject", message);
  }
  for (const attribute of attributes) {
    checkText(attribute, rules, report);
    if (rules.allowPrivileged !== true) checkPrivilege(attribute, report);
    checkUnauthenticated(attribute, report);
  }
  for (const [type, what] of AT_MOST_ONE) {
    const count = countOf(attributes, type);
    if (count > 1)
      report.error("ERR_TEMPLATE_SUBJECT", "subject", `the subject has ${count} ${what}s, expected one`);
  }
  checkGroups(attributes, report);
  return name;
}

/** A field with an empty text is not written, as in Go; but nobody asks for that on purpose. */
function checkFields(subject: NameTemplate, report: Report): void {
  if ("der" in subject || "length" in subject) return;
  for (const field of ["commonName", "serialNumber"] as const)
    if (subject[field] === "")
      report.error("ERR_TEMPLATE_SUBJECT", `subject.${field}`, "the value is empty, expected a name");
}

/** A name that was parsed counts by its bytes, which may not be what a parser of certificates takes. */
function readRdns({ der }: Name, limits: Limits, report: Report): Rdns {
  try {
    return readName(new DerReader(der), "", limits).rdns;
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    report.error("ERR_TEMPLATE_NAME", "subject", `the name cannot be read: ${error.message}`);
    return [];
  }
}

function countOf(attributes: readonly PlacedAttribute[], wanted: string): number {
  let count = 0;
  for (const { type } of attributes) if (type === wanted) count++;
  return count;
}

function checkText(attribute: PlacedAttribute, rules: NameRules, report: Report): void {
  const { value } = attribute;
  if (value === "")
    report.error("ERR_TEMPLATE_SUBJECT", pathOf(attribute), "the value is empty, expected a name");
  const { maxNameValueBytes = MAX_NAME_VALUE_BYTES } = rules;
  // UTF-8 has three octets for one of UTF-16's units at most; counted exactly only where it matters.
  if (value.length * 3 > maxNameValueBytes && utf8Length(value) > maxNameValueBytes) {
    const message = `the value has ${utf8Length(value)} bytes, expected at most ${maxNameValueBytes}`;
    report.error("ERR_TEMPLATE_SUBJECT", pathOf(attribute), message);
  }
  const hidden = describeHidden(value, rules.allowInvisible === true);
  if (hidden) report.error("ERR_TEMPLATE_SUBJECT", pathOf(attribute), `the value has ${hidden}`);
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The first character that logs and headers would interpret, or people cannot see, in words. */
function describeHidden(text: string, allowInvisible: boolean): string | undefined {
  const at = findHidden(text, allowInvisible);
  if (at < 0) return undefined;
  return `the ${isControl(text, at) ? "control" : "invisible"} character ${codePoint(text.codePointAt(at)!)}`;
}

function codePoint(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Names without `system:` that kubeadm binds to cluster-admin and to system:kubelet-api-admin. */
const POWERFUL_GROUP = "kubeadm:cluster-admins";
const POWERFUL_USER = "kube-apiserver-kubelet-client";

function checkPrivilege(attribute: PlacedAttribute, report: Report): void {
  const { type, value } = attribute;
  if (type !== COMMON_NAME && type !== ORGANIZATION) return;
  if (startsHarmlessly(value)) return;
  // Kubernetes compares exactly. But nobody means well with "System:Masters", and other readers may fold it.
  const folded = value.normalize("NFKC").trim().toLowerCase();
  if (!folded.startsWith("system:") && folded !== (type === COMMON_NAME ? POWERFUL_USER : POWERFUL_GROUP))
    return;
  const what = type === COMMON_NAME ? "user" : "group";
  const message = `the ${what} ${JSON.stringify(value.slice(0, 64))} has privileges in Kubernetes, which takes allowPrivileged: true`;
  report.error("ERR_TEMPLATE_PRIVILEGED_NAME", pathOf(attribute), message);
}

/** Whether the first character is printable ASCII that none of the names above begins with: folding does not make it another. */
function startsHarmlessly(value: string): boolean {
  const first = value.charCodeAt(0);
  if (!(first > 0x20 && first < 0x7f)) return false;
  const lower = first | 0x20;
  return lower !== 0x73 && lower !== 0x6b; // s, k
}

function checkUnauthenticated(attribute: PlacedAttribute, report: Report): void {
  const { type, value } = attribute;
  const nobody =
    (type === COMMON_NAME && value === "system:anonymous") ||
    (type === ORGANIZATION && value === "system:unauthenticated");
  if (nobody)
    report.error(
      "ERR_TEMPLATE_SUBJECT",
      pathOf(attribute),
      `${value} stands for callers who were not authenticated`,
    );
}

function checkGroups(attributes: readonly PlacedAttribute[], report: Report): void {
  if (countOf(attributes, ORGANIZATION) < 2) return;
  const seen = new Set<string>();
  for (const attribute of attributes) {
    const { type, value } = attribute;
    if (type !== ORGANIZATION) continue;
    if (seen.has(value)) {
      const message = `the group ${JSON.stringify(value.slice(0, 64))} stands there twice`;
      report.warning("WARN_TEMPLATE_DUPLICATE_GROUP", pathOf(attribute), message);
    }
    seen.add(value);
  }
}
