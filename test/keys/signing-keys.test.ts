/** Keys that only sign, Ed25519 and ML-DSA, from the key to the login; Node's own X509Certificate is the stranger. */
import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  authenticate,
  caTemplate,
  certificateSigningRequest,
  clientTemplate,
  createCertificateRequest,
  formatCertificate,
  generateKeyPair,
  issueCertificate,
  issueCertificateList,
  issueSelfSigned,
  lintCertificate,
  parseCertificate,
  parseCertificateRequest,
  servingTemplate,
  supportsKeyAlgorithm,
  validateForSigner,
  verifyCertificateChain,
  verifyCertificateChainSync,
  verifyCertificateList,
  type PkiError,
} from "../../src/index.ts";
import { verifySignatureSync } from "../../src/node/index.ts";

const algorithms = ["Ed25519", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"] as const;
const supported = new Set<string>();
for (const name of algorithms) if (await supportsKeyAlgorithm(name)) supported.add(name);
for (const name of algorithms) if (!supported.has(name)) console.info(`skipped: this runtime has no ${name}`);

async function cluster(name: (typeof algorithms)[number]) {
  const ca = await generateKeyPair(name);
  const { privateKey, publicKey, signer } = await generateKeyPair(name);
  const root = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), ca.signer);
  const issuer = { certificate: root.certificate, signer: ca.signer };
  const subject = { commonName: "jane", organizations: ["developers"] };
  const { certificate } = await issueCertificate(clientTemplate({ subject }), { publicKey, issuer });
  return { issuer, root: root.certificate, certificate, privateKey, publicKey, signer, subject };
}

describe.for(algorithms.filter((name) => supported.has(name)))("%s", (name) => {
  test("issues a certificate that verifies, logs in, and that Node verifies too", async () => {
    const { root, certificate } = await cluster(name);
    const options = { trustAnchors: [root], usage: "clientAuth" } as const;
    expect((await verifyCertificateChain(certificate, options)).certificates).toHaveLength(2);
    verifyCertificateChainSync(certificate, { ...options, verifySignature: verifySignatureSync });
    const user = await authenticate([certificate], { trustAnchors: [root] });
    expect(user).toMatchObject({ username: "jane", groups: ["developers", "system:authenticated"] });
    const theirs = new X509Certificate(certificate.der);
    expect(theirs.verify(new X509Certificate(root.der).publicKey)).toBe(true);
    expect(theirs.publicKey.asymmetricKeyType).toBe(name.toLowerCase());
    expect(formatCertificate(certificate)).toContain(name);
  });

  test("refuses a certificate of which one octet is another", async () => {
    const { root, certificate } = await cluster(name);
    const der = certificate.der.slice();
    der[der.length - 1]! ^= 1;
    const forged = verifyCertificateChain(parseCertificate(der), {
      trustAnchors: [root],
      usage: "clientAuth",
    });
    await expect(forged).rejects.toMatchObject({ code: "ERR_CHAIN_SIGNATURE" });
  });

  test("makes requests and lists that verify", async () => {
    const { issuer, root, signer, subject } = await cluster(name);
    const { pem } = await createCertificateRequest({ subject }, signer);
    expect((await parseCertificateRequest(pem)).subjectPublicKeyInfo).toEqual(signer.subjectPublicKeyInfo);
    const thisUpdate = new Date(Math.floor(Date.now() / 1000) * 1000);
    const nextUpdate = new Date(thisUpdate.getTime() + 86_400_000);
    const list = await issueCertificateList(
      { entries: [], crlNumber: "01", thisUpdate, nextUpdate },
      { issuer },
    );
    expect((await verifyCertificateList(list, root)).der).toEqual(list.der);
  });

  test("gets no usage but those of a key that signs", async () => {
    const { issuer, publicKey } = await cluster(name);
    const names = { subject: {}, dnsNames: ["web.example.com"] } as const;
    const recommended = await issueCertificate(servingTemplate(names), { publicKey, issuer });
    expect(recommended.certificate.extensionValue("keyUsage")).toEqual(["digitalSignature"]);
    expect(recommended.findings).toEqual([]);
    const enciphers = servingTemplate({ ...names, keyUsage: ["digitalSignature", "keyEncipherment"] });
    const issuing = issueCertificate(enciphers, { publicKey, issuer });
    if (name !== "Ed25519") {
      await expect(issuing).rejects.toMatchObject({
        code: "ERR_TEMPLATE_EXTENSION",
        path: "extensions.keyUsage",
      });
      return;
    }
    const { certificate, findings } = await issuing;
    expect(findings.map(({ code }) => code)).toEqual(["WARN_TEMPLATE_KEY_USAGE"]);
    expect(lintCertificate(certificate).map(({ code }) => code)).toContain("FINDING_KEY_USAGE");
  });

  test("is what Go reads only if it is no ML-DSA, and Kubernetes mode and the lint say so", async () => {
    const { root, certificate, signer, subject } = await cluster(name);
    const known = name === "Ed25519";
    const { pem } = await createCertificateRequest({ subject }, signer);
    const object = certificateSigningRequest({
      name: "jane",
      pem,
      signerName: "kubernetes.io/kube-apiserver-client",
      usages: ["client auth"],
    });
    const outcomes = (await validateForSigner(object)).map(({ outcome }) => outcome);
    expect(outcomes.includes("refused")).toBe(!known);
    const codes = lintCertificate(certificate).map(({ code }) => code);
    expect(codes).toEqual(known ? [] : ["FINDING_UNKNOWN_TO_GO"]);
    const parsing = parseCertificateRequest(pem, { mode: "kubernetes" });
    const options = { trustAnchors: [root], usage: "clientAuth", mode: "kubernetes" } as const;
    const verifying = verifyCertificateChain(certificate, options);
    const answers = await Promise.allSettled([parsing, verifying]);
    expect(
      answers.map((answer) => (answer.status === "rejected" ? (answer.reason as PkiError).code : "good")),
    ).toEqual(known ? ["good", "good"] : ["ERR_REQUEST_SIGNATURE", "ERR_CHAIN_KEY"]);
  });
});

test.for(algorithms.filter((name) => !supported.has(name)))(
  "%s is refused by name where the runtime lacks it",
  async (name) => {
    await expect(generateKeyPair(name)).rejects.toMatchObject({ code: "ERR_KEY_UNSUPPORTED_BY_RUNTIME" });
  },
);
