/** Certificates among which issuers are looked for. */
import { equalBytes } from "../bytes.ts";
import { parseCertificate, parseCertificates } from "../x509/certificate.ts";
import type { Certificate, CertificateInput } from "../x509/certificate.ts";
import type { ParseOptions } from "../x509/certificate-layout.ts";
import { PkiError } from "../errors.ts";

/** Certificates as a PEM bundle, as a list, or as a pool that was made before. */
export type CertificatesInput = CertificatePool | string | readonly CertificateInput[];

/** Looking through a list is cheaper than indexing it until it was done so many times. */
const LOOKUPS_BEFORE_INDEX = 8;

/**
 * Certificates that are parsed once and searched often, such as the CA bundle of a server. Give it as `trustAnchors` or `intermediates`.
 *
 * Immutable. Says nothing about trust: what a pool means depends on where it is given.
 *
 * Source: Go crypto/x509 `CertPool`.
 *
 * @throws PemError, DerError, CertificateError as `parseCertificates`, with the index of the certificate
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { CertificatePool } from "kubepki";
 *
 * assert.equal(new CertificatePool([]).certificates.length, 0);
 * ```
 */
export class CertificatePool {
  /** In the order given. */
  readonly certificates: readonly Certificate[];
  #index: Map<number, Certificate[]> | undefined;
  #lookups = 0;

  /** Parses what is not parsed yet; `mode` as for `parseCertificate`. */
  constructor(input: string | readonly CertificateInput[], options: ParseOptions = {}) {
    this.certificates =
      typeof input === "string" ? parseCertificates(input, options) : parseEach(input, options);
  }

  /** The certificates whose subject is, byte for byte, the issuer of this one (Go `findPotentialParents`). */
  namedAsIssuerOf({ layout: { bytes, issuerStart, issuerEnd } }: Certificate): Certificate[] {
    return this.#named(bytes, issuerStart, issuerEnd);
  }

  /** Whether exactly this certificate is in the pool. */
  has({ der, layout: { bytes, subjectStart, keyStart: subjectEnd } }: Certificate): boolean {
    return this.#named(bytes, subjectStart, subjectEnd).some((other) => equalBytes(other.der, der));
  }

  #named(bytes: Uint8Array, start: number, end: number): Certificate[] {
    if (!this.#index && ++this.#lookups > LOOKUPS_BEFORE_INDEX)
      this.#index = indexBySubject(this.certificates);
    const candidates = this.#index ? (this.#index.get(hashName(bytes, start, end)) ?? []) : this.certificates;
    return candidates.filter((candidate) => hasSubject(candidate, bytes, start, end));
  }
}

/** How strictly and how much is read, without the rest of what a caller gives: certificates keep their options. */
export function readingOptions({
  mode = "safe",
  maxBytes,
  maxNameAttributes,
  maxNameValueBytes,
}: ParseOptions): ParseOptions {
  return {
    mode,
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxNameAttributes !== undefined && { maxNameAttributes }),
    ...(maxNameValueBytes !== undefined && { maxNameValueBytes }),
  };
}

/** A pool of what was given. */
export function poolOf(input: CertificatesInput, options: ParseOptions): CertificatePool {
  return input instanceof CertificatePool ? input : new CertificatePool(input, options);
}

function parseEach(inputs: readonly CertificateInput[], options: ParseOptions): Certificate[] {
  return inputs.map((input, certificateIndex) => {
    try {
      return parseCertificate(input, options);
    } catch (error) {
      if (error instanceof PkiError) Object.assign(error, { certificateIndex });
      throw error;
    }
  });
}

/** From the end, where names of one organisation differ. */
function hasSubject({ layout }: Certificate, name: Uint8Array, start: number, end: number): boolean {
  const { bytes, subjectStart, keyStart: subjectEnd } = layout;
  if (subjectEnd - subjectStart !== end - start) return false;
  for (let at = subjectEnd - 1, other = end - 1; at >= subjectStart; at--, other--)
    if (bytes[at] !== name[other]) return false;
  return true;
}

function indexBySubject(certificates: readonly Certificate[]): Map<number, Certificate[]> {
  const index = new Map<number, Certificate[]>();
  for (const certificate of certificates) {
    const { bytes, subjectStart, keyStart: subjectEnd } = certificate.layout;
    const hash = hashName(bytes, subjectStart, subjectEnd);
    const list = index.get(hash);
    if (list) list.push(certificate);
    else index.set(hash, [certificate]);
  }
  return index;
}

/** FNV-1a; collisions only cost a comparison. */
function hashName(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}
