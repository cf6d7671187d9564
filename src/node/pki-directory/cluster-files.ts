/** The files that a cluster's certificates become on each of its machines. */
import { encodeBase64 } from "../../base64.ts";
import { encodePem } from "../../pem.ts";
import { encodePublicKeyPem } from "../../keys/public-key.ts";
import type { ClusterNode, ResolvedClusterConfig } from "../../kubernetes/cluster/config.ts";
import type { ClusterPki } from "../../kubernetes/cluster/issue.ts";
import type {
  IssuedClusterCertificate,
  RequestedClusterCertificate,
} from "../../kubernetes/cluster/issue-planned.ts";
import { hostOf } from "../../kubernetes/cluster/subject-alt-names.ts";
import { kubeconfig } from "../../kubernetes/kubeconfig/build.ts";
import { parseKubeconfig } from "../../kubernetes/kubeconfig/parse.ts";
import { encodeKubeconfigYaml } from "../kubeconfig/yaml.ts";
import type { PkiFileInput } from "./pki-file.ts";

/**
 * The files of one machine's `/etc/kubernetes`, for {@link writePkiDirectory}, in kubeadm's layout: certificates and keys as PEM, kubeconfigs with everything embedded.
 *
 * A control-plane node gets what the whole cluster has once, keys of the CAs included, and what is its own. Other nodes get what is their own, and the certificates, not the keys, of the CAs above
 * it. kubeconfigs call the control plane's endpoint; those of the controller manager and the scheduler call the API server of their own machine. Where there is no
 * endpoint, the node's own API server is called, from a worker that of the first control-plane node.
 *
 * What others are to sign becomes a `.csr` file beside its key; of a kubeconfig, `<name>.conf.csr` beside a kubeconfig that has the key and no certificate.
 *
 * Source: kubeadm `cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go` (`getKubeConfigSpecsBase`), `cmd/kubeadm/app/util/endpoint.go`.
 *
 * @throws KeyError `ERR_KEY_NOT_EXTRACTABLE`
 * @throws TypeError if there is no such node
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { issueClusterPki } from "kubepki";
 * import { clusterPkiFiles } from "kubepki/node";
 *
 * const pki = await issueClusterPki({
 *   nodes: [
 *     { name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] },
 *     { name: "worker-1", role: "worker", addresses: ["192.0.2.2"] },
 *   ],
 * });
 * const worker = await clusterPkiFiles(pki, "worker-1");
 * assert(worker.some(({ path }) => path === "pki/ca.crt"));
 * assert(!worker.some(({ path }) => path === "pki/ca.key"));
 * ```
 */
export async function clusterPkiFiles(pki: ClusterPki, nodeName: string): Promise<PkiFileInput[]> {
  const { config } = pki.plan;
  const node = config.nodes.find(({ name }) => name === nodeName);
  if (!node) throw new TypeError(`there is no node ${JSON.stringify(nodeName)}`);
  const isControlPlane = node.role === "control-plane";
  const isHere = (entry: { readonly node?: string }): boolean =>
    entry.node === nodeName || (isControlPlane && entry.node === undefined);
  const issued = pki.certificates.filter(isHere);
  const requested = pki.requests.filter(isHere);
  const above = isControlPlane ? [] : caCertificates(pki, [...issued, ...requested]);
  const files = await Promise.all([
    ...issued.map((entry) => issuedFiles(entry, pki, node)),
    ...requested.map((entry) => requestedFiles(entry, config, node)),
    ...(isControlPlane ? [serviceAccountFiles(pki)] : []),
  ]);
  return [...above.map((entry) => certificateFile(entry)), ...files.flat()];
}

/** The CAs that these certificates come from, once each. */
function caCertificates(
  { certificates }: ClusterPki,
  entries: readonly { readonly ca?: string }[],
): readonly IssuedClusterCertificate[] {
  const names = new Set(entries.map(({ ca }) => ca));
  return certificates.filter(({ name, node }) => node === undefined && names.has(name));
}

function certificateFile({ path, certificate }: IssuedClusterCertificate): PkiFileInput {
  return { path: `${path}.crt`, text: encodePem("CERTIFICATE", certificate.der) };
}

async function issuedFiles(
  entry: IssuedClusterCertificate,
  pki: ClusterPki,
  node: ClusterNode,
): Promise<PkiFileInput[]> {
  const { path, privateKey, certificate } = entry;
  if (!path.endsWith(".conf")) {
    const key = privateKey && { path: `${path}.key`, text: await privateKey.exportPem() };
    return [certificateFile(entry), ...(key ? [key] : [])];
  }
  if (!privateKey) return [];
  const { config } = pki.plan;
  const ca = pki.certificates.filter(({ name }) => name === entry.ca);
  const made = await kubeconfig({
    server: serverOf(entry.name, config, node),
    ca: ca.map((issuer) => issuer.certificate),
    clusterName: config.clusterName,
    userName: entry.subject.commonName ?? entry.name,
    credentials: { certificates: [certificate], privateKey },
  });
  return [{ path, text: encodeKubeconfigYaml(made) }];
}

async function requestedFiles(
  { name, path, subject, pem, privateKey }: RequestedClusterCertificate,
  config: ResolvedClusterConfig,
  node: ClusterNode,
): Promise<PkiFileInput[]> {
  const request = { path: `${path}.csr`, text: pem };
  const key = await privateKey.exportPem();
  if (!path.endsWith(".conf")) return [request, { path: `${path}.key`, text: key }];
  const user = subject.commonName ?? name;
  const [cluster, context] = [config.clusterName, `${user}@${config.clusterName}`];
  const waiting = parseKubeconfig({
    clusters: [{ name: cluster, cluster: { server: serverOf(name, config, node) } }],
    users: [{ name: user, user: { "client-key-data": encodeBase64(new TextEncoder().encode(key)) } }],
    contexts: [{ name: context, context: { cluster, user } }],
    "current-context": context,
  });
  return [request, { path, text: encodeKubeconfigYaml(waiting) }];
}

async function serviceAccountFiles({ plan, serviceAccountKeys }: ClusterPki): Promise<PkiFileInput[]> {
  const { path } = plan.serviceAccountKeys;
  return [
    { path: `${path}.key`, text: await serviceAccountKeys.privateKey.exportPem() },
    { path: `${path}.pub`, text: encodePublicKeyPem(serviceAccountKeys.privateKey) },
  ];
}

/** They must work while the load balancer does not, and talk to no other version than their own. */
const LOCAL_CLIENTS: readonly string[] = ["controller-manager", "scheduler"];
const PORT = "6443";

function serverOf(name: string, config: ResolvedClusterConfig, node: ClusterNode): string {
  const { controlPlaneEndpoint, nodes } = config;
  if (controlPlaneEndpoint !== undefined && !LOCAL_CLIENTS.includes(name)) {
    const host = hostOf(controlPlaneEndpoint);
    const port =
      host === controlPlaneEndpoint
        ? PORT
        : controlPlaneEndpoint.slice(controlPlaneEndpoint.lastIndexOf(":") + 1);
    return url(host, port);
  }
  const server = node.role === "control-plane" ? node : nodes.find(({ role }) => role === "control-plane");
  return url((server ?? node).addresses[0]!, PORT);
}

function url(host: string, port: string): string {
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
