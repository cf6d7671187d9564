/** Percent-encoding (RFC 3986 section 2.1) over octets, in one pass. `decodeURIComponent` refuses octets that are no UTF-8, and says nothing about where. */
import { hexDigit } from "../../x509/ip-address.ts";

/**
 * Replaces every `%XX` by its octet, once; all other characters stand for themselves, also `+`. One character an octet, as in header values.
 * Undefined if a `%` is not followed by two hexadecimal digits. Source: Go net/url `PathUnescape`.
 */
export function decodePercent(text: string): string | undefined {
  let at = text.indexOf("%");
  if (at < 0) return text;
  const parts: string[] = [];
  let copied = 0;
  for (; at >= 0; at = text.indexOf("%", copied)) {
    const high = hexDigit(text.charCodeAt(at + 1));
    const low = hexDigit(text.charCodeAt(at + 2));
    if (!(high >= 0 && low >= 0)) return undefined;
    parts.push(text.slice(copied, at), String.fromCharCode(high * 16 + low));
    copied = at + 3;
  }
  parts.push(text.slice(copied));
  return parts.join("");
}

/** Octets of a text of one character an octet. */
export function octetsOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The text of UTF-8 octets that are given as one character each; undefined if they are no UTF-8 and must be. A byte order mark stays. */
export function decodeUtf8(text: string, fatal: boolean): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal, ignoreBOM: true }).decode(octetsOf(text));
  } catch {
    return undefined;
  }
}

/** A text as UTF-8, one character an octet, as HTTP libraries want their values. */
export function encodeUtf8(text: string): string {
  let octets = "";
  for (const octet of new TextEncoder().encode(text)) octets += String.fromCharCode(octet);
  return octets;
}
