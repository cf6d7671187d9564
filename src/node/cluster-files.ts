import { hostOf } from "../kubernetes/cluster/subject-alt-names.ts";
import { kubeadmVersion } from "../kubernetes/cluster/kubeadm-version.ts";
import { isKubeconfigPath } from "../kubernetes/cluster/plan.ts";
import type { ClusterNode, ResolvedClusterConfig } from "../kubernetes/cluster/config.ts";
import type { ClusterPki } from "../kubernetes/cluster/issue.ts";
import type {
  IssuedClusterCertificate,
  RequestedClusterCertificate,
} from "../kubernetes/cluster/issue-planned.ts";
import { kubeconfig } from "../kubernetes/kubeconfig/build.ts";
import { encodePublicKeyPem } from "../keys/public-key.ts";
import { encodePem } from "../pem.ts";
import type { Certificate } from "../x509/certificate.ts";
import { encodeKubeconfigYaml } from "./kubeconfig/yaml.ts";
import type { PkiFileInput } from "./pki-directory/pki-file.ts";

/** For whom files are made. */
export interface ClusterFilesOptions {
  /** Name of a node: what `/etc/kubernetes` of this node holds. Absent: what the cluster has once, to be kept in a safe place. */
  readonly node?: string;
  /** The port of the API servers; 6443 by default. An endpoint with a port of its own keeps it. */
  readonly port?: number;
}

/** What files are made of: a {@link ClusterPki}, or the part of it that was renewed, with the cluster CA for kubeconfig files. */
export type ClusterFilesInput = Pick<ClusterPki, "plan" | "certificates"> &
  Partial<Pick<ClusterPki, "requests" | "serviceAccountKeys">>;

/**
 * The files of a cluster's PKI as kubeadm lays them out, ready for {@link writePkiDirectory}: certificates and keys as PEM, kubeconfig files as YAML.
 *
 * A node of the control plane gets its own files, the CAs with their keys, the keys for service accounts, `admin.conf` and kube-proxy's file; a worker its own, kube-proxy's
 * and the certificate of the cluster CA; a machine of etcd its own and the certificate of etcd's CA. `super-admin.conf`, users and extra certificates are with what the
 * cluster has once. Certificates of CAs below another stand behind those that they have issued, for who shows these must show them. What others have yet to issue becomes a key and a request beside it, as `kubeadm certs generate-csr` does it: of a kubeconfig file, the file with the key and `<name>.conf.csr`. **The result is a secret.**
 *
 * Kubeconfig files name `controlPlaneEndpoint`, or the first API server if there is none; the controller manager, the scheduler and kubelets of the control plane call the API
 * server of their node (with kubeadm's preset, kubelets do from 1.33 on).
 *
 * Sources: kubeadm `cmd/kubeadm/app/phases/certs/certs.go`, `cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go`, `cmd/kubeadm/app/phases/copycerts/copycerts.go`.
 *
 * @throws RangeError if the cluster has no such node; KeyError `ERR_KEY_NOT_EXTRACTABLE`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { issueClusterPki } from "kubepki";
 * import { clusterFiles } from "kubepki/node";
 *
 * const pki = await issueClusterPki({ nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] });
 * const files = await clusterFiles(pki, { node: "cp-1" });
 * const admin = files.find(({ path }) => path === "admin.conf");
 * assert.match(admin?.text ?? "", /server: https:\/\/192\.0\.2\.1:6443/);
 * ```
 */
export async function clusterFiles(
  pki: ClusterFilesInput,
  options: ClusterFilesOptions = {},
): Promise<PkiFileInput[]> {
  const { node, port = 6443 } = options;
  const { plan, certificates, requests = [], serviceAccountKeys } = pki;
  const { nodes } = plan.config;
  const role = nodes.find(({ name }) => name === node)?.role;
  const place: Place = { node, role, hasOwnEtcd: nodes.some((one) => one.role === "etcd") };
  if (node !== undefined && role === undefined)
    throw new RangeError(`the cluster has no node ${JSON.stringify(node)}`);
  const files: PkiFileInput[] = [];
  for (const issued of certificates) {
    const part = partFor(issued, place);
    if (part !== "nothing") files.push(...(await filesOf(issued, part, pki, port)));
  }
  for (const requested of requests)
    if (partFor(requested, place) !== "nothing") files.push(...(await requestFiles(requested, pki, port)));
  if (serviceAccountKeys && (role === undefined || role === "control-plane")) {
    const { privateKey, publicKey } = serviceAccountKeys;
    const { path } = plan.serviceAccountKeys;
    files.push({ path: `${path}.key`, text: await privateKey.exportPem() });
    files.push({ path: `${path}.pub`, text: encodePublicKeyPem(publicKey) });
  }
  return files;
}

