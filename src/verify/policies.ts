/** Certificate policies, as far as they can refuse a path. */
import { equalBytes } from "../bytes.ts";
import type { Certificate } from "../x509/certificate.ts";

const ANY_POLICY = "2.5.29.32.0";

/** Policies that are valid so far, each with those that the next certificate may assert for it; undefined once there are none at all. */
type ValidPolicies = ReadonlyMap<string, readonly string[]> | undefined;

/** How many more certificates may follow before each takes effect; 0 is in effect. */
interface Counters {
  explicitPolicy: number;
  policyMapping: number;
  inhibitAnyPolicy: number;
}

/**
 * Whether a path (leaf first, trust anchor last) has a policy wherever its certificates require one; any policy will do.
 *
 * RFC 9618 keeps a graph of all policies. Only its last row decides whether anything is left, so only that row is kept, which also bounds the work.
 * The trust anchor's own policy extensions do not count.
 *
 * Source: RFC 5280 section 6.1 as updated by RFC 9618, Go crypto/x509 `policiesValid`.
 */
export function arePoliciesValid(path: readonly Certificate[]): boolean {
  if (!path.some((certificate, index) => index < path.length - 1 && demandsPolicies(certificate)))
    return true;
  const certificates = path.slice(0, -1).reverse();
  const never = certificates.length + 1;
  const counters: Counters = { explicitPolicy: never, policyMapping: never, inhibitAnyPolicy: never };
  let valid: ValidPolicies = new Map([[ANY_POLICY, [ANY_POLICY]]]);
  for (const [index, certificate] of certificates.entries()) {
    const isLeaf = index === certificates.length - 1;
    valid = applyPolicies(valid, certificate, isLeaf, counters);
    if (counters.explicitPolicy === 0 && !valid) return false;
    if (isLeaf) break;
    const mapped: ValidPolicies | false = applyMappings(valid, certificate, counters);
    if (mapped === false) return false;
    valid = mapped;
    countDown(counters, certificate);
  }
  const explicit = certificates.at(-1)!.extensionValue("policyConstraints")?.requireExplicitPolicy === 0;
  const isRequired = explicit || counters.explicitPolicy <= 1;
  return !isRequired || (valid !== undefined && valid.size > 0);
}

/** Nothing else can make a policy necessary, or a mapping invalid. */
function demandsPolicies(certificate: Certificate): boolean {
  for (const { id } of certificate.extensions)
    if (id === "policyConstraints" || id === "policyMappings") return true;
  return false;
}

/** RFC 9618, 6.1.3 (d) and (e). */
function applyPolicies(
  valid: ValidPolicies,
  certificate: Certificate,
  isLeaf: boolean,
  { inhibitAnyPolicy }: Counters,
): ValidPolicies {
  const asserted = certificate.extensionValue("certificatePolicies") ?? [];
  if (!valid || asserted.length === 0) return undefined;
  const expected = new Set([...valid.values()].flat());
  const next = new Map<string, readonly string[]>();
  let hasAny = false;
  for (const { policyIdentifier: policy } of asserted) {
    if (policy === ANY_POLICY) hasAny = true;
    else if (expected.has(policy) || valid.has(ANY_POLICY)) next.set(policy, [policy]);
  }
  if (hasAny && (inhibitAnyPolicy > 0 || (!isLeaf && isSelfIssued(certificate))))
    for (const policy of expected) if (!next.has(policy)) next.set(policy, [policy]);
  return next;
}

/** RFC 9618, 6.1.4 (a) and (b); false if anyPolicy is mapped. */
function applyMappings(
  valid: ValidPolicies,
  certificate: Certificate,
  { policyMapping }: Counters,
): ValidPolicies | false {
  const mappings = valid && certificate.extensionValue("policyMappings");
  if (!mappings) return valid;
  const next = new Map(valid);
  const targets = new Map<string, string[]>();
  for (const { issuerDomainPolicy: from, subjectDomainPolicy: to } of mappings) {
    if (policyMapping === 0) next.delete(from);
    else if (from === ANY_POLICY || to === ANY_POLICY) return false;
    else targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  for (const [from, to] of targets) if (next.has(from) || next.has(ANY_POLICY)) next.set(from, to);
  return next;
}

/** RFC 5280 6.1.4 (h), (i), (j). */
function countDown(counters: Counters, certificate: Certificate): void {
  if (!isSelfIssued(certificate))
    for (const key of ["explicitPolicy", "policyMapping", "inhibitAnyPolicy"] as const)
      if (counters[key] > 0) counters[key]--;
  const { requireExplicitPolicy = Infinity, inhibitPolicyMapping = Infinity } =
    certificate.extensionValue("policyConstraints") ?? {};
  const inhibitAnyPolicy = certificate.extensionValue("inhibitAnyPolicy") ?? Infinity;
  counters.explicitPolicy = Math.min(counters.explicitPolicy, requireExplicitPolicy);
  counters.policyMapping = Math.min(counters.policyMapping, inhibitPolicyMapping);
  counters.inhibitAnyPolicy = Math.min(counters.inhibitAnyPolicy, inhibitAnyPolicy);
}

function isSelfIssued({ issuer, subject }: Certificate): boolean {
  return equalBytes(issuer.der, subject.der);
}
