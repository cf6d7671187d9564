/** Some elements are passed by comparing octets instead of reading them: the answer must be the reader's all the same. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DerReader } from "../../src/der/reader.ts";
import { DerError, parseCertificate, safeParseCertificate } from "../../src/index.ts";
import { walkAlgorithmIdentifier, walkSubjectPublicKeyInfo } from "../../src/x509/subject-public-key-info.ts";
import { certificate, p256Key } from "../support/certificate.ts";
import { nul, oid, seq } from "../support/tlv.ts";

const ecdsa = seq(oid("1.2.840.10045.4.3.2"));
const rsa = seq(oid("1.2.840.113549.1.1.11"), nul);

/** Offsets at which `part` stands in `der`. */
function offsetsOf(der: Uint8Array, part: Uint8Array): number[] {
  const at: number[] = [];
  for (let i = 0; i + part.length <= der.length; i++)
    if (part.every((octet, j) => der[i + j] === octet)) at.push(i);
  return at;
}

describe("elements that are known by their octets", () => {
  test.each([
    ["1.2.840.10045.4.3.2", ecdsa, undefined],
    ["1.2.840.113549.1.1.11", rsa, nul],
  ])("the algorithm %s has its identifier, parameters and octets", (algorithm, der, parameters) => {
    const read = parseCertificate(certificate({ innerAlgorithm: der })).signatureAlgorithm;
    expect(read.algorithm).toBe(algorithm);
    expect(read.parameters).toEqual(parameters);
    expect(read.der).toEqual(der);
  });

  test("no octet of them can be changed, in both places alike, so that another certificate is taken for this one", () => {
    for (const known of [ecdsa, rsa, p256Key]) {
      const der = certificate(known === p256Key ? {} : { innerAlgorithm: known });
      const places = offsetsOf(der, known);
      const [place = 0] = places;
      expect(places.length).toBe(known === p256Key ? 1 : 2);
      // Of the key, the octets before the coordinates: those are anything.
      const octets = known === p256Key ? 27 : known.length;
      fc.assert(
        fc.property(fc.nat(octets - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
          const other = der.slice();
          for (const start of places) other[start + at]! ^= change;
          const result = safeParseCertificate(other);
          if (!result.ok) return;
          const { signatureAlgorithm, subjectPublicKeyInfo } = result.value;
          const read = known === p256Key ? subjectPublicKeyInfo : signatureAlgorithm.der;
          expect(read).toEqual(other.subarray(place, place + known.length));
        }),
      );
    }
  });

  test("an element that ends too early is not read beyond its end", () => {
    for (const known of [ecdsa, rsa, p256Key]) {
      const walk = known === p256Key ? walkSubjectPublicKeyInfo : walkAlgorithmIdentifier;
      for (let end = 0; end < known.length; end++)
        expect(() => walk(new DerReader(known, { end }), "")).toThrow(DerError);
    }
  });
});
