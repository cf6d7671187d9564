import { ClusterError } from "../../errors.ts";
import type { Finding } from "../../finding.ts";
import { YEAR_SECONDS } from "../../issue/validity.ts";
import type { KeyAlgorithmName } from "../../keys/algorithms.ts";
import { keyAlgorithmNames } from "../../keys/generate.ts";
import { isDns1123Subdomain, validateIpAddress } from "../../x509/dns-name.ts";
import { apiServerNames } from "./subject-alt-names.ts";

/** One machine of a cluster. */
export interface ClusterNode {
  /** Its name as the Node object has it: a lower-case DNS name. */
  readonly name: string;
  /** Whether it runs kube-apiserver and etcd, or pods alone. */
  readonly role: "control-plane" | "worker";
  /** Its IP addresses; the first is the one that kube-apiserver advertises. */
  readonly addresses: readonly string[];
}

/** What a cluster's certificates depend on; the words are those of kubeadm's configuration where it has one. */
export interface ClusterConfig {
  /** `clusterName`; `kubernetes` by default. */
  readonly clusterName?: string;
  /** `controlPlaneEndpoint`: name or address of the load balancer, with or without a port. */
  readonly controlPlaneEndpoint?: string;
  /** `apiServer.certSANs`: further names and addresses by which clients call kube-apiserver. */
  readonly certSANs?: readonly string[];
  /** `networking.serviceSubnet`, two of them joined by a comma; `10.96.0.0/12` by default. */
  readonly serviceSubnet?: string;
  /** `networking.dnsDomain`; `cluster.local` by default. */
  readonly dnsDomain?: string;
  /** All machines; at least one is of the control plane. */
  readonly nodes: readonly ClusterNode[];
  /** `encryptionAlgorithm`; `ECDSA-P256` by default, where kubeadm has RSA-2048. */
  readonly keyAlgorithm?: KeyAlgorithmName;
  /** `certificateValidityPeriod` in seconds; 8,760 hours by default. */
  readonly lifetimeSeconds?: number;
  /** `caCertificateValidityPeriod` in seconds; 87,600 hours by default. */
  readonly caLifetimeSeconds?: number;
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
  const { now = new Date() } = config;
  return {
    clusterName: "kubernetes",
    certSANs: [],
    serviceSubnet: "10.96.0.0/12",
    dnsDomain: "cluster.local",
    keyAlgorithm: "ECDSA-P256",
    lifetimeSeconds: YEAR_SECONDS,
    caLifetimeSeconds: 10 * YEAR_SECONDS,
    ...config,
    now,
  };
}

/**
 * Everything that keeps a configuration from being a cluster (`ERR_CLUSTER_*`), and what kubeadm or experience would warn of (`WARN_CLUSTER_*`).
 *
 * Sources: kubeadm `cmd/kubeadm/app/apis/kubeadm/validation/validation.go`, etcd's documentation on cluster sizes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validateClusterConfig } from "kubepki";
 *
 * const findings = validateClusterConfig({ nodes: [{ name: "CP_1", role: "control-plane", addresses: ["192.0.2.1"] }] });
 * assert.deepEqual(findings.map(({ code, path }) => [code, path]), [["ERR_CLUSTER_NAME", "nodes[0].name"]]);
 * ```
 */
export function validateClusterConfig(config: ClusterConfig): Finding[] {
  const resolved = resolveClusterConfig(config);
  const findings = [...nodeFindings(resolved.nodes), ...validityFindings(resolved)];
  const { clusterName, dnsDomain, keyAlgorithm } = resolved;
  if (clusterName === "") findings.push(error("ERR_CLUSTER_NAME", "clusterName", "the cluster has no name"));
  if (!isDns1123Subdomain(dnsDomain))
    findings.push(
      error("ERR_CLUSTER_NAME", "dnsDomain", `${quote(dnsDomain)} is no domain such as cluster.local`),
    );
  if (!keyAlgorithmNames().includes(keyAlgorithm))
    findings.push(error("ERR_CLUSTER_CONFIG", "keyAlgorithm", `${quote(keyAlgorithm)} is no key algorithm`));
  else if (!/^(RSA|ECDSA-P(256|384)$)/.test(keyAlgorithm))
    findings.push(
      warning("WARN_CLUSTER_KEY_ALGORITHM", "keyAlgorithm", `kubeadm does not read ${keyAlgorithm} keys`),
    );
  return [...findings, ...networkFindings(resolved)];
}

/** Throws the first error among the findings, and gives back the rest. */
export function requireValidConfig(config: ClusterConfig): Finding[] {
  const findings = validateClusterConfig(config);
  const first = findings.find(({ severity }) => severity === "error");
  if (first) throw new ClusterError(first.code as ClusterCode, first.message, { path: first.path });
  return findings;
}

type ClusterCode = "ERR_CLUSTER_NAME" | "ERR_CLUSTER_NETWORK" | "ERR_CLUSTER_CONFIG";

function error(code: ClusterCode, path: string, message: string): Finding {
  return { code, severity: "error", path, message };
}

function warning(code: `WARN_CLUSTER_${string}`, path: string, message: string): Finding {
  return { code, severity: "warning", path, message };
}

