/** The table of malformed certificates says of each what Go does: here Go is asked. */
import { describe, expect, test } from "vitest";
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
});
