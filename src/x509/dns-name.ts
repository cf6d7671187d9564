/** Names for certificates yet to be made: Kubernetes' rules for DNS names, and strict checks of what goes into a subject alternative name. */
import { parseIpAddress, parseIpAddressSloppy } from "./ip-address.ts";
import { parseMailbox } from "./mailbox.ts";
import { parseUriHost } from "./uri.ts";

const MAX_LABEL = 63;
const MAX_NAME = 253;

/**
 * Tells whether the text is a DNS label to Kubernetes, such as a namespace's name: at most 63 lower-case letters, digits and
 * hyphens, no hyphen at either end.
 *
 * Source: Kubernetes apimachinery/pkg/util/validation `IsDNS1123Label`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isDns1123Label } from "kubepki";
 *
 * assert(isDns1123Label("kube-system"));
 * assert(!isDns1123Label("Kube-System"));
 * ```
 */
export function isDns1123Label(text: string): boolean {
  return text.length <= MAX_LABEL && isLabel(text, isLowerAlphanumeric);
}

/**
 * Tells whether the text is a DNS subdomain to Kubernetes, such as a node's name: labels as in {@link isDns1123Label} joined by dots, at
 * most 253 characters in all. A single label may be longer than 63 characters, which DNS does not allow.
 *
 * Source: Kubernetes apimachinery/pkg/util/validation `IsDNS1123Subdomain`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isDns1123Subdomain } from "kubepki";
 *
 * assert(isDns1123Subdomain("node-1.example.com"));
 * assert(!isDns1123Subdomain("node_1"));
 * ```
 */
export function isDns1123Subdomain(text: string): boolean {
  return text.length <= MAX_NAME && text.split(".").every((label) => isLabel(label, isLowerAlphanumeric));
}

/**
 * Tells whether the text is `*.` and a DNS subdomain, at most 253 characters in all.
 *
 * Source: Kubernetes apimachinery/pkg/util/validation `IsWildcardDNS1123Subdomain`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isWildcardDns1123Subdomain } from "kubepki";
 *
 * assert(isWildcardDns1123Subdomain("*.example.com"));
 * assert(!isWildcardDns1123Subdomain("*"));
 * ```
 */
export function isWildcardDns1123Subdomain(text: string): boolean {
  return text.length <= MAX_NAME && text.startsWith("*.") && isDns1123Subdomain(text.slice(2));
}

/**
 * What speaks against the text as a dNSName of a new certificate, or undefined: it must be a host name that clients look up.
 *
 * Labels of 1 to 63 letters, digits, hyphens and underscores, joined by dots, at most 253 characters; the first label may be `*` if
 * others follow. Refused are, each with its own message: addresses and what resolvers take for one, URLs, ports, white space, lists,
 * letters beyond ASCII (write them as `xn--`), and a dot at the end. Not checked: whether an `xn--` label decodes.
 *
 * Source: RFC 5280 section 4.2.1.6, RFC 1034 section 3.5, Go crypto/x509 `validHostname`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validateDnsName } from "kubepki";
 *
 * assert.equal(validateDnsName("*.example.com"), undefined);
 * assert.match(validateDnsName("10.0.0.1") ?? "", /is an IP address/);
 * ```
 */
export function validateDnsName(text: string): string | undefined {
  const fault = describeDnsFault(text);
  return fault && `${quote(text)} ${fault}`;
}

function describeDnsFault(text: string): string | undefined {
  if (text === "") return "is empty, expected a DNS name";
  if (text.length > MAX_NAME) return `has ${text.length} characters, a DNS name has at most ${MAX_NAME}`;
  if (!isPrintable(text))
    return "has white space, a control character or a letter beyond ASCII, which DNS writes as xn--";
  if (text.includes(",")) return "has a comma; each name must be an item of its own";
  if (isAddress(text)) return "is an IP address, which belongs into ipAddresses";
  if (text.includes("/")) return "is a URL or a path, expected a host name alone";
  if (text.includes(":")) return "has a port or a colon, expected a host name alone";
  const labels = text.split(".");
  if (labels.at(-1) === "") return "ends in a dot, which certificates leave out";
  if (looksNumeric(labels.at(-1)!)) return "ends in a number, so that resolvers take it for an IP address";
  const fixed = labels[0] === "*" ? labels.slice(1) : labels;
  if (fixed.length === 0) return "is a bare wildcard, which matches nothing";
  const bad = fixed.find((label) => label.length > MAX_LABEL || !isLabel(label, isHostCharacter));
  if (bad === undefined) return undefined;
  if (bad.includes("*")) return "has a wildcard that is not the whole first label";
  return `has ${bad === "" ? "an empty label" : `the label ${quote(bad)}, which is no DNS label`}`;
}

/**
 * What speaks against the text as an iPAddress of a new certificate, or undefined.
 *
 * As {@link parseIpAddress}, without IPv4-mapped IPv6 addresses, which newer Go refuses in certificates.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validateIpAddress } from "kubepki";
 *
 * assert.equal(validateIpAddress("fd00::1"), undefined);
 * assert.match(validateIpAddress("10.0.0.0/8") ?? "", /is a range/);
 * ```
 */
