import { DerReader } from "../der/reader.ts";
import { PkiError } from "../errors.ts";
import { findHidden, isControl } from "../x509/hidden-characters.ts";
import { MAX_NAME_ATTRIBUTES, MAX_NAME_VALUE_BYTES } from "../x509/limits.ts";
import type { Limits } from "../x509/limits.ts";
import { readName } from "../x509/name.ts";
import { SUBJECT_FIELDS } from "../x509/name-writer.ts";
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

interface PlacedAttribute {
  readonly type: string;
  readonly value: string;
  /** A field's name, or the index of an RDN. */
  readonly place: string | number;
  /** Among the place's values; absent if it has only one. */
  readonly index?: number;
}

/** Where an attribute stands; made only for what is wrong. */
function pathOf({ place, index }: PlacedAttribute): string {
  const path = typeof place === "number" ? `subject[${place}]` : `subject.${place}`;
  return index === undefined ? path : `${path}[${index}]`;
}

/** All attributes of a name in whatever form, with where they stand: those that are written, found in the same way as the writer finds them. */
function attributesOf(name: NameTemplate, limits: Limits): PlacedAttribute[] {
  if ("der" in name) return rdnAttributes(readName(new DerReader(name.der), "", limits).rdns);
  if ("length" in name) return rdnAttributes(name);
  const attributes: PlacedAttribute[] = [];
  for (const [place, type] of SUBJECT_FIELDS) {
    const given = name[place];
    if (typeof given === "string") attributes.push({ type, value: given, place });
    else given?.forEach((value, index) => attributes.push({ type, value, place, index }));
  }
  return attributes;
}

function rdnAttributes(rdns: readonly (readonly AttributeTemplate[])[]): PlacedAttribute[] {
  return rdns.flatMap((rdn, place) => rdn.map(({ type, value }, index) => ({ type, value, place, index })));
}

/** Tells whether the name is an empty SEQUENCE. */
export function isEmptyName(name: NameTemplate): boolean {
  if ("der" in name) return name.der.length === 2;
  if ("length" in name) return name.length === 0;
  return SUBJECT_FIELDS.every(([field]) => !name[field]?.length);
}

/**
 * Who may be named. What passes here, {@link parseIdentity} reads without complaint.
 *
 * Sources: RFC 5280 4.1.2.6, Kubernetes' RBAC default roles, CVE-2009-2408, CVE-2021-42574.
 */
export function checkSubject(subject: NameTemplate, rules: NameRules, report: Report): void {
  const attributes = tryToRead(() => attributesOf(subject, rules), report) ?? [];
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
}

/** A name that was parsed counts by its bytes, which may not be what a parser of certificates takes. */
function tryToRead<T>(read: () => T, report: Report): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    report.error("ERR_TEMPLATE_NAME", "subject", `the name cannot be read: ${error.message}`);
    return undefined;
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
  if ((type !== COMMON_NAME && type !== ORGANIZATION) || !isPrivilegedName(value, type === COMMON_NAME))
    return;
  const what = type === COMMON_NAME ? "user" : "group";
  const message = `the ${what} ${JSON.stringify(value.slice(0, 64))} has privileges in Kubernetes, which takes allowPrivileged: true`;
  report.error("ERR_TEMPLATE_PRIVILEGED_NAME", pathOf(attribute), message);
}

/** Whether the name of a user or of a group has privileges in Kubernetes. */
export function isPrivilegedName(name: string, isUser: boolean): boolean {
  if (startsHarmlessly(name)) return false;
  const folded = foldName(name);
  return folded.startsWith("system:") || folded === (isUser ? POWERFUL_USER : POWERFUL_GROUP);
}

/** Kubernetes compares exactly. But nobody means well with "System:Masters", and other readers may fold it. */
export function foldName(name: string): string {
  return name.normalize("NFKC").trim().toLowerCase();
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
