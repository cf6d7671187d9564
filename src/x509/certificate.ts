import { toHex } from "../bytes.ts";
import { DerReader } from "../der/reader.ts";
import { PemError, PkiError, safely } from "../errors.ts";
import type { SafeResult } from "../errors.ts";
import { parsePem } from "../pem.ts";
import type { PemOptions } from "../pem.ts";
import { CertificateLayout } from "./certificate-layout.ts";
import type { ParseOptions } from "./certificate-layout.ts";
import { readExtensions } from "./extension-values.ts";
import type { Extension } from "./extension.ts";
import { toDer } from "./input.ts";
import type { DerInput } from "./input.ts";
import { formatName } from "./name-text.ts";
import { readName } from "./name.ts";
import type { Name } from "./name.ts";
import { readAlgorithmIdentifier } from "./subject-public-key-info.ts";
import type { AlgorithmIdentifier } from "./subject-public-key-info.ts";
import { WithExtensions } from "./with-extensions.ts";

/** What a certificate can be given as: PEM text, DER bytes, Node's objects with `raw`, or what {@link parseCertificate} returned. */
export type CertificateInput = Certificate | DerInput;

/**
 * A certificate (RFC 5280 4.1) whose every byte was checked when it was parsed. Values are made when they are first asked for.
 *
 * Byte fields are views of one private copy of the input; do not write to them. Nothing here says whether the certificate can be trusted:
 * no signature, date or issuer was looked at.
 *
 * Made by {@link parseCertificate}; `JSON.stringify` and `console.log` give a summary.
 */
export class Certificate extends WithExtensions {
  /** For the library's own use. */
  readonly layout: CertificateLayout;
  private issuerName: Name | undefined;
  private subjectName: Name | undefined;
  private extensionList: readonly Extension[] | undefined;

  /** Not for callers: use {@link parseCertificate}. */
  constructor(layout: CertificateLayout) {
    super();
    this.layout = layout;
  }

  /** The whole certificate. */
  get der(): Uint8Array {
    return this.layout.bytes;
  }

  /** The part that is signed. */
  get tbsCertificate(): Uint8Array {
    const { tbsStart, tbsEnd } = this.layout;
    return this.der.subarray(tbsStart, tbsEnd);
  }

  /** 1, 2 or 3. */
  get version(): number {
    return this.layout.version;
  }

  /** Lower-case hex without leading zero octets; `00` for zero. */
  get serialNumber(): string {
    const { bytes, serialStart, algorithmStart: serialEnd } = this.layout;
    const sign = serialEnd - serialStart > 1 && bytes[serialStart] === 0 ? 1 : 0;
    return toHex(bytes, serialStart + sign, serialEnd);
  }

  /** How the issuer signed. */
  get signatureAlgorithm(): AlgorithmIdentifier {
    const { algorithmStart, issuerStart: algorithmEnd } = this.layout;
    return readAlgorithmIdentifier(this.reader(algorithmStart, algorithmEnd, "signatureAlgorithm"), "");
  }

  /** Who signed. */
  get issuer(): Name {
    const { issuerStart, issuerEnd, options } = this.layout;
    return (this.issuerName ??= readName(
      this.reader(issuerStart, issuerEnd, "tbsCertificate.issuer"),
      "",
      options,
    ));
  }

  /** Whom the certificate is about. */
  get subject(): Name {
    const { subjectStart, keyStart: subjectEnd, options } = this.layout;
    return (this.subjectName ??= readName(
      this.reader(subjectStart, subjectEnd, "tbsCertificate.subject"),
      "",
      options,
    ));
  }

  /** First second in which the certificate is valid. */
  get notBefore(): Date {
    return new Date(this.layout.notBefore * 1000);
  }

  /** Last second in which the certificate is valid. */
  get notAfter(): Date {
    return new Date(this.layout.notAfter * 1000);
  }

  /** The subject's public key, a whole SubjectPublicKeyInfo element. */
  get subjectPublicKeyInfo(): Uint8Array {
    const { keyStart, keyEnd } = this.layout;
    return this.der.subarray(keyStart, keyEnd);
  }

  /** The signature's octets. If Kubernetes mode let unused bits pass, the bits are moved to the right as Go moves them. */
  get signature(): Uint8Array {
    const { signatureStart, signatureEnd } = this.layout;
    const octets = this.der.subarray(signatureStart, signatureEnd);
    const unused = this.der[signatureStart - 1]!;
    return unused === 0
      ? octets
      : octets.map((octet, i) => (octet >> unused) | ((octets[i - 1] ?? 0) << (8 - unused)));
  }

  /** All extensions in encoded order. */
  override get extensions(): readonly Extension[] {
    const { extensionsStart, extensionsEnd, options } = this.layout;
    if (extensionsEnd === 0) return [];
    const path = "tbsCertificate.extensions";
    return (this.extensionList ??= readExtensions(
      this.reader(extensionsStart, extensionsEnd, path),
      options,
      "certificate",
    ));
  }