type Part = "everything" | "certificate" | "nothing";
type Planned = IssuedClusterCertificate | RequestedClusterCertificate;

interface Place {
  readonly node: string | undefined;
  readonly role: ClusterNode["role"] | undefined;
  /** Whether etcd has machines of its own: then the key of its CA is nowhere on the control plane. */
  readonly hasOwnEtcd: boolean;
}

/** What of a certificate belongs to a node, or to what the cluster has once. */
function partFor(planned: Planned, { node, role, hasOwnEtcd }: Place): Part {
  const { name, kind } = planned;
  if (planned.node === node) return "everything";
  if (node === undefined || planned.node !== undefined) return "nothing";
  if (name === "kube-proxy") return role === "etcd" ? "nothing" : "everything";
  if (name === "etcd-ca" && role !== "worker")
    return role === "etcd" || hasOwnEtcd ? "certificate" : "everything";
  if (role !== "control-plane") return name === "ca" && role === "worker" ? "certificate" : "nothing";
  return name === "admin" || (kind === "ca" && ["ca", "front-proxy-ca"].includes(name))
    ? "everything"
    : "nothing";
}

async function filesOf(
  issued: IssuedClusterCertificate,
  part: Part,
  pki: ClusterFilesInput,
  port: number,
): Promise<PkiFileInput[]> {
  const { path, privateKey } = issued;
  if (isKubeconfigPath(path)) return [{ path, text: await kubeconfigText(issued, pki, port) }];
  const chain = chainOf(issued, pki.certificates).map(({ der }) => encodePem("CERTIFICATE", der));
  const pair: PkiFileInput[] = [{ path: `${path}.crt`, text: chain.join("") }];
  if (part === "everything" && privateKey)
    pair.push({ path: `${path}.key`, text: await privateKey.exportPem() });
  return pair;
}

/** A leaf and the CAs between it and the one that issues itself, which everybody has: what it must be shown with. A CA is a trust anchor, and alone. */
function chainOf(
  { certificate, kind, ca }: IssuedClusterCertificate,
  certificates: readonly IssuedClusterCertificate[],
): Certificate[] {
  const chain = [certificate];
  if (kind === "ca") return chain;
  const authorities = new Map(
    certificates.filter((one) => one.kind === "ca").map((authority) => [authority.name, authority]),
  );
  let above = authorities.get(ca ?? "");
  while (above?.ca !== undefined && chain.length <= authorities.size) {
    chain.push(above.certificate);
    above = authorities.get(above.ca);
  }
  return chain;
}

async function requestFiles(
  requested: RequestedClusterCertificate,
  pki: ClusterFilesInput,
  port: number,
): Promise<PkiFileInput[]> {
  const { path, pem, privateKey } = requested;
  const request = { path: `${path}.csr`, text: pem };
  if (isKubeconfigPath(path)) return [request, { path, text: await kubeconfigText(requested, pki, port) }];
  return [request, { path: `${path}.key`, text: await privateKey.exportPem() }];
}

async function kubeconfigText(
  planned: Planned,
  { plan: { config }, certificates }: ClusterFilesInput,
  port: number,
): Promise<string> {
  const { subject } = planned;
  const own = "certificate" in planned ? { certificates: chainOf(planned, certificates) } : {};
  // Every server that a kubeconfig file names has its certificate from the cluster CA, whoever has issued the client's.
  const ca = certificates.find(({ name }) => name === "ca")?.certificate;
  const built = await kubeconfig({
    server: serverOf(planned, config, port),
    clusterName: config.clusterName,
    userName: subject.commonName ?? planned.name,
    credentials: { ...own, privateKey: planned.privateKey! },
    ...(ca && { ca: [ca] }),
  });
  return encodeKubeconfigYaml(built);
}

function serverOf({ name, node }: Planned, config: ResolvedClusterConfig, port: number): string {
  const { nodes, controlPlaneEndpoint } = config;
  const own = nodes.find((one) => one.name === node && one.role === "control-plane");
  if (own && (name !== "kubelet" || callsOwnServer(config))) return urlOf(own.addresses[0]!, port);
  if (controlPlaneEndpoint === undefined)
    return urlOf(nodes.find(({ role }) => role === "control-plane")!.addresses[0]!, port);
  const host = hostOf(controlPlaneEndpoint);
  return host === controlPlaneEndpoint ? urlOf(host, port) : `https://${controlPlaneEndpoint}`;
}

/** kubeadm's feature `ControlPlaneKubeletLocalMode`, on from 1.33: a new kubelet never meets an older API server. */
function callsOwnServer({ preset, kubernetesVersion }: ResolvedClusterConfig): boolean {
  return preset !== "kubeadm" || (kubeadmVersion(kubernetesVersion)?.minor ?? 0) >= 33;
}

function urlOf(host: string, port: number): string {
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
