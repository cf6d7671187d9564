/** Explains certificates that others have made: whom they name to Kubernetes, what they are good for, and what is odd about them. */
import { readFile, stat } from "node:fs/promises";
import { formatClusterAudit, lintCertificate, lintIdentity, parseIdentity, parsePublicKey } from "kubepki";
import type { Certificate, Name } from "kubepki";
import { auditPkiDirectory } from "kubepki/node";
import { contentsOf, describe } from "./contents.ts";
import { kindOf } from "./server.ts";
import { day, facts, paint, printable, say } from "./terminal.ts";

/** Explains every file, and audits every directory; false if something could not be read, or a directory has errors. */
export async function explainFiles(paths: readonly string[]): Promise<boolean> {
  let isWell = true;
  for (const path of paths) {
    say();
    say(paint("bold", printable(path)));
    try {
      const isDirectory = (await stat(path)).isDirectory();
      if (!(await (isDirectory ? audit(path) : explainFile(path)))) isWell = false;
    } catch (error) {
      isWell = false;
      refuse(describe(error));
    }
  }
  say();
  return isWell;
}

async function audit(directory: string): Promise<boolean> {
  const result = await auditPkiDirectory(directory);
  for (const { code, path, message } of result.directory)
    say(`  ${paint("yellow", "!")} ${code}: ${printable(`${path}: ${message}`)}`);
  sayLines(formatClusterAudit(result));
  return result.isHealthy;
}

async function explainFile(path: string): Promise<boolean> {
  const { certificates, texts, problems } = await contentsOf(await readFile(path));
  certificates.forEach((certificate, i) => explain(certificate, i, certificates.length));
  texts.forEach(sayLines);
  problems.forEach(refuse);
  return problems.length === 0;
}

function refuse(reason: string): void {
  say(`  ${paint("red", "✗")} ${reason}`);
}

function sayLines(text: string): void {
  say();
  for (const line of text.trimEnd().split("\n")) say(line && `  ${line}`);
}

function explain(certificate: Certificate, index: number, total: number): void {
  say();
  if (total > 1) say(paint("dim", `certificate ${index + 1} of ${total}`));
  facts([
    ["subject", nameText(certificate.subject)],
    ["issuer", nameText(certificate.issuer)],
    ["valid", validityText(certificate, new Date())],
    ["good for", purposes(certificate)],
    ...namesOf(certificate),
    ["key", attempt(() => parsePublicKey(certificate.subjectPublicKeyInfo).algorithm)],
    ["serial", certificate.serialNumber],
    ...identityFacts(certificate),
  ]);
  for (const finding of findingsOf(certificate)) say(`  ${paint("yellow", "!")} ${finding}`);
}

function nameText({ rdns }: Name): string {
  const attribute = ({ type, value }: { type: string; value: string }): string =>
    `${ATTRIBUTES[type] ?? type}=${printable(value)}`;
  return rdns.map((rdn) => rdn.map(attribute).join(" + ")).join(", ") || "(empty)";
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "1.3.6.1.4.1.57683.2": "Kubernetes UID",
};

const DAY = 86_400_000;

function validityText({ notBefore, notAfter }: Certificate, now: Date): string {
  const period = `${day(notBefore)} to ${day(notAfter)}`;
  if (now < notBefore) return `${period}, ${paint("red", "not yet valid")}`;
  if (now > notAfter) {
    const days = Math.floor((now.getTime() - notAfter.getTime()) / DAY);
    return `${period}, ${paint("red", `expired ${count(days, "day")} ago`)}`;
  }
  const days = Math.floor((notAfter.getTime() - now.getTime()) / DAY);
  return `${period}, ${paint(days < 30 ? "yellow" : "green", `${count(days, "day")} left`)}`;
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}

function purposes(certificate: Certificate): string {
  const { ca = false, pathLength } = certificate.extensionValue("basicConstraints") ?? {};
  if (ca && pathLength === 0) return "a CA, with no CA below it";
  if (ca) return pathLength === undefined ? "a CA" : `a CA, with at most ${count(pathLength, "CA")} below it`;
  const usages = certificate.extensionValue("extendedKeyUsage");
  return usages?.join(", ") ?? "everything (no extended key usage)";
}

function namesOf(certificate: Certificate): [string, string][] {
  const { dnsNames, ipAddresses, uris, emailAddresses } = certificate;
  const kinds: [string, string[]][] = [
    ["DNS names", dnsNames],
    ["addresses", ipAddresses],
    ["URIs", uris],
    ["e-mail", emailAddresses],
    ["other names", otherNames(certificate)],
  ];
  return kinds
    .filter(([, names]) => names.length > 0)
    .map(([label, names]) => [label, printable(names.join(", "))]);
}

const SHOWN = new Set(["dns", "ip", "uri", "email"]);

/** Kinds of names that Kubernetes does not look at. */
function otherNames(certificate: Certificate): string[] {
  const names = certificate.extensionValue("subjectAltName") ?? [];
  return names.map(({ type }) => type).filter((type) => !SHOWN.has(type));
}

/** Whom kube-apiserver would name; that says nothing about whether it trusts the issuer. */
function identityFacts(certificate: Certificate): [string, string][] {
  try {
    const identity = parseIdentity(certificate, { mode: "kubernetes" });
    if (!identity) return [["user", "nobody: there is no CN"]];
    const rows: [string, string][] = [
      ["user", printable(identity.user)],
      ["groups", printable(identity.groups.join(", ")) || "-"],
      ["kind", printable(kindOf(identity))],
    ];
    return identity.uid === undefined ? rows : [...rows, ["uid", printable(identity.uid)]];
  } catch (error) {
    return [["user", `nobody: ${describe(error)}`]];
  }
}

/** What safe mode refuses although Kubernetes accepts it, and what is wrong, dangerous or misleading. */
function findingsOf(certificate: Certificate): string[] {
  const refusals = certificate.deviations.map(describe);
  const findings = [...lintCertificate(certificate), ...lintIdentity(certificate)]
    .filter(({ code }) => code !== "FINDING_DEVIATION") // says of the first deviation what we say of each
    .map(({ code, message }) => `${code}: ${printable(message)}`);
  return [...new Set([...refusals, ...findings])];
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch (error) {
    return describe(error);
  }
}
