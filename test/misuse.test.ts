/** Inputs that no type allows, as programs without types make them: a TypeError or an error of ours, and nothing in between. */
import { describe, expect, test } from "vitest";
import {
  encodePem,
  parseCertificate,
  parseCertificateList,
  parseCertificateRequest,
  parseCertificates,
  parseIdentity,
  parsePem,
  parsePrivateKey,
  parsePublicKey,
  pemToDer,
  PkiError,
  safeParseCertificate,
  safeParseCertificateList,
  safeParseCertificateRequest,
  safeParseCertificates,
} from "kubepki";
import { decryptPrivateKey, describe as dump, parseCmsBundle, parsePkcs12, toAsn1js } from "kubepki/formats";
import { parseKeyObject } from "kubepki/node";
import { certificate } from "./support/certificate.ts";

const der = certificate();

const detached = (): Uint8Array => {
  const bytes = der.slice();
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
};

const inputs: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  null: () => null,
  "a number": () => 5,
  "a BigInt": () => 5n,
  "a boolean": () => true,
  "a symbol": () => Symbol("certificate"),
  "a function": () => () => der,
  "an array": () => [...der],
  "an object": () => ({}),
  "an object without prototype": () => Object.create(null) as unknown,
  "raw that is text": () => ({ raw: "x" }),
  "raw that is detached": () => ({ raw: detached() }),
  "a promise": () => Promise.resolve(der),
  "a Blob": () => new Blob([der.slice()]),
  "text as an object": () => new String(encodePem("CERTIFICATE", der)), // eslint-disable-line no-new-wrappers
  "bytes that are detached": detached,
  "a detached buffer": () => detached().buffer,
  "a proxy of bytes": () => new Proxy(der, {}),
  "something with the prototype of bytes": () => Object.create(Uint8Array.prototype) as unknown,
  "numbers of 16 bits": () => new Uint16Array(8),
  "halves of surrogates": () => "\ud800-----BEGIN \udfff-----",
  "no text": () => "",
  "no bytes": () => new Uint8Array(),
};

const readers: Readonly<Record<string, (input: never) => unknown>> = {
  parseIdentity,
  parseCertificate,
  parseCertificates,
  safeParseCertificate,
  safeParseCertificates,
  parseCertificateRequest,
  safeParseCertificateRequest,
  parseCertificateList,
  safeParseCertificateList,
  parsePrivateKey,
  parsePublicKey,
  parseKeyObject,
  parsePem,
  pemToDer: (input) => pemToDer(input, "CERTIFICATE"),
  parsePkcs12: (input) => parsePkcs12(input, "secret"),
  "parsePkcs12, as password": (input) => parsePkcs12(der, input),
  parseCmsBundle,
  decryptPrivateKey: (input) => decryptPrivateKey(input, "secret"),
  describe: dump,
  toAsn1js,
};

describe.for(Object.entries(readers))("%s", ([, read]) => {
  test.for(Object.entries(inputs))("of %s", async ([, make]) => {
    try {
      await read(make() as never);
    } catch (error) {
      expect(error instanceof PkiError || error instanceof TypeError, String(error)).toBe(true);
    }
  });
});

test("a PEM text that is no text is a TypeError", () => {
  expect(() => parsePem([] as never)).toThrow(TypeError);
  expect(() => pemToDer(["-----BEGIN A-----"] as never, "A")).toThrow(TypeError);
});

describe("bytes that somebody else can change or resize", () => {
  const resizable = (bytes: Uint8Array): Uint8Array => {
    const buffer = Reflect.construct(ArrayBuffer, [bytes.length, { maxByteLength: 100_000 }]) as ArrayBuffer;
    new Uint8Array(buffer).set(bytes);
    return new Uint8Array(buffer);
  };
  const shared = (bytes: Uint8Array): Uint8Array => {
    const view = new Uint8Array(new SharedArrayBuffer(bytes.length));
    view.set(bytes);
    return view;
  };

  test.for([
    ["of their own", (bytes: Uint8Array) => bytes.slice()],
    ["that can be resized", resizable],
    ["that threads share", shared],
  ] as const)("%s are copied before they are read", ([, make]) => {
    const input = make(der);
    const read = parseCertificate(input);
    input.fill(0);
    expect(read.der).toEqual(der);
    expect(parseCertificate(make(der)).subject.rdns).toEqual(read.subject.rdns);
    expect(parseIdentity(make(der))?.user).toBe("alice");
  });
});

describe("a limit that is no number", () => {
  test.for(["maxBytes", "maxNameAttributes", "maxNameValueBytes"] as const)(
    "%s lets nothing through",
    (limit) => {
      expect(() => parseCertificate(der, { [limit]: Number.NaN })).toThrow(PkiError);
      const pem = encodePem("CERTIFICATE", der);
      expect(() => parseCertificates(pem, { [limit]: Number.NaN })).toThrow(PkiError);
    },
  );

  test("maxBytes is none for lists and requests either", async () => {
    const limits = { maxBytes: Number.NaN };
    expect(() => parseCertificateList(der, limits)).toThrow(
      expect.objectContaining({ code: "ERR_DER_SIZE" }),
    );
    await expect(parseCertificateRequest(der, limits)).rejects.toMatchObject({ code: "ERR_DER_SIZE" });
  });
});
