/** Whether names are within the name constraints of a CA: asked before issuing, and for each CA of a chain that is verified. */
import { printable } from "./printable.ts";
import type { NameConstraints } from "./extensions/name-constraints.ts";
import type { GeneralName } from "./general-name-values.ts";
import { indexSubtrees, nameKeys } from "./name-constraints-keys.ts";
import type { Subtrees } from "./name-constraints-keys.ts";
import type { Name } from "./name.ts";

/** How many comparisons may still be made; one object for a whole chain, so that hostile names cannot buy more by the certificate. */
export interface ComparisonBudget {
  /** Counts down; start at {@link MAX_CONSTRAINT_COMPARISONS}. */
  remaining: number;
}

/** Comparisons with name constraints for one chain, as many as Go and webpki made before they compared faster (CVE-2025-58187). */
export const MAX_CONSTRAINT_COMPARISONS = 250_000;

/** A name that the constraints do not let pass. */
export interface ConstraintViolation {
  /** The name at fault. */
  readonly name: GeneralName;
  /** The constraint that refuses it, if it is a certain one. */
  readonly constraint?: GeneralName;
  /**
   * - `"not-permitted"`: there are permitted names of this kind, and this is within none of them.
   * - `"excluded"`: it is within an excluded one.
   * - `"unmatchable"`: the name or the constraint is malformed, or of a kind that cannot be compared.
   * - `"budget"`: too many comparisons.
   */
  readonly reason: "not-permitted" | "excluded" | "unmatchable" | "budget";
  /** The same in words, such as `DNS name "a.example" is excluded by constraint "example"`. */
  readonly message: string;
}

const EMAIL_ADDRESS = "1.2.840.113549.1.9.1";

/**
 * The names of a certificate that constraints apply to: its alternative names, its subject unless empty, and without any alternative
 * name also the subject's e-mail addresses. The CN never counts.
 *
 * Source: RFC 5280 section 4.2.1.10. Go looks at the alternative names only.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { constrainedNames } from "kubepki";
 *
 * const empty = { der: new Uint8Array([0x30, 0x00]), rdns: [] };
 * const names = constrainedNames(empty, [{ type: "dns", value: "a.example" }]);
 * assert.deepEqual(names, [{ type: "dns", value: "a.example" }]);
 * ```
 */
export function constrainedNames(
  subject: Name,
  alternativeNames: readonly GeneralName[] = [],
): GeneralName[] {
  const names: GeneralName[] = [...alternativeNames];
  if (subject.rdns.length > 0) names.push({ type: "directoryName", name: subject });
  if (alternativeNames.length > 0) return names;
  for (const { type, value } of subject.rdns.flat())
    if (type === EMAIL_ADDRESS) names.push({ type: "email", value });
  return names;
}

/**
 * The first name that violates the constraints, or undefined. What passes here passes in Go, but for kinds that Go does not compare.
 *
 * DNS names, hosts of URIs and domains of e-mail addresses are within a subtree if it is the name or an ancestor; one with a leading dot
 * means descendants only, the empty one means everything. ASCII letters are compared without case. An excluded `a.b` also excludes
 * `*.b`, a permitted one does not permit it. A mailbox as constraint means that mailbox. Directory names are within a subtree if their
 * first RDNs are the same; the excluded ones are compared without case and extra spaces, the permitted ones exactly, string types not
 * at all. What may follow those RDNs is not constrained: a permitted `O=a` permits `O=a, O=b`.
 *
 * Refused although no constraint names them: malformed or empty DNS names, mailboxes and hosts, URIs without a host or with an address.
 * Under a constraint on addresses also IPv4-mapped IPv6 addresses; and every name of a kind of which a constraint cannot be compared:
 * other kinds than the five, malformed ones, and prefixes that are IPv4-mapped or have bits outside of the mask.
 *
 * Time grows with the names and the different sizes of subtrees, not with the subtrees; `budget` bounds it.
 *
 * Source: RFC 5280 section 4.2.1.10, Go 1.26 crypto/x509/constraints.go.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { findConstraintViolation, MAX_CONSTRAINT_COMPARISONS } from "kubepki";
 *
 * const constraints = { permitted: [{ type: "dns", value: "example.com" }], excluded: [] } as const;
 * const budget = { remaining: MAX_CONSTRAINT_COMPARISONS };
 * const violation = findConstraintViolation(constraints, [{ type: "dns", value: "example.org" }], budget);
 * assert.equal(violation?.message, 'DNS name "example.org" is not permitted by any constraint');
 * ```
 */
export function findConstraintViolation(
  constraints: NameConstraints,
  names: readonly GeneralName[],
  budget: ComparisonBudget,
): ConstraintViolation | undefined {
  const permitted = indexSubtrees(constraints.permitted, false);
  const excluded = indexSubtrees(constraints.excluded, true);
  for (const name of names) {
    const found = checkName(name, permitted, excluded, budget);
    if (found) return found;
  }
  return undefined;
}

function checkName(
  name: GeneralName,
  permitted: Subtrees,
  excluded: Subtrees,
  budget: ComparisonBudget,
): ConstraintViolation | undefined {
  const { type } = name;
  const odd = permitted.unmatchable.get(type) ?? excluded.unmatchable.get(type);
  if (odd) return violation(name, "unmatchable", `cannot be compared with constraint ${describe(odd)}`, odd);
  const permittedKeys = nameKeys(name, permitted);
  const excludedKeys = nameKeys(name, excluded);
  if (!permittedKeys || !excludedKeys)
    return violation(name, "unmatchable", "cannot be compared with constraints");
  budget.remaining -= permittedKeys.length + excludedKeys.length + 1;
  if (!(budget.remaining >= 0))
    return violation(name, "budget", "comes after the last comparison that may be made");
  if (permitted.sizes.has(type) && !permittedKeys.some((key) => permitted.keys.has(key)))
    return violation(name, "not-permitted", "is not permitted by any constraint");
  const key = excludedKeys.find((candidate) => excluded.keys.has(candidate));
  const constraint = key === undefined ? undefined : excluded.keys.get(key);
  return (
    constraint && violation(name, "excluded", `is excluded by constraint ${describe(constraint)}`, constraint)
  );
}

function violation(
  name: GeneralName,
  reason: ConstraintViolation["reason"],
  words: string,
  constraint?: GeneralName,
): ConstraintViolation {
  const message = `${LABELS[name.type] ?? name.type} ${describe(name)} ${words}`;
  return constraint ? { name, constraint, reason, message } : { name, reason, message };
}

const LABELS: Partial<Record<GeneralName["type"], string>> = {
  dns: "DNS name",
  email: "email address",
  uri: "URI",
  ip: "IP address",
  directoryName: "directory name",
};

function describe(name: GeneralName): string {
  const text =
    "name" in name
      ? name.name.rdns.map((rdn) => rdn.map(({ type, value }) => `${type}=${value}`).join("+")).join(",")
      : "value" in name
        ? name.value
        : name.type;
  return `"${printable(text, 64)}"`;
}