  /** What `mode: "kubernetes"` let through and safe mode refuses; empty in safe mode. */
  get deviations(): readonly PkiError[] {
    return this.layout.deviations;
  }

  /** A summary for logs: names, dates, serial number; never bytes. */
  override toJSON(): Record<string, unknown> {
    return {
      version: this.version,
      serialNumber: this.serialNumber,
      issuer: formatName(this.issuer),
      subject: formatName(this.subject),
      notBefore: this.notBefore.toISOString(),
      notAfter: this.notAfter.toISOString(),
      dnsNames: this.dnsNames,
      ipAddresses: this.ipAddresses,
      uris: this.uris,
      emailAddresses: this.emailAddresses,
    };
  }

  private reader(start: number, end: number, path: string): DerReader {
    const { bytes, mode } = this.layout;
    return new DerReader(bytes, { start, end, path, mode });
  }
}

/**
 * Parses one certificate and checks every byte of it.
 *
 * Guaranteed in safe mode: DER; the schema of RFC 5280 with nothing left over at any level; string types within their alphabets; dates that exist;
 * keys of known algorithms well formed; every extension that is understood well formed and there once; inner and outer algorithm equal.
 * What passes, Go's `x509.ParseCertificate` reads with the same meaning (exceptions are in docs/strictness.md). Not checked: signature, dates
 * against a clock, issuer, whether a point is on its curve.
 *
 * @param input PEM text with one CERTIFICATE block, DER bytes, `{ raw }` from `node:tls`, or a certificate, which is returned as it is
 * @throws PemError, DerError or CertificateError with a code, the offset and the path of the field; `TypeError` if the input is of another kind
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseCertificate, PkiError } from "kubepki";
 *
 * assert.throws(() => parseCertificate("no PEM here"), (error) => error instanceof PkiError && error.code === "ERR_PEM_NO_BLOCK");
 * ```
 */
export function parseCertificate(
  input: CertificateInput,
  options: ParseOptions & PemOptions = {},
): Certificate {
  if (input instanceof Certificate) {
    // A certificate that was parsed with Kubernetes' tolerance is not safe by being handed on.
    if (options.mode !== "kubernetes" && input.deviations[0] !== undefined) throw input.deviations[0];
    return input;
  }
  return new Certificate(new CertificateLayout(toDer(input, "CERTIFICATE", options), options));
}

/**
 * As {@link parseCertificate}, but returns the error. Costs no stack trace, so hostile input is as cheap as good input.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { safeParseCertificate } from "kubepki";
 *
 * const result = safeParseCertificate(new Uint8Array([0x30, 0x00]));
 * assert(!result.ok && result.error.code === "ERR_DER_TRUNCATED");
 * ```
 */
export function safeParseCertificate(
  input: CertificateInput,
  options: ParseOptions & PemOptions = {},
): SafeResult<Certificate> {
  return safely(() => parseCertificate(input, options));
}

/**
 * Parses all certificates of a PEM text, such as a CA bundle or a chain. Blocks of other kinds, such as a private key, are passed over.
 *
 * There is at least one certificate in the answer. A broken block is an error even after good ones, so that a CA does not vanish from a bundle
 * in silence. In Kubernetes mode, as in client-go's `ParseCertsPEM`, broken blocks and blocks with headers are passed over.
 *
 * @throws PemError `ERR_PEM_NO_BLOCK` if there is no certificate, `ERR_PEM_LABEL` for OpenSSL's TRUSTED CERTIFICATE, and the codes of
 * {@link parsePem} and {@link parseCertificate}, with the index of the certificate
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseCertificates, PemError } from "kubepki";
 *
 * assert.throws(() => parseCertificates(""), PemError);
 * ```
 */
export function parseCertificates(pem: string, options: ParseOptions & PemOptions = {}): Certificate[] {
  const certificates: Certificate[] = [];
  for (const { label, der, line, headers } of parsePem(pem, options)) {
    if (label === "CERTIFICATE" && headers === undefined) {
      certificates.push(parseIndexed(der, options, certificates.length));
    } else if (label.endsWith(" CERTIFICATE") && options.mode !== "kubernetes") {
      throw new PemError("ERR_PEM_LABEL", `found ${JSON.stringify(label)}, expected CERTIFICATE`, { line });
    }
  }
  if (certificates.length === 0) throw new PemError("ERR_PEM_NO_BLOCK", "the text has no CERTIFICATE block");
  return certificates;
}

function parseIndexed(der: Uint8Array, options: ParseOptions, certificateIndex: number): Certificate {
  try {
    return parseCertificate(der, options);
  } catch (error) {
    if (error instanceof PkiError) Object.assign(error, { certificateIndex });
    throw error;
  }
}

/**
 * As {@link parseCertificates}, but returns the error.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { safeParseCertificates } from "kubepki";
 *
 * assert.equal(safeParseCertificates("").ok, false);
 * ```
 */
export function safeParseCertificates(
  pem: string,
  options: ParseOptions & PemOptions = {},
): SafeResult<Certificate[]> {
  return safely(() => parseCertificates(pem, options));
}
