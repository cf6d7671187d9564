/** Bundles of certificates in CMS, `.p7b` and `.p7c` (RFC 5652 5, "certs-only"; RFC 8551 3.2.2). */
import * as asn1js from "asn1js";
import { FormatError } from "../errors.ts";
import { encodePem, pemToDer } from "../pem.ts";
import { parseCertificate } from "../x509/certificate.ts";
import type { Certificate, CertificateInput } from "../x509/certificate.ts";
import { MAX_BYTES, readBer } from "./asn1.ts";
import type { CertificatesOptions, FormatLimits } from "./asn1.ts";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const DATA = "1.2.840.113549.1.7.1";
const CONTEXT = 3;
const UNIVERSAL = 1;
const SEQUENCE = 16;

/**
 * The certificates of a CMS bundle, in its order: DER, or PEM with one block `PKCS7` or `CMS`. Whoever signed the bundle, if anybody, is not looked at.
 *
 * Attribute certificates and other kinds are refused, so that nothing vanishes from a bundle in silence. Not checked: whether the certificates make a chain.
 *
 * Source: RFC 5652 section 5.1.
 *
 * @throws FormatError `ERR_FORMAT_STRUCTURE`, `ERR_FORMAT_UNSUPPORTED`, `ERR_FORMAT_LIMIT`; PemError, DerError, CertificateError as `parseCertificate`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueSelfSigned } from "kubepki";
 * import { createCmsBundle, parseCmsBundle } from "kubepki/formats";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "ca" } }), signer);
 * const pem = createCmsBundle([certificate]);
 * assert.match(pem, /^-----BEGIN PKCS7-----/);
 * assert.deepEqual(parseCmsBundle(pem)[0]?.der, certificate.der);
 * ```
 */
export function parseCmsBundle(
  input: string | Uint8Array,
  options: FormatLimits & CertificatesOptions = {},
): Certificate[] {
  const der = typeof input === "string" ? bundleBlock(input, options) : input;
  const [type, content] = childrenOf(readBer(der, "CMS bundle", options), "ContentInfo");
  if (!(type instanceof asn1js.ObjectIdentifier)) throw structure("the content type is missing");
  if (type.getValue() !== SIGNED_DATA)
    throw new FormatError(
      "ERR_FORMAT_UNSUPPORTED",
      `the content type is ${type.getValue()}, expected signed data`,
    );
  const [signedData] = childrenOf(content, "content");
  const parts = childrenOf(signedData, "SignedData");
  const certificates = parts.find(({ idBlock }) => idBlock.tagClass === CONTEXT && idBlock.tagNumber === 0);
  if (!certificates) return [];
  return childrenOf(certificates, "certificates").map((element) => {
    const { tagClass, tagNumber } = element.idBlock;
    if (tagClass !== UNIVERSAL || tagNumber !== SEQUENCE)
      throw new FormatError("ERR_FORMAT_UNSUPPORTED", "the bundle has a certificate that is not X.509");
    return parseCertificate(element.valueBeforeDecodeView.slice(), options.certificates);
  });
}

function bundleBlock(text: string, { maxBytes = MAX_BYTES }: FormatLimits): Uint8Array {
  // Base64 and line ends take 1.4 characters an octet; the rest is for text around the block.
  const maxCharacters = 2 * maxBytes;
  return pemToDer(text, text.includes("-----BEGIN CMS-----") ? "CMS" : "PKCS7", { maxCharacters });
}

function childrenOf(element: asn1js.AsnType | undefined, what: string): asn1js.AsnType[] {
  if (element instanceof asn1js.Constructed) return element.valueBlock.value;
  throw structure(`${what} is missing`);
}

function structure(message: string): FormatError {
  return new FormatError("ERR_FORMAT_STRUCTURE", `this is no CMS bundle: ${message}`);
}

/**
 * A bundle of certificates and nothing else as PEM, as `openssl crl2pkcs7 -nocrl` makes it and Windows, Java and NSS import it. The order is kept, though CMS gives it no meaning. Nobody
 * signs it: what it holds is no more trustworthy than where it came from.
 *
 * Source: RFC 5652 section 5.1, RFC 8551 section 3.2.2.
 *
 * @throws PemError, DerError, CertificateError if a certificate does not parse
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createCmsBundle, parseCmsBundle } from "kubepki/formats";
 *
 * assert.deepEqual(parseCmsBundle(createCmsBundle([])), []);
 * ```
 */
export function createCmsBundle(certificates: readonly CertificateInput[]): string {
  // They are DER, so that they come out of asn1js as they went in.
  const elements = certificates.map((input) => readBer(parseCertificate(input).der, "certificate"));
  const signedData = new asn1js.Sequence({
    value: [
      new asn1js.Integer({ value: 1 }),
      new asn1js.Set({ value: [] }),
      new asn1js.Sequence({ value: [new asn1js.ObjectIdentifier({ value: DATA })] }),
      new asn1js.Constructed({
        idBlock: { tagClass: CONTEXT, tagNumber: 0 },
        value: elements,
      }),
      new asn1js.Set({ value: [] }),
    ],
  });
  const info = new asn1js.Sequence({
    value: [
      new asn1js.ObjectIdentifier({ value: SIGNED_DATA }),
      new asn1js.Constructed({ idBlock: { tagClass: CONTEXT, tagNumber: 0 }, value: [signedData] }),
    ],
  });
  return encodePem("PKCS7", new Uint8Array(info.toBER()));
}
