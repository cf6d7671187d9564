import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe as group, expect, test } from "vitest";
import { caTemplate, encodePem, generateKeyPair, issueSelfSigned } from "../../src/index.ts";
import { rowsOf } from "../../src/formats/description-rows.ts";
import type { Row } from "../../src/formats/description-rows.ts";
import { describe } from "../../src/formats/index.ts";
import { hex } from "../support/tlv.ts";
import { openSslVersion } from "./support.ts";

const { signer } = await generateKeyPair("ECDSA-P256");
const { certificate } = await issueSelfSigned(
  caTemplate({ subject: { commonName: "ca", organizations: ["plätze, 1"] } }),
  signer,
);

/** Octets that a row shows itself: those of an enclosing BIT STRING's first octet too. */
function covered(row: Row): readonly [number, number] {
  if (row.kind !== "opens") return [row.at, row.at + row.header + row.length];
  return [row.at, row.at + row.header + (row.isEnclosing && row.number === 3 ? 1 : 0)];
}

function expectEachOctetOnce(bytes: Uint8Array): void {
  let at = 0;
  for (const row of rowsOf(bytes)) {
    const [from, to] = covered(row);
    expect(from).toBe(at);
    expect(to).toBeGreaterThan(from);
    at = to;
  }
  expect(at).toBe(bytes.length);
}

