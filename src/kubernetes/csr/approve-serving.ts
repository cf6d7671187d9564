/** Who gets a serving certificate of a kubelet approved, which Kubernetes leaves to others. */
import type { CertificateRequest } from "../../x509/certificate-request.ts";
import { parseIpAddress, sameIpAddress } from "../../x509/ip-address.ts";
import { NODE_USER_PREFIX } from "../well-known.ts";
import { NOBODY_ASKS, commonNameOf, deny, none, unseenNames } from "./approval.ts";
import type { ApprovalQuestion, ApprovalVerdict } from "./approval.ts";
import { KUBELET_SERVING_SIGNER } from "./signers/index.ts";

/** What a policy for serving certificates knows of the node that asks. */
export interface ServingNode {
  /** The node's name; `metadata.name` of the Node object. */
  readonly name: string;
  /** `status.addresses` of the Node object. */
  readonly addresses: readonly {
    /** `InternalIP`, `ExternalIP`, `Hostname`, `InternalDNS` or `ExternalDNS`. */
    readonly type: string;
    /** The address or name. */
    readonly address: string;
  }[];
}

/** What {@link approveKubeletServing} allows beyond what Kubernetes' rules ask. */
export interface KubeletServingPolicy {
  /** The node of a name, as the API server has it; undefined if there is none. A kubelet writes its own addresses, so bound them by `allowsAddress`. */
  readonly findNode: (name: string) => Promise<ServingNode | undefined>;
  /**
   * Names and addresses that no node may serve, such as those of the API server and of the Service `kubernetes`; that Service's names, and addresses of loopback, are always
   * among them.
   */
  readonly reservedNames: readonly string[];
  /** Says whether nodes may have this address, for example {@link addressesWithin} the machines' subnets. */
  readonly allowsAddress: (address: string) => boolean;
  /** Looks up the addresses of a DNS name; each of them must be an address of the node. Names are taken from the Node alone if this is absent. */
  readonly resolve?: (dnsName: string) => Promise<readonly string[]>;
  /** Says whether there may be a node of this name, for example {@link namesLike} those of the machines. All names may be if this is absent. */
  readonly allowsNode?: (name: string) => boolean;
  /** Most names and addresses in one request; 100 by default. */
  readonly maxNames?: number;
  /** The longest lifetime that may be asked for, in seconds; 31,622,400 (366 days) by default. Kubelets ask for none, and get what the signer gives then. */
  readonly maxExpirationSeconds?: number;
}

const MAX_EXPIRATION_SECONDS = 31_622_400;
const MAX_NAMES = 100;
const ALWAYS_RESERVED = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];

/**
 * Decides about serving certificates of kubelets, which Kubernetes leaves to others: the request must be to the letter, its maker the very node that it
 * names, that node must exist, and every name and address must be one of the node's own, allowed, and nobody else's.
 *
 * A request for this signer that breaks a rule is denied, with all reasons. Requests for other signers are left alone. What {@link KubeletServingPolicy.findNode} or
 * `resolve` throws is passed on: not knowing is no reason to deny.
 *
 * Sources: Kubernetes `pkg/apis/certificates/helpers.go` (`ValidateKubeletServingCSR`), NodeRestriction (`admitCSR`), the rules of postfinance/kubelet-csr-approver.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { approveKubeletServing, createCertificateRequest, generateKeyPair } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const subject = { commonName: "system:node:n1", organizations: ["system:nodes"] };
 * const { request } = await createCertificateRequest({ subject, ipAddresses: ["192.0.2.1"] }, signer);
 * const verdict = await approveKubeletServing(
 *   {
 *     request,
 *     signerName: "kubernetes.io/kubelet-serving",
 *     usages: ["digital signature", "server auth"],
 *     requester: { username: "system:node:n1", groups: ["system:nodes"] },
 *     expirationSeconds: undefined,
 *   },
 *   {
 *     findNode: async (name) => ({ name, addresses: [{ type: "InternalIP", address: "192.0.2.1" }] }),
 *     reservedNames: [],
 *     allowsAddress: (address) => address.startsWith("192.0.2."),
 *   },
 * );
 * assert.equal(verdict.decision, "approve");
 * ```
 */
