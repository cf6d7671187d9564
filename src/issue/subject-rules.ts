import { DerReader } from "../der/reader.ts";
import { PkiError } from "../errors.ts";
import type { CodesOf } from "../errors.ts";
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
/** Kubernetes' user uid. */
const UID = "1.3.6.1.4.1.57683.2";

type Rdns = readonly (readonly AttributeTemplate[])[];

/** Where an attribute stands in what the caller gave; made only for what is wrong. */
function pathOf(subject: NameTemplate, rdn: number, index: number): string {
  if ("der" in subject || "length" in subject) return `subject[${rdn}][${index}]`;
  const [field] = SUBJECT_FIELDS.filter(([name]) => subject[name]?.length)[rdn]!;
  return typeof subject[field] === "string" ? `subject.${field}` : `subject.${field}[${index}]`;
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
  const rdns = "der" in name ? readRdns(name, rules, report) : name;
  const groups = checkCounts(rdns, rules, report);
  let rdn = 0;
  let index = 0;
  const fail: Fail = (message, code = "ERR_TEMPLATE_SUBJECT") =>
    report.error(code, pathOf(subject, rdn, index), message);
  for (rdn = 0; rdn < rdns.length; rdn++)
    for (index = 0; index < rdns[rdn]!.length; index++) checkAttribute(rdns[rdn]![index]!, rules, fail);
  if (groups > 1) checkGroups(subject, rdns, report);
  return name;
}

/** Says what is wrong with the attribute that is looked at. */
type Fail = (message: string, code?: CodesOf<"TemplateError">) => void;

function checkAttribute({ type, value }: AttributeTemplate, rules: NameRules, fail: Fail): void {
  checkText(value, rules, fail);
  if (rules.allowPrivileged !== true) checkPrivilege(type, value, fail);
  const nobody =
    (type === COMMON_NAME && value === "system:anonymous") ||
    (type === ORGANIZATION && value === "system:unauthenticated");
  if (nobody) fail(`${value} stands for callers who were not authenticated`);
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

/** Not too many attributes, and one at most where Kubernetes takes one. Returns the number of groups. */
function checkCounts(rdns: Rdns, rules: NameRules, report: Report): number {
  const { maxNameAttributes = MAX_NAME_ATTRIBUTES } = rules;
  let count = 0;
  let names = 0;
  let uids = 0;
  let groups = 0;
  for (const rdn of rdns)
    for (const { type } of rdn) {
      count++;
      if (type === COMMON_NAME) names++;
      else if (type === UID) uids++;
      else if (type === ORGANIZATION) groups++;
    }
  const fault = !(count <= maxNameAttributes)
    ? `${count} attributes, expected at most ${maxNameAttributes}`
    : names > 1
      ? `${names} common names, expected one`
      : uids > 1
        ? `${uids} UIDs, expected one`
        : undefined;
  if (fault) report.error("ERR_TEMPLATE_SUBJECT", "subject", `the subject has ${fault}`);
  return groups;
}

function checkText(value: string, rules: NameRules, fail: Fail): void {
  if (value === "") fail("the value is empty, expected a name");
  const { maxNameValueBytes = MAX_NAME_VALUE_BYTES } = rules;
  // UTF-8 has three octets for one of UTF-16's units at most; counted exactly only where it matters.
  if (!(value.length * 3 <= maxNameValueBytes) && !(utf8Length(value) <= maxNameValueBytes))
    fail(`the value has ${utf8Length(value)} bytes, expected at most ${maxNameValueBytes}`);
  const hidden = describeHidden(value, rules.allowInvisible === true);
  if (hidden) fail(`the value has ${hidden}`);
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

function checkPrivilege(type: string, value: string, fail: Fail): void {
  if ((type !== COMMON_NAME && type !== ORGANIZATION) || !isPrivilegedName(value, type === COMMON_NAME))
    return;
  const what = type === COMMON_NAME ? "user" : "group";
  const message = `the ${what} ${JSON.stringify(value.slice(0, 64))} has privileges in Kubernetes, which takes allowPrivileged: true`;
  fail(message, "ERR_TEMPLATE_PRIVILEGED_NAME");
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

function checkGroups(subject: NameTemplate, rdns: Rdns, report: Report): void {
  const seen = new Set<string>();
  rdns.forEach((rdn, i) =>
    rdn.forEach(({ type, value }, index) => {
      if (type !== ORGANIZATION) return;
      if (seen.has(value)) {
        const message = `the group ${JSON.stringify(value.slice(0, 64))} stands there twice`;
        report.warning("WARN_TEMPLATE_DUPLICATE_GROUP", pathOf(subject, i, index), message);
      }
      seen.add(value);
    }),
  );
}
