/** IP addresses and prefixes: octets and text, as Go and Kubernetes read and write them. */
import { equalBytes } from "../bytes.ts";

/**
 * Text of an address: dotted decimal for 4 octets, RFC 5952 for 16, where an IPv4-mapped address is written `::ffff:1.2.3.4`.
 *
 * Reading the text again with {@link parseIpAddress} gives the same octets.
 *
 * Source: RFC 5952 section 4, Go net/netip `Addr.String`.
 *
 * @throws TypeError if there are neither 4 nor 16 octets
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatIpAddress } from "kubepki";
 *
 * assert.equal(formatIpAddress(new Uint8Array([10, 96, 0, 1])), "10.96.0.1");
 * assert.equal(formatIpAddress(new Uint8Array([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])), "fd00::1");
 * ```
 */
export function formatIpAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  if (octets.length !== 16) throw new TypeError(`an IP address cannot have ${octets.length} octets`);
  const inner = unmap(octets);
  if (inner.length === 4) return `::ffff:${inner.join(".")}`;
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((octets[i]! << 8) | octets[i + 1]!).toString(16));
  const [start, end] = longestZeros(groups);
  if (end - start < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(end).join(":")}`;
}

/** Where the first of the longest runs of zero groups starts and ends. */
function longestZeros(groups: readonly string[]): [number, number] {
  let best: [number, number] = [0, 0];
  for (let start = 0, i = 0; i < groups.length; i++) {
    if (groups[i] !== "0") start = i + 1;
    else if (i + 1 - start > best[1] - best[0]) best = [start, i + 1];
  }
  return best;
}

/**
 * Octets of an address in text, 4 or 16; undefined if the text is none.
 *
 * Strict, as Go's `net.ParseIP` is: four decimal numbers without leading zeros, or the forms of RFC 4291 section 2.2. No zone, no
 * brackets, no port, no short or hexadecimal IPv4. An IPv4-mapped IPv6 address keeps its 16 octets; see {@link sameIpAddress}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseIpAddress } from "kubepki";
 *
 * assert.deepEqual(parseIpAddress("10.96.0.1"), new Uint8Array([10, 96, 0, 1]));
 * assert.equal(parseIpAddress("010.96.0.1"), undefined);
 * assert.equal(parseIpAddress("fe80::1%eth0"), undefined);
 * ```
 */
export function parseIpAddress(text: string): Uint8Array<ArrayBuffer> | undefined {
  return parse(text, false);
}

/**
 * As {@link parseIpAddress}, but leading zeros are read as decimal, for what Kubernetes has read so since before Go 1.17.
 * Other programs read `010.0.0.1` as 8.0.0.1 (CVE-2021-29923): never decide about trust with it.
 *
 * Source: Kubernetes k8s.io/utils/net `ParseIPSloppy`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseIpAddressSloppy } from "kubepki";
 *
 * assert.deepEqual(parseIpAddressSloppy("010.96.000.01"), new Uint8Array([10, 96, 0, 1]));
 * ```
 */
export function parseIpAddressSloppy(text: string): Uint8Array<ArrayBuffer> | undefined {
  return parse(text, true);
}

function parse(text: string, sloppy: boolean): Uint8Array<ArrayBuffer> | undefined {
  if (text.includes(":")) return parseIpv6(text, sloppy);
  const octets = new Uint8Array(4);
  return readDotted(text, 0, octets, 0, sloppy) ? octets : undefined;
}

/** Reads dotted decimal from `at` to the end of the text into four octets from `to`. */
function readDotted(text: string, at: number, octets: Uint8Array, to: number, sloppy: boolean): boolean {
  for (let field = 0; field < 4; field++) {
    if (field > 0 && text[at++] !== ".") return false;
    const start = at;
    let value = 0;
    for (let code; (code = text.charCodeAt(at)) >= 0x30 && code <= 0x39; at++) {
      value = value * 10 + code - 0x30;
      if (value > 255 || (!sloppy && at > start && text[start] === "0")) return false;
    }
    if (at === start) return false;
    octets[to + field] = value;
  }
  return at === text.length;
}

