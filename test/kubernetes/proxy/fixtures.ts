/** A CA of clients, a CA of proxies, and certificates of both. */
import { issueCertificate, issueSelfSigned } from "../../../src/issue/issue.ts";
import type { CertificateAuthority } from "../../../src/issue/authority.ts";
import type { CertificateTemplate } from "../../../src/issue/template.ts";
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
  /** A CA below this one. */
  intermediate(commonName: string): Promise<Ca>;
}

export interface Subject {
  readonly commonName?: string;
  readonly organizations?: readonly string[];
  readonly uris?: readonly string[];
}

export async function makeCa(commonName: string): Promise<Ca> {
  const keys = await generateKeyPair("ECDSA-P256");
  const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName } }), keys.signer);
  return caOf({ certificate, signer: keys.signer });
}

function caOf(issuer: CertificateAuthority): Ca {
  const issue = async (template: CertificateTemplate): Promise<Leaf> => {
    const { publicKey, privateKey } = await generateKeyPair("ECDSA-P256");
    const { certificate } = await issueCertificate(template, { publicKey, issuer });
    return { certificate, privateKey: await privateKey.exportPem() };
  };
  return {
    certificate: issuer.certificate,
    pem: pemOf(issuer.certificate),
    client: ({ uris = [], ...subject }) => issue(clientTemplate({ subject, uris, lifetimeSeconds: 3600 })),
    server: (...dnsNames) =>
      issue(servingTemplate({ subject: {}, dnsNames: dnsNames as [string], ipAddresses: ["127.0.0.1"] })),
    async intermediate(commonName) {
      const { publicKey, signer } = await generateKeyPair("ECDSA-P256");
      const template = caTemplate({ subject: { commonName } });
      const { certificate } = await issueCertificate(template, { publicKey, issuer });
      return caOf({ certificate, signer });
    },
  };
}

export const pemOf = (certificate: Certificate): string => encodePem("CERTIFICATE", certificate.der);
export const base64Of = (certificate: Certificate): string => Buffer.from(certificate.der).toString("base64");
