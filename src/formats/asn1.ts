/** What asn1js reads and writes for the formats: bounded, and with errors of ours alone. */
import * as asn1js from "asn1js";
import { FormatError, PkiError } from "../errors.ts";
import type { ParseOptions } from "../x509/certificate-layout.ts";

/** A file of keys and certificates is some kilobytes; a Kubernetes Secret holds a mebibyte. */
export const MAX_BYTES = 1_048_576;

/** How much is read; all fields have defaults. */
export interface FormatLimits {
  /** The largest input, in bytes; 1,048,576 by default. */
  readonly maxBytes?: number;
}

/** How the certificates in a file are read. */
export interface CertificatesOptions {
  /** As `parseCertificate` takes it: `{ mode: "kubernetes" }` for a trust store with CAs that only Go reads. */
  readonly certificates?: ParseOptions;
}

/** How much work a password may cost. */
export interface PasswordLimits extends FormatLimits {
  /**
   * The most rounds of key derivation for one file, all together; 5,000,000 by default, some seconds, of which at most 600,000 for the MAC of RFC 7292:
   * these are computed in JavaScript, and nothing else runs meanwhile. A number of the caller's own counts for both. Whoever made the file chose them.
   */
  readonly maxIterations?: number;
}

const MAX_ITERATIONS = 5_000_000;

/** An element of certificates has some nine octets; asn1js's own limit, 10,000 elements, is a hundred certificates. */
const MIN_OCTETS_PER_ELEMENT = 6;

/** Work of small inputs is bounded as asn1js does it, that of larger ones by their size: a trust store is read whole. */
function maxElements(bytes: Uint8Array): number {
  return Math.max(10_000, Math.floor(bytes.length / MIN_OCTETS_PER_ELEMENT));
}

/** As many as NSS and GnuTLS write, which takes JavaScript some seconds; Java writes 10,000, OpenSSL 2,048. */
const MAX_SLOW_ITERATIONS = 600_000;

/** Rounds of key derivation that are left for one file. */
export class IterationBudget {
  #left: number;
  readonly #maxSlow: number;

  constructor({ maxIterations }: PasswordLimits) {
    this.#left = maxIterations ?? MAX_ITERATIONS;
    this.#maxSlow = maxIterations ?? MAX_SLOW_ITERATIONS;
  }

  /** As {@link take}, for rounds that no WebCrypto does. */
  takeSlow(iterations: number): void {
    this.take(iterations);
    if (iterations > this.#maxSlow) throw tooMany(iterations);
  }

  /** Takes some of them, before the work is done. */
  take(iterations: number): void {
    if (!(Number.isSafeInteger(iterations) && iterations > 0))
      throw new FormatError(
        "ERR_FORMAT_STRUCTURE",
        "the number of rounds of key derivation is no positive number",
      );
    this.#left -= iterations;
    if (this.#left >= 0) return;
    throw tooMany(iterations);
  }
}

function tooMany(iterations: number): FormatError {
  const message = `the file wants ${iterations} rounds of key derivation, more than maxIterations leaves`;
  return new FormatError("ERR_FORMAT_LIMIT", message);
}

/** Reads one element of BER and nothing after it. */
export function readBer(
  bytes: Uint8Array,
  what: string,
  { maxBytes = MAX_BYTES }: FormatLimits = {},
): asn1js.AsnType {
  if (!(bytes.length <= maxBytes))
    throw new FormatError(
      "ERR_FORMAT_LIMIT",
      `the input has ${bytes.length} bytes, more than maxBytes, ${maxBytes}`,
    );
  return reading(what, () => {
    const context = { maxContentLength: maxBytes, maxNodes: maxElements(bytes) };
    const { offset, result } = asn1js.fromBER(bytes.slice(), context);
    if (offset === -1) throw new Error(result.error);
    if (offset !== bytes.length) throw new Error(`${bytes.length - offset} bytes follow the element`);
    return result;
  });
}

/** Runs what reads a structure with asn1js or pkijs; whatever these throw means that it is another structure. */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw structureError(what, error);
  }
}

/** As {@link reading}, for what takes its time. */
export async function readingLater<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw structureError(what, error);
  }
}

function structureError(what: string, cause: unknown): PkiError {
  if (cause instanceof PkiError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FormatError("ERR_FORMAT_STRUCTURE", `this is no ${what}: ${reason}`, { cause });
}

/** A copy in a buffer of its own, as pkijs wants it. */
export function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer;
}

/** Passwords are UTF-8 in PBES2; PKCS#12 makes UTF-16 of it for its MAC. */
export function passwordBytes(password: string): ArrayBuffer {
  return new TextEncoder().encode(password).buffer;
}
