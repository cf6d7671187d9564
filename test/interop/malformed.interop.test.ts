/** The table of malformed certificates says of each what Go does: here Go is asked. */
import { describe, expect, test } from "vitest";
import { PkiError } from "../../src/errors.ts";
import { readCertificateRequest } from "../../src/x509/certificate-request.ts";
import type { CertificateRequest } from "../../src/x509/certificate-request.ts";
import { malformedRequests, soundRequests } from "../x509/malformed/requests.ts";
import { malformedCertificates, soundCertificates } from "../x509/malformed/index.ts";
import { isRefused } from "./referee.ts";
import { describeWithReferee } from "./suite.ts";

await describeWithReferee("Go's parser", (referee) => {
  const reads = async (der: Uint8Array): Promise<boolean> =>
    !isRefused(await referee.ask("identity", { leaf: Buffer.from(der).toString("base64") }));

  describe("reads the sound certificates", () => {
    test.for(Object.entries(soundCertificates))("%s", async ([, der]) => {
      expect(await reads(der)).toBe(true);
    });
  });

  describe("does with malformed ones what Kubernetes mode does, but for our limits", () => {
    test.for(malformedCertificates)("$title", async ({ der, kubernetes, limit }) => {
      expect(await reads(der)).toBe(limit === true || kubernetes === "accepts");
    });
  });

  describe("does with requests what Kubernetes mode does, but for our limits", () => {
    const readsRequest = async (der: Uint8Array): Promise<boolean> =>
      !isRefused(await referee.ask("csr", { der: Buffer.from(der).toString("base64") }));

    test.for(Object.entries(soundRequests))("%s", async ([, der]) => {
      expect(await readsRequest(der)).toBe(true);
    });

    test.for(malformedRequests)("$title", async ({ der, kubernetes, limit }) => {
      expect(await readsRequest(der)).toBe(limit === true || kubernetes === "accepts");
    });
  });

  test("reads a request with one octet changed exactly if Kubernetes mode does, and sees the same names", async () => {
    const { extensions } = soundRequests;
    const different: string[] = [];
    let read = 0;
    for (let at = 0; at < extensions!.length; at++) {
      const changed = [0x01, 0x02, 0x20, 0x40, 0x80, 0xff].map((change) => {
        const der = extensions!.slice();
        der[at]! ^= change;
        return der;
      });
      const answers = await Promise.all(
        changed.map((der) => referee.ask("csr", { der: Buffer.from(der).toString("base64") })),
      );
      for (const [index, answer] of answers.entries()) {
        const ours = tryToRead(changed[index]!);
        if (ours instanceof PkiError && ours.code === "ERR_DER_TAG") continue; // docs/strictness.md: tags have one octet
        if (isRefused(answer) && answer.error.includes("not on curve")) continue; // found when the signature is checked
        const theirs = isRefused(answer) ? undefined : ((answer.dnsNames as string[] | undefined) ?? []);
        if (theirs) read++;
        if (JSON.stringify(ours instanceof PkiError ? undefined : ours.dnsNames) !== JSON.stringify(theirs))
          different.push(`octet ${at}, change ${index}: ${isRefused(answer) ? answer.error : "read"}`);
      }
    }
    expect(different).toEqual([]);
    expect(read).toBeGreaterThan(100);
  });
});

function tryToRead(der: Uint8Array): CertificateRequest | PkiError {
  try {
    return readCertificateRequest(der, { mode: "kubernetes" });
  } catch (error) {
    if (error instanceof PkiError) return error;
    throw error;
  }
}
