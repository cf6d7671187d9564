import { ClusterError } from "../../errors.ts";
import type { Finding } from "../../finding.ts";
import { YEAR_SECONDS } from "../../issue/validity.ts";
import { keyAlgorithmNames } from "../../keys/generate.ts";
import { isDns1123Subdomain } from "../../x509/dns-name.ts";
import { error, quote, warning } from "./cluster-finding.ts";
import { readableConfig, shapeFindings } from "./config-shape.ts";
import type { ClusterCode } from "./cluster-finding.ts";
import { resolveClusterConfig } from "./config.ts";
import type { ClusterConfig, ResolvedClusterConfig } from "./config.ts";
import { kubeadmVersion } from "./kubeadm-version.ts";
import { networkFindings } from "./validate-network.ts";
import { nodeFindings } from "./validate-nodes.ts";
import { extraFindings, userFindings } from "./validate-extra.ts";

/**
 * Everything that keeps a configuration from being a cluster (`ERR_CLUSTER_*`), and what kubeadm or experience would warn of (`WARN_CLUSTER_*`):
 * all of it at once, each with the path of its field. A configuration that comes from a file may have any shape: values of other types are errors, and settings that
 * there are not are warnings.
 *
 * Sources: kubeadm `cmd/kubeadm/app/apis/kubeadm/validation/validation.go`, etcd's documentation on cluster sizes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validateClusterConfig } from "kubepki";
 *
 * const findings = validateClusterConfig({
 *   dnsDomain: "cluster local",
 *   nodes: [{ name: "CP_1", role: "control-plane", addresses: ["192.0.2.1"] }],
 * });
 * assert.deepEqual(findings.map(({ code, path }) => [code, path]), [
 *   ["ERR_CLUSTER_NAME", "nodes[0].name"],
 *   ["ERR_CLUSTER_NAME", "dnsDomain"],
 * ]);
 * ```
 */
export function validateClusterConfig(config: ClusterConfig): Finding[] {
  const shape = shapeFindings(config);
  const broken = shape.filter(({ severity }) => severity === "error").map(({ path }) => path);
  const rest = valueFindings(resolveClusterConfig(broken.length === 0 ? config : readableConfig(config)));
  return [...shape, ...rest.filter(({ path }) => !broken.some((other) => isAbout(path, other)))];
}

/** Whether a finding is about what is broken, about a part of it, or about a whole of which that is a part. */
function isAbout(path: string, broken: string): boolean {
  const [short, long] = path.length < broken.length ? [path, broken] : [broken, path];
  return long.startsWith(short) && (short === "" || short === long || ".[".includes(long[short.length]!));
}

function valueFindings(resolved: ResolvedClusterConfig): Finding[] {
  return [
    ...nodeFindings(resolved),
    ...validityFindings(resolved),
    ...nameFindings(resolved),
    ...versionFindings(resolved),
    ...networkFindings(resolved),
    ...userFindings(resolved),
    ...extraFindings(resolved),
  ];
}

/** Throws the first error among the findings, and gives back the rest. */
export function requireValid(findings: Finding[]): Finding[] {
  const errors = findings.filter(({ severity }) => severity === "error");
  const [first] = errors;
  if (first === undefined) return findings;
  const others = errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`;
  throw new ClusterError(first.code as ClusterCode, first.message + others, { path: first.path });
}

function nameFindings({ clusterName, dnsDomain }: ResolvedClusterConfig): Finding[] {
  const findings: Finding[] = [];
  if (clusterName === "") findings.push(error("ERR_CLUSTER_NAME", "clusterName", "the cluster has no name"));
  if (!isDns1123Subdomain(dnsDomain))
    findings.push(
      error("ERR_CLUSTER_NAME", "dnsDomain", `${quote(dnsDomain)} is no domain such as cluster.local`),
    );
  return findings;
}

function versionFindings(config: ResolvedClusterConfig): Finding[] {
  const { preset, kubernetesVersion, keyAlgorithm, lifetimeSeconds, caLifetimeSeconds } = config;
  const findings: Finding[] = [];
  if (preset !== "recommended" && preset !== "kubeadm")
    findings.push(
      error("ERR_CLUSTER_CONFIG", "preset", `${quote(preset)} is neither recommended nor kubeadm`),
    );
  const version = kubeadmVersion(kubernetesVersion);
  if (!version) {
    const message = `${quote(kubernetesVersion)} is no version from 1.29 to 1.36, with or without a patch number`;
    findings.push(error("ERR_CLUSTER_CONFIG", "kubernetesVersion", message));
  }
  if (!keyAlgorithmNames().includes(keyAlgorithm))
    findings.push(error("ERR_CLUSTER_CONFIG", "keyAlgorithm", `${quote(keyAlgorithm)} is no key algorithm`));
  else if (!/^(RSA|ECDSA-P(256|384)$)/.test(keyAlgorithm))
    findings.push(
      warning("WARN_CLUSTER_KEY_ALGORITHM", "keyAlgorithm", `kubeadm does not read ${keyAlgorithm} keys`),
    );
  else if (preset === "kubeadm" && version && !version.keyAlgorithms.includes(keyAlgorithm)) {
    const message = `kubeadm 1.${version.minor} does not make ${keyAlgorithm} keys`;
    findings.push(warning("WARN_CLUSTER_KEY_ALGORITHM", "keyAlgorithm", message));
  }
  if (preset === "kubeadm" && version?.hasValidityPeriods === false)
    for (const [path, value, fixed] of [
      ["lifetimeSeconds", lifetimeSeconds, YEAR_SECONDS],
      ["caLifetimeSeconds", caLifetimeSeconds, 10 * YEAR_SECONDS],
    ] as const)
      if (value !== fixed) {
        const message = `kubeadm 1.${version.minor} takes ${fixed} seconds and has no setting for it`;
        findings.push(warning("WARN_CLUSTER_LIFETIME", path, message));
      }
  return findings;
}

function validityFindings(config: ResolvedClusterConfig): Finding[] {
  const { lifetimeSeconds, caLifetimeSeconds, now } = config;
  const findings: Finding[] = [];
  for (const [path, value, usual] of [
    ["lifetimeSeconds", lifetimeSeconds, YEAR_SECONDS],
    ["caLifetimeSeconds", caLifetimeSeconds, 10 * YEAR_SECONDS],
  ] as const) {
    if (!(value > 0 && Number.isFinite(value)))
      findings.push(
        error("ERR_CLUSTER_CONFIG", path, `the lifetime is ${value} seconds, expected more than 0`),
      );
    else if (value > usual)
      findings.push(
        warning("WARN_CLUSTER_LIFETIME", path, `${value} seconds are more than kubeadm's ${usual}`),
      );
  }
  if (lifetimeSeconds > caLifetimeSeconds) {
    const message = "certificates would outlive their CA; their end will be cut to the CA's";
    findings.push(warning("WARN_CLUSTER_LIFETIME", "lifetimeSeconds", message));
  }
  if (Number.isNaN(now.getTime())) findings.push(error("ERR_CLUSTER_CONFIG", "now", "the date is invalid"));
  return findings;
}
