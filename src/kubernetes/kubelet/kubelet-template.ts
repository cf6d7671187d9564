/** What a kubelet asks for. */
import type { CertificateRequestTemplate } from "../../issue/certificate-request.ts";
import type { PublicKeyAlgorithmName } from "../../keys/algorithms.ts";
import { formatIpAddress, parseIpAddressSloppy } from "../../x509/ip-address.ts";
import type { SubjectFields } from "../../x509/name-writer.ts";
import type { CertificateUsage } from "../csr/usages.ts";
import { NODES_GROUP, NODE_USER_PREFIX } from "../well-known.ts";

/** An address of a Node object: an element of `status.addresses`. */
export interface NodeAddress {
  /** `Hostname`, `InternalIP`, `ExternalIP`, `InternalDNS` or `ExternalDNS`; others are passed over. */
  readonly type: string;
  /** The name or IP address. */
  readonly address: string;
}

/** The names that a serving certificate shall have. */
export interface NodeNames {
  /** DNS names, sorted, each once. */
  readonly dnsNames: readonly string[];
  /** IP addresses in canonical text, sorted by it. */
  readonly ipAddresses: readonly string[];
}

/** A certificate that is to be had from the certificates API, and had again before it ends. */
export interface ManagedTemplate extends CertificateRequestTemplate {
  /** Whom it shall be about. */
  readonly subject: SubjectFields;
}

/**
 * The names under which a node serves, from the addresses of its Node object. Empty addresses, IP addresses that are none, and types that are unknown are
 * passed over; a host name that is an IP address counts as one.
 *
 * As in the kubelet, an address that is written in two ways (`::1`, `0:0::1`) is there twice. Not checked: whether a DNS name is one.
 *
 * Source: Kubernetes `pkg/kubelet/certificate/kubelet.go` (`addressesToHostnamesAndIPs`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { nodeNames } from "kubepki";
 *
 * const { dnsNames, ipAddresses } = nodeNames([
 *   { type: "InternalIP", address: "192.0.2.7" },
 *   { type: "Hostname", address: "worker-1" },
 * ]);
 * assert.deepEqual([dnsNames, ipAddresses], [["worker-1"], ["192.0.2.7"]]);
 * ```
 */
export function nodeNames(addresses: readonly NodeAddress[]): NodeNames {
  const dnsNames = new Set<string>();
  const seen = new Map<string, string>();
  for (const { type, address } of addresses) {
    const octets = parseIpAddressSloppy(address);
    const takesIp = type === "Hostname" || type === "InternalIP" || type === "ExternalIP";
    if (octets && takesIp) seen.set(address, canonicalIp(octets));
    else if (address !== "" && (type === "Hostname" || type === "InternalDNS" || type === "ExternalDNS"))
      dnsNames.add(address);
  }
  // Without a comparison, so by code units: Go sorts by bytes, which is the same for the names that can be in a certificate.
  return { dnsNames: [...dnsNames].toSorted(), ipAddresses: [...seen.values()].toSorted() };
}

/** As Go prints it, where an IPv4 address in IPv6 form is an IPv4 address. */
function canonicalIp(octets: Uint8Array): string {
  const mapped = octets.length === 16 && octets.subarray(0, 10).every((octet) => octet === 0);
  return formatIpAddress(mapped && octets[10] === 0xff && octets[11] === 0xff ? octets.subarray(12) : octets);
}

/**
 * What a kubelet asks for to log in to the API server: the user `system:node:<name>` in the group `system:nodes`, and no alternative names.
 *
 * Not checked: whether the name is one of a node, see `isDns1123Subdomain`.
 *
 * Source: Kubernetes `pkg/kubelet/certificate/kubelet.go` (`NewKubeletClientCertificateManager`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createCertificateRequest, generateKeyPair, kubeletClientTemplate } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { request } = await createCertificateRequest(kubeletClientTemplate("worker-1"), signer);
 * assert.equal(request.dnsNames.length, 0);
 * ```
 */
export function kubeletClientTemplate(nodeName: string): ManagedTemplate {
  return { subject: { commonName: `${NODE_USER_PREFIX}${nodeName}`, organizations: [NODES_GROUP] } };
}

/** When a serving certificate is asked for. */
export interface ServingTemplateRules {
  /** Ask as soon as there is a DNS name, as with the feature gate `AllowDNSOnlyNodeCSR`. By default there must be an IP address. */
  readonly allowDnsOnly?: boolean;
}

/**
 * What a kubelet asks for to serve (logs, exec, metrics), or nothing as long as its node has no IP address.
 *
 * Source: Kubernetes `pkg/kubelet/certificate/kubelet.go` (`newGetTemplateFn`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { kubeletServingTemplate } from "kubepki";
 *
 * const template = kubeletServingTemplate("worker-1", [{ type: "InternalIP", address: "192.0.2.7" }]);
 * assert.deepEqual(template?.ipAddresses, ["192.0.2.7"]);
 * assert.equal(kubeletServingTemplate("worker-1", [{ type: "Hostname", address: "worker-1" }]), undefined);
 * ```
 */
export function kubeletServingTemplate(
  nodeName: string,
  addresses: readonly NodeAddress[],
  { allowDnsOnly = false }: ServingTemplateRules = {},
): ManagedTemplate | undefined {
  const names = nodeNames(addresses);
  const enough = names.ipAddresses.length > 0 || (allowDnsOnly && names.dnsNames.length > 0);
  return enough ? { ...kubeletClientTemplate(nodeName), ...names } : undefined;
}

/**
 * The usages that a kubelet asks for, in its order: with an RSA key `key encipherment` too.
 *
 * A kubelet that does not rotate puts `key encipherment` at the end; the order counts only for {@link nodeCsrName}.
 *
 * Source: client-go `util/certificate/certificate_manager.go` (`DefaultKubeletClientGetUsages`, `DefaultKubeletServingGetUsages`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { kubeletUsages } from "kubepki";
 *
 * assert.deepEqual(kubeletUsages("client auth", "ECDSA-P256"), ["digital signature", "client auth"]);
 * ```
 */
export function kubeletUsages(
  purpose: "client auth" | "server auth",
  algorithm: PublicKeyAlgorithmName,
): readonly CertificateUsage[] {
  return algorithm.startsWith("RSA")
    ? ["digital signature", "key encipherment", purpose]
    : ["digital signature", purpose];
}
