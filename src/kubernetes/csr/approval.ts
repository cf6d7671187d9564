/** Who gets a certificate approved: decisions as plain functions of the request and of everything that they need to know. */
import { attributeValues } from "../../x509/name.ts";
import type { CertificateRequest } from "../../x509/certificate-request.ts";
import { parseIpAddress, sameIpAddress } from "../../x509/ip-address.ts";
import { USER_ATTRIBUTE } from "../well-known.ts";
import { KUBELET_CLIENT_SIGNER, KUBELET_SERVING_SIGNER } from "./signers/index.ts";

/** What is to be decided about. All of it counts, so none of it has a default. */
export interface ApprovalQuestion {
  /** The parsed `spec.request`, whose signature holds. */
  readonly request: CertificateRequest;
  /** `spec.signerName`. */
  readonly signerName: string;
  /** `spec.usages`. */
  readonly usages: readonly string[];
  /** Who made the object, as the API server wrote it: `spec.username` and so on. */
  readonly requester: Requester;
  /** `spec.expirationSeconds`, if there is one. */
  readonly expirationSeconds: number | undefined;
}

/** Who made a CertificateSigningRequest object. */
export interface Requester {
  /** `spec.username`. */
  readonly username: string;
  /** `spec.groups`. */
  readonly groups: readonly string[];
  /** `spec.uid`. */
  readonly uid?: string;
  /** `spec.extra`. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What was decided, in the shape that `runApprover` of `kubepki/node` takes. */
export interface ApprovalVerdict {
  /** `none` leaves the request to others. */
  readonly decision: "approve" | "deny" | "none";
  /** One word for machines. */
  readonly reason: string;
  /** A sentence for people; of a refusal, everything that speaks against it. */
  readonly message: string;
  /** Everything that speaks against approval; empty if it is approved. */
  readonly objections: readonly string[];
}

/** Asks the API server whether somebody may do something: `create` on this subresource of certificatesigningrequests. */
export type AccessReview = (requester: Requester, attributes: AccessAttributes) => Promise<boolean>;

/** `resourceAttributes` of a SubjectAccessReview. */
export interface AccessAttributes {
  /** The API group. */
  readonly group: string;
  /** The API version; all of them. */
  readonly version: string;
  /** The resource. */
  readonly resource: string;
  /** The subresource: which kind of approval. */
  readonly subresource: string;
  /** What is to be done. */
  readonly verb: string;
}

const RECOGNIZERS = [
  {
    subresource: "selfnodeclient",
    message: "Auto approving self kubelet client certificate after SubjectAccessReview.",
    matches: (question: ApprovalQuestion) => commonNameOf(question.request) === question.requester.username,
  },
  {
    subresource: "nodeclient",
    message: "Auto approving kubelet client certificate after SubjectAccessReview.",
    matches: () => true,
  },
] as const;

/**
 * Decides about client certificates of kubelets as kube-controller-manager's approver does: the request must be a kubelet's to the letter, and its
 * maker may, by a SubjectAccessReview, create `selfnodeclient` (for its own node) or `nodeclient` (for any, as bootstrap tokens may).
 *
 * Never denies: what it does not know, or whom it may not serve, it leaves to others.
 *
 * Source: Kubernetes `pkg/controller/certificates/approver/sarapprove.go` (`recognizers`, `handle`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { approveKubeletClient, createCertificateRequest, generateKeyPair } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const subject = { commonName: "system:node:n1", organizations: ["system:nodes"] };
 * const { request } = await createCertificateRequest({ subject }, signer);
 * const verdict = await approveKubeletClient(
 *   {
 *     request,
 *     signerName: "kubernetes.io/kube-apiserver-client-kubelet",
 *     usages: ["digital signature", "client auth"],
 *     requester: { username: "system:bootstrap:abcdef", groups: ["system:bootstrappers"] },
 *     expirationSeconds: undefined,
 *   },
 *   async (requester, { subresource }) => requester.groups.includes("system:bootstrappers") && subresource === "nodeclient",
 * );
 * assert.equal(verdict.decision, "approve");
 * ```
 */
export async function approveKubeletClient(
  question: ApprovalQuestion,
  mayCreate: AccessReview,
): Promise<ApprovalVerdict> {
  const { requester, signerName } = question;
  if (signerName !== KUBELET_CLIENT_SIGNER.signerName)
    return none([
      `the request is for the signer ${signerName}, expected ${KUBELET_CLIENT_SIGNER.signerName}`,
    ]);
  const faults = KUBELET_CLIENT_SIGNER.validate(question);
  if (faults.length > 0) return none(faults.map(({ message }) => message));
  const tried: string[] = [];
  for (const { subresource, message, matches } of RECOGNIZERS) {
    if (!matches(question)) continue;
    tried.push(subresource);
    const attributes = {
      group: "certificates.k8s.io",
      version: "*",
      resource: "certificatesigningrequests",
      subresource,
      verb: "create",
    };
    if (await mayCreate(requester, attributes))
      return { decision: "approve", reason: "AutoApproved", message, objections: [] };
  }
  return none([`${requester.username} may create none of ${tried.join(", ")}`]);
}

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
  /** Names that no node may serve, such as those of the API server; `kubernetes` and its service names are always among them. */
  readonly reservedNames: readonly string[];
  /** Says whether nodes may have this address, for example by the machines' subnets. */
  readonly allowsAddress: (address: string) => boolean;
  /** Looks up the addresses of a DNS name; each of them must be an address of the node. Names are taken from the Node alone if this is absent. */
  readonly resolve?: (dnsName: string) => Promise<readonly string[]>;
  /** The longest lifetime, in seconds; 31,622,400 (366 days) by default. */
  readonly maxExpirationSeconds?: number;
}

