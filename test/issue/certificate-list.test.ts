/** What must not be issued as a certificate list, and what comes out of a signer that lies. */
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { issueCertificateList, issueCertificateListSync } from "../../src/issue/certificate-list.ts";
import { issueSelfSignedSync } from "../../src/issue/issue.ts";
import type { CertificateListTemplate } from "../../src/issue/list-template.ts";
import { caTemplate } from "../../src/issue/template.ts";
import { keyObjectSigner, verifySignatureSync } from "../../src/node/signer.ts";
import { parseCertificate } from "../../src/x509/certificate.ts";
import { basicConstraints, extension, extensionIds, keyUsage } from "../support/certificate.ts";
import { party, signed, signedCa } from "../support/chain.ts";
import { hex, octets } from "../support/tlv.ts";

const signer = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
const { certificate } = issueSelfSignedSync(caTemplate({ subject: { commonName: "ca" } }), signer);
const issuer = { certificate, signer };
const date = new Date("2030-01-01T00:00:00Z");
const base: CertificateListTemplate = {
  entries: [{ serialNumber: "1f", revocationDate: date }],
  crlNumber: "1",
  thisUpdate: date,
  nextUpdate: new Date("2030-01-08T00:00:00Z"),
};
const codeOf = (change: Partial<CertificateListTemplate>, by = issuer): string => {
  try {
    issueCertificateListSync({ ...base, ...change }, { issuer: by });
    return "issued";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("is not issued", () => {
  const entry = base.entries[0]!;
  test.for<[string, Partial<CertificateListTemplate>, string]>([
    ["with a date that is none", { thisUpdate: new Date(Number.NaN) }, "ERR_TEMPLATE_VALIDITY"],
    ["with an end that is none", { nextUpdate: new Date(Number.NaN) }, "ERR_TEMPLATE_VALIDITY"],
    ["with an end that is not later", { nextUpdate: date }, "ERR_TEMPLATE_VALIDITY"],
    ["with a number that is no hex", { crlNumber: "x" }, "ERR_TEMPLATE_EXTENSION"],
    ["with a number of 21 octets", { crlNumber: "1".repeat(42) }, "ERR_TEMPLATE_EXTENSION"],
    [
      "with a number that would have 21 octets with its sign",
      { crlNumber: "f".repeat(40) },
      "ERR_TEMPLATE_EXTENSION",
    ],
    [
      "with a serial number of zero",
      { entries: [{ ...entry, serialNumber: "0" }] },
      "ERR_TEMPLATE_SERIAL_NUMBER",
    ],
    [
      "with a serial number twice",
      { entries: [entry, { ...entry, serialNumber: "001F" }] },
      "ERR_TEMPLATE_SERIAL_NUMBER",
    ],
    [
      "with a moment of revocation that is none",
      { entries: [{ ...entry, revocationDate: new Date(Number.NaN) }] },
      "ERR_TEMPLATE_VALIDITY",
    ],
    [
      "with an invalidity date that is none",
      { entries: [{ ...entry, invalidityDate: new Date(Number.NaN) }] },
      "ERR_TEMPLATE_VALIDITY",
    ],
    [
      "with a reason of deltas",
      { entries: [{ ...entry, reasonCode: "removeFromCRL" as never }] },
      "ERR_TEMPLATE_EXTENSION",
    ],
    [
      "with a reason that is none",
      { entries: [{ ...entry, reasonCode: "because" as never }] },
      "ERR_TEMPLATE_EXTENSION",
    ],
    ["with a scope without names", { scope: { fullName: [] } }, "ERR_TEMPLATE_EXTENSION"],
  ])("%s", ([, change, code]) => {
    expect(codeOf(change)).toBe(code);
  });

  test("by who is no CA, may not sign lists, has no key identifier, or has another key", () => {
    const root = party("root");
    const rootSigner = keyObjectSigner(root.key);
    const identifier = extension(extensionIds.subjectKeyIdentifier, octets(hex("0102")));
    const by = (der: Uint8Array) => ({ certificate: parseCertificate(der), signer: rootSigner });
    expect(codeOf({}, by(signedCa(root, root, { extensions: [basicConstraints(), identifier] })))).toBe(
      "issued",
    );
    for (const der of [
      signed(root),
      signedCa(root),
      signedCa(root, root, { extensions: [basicConstraints(), identifier, keyUsage(hex("04"), 2)] }),
      signedCa(root, root, { subject: hex("3000"), extensions: [basicConstraints(), identifier] }),
    ])
      expect(codeOf({}, by(der))).toBe("ERR_TEMPLATE_ISSUER");
    expect(codeOf({}, { certificate, signer: rootSigner })).toBe("ERR_TEMPLATE_ISSUER");
  });
});

test("a signature that is no signature, or another key's, does not leave the house", async () => {
  const other = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  const withSign = (sign: (data: Uint8Array) => Uint8Array) => ({
    issuer: { certificate, signer: { ...signer, sign } },
  });
  for (const sign of [() => new Uint8Array(5), () => "text" as never, (data: Uint8Array) => other.sign(data)])
    await expect(issueCertificateList(base, withSign(sign))).rejects.toMatchObject({
      code: "ERR_TEMPLATE_RESULT",
    });
  const lying = { ...withSign((data) => other.sign(data)), verifier: verifySignatureSync };
  expect(() => issueCertificateListSync(base, lying)).toThrow(
    expect.objectContaining({ code: "ERR_TEMPLATE_RESULT" }),
  );
  const late = {
    issuer: { certificate, signer: { ...signer, sign: async (data: Uint8Array) => signer.sign(data) } },
  };
  expect(() => issueCertificateListSync(base, late)).toThrow(TypeError);
  expect((await issueCertificateList(base, late)).find("1f")?.revocationDate).toEqual(date);
});

test("everything that a template can say is read back", () => {
  const list = issueCertificateListSync(
    {
      ...base,
      crlNumber: "0abc",
      scope: { fullName: [{ type: "uri", value: "http://ca/crl" }], only: "caCerts" },
      entries: [
        { serialNumber: "0080", revocationDate: date, reasonCode: "superseded", invalidityDate: date },
      ],
    },
    { issuer, verifier: verifySignatureSync },
  );
  expect(list.crlNumber).toBe("0abc");
  expect(list.issuingDistributionPoint).toEqual({
    fullName: [{ type: "uri", value: "http://ca/crl" }],
    onlyContainsCACerts: true,
  });
  expect(list.find("80")).toMatchObject({
    reasonCode: "superseded",
    revocationDate: date,
    invalidityDate: date,
  });
});
