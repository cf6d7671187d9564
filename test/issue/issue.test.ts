import { describe, expect, test } from "vitest";
import { parseCertificate } from "../../src/x509/certificate.ts";
import {
  issueCertificate,
  issueCertificateSync,
  issueSelfSigned,
  issueSelfSignedSync,
} from "../../src/issue/issue.ts";
import { caTemplate, clientTemplate, servingTemplate } from "../../src/issue/template.ts";
import { validateTemplate } from "../../src/issue/validate-template.ts";
import { generateKeyPair } from "../../src/keys/generate.ts";
import type { Signer } from "../../src/keys/signer.ts";
import { keyObjectSigner, verifySignatureSync } from "../../src/node/signer.ts";
import { encodeName } from "../../src/x509/name-writer.ts";
import { fault } from "../support/fault.ts";
import { nodeKey, supportedAlgorithms } from "../support/keys.ts";
import { NOW, authority, caSigner, countingSigner, freshSigner, hex, leafKey } from "./fixtures.ts";

const TEMPLATE = clientTemplate({ subject: { commonName: "jane", organizations: ["developers"] }, now: NOW });
const issuer = authority();
const options = { publicKey: leafKey, issuer, now: NOW };

const holds = (der: Uint8Array, signer: Signer): boolean => {
  const { signature, tbsCertificate } = parseCertificate(der);
  return verifySignatureSync(
    signer.subjectPublicKeyInfo,
    signer.signatureAlgorithm,
    signature,
    tbsCertificate,
  );
};

describe("a certificate", () => {
  test("is what the template says, under the issuer's name and signature", () => {
    const { certificate, findings } = issueCertificateSync(TEMPLATE, options);
    expect(findings).toEqual([]);
    expect(certificate.version).toBe(3);
    expect(hex(certificate.issuer.der)).toBe(hex(issuer.certificate.subject.der));
    expect(hex(certificate.subjectPublicKeyInfo)).toBe(hex(leafKey.subjectPublicKeyInfo));
    expect(certificate.serialNumber.length).toBeGreaterThan(30);
    expect(holds(certificate.der, caSigner)).toBe(true);
  });

  test("is the same by either way, but for serial number and signature", async () => {
    const serialNumber = "1234";
    const later = await issueCertificate(TEMPLATE, { ...options, serialNumber });
    const now = issueCertificateSync(TEMPLATE, { ...options, serialNumber });
    expect(hex(later.certificate.tbsCertificate)).toBe(hex(now.certificate.tbsCertificate));
    expect(later.certificate.serialNumber).toBe("1234");
  });

  test.each(["80", "7f", "ff".repeat(16), `7f${"ff".repeat(19)}`])(
    "has the serial number %s that it was given",
    (serialNumber) => {
      expect(issueCertificateSync(TEMPLATE, { ...options, serialNumber }).certificate.serialNumber).toBe(
        serialNumber,
      );
    },
  );

  test("has as serial number whatever was drawn, zeros in front or not", () => {
    for (const fill of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
      const random = (bytes: Uint8Array<ArrayBuffer>) => (bytes.fill(0xab), bytes.fill(fill, 0, 2), bytes);
      expect(() => issueCertificateSync(TEMPLATE, { ...options, random })).not.toThrow();
    }
  });

  test("takes the key as bytes, or from whatever has one", () => {
    const { subjectPublicKeyInfo } = leafKey;
    for (const publicKey of [subjectPublicKeyInfo, leafKey, { subjectPublicKeyInfo }])
      expect(() => issueCertificateSync(TEMPLATE, { ...options, publicKey })).not.toThrow();
  });
});

