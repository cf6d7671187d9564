/** Finds what can be explained in a file that somebody else has made: PEM, DER, or PEM in base64, as kubeconfigs and Secrets have it. */
import {
  formatCertificateList,
  formatCertificateRequest,
  parseCertificate,
  parseCertificateRequest,
  parsePem,
  PkiError,
} from "kubepki";
import type { Certificate, PemBlock } from "kubepki";
import { printable } from "./terminal.ts";

/** What a file holds. */
export interface Contents {
  readonly certificates: readonly Certificate[];
  /** Texts about requests and certificate lists. */
  readonly texts: readonly string[];
  /** What is wrong with the rest of it; empty if all was read. */
  readonly problems: readonly string[];
}

/** Read as Kubernetes reads, so that what it would accept is explained and not refused. */
const AS_KUBERNETES = { mode: "kubernetes" } as const;
const SEQUENCE = 0x30;

/** @throws PkiError if what it found cannot be read */
export async function contentsOf(file: Uint8Array): Promise<Contents> {
  if (file[0] === SEQUENCE) return contentsOfDer(file);
  const text = textOf(file);
  const texts = [text, ...textsInBase64(text)];
  const blocks = texts.flatMap((each) => parsePem(each, AS_KUBERNETES));
  const certificates = blocks
    .filter(({ label, headers }) => label === "CERTIFICATE" && !headers)
    .map(({ der }) => parseCertificate(der, AS_KUBERNETES));
  const others = (await Promise.all(blocks.map(explainBlock))).filter((each) => each !== undefined);
  const faults = texts.flatMap(faultsOf);
  const isEmpty = certificates.length + others.length + faults.length === 0;
  return { certificates, texts: others, problems: isEmpty ? [nothingIn(blocks)] : faults };
}

const DESCRIBE = "describe of kubepki/formats tells what any DER is";

function contentsOfDer(der: Uint8Array): Contents {
  try {
    return { certificates: [parseCertificate(der, AS_KUBERNETES)], texts: [], problems: [] };
  } catch (error) {
    return { certificates: [], texts: [], problems: [`${describe(error)}; ${DESCRIBE}`] };
  }
}

function textOf(file: Uint8Array): string {
  const isUtf16 = file[0] === 0xff && file[1] === 0xfe;
  return new TextDecoder(isUtf16 ? "utf-16le" : "utf-8").decode(file);
}

/** base64 of `-----BEGIN `, whatever follows. */
const PEM_IN_BASE64 = /LS0tLS1CRUdJTi[A-Za-z0-9+/]+={0,2}/g;

function textsInBase64(text: string): string[] {
  return Array.from(text.matchAll(PEM_IN_BASE64), ([found]) => Buffer.from(found, "base64").toString());
}

async function explainBlock({ label, der }: PemBlock): Promise<string | undefined> {
  if (label === "CERTIFICATE REQUEST")
    return formatCertificateRequest(await parseCertificateRequest(der, AS_KUBERNETES));
  return label === "X509 CRL" ? formatCertificateList(der) : undefined;
}

/** Kubernetes skips a block that is broken or cut, and what follows it is trusted, or served, without it. */
function faultsOf(text: string): string[] {
  try {
    parsePem(text);
    return [];
  } catch (error) {
    return [`${describe(error)}; Kubernetes skips that part`];
  }
}

const HINTS: Readonly<Record<string, string>> = {
  PKCS7: "parseCmsBundle of kubepki/formats reads it",
  "TRUSTED CERTIFICATE": "`openssl x509 -in FILE` writes it as a CERTIFICATE",
};

function nothingIn(blocks: readonly PemBlock[]): string {
  const labels = [...new Set(blocks.map(({ label }) => label))];
  if (labels.length === 0)
    return `ERR_PEM_NO_BLOCK: it is neither PEM nor the DER of a certificate; ${DESCRIBE}`;
  const hints = labels.flatMap((label) => HINTS[label] ?? []);
  return [`ERR_PEM_NO_BLOCK: there is no CERTIFICATE in it, but ${labels.join(", ")}`, ...hints].join("; ");
}

/** An error that the file is to blame for, in a line; others are thrown on. */
export function describe(error: unknown): string {
  if (error instanceof PkiError) return `${error.code}: ${printable(error.message)}`;
  if (error instanceof Error && "code" in error) return error.message;
  throw error;
}
