/** Whatever Go reads can be shown, with what is wrong; and nothing of it steers who reads it. */
import { describe, expect, test } from "vitest";
import {
  formatCertificate,
  formatCertificateCard,
  formatCertificateList,
  formatCertificateRequest,
  lintCertificateChain,
  parseCertificate,
} from "../../src/index.ts";
import { malformedCertificates, soundCertificates } from "../x509/malformed/index.ts";
import { malformedLists } from "../x509/malformed/lists.ts";
import { malformedRequests } from "../x509/malformed/requests.ts";

const at = Date.UTC(2030, 0);
const STEERS = /(?![\n ])[\p{C}\p{Z}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u;

describe("what only Kubernetes mode reads", () => {
  test("is shown as text and as a card, with a finding", () => {
    const tolerated = malformedCertificates.filter(({ kubernetes }) => kubernetes === "accepts");
    expect(tolerated.length).toBeGreaterThan(50);
    for (const { der, title } of tolerated) {
      const text = formatCertificate(der, { at, bytes: true });
      expect(text, title).toContain("error FINDING_DEVIATION");
      expect(text, title).not.toMatch(STEERS);
      expect(formatCertificateCard(der, { at }), title).not.toMatch(STEERS);
      const codes = lintCertificateChain([parseCertificate(der, { mode: "kubernetes" })], { at });
      expect(
        codes.map(({ code }) => code),
        title,
      ).toContain("FINDING_DEVIATION");
    }
  });

  test("is shown of requests and lists as well", () => {
    let shown = 0;
    for (const { der } of malformedRequests.filter(({ kubernetes }) => kubernetes === "accepts")) {
      expect(formatCertificateRequest(der)).not.toMatch(STEERS);
      shown++;
    }
    for (const { der } of malformedLists.filter(({ kubernetes }) => kubernetes === "accepts")) {
      expect(formatCertificateList(der, { at })).toContain("FINDING_DEVIATION");
      shown++;
    }
    expect(shown).toBeGreaterThan(20);
  });

  test("is not said of what is sound", () => {
    for (const [name, der] of Object.entries(soundCertificates))
      expect(formatCertificate(der, { at }), name).not.toContain("FINDING_DEVIATION");
  });
});
