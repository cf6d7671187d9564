/** What a certificate is good for in a cluster, in sentences. */
import { safely } from "../errors.ts";
import { identityKind } from "../kubernetes/identity-kind.ts";
import type { IdentityKind } from "../kubernetes/identity-kind.ts";
import { parseIdentity } from "../kubernetes/identity.ts";
import type { IdentityNames } from "../kubernetes/identity-rules.ts";
import { GROUP_ATTRIBUTE, USER_ATTRIBUTE } from "../kubernetes/well-known.ts";
import { parseSpiffeId, serviceAccountOfSpiffeId } from "../kubernetes/workload/spiffe-id.ts";
import { equalBytes } from "../bytes.ts";
import type { Certificate } from "../x509/certificate.ts";
import { attributeValues } from "../x509/name.ts";
import type { Name } from "../x509/name.ts";
import { showText } from "../x509/name-text.ts";
import type { WithExtensions } from "../x509/with-extensions.ts";
import { countOf } from "./report.ts";
import type { Row } from "./report.ts";

/** What Go would take the certificate for, by its extensions alone. */
export interface Purposes {
  /** It may issue certificates. */
  readonly ca: boolean;
  /** TLS servers would let its holder in. */
  readonly client: boolean;
  /** TLS clients would take its holder for a server. */
  readonly server: boolean;
}

/** Go: without the extension, and with anyExtendedKeyUsage, a certificate is good for clients and for servers. */
export function purposesOf(certificate: WithExtensions): Purposes {
  const ca = certificate.extensionValue("basicConstraints")?.ca === true;
  if (ca) return { ca, client: false, server: false };
  const usages = certificate.extensionValue("extendedKeyUsage");
  const all = usages === undefined || usages.includes("any");
  return { ca, client: all || usages.includes("clientAuth"), server: all || usages.includes("serverAuth") };
}

/**
 * Issuer and subject are the same bytes, and so are their key identifiers if it states both: as far as names can tell, it is signed by its own key. With another key identifier it is
 * self-issued, a CA's new key under its old name (RFC 5280 3.2).
 */
export function isSelfSigned(certificate: Certificate): boolean {
  const { bytes, issuerStart, issuerEnd, subjectStart, keyStart: subjectEnd } = certificate.layout;
  if (issuerEnd - issuerStart !== subjectEnd - subjectStart) return false;
  if (!equalBytes(bytes.subarray(issuerStart, issuerEnd), bytes.subarray(subjectStart, subjectEnd)))
    return false;
  const own = certificate.extensionValue("subjectKeyIdentifier");
  const authority = certificate.extensionValue("authorityKeyIdentifier")?.keyIdentifier;
  return own === undefined || authority === undefined || equalBytes(own, authority);
}

/** One line for each thing that it is good for. */
export function purposeLines(certificate: Certificate): string[] {
  const { ca, client, server } = purposesOf(certificate);
  const lines = [
    ...(ca ? [caLine(certificate)] : []),
    ...(client ? [clientLine(certificate)] : []),
    ...(server ? [serverLine(certificate)] : []),
    ...certificate.uris.flatMap(workloadLines),
  ];
  const others = certificate
    .extensionValue("extendedKeyUsage")
    ?.filter((usage) => usage !== "clientAuth" && usage !== "serverAuth" && usage !== "any");
  if (!ca && others !== undefined && others.length > 0) lines.push(`other uses: ${others.join(", ")}`);
  return lines.length === 0 ? ["nothing that Kubernetes asks certificates for"] : lines;
}

/** Names that kubeadm gives to CAs. Source: kubeadm `cmd/kubeadm/app/phases/certs/certlist.go`. */
const KUBEADM_CAS: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ["kubernetes", "kubeadm's for the cluster"],
  ["etcd-ca", "kubeadm's for etcd"],
  ["front-proxy-ca", "kubeadm's for the front proxy"],
]);

