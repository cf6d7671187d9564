import type { Finding } from "../../finding.ts";
import { isDns1123Subdomain, validateIpAddress } from "../../x509/dns-name.ts";
import { error, quote, warning } from "./cluster-finding.ts";
import type { ClusterNode, ResolvedClusterConfig } from "./config.ts";

/** What is wrong with the machines of a cluster, each for itself and together. */
export function nodeFindings({ nodes, etcd }: ResolvedClusterConfig): Finding[] {
  const findings = memberFindings(nodes, etcd.external === true);
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

function memberFindings(nodes: readonly ClusterNode[], isExternal: boolean): Finding[] {
  const findings: Finding[] = [];
  const count = (wanted: ClusterNode["role"]): number => nodes.filter(({ role }) => role === wanted).length;
  const controlPlane = count("control-plane");
  const dedicated = count("etcd");
  if (controlPlane === 0)
    findings.push(error("ERR_CLUSTER_CONFIG", "nodes", "there is no node with the role control-plane"));
  if (isExternal && dedicated > 0) {
    const message = "others look after etcd, and yet there are nodes with the role etcd";
    findings.push(error("ERR_CLUSTER_CONFIG", "etcd.external", message));
  }
  const members = isExternal ? 0 : dedicated || controlPlane;
  if (members > 0 && members % 2 === 0) {
    const message = `${members} etcd members stand no more failures than ${members - 1}`;
    findings.push(warning("WARN_CLUSTER_EVEN_MEMBERS", "nodes", message));
  }
  return findings;
}

function oneNodeFindings({ name, role, addresses }: ClusterNode, path: string): Finding[] {
  const findings: Finding[] = [];
  if (!isDns1123Subdomain(name))
    findings.push(error("ERR_CLUSTER_NAME", `${path}.name`, `${quote(name)} is no lower-case DNS name`));
  if (role !== "control-plane" && role !== "worker" && role !== "etcd")
    findings.push(
      error("ERR_CLUSTER_CONFIG", `${path}.role`, `${quote(role)} is neither control-plane, worker nor etcd`),
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
