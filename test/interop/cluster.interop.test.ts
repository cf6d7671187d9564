/**
 * Every certificate that kubeadm makes, for each version that differs: Go's `CreateCertificate`, told what kubeadm tells it, writes the same bytes.
 * What kubeadm tells it is written down here in Go's words, from kubeadm `app/phases/certs/certlist.go`, `app/phases/kubeconfig/kubeconfig.go` and
 * `app/util/pkiutil/pki_helpers.go` (`NewSignedCert`), client-go `util/cert/cert.go` (`NewSelfSignedCACert`); nothing of our own plan is used.
 */
import { expect, test } from "vitest";
import { generateKeyPair } from "../../src/keys/generate.ts";
import type { KeyPair } from "../../src/keys/generate.ts";
import type { KeyAlgorithmName } from "../../src/keys/algorithms.ts";
import type { ClusterConfig } from "../../src/kubernetes/cluster/config.ts";
import { issueClusterPki } from "../../src/kubernetes/cluster/issue.ts";
import type { IssuedClusterCertificate } from "../../src/kubernetes/cluster/issue-planned.ts";
import type { GoTemplate } from "./protocol.ts";
import { describeWithReferee } from "./suite.ts";

type Told = Pick<GoTemplate, "subject" | "extKeyUsage" | "dnsNames" | "ipAddresses"> & {
  readonly ca?: string;
};

const CONFIG = {
  preset: "kubeadm",
  controlPlaneEndpoint: "api.example.com:6443",
  certSANs: ["192.0.2.100", "extra.example.com", "*.apps.example.com"],
  etcd: { serverCertSANs: ["etcd.example.com"], peerCertSANs: ["192.0.2.101"] },
  dnsDomain: "example.local",
  serviceSubnet: "10.50.0.0/16,fd00:50::/112",
  nodes: [
    { name: "cp-1", role: "control-plane", addresses: ["192.0.2.1", "2001:db8::1"] },
    { name: "w-1", role: "worker", addresses: ["192.0.2.2"] },
  ],
  now: new Date("2030-01-01T00:00:00Z"),
} satisfies ClusterConfig;

const client = (ca: string, commonName: string, ...organization: string[]): Told => ({
  ca,
  subject: { commonName, ...(organization.length > 0 && { organization }) },
  extKeyUsage: ["clientAuth"],
});
const root = (commonName: string): Told => ({ subject: { commonName }, dnsNames: [commonName] });

/** By name, and for kubelets by node. */
const kubeadm = (kubeletClientGroups: readonly string[]): Record<string, Told> => ({
  ca: root("kubernetes"),
  apiserver: {
    ca: "ca",
    subject: { commonName: "kube-apiserver" },
    extKeyUsage: ["serverAuth"],
    dnsNames: [
      "*.apps.example.com",
      "api.example.com",
      "cp-1",
      "extra.example.com",
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "kubernetes.default.svc.example.local",
    ],
    ipAddresses: ["10.50.0.1", "192.0.2.1", "192.0.2.100"],
  },
  "apiserver-kubelet-client": client("ca", "kube-apiserver-kubelet-client", ...kubeletClientGroups),
  "front-proxy-ca": root("front-proxy-ca"),
  "front-proxy-client": client("front-proxy-ca", "front-proxy-client"),
  "etcd-ca": root("etcd-ca"),
  "etcd-server": {
    ca: "etcd-ca",
    subject: { commonName: "cp-1" },
    extKeyUsage: ["serverAuth", "clientAuth"],
    dnsNames: ["cp-1", "etcd.example.com", "localhost"],
    ipAddresses: ["192.0.2.1", "127.0.0.1", "::1"],
  },
  "etcd-peer": {
    ca: "etcd-ca",
    subject: { commonName: "cp-1" },
    extKeyUsage: ["serverAuth", "clientAuth"],
    dnsNames: ["cp-1", "localhost"],
    ipAddresses: ["192.0.2.1", "127.0.0.1", "::1", "192.0.2.101"],
  },
  "etcd-healthcheck-client": client("etcd-ca", "kube-etcd-healthcheck-client"),
  "apiserver-etcd-client": client("etcd-ca", "kube-apiserver-etcd-client"),
  admin: client("ca", "kubernetes-admin", "kubeadm:cluster-admins"),
  "super-admin": client("ca", "kubernetes-super-admin", "system:masters"),
  "kubelet on cp-1": client("ca", "system:node:cp-1", "system:nodes"),
  "kubelet on w-1": client("ca", "system:node:w-1", "system:nodes"),
  "controller-manager": client("ca", "system:kube-controller-manager"),
  scheduler: client("ca", "system:kube-scheduler"),
});

