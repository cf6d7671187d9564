import { compareBytes } from "../bytes.ts";
import type { Certificate } from "../x509/certificate.ts";
import { quoteText } from "../x509/name-text.ts";
import { attributeValues } from "../x509/name.ts";
import { encodeName } from "../x509/name-writer.ts";
import { collectFindings } from "./identity-finding.ts";
import type { IdentityFinding, Say } from "./identity-finding.ts";
import { identityKind } from "./identity-kind.ts";
import { findHidden, isControl } from "../x509/hidden-characters.ts";
import { describeCharacter } from "./identity-rules.ts";
import type { IdentityNames } from "./identity-rules.ts";
import {
  ANONYMOUS_USER,
  AUTHENTICATED_GROUP,
  BOOTSTRAPPERS_GROUP,
  BOOTSTRAPPERS_GROUP_PREFIX,
  GROUP_ATTRIBUTE,
  MASTERS_GROUP,
  MONITORING_GROUP,
  NODES_GROUP,
  NODE_USER_PREFIX,
  SERVICE_ACCOUNTS_GROUP,
  SERVICE_ACCOUNTS_GROUP_PREFIX,
  SYSTEM_PREFIX,
  UID_ATTRIBUTE,
  UNAUTHENTICATED_GROUP,
  USER_ATTRIBUTE,
} from "./well-known.ts";

/** A Kubernetes year of 8,760 hours, and one hour for the clocks that issuers allow for: 8,761 hours in milliseconds. */
const LONG_LIFETIME = 31_539_600_000;

/**
 * What is dangerous or misleading in whom a certificate names. **It says nothing about trust**, and an empty list is no permission.
 *
 * Takes a certificate, also one that was parsed with `mode: "kubernetes"`, or an identity, of which only the names are judged. Never throws.
 * Paths are `user`, `groups[i]` and `uid`, or fields of the certificate. A certificate that kubeadm renewed starts when its CA did, so
 * that it can have `FINDING_LONG_LIFETIME` although it was issued for a year. {@link IdentityFindings} has all codes.
 *
 * Sources: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/request/x509/x509.go`, "RBAC good practices" and "PKI certificates and
 * requirements" of the Kubernetes documentation, CVE-2009-2408, CVE-2021-42574.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { lintIdentity } from "kubepki";
 *
 * const findings = lintIdentity({ user: "jane", groups: ["system:masters"] });
 * assert.deepEqual(findings.map(({ code, path }) => [code, path]), [["FINDING_SYSTEM_MASTERS", "groups[0]"]]);
 * ```
 */
export function lintIdentity(input: Certificate | IdentityNames): IdentityFinding[] {
  const { findings, say } = collectFindings();
  if ("layout" in input) {
    lintSubject(input, say);
    lintCertificate(input, say);
  } else {
    const { user, groups = [], uid } = input;
    lintNames({ user, groups, uids: uid === undefined ? [] : [uid] }, say);
  }
  return findings;
}

/** The names as a subject has them. */
interface Names {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uids: readonly string[];
}

function lintSubject({ subject }: Certificate, say: Say): void {
  const commonNames = attributeValues(subject, USER_ATTRIBUTE);
  if (commonNames.length > 1) {
    const found = JSON.stringify(commonNames.slice(0, 10));
    const message = `the subject has ${commonNames.length} common names; Kubernetes takes the last, others the first`;
    say("FINDING_MULTIPLE_COMMON_NAMES", "user", message, { found, fix: "issue it with one CN" });
  }
  const user = commonNames.at(-1) ?? "";
  const groups = attributeValues(subject, GROUP_ATTRIBUTE);
  lintNames({ user, groups, uids: attributeValues(subject, UID_ATTRIBUTE) }, say);
}

