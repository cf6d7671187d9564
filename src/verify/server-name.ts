/** Whether a certificate is valid for the host that a client wanted to reach, as every Kubernetes client decides it. */
import { printable } from "../x509/printable.ts";
import { ChainError } from "../errors.ts";
import { parseIpAddress, sameIpAddress } from "../x509/ip-address.ts";
import type { Name } from "../x509/name.ts";

/** What is looked at of a certificate; a parsed `Certificate` has it all. */
export interface ServerNames {
  /** The dNSNames of the subject alternative name. */
  readonly dnsNames: readonly string[];
  /** The iPAddresses as text. */
  readonly ipAddresses: readonly string[];
  /** Other alternative names; they never match, and only serve the error message. */
  readonly uris?: readonly string[];
  /** Other alternative names; they never match, and only serve the error message. */
  readonly emailAddresses?: readonly string[];
  /** The CN never matches; it only serves the error message. */
  readonly subject?: Name;
}

const COMMON_NAME = "2.5.4.3";
const FIX =
  "issue the certificate again with this name among its alternative names, or call the server by a name it has";
/** Go lists up to 100; that is more than a log line should hold (CVE-2025-61729). */
const MAX_NAMES = 10;
const MAX_NAME_CHARACTERS = 64;
const MAX_HOST_CHARACTERS = 253;

/**
 * Tells whether the certificate is valid for the host: a DNS name or an IP address, without a port. Says nothing about trust.
 *
 * An address, also in brackets, is compared with the iPAddresses alone, an IPv4-mapped one equals its IPv4 address. Any other host is
 * compared with the dNSNames alone, ASCII letters without case: label by label, where `*` as the whole first label of the pattern stands for
 * exactly one label, and a dot at the end of the host is dropped. If host or pattern is no host name (letters, digits, `-`, `_`), they must
 * be equal to the letter. Zones, leading zeros and short forms are no addresses. CN, URIs and e-mail addresses never match.
 *
 * Source: Go 1.26 crypto/x509 `Certificate.VerifyHostname`, RFC 9525.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isServerNameMatch } from "kubepki";
 *
 * const certificate = { dnsNames: ["*.example.com"], ipAddresses: ["10.96.0.1"] };
 * assert(isServerNameMatch(certificate, "api.example.com"));
 * assert(isServerNameMatch(certificate, "10.96.0.1"));
 * assert(!isServerNameMatch(certificate, "example.com"));
 * ```
 */
export function isServerNameMatch(certificate: ServerNames, host: string): boolean {
  const address = parseIpAddress(withoutBrackets(host));
  if (address) return certificate.ipAddresses.some((text) => isSameAddress(text, address));
  const name = lowerAscii(host);
  const labels = isHostName(name, false) ? splitHost(name) : undefined;
  return certificate.dnsNames.some((text) => {
    const pattern = lowerAscii(text);
    if (labels && isHostName(pattern, true)) return matchesLabels(pattern, labels);
    return name === pattern && name !== "" && name !== ".";
  });
}

/**
 * As {@link isServerNameMatch}, with an error for the answer no. The message is Go's, but names 10 names at most, and the browsers'
 * `NET::ERR_CERT_COMMON_NAME_INVALID`.
 *
 * @throws ChainError `ERR_SERVER_NAME_MISMATCH`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { verifyServerName } from "kubepki";
 *
 * assert.throws(
 *   () => verifyServerName({ dnsNames: ["kubernetes"], ipAddresses: [] }, "localhost"),
 *   /x509: certificate is valid for kubernetes, not localhost/,
 * );
 * ```
 */
export function verifyServerName(certificate: ServerNames, host: string): void {
  if (isServerNameMatch(certificate, host)) return;
  const message = describeMismatch(certificate, host);
  throw new ChainError(
    "ERR_SERVER_NAME_MISMATCH",
    `${message} (in browsers NET::ERR_CERT_COMMON_NAME_INVALID)`,
    { certificateIndex: 0, fix: FIX },
  );
}

/** The texts of Go's `HostnameError`; `host` may be an address in brackets. */
function describeMismatch(certificate: ServerNames, host: string): string {
  const bare = withoutBrackets(host);
  const isAddress = parseIpAddress(bare) !== undefined;
  const wanted = printable(isAddress ? bare : host, MAX_HOST_CHARACTERS);
  if (hasLegacyName(certificate, isAddress ? bare : host))
    return "x509: certificate relies on legacy Common Name field, use SANs instead";
  const names = isAddress ? certificate.ipAddresses : certificate.dnsNames;
  if (isAddress && names.length === 0)
    return `x509: cannot validate certificate for ${wanted} because it doesn't contain any IP SANs`;
  const listed = names
    .slice(0, MAX_NAMES)
    .map((name) => printable(name, MAX_NAME_CHARACTERS))
    .join(", ");
  if (listed === "") return `x509: certificate is not valid for any names, but wanted to match ${wanted}`;
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
  return `x509: certificate is valid for ${listed}${more}, not ${wanted}`;
}

/** Whether the CN would match if it counted and there are no alternative names: what old certificates relied on. */
function hasLegacyName(certificate: ServerNames, host: string): boolean {
  const { dnsNames, ipAddresses, uris = [], emailAddresses = [], subject } = certificate;
  if (dnsNames.length + ipAddresses.length + uris.length + emailAddresses.length > 0) return false;
  const commonName =
    subject?.rdns
      .flat()
      .filter(({ type }) => type === COMMON_NAME)
      .at(-1)?.value ?? "";
  return commonName !== "" && matchesLabels(lowerAscii(commonName), splitHost(lowerAscii(host)));
}

function withoutBrackets(host: string): string {
  return host.length >= 3 && host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

function isSameAddress(text: string, address: Uint8Array): boolean {
  const candidate = parseIpAddress(text);
  return candidate !== undefined && sameIpAddress(candidate, address);
}

function splitHost(host: string): string[] {
  return (host.endsWith(".") ? host.slice(0, -1) : host).split(".");
}

/**
 * Go's `validHostname`: labels of letters, digits, `-` (not first) and `_`, none empty. A pattern may begin with the label `*` and
 * may not end in a dot; of a host the last dot is dropped. Expects lower case.
 */
function isHostName(text: string, isPattern: boolean): boolean {
  const labels = isPattern ? text.split(".") : splitHost(text);
  if (isPattern && labels.length > 1 && labels[0] === "*") labels.shift();
  return labels.every((label) => label !== "" && !label.startsWith("-") && isHostLabel(label));
}

function isHostLabel(label: string): boolean {
  for (let i = 0; i < label.length; i++) {
    const code = label.charCodeAt(i);
    const isAlphanumeric = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
    if (!isAlphanumeric && code !== 0x2d && code !== 0x5f) return false;
  }
  return true;
}

function matchesLabels(pattern: string, labels: readonly string[]): boolean {
  const parts = pattern.split(".");
  if (parts.length !== labels.length) return false;
  return parts.every((part, i) => part === labels[i] || (i === 0 && part === "*"));
}

/** Lower case for ASCII alone: `toLowerCase` takes the Kelvin sign for a k (RFC 9525 section 6.3). */
function lowerAscii(text: string): string {
  let lower = "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    lower += code >= 0x41 && code <= 0x5a ? String.fromCharCode(code + 0x20) : text[i]!;
  }
  return lower;
}
