/** Between this library and programs that work with asn1js and pkijs. Bytes go across, so that nothing is lost or written anew. */
import type { AsnType } from "asn1js";
import { checkElement } from "../der/check-element.ts";
import { readBer, reading } from "./asn1.ts";
import type { FormatLimits } from "./asn1.ts";

/**
 * One element of DER as an object of asn1js: the value of an extension or of an `otherName` that has no reader here.
 *
 * @throws DerError if the bytes are not one element of DER; FormatError `ERR_FORMAT_LIMIT`, `ERR_FORMAT_STRUCTURE` for what asn1js does not read
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import * as asn1js from "asn1js";
 * import { toAsn1js } from "kubepki/formats";
 *
 * const value = toAsn1js(new Uint8Array([0x0c, 0x03, 0x61, 0x62, 0x63]));
 * assert(value instanceof asn1js.Utf8String);
 * assert.equal(value.getValue(), "abc");
 * ```
 */
export function toAsn1js(der: Uint8Array, limits: FormatLimits = {}): AsnType {
  const object = readBer(der, "element", limits);
  checkElement(der);
  return object;
}

/**
 * The DER of an object of asn1js, for `ExtensionTemplate.der` and the `der` of an `otherName`.
 *
 * @throws DerError if the object writes no DER, for example with an indefinite length; FormatError `ERR_FORMAT_STRUCTURE` if it cannot be written
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import * as asn1js from "asn1js";
 * import { caTemplate, generateKeyPair, issueSelfSigned } from "kubepki";
 * import { fromAsn1js, toAsn1js } from "kubepki/formats";
 *
 * const extension = { oid: "1.3.6.1.4.1.99999.1", critical: false, der: fromAsn1js(new asn1js.Utf8String({ value: "team a" })) };
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const template = caTemplate({ subject: { commonName: "ca" }, extraExtensions: [extension] });
 * const { certificate } = await issueSelfSigned(template, signer);
 *
 * const found = certificate.extensions.find(({ oid }) => oid === extension.oid);
 * assert.equal((toAsn1js(found!.der) as asn1js.Utf8String).getValue(), "team a");
 * ```
 */
export function fromAsn1js(object: {
  /** As all objects of asn1js have it. */
  toBER(): ArrayBuffer;
}): Uint8Array<ArrayBuffer> {
  const der = new Uint8Array(reading("object of asn1js", () => object.toBER()));
  checkElement(der);
  return der;
}

/**
 * The DER of an object of pkijs, to be parsed here like any input: a certificate, a request, a list, a key. The other way pkijs takes a copy of our `der`.
 *
 * A certificate, request or list must be signed, or read from bytes: only then does pkijs have what was signed, and gives it back as it is.
 *
 * @throws DerError if the object writes no DER, as pkijs does where it keeps BER; FormatError `ERR_FORMAT_STRUCTURE` if it cannot be written
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import * as pkijs from "pkijs";
 * import { caTemplate, generateKeyPair, issueSelfSigned, parseCertificate } from "kubepki";
 * import { fromPkijs } from "kubepki/formats";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "ca" } }), signer);
 *
 * const theirs = pkijs.Certificate.fromBER(certificate.der.slice());
 * assert.deepEqual(parseCertificate(fromPkijs(theirs)).der, certificate.der);
 * ```
 */
export function fromPkijs(object: {
  /** As all objects of pkijs have it. */
  toSchema(): {
    /** As all objects of asn1js have it. */
    toBER(): ArrayBuffer;
  };
}): Uint8Array<ArrayBuffer> {
  return fromAsn1js(reading("object of pkijs that can be written", () => object.toSchema()));
}
