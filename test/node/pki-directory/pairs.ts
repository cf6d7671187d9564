/** Sets of files that belong together, so that a mixture of two is found out. */
import {
  caTemplate,
  clientTemplate,
  encodePem,
  generateKeyPair,
  issueCertificate,
  issueSelfSigned,
} from "kubepki";
import type { CertificateAuthority } from "kubepki";
import type { PkiFileInput } from "kubepki/node";

async function pair(
  path: string,
  issuer?: CertificateAuthority,
): Promise<[PkiFileInput[], CertificateAuthority]> {
  const { signer, publicKey, privateKey } = await generateKeyPair("ECDSA-P256");
  const subject = { commonName: path };
  const { certificate } = issuer
    ? await issueCertificate(clientTemplate({ subject }), { publicKey, issuer })
    : await issueSelfSigned(caTemplate({ subject }), signer);
  const files = [
    { path: `${path}.crt`, text: encodePem("CERTIFICATE", certificate.der) },
    { path: `${path}.key`, text: await privateKey.exportPem() },
  ];
  return [files, { certificate, signer }];
}

/** A small control plane: two CAs, a pair below each, and a kubeconfig. */
export async function makeFiles(label: string): Promise<PkiFileInput[]> {
  const [ca, issuer] = await pair("pki/ca");
  const [etcd, etcdIssuer] = await pair("pki/etcd/ca");
  const [server] = await pair("pki/apiserver", issuer);
  const [member] = await pair("pki/etcd/server", etcdIssuer);
  return [...ca, ...server, ...etcd, ...member, { path: "admin.conf", text: `kind: Config # ${label}\n` }];
}
