/** Reads what an audit is given: certificates and keys, each with the place where it was. */
import { PemError, PkiError } from "../errors.ts";
import { parsePrivateKey } from "../keys/private-key.ts";
import { encodePem, parsePem } from "../pem.ts";
import type { PemBlock } from "../pem.ts";
import type { AuditFinding } from "./finding.ts";
import { FoundCertificate } from "./found.ts";
import { BOUNDARY, piecesOf, referenceOf } from "./source.ts";
import type { AuditSource, Piece } from "./source.ts";

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
  /** Kubeconfigs that name a file instead of having a certificate: where they are, and the file. */
  readonly references: { readonly path: string; readonly file: string }[];
  /** What cannot be read, and who may read what. */
  readonly findings: AuditFinding[];
}

/** Reads all sources; what cannot be read is a finding. `at` is the moment that counts. */
export async function collect(sources: readonly AuditSource[], at: number): Promise<Evidence> {
  const evidence: Evidence = { certificates: [], keys: [], references: [], findings: [] };
  for (const source of sources) {
    const file = referenceOf(source);
    if (file !== undefined) evidence.references.push({ path: source.path, file });
    const keys = piecesOf(source).flatMap((piece) => readPiece(piece, at, evidence));
    if (keys.length === 0) continue;
    for (const key of keys) await readKey(key, evidence);
    checkMode(source, evidence);
  }
  return evidence;
}

interface KeyBlock {
  readonly piece: Piece;
  readonly block: PemBlock;
}

/** Reads the certificates, and returns the keys, which take time. What is broken does not hide what follows. */
function readPiece(piece: Piece, at: number, evidence: Evidence): readonly KeyBlock[] {
  const { path, stem } = piece;
  const keys: KeyBlock[] = [];
  let index = 0;
  for (const block of blocksOf(piece, evidence)) {
    if (block.label.endsWith("PRIVATE KEY")) keys.push({ piece, block });
    if (block.label !== "CERTIFICATE") continue;
    const place = { path: index === 0 ? path : `${path}[${index}]`, stem, index: index++ };
    try {
      evidence.certificates.push(new FoundCertificate(place, block.der, at));
    } catch (error) {
      sayUnreadable(place.path, error, evidence);
    }
  }
  return keys;
}

/** What Go finds. It passes over broken blocks and other labels in silence; an audit does not. */
function blocksOf({ path, text, isPem }: Piece, evidence: Evidence): readonly PemBlock[] {
  try {
    const blocks = parsePem(text, { mode: "kubernetes" });
    const isSkipped = countBoundaries(text) > blocks.length || blocks.some(isOtherCertificate);
    const fault = isSkipped ? faultOf(text) : undefined;
    if (fault !== undefined) saySkipped(path, fault, evidence);
    else if (blocks.length === 0 && isPem)
      throw new PemError("ERR_PEM_NO_BLOCK", "there is no PEM block in it");
    return blocks;
  } catch (error) {
    sayUnreadable(path, error, evidence);
    return [];
  }
}

/** Of OpenSSL, with labels that Kubernetes does not know. */
function isOtherCertificate({ label }: PemBlock): boolean {
  return label.endsWith(" CERTIFICATE");
}

/** Safe mode refuses what Kubernetes skips. */
function faultOf(text: string): string | undefined {
  try {
    const other = parsePem(text).find(isOtherCertificate);
    return other && `the block of line ${other.line} is a ${other.label}, not a CERTIFICATE`;
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return error.message;
  }
}

function saySkipped(path: string, reason: string, { findings }: Evidence): void {
  findings.push({
    code: "FINDING_AUDIT_BROKEN_BLOCK",
    severity: "error",
    path,
    message: `Kubernetes skips a part of it: ${reason}`,
    fix: "write that certificate or key again, or take it out",
  });
}

function countBoundaries(text: string): number {
  let count = 0;
  for (let at = -1; (at = text.indexOf(BOUNDARY, at + 1)) >= 0;) count++;
  return count;
}

async function readKey({ piece: { path, stem }, block }: KeyBlock, evidence: Evidence): Promise<void> {
  try {
    const { subjectPublicKeyInfo } = await parsePrivateKey(encodePem(block.label, block.der));
    evidence.keys.push({ path, stem, subjectPublicKeyInfo });
  } catch (error) {
    sayUnreadable(path, error, evidence);
  }
}

function sayUnreadable(path: string, error: unknown, { findings }: Evidence): void {
  if (!(error instanceof PkiError)) throw error;
  const message = `it cannot be read: ${error.message}`;
  findings.push({ code: "FINDING_AUDIT_UNREADABLE", severity: "error", path, message });
}

/** Whoever reads a key is whom it stands for. */
function checkMode({ path, mode }: AuditSource, { findings }: Evidence): void {
  if (mode === undefined || (mode & 0o077) === 0) return;
  findings.push({
    code: "FINDING_AUDIT_KEY_MODE",
    severity: "error",
    path,
    message: "others than its owner may read the private key",
    found: `0${(mode & 0o777).toString(8)}`,
    expected: "0600",
    fix: `chmod 600 ${path}, and make a new key if others were there`,
  });
}
