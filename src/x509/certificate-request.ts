import { CertificateRequestError } from "../errors.ts";
import type { PkiError } from "../errors.ts";
import { oidToText } from "../oid.ts";
import type { PemOptions } from "../pem.ts";
import { walkAnyValue } from "./any-value.ts";
import type { ParseOptions } from "./certificate-layout.ts";
import { CertificateRequestLayout } from "./certificate-request-layout.ts";
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

/** What a request can be given as: PEM text, DER bytes, or what `parseCertificateRequest` returned. */
export type CertificateRequestInput = CertificateRequest | DerInput;

/** One attribute of a request (RFC 2986 4.1), such as the extensions or a challenge password. */
export interface RequestAttribute {
  /** Its type as dotted text, for example `1.2.840.113549.1.9.14` for the requested extensions. */
  readonly type: string;
  /** Its values: the whole SET element. May hold a secret, the challenge password; nothing here prints it. */
  readonly values: Uint8Array;
}

/**
 * A certification request (PKCS#10, RFC 2986), every byte of which was checked when it was parsed, and whose signature was made by the key in it.
 *
 * That proves who has the key, and nothing else: names and extensions are wishes. Byte fields are views of one private copy of the input; do not
 * write to them. Made by `parseCertificateRequest`; `JSON.stringify` gives a summary without the attributes.
 */
export class CertificateRequest extends WithExtensions {
  /** For the library's own use. */
  readonly layout: CertificateRequestLayout;
  private subjectName: Name | undefined;
  private extensionList: readonly Extension[] | undefined;

  /** Not for callers: use `parseCertificateRequest`. */
  constructor(layout: CertificateRequestLayout) {
    super();
    this.layout = layout;
  }

  /** The whole request. */
  get der(): Uint8Array {
    return this.layout.bytes;
  }

  /** The part that is signed. */
  get certificationRequestInfo(): Uint8Array {
    const { infoStart, infoEnd } = this.layout;
    return this.der.subarray(infoStart, infoEnd);
  }

  /** Whom the certificate shall be about. */
  get subject(): Name {
    const { subjectStart, subjectEnd, options } = this.layout;
    return (this.subjectName ??= readName(
      this.layout.reader(subjectStart, subjectEnd, "certificationRequestInfo.subject"),
      "",
      options,
      walkAnyValue,
    ));
  }

  /** The public key, a whole SubjectPublicKeyInfo element. */
  get subjectPublicKeyInfo(): Uint8Array {
    const { keyStart, keyEnd } = this.layout;
    return this.der.subarray(keyStart, keyEnd);
  }

  /** How the request is signed. */
  get signatureAlgorithm(): AlgorithmIdentifier {
    const { algorithmStart, algorithmEnd } = this.layout;
    const reader = this.layout.reader(algorithmStart, algorithmEnd, "signatureAlgorithm");
    return readAlgorithmIdentifier(reader, "");
  }

  /** The signature's octets. */
  get signature(): Uint8Array {
    const { signatureStart, signatureEnd } = this.layout;
    return this.der.subarray(signatureStart, signatureEnd);
  }

  /** All attributes in encoded order, that of the extensions included. */
  get attributes(): readonly RequestAttribute[] {
    return this.layout.attributes.map(({ typeStart, typeEnd, end }) => ({
      type: oidToText(this.der, typeStart, typeEnd),
      values: this.der.subarray(typeEnd, end),
    }));
  }

  /** The requested extensions in encoded order. */
  override get extensions(): readonly Extension[] {
    const { extensionLists, options } = this.layout;
    return (this.extensionList ??= extensionLists.flatMap(([start, end]) =>
      readExtensions(this.layout.reader(start, end, EXTENSIONS_PATH), options, "request"),
    ));
  }

  /** What `mode: "kubernetes"` let through and safe mode refuses; empty in safe mode. */
  get deviations(): readonly PkiError[] {
    return this.layout.deviations;
  }

  /** A summary for logs: names and kinds, never bytes. */
  override toJSON(): Record<string, unknown> {
    return {
      subject: formatName(this.subject),
      signatureAlgorithm: this.signatureAlgorithm.algorithm,
      attributes: this.attributes.map(({ type }) => type),
      extensions: this.extensions.map(({ id, oid }) => id ?? oid),
      dnsNames: this.dnsNames,
      ipAddresses: this.ipAddresses,
      uris: this.uris,
      emailAddresses: this.emailAddresses,
    };
  }
}

const EXTENSIONS_PATH = "certificationRequestInfo.attributes.extensionRequest";

/**
 * Reads a request without a look at its signature: for those who check that next, and hand nothing out before.
 *
 * @throws PemError, DerError, CertificateError, CertificateRequestError
 */
export function readCertificateRequest(
  input: DerInput,
  options: ParseOptions & PemOptions = {},
): CertificateRequest {
  const der = toDer(input, "CERTIFICATE REQUEST", options);
  const request = new CertificateRequest(new CertificateRequestLayout(der, options));
  if (request.layout.extensionLists.length > 1) checkDuplicates(request);
  return request;
}

/** Go `parseCSRExtensions`: each extension once over all attributes. Within one list it was checked by the walk. */
function checkDuplicates({ extensions }: CertificateRequest): void {
  const seen = new Set<string>();
  for (const { oid } of extensions) {
    if (seen.has(oid)) {
      const message = `the extension ${oid} is requested twice`;
      throw new CertificateRequestError("ERR_REQUEST_ATTRIBUTE", message, { path: EXTENSIONS_PATH });
    }
    seen.add(oid);
  }
}
