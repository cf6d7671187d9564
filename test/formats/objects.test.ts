import * as asn1js from "asn1js";
import fc from "fast-check";
import * as pkijs from "pkijs";
import { describe, expect, test } from "vitest";
import {
  caTemplate,
  createCertificateRequest,
  generateKeyPair,
  issueCertificateList,
  issueSelfSigned,
  parseCertificate,
  parseCertificateList,
  parseCertificateRequest,
} from "../../src/index.ts";
import { fromAsn1js, fromPkijs, toAsn1js } from "../../src/formats/index.ts";
import { hex } from "../support/tlv.ts";

const { signer } = await generateKeyPair("ECDSA-P256");
const subject = { commonName: "ca" };
const { certificate } = await issueSelfSigned(caTemplate({ subject }), signer);

describe("objects of asn1js", () => {
  test("come back from DER with the same bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), fc.integer(), (text, number) => {
        const object = new asn1js.Sequence({
          value: [new asn1js.Utf8String({ value: text }), new asn1js.Integer({ value: number })],
        });
        const der = fromAsn1js(object);
        expect(fromAsn1js(toAsn1js(der))).toEqual(der);
      }),
    );
  });

  test("are refused where they write no DER", () => {
    const indefinite = new asn1js.Sequence({ value: [] });
    (indefinite.lenBlock as { isIndefiniteForm: boolean }).isIndefiniteForm = true;
    expect(() => fromAsn1js(indefinite)).toThrow(expect.objectContaining({ code: "ERR_DER_LENGTH" }));
    expect(() => fromAsn1js({ toBER: () => new ArrayBuffer(0) })).toThrow(
      expect.objectContaining({ code: "ERR_DER_TRUNCATED" }),
    );
    expect(() => fromAsn1js({} as never)).toThrow(expect.objectContaining({ code: "ERR_FORMAT_STRUCTURE" }));
  });

  test("are not made of BER, nor of two elements", () => {
    expect(() => toAsn1js(hex("30 80 0000"))).toThrow(expect.objectContaining({ code: "ERR_DER_LENGTH" }));
    expect(() => toAsn1js(hex("0500 0500"))).toThrow(
      expect.objectContaining({ code: "ERR_FORMAT_STRUCTURE" }),
    );
    expect(() => toAsn1js(hex("0500"), { maxBytes: 1 })).toThrow(
      expect.objectContaining({ code: "ERR_FORMAT_LIMIT" }),
    );
  });

  test("are values of extensions and of other names that nothing here reads", async () => {
    const der = fromAsn1js(new asn1js.Utf8String({ value: "jane@example.com" }));
    const typeId = "1.3.6.1.4.1.311.20.2.3";
    const template = caTemplate({
      subject,
      extraExtensions: [
        { oid: "1.3.6.1.4.1.99999.1", critical: false, der },
        { id: "subjectAltName", critical: false, value: [{ type: "otherName", typeId, der }] },
      ],
    });
    const issued = await issueSelfSigned(template, signer);
    const extension = issued.certificate.extensions.find(({ oid }) => oid === "1.3.6.1.4.1.99999.1");
    const [name] = issued.certificate.extensionValue("subjectAltName")!;
    expect(toAsn1js(extension!.der)).toBeInstanceOf(asn1js.Utf8String);
    expect((toAsn1js((name as { der: Uint8Array }).der) as asn1js.Utf8String).getValue()).toBe(
      "jane@example.com",
    );
  });

  test.for([
    ["bytes that are no DER", "0c 05 61"],
    ["nothing", ""],
    ["two elements", "0500 0500"],
    ["BER", "30 80 0000"],
  ] as const)("%s are no value of an extension, nor of another name", async ([, octets]) => {
    const der = hex(octets);
    const raw = caTemplate({
      subject,
      extraExtensions: [{ oid: "1.3.6.1.4.1.99999.1", critical: false, der }],
    });
    await expect(issueSelfSigned(raw, signer)).rejects.toMatchObject({ code: "ERR_TEMPLATE_EXTENSION" });
    const names = caTemplate({
      subject,
      extraExtensions: [
        { id: "subjectAltName", critical: false, value: [{ type: "otherName", typeId: "1.2.3", der }] },
      ],
    });
    await expect(issueSelfSigned(names, signer)).rejects.toMatchObject({
      code: "ERR_TEMPLATE_ALTERNATIVE_NAME",
    });
  });
});

describe("objects of pkijs", () => {
  test("give back the certificate, request and list that they were read from", async () => {
    const theirs = pkijs.Certificate.fromBER(certificate.der.slice());
    expect(parseCertificate(fromPkijs(theirs)).der).toEqual(certificate.der);
    const { request } = await createCertificateRequest({ subject }, signer);
    const requested = pkijs.CertificationRequest.fromBER(request.der.slice());
    expect((await parseCertificateRequest(fromPkijs(requested))).der).toEqual(request.der);
    const list = await issueCertificateList(
      { entries: [], crlNumber: "01", thisUpdate: new Date(0), nextUpdate: new Date(1000) },
      { issuer: { certificate, signer } },
    );
    const listed = pkijs.CertificateRevocationList.fromBER(list.der.slice());
    expect(parseCertificateList(fromPkijs(listed)).der).toEqual(list.der);
  });

  test("that were changed are written as pkijs writes them, and parsed as any input", () => {
    const theirs = pkijs.Certificate.fromBER(certificate.der.slice());
    const copy = { toSchema: () => theirs.toSchema(true) };
    expect(parseCertificate(fromPkijs(copy)).subject).toEqual(certificate.subject);
  });

  test("that were never signed are no certificate", () => {
    let code: unknown;
    try {
      parseCertificate(fromPkijs(new pkijs.Certificate()));
    } catch (error) {
      ({ code } = error as { code: unknown });
    }
    expect(code).toMatch(/^ERR_/);
  });
});