describe("every key algorithm", async () => {
  for (const name of await supportedAlgorithms())
    test(`${name} issues, with WebCrypto`, async () => {
      const { signer } = await generateKeyPair(name.startsWith("RSA") ? "RSA-2048" : name);
      const { certificate } = await issueSelfSigned(
        caTemplate({ subject: { commonName: "ca" }, now: NOW }),
        signer,
        { now: NOW },
      );
      const issued = await issueCertificate(TEMPLATE, { ...options, issuer: { certificate, signer } });
      expect(issued.certificate.signatureAlgorithm.der).toEqual(signer.signatureAlgorithm);
    });

  test.each(["RSA-2048", "ECDSA-P384", "ECDSA-P521", "Ed25519"])("%s issues at once", (name) => {
    const signer = keyObjectSigner(nodeKey(name));
    const { certificate } = issueCertificateSync(TEMPLATE, { ...options, issuer: authority({}, signer) });
    expect(holds(certificate.der, signer)).toBe(true);
  });
});

describe("roots", () => {
  test("sign themselves, have a key identifier and none of an authority", async () => {
    const template = caTemplate({ subject: { commonName: "root" }, now: NOW });
    for (const { certificate } of [
      issueSelfSignedSync(template, caSigner, { now: NOW }),
      await issueSelfSigned(template, caSigner, { now: NOW }),
    ]) {
      expect(certificate.extensions.map(({ id }) => id)).toEqual([
        "keyUsage",
        "basicConstraints",
        "subjectKeyIdentifier",
      ]);
      expect(holds(certificate.der, caSigner)).toBe(true);
    }
  });

  test("are CAs: a leaf needs an issuer", () => {
    expect(fault(() => issueSelfSignedSync(TEMPLATE, caSigner)).code).toBe("ERR_TEMPLATE_EXTENSION");
  });
});

describe("the authority key identifier", () => {
  const identifierOf = (certificate: ReturnType<typeof parseCertificate>) =>
    certificate.extensionValue("authorityKeyIdentifier")?.keyIdentifier;

  test("is the issuer's subject key identifier", () => {
    const { certificate } = issueCertificateSync(TEMPLATE, options);
    expect(identifierOf(certificate)).toEqual(issuer.certificate.extensionValue("subjectKeyIdentifier"));
  });

  test("is left out if the issuer has none, and under the issuer's own name, as in Go", () => {
    const template = caTemplate({ subject: { commonName: "bare" }, now: NOW });
    const bare = { ...template, extensions: template.extensions.filter((extension) => "id" in extension) };
    const { certificate } = issueSelfSignedSync(bare, caSigner, { now: NOW });
    const below = issueCertificateSync(TEMPLATE, { ...options, issuer: { certificate, signer: caSigner } });
    expect(identifierOf(below.certificate)).toBeUndefined();
    const sameName = caTemplate({ subject: { commonName: "test-ca" }, now: NOW });
    expect(identifierOf(issueCertificateSync(sameName, options).certificate)).toBeUndefined();
  });
});