function parseIpv6(text: string, sloppy: boolean): Uint8Array<ArrayBuffer> | undefined {
  const octets = new Uint8Array(16);
  const { length } = text;
  let gap = text.startsWith("::") ? 0 : -1;
  let at = gap < 0 ? 0 : 2;
  let filled = 0;
  while (filled < 16 && at < length) {
    const start = at;
    let value = 0;
    for (let digit; (digit = hexDigit(text.charCodeAt(at))) >= 0; at++) {
      value = value * 16 + digit;
      if (value > 0xffff || (!sloppy && at > start + 3)) return undefined;
    }
    if (at === start) return undefined;
    if (text[at] === ".") {
      // The last four octets may be written as an IPv4 address.
      if (filled > 12 || (gap < 0 && filled < 12)) return undefined;
      if (!readDotted(text, start, octets, filled, sloppy)) return undefined;
      filled += 4;
      at = length;
      break;
    }
    octets[filled++] = value >> 8;
    octets[filled++] = value;
    if (at === length) break;
    if (text[at++] !== ":" || at === length) return undefined;
    if (text[at] !== ":") continue;
    if (gap >= 0) return undefined;
    gap = filled;
    at++;
  }
  // The gap stands for at least one group.
  if (at < length || gap < 0 !== (filled === 16)) return undefined;
  if (gap >= 0) octets.copyWithin(gap + 16 - filled, gap, filled).fill(0, gap, gap + 16 - filled);
  return octets;
}

/** Value of a hexadecimal digit's character code, or -1. */
export function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/**
 * Tells whether two addresses are the same to Go and Kubernetes: an IPv4 address equals its IPv4-mapped IPv6 form.
 *
 * Source: Go net `IP.Equal`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseIpAddress, sameIpAddress } from "kubepki";
 *
 * const [plain, mapped] = [parseIpAddress("10.0.0.1"), parseIpAddress("::ffff:10.0.0.1")];
 * assert(plain && mapped && sameIpAddress(plain, mapped));
 * ```
 */
export function sameIpAddress(a: Uint8Array, b: Uint8Array): boolean {
  return equalBytes(unmap(a), unmap(b));
}

/** The IPv4 address inside of an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2); any other address unchanged. */
function unmap(octets: Uint8Array): Uint8Array {
  if (octets.length !== 16 || octets[10] !== 0xff || octets[11] !== 0xff) return octets;
  for (let i = 0; i < 10; i++) if (octets[i] !== 0) return octets;
  return octets.subarray(12);
}

/** An address and its mask of leading ones, of the same length, 4 or 16 octets. */
export interface IpPrefix {
  /** The address as given; bits outside of the mask may be set. */
  readonly address: Uint8Array<ArrayBuffer>;
  /** Leading ones, then zeros. */
  readonly mask: Uint8Array<ArrayBuffer>;
}

/**
 * Text of a prefix such as `10.0.0.0/8`; undefined if the mask is not leading ones and then zeros. The address is written as it is,
 * with the bits outside of the mask.
 *
 * @throws TypeError if address and mask have not both 4 or both 16 octets
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatIpPrefix } from "kubepki";
 *
 * assert.equal(formatIpPrefix(new Uint8Array([10, 0, 0, 0]), new Uint8Array([255, 0, 0, 0])), "10.0.0.0/8");
 * ```
 */
export function formatIpPrefix(address: Uint8Array, mask: Uint8Array): string | undefined {
  if (mask.length !== address.length) throw new TypeError("the mask is not as long as the address");
  let bits = 0;
  while (bits < mask.length * 8 && mask[bits >> 3]! & (0x80 >> (bits & 7))) bits++;
  return equalBytes(mask, prefixMask(mask.length, bits)) ? `${formatIpAddress(address)}/${bits}` : undefined;
}

/**
 * Address and mask of a prefix in text; undefined if the text is none. Address as in {@link parseIpAddress}, length in decimal digits
 * without leading zeros. Bits outside of the mask are kept.
 *
 * Source: RFC 4632 section 3.1, Go net `ParseCIDR` (which also takes leading zeros).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseIpPrefix } from "kubepki";
 *
 * assert.deepEqual(parseIpPrefix("10.96.0.0/12")?.mask, new Uint8Array([255, 240, 0, 0]));
 * ```
 */
export function parseIpPrefix(text: string): IpPrefix | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? undefined : parseIpAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  const bits = Number(digits);
  if (!address || String(bits) !== digits || !(bits >= 0 && bits <= address.length * 8)) return undefined;
  return Number.isInteger(bits) ? { address, mask: prefixMask(address.length, bits) } : undefined;
}

function prefixMask(length: number, bits: number): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(length).fill(0xff, 0, bits >> 3);
  if (bits & 7) mask[bits >> 3] = 0xff00 >> (bits & 7);
  return mask;
}
