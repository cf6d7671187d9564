/**
 * Keys by which names are looked up among name constraints: a name has a key for each subtree that it could be within. This keeps the
 * cost per name at the number of different subtree sizes, however many subtrees there are.
 */
import { equalBytes, toHex } from "../bytes.ts";
import { isDomainNameValid } from "./domain-name.ts";
import type { GeneralName } from "./general-name-values.ts";
import { parseIpAddress, parseIpPrefix, sameIpAddress } from "./ip-address.ts";
import { parseMailbox } from "./mailbox.ts";
import type { Name } from "./name.ts";
import { parseUriHost } from "./uri.ts";

type Kind = GeneralName["type"];

/** Constraints by key: a name is within a subtree if one of the name's keys is the subtree's. */
export interface Subtrees {
  /** Whether these are the excluded ones, which reach further. */
  readonly excluded: boolean;
  /** The subtrees by key. */
  readonly keys: Map<string, GeneralName>;
  /** How large the subtrees of a kind are, so that only such keys are made of a name. */
  readonly sizes: Map<Kind, Set<number>>;
  /** By kind, a constraint that cannot be compared. */
  readonly unmatchable: Map<Kind, GeneralName>;
}

/** Makes the keys of all subtrees. */
export function indexSubtrees(subtrees: readonly GeneralName[], excluded: boolean): Subtrees {
  const index: Subtrees = { excluded, keys: new Map(), sizes: new Map(), unmatchable: new Map() };
  for (const subtree of subtrees) {
    const { type } = subtree;
    const sizes = index.sizes.get(type) ?? new Set();
    index.sizes.set(type, sizes);
    const entry = subtreeKey(subtree, excluded);
    if (!entry) {
      index.unmatchable.set(type, subtree);
      continue;
    }
    index.keys.set(entry.key, subtree);
    sizes.add(entry.size);
    if (entry.wildcardKey !== undefined) index.keys.set(entry.wildcardKey, subtree);
  }
  return index;
}

interface SubtreeKey {
  readonly key: string;
  readonly size: number;
  /** For excluded domains: the key of the wildcards that reach them. */
  readonly wildcardKey?: string;
}

function subtreeKey(subtree: GeneralName, excluded: boolean): SubtreeKey | undefined {
  switch (subtree.type) {
    case "dns":
    case "uri":
    case "email": {
      const { type, value } = subtree;
      if (type === "email" && value.includes("@")) {
        const mailbox = parseMailbox(value);
        return mailbox && { key: mailboxKey(mailbox.local, mailbox.domain), size: -1 };
      }
      if (!isDomainNameValid(value, true)) return undefined;
      const domain = value.toLowerCase();
      const key = { key: `${type} ${domain}`, size: domain.length };
      const dot = domain.indexOf(".");
      return excluded && dot >= 0 ? { ...key, wildcardKey: `${type}* ${domain.slice(dot)}` } : key;
    }
    case "ip":
      return prefixKey(subtree.value);
    case "directoryName": {
      const { rdns } = subtree.name;
      return { key: rdnKeys(rdns, excluded).at(-1)!, size: rdns.length };
    }
    default:
      return undefined;
  }
}

/** Keys of all subtrees, of the sizes there are, that the name is within; undefined if the name is malformed. */
export function nameKeys(name: GeneralName, { sizes, excluded }: Subtrees): string[] | undefined {
  const wanted = sizes.get(name.type) ?? new Set<number>();
  switch (name.type) {
    case "dns":
      return domainKeys("dns", name.value, wanted, excluded);
    case "uri":
      return domainKeys("uri", constrainedHost(name.value), wanted, excluded);
    case "email": {
      const { local, domain } = parseMailbox(name.value) ?? { local: "", domain: "" };
      const keys = domainKeys("email", domain, wanted, excluded);
      if (wanted.has(-1)) keys?.push(mailboxKey(local, domain));
      return keys;
    }
    case "ip":
      return wanted.size ? addressKeys(name.value, wanted) : [];
    case "directoryName":
      return wanted.size ? rdnKeys(name.name.rdns, excluded).filter((_, size) => wanted.has(size)) : [];
    default:
      return [];
  }
}

