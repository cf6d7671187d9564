/** Who calls the servers of a cluster by which name, and who of them would complain about a certificate. */
import { PkiError } from "../../errors.ts";
import type { Finding } from "../../finding.ts";
import { missingSans } from "../../verify/missing-sans.ts";
import { verifyServerName } from "../../verify/server-name.ts";
import type { ServerNames } from "../../verify/server-name.ts";
import { firstServiceIpAddress, hostOf, serviceDnsNames } from "./subject-alt-names.ts";
import type { ServiceOptions } from "./subject-alt-names.ts";

/** A way in which a server is called. */
export interface ServerClient {
  /** The name or address that the client has. */
  readonly host: string;
  /** Who calls by it, for people: continues the sentence "... cannot connect". */
  readonly who: string;
  /** An error by default; a warning where only some clusters have such clients. */
  readonly severity?: Finding["severity"];
}

/** How the API servers of a cluster are reached; the words are those of kubeadm's configuration where it has one. */
export interface ApiServerAccess {
  /** `controlPlaneEndpoint` and other names or addresses of load balancers, with or without a port. */
  readonly endpoints?: readonly string[];
  /** The machine whose certificate it is; its name is what the node is registered by, its addresses those that are advertised. */
  readonly node?: {
    /** The name by which it is registered. */
    readonly name?: string;
    /** The addresses that are advertised. */
    readonly addresses?: readonly string[];
  };
  /** `networking.serviceSubnet`; `10.96.0.0/12` by default, two of them joined by a comma in dual-stack clusters. */
  readonly serviceSubnet?: string;
  /** `networking.dnsDomain`; `cluster.local` by default. */
  readonly dnsDomain?: string;
}

const SERVICE_SUBNET = "10.96.0.0/12";

/**
 * Everybody who calls an API server, by the name that they have for it: people and kubelets through the load balancer, components by the node's
 * addresses, pods by the service's address and its DNS names.
 *
 * The service `kubernetes` has one address, of the first subnet. That of a second is a warning: a client may be pointed at it by hand.
 *
 * Source: client-go `rest.InClusterConfig`, kubeadm `cmd/kubeadm/app/util/pkiutil` (`GetAPIServerAltNames`), Kubernetes
 * `pkg/controlplane/controller/kubernetesservice`.
 *
 * @throws ClusterError `ERR_CLUSTER_NETWORK`, `ERR_CLUSTER_NAME` if a subnet, an endpoint or the domain is malformed
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { apiServerClients, lintServerNames } from "kubepki";
 *
 * const clients = apiServerClients({ endpoints: ["api.example.com:6443"] });
 * const [finding] = lintServerNames({ dnsNames: ["kubernetes"], ipAddresses: ["10.96.0.1"] }, clients);
 * assert.equal(finding?.found, "api.example.com");
 * ```
 */
export function apiServerClients(access: ApiServerAccess): ServerClient[] {
  const { endpoints = [], node = {}, serviceSubnet = SERVICE_SUBNET, dnsDomain } = access;
  const [first, ...others] = serviceSubnet.split(",");
  const inDomain = dnsDomain === undefined ? {} : { dnsDomain };
  return [
    ...endpoints.map((endpoint) => ({
      host: hostOf(endpoint),
      who: "whoever goes through the load balancer: kubectl, kubelets and components of other nodes",
    })),
    ...(node.addresses ?? []).map((host) => ({
      host,
      who: "components that call this node's address: kubectl on the node, health checks, the controller manager and scheduler",
    })),
    ...(node.name === undefined
      ? []
      : [{ host: node.name, who: "clients that call the node by its name", severity: "warning" } as const]),
    {
      host: firstServiceIpAddress(first!),
      who: "pods: the in-cluster configuration of every client library calls this address",
    },
    ...others.map((subnet) => ({
      host: firstServiceIpAddress(subnet),
      who: "pods that are pointed at the address of the second service subnet",
      severity: "warning" as const,
    })),
    ...serviceDnsNames({ name: "kubernetes", ...inDomain }).map((host) => ({
      host,
      who: "pods that look up the service kubernetes by DNS",
    })),
  ];
}

