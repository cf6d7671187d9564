import { safely } from "../errors.ts";
import type { PkiError, SafeResult } from "../errors.ts";
import type { PemOptions } from "../pem.ts";
import { elementEnd } from "../der/skip.ts";
import { Readable } from "../readable.ts";
import type { ParseOptions } from "./certificate-layout.ts";
import { CertificateListLayout, MAX_LIST_BYTES } from "./certificate-list-layout.ts";
import type { DistributionPoint } from "./extensions/crl-distribution-points.ts";
import type { AuthorityKeyIdentifier } from "./extensions/key-identifiers.ts";
import { toDer } from "./input.ts";
import type { DerInput } from "./input.ts";
import type { IssuingDistributionPoint, ListExtension, ListExtensionValues } from "./list-extensions.ts";
import { formatName } from "./name-text.ts";
import { readName } from "./name.ts";
import type { Name } from "./name.ts";
import { RevokedEntry } from "./revoked-entry.ts";
import { SerialIndex } from "./serial-index.ts";
import { readAlgorithmIdentifier } from "./subject-public-key-info.ts";
import type { AlgorithmIdentifier } from "./subject-public-key-info.ts";

/** What a certificate list can be given as: PEM text (`X509 CRL`), DER bytes, or what {@link parseCertificateList} returned. */
export type CertificateListInput = CertificateList | DerInput;

/**
 * A certificate revocation list (CRL, RFC 5280 section 5) whose every byte was checked when it was parsed. Values are made when they are first
 * asked for; entries are never kept as objects.
 *
 * Byte fields are views of one private copy of the input; do not write to them. Nothing here says whether the list can be relied on: no signature,
 * date, issuer or scope was looked at. {@link verifyCertificateList} does that.
 *
 * Made by {@link parseCertificateList}; `JSON.stringify` gives a summary.
 */
export class CertificateList extends Readable {
  /** For the library's own use. */
  readonly layout: CertificateListLayout;
  #issuer: Name | undefined;
  #index: SerialIndex | undefined;

  /** Not for callers: use {@link parseCertificateList}. */
  constructor(layout: CertificateListLayout) {
    super();
    this.layout = layout;
  }

  /** The whole list. */
  get der(): Uint8Array {
    return this.layout.bytes;
  }

  /** The part that is signed. */
  get tbsCertList(): Uint8Array {
    const { tbsStart, tbsEnd } = this.layout;
    return this.der.subarray(tbsStart, tbsEnd);
  }

  /** How the issuer signed. */
  get signatureAlgorithm(): AlgorithmIdentifier {
    const { algorithmStart, algorithmEnd } = this.layout;
    return readAlgorithmIdentifier(
      this.layout.reader(algorithmStart, algorithmEnd, "signatureAlgorithm"),
      "",
    );
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

  /** Who signed. */
  get issuer(): Name {
    const { issuerStart, issuerEnd, options } = this.layout;
    return (this.#issuer ??= readName(
      this.layout.reader(issuerStart, issuerEnd, "tbsCertList.issuer"),
      "",
      options,
    ));
  }

  /** When it was issued. */
  get thisUpdate(): Date {
    return new Date(this.layout.thisUpdate * 1000);
  }

  /** When the next one will be issued at the latest; undefined if the list does not say, as Go allows. */
  get nextUpdate(): Date | undefined {
    const { nextUpdate } = this.layout;
    return nextUpdate === undefined ? undefined : new Date(nextUpdate * 1000);
  }

  /** All extensions of the list in encoded order. */
  get extensions(): readonly ListExtension[] {
    return this.layout.extensions;
  }

  /** The value of the extension of this name, if the list has it. */
  extensionValue<Id extends keyof ListExtensionValues>(id: Id): ListExtensionValues[Id] | undefined {
    return this.extensions.find((extension) => extension.id === id)?.value as
      | ListExtensionValues[Id]
      | undefined;
  }

  /** Grows with each list of the issuer; lower-case hex without leading zeros. */
  get crlNumber(): string | undefined {
    return this.extensionValue("crlNumber");
  }

  /** Which key signed the list. */
  get authorityKeyIdentifier(): AuthorityKeyIdentifier | undefined {
    return this.extensionValue("authorityKeyIdentifier");
  }

  /** Which certificates the list is about; without it, all of its issuer. */
  get issuingDistributionPoint(): IssuingDistributionPoint | undefined {
    return this.extensionValue("issuingDistributionPoint");
  }

  /** The number of the list that this one only amends, lower-case hex; undefined for a full list. */
  get deltaCrlIndicator(): string | undefined {
    return this.extensionValue("deltaCrlIndicator");
  }

  /** Where deltas to this list are found. */
  get freshestCrl(): readonly DistributionPoint[] | undefined {
    return this.extensionValue("freshestCrl");
  }

  /** How many certificates are revoked. */
  get size(): number {
    return this.layout.entryCount;
  }

