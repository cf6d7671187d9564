import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { issueCertificate, issueSelfSigned } from "../../src/issue/issue.ts";
import { caTemplate, clientTemplate } from "../../src/issue/template.ts";
import { ChainError, PkiError } from "../../src/errors.ts";
import { generateKeyPair } from "../../src/keys/generate.ts";
import { verifySignature } from "../../src/keys/verifier.ts";
import { authenticate, createAuthenticator } from "../../src/kubernetes/authenticate.ts";
import type { PeerCertificates } from "../../src/kubernetes/peer-certificates.ts";
import { verifyCertificateChain } from "../../src/verify/verify-chain.ts";

interface Case {
  readonly name: string;
  readonly time: number;
  readonly roots: readonly string[];
  readonly peers: readonly [string, ...string[]];
  readonly allowedNames?: readonly string[];
  readonly uidGateOff?: boolean;
  readonly authenticate: {
    readonly ok?: boolean;
    readonly user?: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly error?: string;
  };
}

const kept = JSON.parse(readFileSync(new URL("../vectors/go-chains.json", import.meta.url), "utf8")) as {
  readonly certificates: Record<string, string>;
  readonly cases: readonly Case[];
};
const der = (id: string): Uint8Array => new Uint8Array(Buffer.from(kept.certificates[id]!, "base64"));
/** The front proxy's list of names and the gate that is no longer off are other questions. */
const cases = kept.cases.filter(({ allowedNames, uidGateOff }) => !allowedNames && !uidGateOff);

const kubernetesAnswer = ({ authenticate: { ok, user, uid, groups, error } }: Case): string =>
  error ? "error" : ok ? JSON.stringify([user, uid ?? "", groups ?? []]) : "no opinion";

async function answer(kase: Case, mode: "safe" | "kubernetes"): Promise<string> {
  try {
    const peers = kase.peers.map(der) as unknown as PeerCertificates;
    const user = await authenticate(peers, { trustAnchors: kase.roots.map(der), at: kase.time * 1000, mode });
    if (!user) return "no opinion";
    const groups = user.groups.filter((group) => group !== "system:authenticated");
    return JSON.stringify([user.username, user.uid ?? "", groups]);
  } catch (error) {
    if (error instanceof PkiError) return "error";
    throw error;
  }
}

describe("the API server's kept answers", () => {
  test("are ours in kubernetes mode, but for two name constraints that are refused", async () => {
    const found: string[] = [];
    for (const kase of cases)
      if ((await answer(kase, "kubernetes")) !== kubernetesAnswer(kase)) found.push(kase.name);
    expect(found).toEqual([
      "name constraints: IP v4 excluded, mapped name",
      "name constraints: IP host bits in the constraint",
    ]);
  });

  test("are ours in safe mode, or we refuse", async () => {
    const found: string[] = [];
    for (const kase of cases) {
      const ours = await answer(kase, "safe");
      if (ours !== "error" && ours !== kubernetesAnswer(kase)) found.push(kase.name);
    }
    expect(found).toEqual(["leaf with critical name constraints on a directory name"]);
  });
});

const day = 86_400_000;
const start = Date.UTC(2030, 0);
const validity = { notBefore: new Date(start), notAfter: new Date(start + 300 * day) };

async function cluster() {
  const ca = await generateKeyPair("ECDSA-P256");
  const { certificate } = await issueSelfSigned(
    caTemplate({ subject: { commonName: "ca" }, validity }),
    ca.signer,
  );
  const issuer = { certificate, signer: ca.signer };
  const client = async (commonName: string, notAfter = new Date(start + 30 * day)) => {
    const { publicKey } = await generateKeyPair("ECDSA-P256");
    const subject = { commonName, organizations: ["developers"] };
    const template = clientTemplate({ subject, validity: { ...validity, notAfter } });
    return (await issueCertificate(template, { publicKey, issuer })).certificate;
  };
  return { certificate, client };
}

