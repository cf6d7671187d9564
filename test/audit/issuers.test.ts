/** Who issued a certificate is found by its signature, and is one of all CA certificates that have the key. */
import { describe, expect, test } from "vitest";
import { auditClusterPki, encodePem } from "kubepki";
import { basicConstraints, dnsName, extendedKeyUsage, subjectAltName } from "../support/certificate.ts";
import { party, signed, signedCa } from "../support/chain.ts";
import { int, seq, utcTime } from "../support/tlv.ts";

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

describe("a CA that was renewed with the same key", () => {
  const until = (year: number) => ({
    validity: seq(utcTime("200101000000Z"), utcTime(`${year}0101000000Z`)),
  });
  const [old, renewed] = [signedCa(root, root, until(30)), signedCa(root, root, until(40))];
  const leafUntil = (year: number): Uint8Array => signed(web, root, { ...parts, ...until(year) });
  const orders = [
    { "old.crt": old, "new.crt": renewed },
    { "new.crt": renewed, "old.crt": old },
  ];

  test.for(orders)("counts with the certificate that expires last", async (files) => {
    const audit = await audited({ ...files, "within.crt": leafUntil(35), "beyond.crt": leafUntil(45) });
    expect(issuerOf(audit, "within.crt")).toBe("new.crt");
    expect(codesOf(audit, "within.crt")).toEqual([]);
    expect(codesOf(audit, "beyond.crt")).toEqual(["FINDING_AUDIT_OUTLIVES_CA"]);
  });

  const forbids = (extensions: Uint8Array[], year: number) =>
    signedCa(root, root, { extensions, ...until(year) });
  const forClients = [basicConstraints(), extendedKeyUsage("clientAuth")];

  test.for([30, 45])("refuses what all of its certificates refuse, and nothing else", async (year) => {
    const mixed = { "limited.crt": forbids(forClients, year), "free.crt": renewed };
    expect(codesOf(await audited({ ...mixed, "web.crt": leafUntil(29) }), "web.crt")).toEqual([]);
    const strict = { "limited.crt": forbids(forClients, year), "too.crt": forbids(forClients, 40) };
    expect(codesOf(await audited({ ...strict, "web.crt": leafUntil(29) }), "web.crt")).toEqual([
      "FINDING_AUDIT_CHAIN",
    ]);
  });

  test.for([30, 45])("does so also above another CA", async (year) => {
    const middle = party("middle");
    const below = { "middle.crt": signedCa(middle, root), "web.crt": signed(web, middle, parts) };
    const audit = await audited({
      "a.crt": forbids([basicConstraints(0)], year),
      "b.crt": renewed,
      ...below,
    });
    expect(codesOf(audit, "web.crt")).toEqual([]);
  });

  const limitedOnes = (count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, i) =>
      signedCa(root, root, { extensions: forClients, serialNumber: int(i + 1), ...until(40) }),
    );

  test("has one of very many certificates that allows it", async () => {
    const limited = limitedOnes(150).map((der, i) => [`${i}.crt`, der] as const);
    const audit = await audited({
      ...Object.fromEntries(limited),
      "free.crt": old,
      "web.crt": leafUntil(29),
    });
    expect(codesOf(audit, "web.crt")).toEqual([]);
  });

  test("costs no more, however often it was renewed or copied", async () => {
    const count = 2_000;
    const renewals = limitedOnes(90);
    const sources = Array.from({ length: count }, (_, i) => ({
      path: `${i}.crt`,
      text: encodePem("CERTIFICATE", renewals[i % renewals.length]!),
    }));
    const leaves = sources.map((_, i) => ({ path: `leaf-${i}.crt`, text: encodePem("CERTIFICATE", leaf) }));
    let asked = 0;
    const verifier = () => Promise.resolve(++asked > 0);
    const { findings } = await auditClusterPki([...sources, ...leaves], { at, verifier });
    expect(findings.filter(({ code }) => code === "FINDING_AUDIT_CHAIN")).toHaveLength(count);
    expect(asked).toBe(1);
  });
});
