import {
  CLUSTER_ADMINS_GROUP,
  KUBE_CONTROLLER_MANAGER_USER,
  KUBE_PROXY_USER,
  KUBE_SCHEDULER_USER,
  MASTERS_GROUP,
  NODES_GROUP,
  NODE_USER_PREFIX,
} from "../well-known.ts";
import type {
  CertificateNames,
  CertificateUse,
  ClusterCertificate,
  NodeCertificate,
  SharedCertificate,
} from "./certificate-row.ts";
import type { ClusterNode, ResolvedClusterConfig } from "./config.ts";
import { kubeadmVersion } from "./kubeadm-version.ts";
import { apiServerNames, etcdNames } from "./subject-alt-names.ts";

const API_SERVER = "kube-apiserver";
const CONTROLLER_MANAGER = "kube-controller-manager";
const SCHEDULER = "kube-scheduler";

/** The files of a pair, for a component with a flag for each. */
function pair(component: string, path: string, certificateFlag: string, keyFlag: string): CertificateUse[] {
  return [
    { component, flag: certificateFlag, file: `${path}.crt` },
    { component, flag: keyFlag, file: `${path}.key` },
  ];
}

/** One file for several flags. */
function uses(component: string, file: string, ...flags: readonly string[]): CertificateUse[] {
  return flags.map((flag) => ({ component, flag, file }));
}

/** kubeadm's CAs are named alike in every cluster; with names of their own, clients of two clusters can tell which CA they have. */
function ca(
  name: string,
  path: string,
  kubeadmName: string,
  purpose: string,
  usedBy: readonly CertificateUse[],
): SharedCertificate {
  const names = ({ preset, clusterName }: ResolvedClusterConfig): CertificateNames =>
    preset === "kubeadm"
      ? { subject: { commonName: kubeadmName }, dnsNames: [kubeadmName] }
      : { subject: { commonName: `${clusterName}-${name}` } };
  return { name, kind: "ca", path, purpose, usedBy, names };
}

function person(commonName: string, group?: string): CertificateNames {
  return { subject: group === undefined ? { commonName } : { organizations: [group], commonName } };
}

/** The kubeconfig file of a component, with a certificate for each control-plane node. */
function componentConfig(name: string, component: string, user: string, purpose: string): NodeCertificate {
  const path = `${name}.conf`;
  const flags = ["--kubeconfig", "--authentication-kubeconfig", "--authorization-kubeconfig"];
  return {
    name,
    kind: "client",
    path,
    ca: "ca",
    nodes: "control-plane",
    purpose,
    usedBy: uses(component, path, ...flags),
    names: () => person(user),
  };
}

/** The address that kube-apiserver and etcd of this node are reached at. */
function advertiseAddress({ addresses }: ClusterNode): string {
  return addresses[0]!;
}

function etcdMember(
  name: "etcd-server" | "etcd-peer",
  path: string,
  purpose: string,
  usedBy: readonly CertificateUse[],
): NodeCertificate {
  return {
    name,
    kind: "peer",
    path,
    ca: "etcd-ca",
    nodes: "etcd",
    purpose,
    usedBy,
    names: ({ etcd }, node) => {
      const certSANs = (name === "etcd-server" ? etcd.serverCertSANs : etcd.peerCertSANs) ?? [];
      const { dnsNames, ipAddresses } = etcdNames({
        nodeName: node.name,
        advertiseAddress: advertiseAddress(node),
        certSANs,
      });
      return { subject: { commonName: node.name }, dnsNames, ipAddresses };
    },
  };
}

function apiServer(config: ResolvedClusterConfig, node: ClusterNode): CertificateNames {
  const { dnsDomain, serviceSubnet, certSANs, controlPlaneEndpoint } = config;
  const { dnsNames, ipAddresses } = apiServerNames({
    nodeName: node.name,
    advertiseAddress: advertiseAddress(node),
    dnsDomain,
    serviceSubnet,
    certSANs,
    ...(controlPlaneEndpoint !== undefined && { controlPlaneEndpoint }),
  });
  return { subject: { commonName: "kube-apiserver" }, dnsNames, ipAddresses };
}

