import { YEAR_SECONDS } from "../../issue/validity.ts";
import type { KeyAlgorithmName } from "../../keys/algorithms.ts";
import type { SubjectFields } from "../../x509/name-writer.ts";

/** One machine of a cluster. */
export interface ClusterNode {
  /** Its name as the Node object has it: a lower-case DNS name. */
  readonly name: string;
  /**
   * What runs on it: kube-apiserver and the other components of the control plane, pods alone, or `etcd` and no kubelet that is known to the cluster.
   * While no node has the role `etcd`, the control plane's nodes are its members ("stacked").
   */
  readonly role: "control-plane" | "worker" | "etcd";
  /** Its IP addresses; the first is the one that kube-apiserver and etcd advertise. */
  readonly addresses: readonly string[];
}

/** Which certificates a cluster gets, and of which shape. */
export type ClusterPreset = "recommended" | "kubeadm";

/** What a certificate is for: to issue others, to be called, to call, or both of the latter. */
export type CertificateKind = "ca" | "server" | "client" | "peer";

/** A person or program with a client certificate. */
export interface ClusterUser {
  /** The user name: CN. */
  readonly name: string;
  /** The groups: O. `system:masters` cannot be taken away from whoever has it. */
  readonly groups?: readonly string[];
  /** How long the certificate is valid, in seconds; `lifetimeSeconds` of the configuration by default. */
  readonly lifetimeSeconds?: number;
}

/** One more certificate than clusters usually have; plain data. */
export interface ExtraCertificate {
  /** What to call it; unlike the names of all others. */
  readonly name: string;
  /** Where it is kept, as {@link PlannedCertificate.path}: without `.crt` and `.key`, or with `.conf` for a kubeconfig file. */
  readonly path: string;
  /** What it is for. */
  readonly kind: CertificateKind;
  /** Name of the certificate that issues it; absent for a CA that issues itself. */
  readonly ca?: string;
  /** Whom it is about. */
  readonly subject: SubjectFields;
  /** DNS names that it is called by. */
  readonly dnsNames?: readonly string[];
  /** IP addresses that it is called by. */
  readonly ipAddresses?: readonly string[];
  /** A sentence for people about what it is for. */
  readonly purpose?: string;
  /** How long it is valid, in seconds; that of the configuration by default. */
  readonly lifetimeSeconds?: number;
}

/** How etcd is set up. */
export interface EtcdConfig {
  /** kubeadm's `etcd.external`: others look after etcd, and no certificate of it is planned, nor that by which kube-apiserver calls it. */
  readonly external?: boolean;
  /** `etcd.local.serverCertSANs`: further names and addresses by which clients call the members. */
  readonly serverCertSANs?: readonly string[];
  /** `etcd.local.peerCertSANs`: further names and addresses by which members call each other. */
  readonly peerCertSANs?: readonly string[];
}

/** What a cluster's certificates depend on; the words are those of kubeadm's configuration where it has one. Plain data. */
export interface ClusterConfig {
  /**
   * `recommended` by default: keys of P-256, no more usages than needed, CAs that bear the cluster's name and issue no further CAs, and certificates
   * of kubelets' servers and kube-proxy. `kubeadm`: what kubeadm of `kubernetesVersion` makes, byte for byte, and no more.
   */
  readonly preset?: ClusterPreset;
  /** `kubernetesVersion`, from `1.29` to `1.36`, with or without a patch number; the newest by default. */
  readonly kubernetesVersion?: string;
  /** `clusterName`; `kubernetes` by default. */
  readonly clusterName?: string;
  /** `controlPlaneEndpoint`: name or address of the load balancer, with or without a port. */
  readonly controlPlaneEndpoint?: string;
  /** `apiServer.certSANs`: further names and addresses by which clients call kube-apiserver, those of further load balancers too. */
  readonly certSANs?: readonly string[];
  /** `networking.serviceSubnet`, for dual stack two of them joined by a comma; `10.96.0.0/12` by default. */
  readonly serviceSubnet?: string;
  /** `networking.dnsDomain`; `cluster.local` by default. */
  readonly dnsDomain?: string;
  /** All machines; at least one is of the control plane. */
  readonly nodes: readonly ClusterNode[];
  /** How etcd is set up; stacked by default. */
  readonly etcd?: EtcdConfig;
  /** `encryptionAlgorithm`; by default `ECDSA-P256`, and kubeadm's `RSA-2048` with its preset. */
  readonly keyAlgorithm?: KeyAlgorithmName;
  /** `certificateValidityPeriod` in seconds; 8,760 hours by default. */
  readonly lifetimeSeconds?: number;
  /** `caCertificateValidityPeriod` in seconds; 87,600 hours by default. */
  readonly caLifetimeSeconds?: number;
  /** People and programs that get a certificate and a kubeconfig file. */
  readonly users?: readonly ClusterUser[];
  /** Further certificates. */
  readonly extraCertificates?: readonly ExtraCertificate[];
  /** The moment from which all validity is counted; the current time by default. */
  readonly now?: Date;
}

/** A configuration in which nothing is left open. */
export type ResolvedClusterConfig = Required<Omit<ClusterConfig, "controlPlaneEndpoint">> &
  Pick<ClusterConfig, "controlPlaneEndpoint">;

/**
 * Fills in what a configuration leaves open. Checks nothing, see {@link validateClusterConfig}.
 *
 * Source: kubeadm `cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { resolveClusterConfig } from "kubepki";
 *
 * const config = resolveClusterConfig({ nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] });
 * assert.equal(config.dnsDomain, "cluster.local");
 * ```
 */
export function resolveClusterConfig(config: ClusterConfig): ResolvedClusterConfig {
  const { now = new Date(), preset = "recommended" } = config;
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  return {
    kubernetesVersion: "1.36",
    clusterName: "kubernetes",
    certSANs: [],
    serviceSubnet: "10.96.0.0/12",
    dnsDomain: "cluster.local",
    etcd: {},
    keyAlgorithm: preset === "kubeadm" ? "RSA-2048" : "ECDSA-P256",
    lifetimeSeconds: YEAR_SECONDS,
    caLifetimeSeconds: 10 * YEAR_SECONDS,
    users: [],
    extraCertificates: [],
    ...(given as unknown as ClusterConfig),
    preset,
    now,
  };
}