function lintNames(names: Names, say: Say): void {
  const { user, groups, uids } = names;
  if (user === "")
    say("FINDING_NO_USER", "user", "there is no user name, so the certificate authenticates nobody");
  if (user === ANONYMOUS_USER) sayUnauthenticated(user, "user", say);
  if (uids.length > 1)
    say("FINDING_MULTIPLE_UIDS", "uid", `there are ${uids.length} UIDs, expected at most one`);
  if (uids.includes("")) say("FINDING_EMPTY_UID", "uid", "the UID is there, but empty");
  lintText(user, "user", say);
  for (const uid of uids) lintText(uid, "uid", say);
  lintKind(names, say);
  lintGroups(groups, say);
}

function lintText(text: string, path: string, say: Say): void {
  const at = findHidden(text);
  if (at < 0) return;
  const code = isControl(text, at) ? "FINDING_CONTROL_CHARACTER" : "FINDING_INVISIBLE_CHARACTER";
  say(code, path, describeCharacter(text, at, path), { found: quote(text) });
}

function lintGroups(groups: readonly string[], say: Say): void {
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]!;
    const path = `groups[${i}]`;
    if (group === "") say("FINDING_EMPTY_GROUP", path, "the group is empty");
    if (group === UNAUTHENTICATED_GROUP) sayUnauthenticated(group, path, say);
    if (group === MASTERS_GROUP) sayMasters(path, say);
    else if (!isKnownGroup(group) && isReserved(group)) sayReserved(group, path, say);
    lintText(group, path, say);
  }
  if (groups.length < 2) return;
  lintRepetition(groups, say);
  lintOrder(groups, say);
}

function lintRepetition(groups: readonly string[], say: Say): void {
  const seen = new Set<string>();
  for (const [i, group] of groups.entries()) {
    if (seen.has(group)) {
      const message = `the group ${quote(group)} stands there already`;
      say("FINDING_DUPLICATE_GROUP", `groups[${i}]`, message, { fix: "issue it with each group once" });
    }
    seen.add(group);
  }
}

/** Go writes one SET with all groups, which DER sorts by their encodings. */
function lintOrder(groups: readonly string[], say: Say): void {
  let previous: Uint8Array | undefined;
  for (const value of groups) {
    const encoded = encodeName([
      [{ type: GROUP_ATTRIBUTE, value: value.replaceAll(/\p{Surrogate}/gu, "\ufffd") }],
    ]);
    if (previous !== undefined && compareBytes(previous, encoded) > 0) {
      const message = "the groups are in another order when Go encodes them";
      return say("FINDING_GROUP_ORDER", "groups", message, { fix: "do not rely on the order of groups" });
    }
    previous = encoded;
  }
}

function lintKind({ user, groups }: Names, say: Say): void {
  const kind = identityKind({ user, groups });
  if (kind.kind === "serviceAccount") return lintServiceAccount(kind.namespace, groups, say);
  if (kind.kind === "node") {
    if (kind.nodeName === "") say("FINDING_NODE_WITHOUT_NAME", "user", "no node name follows the prefix");
    return;
  }
  if (groups.includes(NODES_GROUP)) {
    const message = `the group ${NODES_GROUP} is there, but the user is no node`;
    say("FINDING_NODES_GROUP_WITHOUT_NODE", "user", message, {
      found: quote(user),
      expected: `${NODE_USER_PREFIX}<name>`,
    });
  }
  if (user.startsWith(NODE_USER_PREFIX)) {
    const message = "the user is named as a node, but is not in the group of nodes";
    say("FINDING_NODE_WITHOUT_GROUP", "groups", message, { expected: NODES_GROUP });
  } else if (kind.kind === "user" && isReserved(user)) sayReserved(user, "user", say);
}

function lintServiceAccount(namespace: string, groups: readonly string[], say: Say): void {
  const own = [SERVICE_ACCOUNTS_GROUP, SERVICE_ACCOUNTS_GROUP_PREFIX + namespace];
  const missing = own.filter((group) => !groups.includes(group));
  if (missing.length === 0) return;
  const message = `the user is named as a service account, but is not in ${missing.join(" and ")}`;
  const fix = "let the workload use a service account token";
  say("FINDING_SERVICE_ACCOUNT_GROUPS", "groups", message, { expected: own.join(", "), fix });
}

