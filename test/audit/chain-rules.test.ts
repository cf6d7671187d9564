/** What only the issuers of a certificate forbid is found, exactly where verifying refuses the chain with the same code. */
import { expect, test } from "vitest";
import { auditClusterPki, ChainError, encodePem, verifyCertificateChain } from "kubepki";
import type { AuditFinding } from "kubepki";
import {
  basicConstraints,
  dnsName,
  extendedKeyUsage,
  extension,
  extensionIds,
  subjectAltName,
} from "../support/certificate.ts";
import { party, signed, signedCa } from "../support/chain.ts";
import { ctx, seq } from "../support/tlv.ts";

const at = new Date("2026-06-01T00:00:00Z");
const [root, middle, leaf] = [party("root"), party("middle"), party("web")];
const permitted = (name: string): Uint8Array =>
  extension(extensionIds.nameConstraints, seq(ctx(0, seq(dnsName(name)))), true);
const names = subjectAltName(dnsName("web.shop.svc"));
const server = { extensions: [extendedKeyUsage("serverAuth"), names] };

interface Case {
  readonly ofRoot?: Uint8Array[];
  readonly ofMiddle?: Uint8Array[];
  readonly code?: string;
}
const cases: Record<string, Case> = {
  "nothing that limits": {},
  "a path length that suffices": { ofRoot: [basicConstraints(1)], ofMiddle: [basicConstraints(0)] },
  "a path length of 0 with a CA below": { ofRoot: [basicConstraints(0)], code: "ERR_CHAIN_PATH_LENGTH" },
  "names that are permitted": { ofRoot: [basicConstraints(), permitted("shop.svc")] },
  "names that are not permitted": {
    ofRoot: [basicConstraints(), permitted("bank.svc")],
    code: "ERR_CHAIN_NAME_CONSTRAINTS",
  },
  "names that the CA in between does not permit": {
    ofMiddle: [basicConstraints(), permitted("bank.svc")],
    code: "ERR_CHAIN_NAME_CONSTRAINTS",
  },
  "a usage that the CA has": { ofMiddle: [basicConstraints(), extendedKeyUsage("serverAuth")] },
  "a usage that the CA lacks": {
    ofMiddle: [basicConstraints(), extendedKeyUsage("clientAuth")],
    code: "ERR_CHAIN_USAGE",
  },
};

test.for(Object.entries(cases))("%s", async ([, { ofRoot = [], ofMiddle = [], code }]) => {
  const ca = (extensions: Uint8Array[]) => (extensions.length > 0 ? { extensions } : {});
  const chain = [
    signed(leaf, middle, server),
    signedCa(middle, root, ca(ofMiddle)),
    signedCa(root, root, ca(ofRoot)),
  ];
  const sources = ["web.crt", "middle.crt", "ca.crt"].map((path, index) => ({
    path,
    text: encodePem("CERTIFICATE", chain[index]!),
  }));
  const { findings } = await auditClusterPki(sources, { at });
  const found = findings.filter((finding: AuditFinding) => finding.code === "FINDING_AUDIT_CHAIN");
  expect(found.map((finding) => [finding.path, finding.found])).toEqual(code ? [["web.crt", code]] : []);

  const options = { trustAnchors: [chain[2]!], intermediates: [chain[1]!], usage: "serverAuth", at } as const;
  const verdict = await verifyCertificateChain(chain[0]!, { ...options, mode: "kubernetes" }).catch(
    (error: unknown) => error,
  );
  expect(verdict instanceof ChainError ? verdict.code : undefined).toBe(code);
});

test("names the CA at fault and says what to do", async () => {
  const chain = [
    signed(leaf, root, server),
    signedCa(root, root, { extensions: [basicConstraints(), permitted("bank.svc")] }),
  ];
  const sources = chain.map((der, index) => ({ path: `${index}.crt`, text: encodePem("CERTIFICATE", der) }));
  const { findings, isHealthy } = await auditClusterPki(sources, { at });
  const finding = findings.find(({ code }) => code === "FINDING_AUDIT_CHAIN");
  expect(finding).toMatchObject({ path: "0.crt", fix: "issue it by a CA that may, or issue that CA again" });
  expect(finding?.message).toMatch(/^nobody who verifies accepts it: it may not have its names: /);
  expect(isHealthy).toBe(false);
});

test("a CA that signed its own issuer ends the search", async () => {
  const loop = [signedCa(middle, root, { extensions: [basicConstraints(1)] }), signedCa(root, middle)];
  const sources = [signed(leaf, middle, server), ...loop].map((der, index) => ({
    path: `${index}.crt`,
    text: encodePem("CERTIFICATE", der),
  }));
  const { findings } = await auditClusterPki(sources, { at });
  expect(findings.filter(({ code }) => code === "FINDING_AUDIT_CHAIN")).toEqual([]);
});
