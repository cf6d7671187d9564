/** What an audit is given, and what it finds in it: certificates and keys, each with the place where it was. */
import { decodeBase64 } from "../base64.ts";
import { PkiError } from "../errors.ts";
import { parsePrivateKey } from "../keys/private-key.ts";
import { encodePem, parsePem } from "../pem.ts";
import { parseCertificate } from "../x509/certificate.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { AuditFinding } from "./finding.ts";

/** A file, or an object of the Kubernetes API. */
export type AuditSource =
  | {
      /** Where it is, for example `pki/ca.crt`; findings name it. */
      readonly path: string;
      /** PEM text: certificates, keys, or both. */
      readonly text: string;
      /** The file's permissions, for example 0o600, where they are known. */
      readonly mode?: number;
    }
  | {
      /** Where it is, for example `admin.conf` or `secret/shop/web-tls`; findings name it. */
      readonly path: string;
      /** A kubeconfig, a Secret, a ConfigMap, or a list of Secrets and ConfigMaps, as plain data. */
      readonly object: unknown;
      /** The file's permissions, where it is a file. */
      readonly mode?: number;
    };

/** A certificate, and where it was found. */
export interface FoundCertificate {
  /** File, field and number: `pki/ca.crt`, `web-tls#tls.crt[1]`. */
  readonly path: string;
  /** What belongs together has the same: a key and its certificate. */
  readonly stem: string;
  /** Its place among the certificates of one text. */
  readonly index: number;
  readonly certificate: Certificate;
}

/** A private key, of which only the public half is kept. */
export interface FoundKey {
  readonly path: string;
  readonly stem: string;
  readonly subjectPublicKeyInfo: Uint8Array;
}

/** Everything that was found. */
export interface Evidence {
  readonly certificates: FoundCertificate[];
  readonly keys: FoundKey[];
  readonly findings: AuditFinding[];
}

interface Piece {
  readonly path: string;
  readonly stem: string;
  readonly text: string;
}

/** Reads all sources; what cannot be read is a finding. */
export async function collect(sources: readonly AuditSource[]): Promise<Evidence> {
  const evidence: Evidence = { certificates: [], keys: [], findings: [] };
  for (const source of sources) {
    const pieces =
      "text" in source ? [pieceOf(source.path, source.text)] : piecesOf(source.path, source.object, 0);
    const before = evidence.keys.length;
    for (const piece of pieces) await readPiece(piece, evidence);
    checkMode(source, evidence.keys.length > before, evidence);
  }
  return evidence;
}

/** Names without the end and without what cfssl adds to keys. */
function pieceOf(path: string, text: string): Piece {
  const stem = path.replace(/\.(?:crt|key|pem|cer|cert)$/, "").replace(/-key$/, "");
  return { path, stem, text };
}

const KUBECONFIG_FIELDS = [
  "client-certificate-data",
  "client-key-data",
  "certificate-authority-data",
] as const;

function piecesOf(path: string, object: unknown, depth: number): Piece[] {
  if (!isRecord(object)) return [];
  const { kind, items, data, clusters, users } = object;
  if (Array.isArray(items) && depth === 0)
    return items.flatMap((item) => piecesOf(nameOf(path, item), item, 1));
  if (Array.isArray(clusters) || Array.isArray(users))
    return [...entriesOf(path, "clusters", clusters, "cluster"), ...entriesOf(path, "users", users, "user")];
  if (!isRecord(data)) return [];
  return Object.entries(data).flatMap(([field, value]) => {
    const text = typeof value !== "string" ? undefined : kind === "Secret" ? textOf(value) : value;
    if (text === undefined || !text.includes("-----BEGIN ")) return [];
    const { stem } = pieceOf(field, "");
    return [{ path: `${path}#${field}`, stem: `${path}#${stem}`, text }];
  });
}

/** Clusters or users of a kubeconfig: what stands in them, not what they refer to. */
function entriesOf(path: string, list: string, entries: unknown, inner: string): Piece[] {
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown, index) => {
    const fields = isRecord(entry) ? entry[inner] : undefined;
    if (!isRecord(fields)) return [];
    const stem = `${path}#${list}[${index}]`;
    return KUBECONFIG_FIELDS.flatMap((field) => {
      const value = fields[field];
      const text = typeof value === "string" ? textOf(value) : undefined;
      return text === undefined ? [] : [{ path: `${stem}.${field}`, stem, text }];
    });
  });
}

function nameOf(path: string, item: unknown): string {
  const metadata = isRecord(item) && isRecord(item["metadata"]) ? item["metadata"] : {};
  const { namespace, name } = metadata;
  return [path, namespace, name].filter((part) => typeof part === "string").join("/");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(base64: string): string | undefined {
  const bytes = decodeBase64(base64, false);
  return bytes && new TextDecoder().decode(bytes);
}

async function readPiece({ path, stem, text }: Piece, evidence: Evidence): Promise<void> {
  let index = 0;
  try {
    for (const { label, der } of parsePem(text, { mode: "kubernetes" })) {
      if (label.endsWith("PRIVATE KEY"))
        evidence.keys.push({ path, stem, ...(await publicHalf(label, der)) });
      if (label !== "CERTIFICATE") continue;
      const certificate = parseCertificate(der, { mode: "kubernetes" });
      evidence.certificates.push({
        path: index === 0 ? path : `${path}[${index}]`,
        stem,
        index: index++,
        certificate,
      });
    }
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    const message = `it cannot be read, by Kubernetes neither: ${error.message}`;
    evidence.findings.push({ code: "FINDING_AUDIT_UNREADABLE", severity: "error", path, message });
  }
  checkBlocks(path, text, evidence);
}

/** Safe mode refuses what Kubernetes skips; the labels of OpenSSL's other certificates it knows not either. */
function checkBlocks(path: string, text: string, { findings }: Evidence): void {
  const reason = faultOf(text);
  if (reason === undefined) return;
  const message = `Kubernetes skips a part of it: ${reason}`;
  const fix = "write that certificate or key again, or take it out";
  findings.push({ code: "FINDING_AUDIT_BROKEN_BLOCK", severity: "error", path, message, fix });
}

function faultOf(text: string): string | undefined {
  try {
    const other = parsePem(text).find(({ label }) => label.endsWith(" CERTIFICATE"));
    return other && `the block of line ${other.line} is a ${other.label}, not a CERTIFICATE`;
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return error.code === "ERR_PEM_SIZE" ? undefined : error.message; // the size was said already
  }
}

async function publicHalf(label: string, der: Uint8Array): Promise<{ subjectPublicKeyInfo: Uint8Array }> {
  const { subjectPublicKeyInfo } = await parsePrivateKey(encodePem(label, der));
  return { subjectPublicKeyInfo };
}

/** Whoever reads a key is whom it stands for. */
function checkMode({ path, mode }: AuditSource, hasKey: boolean, { findings }: Evidence): void {
  if (!hasKey || mode === undefined || (mode & 0o077) === 0) return;
  const found = `0${(mode & 0o777).toString(8)}`;
  const message = "others than its owner may read the private key";
  const fix = `chmod 600 ${path}, and make a new key if others were there`;
  findings.push({
    code: "FINDING_AUDIT_KEY_MODE",
    severity: "error",
    path,
    message,
    found,
    expected: "0600",
    fix,
  });
}