/** Kubernetes compares exactly. But nobody means well with `System:Masters`, and other readers may fold it. */
function isReserved(name: string): boolean {
  return name.normalize("NFKC").trim().toLowerCase().startsWith(SYSTEM_PREFIX);
}

function isKnownGroup(group: string): boolean {
  return (
    group === NODES_GROUP ||
    group === MONITORING_GROUP ||
    group === AUTHENTICATED_GROUP ||
    group === UNAUTHENTICATED_GROUP ||
    group === SERVICE_ACCOUNTS_GROUP ||
    group === BOOTSTRAPPERS_GROUP ||
    group.startsWith(SERVICE_ACCOUNTS_GROUP_PREFIX) ||
    group.startsWith(BOOTSTRAPPERS_GROUP_PREFIX)
  );
}

/** What the certificate says beside its subject. */
function lintCertificate(certificate: Certificate, say: Say): void {
  for (const { code, message, path = "" } of certificate.deviations) {
    say("FINDING_DEVIATION", path, message, { found: code, fix: "have the certificate issued again" });
  }
  if (certificate.extensionValue("basicConstraints")?.ca === true) {
    const message = "it is a CA certificate: whoever has the CA's key can also log in with it";
    say("FINDING_CA_CERTIFICATE", "extensions.basicConstraints", message);
  }
  lintUsages(certificate, say);
  const lifetime = certificate.notAfter.getTime() - certificate.notBefore.getTime();
  if (lifetime > LONG_LIFETIME) {
    const found = `${Math.floor(lifetime / 86_400_000)} days`;
    const message = "it is valid for more than a year, and Kubernetes does not revoke certificates";
    say("FINDING_LONG_LIFETIME", "tbsCertificate.validity", message, { found, expected: "365 days" });
  }
}

/** Without the extension or with anyExtendedKeyUsage, Go takes the certificate for clients too. */
function lintUsages(certificate: Certificate, say: Say): void {
  const usages = certificate.extensionValue("extendedKeyUsage");
  const path = "extensions.extendedKeyUsage";
  const expected = "clientAuth";
  if (usages === undefined) {
    const message = "no extended key usage is given, so it is good for clients and for servers";
    say("FINDING_NO_EXTENDED_KEY_USAGE", path, message, { expected });
  } else if (usages.includes("any")) {
    const message = "anyExtendedKeyUsage makes it good for clients and for servers";
    say("FINDING_ANY_EXTENDED_KEY_USAGE", path, message, { found: usages.join(", "), expected });
  } else if (!usages.includes("clientAuth")) {
    const message = "kube-apiserver refuses it as a client certificate";
    say("FINDING_NOT_FOR_CLIENTS", path, message, { found: usages.join(", "), expected });
  }
}

function sayUnauthenticated(name: string, path: string, say: Say): void {
  say("FINDING_UNAUTHENTICATED_NAME", path, `${name} stands for callers who were not authenticated`);
}

function sayMasters(path: string, say: Say): void {
  const message = `${MASTERS_GROUP} may do everything, and no RBAC rule can take that away`;
  say("FINDING_SYSTEM_MASTERS", path, message, {
    fix: "use a group that is bound to a role, and keep this one for emergencies",
  });
}

function sayReserved(name: string, path: string, say: Say): void {
  const message = `Kubernetes keeps names with ${SYSTEM_PREFIX} for itself, and gives this one to nobody`;
  say("FINDING_RESERVED_NAME", path, message, { found: quote(name) });
}

/** For people: at most 64 characters, and nothing that a terminal would interpret. */
function quote(text: string): string {
  return quoteText(text.slice(0, 64));
}