export function validateIpAddress(text: string): string | undefined {
  const fault = describeAddressFault(text);
  return fault && `${quote(text)} ${fault}`;
}

function describeAddressFault(text: string): string | undefined {
  const octets = parseIpAddress(text);
  if (octets?.length === 16 && text.includes("."))
    return "has an IPv4 address inside of an IPv6 address; write one of them plainly";
  if (octets) return undefined;
  if (text.includes("/")) return "is a range or a URL, expected one IP address";
  if (text.includes("%")) return "has a zone, which means nothing to other machines";
  if (parseIpAddressSloppy(text)) return "has leading zeros, which some programs read as octal";
  if (isAddress(text)) return "has brackets, expected the address alone";
  return "is no IP address";
}

/**
 * What speaks against the text as a uniformResourceIdentifier of a new certificate, or undefined.
 *
 * It must be absolute (a scheme and something after it), have no characters that RFC 3986 does not know and Go would encode, and
 * be a URI that Go reads, see {@link parseUriHost}; after `//` there must be a host.
 *
 * Source: RFC 5280 section 4.2.1.6, RFC 3986 section 2.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validateUri } from "kubepki";
 *
 * assert.equal(validateUri("spiffe://cluster.local/ns/default/sa/web"), undefined);
 * assert.match(validateUri("cluster.local/ns/default") ?? "", /is not absolute/);
 * ```
 */
export function validateUri(text: string): string | undefined {
  const fault = describeUriFault(text);
  return fault && `${quote(text)} ${fault}`;
}

function describeUriFault(text: string): string | undefined {
  if (!isPrintable(text) || includesAny(text, '"<>\\^`{|}'))
    return "has characters that a URI writes as percent and two digits";
  const colon = text.indexOf(":");
  const scheme = text.slice(0, Math.max(colon, 0));
  if (
    !isLetter(scheme.charCodeAt(0)) ||
    colon === text.length - 1 ||
    includesAny(scheme, "/?#%@[]!$&'()*,;=_~")
  )
    return "is not absolute, expected a URI such as spiffe://cluster.local/ns/default/sa/web";
  const host = parseUriHost(text);
  if (host === undefined) return "is no URI that Go reads";
  return host === "" && text.startsWith("//", colon + 1) ? "has no host after the two slashes" : undefined;
}

/**
 * What speaks against the text as an rfc822Name of a new certificate, or undefined: printable ASCII without spaces, a mailbox that Go reads, see
 * {@link parseMailbox}, and a domain that {@link validateDnsName} takes, without a wildcard.
 *
 * Source: RFC 5280 section 4.2.1.6.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validateEmailAddress } from "kubepki";
 *
 * assert.equal(validateEmailAddress("ops@example.com"), undefined);
 * assert.match(validateEmailAddress("Ops <ops@example.com>") ?? "", /white space/);
 * ```
 */
export function validateEmailAddress(text: string): string | undefined {
  if (!isPrintable(text))
    return `${quote(text)} has white space, a control character or a letter beyond ASCII`;
  const mailbox = parseMailbox(text);
  if (!mailbox) return `${quote(text)} is no e-mail address such as ops@example.com`;
  const fault = mailbox.domain.startsWith("*") ? "has a wildcard" : describeDnsFault(mailbox.domain);
  return fault && `the domain of ${quote(text)} ${fault}`;
}

/** Not empty, only such characters, no hyphen at either end. */
function isLabel(text: string, isCharacter: (code: number) => boolean): boolean {
  if (text === "" || text.startsWith("-") || text.endsWith("-")) return false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== "-" && !isCharacter(text.charCodeAt(i))) return false;
  }
  return true;
}

function isLowerAlphanumeric(code: number): boolean {
  return isDigit(code) || (code >= 0x61 && code <= 0x7a);
}

/** Go matches underscores too, because deployments have them. */
function isHostCharacter(code: number): boolean {
  return isDigit(code) || isLetter(code) || code === 0x5f;
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Printable ASCII without the space. */
function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x21 || code > 0x7e) return false;
  }
  return true;
}

function includesAny(text: string, characters: string): boolean {
  for (const character of characters) if (text.includes(character)) return true;
  return false;
}

/** An address in any spelling that Kubernetes or a URL may have. */
function isAddress(text: string): boolean {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  return parseIpAddressSloppy(bare.split("%", 1)[0]!) !== undefined;
}

/** Decimal digits, or `0x` and hexadecimal ones: a host that ends so is an IPv4 address to URL parsers and inet_aton. */
function looksNumeric(label: string): boolean {
  const hexadecimal = label.startsWith("0x") || label.startsWith("0X");
  for (let i = hexadecimal ? 2 : 0; i < label.length; i++) {
    const code = label.charCodeAt(i);
    const isHex = hexadecimal && (code | 0x20) >= 0x61 && (code | 0x20) <= 0x66;
    if (!isDigit(code) && !isHex) return false;
  }
  return true;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 61)}...` : text);
}