describe("an authenticator", () => {
  /** With a count of the signatures that were really checked. */
  async function counting() {
    const { certificate, client } = await cluster();
    let checks = 0;
    const authenticator = createAuthenticator({
      trustAnchors: [certificate],
      verifySignature: (...parts) => {
        checks++;
        return verifySignature(...parts);
      },
    });
    return { authenticator, client, checks: () => checks };
  }

  test("checks the signatures of a certificate once", async () => {
    const { authenticator, client, checks } = await counting();
    const jane = await client("jane");
    const first = await authenticator.authenticate(jane, start + day);
    expect(first).toMatchObject({ username: "jane", groups: ["developers", "system:authenticated"] });
    expect(await authenticator.authenticate(jane.der, start + day)).toBe(first);
    expect(checks()).toBe(1);
    expect(Object.isFrozen(first) && Object.isFrozen(first!.groups)).toBe(true);
  });

  test("refuses a remembered certificate once it has expired, and before it was valid", async () => {
    const { authenticator, client } = await counting();
    const jane = await client("jane");
    await authenticator.authenticate(jane, start + day);
    await expect(authenticator.authenticate(jane, start + 31 * day)).rejects.toMatchObject({
      code: "ERR_CHAIN_EXPIRED",
      certificateIndex: 0,
    });
    await authenticator.authenticate(jane, start + day);
    await expect(authenticator.authenticate(jane, start - day)).rejects.toMatchObject({
      code: "ERR_CHAIN_NOT_YET_VALID",
    });
  });

  test("does not take a certificate for a remembered one of which a few bytes differ", async () => {
    const { authenticator, client } = await counting();
    const jane = await client("jane");
    await authenticator.authenticate(jane, start + day);
    const forged = jane.der.slice();
    const at = Buffer.from(forged).indexOf("jane");
    forged.set(new TextEncoder().encode("root"), at);
    await expect(authenticator.authenticate(forged, start + day)).rejects.toMatchObject({
      code: "ERR_CHAIN_SIGNATURE",
    });
  });

  test("does not remember refusals", async () => {
    const { authenticator, checks } = await counting();
    const { client } = await cluster();
    const stranger = await client("jane");
    for (let i = 0; i < 2; i++)
      await expect(authenticator.authenticate(stranger, start + day)).rejects.toBeInstanceOf(ChainError);
    expect(checks()).toBe(2);
  });

  test("forgets everything when the trust anchors are replaced", async () => {
    const { authenticator, client } = await counting();
    const jane = await client("jane");
    await authenticator.authenticate(jane, start + day);
    authenticator.replaceTrustAnchors([(await cluster()).certificate]);
    await expect(authenticator.authenticate(jane, start + day)).rejects.toBeInstanceOf(ChainError);
  });

  test("keeps its trust anchors when new ones do not parse", async () => {
    const { authenticator, client } = await counting();
    const jane = await client("jane");
    expect(() => authenticator.replaceTrustAnchors("no PEM")).toThrow(PkiError);
    expect(await authenticator.authenticate(jane, start + day)).toMatchObject({ username: "jane" });
  });

  test("remembers at most a thousand certificates", async () => {
    const { certificate, client } = await cluster();
    let checks = 0;
    const authenticator = createAuthenticator({
      trustAnchors: [certificate],
      verifySignature: () => ++checks > 0, // whose signature it is does not matter here
    });
    const jane = await client("jane");
    const others = Array.from({ length: 1000 }, (_, i) => {
      const other = jane.der.slice();
      const view = new DataView(other.buffer);
      view.setUint16(other.length - 2, view.getUint16(other.length - 2) ^ (i + 1)); // another signature makes another certificate
      return other;
    });
    await authenticator.authenticate(jane, start + day);
    for (const other of others) await authenticator.authenticate(other, start + day);
    expect(checks).toBe(1001);
    await authenticator.authenticate(others.at(-1)!, start + day);
    expect(checks).toBe(1001);
    await authenticator.authenticate(jane, start + day);
    expect(checks).toBe(1002);
  });
});

test("a peer may send so many bytes and not one more", async () => {
  const ca = await generateKeyPair("ECDSA-P256");
  const template = caTemplate({ subject: { commonName: "kubernetes" } });
  const { certificate } = await issueSelfSigned(template, ca.signer);
  const maxPeerBytes = 2 * certificate.der.length;
  const options = { trustAnchors: [certificate], maxPeerBytes };
  for (const sent of [certificate, certificate.der, { raw: certificate.der }] as const) {
    await expect(authenticate([sent, sent, sent], options)).resolves.toMatchObject({
      username: "kubernetes",
    });
    await expect(authenticate([sent, sent, sent, sent], options)).rejects.toMatchObject({
      code: "ERR_CHAIN_BUDGET",
    });
  }
  const large = new Uint8Array(262_145);
  await expect(authenticate([certificate, large], { trustAnchors: [certificate] })).rejects.toMatchObject({
    code: "ERR_CHAIN_BUDGET",
  });
});

test("a peer may send 16 intermediates and not one more, unless the caller allows it", async () => {
  const ca = await generateKeyPair("ECDSA-P256");
  const template = caTemplate({ subject: { commonName: "kubernetes" } });
  const { certificate } = await issueSelfSigned(template, ca.signer);
  const sent = (count: number): PeerCertificates => [
    certificate,
    ...Array.from({ length: count }, () => certificate),
  ];
  const trustAnchors = [certificate];
  await expect(authenticate(sent(16), { trustAnchors })).resolves.toMatchObject({ username: "kubernetes" });
  await expect(authenticate(sent(17), { trustAnchors })).rejects.toMatchObject({ code: "ERR_CHAIN_BUDGET" });
  await expect(createAuthenticator({ trustAnchors }).authenticate(sent(17))).rejects.toMatchObject({
    code: "ERR_CHAIN_BUDGET",
  });
  await expect(authenticate(sent(17), { trustAnchors, maxPeerIntermediates: 64 })).resolves.toMatchObject({
    username: "kubernetes",
  });
});

test("a user of more than a thousand groups, in a certificate of more than 64 KiB, is let in where the caller allows it, and nowhere else", async () => {
  const ca = await generateKeyPair("ECDSA-P256");
  const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "ca" } }), ca.signer);
  const organizations = Array.from({ length: 1500 }, (_, i) => `group-${i}-${"x".repeat(40)}`);
  const limits = { maxNameAttributes: 2000, maxBytes: 131_072 };
  const user = await generateKeyPair("ECDSA-P256");
  const issued = await issueCertificate(clientTemplate({ subject: { commonName: "jane", organizations } }), {
    publicKey: user.publicKey,
    issuer: { certificate, signer: ca.signer },
    ...limits,
  });
  const { der: sent } = issued.certificate;
  expect(sent.length).toBeGreaterThan(65_536);

  const trustAnchors = [certificate];
  for (const few of [{}, { maxNameAttributes: 2000 }, { maxBytes: 131_072 }]) {
    await expect(authenticate(sent, { trustAnchors, ...few })).rejects.toBeInstanceOf(PkiError);
    const chain = verifyCertificateChain(sent, { trustAnchors, usage: "clientAuth", ...few });
    await expect(chain).rejects.toBeInstanceOf(PkiError);
  }
  const authenticator = createAuthenticator({ trustAnchors, ...limits });
  for (let i = 0; i < 2; i++) expect((await authenticator.authenticate(sent))?.groups).toHaveLength(1501);
  const options = { trustAnchors, usage: "clientAuth", ...limits } as const;
  expect((await verifyCertificateChain(sent, options)).certificates).toHaveLength(2);
});
