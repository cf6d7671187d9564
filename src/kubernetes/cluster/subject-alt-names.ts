/** Which names the serving certificates of a cluster need: kubeadm's rules for API server and etcd, and the DNS names of services. */
import { ClusterError } from "../../errors.ts";
import { isDns1123Label, isDns1123Subdomain, isWildcardDns1123Subdomain } from "../../x509/dns-name.ts";
import {
  formatIpAddress,
  parseIpAddress,
  parseIpAddressSloppy,
  parseIpPrefix,
  sameIpAddress,
} from "../../x509/ip-address.ts";

/** The names of a serving certificate. */
export interface ServingNames {
  /** DNS names, sorted, each once, as kubeadm writes them. */
  readonly dnsNames: readonly string[];
  /** IP addresses as text, in the order in which they were found, each once. */
  readonly ipAddresses: readonly string[];
  /** Extra names that are neither an address nor a DNS name in lower case; kubeadm warns of them and leaves them out. */
  readonly ignored: readonly string[];
}

/** What names an API server has in a kubeadm cluster; the words are those of kubeadm's configuration. */
export interface ApiServerOptions {
  /** Name of the node; none if absent or empty. Neither checked nor lower-cased, as in kubeadm. */
  readonly nodeName?: string;
  /** `networking.dnsDomain`; `cluster.local` by default, no such name if empty. */
  readonly dnsDomain?: string;
  /** `networking.serviceSubnet`; `10.96.0.0/12` by default. Of two, joined by a comma, the first counts. */
  readonly serviceSubnet?: string;
  /** `localAPIEndpoint.advertiseAddress`. */
  readonly advertiseAddress: string;
  /** `controlPlaneEndpoint`: host or address, with or without a port. */
  readonly controlPlaneEndpoint?: string;
  /** `apiServer.certSANs`: more DNS names and addresses. */
  readonly certSANs?: readonly string[];
}

/** What names an etcd member has in a kubeadm cluster; the words are those of kubeadm's configuration. */
export interface EtcdOptions {
  /** Name of the node; none if absent or empty. Neither checked nor lower-cased, as in kubeadm. */
  readonly nodeName?: string;
  /** `localAPIEndpoint.advertiseAddress`. */
  readonly advertiseAddress: string;
  /** `etcd.local.serverCertSANs` or `peerCertSANs`: more DNS names and addresses. */
  readonly certSANs?: readonly string[];
}

/** Which service of which cluster. */
export interface ServiceOptions {
  /** Name of the Service. */
  readonly name: string;
  /** Its namespace; `default` by default. */
  readonly namespace?: string;
  /** DNS domain of the cluster; `cluster.local` by default, no name with it if empty. */
  readonly dnsDomain?: string;
  /** Names of pods behind a headless service, such as those of a StatefulSet, `web-0`; `*` for all of them. */
  readonly pods?: readonly string[];
}

const DNS_DOMAIN = "cluster.local";
const SERVICE_SUBNET = "10.96.0.0/12";

/**
 * The names of kube-apiserver's serving certificate, as kubeadm chooses them: node name, the four names of the service `kubernetes`, its
 * address, the advertised address, the control plane's endpoint, then the extra ones. There is no `localhost` and no 127.0.0.1.
 *
 * Source: kubeadm `cmd/kubeadm/app/util/pkiutil/pki_helpers.go` `GetAPIServerAltNames`.
 *
 * @throws ClusterError `ERR_CLUSTER_NETWORK` if an address, the subnet or the endpoint is malformed
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { apiServerNames } from "kubepki";
 *
 * const names = apiServerNames({ nodeName: "cp-1", advertiseAddress: "192.0.2.1", controlPlaneEndpoint: "api.example.com:6443" });
 * assert.deepEqual(names.ipAddresses, ["10.96.0.1", "192.0.2.1"]);
 * assert(names.dnsNames.includes("kubernetes.default.svc.cluster.local") && names.dnsNames.includes("api.example.com"));
 * ```
 */
