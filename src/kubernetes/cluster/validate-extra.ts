import type { Finding } from "../../finding.ts";
import { validateDnsName, validateIpAddress } from "../../x509/dns-name.ts";
import { MASTERS_GROUP, SYSTEM_PREFIX } from "../well-known.ts";
import { CLUSTER_CERTIFICATES } from "./certificates.ts";
import { error, quote, warning } from "./cluster-finding.ts";
import type { ClusterUser, ExtraCertificate, ResolvedClusterConfig } from "./config.ts";

/** What is wrong with the users of a configuration. */
export function userFindings({ users }: ResolvedClusterConfig): Finding[] {
  const names = new Set<string>();
  return users.flatMap((user, i) => {
    const findings = oneUserFindings(user, `users[${i}]`);
    if (names.has(user.name))
      findings.push(error("ERR_CLUSTER_NAME", `users[${i}].name`, `there are two users ${quote(user.name)}`));
    names.add(user.name);
    return findings;
  });
}

function oneUserFindings({ name, groups = [], lifetimeSeconds }: ClusterUser, path: string): Finding[] {
  const findings = lifetimeFindings(lifetimeSeconds, path);
  // What else a name must not have, issuing decides; without its well-formed text there is no file name.
  if (name === "" || /\p{Surrogate}/u.test(name))
    findings.push(error("ERR_CLUSTER_NAME", `${path}.name`, `${quote(name)} is no name of a user`));
  if (name.startsWith(SYSTEM_PREFIX)) {
    const message = `${quote(name)} is among the names that Kubernetes keeps for its components`;
    findings.push(warning("WARN_CLUSTER_PRIVILEGED_NAME", `${path}.name`, message));
  }
  groups.forEach((group, i) => {
    if (group === "") findings.push(error("ERR_CLUSTER_NAME", `${path}.groups[${i}]`, "the group is empty"));
    if (group === MASTERS_GROUP) {
      const message = "nobody can take the rights of system:masters away again";
      findings.push(warning("WARN_CLUSTER_PRIVILEGED_NAME", `${path}.groups[${i}]`, message));
    }
  });
  return findings;
}

function lifetimeFindings(lifetimeSeconds: number | undefined, path: string): Finding[] {
  if (lifetimeSeconds === undefined || (lifetimeSeconds > 0 && Number.isFinite(lifetimeSeconds))) return [];
  const message = `the lifetime is ${lifetimeSeconds} seconds, expected more than 0`;
  return [error("ERR_CLUSTER_CONFIG", `${path}.lifetimeSeconds`, message)];
}

/** What is wrong with the extra certificates of a configuration, each for itself and beside all others. */
export function extraFindings({ extraCertificates, users }: ResolvedClusterConfig): Finding[] {
  const names = new Set(CLUSTER_CERTIFICATES.map(({ name }) => name));
  for (const { name } of users) names.add(`user:${name}`);
  const paths = new Set(CLUSTER_CERTIFICATES.map(({ path }) => path));
  const authorities = new Set(
    [...CLUSTER_CERTIFICATES, ...extraCertificates]
      .filter(({ kind }) => kind === "ca")
      .map(({ name }) => name),
  );
  return extraCertificates.flatMap((extra, i) => {
    const at = `extraCertificates[${i}]`;
    const findings = oneExtraFindings(extra, at);
    const { name, path, ca } = extra;
    if (names.has(name))
      findings.push(error("ERR_CLUSTER_CONFIG", `${at}.name`, `there are two certificates ${quote(name)}`));
    if (paths.has(path))
      findings.push(
        error("ERR_CLUSTER_CONFIG", `${at}.path`, `${quote(path)} is taken by another certificate`),
      );
    if (ca !== undefined && !authorities.has(ca))
      findings.push(error("ERR_CLUSTER_CONFIG", `${at}.ca`, `there is no CA ${quote(ca)} to issue it`));
    names.add(name);
    paths.add(path);
    return findings;
  });
}

function oneExtraFindings(extra: ExtraCertificate, at: string): Finding[] {
  const { name, path, kind, ca, dnsNames = [], ipAddresses = [] } = extra;
  const findings = lifetimeFindings(extra.lifetimeSeconds, at);
  const fault = (field: string, message: string): unknown =>
    findings.push(error("ERR_CLUSTER_CONFIG", `${at}.${field}`, message));
  if (name === "") fault("name", "the certificate has no name");
  if (!isRelativePath(path)) fault("path", `${quote(path)} is no path below /etc/kubernetes`);
  if (!["ca", "server", "client", "peer"].includes(kind))
    fault("kind", `${quote(kind)} is neither ca, server, client nor peer`);
  else if (kind !== "ca" && ca === undefined)
    fault("ca", "only a CA issues itself; expected the name of one");
  if ((kind === "server" || kind === "peer") && dnsNames.length + ipAddresses.length === 0)
    fault("dnsNames", "a server has a DNS name or an IP address, for clients look at nothing else");
  for (const [field, values, validate] of [
    ["dnsNames", dnsNames, validateDnsName],
    ["ipAddresses", ipAddresses, validateIpAddress],
  ] as const)
    values.forEach((value, i) => {
      const problem = validate(value);
      if (problem !== undefined) findings.push(error("ERR_CLUSTER_NAME", `${at}.${field}[${i}]`, problem));
    });
  return findings;
}

/** Whether a path stays below the folder that it is joined to, on every system. */
export function isRelativePath(path: string): boolean {
  return path
    .split("/")
    .every((part) => part !== "" && part !== "." && part !== ".." && !/[\\:\0]/.test(part));
}
