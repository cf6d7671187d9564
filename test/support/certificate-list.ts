/** Certificate lists from parts, each of which a test may replace, break or leave out. What is not given is right. */
import { sign } from "node:crypto";
import type { Party } from "./chain.ts";
import { dummySignature, ecdsaWithSha256, ed25519, extension, name, cn } from "./certificate.ts";
import { bits, ctx, int, seq, tlv, utcTime } from "./tlv.ts";

export const listExtensionIds = {
  crlNumber: "2.5.29.20",
  reasonCode: "2.5.29.21",
  invalidityDate: "2.5.29.24",
  deltaCrlIndicator: "2.5.29.27",
  issuingDistributionPoint: "2.5.29.28",
  certificateIssuer: "2.5.29.29",
  authorityKeyIdentifier: "2.5.29.35",
  freshestCrl: "2.5.29.46",
} as const;

/** The fields of TBSCertList, each a whole encoding; an empty one is left out. */
export interface ListParts {
  version?: Uint8Array;
  innerAlgorithm?: Uint8Array;
  issuer?: Uint8Array;
  thisUpdate?: Uint8Array;
  nextUpdate?: Uint8Array;
  /** The entries; {@link ListParts.rawEntries} replaces the whole SEQUENCE. */
  entries?: readonly Uint8Array[];
  rawEntries?: Uint8Array;
  /** The extensions; {@link ListParts.rawExtensions} replaces the whole `[0]`. */
  extensions?: readonly Uint8Array[];
  rawExtensions?: Uint8Array;
  afterExtensions?: Uint8Array;
}

export interface OuterListParts {
  tbs?: Uint8Array;
  outerAlgorithm?: Uint8Array;
  signature?: Uint8Array;
  afterSignature?: Uint8Array;
}

const nothing = new Uint8Array();

export const crlNumber = (value = 1): Uint8Array => extension(listExtensionIds.crlNumber, int(value));
export const reasonCode = (code: number): Uint8Array =>
  extension(listExtensionIds.reasonCode, tlv(0x0a, Uint8Array.of(code)));
export const keyIdentifier = (bytes: Uint8Array): Uint8Array =>
  extension(listExtensionIds.authorityKeyIdentifier, seq(tlv(0x80, bytes)));
export const scope = (...parts: Uint8Array[]): Uint8Array =>
  extension(listExtensionIds.issuingDistributionPoint, seq(...parts), true);

/** An entry; without extensions, none are written. */
export function entry(
  serialNumber: number | bigint | Uint8Array,
  extensions: readonly Uint8Array[] = [],
  date: Uint8Array = utcTime("250101000000Z"),
): Uint8Array {
  const serial = serialNumber instanceof Uint8Array ? serialNumber : int(serialNumber);
  return seq(serial, date, extensions.length > 0 ? seq(...extensions) : nothing);
}

export function tbsList(parts: ListParts = {}): Uint8Array {
  const { entries = [entry(31), entry(42)], extensions = [crlNumber()] } = parts;
  return seq(
    parts.version ?? int(1),
    parts.innerAlgorithm ?? ecdsaWithSha256,
    parts.issuer ?? name(cn("ca")),
    parts.thisUpdate ?? utcTime("250101000000Z"),
    parts.nextUpdate ?? utcTime("491231235959Z"),
    parts.rawEntries ?? (entries.length > 0 ? seq(...entries) : nothing),
    parts.rawExtensions ?? (extensions.length > 0 ? ctx(0, seq(...extensions)) : nothing),
    parts.afterExtensions ?? nothing,
  );
}

/** A list whose signature is well formed and verifies nothing. */
export function certificateList(parts: ListParts & OuterListParts = {}): Uint8Array {
  return seq(
    parts.tbs ?? tbsList(parts),
    parts.outerAlgorithm ?? parts.innerAlgorithm ?? ecdsaWithSha256,
    parts.signature ?? dummySignature,
    parts.afterSignature ?? nothing,
  );
}

/** A list that this party signed with its Ed25519 key. */
export function signedList(by: Party, parts: ListParts = {}): Uint8Array {
  const tbs = tbsList({ issuer: by.subject, innerAlgorithm: ed25519, ...parts });
  const signature = bits(new Uint8Array(sign(null, tbs, by.key)));
  return certificateList({ tbs, outerAlgorithm: parts.innerAlgorithm ?? ed25519, signature });
}