export async function approveKubeletServing(
  question: ApprovalQuestion,
  policy: KubeletServingPolicy,
): Promise<ApprovalVerdict> {
  const { request, requester, signerName, expirationSeconds = 0 } = question;
  if (signerName !== KUBELET_SERVING_SIGNER.signerName)
    return none([
      `the request is for the signer ${signerName}, expected ${KUBELET_SERVING_SIGNER.signerName}`,
    ]);
  if (requester.username === "") return none([NOBODY_ASKS]);
  const objections = KUBELET_SERVING_SIGNER.validate(question).map(({ message }) => message);
  const commonName = commonNameOf(request);
  if (commonName !== requester.username)
    objections.push(`${requester.username} asks for a certificate of ${commonName}`);
  const { maxExpirationSeconds = MAX_EXPIRATION_SECONDS, maxNames = MAX_NAMES, allowsNode } = policy;
  if (!(expirationSeconds <= maxExpirationSeconds))
    objections.push(
      `a lifetime of ${expirationSeconds} seconds is wanted, at most ${maxExpirationSeconds} are allowed`,
    );
  const count = request.dnsNames.length + request.ipAddresses.length;
  if (!(count <= maxNames))
    objections.push(`${count} names and addresses are wanted, at most ${maxNames} are allowed`);
  if (allowsNode?.(nodeNameOf(commonName)) === false)
    objections.push(`no node may have the name ${nodeNameOf(commonName)}`);
  objections.push(...unseenNames(request));
  if (objections.length === 0) objections.push(...(await foreignNames(request, commonName, policy)));
  if (objections.length > 0) return deny(objections);
  const message = `The names and addresses of ${commonName} are its own.`;
  return { decision: "approve", reason: "AutoApproved", message, objections };
}

async function foreignNames(
  request: CertificateRequest,
  commonName: string,
  policy: KubeletServingPolicy,
): Promise<string[]> {
  const name = nodeNameOf(commonName);
  const node = await policy.findNode(name);
  if (node?.name !== name) return [`there is no node ${JSON.stringify(name)}`];
  const own = node.addresses.map(({ address }) => address);
  const objections: string[] = [];
  for (const address of request.ipAddresses) {
    if (!own.some((other) => isSameAddress(other, address)))
      objections.push(`${address} is no address of node ${name}`);
    else if (!policy.allowsAddress(address)) objections.push(`no node may have the address ${address}`);
    if (isLoopback(address)) objections.push(`${address} is every machine's own`);
    if (policy.reservedNames.some((reserved) => isSameAddress(reserved, address)))
      objections.push(`${address} is reserved`);
  }
  const reserved = new Set([...ALWAYS_RESERVED, ...policy.reservedNames.map(bareName)]);
  for (const dnsName of request.dnsNames) {
    if (dnsName.includes("*")) objections.push(`${dnsName} is a wildcard`);
    else if (parseIpAddress(bareName(dnsName))) objections.push(`${dnsName} is an address and no name`);
    else if (isReserved(bareName(dnsName), reserved)) objections.push(`${dnsName} is reserved`);
    else objections.push(...(await foreignName(dnsName, name, own, policy)));
  }
  return objections;
}

async function foreignName(
  dnsName: string,
  nodeName: string,
  own: readonly string[],
  { resolve }: KubeletServingPolicy,
): Promise<string[]> {
  const isOwn =
    bareName(dnsName) === bareName(nodeName) ||
    own.some((address) => bareName(address) === bareName(dnsName));
  if (!resolve) return isOwn ? [] : [`${dnsName} is no name of node ${nodeName}`];
  const addresses = await resolve(dnsName);
  if (addresses.length === 0) return isOwn ? [] : [`${dnsName} has no address`];
  return addresses
    .filter((address) => !own.some((other) => isSameAddress(other, address)))
    .map((address) => `${dnsName} leads to ${address}, which is no address of node ${nodeName}`);
}

/** RFC 6761 6.3: all of localhost is every machine's own. */
function isReserved(bare: string, reserved: ReadonlySet<string>): boolean {
  return reserved.has(bare) || bare.startsWith("kubernetes.default.svc.") || bare.endsWith(".localhost");
}

function isSameAddress(a: string, b: string): boolean {
  const [left, right] = [parseIpAddress(a), parseIpAddress(b)];
  return left !== undefined && right !== undefined && sameIpAddress(left, right);
}

function isLoopback(text: string): boolean {
  const octets = parseIpAddress(text);
  if (!octets) return false;
  const v4 = octets.subarray(-4);
  if (sameIpAddress(octets, v4)) return v4[0] === 127;
  return octets.every((octet, index) => octet === (index === octets.length - 1 ? 1 : 0));
}

/** In lower case, without a dot at the end. DNS names are ASCII here: the parser of requests refuses others. */
function bareName(name: string): string {
  return (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();
}

/** Of a user that is a node, as the signer's rules have made sure. */
function nodeNameOf(commonName: string): string {
  return commonName.slice(NODE_USER_PREFIX.length);
}
