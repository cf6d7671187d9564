/** The cluster of the quickstart, and who belongs to it. */
import {
  clientTemplate,
  generateKeyPair,
  issueCertificate,
  issueClusterPki,
  issueSelfSigned,
  caTemplate,
} from "kubepki";
import type { CertificateAuthority, Certificate, ClusterPki, PrivateKey } from "kubepki";

/** A certificate with its key: what a caller presents, or a server. */
export interface Credential {
  readonly certificate: Certificate;
  readonly privateKey: PrivateKey;
}

/** The name under which the load balancer is reached. */
export const LOAD_BALANCER = "api.prod.example.com";
/** Its address. */
const LOAD_BALANCER_ADDRESS = "192.0.2.10";

/** Three control-plane nodes behind a load balancer, with addresses of the range for documentation (RFC 5737). */
export function issueCluster(): Promise<ClusterPki> {
  return issueClusterPki({
    controlPlaneEndpoint: `${LOAD_BALANCER}:6443`,
    certSANs: [LOAD_BALANCER_ADDRESS],
    nodes: [
      { name: "cp-1", role: "control-plane", addresses: ["192.0.2.11"] },
      { name: "cp-2", role: "control-plane", addresses: ["192.0.2.12"] },
      { name: "cp-3", role: "control-plane", addresses: ["192.0.2.13"] },
    ],
  });
}

/** One certificate of the cluster, of those that each node has the one of `node`. */
export function credential({ certificates }: ClusterPki, name: string, node?: string): Credential {
  const found = certificates.find((issued) => issued.name === name && issued.node === node);
  if (!found?.privateKey)
    throw new Error(`the cluster has no certificate ${name}${node ? ` for ${node}` : ""}`);
  return { certificate: found.certificate, privateKey: found.privateKey };
}

/** The cluster CA as an issuer. */
export function clusterAuthority(pki: ClusterPki): CertificateAuthority {
  const { certificate, privateKey } = credential(pki, "ca");
  return { certificate, signer: privateKey.signer };
}

/** A person with a certificate for twelve hours. */
export async function issueDeveloper(issuer: CertificateAuthority): Promise<Credential> {
  const { privateKey, publicKey } = await generateKeyPair("ECDSA-P256");
  const template = clientTemplate({
    subject: { commonName: "jane", organizations: ["developers"] },
    lifetimeSeconds: 12 * 3600,
  });
  const { certificate } = await issueCertificate(template, { publicKey, issuer });
  return { certificate, privateKey };
}

/** Somebody who wants to be an administrator, with a CA of her own that has the name of the cluster's. */
export async function issueImpostor(): Promise<Credential> {
  const authority = await generateKeyPair("ECDSA-P256");
  const root = await issueSelfSigned(
    caTemplate({ subject: { commonName: "kubernetes-ca" } }),
    authority.signer,
  );
  const { privateKey, publicKey } = await generateKeyPair("ECDSA-P256");
  const template = clientTemplate({ subject: { commonName: "mallory", organizations: ["system:masters"] } });
  const issuer = { certificate: root.certificate, signer: authority.signer };
  const { certificate } = await issueCertificate(template, { publicKey, issuer, allowPrivileged: true });
  return { certificate, privateKey };
}
