/** Requests, held to Go's answers, to the rules of RFC 2986, and to their own signatures. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CertificateRequestError,
  createCertificateRequest,
  createCertificateRequestSync,
  encodePem,
  generateKeyPair,
  keyAlgorithmNames,
  parseCertificateRequest,
  parseCertificateRequestSync,
  PkiError,
  safeParseCertificateRequest,
  supportsKeyAlgorithm,
} from "kubepki";
import type { CertificateRequest, Mode } from "kubepki";
import { verifySignatureSync } from "kubepki/node";
import { certificationRequest, cn, name as dn } from "../support/certificate.ts";
import { oid as objectIdentifier, seq, set, utf8 } from "../support/tlv.ts";
import { readCertificateRequest } from "../../src/x509/certificate-request.ts";

interface GoRequest {
  readonly name: string;
  readonly der: string;
  readonly error?: string;
  readonly request?: {
    readonly subject: { readonly attributes: readonly { readonly oid: string; readonly value?: string }[] };
    readonly extensions?: readonly {
      readonly oid: string;
      readonly critical: boolean;
      readonly value?: string;
    }[];
    readonly dnsNames?: readonly string[];
  };
}

const vectors = JSON.parse(readFileSync(new URL("../vectors/go-requests.json", import.meta.url), "utf8")) as {
  readonly cases: readonly GoRequest[];
};

/** What Go accepts and neither mode does, or the reverse; each a row of docs/strictness.md. */
const exceptions = new Map([
  ["request with a point off the curve", "found when the signature is checked, not when the bytes are read"],
]);

function tryToRead(der: Uint8Array, mode: Mode): CertificateRequest | PkiError {
  try {
    return readCertificateRequest(der, { mode });
  } catch (error) {
    if (error instanceof PkiError) return error;
    throw error;
  }
}

describe("as Go reads it", () => {
  test.for(vectors.cases)("$name", ({ name, der, request: go }) => {
    const bytes = new Uint8Array(Buffer.from(der, "base64"));
    const predicted = tryToRead(bytes, "kubernetes");
    const safe = tryToRead(bytes, "safe");
    if (exceptions.has(name)) return expect(predicted instanceof PkiError).not.toBe(!go);
    if (!(safe instanceof PkiError)) expect(predicted).not.toBeInstanceOf(PkiError);
    if (!go) return expect(predicted).toBeInstanceOf(PkiError);
    if (predicted instanceof PkiError) throw new Error(`Go reads it, we do not: ${predicted.message}`);
    const attributes = predicted.subject.rdns.flat().map(({ type, value }) => ({ oid: type, value }));
    // Go keeps attributes whose value is no string, and understands nothing by them.
    expect(attributes).toEqual(go.subject.attributes.filter(({ value }) => typeof value === "string"));
    expect(predicted.dnsNames).toEqual(go.dnsNames ?? []);
    const extensions = predicted.extensions.map(({ oid, critical, der: value }) => ({
      oid,
      critical,
      value: Buffer.from(value).toString("base64"),
    }));
    expect(extensions).toEqual((go.extensions ?? []).map((item) => ({ value: "", ...item })));
    if (safe instanceof PkiError) expect(predicted.deviations.length).toBeGreaterThan(0);
    else expect(predicted.deviations).toEqual([]);
  });
});

const keys = await generateKeyPair("ECDSA-P256");
const made = await createCertificateRequest(
  {
    subject: { commonName: "jane", organizations: ["a", "b"] },
    dnsNames: ["a.example"],
    ipAddresses: ["192.0.2.1"],
  },
  keys.signer,
);