export function apiServerNames(options: ApiServerOptions): ServingNames {
  const { nodeName = "", dnsDomain = DNS_DOMAIN, serviceSubnet = SERVICE_SUBNET, advertiseAddress } = options;
  const names = new NameCollector();
  if (nodeName !== "") names.dnsNames.add(nodeName);
  for (const name of serviceNames("kubernetes", "default", dnsDomain)) names.dnsNames.add(name);
  names.ipAddresses.add(firstServiceIpAddress(serviceSubnet));
  names.ipAddresses.add(localAddress(advertiseAddress));
  if (options.controlPlaneEndpoint) names.addEndpoint(options.controlPlaneEndpoint);
  names.addExtra(options.certSANs ?? []);
  return names.sorted();
}

/**
 * The names of an etcd member's serving or peer certificate, as kubeadm chooses them: node name, `localhost`, the advertised address, both
 * loopback addresses, then the extra ones.
 *
 * Source: kubeadm `cmd/kubeadm/app/util/pkiutil/pki_helpers.go` `GetEtcdAltNames`, `GetEtcdPeerAltNames`.
 *
 * @throws ClusterError `ERR_CLUSTER_NETWORK` if the address is malformed
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { etcdNames } from "kubepki";
 *
 * const names = etcdNames({ nodeName: "cp-1", advertiseAddress: "192.0.2.1" });
 * assert.deepEqual(names.dnsNames, ["cp-1", "localhost"]);
 * assert.deepEqual(names.ipAddresses, ["192.0.2.1", "127.0.0.1", "::1"]);
 * ```
 */
export function etcdNames({ nodeName = "", advertiseAddress, certSANs = [] }: EtcdOptions): ServingNames {
  const names = new NameCollector();
  if (nodeName !== "") names.dnsNames.add(nodeName);
  names.dnsNames.add("localhost");
  for (const address of [localAddress(advertiseAddress), "127.0.0.1", "::1"]) names.ipAddresses.add(address);
  names.addExtra(certSANs);
  return names.sorted();
}

/**
 * The DNS names under which pods reach a service, shortest first: `web`, `web.shop`, `web.shop.svc`, `web.shop.svc.cluster.local`; then
 * the same of each pod behind it, `web-0.web` and so on.
 *
 * Source: Kubernetes DNS specification, https://github.com/kubernetes/dns/blob/master/docs/specification.md, and the search path that
 * the kubelet gives to pods.
 *
 * @throws ClusterError `ERR_CLUSTER_NAME` if a name is none that Kubernetes takes
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { serviceDnsNames } from "kubepki";
 *
 * assert.deepEqual(serviceDnsNames({ name: "web", namespace: "shop" }), [
 *   "web",
 *   "web.shop",
 *   "web.shop.svc",
 *   "web.shop.svc.cluster.local",
 * ]);
 * ```
 */
export function serviceDnsNames(options: ServiceOptions): string[] {
  const { name, namespace = "default", dnsDomain = DNS_DOMAIN, pods = [] } = options;
  for (const label of [name, namespace, ...pods.filter((pod) => pod !== "*")]) {
    if (!isDns1123Label(label))
      throw nameError(label, "a name of at most 63 lower-case letters, digits and hyphens");
  }
  if (dnsDomain !== "" && !isDns1123Subdomain(dnsDomain))
    throw nameError(dnsDomain, "a domain such as cluster.local");
  const own = serviceNames(name, namespace, dnsDomain);
  return [...own, ...pods.flatMap((pod) => own.map((service) => `${pod}.${service}`))];
}

