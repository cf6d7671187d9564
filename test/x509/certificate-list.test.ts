/** Certificate lists: one mutation, one code; and the laws that hold for every list. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { PkiError } from "../../src/errors.ts";
import { encodePem } from "../../src/pem.ts";
import { parseCertificateList, safeParseCertificateList } from "../../src/x509/certificate-list.ts";
import { firstSlot, hashSerial, serialContents } from "../../src/x509/serial-index.ts";
import { fault } from "../support/fault.ts";
import { certificateList, crlNumber, entry, reasonCode } from "../support/certificate-list.ts";
import { elementsOf, mutate } from "../support/mutate.ts";
import { Random } from "../support/random.ts";
import { generalizedTime, hex, int, join, tlv, utcTime } from "../support/tlv.ts";
import { extension } from "../support/certificate.ts";
import { malformedLists, soundLists } from "./malformed/lists.ts";

describe("the sound lists that are mutated", () => {
  test.for(Object.entries(soundLists))("%s", ([, der]) => {
    expect(parseCertificateList(der).der).toEqual(der);
    expect(parseCertificateList(der, { mode: "kubernetes" }).deviations).toEqual([]);
  });
});

test("a list of 200,000 entries with serial numbers of 20 octets is read and searched without an option", () => {
  const number = (i: number): bigint => 2n ** 158n + BigInt(i);
  const entries = Array.from({ length: 200_000 }, (_, i) => entry(number(i)));
  const rawEntries = tlv(0x30, new Uint8Array(Buffer.concat(entries)));
  const list = parseCertificateList(certificateList({ rawEntries }));
  expect(list.size).toBe(200_000);
  expect(list.find(number(199_999).toString(16))?.serialNumber).toBe(number(199_999).toString(16));
});

describe("lists with one fault", () => {
  test("are at least 60, and each differs from the others", () => {
    expect(malformedLists.length).toBeGreaterThanOrEqual(60);
    for (const key of ["title", "der"] as const)
      expect(new Set(malformedLists.map((row) => String(row[key]))).size).toBe(malformedLists.length);
  });

  test.for(malformedLists)("$title", ({ der, code, path, kubernetes }) => {
    const { offset, ...safe } = fault(() => parseCertificateList(der));
    expect(safe).toEqual(path === undefined ? { code } : { code, path });
    expect(offset).toBeLessThanOrEqual(der.length);
    const parse = () => parseCertificateList(der, { mode: "kubernetes" });
    if (kubernetes === "accepts") expect(parse().deviations[0]).toMatchObject(safe);
    else expect(fault(parse).code).toBe(code);
  });
});

describe("values", () => {
  const list = parseCertificateList(soundLists["every extension"]!);

  test("are those that were written", () => {
    expect(list.crlNumber).toBe("011170");
    expect(list.thisUpdate.toISOString()).toBe("2025-01-01T00:00:00.000Z");
    expect(list.nextUpdate?.toISOString()).toBe("2049-12-31T23:59:59.000Z");
    expect(list.authorityKeyIdentifier?.keyIdentifier).toEqual(new Uint8Array(20));
    expect(list.issuingDistributionPoint).toEqual({
      fullName: [{ type: "uri", value: "http://ca/list" }],
      onlyContainsUserCerts: true,
      onlySomeReasons: ["keyCompromise", "cACompromise"],
    });
    expect(list.freshestCrl).toEqual([{ fullName: [{ type: "uri", value: "http://ca/delta" }] }]);
    expect(list.deltaCrlIndicator).toBeUndefined();
    expect(parseCertificateList(soundLists["a delta"]!).deltaCrlIndicator).toBe("01");
  });

  test("of entries are found by serial number, whatever zeros stand in front of it", () => {
    expect(list.find("1")).toMatchObject({ serialNumber: "01", reasonCode: "keyCompromise" });
    expect(list.find("0002")?.invalidityDate?.toISOString()).toBe("2024-01-01T00:00:00.000Z");
    expect(list.find("03")?.certificateIssuer).toEqual([{ type: "dns", value: "other" }]);
    expect(list.find("FF")?.serialNumber).toBe("ff");
    expect(list.find("0")?.serialNumber).toBe("00");
    expect(list.find("7")?.revocationDate.toISOString()).toBe("2050-01-01T00:00:00.000Z");
    expect(list.find("100")).toBeUndefined();
    expect(list.find("f".repeat(600))).toBeUndefined();
    expect(() => list.find("")).toThrow(TypeError);
    expect(() => list.find("0x1")).toThrow(TypeError);
  });

  test("that a number of JavaScript cannot tell apart are apart", () => {
    const near = parseCertificateList(certificateList({ entries: [entry(2n ** 64n)] }));
    expect(near.find((2n ** 64n + 1n).toString(16))).toBeUndefined();
    expect(near.find((2n ** 64n).toString(16))).toBeDefined();
  });

  test("are text in a log, and nothing of it is bytes", () => {
    expect(JSON.parse(JSON.stringify(list))).toMatchObject({ crlNumber: "011170", size: 9 });
  });

  test("a critical entry extension, another issuer and a reason of deltas are noted, for the list is useless then", () => {
    const unusable = (...extensions: Uint8Array[]) =>
      parseCertificateList(certificateList({ entries: [entry(1), entry(2, extensions)] })).layout.unusable;
    expect(unusable()).toBeUndefined();
    expect(unusable(extension("1.2.3", int(1)))).toBeUndefined();
    expect(unusable(extension("1.2.3", int(1), true))).toContain("entry 1 has the critical extension 1.2.3");
    expect(unusable(reasonCode(8))).toContain("deltas");
    expect(list.layout.unusable).toContain("indirect");
  });
});

describe("input", () => {
  const pem = encodePem("X509 CRL", certificateList());

  test("is PEM or DER, of lists and of nothing else", () => {
    expect(parseCertificateList(pem).size).toBe(2);
    expect(fault(() => parseCertificateList(encodePem("CERTIFICATE", certificateList()))).code).toBe(
      "ERR_PEM_LABEL",
    );
    expect(() => parseCertificateList(5 as never)).toThrow(TypeError);
    expect(safeParseCertificateList(pem).ok).toBe(true);
  });

  test("has a limit of its own, in DER and in PEM", () => {
    const entries = Array.from({ length: 4000 }, (_, i) => entry(i + 1));
    const der = certificateList({ entries });
    expect(der.length).toBeGreaterThan(65_536);
    expect(parseCertificateList(encodePem("X509 CRL", der)).size).toBe(4000);
    expect(fault(() => parseCertificateList(der, { maxBytes: 1000 })).code).toBe("ERR_DER_SIZE");
    expect(fault(() => parseCertificateList(encodePem("X509 CRL", der), { maxBytes: 1000 })).code).toBe(
      "ERR_PEM_SIZE",
    );
  });

  test("that Kubernetes mode let through is no safe list by being handed on", () => {
    const tolerated = parseCertificateList(join(certificateList(), hex("00")), { mode: "kubernetes" });
    expect(fault(() => parseCertificateList(tolerated)).code).toBe("ERR_DER_TRAILING_DATA");
    expect(parseCertificateList(tolerated, { mode: "kubernetes" })).toBe(tolerated);
  });
});

describe("laws", () => {
  const serial = fc.bigInt({ min: 0n, max: 2n ** 159n - 1n });

  test("every entry is found, by what the loop says of it, and nothing else is", () => {
    fc.assert(
      fc.property(fc.uniqueArray(serial, { maxLength: 60 }), serial, (serials, other) => {
        const list = parseCertificateList(
          certificateList({ entries: serials.map((number) => entry(number)) }),
        );
        const numbers: string[] = [];
        for (const item of list.entries()) {
          numbers.push(item.serialNumber);
          expect(list.find(item.serialNumber)?.toJSON()).toEqual(item.toJSON());
        }
        expect(numbers.map((number) => BigInt(`0x${number}`))).toEqual(serials);
        if (!serials.includes(other)) expect(list.find(other.toString(16))).toBeUndefined();
      }),
    );
  });

  test("a revocation date passes if the day exists, whatever the year", () => {
    const two = (number: number): string => String(number).padStart(2, "0");
    for (const year of [1950, 1952, 1999, 2000, 2023, 2024, 2049]) {
      for (let month = 1; month <= 12; month++) {
        for (let day = 0; day <= 32; day++) {
          const date = utcTime(`${two(year % 100)}${two(month)}${two(day)}235959Z`);
          const list = safeParseCertificateList(certificateList({ entries: [entry(1, [], date)] }));
          const exists = day > 0 && new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
          expect(list.ok, `${year}-${month}-${day}`).toBe(exists);
          if (list.ok)
            expect(list.value.find("1")?.revocationDate.getTime()).toBe(
              Date.UTC(year, month - 1, day, 23, 59, 59),
            );
        }
      }
    }
  });

  test("an entry of the usual form is judged as by the reader of all forms", () => {
    // A list of unusual form (a length of two octets for its last entry) shows that the verdict on an entry does not depend on the quick way:
    // both are held against each other by changing single octets.
    const usual = entry(0x1234, [reasonCode(1)]);
    for (let at = 0; at < usual.length; at++) {
      for (let value = 0; value < 256; value++) {
        const changed = usual.slice();
        changed[at] = value;
        const quick = safeParseCertificateList(certificateList({ entries: [changed] }));
        const slow = safeParseCertificateList(certificateList({ entries: [changed] }), {
          mode: "kubernetes",
        });
        if (quick.ok) expect(slow.ok && slow.value.deviations).toEqual([]);
        else if (slow.ok) expect(slow.value.deviations[0]?.code).toBe(quick.error.code);
      }
    }
  });

  test("damaged lists give errors of ours, and what parses comes back byte for byte", () => {
    const random = new Random(7);
    const bases = Object.values(soundLists);
    const pool = bases.flatMap(elementsOf);
    for (let i = 0; i < 5000; i++) {
      const der = mutate(random.pick(bases), random, pool);
      const result = safeParseCertificateList(der);
      if (!result.ok) expect(result.error).toBeInstanceOf(PkiError);
      else {
        expect(toHex(result.value.der)).toBe(toHex(der));
        for (const item of result.value.entries()) item.toJSON();
        expect(result.value.extensions.length).toBeLessThan(65);
      }
    }
  });

  test("serial numbers that were chosen to collide are found all the same", () => {
    const entries = collidingSerials(300).map((number) => entry(number));
    const list = parseCertificateList(certificateList({ entries }));
    for (const item of list.entries())
      expect(list.find(item.serialNumber)?.serialNumber).toBe(item.serialNumber);
    expect(list.find("ffffff")).toBeUndefined();
  });

  test("of two entries with one serial number the first counts, before there is an index and after", () => {
    const list = parseCertificateList(
      certificateList({ entries: [entry(1, [reasonCode(1)]), entry(1, [reasonCode(4)])] }),
    );
    for (let i = 0; i < 3; i++) expect(list.find("1")?.reasonCode).toBe("keyCompromise");
  });

  test("the first look-up and every later one give one answer", () => {
    const many = fc.uniqueArray(serial, { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(many, fc.array(serial, { maxLength: 50 }), (serials, others) => {
        const der = certificateList({ entries: serials.map((number) => entry(number)) });
        const list = parseCertificateList(der);
        for (const number of [...serials, ...others, ...serials.map((listed) => listed + 1n)]) {
          const found = list.find(number.toString(16));
          expect(found?.serialNumber).toBe(parseCertificateList(der).find(number.toString(16))?.serialNumber);
          expect(found !== undefined).toBe(serials.includes(number));
        }
      }),
      { numRuns: 30 },
    );
  });

  test("entries that are collected are objects of their own", () => {
    const list = parseCertificateList(soundLists["every extension"]!);
    const all = [...list.entries()];
    expect(all.length).toBe(list.size);
    expect(new Set(all.map(({ serialNumber }) => serialNumber)).size).toBe(list.size);
    expect(JSON.parse(JSON.stringify(all[0]))).toEqual({
      serialNumber: all[0]!.serialNumber,
      revocationDate: all[0]!.revocationDate.toISOString(),
      ...(all[0]!.reasonCode && { reasonCode: all[0]!.reasonCode }),
      ...(all[0]!.invalidityDate && { invalidityDate: all[0]!.invalidityDate.toISOString() }),
    });
  });
});

/** Serial numbers of four octets whose first slot is the same, found by trying, as an attacker would. */
function collidingSerials(count: number): number[] {
  const found: number[] = [];
  for (let number = 0x01000000; found.length < count; number++) {
    const contents = serialContents(number.toString(16));
    if (firstSlot(hashSerial(contents, 0), count * 2) === 0) found.push(number);
  }
  return found;
}

test("times of entries are those of the encoding in every form", () => {
  const dates: [Uint8Array, string][] = [
    [utcTime("491231235959Z"), "2049-12-31T23:59:59.000Z"],
    [utcTime("500101000000Z"), "1950-01-01T00:00:00.000Z"],
    [utcTime("240229000000Z"), "2024-02-29T00:00:00.000Z"],
    [generalizedTime("20500101000000Z"), "2050-01-01T00:00:00.000Z"],
  ];
  for (const [date, text] of dates) {
    const list = parseCertificateList(certificateList({ entries: [entry(5, [], date)] }));
    expect(list.find("5")?.revocationDate.toISOString()).toBe(text);
  }
});

test("a number of a list with its highest bit set is not negative", () => {
  const list = parseCertificateList(
    certificateList({ extensions: [extension("2.5.29.20", tlv(2, hex("0080")))] }),
  );
  expect(list.crlNumber).toBe("80");
  expect(parseCertificateList(certificateList({ extensions: [crlNumber(0)] })).crlNumber).toBe("00");
});
