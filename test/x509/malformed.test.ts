/** One mutation, one code: certificates with a single fault, and what each mode says to it. */
import { describe, expect, test } from "vitest";
import { parseCertificate } from "../../src/x509/certificate.ts";
import { fault } from "../support/fault.ts";
import { malformedCertificates, soundCertificates } from "./malformed/index.ts";

describe("the sound certificates that are mutated", () => {
  test.for(Object.entries(soundCertificates))("%s", ([, der]) => {
    expect(parseCertificate(der).der).toEqual(der);
    expect(parseCertificate(der, { mode: "kubernetes" }).deviations).toEqual([]);
  });
});

describe("certificates with one fault", () => {
  test("are at least 120, and each differs from the others", () => {
    expect(malformedCertificates.length).toBeGreaterThanOrEqual(120);
    for (const key of ["title", "der"] as const) {
      expect(new Set(malformedCertificates.map((row) => String(row[key]))).size).toBe(
        malformedCertificates.length,
      );
    }
  });

  test.for(malformedCertificates)("$title", ({ der, code, path, kubernetes }) => {
    const { offset, ...safe } = fault(() => parseCertificate(der));
    expect(safe).toEqual(path === undefined ? { code } : { code, path });
    if (code !== "ERR_DER_SIZE") expect(offset).toBeGreaterThanOrEqual(0);
    expect(offset ?? 0).toBeLessThanOrEqual(der.length);

    const parse = () => parseCertificate(der, { mode: "kubernetes" });
    if (kubernetes === "accepts") {
      // What safe mode refuses is the first thing that Kubernetes mode notes; where it read no further, more may follow.
      const [first] = parse().deviations;
      expect(first).toMatchObject(safe);
    } else {
      expect(fault(parse).code).toBe(kubernetes === "refuses" ? code : kubernetes);
    }
  });
});
