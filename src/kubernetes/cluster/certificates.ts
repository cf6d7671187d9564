import { caTemplate, clientTemplate, servingTemplate } from "../../issue/template.ts";
import type { AtLeastOne, CertificateTemplate, TemplateOptions } from "../../issue/template.ts";
import type { SubjectFields } from "../../x509/name-writer.ts";
import {
  CLUSTER_ADMINS_GROUP,
  KUBE_CONTROLLER_MANAGER_USER,
  KUBE_PROXY_USER,
  KUBE_SCHEDULER_USER,
  MASTERS_GROUP,
  NODES_GROUP,
  NODE_USER_PREFIX,
} from "../well-known.ts";
import type { ClusterNode, ResolvedClusterConfig } from "./config.ts";
import { apiServerNames, etcdNames } from "./subject-alt-names.ts";
import type { ServingNames } from "./subject-alt-names.ts";

interface CertificateRow {
  /** kubeadm's name of it, or that of the kubeconfig file; unique in a list. */
  readonly name: string;
  /** Where kubeadm keeps it, below `/etc/kubernetes`: without `.crt` and `.key` for a pair of files, with `.conf` for a kubeconfig file. */
  readonly path: string;
  /** Name of the row that issues it; absent: it issues itself. */
  readonly ca?: string;
}

/** A certificate that the whole cluster has once. */
export interface SharedCertificate extends CertificateRow {
  /** Absent: once in the cluster. */
  readonly nodes?: undefined;
  /** What it says. */
  template(config: ResolvedClusterConfig): CertificateTemplate;
}

/** A certificate that each node of a kind has for itself. */
export interface NodeCertificate extends CertificateRow {
  /** Which nodes have one. */
  readonly nodes: "control-plane" | "all";
  /** What it says on this node. */
  template(config: ResolvedClusterConfig, node: ClusterNode): CertificateTemplate;
}

/** One row of the inventory; write your own to have further certificates issued with the cluster's. */
export type ClusterCertificate = SharedCertificate | NodeCertificate;

/** Which etcd and API server certificates serve both ends of a connection between equals. */
const BOTH_USAGES = ["serverAuth", "clientAuth"] as const;

function options({ now, lifetimeSeconds }: ResolvedClusterConfig): TemplateOptions {
  return { preset: "kubeadm", now, lifetimeSeconds };
}

/** kubeadm's CAs are named alike in every cluster. */
function ca(name: string, path: string, commonName: string): SharedCertificate {
  return {
    name,
    path,
    template: ({ now, caLifetimeSeconds }) =>
      caTemplate({ subject: { commonName }, preset: "kubeadm", now, lifetimeSeconds: caLifetimeSeconds }),
  };
}

function client(config: ResolvedClusterConfig, commonName: string, group?: string): CertificateTemplate {
  const subject: SubjectFields =
    group === undefined ? { commonName } : { organizations: [group], commonName };
  return clientTemplate({ subject, ...options(config) });
}

/** A client certificate that each control-plane node has, for a pair of files or a kubeconfig file. */
function controlPlaneClient(name: string, path: string, issuer: string, commonName: string): NodeCertificate {
  return {
    name,
    path,
    ca: issuer,
    nodes: "control-plane",
    template: (config) => client(config, commonName),
  };
}

/** A serving certificate; the names that kubeadm computes are never empty. */
function serving(
  config: ResolvedClusterConfig,
  commonName: string,
  { dnsNames, ipAddresses }: ServingNames,
  more: Partial<TemplateOptions> = {},
): CertificateTemplate {
  const names = { dnsNames: dnsNames as AtLeastOne<string>, ipAddresses };
  return servingTemplate({ subject: { commonName }, ...names, ...options(config), ...more });
}

/** The address that kube-apiserver and etcd of this node are reached at. */
function advertiseAddress({ addresses }: ClusterNode): string {
  return addresses[0]!;
}