const ADMINS = ["kubeadm:cluster-admins"];
const VERSIONS: [version: string, kubeletClientGroups: string[]][] = [
  ["1.29", ADMINS],
  ["1.30", ADMINS],
  ["1.31", ADMINS],
  ["1.32", ADMINS],
  ["1.33.11", ADMINS],
  ["1.33.12", []],
  ["1.34.7", ADMINS],
  ["1.34.8", []],
  ["1.35.4", ADMINS],
  ["1.35.5", []],
  ["1.36.0", ADMINS],
  ["1.36.2", []],
];

const ALGORITHMS = ["RSA-2048", "ECDSA-P256", "ECDSA-P384"] as const satisfies readonly KeyAlgorithmName[];

/** RSA keys take their time: the same ones for every version. */
const keys = new Map<string, KeyPair>();
async function keyNumber(algorithm: KeyAlgorithmName, n: number): Promise<KeyPair> {
  const name = `${algorithm} ${n}`;
  const known = keys.get(name) ?? (await generateKeyPair(algorithm));
  keys.set(name, known);
  return known;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const seconds = (date: Date): number => date.getTime() / 1000;
const nameOf = ({ name, node }: IssuedClusterCertificate): string =>
  name === "kubelet" ? `kubelet on ${node}` : name;

await describeWithReferee("the certificates of kubeadm", (referee) => {
  for (const keyAlgorithm of ALGORITHMS)
    test.each(VERSIONS)(
      `${keyAlgorithm}, kubeadm %s`,
      { timeout: 120_000 },
      async (kubernetesVersion, groups) => {
        let n = 0;
        const { certificates } = await issueClusterPki(
          { ...CONFIG, kubernetesVersion, keyAlgorithm },
          { generateKey: (algorithm) => keyNumber(algorithm, n++) },
        );
        const expected = kubeadm(groups);
        expect(certificates.map(nameOf)).toEqual(Object.keys(expected));
        for (const issued of certificates) {
          const { ca, ...told } = expected[nameOf(issued)]!;
          const issuer = ca === undefined ? issued : certificates.find(({ name }) => name === ca)!;
          const { certificate } = issued;
          const { tbs } = await referee.demand("create", {
            ...told,
            serialNumber: certificate.serialNumber,
            notBefore: seconds(certificate.notBefore),
            notAfter: seconds(certificate.notAfter),
            // DigitalSignature and KeyEncipherment, and CertSign for CAs
            keyUsage: ca === undefined ? 1 | 4 | 32 : 1 | 4,
            basicConstraintsValid: true,
            isCA: ca === undefined,
            key: base64(await issuer.privateKey!.exportDer("pkcs8")),
            ...(ca !== undefined && {
              parent: base64(issuer.certificate.der),
              publicKey: base64(certificate.subjectPublicKeyInfo),
            }),
          });
          expect(base64(certificate.tbsCertificate), nameOf(issued)).toBe(tbs);
          const years = (ca === undefined ? 10 : 1) * 8760 * 3600;
          expect(seconds(certificate.notAfter) - seconds(CONFIG.now)).toBe(years);
          expect(seconds(CONFIG.now) - seconds(certificate.notBefore)).toBe(300);
        }
      },
    );

  test.each(["recommended", "kubeadm"] as const)(
    "Go verifies every certificate of the preset %s, for its uses and its names",
    async (preset) => {
      const { certificates } = await issueClusterPki({ ...CONFIG, preset, keyAlgorithm: "ECDSA-P256" });
      const time = seconds(CONFIG.now);
      for (const issued of certificates.filter(({ ca }) => ca !== undefined)) {
        const { certificate, extendedKeyUsage, dnsNames, ipAddresses } = issued;
        const leaf = base64(certificate.der);
        const anchor = certificates.find(({ name }) => name === issued.ca)!.certificate;
        for (const usage of extendedKeyUsage as ("serverAuth" | "clientAuth")[]) {
          const roots = [base64(anchor.der)];
          const verdict = await referee.ask("verify", { leaf, roots, time, usages: [usage] });
          expect(verdict, `${nameOf(issued)} for ${usage}`).toMatchObject({ ok: true });
        }
        const hosts = [...dnsNames.map((name) => name.replace("*", "shop")), ...ipAddresses];
        const { verdicts } = await referee.demand("hostname", { leaf, hosts });
        expect(verdicts, nameOf(issued)).toEqual(hosts.map(() => null));
      }
    },
  );
});
