/** Whether the hosts of an Ingress are those of its certificates, which nobody in the cluster checks. */
import { PkiError } from "../../errors.ts";
import type { Finding } from "../../finding.ts";
import { momentOf } from "../../verify/asking.ts";
import { missingSans } from "../../verify/missing-sans.ts";
import { parseIpAddress } from "../../x509/ip-address.ts";
import type { Certificate } from "../../x509/certificate.ts";
import { readTlsSecret } from "./tls-secret.ts";
import type { SecretObject } from "./tls-secret.ts";

/** An Ingress of networking.k8s.io/v1, as far as TLS is concerned; the objects of client libraries fit. */
export interface IngressObject {
  /** Name and namespace. */
  readonly metadata?: {
    /** Its name. */
    readonly name?: string;
    /** Its namespace, which must be that of the Secrets. */
    readonly namespace?: string;
  };
  /** What is wanted. */
  readonly spec?: {
    /** Which certificate for which hosts. */
    readonly tls?: readonly {
      /** The hosts; all if there are none. */
      readonly hosts?: readonly string[];
      /** The Secret; the controller's own certificate if there is none. */
      readonly secretName?: string;
    }[];
    /** Which backend for which host. */
    readonly rules?: readonly {
      /** The host; all if there is none. */
      readonly host?: string;
    }[];
  };
}

/** A finding of {@link validateIngressTls}; `path` is the field of the Ingress. */
export interface IngressTlsFinding extends Finding {
  /** Stable name of the rule. */
  readonly code:
    | "FINDING_INGRESS_HOST"
    | "FINDING_INGRESS_SECRET"
    | "FINDING_INGRESS_NAME"
    | "FINDING_INGRESS_EXPIRED"
    | "FINDING_INGRESS_PLAIN";
}

/** What is known beside the Ingress. */
export interface IngressTlsOptions {
  /** The moment that counts; now by default. A number is milliseconds since 1970. */
  readonly at?: Date | number;
}

/**
 * What visitors of an Ingress will see: hosts whose certificate is not valid for them (browsers say `NET::ERR_CERT_COMMON_NAME_INVALID`), Secrets that are not there or cannot be read, certificates that have
 * expired, and hosts without TLS; and hosts that the API server refuses.
 *
 * A wildcard host is covered by the same wildcard in the certificate alone. Not checked: whether clients trust the issuer, and what the controller does where no Secret is named.
 *
 * Source: Kubernetes `pkg/apis/networking/validation/validation.go` (`validateIngressTLS`, `ValidateIngressRules`), Go crypto/x509 `VerifyHostname`.
 *
 * @param secrets those of the Ingress's namespace
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validateIngressTls } from "kubepki";
 *
 * const ingress = { spec: { tls: [{ hosts: ["shop.example.com"], secretName: "shop-tls" }], rules: [{ host: "shop.example.com" }, { host: "old.example.com" }] } };
 * const findings = await validateIngressTls(ingress, []);
 * assert.deepEqual(findings.map(({ code, path }) => [code, path]), [
 *   ["FINDING_INGRESS_SECRET", "spec.tls[0].secretName"],
 *   ["FINDING_INGRESS_PLAIN", "spec.rules[1].host"],
 * ]);
 * ```
 */
