import { ClusterError } from "../../errors.ts";
import type { Finding } from "../../finding.ts";
import { parseIpAddress, parseIpPrefix } from "../../x509/ip-address.ts";
import type { IpPrefix } from "../../x509/ip-address.ts";
import { error, quote, warning } from "./cluster-finding.ts";
import type { ResolvedClusterConfig } from "./config.ts";
import { apiServerNames, etcdNames, hostOf } from "./subject-alt-names.ts";

/** kubeadm's `MaximumBitsForServiceSubnet`: kube-apiserver keeps a bitmap of the subnet. */
const MAXIMUM_BITS = 20;
/** kubeadm's `MinimumAddressesInServiceSubnet` is 10 addresses, which is four bits. */
const MINIMUM_BITS = 4;

/** What is wrong with addresses and names by which the cluster's servers are called. */
export function networkFindings(config: ResolvedClusterConfig): Finding[] {
  return [
    ...subnetFindings(config),
    ...endpointFindings(config),
    ...nameListFindings(config),
    ...overlapFindings(config),
  ];
}

function subnetFindings({ serviceSubnet }: ResolvedClusterConfig): Finding[] {
  const findings: Finding[] = [];
  const fault = (message: string): unknown =>
    findings.push(error("ERR_CLUSTER_NETWORK", "serviceSubnet", message));
  const subnets = serviceSubnet.split(",");
  const prefixes = subnets.map((subnet) => parseIpPrefix(subnet));
  subnets.forEach((subnet, i) => {
    const prefix = prefixes[i];
    if (!prefix) return fault(`found ${quote(subnet)}, expected a subnet such as 10.96.0.0/12`);
    const bits = hostBits(prefix);
    if (bits > MAXIMUM_BITS)
      fault(
        `${quote(subnet)} is too large, its mask must have ${prefix.mask.length * 8 - MAXIMUM_BITS} bits or more`,
      );
    if (bits < MINIMUM_BITS) fault(`${quote(subnet)} is too small, expected room for 10 addresses`);
    return undefined;
  });
  const [first, second] = prefixes;
  if (subnets.length > 2) fault(`there are ${subnets.length} subnets, expected one, or two for dual stack`);
  else if (first && second && first.mask.length === second.mask.length)
    fault("both subnets are of the same family, expected one of IPv4 and one of IPv6");
  return findings;
}

function hostBits({ mask }: IpPrefix): number {
  return mask.reduce((bits, octet) => bits + 8 - octet.toString(2).replaceAll("0", "").length, 0);
}

function endpointFindings({ controlPlaneEndpoint, nodes }: ResolvedClusterConfig): Finding[] {
  if (controlPlaneEndpoint === undefined) {
    if (nodes.filter(({ role }) => role === "control-plane").length < 2) return [];
    const message = "several control-plane nodes need a name or address that stands for all of them";
    return [warning("WARN_CLUSTER_ENDPOINT", "controlPlaneEndpoint", message)];
  }
  // The calculator of names is the judge.
  try {
    apiServerNames({ advertiseAddress: "192.0.2.1", controlPlaneEndpoint });
    if (hostOf(controlPlaneEndpoint) !== "") return [];
    return [error("ERR_CLUSTER_NETWORK", "controlPlaneEndpoint", "the endpoint is empty")];
  } catch (fault) {
    if (!(fault instanceof ClusterError)) throw fault;
    return [error("ERR_CLUSTER_NETWORK", "controlPlaneEndpoint", fault.message)];
  }
}

/** What kubeadm would leave out with a warning is an error here: whoever wrote it wants it. */
function nameListFindings({ certSANs, etcd, dnsDomain }: ResolvedClusterConfig): Finding[] {
  const advertiseAddress = "192.0.2.1";
  const { serverCertSANs = [], peerCertSANs = [] } = etcd;
  const lists: [path: string, names: readonly string[], ignored: readonly string[]][] = [
    ["certSANs", certSANs, apiServerNames({ advertiseAddress, dnsDomain, certSANs }).ignored],
    [
      "etcd.serverCertSANs",
      serverCertSANs,
      etcdNames({ advertiseAddress, certSANs: serverCertSANs }).ignored,
    ],
    ["etcd.peerCertSANs", peerCertSANs, etcdNames({ advertiseAddress, certSANs: peerCertSANs }).ignored],
  ];
  return lists.flatMap(([path, names, ignored]) =>
    ignored.map((name) => {
      const message = `${quote(name)} is neither an address nor a lower-case DNS name`;
      return error("ERR_CLUSTER_NAME", `${path}[${names.indexOf(name)}]`, message);
    }),
  );
}

/** Addresses of services are rewritten on every node: a machine with one of them cannot be reached. */
function overlapFindings({ serviceSubnet, nodes }: ResolvedClusterConfig): Finding[] {
  const prefixes = serviceSubnet.split(",").flatMap((subnet) => parseIpPrefix(subnet) ?? []);
  return nodes.flatMap(({ addresses }, i) =>
    addresses.flatMap((address, j) => {
      const octets = parseIpAddress(address);
      if (!octets || !prefixes.some((prefix) => contains(prefix, octets))) return [];
      const message = `${quote(address)} is in the subnet of services ${quote(serviceSubnet)}`;
      return [warning("WARN_CLUSTER_SERVICE_SUBNET", `nodes[${i}].addresses[${j}]`, message)];
    }),
  );
}

function contains({ address, mask }: IpPrefix, octets: Uint8Array): boolean {
  return (
    octets.length === mask.length && mask.every((bits, i) => (address[i]! & bits) === (octets[i]! & bits))
  );
}