/**
 * The address of the service `kubernetes`: the one after the subnet's base address, in the first of the subnets joined by commas.
 *
 * Source: kubeadm `cmd/kubeadm/app/constants/constants.go` `GetAPIServerVirtualIP`, k8s.io/utils/net `GetIndexedIP`.
 *
 * @throws ClusterError `ERR_CLUSTER_NETWORK` if the subnet is malformed or holds one address only
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { firstServiceIpAddress } from "kubepki";
 *
 * assert.equal(firstServiceIpAddress("10.96.0.0/12"), "10.96.0.1");
 * assert.equal(firstServiceIpAddress("fd00:10:96::/108,10.96.0.0/12"), "fd00:10:96::1");
 * ```
 */
export function firstServiceIpAddress(serviceSubnet: string): string {
  const subnet = serviceSubnet.split(",", 1)[0]!;
  const prefix = parseIpPrefix(subnet);
  if (!prefix) throw networkError(subnet, "a subnet such as 10.96.0.0/12");
  const { address, mask } = prefix;
  const last = address.length - 1;
  if (mask[last] === 0xff) throw networkError(subnet, "a subnet with room for more than one address");
  const first = address.map((octet, i) => octet & mask[i]!);
  first[last]! |= 1; // the base address is even, because the mask leaves the last bit free
  return formatIpAddress(first);
}

function serviceNames(name: string, namespace: string, dnsDomain: string): string[] {
  const names = [name, `${name}.${namespace}`, `${name}.${namespace}.svc`];
  return dnsDomain === "" ? names : [...names, `${name}.${namespace}.svc.${dnsDomain}`];
}

class NameCollector {
  readonly dnsNames = new Set<string>();
  readonly ipAddresses = new Set<string>();
  readonly ignored: string[] = [];

  /** Address or DNS name; kubeadm takes leading zeros in addresses for nothing. */
  add(text: string): boolean {
    const octets = parseIpAddressSloppy(text);
    if (octets) this.ipAddresses.add(plainAddress(octets));
    else if (isDns1123Subdomain(text)) this.dnsNames.add(text);
    else return false;
    return true;
  }

  addEndpoint(endpoint: string): void {
    if (!this.add(hostOf(endpoint)))
      throw networkError(endpoint, "an address or a lower-case DNS name, perhaps with a port");
  }

  addExtra(certSANs: readonly string[]): void {
    for (const text of certSANs) {
      if (this.add(text)) continue;
      if (isWildcardDns1123Subdomain(text)) this.dnsNames.add(text);
      else this.ignored.push(text);
    }
  }

  sorted(): ServingNames {
    return { dnsNames: [...this.dnsNames].sort(), ipAddresses: [...this.ipAddresses], ignored: this.ignored };
  }
}

/** Without its port, and then without brackets; an IPv6 address must have them if there is a port. */
export function hostOf(endpoint: string): string {
  const colon = endpoint.lastIndexOf(":");
  if (colon < 0 || parseIpAddressSloppy(endpoint)) return endpoint;
  const port = endpoint.slice(colon + 1);
  const number = Number(port);
  if (String(number) !== port || !Number.isInteger(number) || number < 1 || number > 65_535)
    throw networkError(endpoint, "a port from 1 to 65535 after the host");
  const host = endpoint.slice(0, colon);
  if (!host.startsWith("[")) return host.includes(":") ? "" : host;
  return host.endsWith("]") && host.includes(":") ? host.slice(1, -1) : "";
}

function localAddress(text: string): string {
  const octets = parseIpAddress(text);
  if (!octets) throw networkError(text, "an IP address");
  return plainAddress(octets);
}

/** IPv4-mapped addresses become IPv4, as Go writes them into certificates. */
function plainAddress(octets: Uint8Array): string {
  const inner = octets.subarray(-4);
  return formatIpAddress(sameIpAddress(octets, inner) ? inner : octets);
}

function networkError(found: string, expected: string): ClusterError {
  return new ClusterError("ERR_CLUSTER_NETWORK", `found ${quote(found)}, expected ${expected}`);
}

function nameError(found: string, expected: string): ClusterError {
  return new ClusterError("ERR_CLUSTER_NAME", `found ${quote(found)}, expected ${expected}`);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