function caLine(certificate: Certificate): string {
  const pathLength = certificate.extensionValue("basicConstraints")?.pathLength;
  const below =
    pathLength === undefined
      ? "any number of CAs"
      : pathLength === 0
        ? "no CA"
        : `at most ${countOf(pathLength, "CA")}`;
  const usages = certificate.extensionValue("keyUsage");
  const signs = usages === undefined || usages.includes("keyCertSign");
  const isRoot = isSelfSigned(certificate);
  const known = isRoot
    ? KUBEADM_CAS.get(attributeValues(certificate.subject, USER_ATTRIBUTE).at(-1) ?? "")
    : undefined;
  const what = isRoot ? `root CA${known === undefined ? "" : `, by its name ${known}`}` : "intermediate CA";
  return `${what}: issues certificates, with ${below} below it${signs ? "" : "; but its key usage does not allow keyCertSign"}`;
}

function clientLine(certificate: Certificate): string {
  const identity = safely(() => parseIdentity(certificate, { mode: "kubernetes" }));
  if (!identity.ok) return `client: kube-apiserver refuses it, for ${identity.error.message}`;
  if (identity.value === undefined)
    return "client: it names no user, so kube-apiserver looks for other credentials";
  return `client: to a kube-apiserver that trusts its CA, its holder is ${showText(identity.value.user)}`;
}

function serverLine({ dnsNames, ipAddresses }: Certificate): string {
  if (dnsNames.length + ipAddresses.length === 0)
    return "server: it names no server, for clients of Kubernetes do not look at the CN";
  const service = dnsNames.includes(API_SERVER_NAME) ? ", among them the service of the API server" : "";
  return `server: for ${countOf(dnsNames.length, "DNS name")} and ${countOf(ipAddresses.length, "address", "addresses")}${service}`;
}

function workloadLines(uri: string): string[] {
  const id = safely(() => parseSpiffeId(uri));
  if (!id.ok) return [];
  const account = serviceAccountOfSpiffeId(id.value);
  const who =
    account === undefined ? "" : `, service account ${account.name} in namespace ${account.namespace}`;
  return [`workload: ${showText(uri)}${who}`];
}

/** By this name, webhooks and pods call the API server. */
const API_SERVER_NAME = "kubernetes.default.svc";

/** Whom kube-apiserver would see, row by row; of a server only who it is, if its name has a meaning. */
export function identityRows(certificate: Certificate): Row[] {
  const { client, server } = purposesOf(certificate);
  if (!client) return server ? serverRows(certificate.subject) : [];
  const identity = safely(() => parseIdentity(certificate, { mode: "kubernetes" }));
  if (!identity.ok || identity.value === undefined) return [];
  const ids = Object.values(identity.value.extra).flat();
  return [...nameRows(identity.value), ["credential id", ...ids]];
}

function serverRows(subject: Name): Row[] {
  const user = attributeValues(subject, USER_ATTRIBUTE).at(-1) ?? "";
  const kind = identityKind({ user, groups: attributeValues(subject, GROUP_ATTRIBUTE) });
  return kind.kind === "user" ? [] : [["who that is", kindText(kind)]];
}

/** The names of a user, and who that is. */
export function nameRows({ user, groups = [], uid }: IdentityNames): Row[] {
  return [
    ["user", showText(user)],
    ["groups", ...(groups.length === 0 ? ["none"] : groups.map(showText))],
    ...(uid === undefined ? [] : [["uid", showText(uid)] as const]),
    ["who that is", kindText(identityKind({ user, groups }))],
  ];
}

/** What stands behind the names, for people. */
function kindText(kind: IdentityKind): string {
  switch (kind.kind) {
    case "node":
      return `the kubelet of node ${showText(kind.nodeName)}`;
    case "serviceAccount":
      return `service account ${kind.name} in namespace ${kind.namespace}`;
    case "component":
      return `a part of the control plane, or its administrator: ${kind.component}`;
    case "bootstrapToken":
      return `the holder of bootstrap token ${kind.tokenId}`;
    case "anonymous":
      return "the name of callers who were not authenticated";
    default:
      return "a user whose name has no meaning of its own to Kubernetes";
  }
}
