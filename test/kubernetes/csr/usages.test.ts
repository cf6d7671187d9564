import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CERTIFICATE_USAGES,
  isCertificateUsage,
  usagesFromX509,
  usagesToX509,
} from "../../../src/kubernetes/csr/usages.ts";
import { EXTENDED_KEY_USAGES } from "../../../src/x509/extensions/extended-key-usage.ts";
import { KEY_USAGES } from "../../../src/x509/extensions/key-usage.ts";

/** Kubernetes pkg/apis/certificates/v1/helpers.go: bits by number, extended key usages by identifier. */
const bits: [usage: string, bit: number][] = [
  ["signing", 0],
  ["digital signature", 0],
  ["content commitment", 1],
  ["key encipherment", 2],
  ["data encipherment", 3],
  ["key agreement", 4],
  ["cert sign", 5],
  ["crl sign", 6],
  ["encipher only", 7],
  ["decipher only", 8],
];
const identifiers: [usage: string, oid: string][] = [
  ["any", "2.5.29.37.0"],
  ["server auth", "1.3.6.1.5.5.7.3.1"],
  ["client auth", "1.3.6.1.5.5.7.3.2"],
  ["code signing", "1.3.6.1.5.5.7.3.3"],
  ["email protection", "1.3.6.1.5.5.7.3.4"],
  ["s/mime", "1.3.6.1.5.5.7.3.4"],
  ["ipsec end system", "1.3.6.1.5.5.7.3.5"],
  ["ipsec tunnel", "1.3.6.1.5.5.7.3.6"],
  ["ipsec user", "1.3.6.1.5.5.7.3.7"],
  ["timestamping", "1.3.6.1.5.5.7.3.8"],
  ["ocsp signing", "1.3.6.1.5.5.7.3.9"],
  ["microsoft sgc", "1.3.6.1.4.1.311.10.3.3"],
  ["netscape sgc", "2.16.840.1.113730.4.1"],
];
const words = [...bits, ...identifiers].map(([usage]) => usage);
const someWords = fc.array(fc.constantFrom(...words));

describe("usages to X.509", () => {
  test.each(bits)("%s is bit %i of the key usage", (usage, bit) => {
    const expected = { keyUsage: [KEY_USAGES[bit]], extendedKeyUsage: [], unknown: [] };
    expect(usagesToX509([usage])).toEqual(expected);
  });

  test.each(identifiers)("%s is the extended key usage %s", (usage, oid) => {
    const { keyUsage, extendedKeyUsage, unknown } = usagesToX509([usage]);
    const oids = extendedKeyUsage.map(
      (name) => EXTENDED_KEY_USAGES[name as keyof typeof EXTENDED_KEY_USAGES],
    );
    expect({ keyUsage, oids, unknown }).toEqual({ keyUsage: [], oids: [oid], unknown: [] });
  });

  test("the table has the 23 usages and no other", () => {
    expect(Object.keys(CERTIFICATE_USAGES).toSorted()).toEqual(words.toSorted());
    expect(words).toHaveLength(23);
  });

  test("all of them together stand in the order of kube-controller-manager's certificates, aliases once", () => {
    const { keyUsage, extendedKeyUsage } = usagesToX509(words.toReversed());
    expect(keyUsage).toEqual([...KEY_USAGES]);
    expect(extendedKeyUsage).toEqual([
      "any",
      "serverAuth",
      "clientAuth",
      "codeSigning",
      "emailProtection",
      "ipsecEndSystem",
      "ipsecTunnel",
      "ipsecUser",
      "timeStamping",
      "ocspSigning",
      "microsoftServerGatedCrypto",
      "netscapeServerGatedCrypto",
    ]);
  });

  test("law: neither order nor repetition of the usages makes a difference", () => {
    const shuffled = someWords.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(usagesToX509(other)).toEqual(usagesToX509(list));
      }),
    );
  });

  test.each(["Client Auth", "clientAuth", " client auth", "", "__proto__", "toString", "constructor"])(
    "%j is unknown, and said to be",
    (usage) => {
      expect(isCertificateUsage(usage)).toBe(false);
      expect(usagesToX509([usage, "any", usage]).unknown).toEqual([usage, usage]);
    },
  );
});

describe("usages from X.509", () => {
  test("of aliases it takes the one that all signers take", () => {
    const x509 = { keyUsage: ["digitalSignature"], extendedKeyUsage: ["emailProtection"] } as const;
    expect(usagesFromX509(x509)).toEqual({ usages: ["digital signature", "email protection"], unknown: [] });
  });

  test("extended key usages without a word are told, each once", () => {
    const extendedKeyUsage = ["1.2.3.4", "clientAuth", "1.2.3.4"] as const;
    expect(usagesFromX509({ extendedKeyUsage })).toEqual({ usages: ["client auth"], unknown: ["1.2.3.4"] });
  });

  test("a certificate without usages has none", () => {
    expect(usagesFromX509({})).toEqual({ usages: [], unknown: [] });
  });

  test("law: there and back gives the same certificate", () => {
    fc.assert(
      fc.property(someWords, (list) => {
        const there = usagesToX509(list);
        expect(usagesToX509(usagesFromX509(there).usages)).toEqual(there);
      }),
    );
  });
});