function nodeFindings(nodes: readonly ClusterNode[]): Finding[] {
  const members = nodes.filter(({ role }) => role === "control-plane").length;
  const findings: Finding[] = [];
  if (members === 0)
    findings.push(error("ERR_CLUSTER_CONFIG", "nodes", "there is no node with the role control-plane"));
  else if (members % 2 === 0) {
    const message = `${members} etcd members stand no more failures than ${members - 1}`;
    findings.push(warning("WARN_CLUSTER_EVEN_MEMBERS", "nodes", message));
  }
  const names = new Set<string>();
  const addresses = new Set<string>();
  nodes.forEach((node, i) => {
    findings.push(...oneNodeFindings(node, `nodes[${i}]`));
    if (names.has(node.name))
      findings.push(error("ERR_CLUSTER_NAME", `nodes[${i}].name`, `there are two nodes ${quote(node.name)}`));
    names.add(node.name);
    node.addresses.forEach((address, j) => {
      const path = `nodes[${i}].addresses[${j}]`;
      if (addresses.has(address))
        findings.push(error("ERR_CLUSTER_NETWORK", path, `the address ${quote(address)} stands there twice`));
      addresses.add(address);
    });
  });
  return findings;
}

function oneNodeFindings({ name, role, addresses }: ClusterNode, path: string): Finding[] {
  const findings: Finding[] = [];
  if (!isDns1123Subdomain(name))
    findings.push(error("ERR_CLUSTER_NAME", `${path}.name`, `${quote(name)} is no lower-case DNS name`));
  if (role !== "control-plane" && role !== "worker")
    findings.push(
      error("ERR_CLUSTER_CONFIG", `${path}.role`, `${quote(role)} is neither control-plane nor worker`),
    );
  if (addresses.length === 0)
    findings.push(error("ERR_CLUSTER_NETWORK", `${path}.addresses`, "the node has no address"));
  addresses.forEach((address, i) => {
    const fault = validateIpAddress(address) ?? localOnly(address);
    if (fault !== undefined) findings.push(error("ERR_CLUSTER_NETWORK", `${path}.addresses[${i}]`, fault));
  });
  return findings;
}

/** kubeadm takes no loopback or unspecified address to advertise. */
function localOnly(address: string): string | undefined {
  const local = address.startsWith("127.") || address === "::1" || address === "0.0.0.0" || address === "::";
  return local ? `${quote(address)} cannot be reached from other nodes` : undefined;
}

function validityFindings(config: ResolvedClusterConfig): Finding[] {
  const { lifetimeSeconds, caLifetimeSeconds, now } = config;
  const findings: Finding[] = [];
  for (const [path, value, usual] of [
    ["lifetimeSeconds", lifetimeSeconds, YEAR_SECONDS],
    ["caLifetimeSeconds", caLifetimeSeconds, 10 * YEAR_SECONDS],
  ] as const) {
    if (!(value > 0 && Number.isFinite(value)))
      findings.push(
        error("ERR_CLUSTER_CONFIG", path, `the lifetime is ${value} seconds, expected more than 0`),
      );
    else if (value > usual)
      findings.push(
        warning("WARN_CLUSTER_LIFETIME", path, `${value} seconds are more than kubeadm's ${usual}`),
      );
  }
  if (lifetimeSeconds > caLifetimeSeconds) {
    const message = "certificates would outlive their CA; their end will be cut to the CA's";
    findings.push(warning("WARN_CLUSTER_LIFETIME", "lifetimeSeconds", message));
  }
  if (Number.isNaN(now.getTime())) findings.push(error("ERR_CLUSTER_CONFIG", "now", "the date is invalid"));
  return findings;
}

function networkFindings(config: ResolvedClusterConfig): Finding[] {
  const { controlPlaneEndpoint, serviceSubnet, dnsDomain, certSANs, nodes } = config;
  const findings: Finding[] = [];
  // The calculator of names is the judge; each input is tried alone, so that the finding can say which.
  const judge = (path: string, given: { serviceSubnet?: string; controlPlaneEndpoint?: string }): void => {
    try {
      apiServerNames({ advertiseAddress: "192.0.2.1", ...given });
    } catch (fault) {
      if (!(fault instanceof ClusterError)) throw fault;
      findings.push(error("ERR_CLUSTER_NETWORK", path, fault.message));
    }
  };
  judge("serviceSubnet", { serviceSubnet });
  if (controlPlaneEndpoint !== undefined) judge("controlPlaneEndpoint", { controlPlaneEndpoint });
  else if (nodes.filter(({ role }) => role === "control-plane").length > 1) {
    const message = "several control-plane nodes need a name or address that stands for all of them";
    findings.push(warning("WARN_CLUSTER_ENDPOINT", "controlPlaneEndpoint", message));
  }
  const { ignored } = apiServerNames({ advertiseAddress: "192.0.2.1", dnsDomain, certSANs });
  for (const name of ignored) {
    const message = `${quote(name)} is neither an address nor a lower-case DNS name`;
    findings.push(error("ERR_CLUSTER_NAME", `certSANs[${certSANs.indexOf(name)}]`, message));
  }
  return findings;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
