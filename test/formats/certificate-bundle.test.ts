/** CMS bundles: ours to ourselves, to OpenSSL and back. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodePem, PkiError } from "kubepki";
import { createCmsBundle, parseCmsBundle } from "kubepki/formats";
import { certificate as certificateDer } from "../support/certificate.ts";
import { ctx, generalizedTime, int, oid, seq, set, utcTime } from "../support/tlv.ts";
import { authority, leaf, openSslFolder, openSslVersion } from "./support.ts";

const pem = createCmsBundle([leaf, authority]);
const der = new Uint8Array(Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ""), "base64"));
const ders = (input: string | Uint8Array): Uint8Array[] =>
  parseCmsBundle(input).map((certificate) => certificate.der);
describe("a bundle", () => {
  test("holds its certificates in their order, byte for byte", () => {
    expect(ders(pem)).toEqual([leaf.der, authority.der]);
    expect(ders(der)).toEqual([leaf.der, authority.der]);
    expect(ders(pem.replaceAll("PKCS7", "CMS"))).toEqual([leaf.der, authority.der]);
    expect(ders(createCmsBundle([]))).toEqual([]);
  });

  test.for<[string, string | Uint8Array, string]>([
    ["text", "hello", "ERR_PEM_NO_BLOCK"],
    ["nothing", new Uint8Array(), "ERR_FORMAT_STRUCTURE"],
    ["a certificate", leaf.der, "ERR_FORMAT_STRUCTURE"],
    ["an empty SEQUENCE", new Uint8Array([0x30, 0]), "ERR_FORMAT_STRUCTURE"],
    ["other content", new Uint8Array([0x30, 5, 6, 3, 0x2a, 3, 4]), "ERR_FORMAT_UNSUPPORTED"],
  ])("is not %s", ([, input, code]) => {
    expect(() => parseCmsBundle(input)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test("with any octet changed, or cut, gives certificates or an error of ours", () => {
    for (let at = 0; at < der.length; at++)
      for (const change of [0x01, 0x20, 0x80]) {
        const broken = der.slice();
        broken[at]! ^= change;
        try {
          parseCmsBundle(broken);
        } catch (error) {
          expect(error, `octet ${at}`).toBeInstanceOf(PkiError);
        }
      }
    for (let length = 0; length < der.length; length++)
      expect(() => parseCmsBundle(der.subarray(0, length))).toThrow(PkiError);
  });

  test("of the size of a public trust store is read whole, also as PEM of more than a mebibyte where the caller allows it", () => {
    const store = createCmsBundle(Array<typeof leaf>(300).fill(leaf));
    expect(ders(store)).toHaveLength(300);
    const large = `${"#".repeat(2_200_000)}\n${store}`;
    expect(() => parseCmsBundle(large)).toThrow(expect.objectContaining({ code: "ERR_PEM_SIZE" }) as Error);
    expect(parseCmsBundle(large, { maxBytes: 2 ** 21 })).toHaveLength(300);
  });

  test("of certificates that only Go reads is read where the caller asks for that", () => {
    const odd = certificateDer({
      validity: seq(generalizedTime("20200101000000Z"), utcTime("491231235959Z")),
    });
    const content = seq(int(1), set(), seq(oid("1.2.840.113549.1.7.1")), ctx(0, odd), set());
    const bundle = seq(oid("1.2.840.113549.1.7.2"), ctx(0, content));
    expect(() => parseCmsBundle(bundle)).toThrow(expect.objectContaining({ code: "ERR_DER_TIME" }) as Error);
    const [read] = parseCmsBundle(bundle, { certificates: { mode: "kubernetes" } });
    expect(read?.der).toEqual(odd);
  });

  test("nested without end is refused", () => {
    const deep = Buffer.from("30".padEnd(2, "0") + "80" + "3080".repeat(50_000), "hex");
    expect(() => parseCmsBundle(new Uint8Array(deep))).toThrow(
      expect.objectContaining({ code: "ERR_FORMAT_STRUCTURE" }) as Error,
    );
  });

  test("larger than the limit is refused", () => {
    expect(() => parseCmsBundle(der, { maxBytes: 100 })).toThrow(
      expect.objectContaining({ code: "ERR_FORMAT_LIMIT" }) as Error,
    );
  });
});

describe.skipIf(!openSslVersion)("OpenSSL", () => {
  const { folder, openssl } = openSslFolder();

  test("reads ours, and ours reads its", () => {
    writeFileSync(join(folder, "ours.p7b"), pem);
    const printed = openssl("pkcs7", "-in", "ours.p7b", "-print_certs");
    expect(printed).toContain(encodePem("CERTIFICATE", leaf.der));
    expect(printed).toContain(encodePem("CERTIFICATE", authority.der));
    writeFileSync(
      join(folder, "all.pem"),
      encodePem("CERTIFICATE", leaf.der) + encodePem("CERTIFICATE", authority.der),
    );
    openssl("crl2pkcs7", "-nocrl", "-certfile", "all.pem", "-out", "theirs.p7b");
    const theirs = readFileSync(join(folder, "theirs.p7b"), "utf8");
    expect(ders(theirs)).toEqual([leaf.der, authority.der]);
    expect(theirs).toBe(pem);
  });
});