/**
 * Everybody who calls an etcd member: API servers and other members by its addresses, its own tools by `localhost`.
 *
 * Source: kubeadm `cmd/kubeadm/app/util/pkiutil` (`GetEtcdAltNames`), `cmd/kubeadm/app/phases/etcd`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { etcdClients } from "kubepki";
 *
 * assert.deepEqual(etcdClients({ addresses: ["192.0.2.1"] }).map(({ host }) => host), ["192.0.2.1", "127.0.0.1", "localhost"]);
 * ```
 */
export function etcdClients(member: {
  readonly name?: string;
  readonly addresses: readonly string[];
}): ServerClient[] {
  const { name, addresses } = member;
  return [
    ...addresses.map((host) => ({ host, who: "API servers, and the other members of etcd" })),
    { host: "127.0.0.1", who: "the API server of the same node, etcdctl and the liveness probe" },
    { host: "localhost", who: "etcdctl on the node", severity: "warning" },
    ...(name === undefined
      ? []
      : [{ host: name, who: "clients that call the member by its name", severity: "warning" } as const]),
  ];
}

/**
 * Everybody who calls a service inside of the cluster, a webhook for example: the API server by `<name>.<namespace>.svc`, pods by the other names.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/util/webhook/client.go` (the server name of webhooks), DNS-Based Service Discovery.
 *
 * @throws ClusterError `ERR_CLUSTER_NAME` as {@link serviceDnsNames}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { lintServerNames, serviceClients } from "kubepki";
 *
 * const clients = serviceClients({ name: "webhook", namespace: "tools" });
 * const findings = lintServerNames({ dnsNames: ["webhook.tools.svc"], ipAddresses: [] }, clients);
 * assert(findings.every(({ severity }) => severity === "warning")); // what the API server calls is there
 * ```
 */
export function serviceClients(options: ServiceOptions): ServerClient[] {
  const { name, namespace = "default" } = options;
  const called = `${name}.${namespace}.svc`;
  return serviceDnsNames(options).map((host) =>
    host === called
      ? {
          host,
          who: "the API server, which calls webhooks and aggregated API servers by this name; and pods",
        }
      : { host, who: "pods that call the service by this name", severity: "warning" },
  );
}

/** A finding of {@link lintServerNames}; `found` is the host that is missing. */
export interface ServerNameFinding extends Finding {
  /** Stable name of the rule. */
  readonly code: "FINDING_SERVER_NAME";
}

/**
 * Which clients would refuse to talk to a server with this certificate, in the words that they would see, and which name to add.
 *
 * The message has Go's text (`x509: certificate is valid for ..., not ...`), as kubectl and all components print it, and the browsers'
 * `NET::ERR_CERT_COMMON_NAME_INVALID`. One finding for each host. It says nothing about trust and dates.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { lintServerNames } from "kubepki";
 *
 * const certificate = { dnsNames: ["kubernetes"], ipAddresses: [] };
 * const [finding] = lintServerNames(certificate, [{ host: "192.0.2.1", who: "kubectl" }]);
 * assert.equal(finding?.fix, 'add "192.0.2.1" to ipAddresses; with kubeadm to apiServer.certSANs');
 * assert.match(finding.message, /because it doesn't contain any IP SANs/);
 * ```
 */
export function lintServerNames(
  certificate: ServerNames,
  clients: readonly ServerClient[],
): ServerNameFinding[] {
  const findings = new Map<string, ServerNameFinding>();
  for (const { host, who, severity = "error" } of clients) {
    const { dnsNames, ipAddresses } = missingSans(certificate, [host]);
    const missing = [...dnsNames, ...ipAddresses][0];
    const known = missing === undefined ? undefined : findings.get(missing);
    if (missing === undefined || (known && (known.severity === "error" || severity === "warning"))) continue;
    const kind = ipAddresses.length > 0 ? "ipAddresses" : "dnsNames";
    findings.set(missing, {
      code: "FINDING_SERVER_NAME",
      severity,
      path: `extensions.subjectAltName.${kind}`,
      message: `${who} cannot connect: ${whyNot(certificate, host)}`,
      found: missing,
      fix: `add ${JSON.stringify(missing)} to ${kind}; with kubeadm to apiServer.certSANs`,
    });
  }
  return [...findings.values()];
}

function whyNot(certificate: ServerNames, host: string): string {
  try {
    verifyServerName(certificate, host);
    return "";
  } catch (error) {
    if (error instanceof PkiError) return error.message;
    throw error;
  }
}