  /**
   * Goes through the entries in encoded order. Each is an object of its own that makes its values when they are asked for, so that a loop over a million
   * serial numbers is quick.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { parseCertificateList } from "kubepki";
   *
   * const pem = `-----BEGIN X509 CRL-----
   * MIIBETCBxAIBATAFBgMrZXAwFTETMBEGA1UEAxMKa3ViZXJuZXRlcxcNMjYxMTI0
   * MDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMFAwOgIBHxcNMjYxMTI0MDAwMDAwWjAm
   * MAoGA1UdFQQDCgEBMBgGA1UdGAQRGA8yMDI2MTEyMDAwMDAwMFowEgIBKhcNMjYx
   * MTI0MDAwMDAwWqAvMC0wHwYDVR0jBBgwFoAU4V7QmXlcKXl3F8rIpK1Z0OFnlM8w
   * CgYDVR0UBAMCAQEwBQYDK2VwA0EALiKoVRKQ0Os5+WetQ6OLE0zltSTLlIa7Oyv1
   * byQBI/Qn3x9Mg3t5aTc9n3GyjSJkhlPCpBaVsOmgMMBdnwVMAg==
   * -----END X509 CRL-----`;
   * const [first, second] = parseCertificateList(pem).entries();
   * assert.equal(first?.reasonCode, "keyCompromise");
   * assert.equal(second?.serialNumber, "2a");
   * ```
   */
  *entries(): Generator<RevokedEntry, void> {
    const { bytes, entriesStart, entriesEnd, options } = this.layout;
    for (let at = entriesStart; at < entriesEnd; at = elementEnd(bytes, at))
      yield new RevokedEntry(bytes, at, options);
  }

  /**
   * The entry of the certificate with this serial number, given as hex; undefined if it is not in the list. Of several entries the first counts.
   *
   * The first look-up goes through the entries. The second makes an index of eight bytes an entry; from then on each takes the same short time in a
   * list of any length.
   *
   * Says nothing about trust: the list must be verified, and be about the issuer of the certificate. `TypeError` if it is no hex.
   */
  find(serialNumber: string): RevokedEntry | undefined {
    const { bytes, entriesStart, entriesEnd, entryCount, options } = this.layout;
    this.#index ??= new SerialIndex(bytes, entriesStart, entriesEnd, entryCount);
    const at = this.#index.find(serialNumber);
    return at < 0 ? undefined : new RevokedEntry(bytes, at, options);
  }

  /** What `mode: "kubernetes"` let through and safe mode refuses; empty in safe mode. */
  get deviations(): readonly PkiError[] {
    return this.layout.deviations;
  }

  /** A summary for logs: issuer, dates, number and how many entries; never bytes. */
  override toJSON(): Record<string, unknown> {
    return {
      issuer: formatName(this.issuer),
      thisUpdate: this.thisUpdate.toISOString(),
      nextUpdate: this.nextUpdate?.toISOString(),
      crlNumber: this.crlNumber,
      size: this.size,
    };
  }
}

/**
 * Parses one certificate revocation list and checks every byte of it, in time linear in its length.
 *
 * Guaranteed in safe mode: DER; version 2; the schema of RFC 5280 section 5 with nothing left over at any level; dates that exist; serial numbers of
 * 0 to 20 octets; each extension once and well formed where it is understood; inner and outer algorithm equal. What passes, Go's
 * `x509.ParseRevocationList` reads with the same meaning. Not checked: signature, issuer, dates against a clock, scope; a delta or indirect list
 * parses, and {@link verifyCertificateList} refuses it.
 *
 * @param input PEM text with one X509 CRL block, DER bytes, or a list, which is returned as it is. `maxBytes` is 8 MiB by default (about 200,000
 * entries); a list of a million needs about 64 MiB.
 * @throws PemError, DerError, CertificateListError `ERR_CRL_*`, and CertificateError for names, with the offset and the path of the field; `TypeError` if
 * the input is of another kind
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseCertificateList } from "kubepki";
 *
 * const list = parseCertificateList(`-----BEGIN X509 CRL-----
 * MIIBETCBxAIBATAFBgMrZXAwFTETMBEGA1UEAxMKa3ViZXJuZXRlcxcNMjYxMTI0
 * MDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMFAwOgIBHxcNMjYxMTI0MDAwMDAwWjAm
 * MAoGA1UdFQQDCgEBMBgGA1UdGAQRGA8yMDI2MTEyMDAwMDAwMFowEgIBKhcNMjYx
 * MTI0MDAwMDAwWqAvMC0wHwYDVR0jBBgwFoAU4V7QmXlcKXl3F8rIpK1Z0OFnlM8w
 * CgYDVR0UBAMCAQEwBQYDK2VwA0EALiKoVRKQ0Os5+WetQ6OLE0zltSTLlIa7Oyv1
 * byQBI/Qn3x9Mg3t5aTc9n3GyjSJkhlPCpBaVsOmgMMBdnwVMAg==
 * -----END X509 CRL-----`);
 * assert.equal(list.size, 2);
 * assert.equal(list.find("1f")?.reasonCode, "keyCompromise");
 * assert.equal(list.find("20"), undefined);
 * ```
 */
export function parseCertificateList(
  input: CertificateListInput,
  options: ParseOptions & PemOptions = {},
): CertificateList {
  if (input instanceof CertificateList) {
    if (options.mode !== "kubernetes" && input.deviations[0] !== undefined) throw input.deviations[0];
    return input;
  }
  const { maxBytes = MAX_LIST_BYTES } = options;
  const maxCharacters = options.maxCharacters ?? maxBytes * 1.4 + 1024; // base64 has a third more, and line ends
  const der = toDer(input, "X509 CRL", { ...options, maxBytes, maxCharacters } as ParseOptions & PemOptions);
  return new CertificateList(new CertificateListLayout(der, options));
}

/**
 * As {@link parseCertificateList}, but returns the error, without a stack trace.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { safeParseCertificateList } from "kubepki";
 *
 * const result = safeParseCertificateList(new Uint8Array([0x30, 0x00]));
 * assert(!result.ok && result.error.code === "ERR_DER_TRUNCATED");
 * ```
 */
export function safeParseCertificateList(
  input: CertificateListInput,
  options: ParseOptions & PemOptions = {},
): SafeResult<CertificateList> {
  return safely(() => parseCertificateList(input, options));
}