export async function validateIngressTls(
  { spec = {} }: IngressObject,
  secrets: readonly SecretObject[],
  options: IngressTlsOptions = {},
): Promise<IngressTlsFinding[]> {
  const at = momentOf(options.at);
  const { tls = [], rules = [] } = spec;
  const findings: IngressTlsFinding[] = [];
  for (const [index, { hosts = [], secretName }] of tls.entries()) {
    const path = `spec.tls[${index}]`;
    findings.push(...hosts.flatMap((host, i) => validateHost(host, `${path}.hosts[${i}]`)));
    if (secretName === undefined || secretName === "") continue;
    const certificate = await certificateOf(secretName, secrets);
    if (typeof certificate === "string")
      findings.push({
        code: "FINDING_INGRESS_SECRET",
        severity: "error",
        path: `${path}.secretName`,
        message: certificate,
        found: secretName,
      });
    else findings.push(...judge(certificate, hosts, path, at));
  }
  const covered = tls.flatMap(({ hosts = [] }) => hosts);
  const coversAll = tls.some(({ hosts = [] }) => hosts.length === 0);
  for (const [index, { host }] of rules.entries()) {
    if (host === undefined || host === "") continue;
    const path = `spec.rules[${index}].host`;
    findings.push(
      ...validateHost(host, path),
      ...(isIp(host)
        ? [fault("FINDING_INGRESS_HOST", path, "must be a DNS name, not an IP address", host)]
        : []),
    );
    if (coversAll || covered.some((pattern) => matches(pattern, host))) continue;
    const message =
      "no entry of spec.tls has this host: it is served without TLS, or with the controller's own certificate";
    findings.push({ code: "FINDING_INGRESS_PLAIN", severity: "warning", path, message, found: host });
  }
  return findings;
}

/** The certificate, or in words why there is none. */
async function certificateOf(name: string, secrets: readonly SecretObject[]): Promise<Certificate | string> {
  const secret = secrets.find(({ metadata }) => metadata?.name === name);
  if (!secret) return "there is no Secret of this name in the namespace";
  try {
    return (await readTlsSecret(secret)).certificates[0]!;
  } catch (error) {
    if (error instanceof PkiError) return `the Secret cannot be used: ${error.message}`;
    throw error;
  }
}

function judge(
  certificate: Certificate,
  hosts: readonly string[],
  path: string,
  at: number,
): IngressTlsFinding[] {
  const findings: IngressTlsFinding[] = [];
  if (at > certificate.notAfter.getTime()) {
    const message = `the certificate has expired on ${certificate.notAfter.toISOString()}`;
    findings.push({
      code: "FINDING_INGRESS_EXPIRED",
      severity: "error",
      path: `${path}.secretName`,
      message,
      fix: "renew it",
    });
  }
  for (const [i, host] of hosts.entries()) {
    if (isCovered(certificate, host)) continue;
    const message = `the certificate is not valid for ${host}: browsers will say NET::ERR_CERT_COMMON_NAME_INVALID`;
    const found = [...certificate.dnsNames, ...certificate.ipAddresses].join(", ") || "no names";
    findings.push({
      code: "FINDING_INGRESS_NAME",
      severity: "error",
      path: `${path}.hosts[${i}]`,
      message,
      found,
      expected: host,
      fix: `issue the certificate with ${host} among its DNS names`,
    });
  }
  return findings;
}

/** `*.example.com` stands for hosts that nobody has listed, so that only the same pattern will do. */
function isCovered(certificate: Certificate, host: string): boolean {
  if (host.startsWith("*."))
    return certificate.dnsNames.some((name) => name.toLowerCase() === host.toLowerCase());
  const { dnsNames, ipAddresses } = missingSans(certificate, [host]);
  return dnsNames.length + ipAddresses.length === 0;
}

/** One more label where the pattern has a star, as the API says; compared as HTTP hosts are. */
function matches(pattern: string, host: string): boolean {
  if (!pattern.startsWith("*.")) return pattern === host;
  return (
    host === pattern || (host.endsWith(pattern.slice(1)) && !host.slice(0, -pattern.length + 1).includes("."))
  );
}

/** `IsDNS1123Subdomain`, `IsWildcardDNS1123Subdomain`: labels may be of any length here. */
function validateHost(host: string, path: string): IngressTlsFinding[] {
  const isWildcard = host.includes("*");
  const name = isWildcard && host.startsWith("*.") ? host.slice(2) : host;
  const labels = name.split(".");
  if (host.length <= 253 && labels.every((label) => /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(label)))
    return [];
  const kind = isWildcard
    ? "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain"
    : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'";
  return [fault("FINDING_INGRESS_HOST", path, kind, host)];
}

function isIp(host: string): boolean {
  return parseIpAddress(host) !== undefined;
}

function fault(
  code: IngressTlsFinding["code"],
  path: string,
  message: string,
  found: string,
): IngressTlsFinding {
  return { code, severity: "error", path, message, found };
}
