import type { Finding } from "../../finding.ts";
import { error, quote } from "./cluster-finding.ts";
import type { ClusterPlan, PlannedCertificate } from "./plan.ts";
import { isRelativePath } from "./validate-extra.ts";

/**
 * What keeps a plan from being issued: two certificates of one name or in one file, an issuer that is not there or no CA, or that is itself issued by what it
 * issues. Plans of {@link planClusterPki} have nothing of it; those that were changed may have.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { planClusterPki, validateClusterPlan } from "kubepki";
 *
 * const plan = planClusterPki({ nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] });
 * assert.deepEqual(validateClusterPlan(plan), []);
 * const [finding] = validateClusterPlan({ ...plan, certificates: plan.certificates.filter(({ name }) => name !== "etcd-ca") });
 * assert.match(finding?.message ?? "", /there is no certificate "etcd-ca" to issue it/);
 * ```
 */
export function validateClusterPlan({ certificates }: ClusterPlan): Finding[] {
  const authorities = new Map(
    certificates.filter(({ node }) => node === undefined).map((planned) => [planned.name, planned]),
  );
  const places = new Set<string>();
  const nodesOf = new Map<string, Set<string | undefined>>();
  return certificates.flatMap((planned) => {
    const place = placeOf(planned);
    const { path, node } = planned;
    const nodes = nodesOf.get(path) ?? new Set();
    nodesOf.set(path, nodes);
    const findings = issuerFindings(planned, authorities);
    const fault = (field: string, message: string): unknown =>
      findings.push(error("ERR_CLUSTER_CONFIG", `${place}.${field}`, message));
    if (places.has(place)) fault("name", `there are two certificates ${quote(planned.name)}`);
    // What the cluster has once is on each of its nodes.
    if (nodes.has(node) || nodes.has(undefined) || (node === undefined && nodes.size > 0))
      fault("path", `${quote(path)} is taken by another certificate`);
    if (!isRelativePath(path)) fault("path", `${quote(path)} is no path below /etc/kubernetes`);
    places.add(place);
    nodes.add(node);
    return findings;
  });
}

/** How findings and errors call a planned certificate. */
export function placeOf({ name, node }: Pick<PlannedCertificate, "name" | "node">): string {
  return node === undefined ? `certificates.${name}` : `certificates.${name}[${node}]`;
}

function issuerFindings(
  planned: PlannedCertificate,
  authorities: ReadonlyMap<string, PlannedCertificate>,
): Finding[] {
  const fault = (message: string): Finding[] => [
    error("ERR_CLUSTER_CONFIG", `${placeOf(planned)}.ca`, message),
  ];
  const { ca, kind, node } = planned;
  if (kind === "ca" && node !== undefined) return fault("a CA must be there once, not on each node");
  if (ca === undefined)
    return kind === "ca" ? [] : fault("only a CA issues itself; expected the name of one");
  const issuer = authorities.get(ca);
  if (!issuer) return fault(`there is no certificate ${quote(ca)} to issue it`);
  if (issuer.kind !== "ca") return fault(`${quote(ca)} is no CA`);
  // Whoever goes up more steps than there are CAs goes round in a circle.
  let above: PlannedCertificate | undefined = issuer;
  for (let steps = 0; above?.ca !== undefined; steps++) {
    if (steps > authorities.size) return fault("it issues itself by way of others");
    above = authorities.get(above.ca);
  }
  return [];
}