/** kubeadm had it among the administrators until a role of its own was bound to its user name. */
function kubeletClient({ preset, kubernetesVersion }: ResolvedClusterConfig): CertificateNames {
  const asAdmin = preset === "kubeadm" && kubeadmVersion(kubernetesVersion)?.kubeletClientIsAdmin === true;
  return person("kube-apiserver-kubelet-client", asAdmin ? CLUSTER_ADMINS_GROUP : undefined);
}

function nodeUser({ name }: ClusterNode): CertificateNames {
  return person(NODE_USER_PREFIX + name, NODES_GROUP);
}

/**
 * THE table: every certificate of a cluster as kubeadm makes it, a CA before what it issues; and after those two that kubeadm leaves to
 * others: the kubelet's serving certificate, which a CertificateSigningRequest asks for, and kube-proxy's, which has a service account instead.
 *
 * Sources: kubeadm `cmd/kubeadm/app/phases/certs/certlist.go`, `cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go`,
 * `cmd/kubeadm/app/phases/controlplane/manifests.go`, `cmd/kubeadm/app/phases/etcd/local.go`, `cmd/kubeadm/app/constants/constants.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { CLUSTER_CERTIFICATES } from "kubepki";
 *
 * const server = CLUSTER_CERTIFICATES.find(({ name }) => name === "apiserver");
 * assert.deepEqual([server?.path, server?.ca], ["pki/apiserver", "ca"]);
 * assert.deepEqual(server?.usedBy.map(({ flag }) => flag), ["--tls-cert-file", "--tls-private-key-file"]);
 * ```
 */
