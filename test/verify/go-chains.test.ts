/** Go's own verdicts on kept chains, and where this library means to give another. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { verifySignatureSync } from "../../src/node/signer.ts";
import type { Mode } from "../../src/der/reader.ts";
import { PkiError } from "../../src/errors.ts";
import { verifyCertificateChainSync } from "../../src/verify/verify-chain.ts";
import type { ExtendedKeyUsage } from "../../src/x509/extensions/extended-key-usage.ts";

interface Case {
  readonly name: string;
  readonly time: number;
  readonly usages: readonly ExtendedKeyUsage[];
  readonly roots: readonly string[];
  readonly peers: readonly string[];
  readonly verify: {
    readonly ok: boolean;
    readonly chains: readonly (readonly string[])[];
    readonly refusal?: string;
    readonly error?: string;
  };
}

const kept = JSON.parse(readFileSync(new URL("../vectors/go-chains.json", import.meta.url), "utf8")) as {
  readonly certificates: Record<string, string>;
  readonly cases: readonly Case[];
};

const der = (id: string): Uint8Array => new Uint8Array(Buffer.from(kept.certificates[id]!, "base64"));

/** The chain as Go names it, or the code of the refusal. */
function ours({ time, usages, roots, peers }: Case, mode: Mode): readonly string[] | string {
  try {
    const { certificates } = verifyCertificateChainSync(der(peers[0]!), {
      trustAnchors: roots.map(der),
      intermediates: peers.slice(1).map(der),
      usage: usages,
      at: time * 1000,
      mode,
      verifySignature: verifySignatureSync,
    });
    return certificates.map((certificate) =>
      [...peers, ...roots].find((id) => Buffer.from(certificate.der).equals(der(id)))!,
    );
  } catch (error) {
    if (error instanceof PkiError) return error.code;
    throw error;
  }
}
/** The first chain of ours is one of Go's, or both refuse. */
function differs(verdict: readonly string[] | string, { verify: { ok, chains } }: Case): boolean {
  if (typeof verdict === "string") return ok;
  return !chains.some((chain) => chain.join() === verdict.join());
}

/** Deliberate differences; each has its row in docs/strictness.md. */
const deliberate: Readonly<Record<Mode, Readonly<Record<string, string>>>> = {
  kubernetes: {
    "name constraints: IP v4 excluded, mapped name": "ERR_CHAIN_NAME_CONSTRAINTS",
    "name constraints: IP host bits in the constraint": "ERR_CHAIN_NAME_CONSTRAINTS",
  },
  safe: {
    "leaf with no EKU": "ERR_CERTIFICATE_EXTENSION", // the vector has an empty list of usages
    "leaf with an empty EKU": "ERR_CERTIFICATE_EXTENSION",
    "root with an empty EKU": "ERR_CERTIFICATE_EXTENSION",
    "intermediate with an empty EKU": "ERR_CERTIFICATE_EXTENSION",
    "leaf with critical name constraints on a directory name": "ok", // obeyed, where Go gives up
    "policies: nonsense beside inhibited mapping": "ERR_DER_TRAILING_DATA",
    "signed with RSA 1024": "ERR_CHAIN_KEY",
    "a leaf with an RSA key of 768 bits": "ERR_CHAIN_KEY",
    "a leaf with an unknown key": "ERR_CHAIN_KEY",
    "name constraints: IP v4 excluded, mapped name": "ERR_CHAIN_NAME_CONSTRAINTS",
    "name constraints: IP host bits in the constraint": "ERR_CHAIN_NAME_CONSTRAINTS",
  },
};

describe.each(["kubernetes", "safe"] as const)("mode %s", (mode) => {
  test("gives Go's verdict and one of Go's chains on every kept chain, but for the rows that say why not", () => {
    const found: Record<string, string> = {};
    for (const kase of kept.cases) {
      const verdict = ours(kase, mode);
      if (differs(verdict, kase)) found[kase.name] = typeof verdict === "string" ? verdict : "ok";
    }
    expect(found).toEqual(deliberate[mode]);
  });
});

/** What Go calls each of our codes; Go reports a CA that may not sign, and any trouble with a signature, as an unknown authority. */
const goReasons: Readonly<Record<string, readonly string[]>> = {
  ERR_CHAIN_UNKNOWN_AUTHORITY: ["UnknownAuthority"],
  ERR_CHAIN_SIGNATURE: ["UnknownAuthority"],
  ERR_CHAIN_SIGNATURE_ALGORITHM: ["UnknownAuthority"],
  ERR_CHAIN_KEY: ["UnknownAuthority"],
  ERR_CHAIN_NOT_A_CA: ["UnknownAuthority", "NotAuthorizedToSign"],
  ERR_CHAIN_EXPIRED: ["Expired"],
  ERR_CHAIN_NOT_YET_VALID: ["Expired"],
  ERR_CHAIN_USAGE: ["IncompatibleUsage"],
  ERR_CHAIN_CRITICAL_EXTENSION: ["UnhandledCriticalExtension"],
  ERR_CHAIN_POLICY: ["NoValidChains"],
  ERR_CHAIN_PATH_LENGTH: ["TooManyIntermediates"],
  ERR_CHAIN_NAME_CONSTRAINTS: ["CANotAuthorizedForThisName"],
};

const refused = kept.cases.filter(({ name, verify }) => !verify.ok && !(name in deliberate.kubernetes));

test("refuses for Go's reason", () => {
  for (const kase of refused) {
    const verdict = ours(kase, "kubernetes");
    expect(goReasons[String(verdict)], `${kase.name}: ${String(verdict)}`).toContain(kase.verify.refusal);
  }
});

test("the kept chains have every kind of refusal that Go gives for chains", () => {
  expect(new Set(refused.map(({ verify }) => verify.refusal))).toEqual(
    new Set(Object.values(goReasons).flat()),
  );
});
