/** URIs as Go reads them in certificates. */
import { isDomainNameValid } from "./domain-name.ts";
import { hexDigit, parseIpAddress } from "./ip-address.ts";

/**
 * Host of a URI as Go's `Certificate.URIs` has it, with its port and, for IPv6, its brackets; empty if the URI has no host, undefined if
 * Go refuses a certificate with this URI: `net/url` does not parse it, or the host is no domain name.
 *
 * Go takes much for a URI: relative references, the empty text, spaces in a path. What follows the host is checked for percent signs
 * without two hexadecimal digits only. The text must be ASCII.
 *
 * Source: Go 1.26 net/url `Parse`, crypto/x509 `parseSANExtension`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseUriHost } from "kubepki";
 *
 * assert.equal(parseUriHost("spiffe://cluster.local/ns/default/sa/web"), "cluster.local");
 * assert.equal(parseUriHost("https://user@[::1]:6443/"), "[::1]:6443");
 * assert.equal(parseUriHost("mailto:a@example.com"), "");
 * assert.equal(parseUriHost("https://a..b/"), undefined);
 * ```
 */
export function parseUriHost(text: string): string | undefined {
  const hash = text.indexOf("#");
  const uri = hash < 0 ? text : text.slice(0, hash);
  // Go looks for control characters before the fragment only.
  if (!isWithin(text, 0, 0x7f) || !isWithin(uri, 0x20, 0x7e)) return undefined;
  if (hash >= 0 && !hasValidEscapes(text.slice(hash + 1))) return undefined;
  if (uri === "*") return "";
  const colon = findScheme(uri);
  if (colon === 0) return undefined;
  const query = uri.indexOf("?");
  const rest = uri.slice(colon + 1, query < 0 ? uri.length : query);
  const slash = (rest + "/").indexOf("/");
  if (slash > 0 || rest === "") {
    if (colon > 0) return "";
    if (rest.slice(0, slash).includes(":")) return undefined;
  }
  if (!rest.startsWith("//") || (colon < 0 && rest[2] === "/")) return hasValidEscapes(rest) ? "" : undefined;
  const path = (rest + "/").indexOf("/", 2);
  if (!hasValidEscapes(rest.slice(path))) return undefined;
  const host = parseAuthority(rest.slice(2, path), uri.slice(0, Math.max(colon, 0)).toLowerCase());
  return host !== undefined && isDomainNameValid(host, false) ? host : undefined;
}

/** Tells whether every character code is in the range. */
function isWithin(text: string, low: number, high: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < low || code > high) return false;
  }
  return true;
}

/** Offset of the colon after the scheme; -1 if there is no scheme, 0 if there should be one. */
function findScheme(uri: string): number {
  for (let i = 0; i < uri.length; i++) {
    if (uri[i] === ":") return i;
    if (!isLetter(uri.charCodeAt(i)) && (i === 0 || !(isDigit(uri.charCodeAt(i)) || "+-.".includes(uri[i]!))))
      return -1;
  }
  return -1;
}

function isLetter(code: number): boolean {
  return (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function hasValidEscapes(text: string): boolean {
  for (let at = 0; (at = text.indexOf("%", at)) >= 0; at++) if (escaped(text, at) < 0) return false;
  return true;
}

/** The octet that the percent sign at `at` stands for; negative if two hexadecimal digits do not follow. */
function escaped(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at + 1));
  const low = hexDigit(text.charCodeAt(at + 2));
  return low < 0 ? low : high * 16 + low;
}

function parseAuthority(authority: string, scheme: string): string | undefined {
  const at = authority.lastIndexOf("@");
  if (at >= 0 && !isUserinfo(authority.slice(0, at))) return undefined;
  const host = authority.slice(at + 1);
  const bracket = host.lastIndexOf("[");
  if (bracket > 0) return undefined;
  if (bracket === 0) return parseLiteral(host);
  // A colon inside of the host passes, but not where browsers would look: https://go.dev/issue/75223
  const colon = scheme === "http" || scheme === "https" ? host.indexOf(":") : host.lastIndexOf(":");
  return colon < 0 || isPort(host.slice(colon)) ? decodeHost(host, false) : undefined;
}

function isUserinfo(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!isLetter(code) && !isDigit(code) && !"-._:~!$&'()*+,;=%@".includes(text[i]!)) return false;
  }
  return hasValidEscapes(text);
}

/** An IPv6 address in brackets, perhaps with a zone after `%25` (RFC 6874), perhaps with a port. */
function parseLiteral(host: string): string | undefined {
  const close = host.lastIndexOf("]");
  if (close < 0 || !isPort(host.slice(close + 1))) return undefined;
  const literal = host.slice(1, close);
  const percent = literal.indexOf("%25");
  const address = percent < 0 ? literal : literal.slice(0, percent);
  if (parseIpAddress(address)?.length !== 16) return undefined;
  if (percent < 0) return host;
  const zone = decodeHost(literal.slice(percent + 3), true);
  return zone ? `[${address}%${zone}]${host.slice(close + 1)}` : undefined;
}

function isPort(text: string): boolean {
  for (let i = 1; i < text.length; i++) if (!isDigit(text.charCodeAt(i))) return false;
  return text === "" || text[0] === ":";
}

/**
 * Takes the escapes out of a host. In Go escapes may stand for octets above 127 and for the percent sign, in a zone also for
 * characters that a host may have, and for the space; but the domain name check that follows leaves ASCII without space only.
 */
function decodeHost(text: string, zone: boolean): string | undefined {
  let host = "";
  for (let at = 0; at < text.length; at++) {
    let code = text.charCodeAt(at);
    if (code === 0x25) {
      code = escaped(text, at);
      if (code !== 0x25 && !(zone && isHostCharacter(code))) return undefined;
      at += 2;
    } else if (!isHostCharacter(code)) return undefined;
    host += String.fromCharCode(code);
  }
  return host;
}

/** Printable ASCII but for what Go's net/url escapes in a host. */
function isHostCharacter(code: number): boolean {
  return code > 0x20 && code < 0x7f && !"#%/?@\\^`{|}".includes(String.fromCharCode(code));
}
