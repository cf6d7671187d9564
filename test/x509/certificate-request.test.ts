/** One mutation, one code: requests with a single fault, and what each mode says to it. Laws of all requests. */
import { describe, expect, test } from "vitest";
import { PkiError } from "../../src/errors.ts";
import { readCertificateRequest } from "../../src/x509/certificate-request.ts";
import { certificationRequest } from "../support/certificate.ts";
import { fault } from "../support/fault.ts";
import { oid, seq, set, tlv } from "../support/tlv.ts";
import { malformedRequests, soundRequests } from "./malformed/requests.ts";

describe("the sound requests that are mutated", () => {
  test.for(Object.entries(soundRequests))("%s", ([, der]) => {
    expect(readCertificateRequest(der).der).toEqual(der);
    expect(readCertificateRequest(der, { mode: "kubernetes" }).deviations).toEqual([]);
  });
});

describe("requests with one fault", () => {
  test("are at least 60, and each differs from the others", () => {
    expect(malformedRequests.length).toBeGreaterThanOrEqual(60);
    for (const key of ["title", "der"] as const)
      expect(new Set(malformedRequests.map((row) => String(row[key]))).size).toBe(malformedRequests.length);
  });

  test.for(malformedRequests)("$title", ({ der, code, path, kubernetes }) => {
    const { offset, ...safe } = fault(() => readCertificateRequest(der));
    expect(safe).toEqual(path === undefined ? { code } : { code, path });
    if (code !== "ERR_DER_SIZE") expect(offset).toBeGreaterThanOrEqual(0);
    expect(offset ?? 0).toBeLessThanOrEqual(der.length);

    const parse = () => readCertificateRequest(der, { mode: "kubernetes" });
    if (kubernetes === "accepts") expect(parse().deviations[0]).toMatchObject(safe);
    else expect(fault(parse).code).toBe(kubernetes === "refuses" ? code : kubernetes);
  });
});

test("a moment of 200,000 octets in a subject is refused as any other that is none", () => {
  const value = tlv(0x18, new Uint8Array(200_000).fill(0x30));
  const der = certificationRequest(seq(set(seq(oid("2.5.4.3"), value))));
  const limits = { maxBytes: 1 << 20, maxNameValueBytes: 1 << 20 };
  expect(fault(() => readCertificateRequest(der, { ...limits, mode: "kubernetes" })).code).toBe(
    "ERR_DER_TIME",
  );
});

test("an extension that Go does not look at is unknown where it cannot be read, and its value is kept", () => {
  const row = malformedRequests.find(({ title }) => title.startsWith("a key usage that is an INTEGER"))!;
  const { extensions } = readCertificateRequest(row.der, { mode: "kubernetes" });
  expect(extensions).toEqual([{ oid: "2.5.29.15", critical: true, der: new Uint8Array([2, 1, 1]) }]);
});

describe("every request", () => {
  const { extensions } = soundRequests;

  test("that ends early is refused at every length, with an error of ours", () => {
    for (let length = 0; length < extensions!.length; length++)
      expect(() => readCertificateRequest(extensions!.subarray(0, length))).toThrow(PkiError);
  });

  test("with one octet changed is read or refused with an error of ours, and Kubernetes mode reads what safe mode reads", () => {
    let refused = 0;
    for (let at = 0; at < extensions!.length; at++)
      for (const change of [0x01, 0x20, 0x80, 0xff]) {
        const der = extensions!.slice();
        der[at]! ^= change;
        const [safe, kubernetes] = (["safe", "kubernetes"] as const).map((mode) => readOrNot(der, mode));
        if (!safe) refused++;
        if (safe) expect(kubernetes).toBe(true);
      }
    expect(refused).toBeGreaterThan(0);
  });

  function readOrNot(der: Uint8Array, mode: "safe" | "kubernetes"): boolean {
    try {
      const request = readCertificateRequest(der, { mode });
      void [request.subject, request.extensions.map((item) => ("value" in item ? item.value : item.der))];
      return true;
    } catch (error) {
      if (error instanceof PkiError) return false;
      throw error;
    }
  }
});
