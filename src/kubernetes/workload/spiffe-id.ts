/** Names of workloads: SPIFFE IDs, and the service accounts behind them. */
import { IdentityError } from "../../errors.ts";
import { isDns1123Label, isDns1123Subdomain } from "../../x509/dns-name.ts";

/** A SPIFFE ID that obeys the standard; what {@link parseSpiffeId} returns. */
export interface SpiffeId {
  /** The whole ID, for example `spiffe://example.org/ns/default/sa/web`. Two IDs are equal if and only if these texts are. */
  readonly uri: string;
  /** Who vouches for the name, for example `example.org`. */
  readonly trustDomain: string;
  /** What follows the trust domain: empty, or a slash and segments, for example `/ns/default/sa/web`. */
  readonly path: string;
}

/** A Kubernetes service account by its place. */
export interface ServiceAccountName {
  /** Its namespace. */
  readonly namespace: string;
  /** Its name in the namespace. */
  readonly name: string;
}

const SCHEME = "spiffe://";
/** SPIFFE-ID 2.3: what implementations must take, and none need exceed. */
const MAX_URI = 2048;
/** SPIFFE-ID 2.1. */
const MAX_TRUST_DOMAIN = 255;

/**
 * Reads a SPIFFE ID, strictly.
 *
 * Scheme and trust domain must be in lower case, as every generator writes them, so that equal IDs are equal texts. There is no user, port, query,
 * fragment or percent-encoding; the path has no empty segment, no `.` or `..`, and no slash at its end. At most 2,048 characters.
 *
 * Source: SPIFFE-ID sections 2.1 to 2.4.
 *
 * @throws IdentityError `ERR_SPIFFE_ID`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseSpiffeId } from "kubepki";
 *
 * const id = parseSpiffeId("spiffe://example.org/ns/default/sa/web");
 * assert.equal(id.trustDomain, "example.org");
 * assert.equal(id.path, "/ns/default/sa/web");
 * assert.throws(() => parseSpiffeId("spiffe://Example.org/web"), { code: "ERR_SPIFFE_ID" });
 * ```
 */
export function parseSpiffeId(uri: string): SpiffeId {
  if (uri.length > MAX_URI) fail(`it has ${uri.length} characters, at most ${MAX_URI} are allowed`);
  if (!uri.startsWith(SCHEME)) fail(`it must begin with ${SCHEME}, in lower case`);
  const slash = uri.indexOf("/", SCHEME.length);
  const end = slash < 0 ? uri.length : slash;
  const trustDomain = uri.slice(SCHEME.length, end);
  const path = uri.slice(end);
  checkTrustDomain(trustDomain);
  checkPath(path);
  return { uri, trustDomain, path };
}

/**
 * The SPIFFE ID of a service account in the form that SPIRE, Istio and others share: `spiffe://<trust domain>/ns/<namespace>/sa/<name>`.
 *
 * Source: SPIFFE documentation, "Registering workloads" on Kubernetes; Istio `pkg/spiffe`.
 *
 * @throws IdentityError `ERR_SPIFFE_ID` if the trust domain, the namespace (a DNS-1123 label) or the name (a DNS-1123 subdomain) is none
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { serviceAccountSpiffeId } from "kubepki";
 *
 * const id = serviceAccountSpiffeId("example.org", { namespace: "default", name: "web" });
 * assert.equal(id.uri, "spiffe://example.org/ns/default/sa/web");
 * ```
 */
export function serviceAccountSpiffeId(trustDomain: string, account: ServiceAccountName): SpiffeId {
  if (!isServiceAccount(account))
    fail("a service account has a DNS label as its namespace and a DNS subdomain as its name");
  return parseSpiffeId(`${SCHEME}${trustDomain}/ns/${account.namespace}/sa/${account.name}`);
}

/**
 * The service account that a SPIFFE ID names by Kubernetes' convention, or undefined if its path has another form.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseSpiffeId, serviceAccountOfSpiffeId } from "kubepki";
 *
 * const id = parseSpiffeId("spiffe://example.org/ns/default/sa/web");
 * assert.deepEqual(serviceAccountOfSpiffeId(id), { namespace: "default", name: "web" });
 * assert.equal(serviceAccountOfSpiffeId(parseSpiffeId("spiffe://example.org/web")), undefined);
 * ```
 */
export function serviceAccountOfSpiffeId({ path }: SpiffeId): ServiceAccountName | undefined {
  const [, ns, namespace = "", sa, name = "", ...rest] = path.split("/");
  if (ns !== "ns" || sa !== "sa" || rest.length > 0) return undefined;
  return isServiceAccount({ namespace, name }) ? { namespace, name } : undefined;
}

function isServiceAccount({ namespace, name }: ServiceAccountName): boolean {
  return isDns1123Label(namespace) && isDns1123Subdomain(name);
}

/** SPIFFE-ID 2.1: lower-case letters, digits, dots, hyphens and underscores. */
export function checkTrustDomain(text: string): void {
  if (text === "") fail("it has no trust domain");
  if (text.length > MAX_TRUST_DOMAIN)
    fail(`the trust domain has ${text.length} characters, at most ${MAX_TRUST_DOMAIN} are allowed`);
  for (const character of text)
    if (!isLower(character) && !isDigitOrSign(character))
      fail(`a trust domain cannot have ${JSON.stringify(character)}`);
}

/** SPIFFE-ID 2.2. */
function checkPath(path: string): void {
  if (path === "") return;
  for (const segment of path.slice(1).split("/")) {
    if (segment === "") fail("the path has an empty segment, or a slash at its end");
    if (segment === "." || segment === "..") fail("the path has a relative segment");
    for (const character of segment)
      if (!isLower(character) && !isUpper(character) && !isDigitOrSign(character))
        fail(`a path cannot have ${JSON.stringify(character)}`);
  }
}

function isLower(character: string): boolean {
  return character >= "a" && character <= "z" && character.length === 1;
}

function isUpper(character: string): boolean {
  return character >= "A" && character <= "Z" && character.length === 1;
}

function isDigitOrSign(character: string): boolean {
  return (character >= "0" && character <= "9" && character.length === 1) || ".-_".includes(character);
}

function fail(message: string): never {
  throw new IdentityError("ERR_SPIFFE_ID", `no SPIFFE ID: ${message}`);
}
