import type { Finding } from "../../finding.ts";
import { printable } from "../../x509/printable.ts";

/** The codes of {@link validateSignerName}; for each of them the API server refuses the object. */
export interface SignerNameFindings {
  /** No signer name at all. */
  FINDING_SIGNER_NAME_REQUIRED: "error";
  /** Not one domain, one slash and one path. */
  FINDING_SIGNER_NAME_FORM: "error";
  /** A domain of more than 253 octets, or a name of more than 571. */
  FINDING_SIGNER_NAME_LENGTH: "error";
  /** Something between two dots of the domain is no DNS label, or the domain has no dot. */
  FINDING_SIGNER_NAME_DOMAIN: "error";
  /** Something between two dots of the path has other characters than lower-case letters, digits and hyphens, or is too long. */
  FINDING_SIGNER_NAME_PATH: "error";
}

/** The stable name of something that {@link validateSignerName} finds. */
export type SignerNameFindingCode = keyof SignerNameFindings;

/** What {@link validateSignerName} has to say. */
export interface SignerNameFinding extends Finding {
  readonly code: SignerNameFindingCode;
}

const MAX_LABEL = 63;
const MAX_SUBDOMAIN = 253;
/** A domain, a slash, and in the path a namespace, a dot and the name of an object. */
const MAX_SIGNER_NAME = 571;

const FORM = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
const TWO_SEGMENTS = "should be a domain with at least two segments separated by dots";
// Each one text, not joined: joining would leave them in bundles that use none of this.
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/**
 * Everything that is wrong with the name of a signer, with the words of the API server; an empty list for a good one. Of the domain and of the
 * path only the first bad part is reported, as there. Lengths are octets of UTF-8. Takes time linear in the text.
 *
 * `message` is the detail that follows the value in the API server's answer; characters of the name that are not printable ASCII are escaped,
 * more of them than Go's `%q` escapes. Not checked: whether such a signer exists, or may be used.
 *
 * Source: Kubernetes `pkg/apis/core/validation/names.go` (`ValidateSignerName`), apimachinery `pkg/util/validation` (`IsDNS1123Label`, `IsDNS1123Subdomain`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validateSignerName } from "kubepki";
 *
 * assert.deepEqual(validateSignerName("example.com/my-signer"), []);
 * const [finding] = validateSignerName("example/my-signer");
 * assert.equal(finding?.message, "should be a domain with at least two segments separated by dots");
 * assert.equal(finding.path, "spec.signerName");
 * ```
 */
export function validateSignerName(signerName: string, path = "spec.signerName"): SignerNameFinding[] {
  const findings: SignerNameFinding[] = [];
  const report = (code: SignerNameFindingCode, value: string, message: string): void => {
    findings.push({ code, severity: "error", path, message, found: shown(value) });
  };
  const [domain = "", rest, ...more] = signerName.split("/", 3);
  if (signerName === "") report("FINDING_SIGNER_NAME_REQUIRED", "", "Required value");
  else if (rest === undefined || more.length > 0) report("FINDING_SIGNER_NAME_FORM", signerName, FORM);
  else {
    if (octets(domain) > MAX_SUBDOMAIN)
      report("FINDING_SIGNER_NAME_LENGTH", domain, `may not be more than ${MAX_SUBDOMAIN} bytes`);
    const labels = domain.split(".");
    for (const fault of firstFaults(labels, MAX_LABEL, LABEL_RULE))
      report("FINDING_SIGNER_NAME_DOMAIN", domain, fault);
    if (labels.length < 2) report("FINDING_SIGNER_NAME_DOMAIN", domain, TWO_SEGMENTS);
    for (const fault of firstFaults(rest.split("."), MAX_SUBDOMAIN, SUBDOMAIN_RULE))
      report("FINDING_SIGNER_NAME_PATH", rest, fault);
    if (octets(signerName) > MAX_SIGNER_NAME)
      report("FINDING_SIGNER_NAME_LENGTH", signerName, `may not be more than ${MAX_SIGNER_NAME} bytes`);
  }
  return findings;
}