describe("issuers that must not issue", () => {
  const leaf = issueCertificateSync(TEMPLATE, options).certificate;
  const sub = caTemplate({ subject: { commonName: "sub" }, now: NOW });
  const noSign = { ...caTemplate({ subject: { commonName: "x" }, now: NOW }) };

  test.each([
    ["no CA", { certificate: leaf, signer: leafKey }, TEMPLATE],
    ["a signer with another key", { certificate: issuer.certificate, signer: freshSigner() }, TEMPLATE],
    [
      "an algorithm of another key",
      {
        certificate: issuer.certificate,
        signer: { ...caSigner, signatureAlgorithm: keyObjectSigner(nodeKey("Ed25519")).signatureAlgorithm },
      },
      TEMPLATE,
    ],
    [
      "an algorithm that is none",
      {
        certificate: issuer.certificate,
        signer: { ...caSigner, signatureAlgorithm: Uint8Array.of(0x30, 0) },
      },
      TEMPLATE,
    ],
    ["path length 0, for a CA", authority({ pathLength: 0 }), sub],
  ])("%s", (_, bad, template) => {
    let calls = 0;
    const signer: Signer = { ...bad.signer, sign: (data) => (calls++, bad.signer.sign(data)) };
    const issue = () => issueCertificateSync(template, { ...options, issuer: { ...bad, signer } });
    expect(fault(issue).code).toBe("ERR_TEMPLATE_ISSUER");
    expect(validateTemplate(template, { ...bad, signer }, { now: NOW })[0]?.code).toBe("ERR_TEMPLATE_ISSUER");
    expect(calls).toBe(0);
  });

  test("a CA whose key usage is there without keyCertSign, which others have issued", () => {
    const { certificate } = issueSelfSignedSync(noSign, caSigner, { now: NOW });
    // keyCertSign is bit 5 of 86, the octet of digitalSignature, keyCertSign and cRLSign.
    const der = new Uint8Array(certificate.der);
    const at = Buffer.from(der).indexOf(Buffer.from("0603551d0f0101ff040403020186", "hex"));
    der[at + 13] = 0x82;
    const bad = { certificate: parseCertificate(der), signer: caSigner };
    expect(() => issueCertificateSync(TEMPLATE, { ...options, issuer: bad })).toThrow(/has no keyCertSign/);
  });

  test("path length 0 issues leaves, and 1 issues a CA, with a warning if that promises more", () => {
    expect(() =>
      issueCertificateSync(TEMPLATE, { ...options, issuer: authority({ pathLength: 0 }) }),
    ).not.toThrow();
    const of = (pathLength: number) =>
      issueCertificateSync(caTemplate({ subject: { commonName: "sub" }, now: NOW, pathLength }), {
        ...options,
        issuer: authority({ pathLength: 1 }),
      }).findings.map(({ code }) => code);
    expect(of(0)).toEqual([]);
    expect(of(1)).toEqual(["WARN_TEMPLATE_PATH_LENGTH"]);
  });
});