describe("a request that is made", () => {
  test("says what was asked for, and is the same as PEM, as DER and as itself", async () => {
    for (const input of [made.pem, made.request.der, { raw: made.request.der }, made.request]) {
      const request = await parseCertificateRequest(input);
      expect(request.der).toEqual(made.request.der);
      expect(request.dnsNames).toEqual(["a.example"]);
      expect(request.ipAddresses).toEqual(["192.0.2.1"]);
      expect(request.subject.rdns.flat().map(({ value }) => value)).toEqual(["a", "b", "jane"]);
      expect(request.subjectPublicKeyInfo).toEqual(keys.publicKey.subjectPublicKeyInfo);
    }
  });

  test.for(keyAlgorithmNames())(
    "is taken with a key of %s",
    { timeout: 60_000 },
    async (algorithm, { skip }) => {
      skip(!(await supportsKeyAlgorithm(algorithm)), `this runtime has no ${algorithm}`);
      const { signer } = await generateKeyPair(algorithm);
      const { pem } = await createCertificateRequest({ subject: { commonName: "jane" } }, signer);
      const request = await parseCertificateRequest(pem);
      expect(request.signatureAlgorithm.der).toEqual(signer.signatureAlgorithm);
    },
  );

  test("without names has an empty list of attributes, as RFC 2986 wants it", async () => {
    const { request } = await createCertificateRequest({ subject: { commonName: "jane" } }, keys.signer);
    expect(request.attributes).toEqual([]);
    expect(request.extensions).toEqual([]);
  });

  test("has the attributes that Go writes: none, or one list of extensions", async () => {
    const attributesOf = async (names: { dnsNames?: string[] }, commonName?: string) => {
      const subject = commonName === undefined ? {} : { commonName };
      const { request } = await createCertificateRequest({ subject, ...names }, keys.signer);
      const info = Buffer.from(request.certificationRequestInfo);
      const end = info.indexOf(keys.signer.subjectPublicKeyInfo) + keys.signer.subjectPublicKeyInfo.length;
      return info.subarray(end).toString("hex");
    };
    const dns = "a01f301d06092a864886f70d01090e3110300e300c0603551d1104053003820161";
    expect(await attributesOf({}, "jane")).toBe("a000");
    expect(await attributesOf({ dnsNames: ["a"] }, "jane")).toBe(dns);
    expect(await attributesOf({ dnsNames: ["a"] })).toBe(dns); // not critical without a subject, either
  });

  test("has each extension once", async () => {
    const twice = { id: "keyUsage", critical: true, value: ["digitalSignature"] } as const;
    const template = { subject: { commonName: "jane" }, extraExtensions: [twice, twice] };
    await expect(createCertificateRequest(template, keys.signer)).rejects.toMatchObject({
      code: "ERR_TEMPLATE_EXTENSION",
    });
  });

  test.for([
    [{ subject: { commonName: "a\u0000b" } }, "ERR_TEMPLATE_SUBJECT"],
    [{ subject: { commonName: "jane" }, dnsNames: ["10.0.0.1"] }, "ERR_TEMPLATE_ALTERNATIVE_NAME"],
    [{ subject: { commonName: "\ud800" } }, "ERR_TEMPLATE_NAME"],
  ] as const)("is refused before it is signed: %j", async ([template, code]) => {
    let signed = false;
    const signer = { ...keys.signer, sign: () => ((signed = true), new Uint8Array()) };
    await expect(createCertificateRequest(template, signer)).rejects.toMatchObject({ code });
    expect(signed).toBe(false);
  });

  test("may be for a kubelet, whose name has privileges", async () => {
    const subject = { commonName: "system:node:n1", organizations: ["system:nodes"] };
    const { request } = await createCertificateRequest({ subject }, keys.signer);
    expect(request.subject.rdns.flat()).toHaveLength(2);
  });

  test("is not let out with the signature of another key, or none", async () => {
    const other = await generateKeyPair("ECDSA-P256");
    const { subjectPublicKeyInfo } = keys.signer;
    for (const signer of [
      { ...other.signer, subjectPublicKeyInfo },
      { ...keys.signer, sign: () => new Uint8Array(8) },
    ])
      await expect(
        createCertificateRequest({ subject: { commonName: "jane" } }, signer),
      ).rejects.toMatchObject({ code: "ERR_TEMPLATE_RESULT" });
  });

  test("wants a signer that answers at once where nobody waits", () => {
    expect(() => createCertificateRequestSync({ subject: { commonName: "jane" } }, keys.signer)).toThrow(
      TypeError,
    );
  });
});

const version = spawnSync("openssl", ["version"], { encoding: "utf8" }).stdout as string | null;
if (!version) console.info("skipped: there is no openssl command");

describe.skipIf(!version)("openssl", () => {
  const openssl = (args: string[], input?: string): string =>
    execFileSync("openssl", args, { encoding: "utf8", input, stdio: ["pipe", "pipe", "pipe"] });

  test("reads ours, verifies it, and writes the same bytes again", () => {
    expect(openssl(["req", "-verify", "-noout", "-text"], made.pem)).toMatch(
      /DNS:a\.example, IP Address:192\.0\.2\.1/,
    );
    expect(openssl(["req", "-outform", "PEM"], made.pem)).toBe(made.pem);
  });

  test.for([
    ["EC", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]],
    ["RSA", ["-newkey", "rsa:2048"]],
    ["Ed25519", ["-newkey", "ed25519"]],
  ] as const)("makes a request with a key of %s, which is read", async ([, args]) => {
    const subject = ["-nodes", "-keyout", "/dev/null", "-subj", "/O=system:nodes/CN=system:node:n1"];
    const names = ["-addext", "subjectAltName=DNS:n1.example,IP:192.0.2.7"];
    const pem = openssl([
      "req",
      "-new",
      ...args,
      ...subject,
      ...names,
      "-addext",
      "keyUsage=digitalSignature",
    ]);
    const request = await parseCertificateRequest(pem);
    expect(request.dnsNames).toEqual(["n1.example"]);
    expect(request.ipAddresses).toEqual(["192.0.2.7"]);
    expect(request.extensionValue("keyUsage")).toEqual(["digitalSignature"]);
  });
});

