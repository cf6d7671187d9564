/** Who issued a certificate is found by its signature, and is one of all CA certificates that have the key. */
import { describe, expect, test } from "vitest";
import { auditClusterPki, encodePem } from "kubepki";
import { basicConstraints, dnsName, extendedKeyUsage, subjectAltName } from "../support/certificate.ts";
import { party, signed, signedCa } from "../support/chain.ts";

const at = new Date("2026-06-01T00:00:00Z");
const [root, web] = [party("root"), party("web")];
const parts = { extensions: [extendedKeyUsage("serverAuth"), subjectAltName(dnsName("web.shop.svc"))] };
const leaf = signed(web, root, parts);
const ca = signedCa(root);

/** Of certificates in files, in this order. */
async function audited(ders: Readonly<Record<string, Uint8Array>>) {
  const sources = Object.entries(ders).map(([path, der]) => ({ path, text: encodePem("CERTIFICATE", der) }));
  return auditClusterPki(sources, { at });
}
type Audit = Awaited<ReturnType<typeof audited>>;
const issuerOf = ({ certificates }: Audit, path: string): string | undefined =>
  certificates.find((one) => one.path === path)?.issuer;
const codesOf = ({ findings }: Audit, path: string): string[] =>
  findings.filter((finding) => finding.path === path).map(({ code }) => code);

describe("a copy with the same signature and other contents", () => {
  const tampered = leaf.slice();
  // The last letter of its name: "web.shop.svc" becomes "web.shop.svd".
  tampered[Buffer.from(leaf).indexOf("web.shop.svc") + 11]! += 1;
  const found = ["web.crt", "tampered.crt"].map((path, i) => [path, i === 0 ? leaf : tampered] as const);

  test.for([found, found.toReversed()])("has not the issuer of the genuine one", async (files) => {
    const audit = await audited({ "ca.crt": ca, ...Object.fromEntries(files) });
    expect(issuerOf(audit, "web.crt")).toBe("ca.crt");
    expect(issuerOf(audit, "tampered.crt")).toBeUndefined();
    expect(codesOf(audit, "tampered.crt")).toEqual(["FINDING_AUDIT_WRONG_ISSUER"]);
    expect(codesOf(audit, "web.crt")).toEqual([]);
  });
});