export const CLUSTER_CERTIFICATES: readonly ClusterCertificate[] = /* @__PURE__ */ (() => [
  ca(
    "ca",
    "pki/ca",
    "kubernetes",
    "issues the certificates of everybody who calls an API server or a kubelet",
    [
      ...uses(API_SERVER, "pki/ca.crt", "--client-ca-file"),
      ...uses(CONTROLLER_MANAGER, "pki/ca.crt", "--client-ca-file", "--root-ca-file"),
      ...pair(CONTROLLER_MANAGER, "pki/ca", "--cluster-signing-cert-file", "--cluster-signing-key-file"),
      ...uses("kubelet", "pki/ca.crt", "authentication.x509.clientCAFile"),
    ],
  ),
  {
    name: "apiserver",
    kind: "server",
    path: "pki/apiserver",
    ca: "ca",
    nodes: "control-plane",
    purpose: "the API server proves to its clients who it is",
    usedBy: pair(API_SERVER, "pki/apiserver", "--tls-cert-file", "--tls-private-key-file"),
    names: apiServer,
  },
  {
    name: "apiserver-kubelet-client",
    kind: "client",
    path: "pki/apiserver-kubelet-client",
    ca: "ca",
    nodes: "control-plane",
    purpose: "the API server calls kubelets: logs, exec, port-forward",
    usedBy: pair(
      API_SERVER,
      "pki/apiserver-kubelet-client",
      "--kubelet-client-certificate",
      "--kubelet-client-key",
    ),
    names: kubeletClient,
  },
  ca(
    "front-proxy-ca",
    "pki/front-proxy-ca",
    "front-proxy-ca",
    "issues the certificate of the front proxy alone",
    [
      ...uses(API_SERVER, "pki/front-proxy-ca.crt", "--requestheader-client-ca-file"),
      ...uses(CONTROLLER_MANAGER, "pki/front-proxy-ca.crt", "--requestheader-client-ca-file"),
    ],
  ),
  {
    name: "front-proxy-client",
    kind: "client",
    path: "pki/front-proxy-client",
    ca: "front-proxy-ca",
    nodes: "control-plane",
    purpose: "the API server calls extension API servers, and says in headers for whom",
    usedBy: pair(API_SERVER, "pki/front-proxy-client", "--proxy-client-cert-file", "--proxy-client-key-file"),
    names: () => person("front-proxy-client"),
  },
  ca("etcd-ca", "pki/etcd/ca", "etcd-ca", "issues the certificates of etcd and of those who call it", [
    ...uses("etcd", "pki/etcd/ca.crt", "--trusted-ca-file", "--peer-trusted-ca-file"),
    ...uses(API_SERVER, "pki/etcd/ca.crt", "--etcd-cafile"),
  ]),
  etcdMember(
    "etcd-server",
    "pki/etcd/server",
    "an etcd member proves to its clients who it is",
    pair("etcd", "pki/etcd/server", "--cert-file", "--key-file"),
  ),
  etcdMember(
    "etcd-peer",
    "pki/etcd/peer",
    "etcd members call each other",
    pair("etcd", "pki/etcd/peer", "--peer-cert-file", "--peer-key-file"),
  ),
  {
    name: "etcd-healthcheck-client",
    kind: "client",
    path: "pki/etcd/healthcheck-client",
    ca: "etcd-ca",
    nodes: "etcd",
    purpose: "etcdctl and health checks call etcd",
    usedBy: pair("etcdctl", "pki/etcd/healthcheck-client", "--cert", "--key"),
    names: () => person("kube-etcd-healthcheck-client"),
  },
  {
    name: "apiserver-etcd-client",
    kind: "client",
    path: "pki/apiserver-etcd-client",
    ca: "etcd-ca",
    nodes: "control-plane",
    purpose: "the API server calls etcd",
    usedBy: pair(API_SERVER, "pki/apiserver-etcd-client", "--etcd-certfile", "--etcd-keyfile"),
    names: () => person("kube-apiserver-etcd-client"),
  },
  {
    name: "admin",
    kind: "client",
    path: "admin.conf",
    ca: "ca",
    purpose: "the administrators; RBAC gives them their rights and can take them away",
    usedBy: uses("kubectl", "admin.conf", "--kubeconfig"),
    names: () => person("kubernetes-admin", CLUSTER_ADMINS_GROUP),
  },
  {
    name: "super-admin",
    kind: "client",
    path: "super-admin.conf",
    ca: "ca",
    purpose: "for emergencies: may do everything, and nothing but a new CA takes it away",
    usedBy: uses("kubectl", "super-admin.conf", "--kubeconfig"),
    names: () => person("kubernetes-super-admin", MASTERS_GROUP),
  },
  {
    name: "kubelet",
    kind: "client",
    path: "kubelet.conf",
    ca: "ca",
    nodes: "kubelet",
    purpose: "the kubelet calls the API server",
    usedBy: uses("kubelet", "kubelet.conf", "--kubeconfig"),
    names: (_, node) => nodeUser(node),
  },
  componentConfig(
    "controller-manager",
    CONTROLLER_MANAGER,
    KUBE_CONTROLLER_MANAGER_USER,
    "the controller manager calls the API server",
  ),
  componentConfig("scheduler", SCHEDULER, KUBE_SCHEDULER_USER, "the scheduler calls the API server"),
  {
    name: "kubelet-serving",
    kind: "server",
    path: "pki/kubelet",
    ca: "ca",
    preset: "recommended",
    nodes: "kubelet",
    purpose: "the kubelet proves to the API server who it is",
    usedBy: [
      ...pair("kubelet", "pki/kubelet", "tlsCertFile", "tlsPrivateKeyFile"),
      ...uses(API_SERVER, "pki/ca.crt", "--kubelet-certificate-authority"),
    ],
    names: (_, node) => ({ ...nodeUser(node), dnsNames: [node.name], ipAddresses: node.addresses }),
  },
  {
    name: "kube-proxy",
    kind: "client",
    path: "kube-proxy.conf",
    ca: "ca",
    preset: "recommended",
    purpose: "kube-proxy calls the API server",
    usedBy: uses("kube-proxy", "kube-proxy.conf", "--kubeconfig"),
    names: () => person(KUBE_PROXY_USER),
  },
])();
