/** Certificate lists: Go reads what we read and writes what we write; openssl takes what we wrote. */
import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { issueCertificateListSync } from "../../src/issue/certificate-list.ts";
import type { RevocationEntry } from "../../src/issue/list-template.ts";
import { issueCertificateSync, issueSelfSignedSync } from "../../src/issue/issue.ts";
import { caTemplate, clientTemplate } from "../../src/issue/template.ts";
import { keyObjectSigner, verifySignatureSync } from "../../src/node/signer.ts";
import { encodePem } from "../../src/pem.ts";
import { verifyCertificateListSync } from "../../src/verify/certificate-list.ts";
import { parseCertificateList, safeParseCertificateList } from "../../src/x509/certificate-list.ts";
import type { CertificateList } from "../../src/x509/certificate-list.ts";
import { CRL_REASONS } from "../../src/x509/list-extensions.ts";
import { elementsOf, mutate } from "../support/mutate.ts";
import { Random } from "../support/random.ts";
import { malformedLists, soundLists } from "../x509/malformed/lists.ts";
import type { ListView } from "./protocol.ts";
import { isRefused } from "./referee.ts";
import { describeWithReferee } from "./suite.ts";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const NOW = new Date("2030-01-01T00:00:00Z");
const NEXT = new Date("2030-01-08T00:00:00Z");
const caKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const signer = keyObjectSigner(caKey);
const ca = issueSelfSignedSync(caTemplate({ subject: { commonName: "ca" }, now: NOW }), signer, {
  now: NOW,
}).certificate;
const issuer = { certificate: ca, signer };

/** What both say of a list, in one form. Go's reasons are numbers; where we have no name for one, neither side tells. */
function viewOf(
  list: CertificateList,
): Pick<ListView, "thisUpdate" | "nextUpdate"> & Record<string, unknown> {
  const noSign = (text: string): string => (text.startsWith("-") ? "-" : text.replace(/^0+(?=.)/, ""));
  return {
    issuer: Buffer.from(list.issuer.der).toString("base64"),
    thisUpdate: list.layout.thisUpdate,
    nextUpdate: list.layout.nextUpdate ?? 0,
    number: noSign(list.crlNumber ?? ""),
    authorityKeyId: toHex(list.authorityKeyIdentifier?.keyIdentifier ?? new Uint8Array()),
    signature: toHex(list.signature),
    extensions: list.extensions.map(({ oid, critical, der }) => [oid, critical, base64(der)]),
    entries: Array.from(list.entries(), (entry) => {
      const { serialNumber, revocationDate, reasonCode, extensions } = entry;
      return {
        serialNumber: noSign(serialNumber),
        time: revocationDate.getTime() / 1000,
        reason: reasonCode ? CRL_REASONS.indexOf(reasonCode) : "none or unknown",
        extensions: extensions.map(({ oid, critical, der }) => [oid, critical, base64(der)]),
      };
    }),
  };
}

function goViewOf(view: ListView): Record<string, unknown> {
  const sign = (text: string): string => (text.startsWith("-") ? "-" : text);
  const pairs = (list: ListView["extensions"] | null) =>
    (list ?? []).map(({ oid, critical, value }) => [oid, critical, value]);
  return {
    issuer: view.issuer.raw,
    thisUpdate: view.thisUpdate,
    nextUpdate: view.nextUpdate,
    number: sign(view.number),
    authorityKeyId: view.authorityKeyId,
    signature: view.signature,
    extensions: pairs(view.extensions),
    entries: view.entries.map(({ serialNumber, time, reason, extensions }) => ({
      serialNumber: sign(serialNumber),
      time,
      reason:
        CRL_REASONS[reason] && extensions?.some(({ oid }) => oid === "2.5.29.21")
          ? reason
          : "none or unknown",
      extensions: pairs(extensions),
    })),
  };
}