function etcdMember(name: string, path: string): NodeCertificate {
  return {
    name,
    path,
    ca: "etcd-ca",
    nodes: "control-plane",
    template: (config, node) => {
      const names = etcdNames({ nodeName: node.name, advertiseAddress: advertiseAddress(node) });
      return serving(config, node.name, names, { extendedKeyUsage: BOTH_USAGES });
    },
  };
}

/**
 * THE table: every certificate of a cluster as kubeadm 1.36 makes it, a CA before what it issues; and after those two that kubeadm leaves to
 * others: the kubelet's serving certificate, which a CertificateSigningRequest asks for, and kube-proxy's, which has a service account instead.
 *
 * Sources: kubeadm `cmd/kubeadm/app/phases/certs/certlist.go`, `cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go`, `cmd/kubeadm/app/constants/constants.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { CLUSTER_CERTIFICATES } from "kubepki";
 *
 * const admin = CLUSTER_CERTIFICATES.find(({ name }) => name === "admin");
 * assert.deepEqual([admin?.path, admin?.ca], ["admin.conf", "ca"]);
 * ```
 */
export const CLUSTER_CERTIFICATES: readonly ClusterCertificate[] = /* @__PURE__ */ (() => [
  ca("ca", "pki/ca", "kubernetes"),
  {
    name: "apiserver",
    path: "pki/apiserver",
    ca: "ca",
    nodes: "control-plane",
    template: (config, node) => {
      const { dnsDomain, serviceSubnet, certSANs, controlPlaneEndpoint } = config;
      const names = apiServerNames({
        nodeName: node.name,
        advertiseAddress: advertiseAddress(node),
        dnsDomain,
        serviceSubnet,
        certSANs,
        ...(controlPlaneEndpoint !== undefined && { controlPlaneEndpoint }),
      });
      return serving(config, "kube-apiserver", names);
    },
  },
  controlPlaneClient(
    "apiserver-kubelet-client",
    "pki/apiserver-kubelet-client",
    "ca",
    "kube-apiserver-kubelet-client",
  ),
  ca("front-proxy-ca", "pki/front-proxy-ca", "front-proxy-ca"),
  controlPlaneClient("front-proxy-client", "pki/front-proxy-client", "front-proxy-ca", "front-proxy-client"),
  ca("etcd-ca", "pki/etcd/ca", "etcd-ca"),
  etcdMember("etcd-server", "pki/etcd/server"),
  etcdMember("etcd-peer", "pki/etcd/peer"),
  controlPlaneClient(
    "etcd-healthcheck-client",
    "pki/etcd/healthcheck-client",
    "etcd-ca",
    "kube-etcd-healthcheck-client",
  ),
  controlPlaneClient(
    "apiserver-etcd-client",
    "pki/apiserver-etcd-client",
    "etcd-ca",
    "kube-apiserver-etcd-client",
  ),
  {
    name: "admin",
    path: "admin.conf",
    ca: "ca",
    template: (config) => client(config, "kubernetes-admin", CLUSTER_ADMINS_GROUP),
  },
  {
    name: "super-admin",
    path: "super-admin.conf",
    ca: "ca",
    template: (config) => client(config, "kubernetes-super-admin", MASTERS_GROUP),
  },
  {
    name: "kubelet",
    path: "kubelet.conf",
    ca: "ca",
    nodes: "all",
    template: (config, { name }) => client(config, NODE_USER_PREFIX + name, NODES_GROUP),
  },
  controlPlaneClient("controller-manager", "controller-manager.conf", "ca", KUBE_CONTROLLER_MANAGER_USER),
  controlPlaneClient("scheduler", "scheduler.conf", "ca", KUBE_SCHEDULER_USER),
  {
    name: "kubelet-serving",
    path: "pki/kubelet",
    ca: "ca",
    nodes: "all",
    template: (config, { name, addresses }) =>
      servingTemplate({
        subject: { organizations: [NODES_GROUP], commonName: NODE_USER_PREFIX + name },
        dnsNames: [name],
        ipAddresses: addresses,
        ...options(config),
      }),
  },
  {
    name: "kube-proxy",
    path: "kube-proxy.conf",
    ca: "ca",
    template: (config) => client(config, KUBE_PROXY_USER),
  },
])();