/** The faults of the first part that has any; those of further parts would read alike. */
function firstFaults(parts: readonly string[], limit: number, rule: string): string[] {
  for (const part of parts) {
    const faults = [];
    if (octets(part) > limit) faults.push(`must be no more than ${limit} characters`);
    if (!isLabelText(part)) faults.push(rule);
    if (faults.length > 0) return faults.map((fault) => `validating label "${shown(part)}": ${fault}`);
  }
  return [];
}

/** A DNS label of any length: its length is a fault of its own. */
function isLabelText(text: string): boolean {
  return /^[-a-z0-9]+$/.test(text) && !text.startsWith("-") && !text.endsWith("-");
}

function octets(text: string): number {
  return new TextEncoder().encode(text).length;
}

function shown(text: string): string {
  return printable(text, MAX_SIGNER_NAME);
}

/**
 * Tells whether the name is one of those that Kubernetes keeps for itself: the domain is `kubernetes.io` or below. Not checked: whether the
 * name is well formed, or whether Kubernetes has such a signer.
 *
 * Source: Kubernetes `pkg/apis/core/validation/names.go` (`IsKubernetesSignerName`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isKubernetesSignerName } from "kubepki";
 *
 * assert(isKubernetesSignerName("kubernetes.io/kubelet-serving"));
 * assert(!isKubernetesSignerName("example.com/kubernetes.io"));
 * ```
 */
export function isKubernetesSignerName(signerName: string): boolean {
  const domain = domainOf(signerName);
  return domain === "kubernetes.io" || domain.endsWith(".kubernetes.io");
}

/** What one may do to the requests of a signer. */
export type SignerVerb = "approve" | "sign" | "attest";

/** A rule as it stands in the `rules` of a ClusterRole. */
export interface SignerRule {
  /** The group of the API. */
  apiGroups: string[];
  /** Signers are no objects, and have a resource for such rules only. */
  resources: string[];
  /** Which signers. */
  resourceNames: string[];
  /** What is allowed. */
  verbs: string[];
}

/**
 * The rule of a ClusterRole that lets its holder approve, sign or attest for one signer, or with `wildcard` for all signers of its domain. It
 * alone does not let anybody read or write CertificateSigningRequests.
 *
 * Source: Kubernetes `plugin/pkg/admission/certificates` (`IsAuthorizedForSignerName`), which asks for the name and for `domain/*`.
 *
 * @throws TypeError if the name is none that the API server takes
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { signerRule } from "kubepki";
 *
 * assert.deepEqual(signerRule("example.com/my-signer", ["approve", "sign"]), {
 *   apiGroups: ["certificates.k8s.io"],
 *   resources: ["signers"],
 *   resourceNames: ["example.com/my-signer"],
 *   verbs: ["approve", "sign"],
 * });
 * assert.deepEqual(signerRule("example.com/any", ["sign"], { wildcard: true }).resourceNames, ["example.com/*"]);
 * ```
 */
export function signerRule(
  signerName: string,
  verbs: readonly SignerVerb[],
  {
    wildcard = false,
  }: {
    /** Whether the rule is for all signers of the domain; false by default. */
    readonly wildcard?: boolean;
  } = {},
): SignerRule {
  const [fault] = validateSignerName(signerName);
  if (fault) throw new TypeError(`"${shown(signerName)}" is no signer name: ${fault.message}`);
  return {
    apiGroups: ["certificates.k8s.io"],
    resources: ["signers"],
    resourceNames: [wildcard ? `${domainOf(signerName)}/*` : signerName],
    verbs: [...verbs],
  };
}

function domainOf(signerName: string): string {
  const slash = signerName.indexOf("/");
  return slash < 0 ? signerName : signerName.slice(0, slash);
}