const MAX_EXPIRATION_SECONDS = 31_622_400;
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
  const objections = KUBELET_SERVING_SIGNER.validate(question).map(({ message }) => message);
  const commonName = commonNameOf(request);
  if (commonName !== requester.username)
    objections.push(`${requester.username} asks for a certificate of ${commonName}`);
  const { maxExpirationSeconds = MAX_EXPIRATION_SECONDS } = policy;
  if (expirationSeconds > maxExpirationSeconds)
    objections.push(
      `a lifetime of ${expirationSeconds} seconds is wanted, at most ${maxExpirationSeconds} are allowed`,
    );
  for (const { type } of request.extensionValue("subjectAltName") ?? [])
    if (!SERVING_KINDS.includes(type)) objections.push(`an alternative name of kind ${type} is wanted`);
  if (objections.length === 0) objections.push(...(await foreignNames(request, commonName, policy)));
  if (objections.length > 0) return deny(objections);
  const message = `The names and addresses of ${commonName} are its own.`;
  return { decision: "approve", reason: "AutoApproved", message, objections };
}

/** Others are refused by the signer's rules, or, where Kubernetes does not see them, here. */
const SERVING_KINDS: readonly string[] = ["dns", "ip", "email", "uri"];

async function foreignNames(
  request: CertificateRequest,
  commonName: string,
  policy: KubeletServingPolicy,
): Promise<string[]> {
  const name = commonName.slice("system:node:".length);
  const node = await policy.findNode(name);
  if (node?.name !== name) return [`there is no node ${JSON.stringify(name)}`];
  const own = node.addresses.map(({ address }) => address);
  const objections: string[] = [];
  for (const address of request.ipAddresses) {
    if (!own.some((other) => isSameAddress(other, address)))
      objections.push(`${address} is no address of node ${name}`);
    else if (!policy.allowsAddress(address)) objections.push(`no node may have the address ${address}`);
    if (isLoopback(address)) objections.push(`${address} is every machine's own`);
  }
  const reserved = new Set([...ALWAYS_RESERVED, ...policy.reservedNames.map(lower)]);
  for (const dnsName of request.dnsNames) {
    if (dnsName.includes("*")) objections.push(`${dnsName} is a wildcard`);
    else if (isReserved(lower(dnsName), reserved)) objections.push(`${dnsName} is reserved`);
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
    lower(dnsName) === lower(nodeName) || own.some((address) => lower(address) === lower(dnsName));
  if (!resolve) return isOwn ? [] : [`${dnsName} is no name of node ${nodeName}`];
  const addresses = await resolve(dnsName);
  if (addresses.length === 0) return isOwn ? [] : [`${dnsName} has no address`];
  return addresses
    .filter((address) => !own.some((other) => isSameAddress(other, address)))
    .map((address) => `${dnsName} leads to ${address}, which is no address of node ${nodeName}`);
}

function isReserved(name: string, reserved: ReadonlySet<string>): boolean {
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  return reserved.has(bare) || bare.startsWith("kubernetes.default.svc.");
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

/** DNS names are ASCII here: the parser of requests refuses others. */
function lower(name: string): string {
  return name.toLowerCase();
}

function commonNameOf({ subject }: CertificateRequest): string {
  return attributeValues(subject, USER_ATTRIBUTE).at(-1) ?? "";
}

function none(objections: readonly string[]): ApprovalVerdict {
  return { decision: "none", reason: "NotRecognized", message: objections.join("; "), objections };
}

function deny(objections: readonly string[]): ApprovalVerdict {
  return { decision: "deny", reason: "PolicyViolation", message: objections.join("; "), objections };
}
