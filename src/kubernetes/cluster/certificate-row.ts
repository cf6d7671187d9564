/** What a row of the inventory of a cluster's certificates says. */
import type { SubjectFields } from "../../x509/name-writer.ts";
import type { CertificateKind, ClusterNode, ClusterPreset, ResolvedClusterConfig } from "./config.ts";

/** Who reads a file, and which setting tells it where the file is. */
export interface CertificateUse {
  /** The program, `kube-apiserver` for example. */
  readonly component: string;
  /** Its flag, `--tls-cert-file`; of the kubelet's configuration file the field. */
  readonly flag: string;
  /** The file that the flag names, below `/etc/kubernetes`. */
  readonly file: string;
}

/** Who and what a certificate is about. */
export interface CertificateNames {
  /** CN and O. */
  readonly subject: SubjectFields;
  /** DNS names, in the order in which they are written. */
  readonly dnsNames?: readonly string[];
  /** IP addresses as text, in the order in which they are written. */
  readonly ipAddresses?: readonly string[];
}

interface CertificateRow {
  /** kubeadm's name of it, or that of the kubeconfig file; unique in the table. */
  readonly name: string;
  /** What it is for. */
  readonly kind: CertificateKind;
  /** Where kubeadm keeps it, below `/etc/kubernetes`: without `.crt` and `.key` for a pair of files, with `.conf` for a kubeconfig file. */
  readonly path: string;
  /** Name of the row that issues it; absent: it issues itself. */
  readonly ca?: string;
  /** Which preset has it; absent: each. */
  readonly preset?: ClusterPreset;
  /** What it is for, in a sentence. */
  readonly purpose: string;
  /** Who reads its files. */
  readonly usedBy: readonly CertificateUse[];
}

/** A certificate that the whole cluster has once. */
export interface SharedCertificate extends CertificateRow {
  /** Absent: once in the cluster. */
  readonly nodes?: undefined;
  /** Who and what it is about. */
  names(config: ResolvedClusterConfig): CertificateNames;
}

/** A certificate that each node of a kind has for itself. */
export interface NodeCertificate extends CertificateRow {
  /** Which nodes have one: those of the control plane, the members of etcd, or all that run a kubelet. */
  readonly nodes: "control-plane" | "etcd" | "kubelet";
  /** Who and what it is about on this node. */
  names(config: ResolvedClusterConfig, node: ClusterNode): CertificateNames;
}

/** One row of the inventory. */
export type ClusterCertificate = SharedCertificate | NodeCertificate;