await describeWithReferee("certificate lists and Go", (referee) => {
  const ask = async (der: Uint8Array): Promise<ListView | undefined> => {
    const answer = await referee.ask("crl", { der: base64(der) });
    return isRefused(answer) ? undefined : answer;
  };

  test.for(Object.entries(soundLists))("read alike: %s", async ([, der]) => {
    expect(viewOf(parseCertificateList(der))).toEqual(goViewOf((await ask(der))!));
  });

  describe("does with malformed ones what Kubernetes mode does, but for our limits", () => {
    test.for(malformedLists)("$title", async ({ der, kubernetes, limit }) => {
      expect((await ask(der)) !== undefined).toBe(limit === true || kubernetes === "accepts");
    });
  });

  test.each([1, 2, 3])("damaged lists are judged alike, seed %d", async (seed) => {
    const random = new Random(seed);
    const bases = Object.values(soundLists);
    const pool = [...bases, ...malformedLists.map(({ der }) => der)].flatMap(elementsOf);
    const findings: string[] = [];
    for (let i = 0; i < 5000; i++) {
      const der = mutate(random.pick(bases), random, pool);
      const go = await ask(der);
      const ours = safeParseCertificateList(der, { mode: "kubernetes" });
      const same = go
        ? ours.ok && JSON.stringify(viewOf(ours.value)) === JSON.stringify(goViewOf(go))
        : !ours.ok;
      if (!same)
        findings.push(
          `${ours.ok ? "read" : ours.error.message}, Go ${go ? "reads" : "refuses"}: ${toHex(der)}`,
        );
      if (safeParseCertificateList(der).ok && !go)
        findings.push(`safe mode reads, Go refuses: ${toHex(der)}`);
    }
    expect(findings).toEqual([]);
  });

  const entries = fc.uniqueArray(
    fc.record({
      serialNumber: fc.bigInt({ min: 1n, max: 2n ** 159n - 1n }).map((number) => number.toString(16)),
      time: fc.integer({ min: 0, max: 4_000_000_000 }),
      reason: fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 9, 10),
    }),
    { maxLength: 6, selector: ({ serialNumber }) => serialNumber },
  );

  test("CreateRevocationList writes the same bytes", async () => {
    await fc.assert(
      fc.asyncProperty(entries, fc.bigInt({ min: 0n, max: 2n ** 159n - 1n }), async (list, number) => {
        const go = await referee.demand("createcrl", {
          number: number.toString(16),
          thisUpdate: NOW.getTime() / 1000,
          nextUpdate: NEXT.getTime() / 1000,
          issuer: base64(ca.der),
          key: base64(caKey.export({ format: "der", type: "pkcs8" })),
          entries: list,
        });
        const ours = issueCertificateListSync(
          {
            crlNumber: number.toString(16),
            thisUpdate: NOW,
            nextUpdate: NEXT,
            entries: list.map(({ serialNumber, time, reason }) => ({
              serialNumber,
              revocationDate: new Date(time * 1000),
              reasonCode: CRL_REASONS[reason] as NonNullable<RevocationEntry["reasonCode"]>,
            })),
          },
          { issuer },
        );
        expect(base64(ours.tbsCertList)).toBe(go.tbs);
        const theirs = Buffer.from(go.der, "base64");
        verifyCertificateListSync(theirs, ca, { at: NOW, verifySignature: verifySignatureSync });
      }),
      { numRuns: 100 },
    );
  });
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
if (!hasOpenssl) console.info("skipped: there is no openssl on this machine");

describe.skipIf(!hasOpenssl)("openssl", () => {
  const folder = mkdtempSync(join(tmpdir(), "kubepki-lists-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (name: string, label: string, der: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, encodePem(label, der));
    return path;
  };
  const leafOf = (commonName: string) =>
    issueCertificateSync(clientTemplate({ subject: { commonName }, now: NOW }), {
      publicKey: keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
      issuer,
      now: NOW,
    }).certificate;
  const [good, bad] = [leafOf("good"), leafOf("bad")];
  const list = issueCertificateListSync(
    {
      crlNumber: "10",
      thisUpdate: NOW,
      nextUpdate: NEXT,
      scope: { only: "userCerts" },
      entries: [
        {
          serialNumber: bad.serialNumber,
          revocationDate: NOW,
          reasonCode: "keyCompromise",
          invalidityDate: new Date("2029-12-24T00:00:00Z"),
        },
      ],
    },
    { issuer },
  );

  test("prints what was issued", () => {
    const text = execFileSync("openssl", [
      "crl",
      "-noout",
      "-text",
      "-in",
      write("text.pem", "X509 CRL", list.der),
    ]);
    expect(text.toString()).toMatch(
      /Version 2[^]*CRL Number[^]*16[^]*Key Compromise[^]*Dec 24 00:00:00 2029/,
    );
    expect(text.toString()).toMatch(/Only User Certificates/i);
  });

  test("accepts and refuses the same certificates", () => {
    const caFile = write("ca.pem", "CERTIFICATE", ca.der);
    const crlFile = write("list.pem", "X509 CRL", list.der);
    const verify = (name: string, der: Uint8Array) =>
      spawnSync("openssl", [
        "verify",
        "-crl_check",
        "-extended_crl",
        "-attime",
        String(NOW.getTime() / 1000 + 60),
        "-CAfile",
        caFile,
        "-CRLfile",
        crlFile,
        write(name, "CERTIFICATE", der),
      ]);
    expect(verify("good.pem", good.der).status).toBe(0);
    const refused = verify("bad.pem", bad.der);
    expect(refused.status).not.toBe(0);
    expect(String(refused.stderr) + String(refused.stdout)).toContain("certificate revoked");
  });
});