/** The empty domain, although Go lets it pass, is malformed too. Callers rely on that for names that they cannot read. */
function domainKeys(
  type: Kind,
  text: string,
  wanted: ReadonlySet<number>,
  excluded: boolean,
): string[] | undefined {
  if (text === "" || !isDomainNameValid(text, false)) return undefined;
  const domain = text.toLowerCase();
  const { length } = domain;
  const keys: string[] = [];
  for (let at = 0; at <= length; at++) {
    const isBoundary = at === 0 || at === length || domain[at] === "." || domain[at - 1] === ".";
    if (isBoundary && wanted.has(length - at)) keys.push(`${type} ${domain.slice(at)}`);
  }
  // Only the first dot counts: a wildcard stands for one label.
  if (excluded && wanted.size && domain.startsWith("*") && domain.includes("."))
    keys.push(`${type}* ${domain.slice(domain.indexOf("."))}`);
  return keys;
}

/** A domain has no spaces, so that the first one ends it. */
function mailboxKey(local: string, domain: string): string {
  return `mailbox ${domain.toLowerCase()} ${local}`;
}

/** Host of a URI without its port; empty if there is none, or an address, which URI constraints cannot mean. */
function constrainedHost(uri: string): string {
  const host = parseUriHost(uri) ?? "";
  const colon = host.indexOf(":");
  if (colon < 0) return host.startsWith("[") || parseIpAddress(host) ? "" : host;
  const name = host.slice(0, colon);
  const isPlain = !name.includes("[") && !name.includes("]") && !host.includes(":", colon + 1);
  return isPlain && !parseIpAddress(name) ? name : "";
}

function prefixKey(text: string): SubtreeKey | undefined {
  const prefix = parseIpPrefix(text);
  if (!prefix || isMapped(prefix.address)) return undefined;
  const bits = Number(text.slice(text.indexOf("/") + 1));
  if (!equalBytes(prefix.address, keepBits(prefix.address, bits))) return undefined;
  return { key: addressKey(prefix.address, bits), size: prefix.address.length * 256 + bits };
}

function addressKeys(text: string, wanted: ReadonlySet<number>): string[] | undefined {
  const address = parseIpAddress(text);
  if (!address || isMapped(address)) return undefined;
  const keys: string[] = [];
  for (const size of wanted) if (size >> 8 === address.length) keys.push(addressKey(address, size & 255));
  return keys;
}

function addressKey(address: Uint8Array, bits: number): string {
  return `ip ${toHex(keepBits(address, bits))}/${bits}`;
}

function keepBits(address: Uint8Array, bits: number): Uint8Array {
  return address.map((octet, i) => octet & (0xff00 >> Math.min(8, Math.max(0, bits - i * 8))));
}

/** Whether the last four octets alone are the same address. */
function isMapped(address: Uint8Array): boolean {
  return address.length === 16 && sameIpAddress(address, address.subarray(12));
}

/** Keys of the first 0, 1, 2 ... RDNs. Attributes in one RDN have no order; `fold` takes case and extra spaces away (RFC 5280 section 7.1). */
function rdnKeys(rdns: Name["rdns"], fold: boolean): string[] {
  let key = "directoryName";
  const keys = [key];
  for (const rdn of rdns) {
    const parts = rdn.map(({ type, value }) => JSON.stringify([type, fold ? foldValue(value) : value]));
    key += ` ${parts.sort().join("+")}`;
    keys.push(key);
  }
  return keys;
}

function foldValue(value: string): string {
  const words = value.normalize("NFKC").toLowerCase().split(" ");
  return words.filter((word) => word !== "").join(" ");
}
