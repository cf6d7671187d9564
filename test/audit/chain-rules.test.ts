/** What only the issuers of a certificate forbid is found, exactly where verifying refuses the chain with the same code. */
import { expect, test } from "vitest";
import { auditClusterPki, ChainError, encodePem, parseCertificate, verifyCertificateChain } from "kubepki";
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
  readonly ofLeaf?: Uint8Array[];
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
  "a server and client whose CA has but one of its usages": {
    ofLeaf: [extendedKeyUsage("serverAuth", "clientAuth"), names],
    ofMiddle: [basicConstraints(), extendedKeyUsage("serverAuth")],
    code: "ERR_CHAIN_USAGE",
  },
  "no usage named, and one that all its CAs have": {
    ofLeaf: [names],
    ofRoot: [basicConstraints(), extendedKeyUsage("serverAuth", "clientAuth")],
    ofMiddle: [basicConstraints(), extendedKeyUsage("serverAuth")],
  },
  "any usage, and one that its CA has": {
    ofLeaf: [extendedKeyUsage("any"), names],
    ofMiddle: [basicConstraints(), extendedKeyUsage("clientAuth")],
  },
  "no usage named, and none that all its CAs have": {
    ofLeaf: [names],
    ofRoot: [basicConstraints(), extendedKeyUsage("clientAuth")],
    ofMiddle: [basicConstraints(), extendedKeyUsage("serverAuth")],
    code: "ERR_CHAIN_USAGE",
  },
  "any usage, and a CA for neither servers nor clients": {
    ofLeaf: [extendedKeyUsage("any"), names],
    ofMiddle: [basicConstraints(), extendedKeyUsage("codeSigning")],
    code: "ERR_CHAIN_USAGE",
  },
};

/** A leaf that names its usages must be good for each; one that names none, or any, for one of the two. */
async function verdictOf([der, middleDer, rootDer]: readonly Uint8Array[]): Promise<string | undefined> {
  const named = parseCertificate(der!).extensionValue("extendedKeyUsage") ?? ["any"];
  const both = ["serverAuth", "clientAuth"] as const;
  const isNamed = !named.includes("any");
  const options = { trustAnchors: [rootDer!], intermediates: [middleDer!], at, mode: "kubernetes" } as const;
  const codes: (string | undefined)[] = [];
  for (const usage of both.filter((one) => !isNamed || named.includes(one))) {
    const verdict: unknown = await verifyCertificateChain(der!, { ...options, usage }).catch(
      (error: unknown) => error,
    );
    codes.push(verdict instanceof ChainError ? verdict.code : undefined);
  }
  return isNamed || codes.every((code) => code !== undefined) ? codes.find(Boolean) : undefined;
}

test.for(Object.entries(cases))("%s", async ([, { ofLeaf, ofRoot = [], ofMiddle = [], code }]) => {
  const ca = (extensions: Uint8Array[]) => (extensions.length > 0 ? { extensions } : {});
  const chain = [
    signed(leaf, middle, ofLeaf ? { extensions: ofLeaf } : server),
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

  expect(await verdictOf(chain)).toBe(code);
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