describe("a request is refused", () => {
  const verifySignature = verifySignatureSync;

  test("if another key was put into it", async () => {
    const other = await generateKeyPair("ECDSA-P256");
    const der = made.request.der.slice();
    const at = Buffer.from(der).indexOf(Buffer.from(keys.publicKey.subjectPublicKeyInfo));
    der.set(other.publicKey.subjectPublicKeyInfo, at);
    const expected = { code: "ERR_REQUEST_SIGNATURE" };
    await expect(parseCertificateRequest(der)).rejects.toMatchObject(expected);
    expect(() => parseCertificateRequestSync(der, { verifySignature })).toThrow(
      expect.objectContaining(expected) as Error,
    );
    expect(await safeParseCertificateRequest(der)).toMatchObject({ ok: false, error: expected });
  });

  test("if its name was changed", async () => {
    const der = made.request.der.slice();
    der[Buffer.from(der).indexOf("jane")] = 0x4a;
    await expect(parseCertificateRequest(der)).rejects.toMatchObject({ code: "ERR_REQUEST_SIGNATURE" });
  });

  test("if its version is not 0", () => {
    const der = made.request.der.slice();
    der[Buffer.from(der).indexOf(Buffer.of(2, 1, 0)) + 2] = 1;
    expect(() => readCertificateRequest(der)).toThrow(
      expect.objectContaining({ code: "ERR_REQUEST_VERSION" }) as Error,
    );
  });

  test("if there is a second block, unless Kubernetes is predicted, which does not see it", async () => {
    const text = made.pem + made.pem;
    await expect(parseCertificateRequest(text)).rejects.toMatchObject({ code: "ERR_PEM_MULTIPLE" });
    const request = await parseCertificateRequest(text, { mode: "kubernetes" });
    expect(request.der).toEqual(made.request.der);
  });

  test("if the label is another", async () => {
    const text = encodePem("NEW CERTIFICATE REQUEST", made.request.der);
    for (const mode of ["safe", "kubernetes"] as const)
      await expect(parseCertificateRequest(text, { mode })).rejects.toMatchObject({ code: "ERR_PEM_LABEL" });
  });

  test("if it is a tolerated one that is handed on to safe mode", async () => {
    const two = vectors.cases.find(({ name }) => name === "request with different extension requests")!;
    const request = readCertificateRequest(new Uint8Array(Buffer.from(two.der, "base64")), {
      mode: "kubernetes",
    });
    await expect(parseCertificateRequest(request)).rejects.toMatchObject({ code: "ERR_REQUEST_ATTRIBUTE" });
    expect(await parseCertificateRequest(request, { mode: "kubernetes" })).toBe(request);
  });

  test("wherever it is cut", () => {
    const { der } = made.request;
    for (let length = 0; length < der.length; length++)
      for (const mode of ["safe", "kubernetes"] as const)
        expect(tryToRead(der.slice(0, length), mode), `${length} octets`).toBeInstanceOf(PkiError);
  });

  test("whichever octet is changed", () => {
    const { der } = made.request;
    for (let at = 0; at < der.length; at++)
      for (const change of [0x01, 0x80, 0xff]) {
        const changed = der.slice();
        changed[at]! ^= change;
        expect(() => parseCertificateRequestSync(changed, { verifySignature }), `octet ${at}`).toThrow(
          PkiError,
        );
      }
  });

  test("by a typed error, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(made.request.der.length - 1), (bytes, at) => {
        const spliced = made.request.der.slice();
        spliced.set(bytes.subarray(0, spliced.length - at), at);
        for (const input of [bytes, spliced])
          for (const mode of ["safe", "kubernetes"] as const) {
            const read = tryToRead(input, mode);
            if (!(read instanceof PkiError)) JSON.stringify(read);
          }
      }),
      { numRuns: 2000 },
    );
  });
});

test("a challenge password shows in no text about the request", () => {
  const password = seq(objectIdentifier("1.2.840.113549.1.9.7"), set(utf8("correct horse")));
  const request = readCertificateRequest(certificationRequest(dn(cn("jane")), password));
  expect(request.attributes[0]?.values).toEqual(set(utf8("correct horse")));
  expect(JSON.stringify(request)).toContain("1.2.840.113549.1.9.7");
  for (const text of [JSON.stringify(request), inspect(request)]) expect(text).not.toContain("correct horse");
});

test("the error class says that it is about a request", () => {
  expect(new CertificateRequestError("ERR_REQUEST_SIGNATURE", "x")).toBeInstanceOf(PkiError);
});