describe("signers that do not do what they say", () => {
  const lying = (sign: Signer["sign"]): Signer => ({ ...caSigner, sign });
  const later = (signer: Signer) => issueCertificate(TEMPLATE, { ...options, issuer: { ...issuer, signer } });
  const atOnce = (signer: Signer) =>
    issueCertificateSync(TEMPLATE, { ...options, issuer: { ...issuer, signer } });
  const result = { code: "ERR_TEMPLATE_RESULT" };

  test.each([
    ["r and s instead of DER", new Uint8Array(64).fill(1)],
    ["nothing", new Uint8Array()],
    ["a signature of another algorithm", keyObjectSigner(nodeKey("Ed25519")).sign(new Uint8Array(1))],
    ["no bytes at all", true as unknown as Uint8Array],
  ])("a signature of wrong form: %s", async (_, signature) => {
    expect(fault(() => atOnce(lying(() => signature)))).toMatchObject(result);
    await expect(later(lying(async () => signature))).rejects.toMatchObject(result);
  });

  test("a signature of another key: found out the first time, with either way", async () => {
    const other = freshSigner();
    await expect(later(lying((data) => other.sign(data)))).rejects.toMatchObject(result);
    const signer = lying((data) => other.sign(data));
    const issue = () =>
      issueCertificateSync(TEMPLATE, {
        ...options,
        issuer: { ...issuer, signer },
        verifier: verifySignatureSync,
      });
    expect(fault(issue)).toMatchObject(result);
    expect(fault(issue)).toMatchObject(result);
  });

  test("a signer is verified once, if it tells the truth", async () => {
    let asked = 0;
    const verifier = () => ++asked > 0;
    const signer = lying(async (data) => caSigner.sign(data));
    for (let i = 0; i < 3; i++)
      await issueCertificate(TEMPLATE, { ...options, issuer: { ...issuer, signer }, verifier });
    expect(asked).toBe(1);
  });

  test("a signer that writes into what it signs changes nothing", () => {
    const signer = lying((data) => {
      const signature = caSigner.sign(data);
      data.fill(0);
      return signature;
    });
    expect(holds(atOnce(signer).certificate.der, caSigner)).toBe(true);
  });

  test("a signer that keeps what it signs, and issues with it in between, has what was signed", async () => {
    const kept: Uint8Array[] = [];
    const signer = lying((data) => {
      kept.push(data);
      issueCertificateSync(clientTemplate({ subject: { commonName: "in between" } }), options);
      return caSigner.sign(data);
    });
    const issued = [atOnce(signer), await later(signer), atOnce(signer)];
    expect(kept.map((data) => hex(data))).toEqual(
      issued.map(({ certificate }) => hex(certificate.tbsCertificate)),
    );
    for (const { certificate } of issued) {
      expect(holds(certificate.der, caSigner)).toBe(true);
      expect(certificate.subject.der).toEqual(encodeName(TEMPLATE.subject));
    }
  });

  test("a verifier and a random source that issue in between change nothing", () => {
    const inBetween = () =>
      void issueCertificateSync(clientTemplate({ subject: { commonName: "in between" } }), options);
    const signed: Uint8Array[] = [];
    const { certificate } = issueCertificateSync(TEMPLATE, {
      ...options,
      issuer: { ...issuer, signer: keyObjectSigner(nodeKey("ECDSA-P256")) },
      random: (bytes) => (inBetween(), bytes.fill(7)),
      verifier: (...[, , , data]) => (inBetween(), signed.push(data) > 0),
    });
    expect(signed).toEqual([certificate.tbsCertificate]);
    expect(certificate.serialNumber).toBe("07".repeat(20));
    expect(holds(certificate.der, caSigner)).toBe(true);
  });

  test("what a signer throws is thrown on", async () => {
    const refuse = (): never => {
      throw new Error("the service is down");
    };
    expect(() => atOnce(lying(refuse))).toThrow("the service is down");
    await expect(later(lying(async () => refuse()))).rejects.toThrow("the service is down");
  });

  test("a promise where there is no time for one is a misuse, and its rejection is nobody's", () => {
    expect(() => atOnce(lying(async (data) => caSigner.sign(data)))).toThrow(TypeError);
    expect(() => atOnce(lying(() => Promise.reject(new Error("late"))))).toThrow(TypeError);
    const verifier = async () => true;
    expect(() =>
      issueCertificateSync(TEMPLATE, {
        ...options,
        issuer: { ...issuer, signer: lying(caSigner.sign) },
        verifier,
      }),
    ).toThrow(TypeError);
  });
});

test("what is prepared for an authority belongs to its certificate and its signer alone", () => {
  const other = authority({ subject: { commonName: "other-ca" } }, freshSigner());
  expect(() => issueCertificateSync(TEMPLATE, { ...options, issuer: other })).not.toThrow();
  const mixed = { certificate: other.certificate, signer: caSigner };
  expect(fault(() => issueCertificateSync(TEMPLATE, { ...options, issuer: mixed })).code).toBe(
    "ERR_TEMPLATE_ISSUER",
  );
});

test("a refusal in the middle leaves nothing behind for the next certificate", () => {
  const bad = servingTemplate({
    subject: { commonName: "web" },
    dnsNames: ["a.example"],
    now: NOW,
    extraExtensions: [{ oid: "not an oid", critical: false, der: Uint8Array.of(5, 0) }],
  });
  expect(fault(() => issueCertificateSync(bad, options)).code).toBe("ERR_TEMPLATE_EXTENSION");
  const { certificate } = issueCertificateSync(TEMPLATE, options);
  expect(holds(certificate.der, caSigner)).toBe(true);
});

test("a counting signer counts, so that the tests of refusals can fail", () => {
  const signer = countingSigner();
  issueCertificateSync(TEMPLATE, { ...options, issuer: { ...issuer, signer } });
  expect(signer.calls).toBe(1);
});
