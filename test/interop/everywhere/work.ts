/**
 * What every runtime is asked to do: read the same certificates, and make, sign, verify and export with every key that it has. Runs in a page,
 * a worker, a server of workers and Node alike, so it imports nothing but the package.
 */
import {
  authenticate,
  caTemplate,
  clientTemplate,
  createCertificateRequest,
  encodePem,
  generateKeyPair,
  issueCertificate,
  issueCertificateList,
  issueClusterPki,
  issueSelfSigned,
  keyAlgorithmNames,
  parseCertificate,
  parseCertificateRequest,
  parseIdentity,
  parsePrivateKey,
  PkiError,
  supportsKeyAlgorithm,
  verifyCertificateChain,
  verifyCertificateList,
} from "kubepki";
import type { CertificateAuthority, KeyAlgorithmName, KeyPair } from "kubepki";
import { createPkcs12, decryptPrivateKey, describe, encryptPrivateKey, parsePkcs12 } from "kubepki/formats";

/** What the runtime made with one kind of key, for others to judge. */
export interface Chain {
  /** The client's certificate, which names jane, and the CA's, each in PEM. */
  readonly leaf: string;
  readonly root: string;
  /** The client's key in each format that it has. */
  readonly keys: readonly string[];
  /** A request signed with that key. */
  readonly request: string;
}

export interface Answers {
  /** For each input, what both modes say. */
  readonly readings: readonly string[];
  readonly chains: Readonly<Partial<Record<KeyAlgorithmName, Chain>>>;
  /** Laws that did not hold. */
  readonly faults: readonly string[];
}

const PASSWORD = "correct horse";
const SUBJECT = { commonName: "jane", organizations: ["developers"] };

/** Does everything; `inputs` are certificates, whole or damaged, as base64. */
export async function work(inputs: readonly string[]): Promise<Answers> {
  const faults: string[] = [];
  const chains: Partial<Record<KeyAlgorithmName, Chain>> = {};
  for (const algorithm of keyAlgorithmNames()) {
    if (/RSA-[34]/.test(algorithm) || !(await supportsKeyAlgorithm(algorithm))) continue;
    try {
      chains[algorithm] = await makeChain(algorithm);
    } catch (error) {
      faults.push(`${algorithm}: ${String(error)}`);
    }
  }
  for (const [name, law] of Object.entries({ formats, cluster })) {
    await law().catch((error: unknown) => faults.push(`${name}: ${String(error)}`));
  }
  return { readings: inputs.map(read), chains, faults };
}

/** All that is read of a certificate, or why it is refused, in both modes. */
function read(base64: string): string {
  const der = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return JSON.stringify(
    (["safe", "kubernetes"] as const).map((mode) => {
      try {
        const { extensions, deviations } = parseCertificate(der, { mode });
        const codes = deviations.map(({ code, path }) => `${code} ${path}`);
        return { identity: parseIdentity(der, { mode }), extensions, codes };
      } catch (error) {
        if (!(error instanceof PkiError)) return String(error);
        const { code, message, path, offset } = error;
        return { code, message, path, offset };
      }
    }),
  );
}

async function makeChain(algorithm: KeyAlgorithmName): Promise<Chain> {
  const ca = await generateKeyPair(algorithm);
  const root = await issueSelfSigned(caTemplate({ subject: { commonName: "ca" } }), ca.signer);
  const issuer = { certificate: root.certificate, signer: ca.signer };
  const client = await generateKeyPair(algorithm);
  const { pem } = await createCertificateRequest({ subject: SUBJECT }, client.signer);
  const request = await parseCertificateRequest(pem);
  const leaf = await issueCertificate(clientTemplate({ subject: SUBJECT }), { publicKey: request, issuer });
  const chain = await verifyCertificateChain(leaf.certificate, {
    trustAnchors: [root.certificate],
    usage: "clientAuth",
  });
  must(chain.certificates.length === 2, "the chain has two certificates");
  const user = await authenticate(leaf.certificate, { trustAnchors: [root.certificate] });
  must(user?.username === "jane", "jane is authenticated");
  await revoke(issuer, leaf.certificate.serialNumber);
  return {
    leaf: encodePem("CERTIFICATE", leaf.certificate.der),
    root: encodePem("CERTIFICATE", root.certificate.der),
    keys: await exportEach(client),
    request: pem,
  };
}

async function revoke(issuer: CertificateAuthority, serialNumber: string): Promise<void> {
  const day = 86_400_000;
  const thisUpdate = new Date(Math.floor(Date.now() / 1000) * 1000);
  const dates = { thisUpdate, nextUpdate: new Date(thisUpdate.getTime() + day) };
  const entries = [{ serialNumber, revocationDate: thisUpdate }];
  const list = await issueCertificateList({ entries, crlNumber: "1", ...dates }, { issuer });
  await verifyCertificateList(list, issuer.certificate);
  must(list.find(serialNumber) !== undefined, "the list has the entry");
}

/** Each text is read again, and the key that comes out signs. */
async function exportEach({ privateKey }: KeyPair): Promise<string[]> {
  const texts: string[] = [];
  for (const format of ["pkcs8", "kubernetes"] as const) {
    const text = await privateKey.exportPem(format);
    const again = await parsePrivateKey(text);
    await issueSelfSigned(caTemplate({ subject: { commonName: format } }), again.signer);
    texts.push(text);
  }
  return texts;
}

async function formats(): Promise<void> {
  const { privateKey, signer } = await generateKeyPair("ECDSA-P256");
  const { certificate } = await issueSelfSigned(caTemplate({ subject: SUBJECT }), signer);
  const cost = { iterations: 1000, macIterations: 1000 };
  const file = await createPkcs12({ privateKey, certificates: [certificate] }, PASSWORD, cost);
  const { keys } = await parsePkcs12(file, PASSWORD);
  must(keys.length === 1, "the file has one key");
  const encrypted = await encryptPrivateKey(privateKey, PASSWORD, cost);
  await decryptPrivateKey(encrypted, PASSWORD);
  must(describe(certificate.der).includes("jane"), "the description has the name");
}

async function cluster(): Promise<void> {
  const { certificates } = await issueClusterPki({
    controlPlaneEndpoint: "api.example.com:6443",
    nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.11"] }],
    keyAlgorithm: "ECDSA-P256",
  });
  must(certificates.length > 10, "a cluster has more than ten certificates");
}

function must(condition: boolean, law: string): void {
  if (!condition) throw new Error(law);
}
