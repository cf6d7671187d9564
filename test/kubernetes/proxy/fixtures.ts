/** A CA of clients, a CA of proxies, and certificates of both. */
import { issueCertificate, issueSelfSigned } from "../../../src/issue/issue.ts";
import { caTemplate, clientTemplate, servingTemplate } from "../../../src/issue/template.ts";
import { generateKeyPair } from "../../../src/keys/generate.ts";
import type { Certificate } from "../../../src/x509/certificate.ts";
import { encodePem } from "../../../src/pem.ts";

export interface Leaf {
  readonly certificate: Certificate;
  readonly privateKey: string;
}

export interface Ca {
  readonly certificate: Certificate;
  readonly pem: string;
  client(subject: Subject): Promise<Leaf>;
  server(...names: string[]): Promise<Leaf>;
}

export interface Subject {
  readonly commonName?: string;
  readonly organizations?: readonly string[];
  readonly uris?: readonly string[];
}

export async function makeCa(commonName: string): Promise<Ca> {
  const keys = await generateKeyPair("ECDSA-P256");
  const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName } }), keys.signer);
  const issuer = { certificate, signer: keys.signer };
  const issue = async (template: ReturnType<typeof clientTemplate>): Promise<Leaf> => {
    const { publicKey, privateKey } = await generateKeyPair("ECDSA-P256");
    const issued = await issueCertificate(template, { publicKey, issuer });
    return { certificate: issued.certificate, privateKey: await privateKey.exportPem() };
  };
  return {
    certificate,
    pem: pemOf(certificate),
    client: ({ uris = [], ...subject }) => issue(clientTemplate({ subject, uris, lifetimeSeconds: 3600 })),
    server: (...dnsNames) =>
      issue(servingTemplate({ subject: {}, dnsNames: dnsNames as [string], ipAddresses: ["127.0.0.1"] })),
  };
}

export const pemOf = (certificate: Certificate): string => encodePem("CERTIFICATE", certificate.der);
export const base64Of = (certificate: Certificate): string => Buffer.from(certificate.der).toString("base64");