group("describe", () => {
  test("shows each octet of any bytes in exactly one line, and never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expectEachOctetOnce(bytes);
        describe(bytes);
      }),
    );
  });

  test("shows each octet of a certificate in one line, whichever of them is changed or cut", () => {
    fc.assert(
      fc.property(fc.nat(certificate.der.length - 1), fc.nat(255), fc.boolean(), (at, octet, isCut) => {
        const bytes = certificate.der.slice(0, isCut ? at : undefined);
        if (!isCut) bytes[at] = octet;
        expectEachOctetOnce(bytes);
        describe(bytes);
      }),
    );
  });

  test.runIf(openSslVersion)(
    "finds the elements that openssl finds, where openssl looks into no strings",
    () => {
      const theirs = execFileSync("openssl", ["asn1parse", "-inform", "DER"], {
        input: certificate.der,
        encoding: "utf8",
      });
      const lines = theirs.matchAll(/^ *(\d+):d= *(\d+) +hl=(\d+) +l= *(\d+) /gm);
      const expected = Array.from(lines, (line) => line.slice(1).map(Number));
      const found: number[][] = [];
      let hidden = 0;
      for (const row of rowsOf(certificate.der)) {
        if (row.at < hidden) continue;
        if (row.isEnclosing) hidden = row.at + row.header + row.length;
        found.push([row.at, row.depth, row.header, row.length]);
      }
      expect(found).toEqual(expected);
      expect(found.length).toBeGreaterThan(30);
    },
  );

  test("names what it knows, and takes apart what is in strings", () => {
    const text = describe(certificate.der);
    expect(text).toContain("OBJECT IDENTIFIER 1.2.840.10045.4.3.2 (ecdsaWithSHA256)");
    expect(text).toContain("OBJECT IDENTIFIER 1.2.840.10045.3.1.7 (P-256)");
    expect(text).toContain("OBJECT IDENTIFIER 2.5.29.19 (basicConstraints)");
    expect(text).toContain("OCTET STRING, in which there is");
    expect(text).toContain('UTF8String "plätze, 1"');
    expect(text).toMatch(/UTCTime 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ/);
  });

  const rows: readonly [name: string, input: string, value: string][] = [
    ["a negative INTEGER", "02 01 ff", "INTEGER -1"],
    ["an INTEGER of six octets", "02 06 7fffffffffff", "INTEGER 140737488355327"],
    ["a longer INTEGER as hex", "02 07 01000000000000", "INTEGER 01000000000000"],
    ["BOOLEAN TRUE", "01 01 ff", "BOOLEAN TRUE"],
    ["a BOOLEAN of BER", "01 01 01", "BOOLEAN !! neither 00 nor ff: 01"],
    ["NULL", "05 00", "NULL"],
    ["a BIT STRING with unused bits", "03 02 05 a0", "BIT STRING a0, 5 bits unused"],
    [
      "an empty BIT STRING without its first octet",
      "03 00",
      "BIT STRING !! the number of unused bits is missing",
    ],
    ["a point of a curve that looks like an OCTET STRING", "03 04 00 04 01 aa", "BIT STRING 0401aa"],
    ["a UTF8String that is none", "0c 01 ff", "UTF8String !! no utf-8: ff"],
    ["a UTF8String that steers a terminal", "0c 03 e280ae", 'UTF8String "\\u{202e}"'],
    ["a BMPString", "1e 04 00610062", "BMPString ab"],
    ["a GeneralizedTime", "18 0f 32303530303130313030303030305a", "GeneralizedTime 2050-01-01T00:00:00Z"],
    ["a UTCTime of the last century", "17 0d 3530303130313030303030305a", "UTCTime 1950-01-01T00:00:00Z"],
    ["a UTCTime of another form", "17 02 3530", "UTCTime 50"],
    ["a context tag with text", "82 02 6162", '[2] primitive 6162 "ab"'],
    ["an application tag", "41 01 00", "[application 1] primitive 00"],
    ["a tag in the long form", "df 8148 01 00", "[private 200] primitive 00"],
    ["an unknown object identifier", "06 03 2a0304", "OBJECT IDENTIFIER 1.2.3.4"],
    ["an object identifier that is cut", "06 01 80", "OBJECT IDENTIFIER !! no object identifier: 80"],
    ["an indefinite length", "30 80 0000", "!! the length is indefinite, which is BER: 30800000"],
    [
      "a length that is too long",
      "30 81 01 05",
      "!! the length is longer than it must be, which is BER: 30810105",
    ],
    ["an element that is cut", "04 05 0501", "OCTET STRING !! 5 octets are announced, and 2 are left 0501"],
    ["a length that is missing", "30", "!! the length is missing: 30"],
    ["nothing but a long tag", "bf 81", "!! the tag is cut: bf81"],
  ];
  test.for(rows)("%s", ([, input, value]) => {
    const [, text] = /^ +0 \d\+\d+ +(.*)\n$/.exec(describe(hex(input)))!;
    expect(text).toBe(value);
  });

  test("goes on behind the element in which something is broken", () => {
    const text = describe(hex("30 09 30 02 0205 02 03 010203"));
    expect(text).toContain("INTEGER !! 5 octets are announced, and 0 are left");
    expect(text).toContain("INTEGER 66051");
  });

  test("goes on inside of an element that is cut, as far as there are bytes", () => {
    const text = describe(certificate.der.slice(0, 100));
    expect(text).toMatch(/^ +0 4\+96 +SEQUENCE !! \d+ octets are announced, and 96 are left\n/);
    expect(text).toContain("ecdsaWithSHA256");
  });

  test("never shows a private key of any format", () => {
    const pairs = [
      generateKeyPairSync("ec", { namedCurve: "P-256" }),
      generateKeyPairSync("rsa", { modulusLength: 2048 }),
      generateKeyPairSync("ed25519"),
    ];
    for (const { privateKey } of pairs) {
      const jwk = privateKey.export({ format: "jwk" });
      const secrets = ["d", "p", "q", "dp", "dq", "qi"].flatMap((field) => {
        const value = jwk[field];
        return typeof value === "string"
          ? [Buffer.from(value, "base64url").toString("hex").slice(0, 24)]
          : [];
      });
      const types =
        jwk.kty === "RSA"
          ? (["pkcs8", "pkcs1"] as const)
          : jwk.kty === "EC"
            ? (["pkcs8", "sec1"] as const)
            : (["pkcs8"] as const);
      for (const type of types) {
        const text = describe(new Uint8Array(privateKey.export({ type: type as "pkcs8", format: "der" })));
        expect(text).toContain("(of a private key, not shown)");
        for (const secret of secrets) expect(text).not.toContain(secret);
      }
    }
  });

  test("describes each block of a PEM text under its label", () => {
    const text = describe(encodePem("CERTIFICATE", certificate.der) + encodePem("PUBLIC KEY", hex("05 00")));
    expect(text.startsWith("CERTIFICATE\n   0 4+")).toBe(true);
    expect(text.endsWith("PUBLIC KEY\n   0 2+0    NULL\n")).toBe(true);
    expect(() => describe("no PEM")).toThrow(expect.objectContaining({ code: "ERR_PEM_NO_BLOCK" }));
  });

  test("takes nothing but bytes and text", () => {
    for (const input of [5, null, {}, [0x30, 0]]) expect(() => describe(input as never)).toThrow(TypeError);
    expect(() => describe(new Uint8Array(2), { maxBytes: Number.NaN })).toThrow(
      expect.objectContaining({ code: "ERR_FORMAT_LIMIT" }),
    );
  });

  test("stops at its limits and says so", () => {
    const bytes = new Uint8Array(20).map((_, i) => (i % 2 === 0 ? 5 : 0));
    expect(describe(bytes, { maxLines: 3 })).toMatch(/\n\.\.\. 14 octets are left\n$/);
    expect(() => describe(bytes, { maxBytes: 19 })).toThrow(
      expect.objectContaining({ code: "ERR_FORMAT_LIMIT" }),
    );
    expect(describe(new Uint8Array())).toBe("");
    let nested: Uint8Array = new Uint8Array();
    for (let i = 0; i < 40; i++) nested = Uint8Array.of(0x30, nested.length, ...nested);
    expect(describe(nested)).toContain("!! elements are nested deeper than 32");
  });
});
