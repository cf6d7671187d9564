import { readNamedBits } from "../../der/bit-string.ts";
import type { DerReader } from "../../der/reader.ts";
import { SEQUENCE } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { writeGeneralNames } from "../general-name-writer.ts";
import { generalNames } from "../general-name-values.ts";
import type { GeneralName } from "../general-name-values.ts";
import { URI, walkGeneralNames } from "../general-name.ts";
import type { Visitor } from "../general-name.ts";
import type { Limits } from "../limits.ts";
import { readEach } from "./each.ts";

/** Names of the ReasonFlags bits in their order (RFC 5280 4.2.1.13); the first has no meaning. */
export const REASON_FLAGS = [
  "unused",
  "keyCompromise",
  "cACompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "certificateHold",
  "privilegeWithdrawn",
  "aACompromise",
] as const;

/** Why a certificate may be revoked by a CRL (RFC 5280 4.2.1.13). */
export type ReasonFlag = (typeof REASON_FLAGS)[number];

/** Where a CRL is found (RFC 5280 4.2.1.13). Kubernetes looks at none of it. */
export interface DistributionPoint {
  /** Names under which the CRL is found. */
  readonly fullName?: readonly GeneralName[];
  /** Reasons that the CRL covers; absent means all. */
  readonly reasons?: readonly ReasonFlag[];
  /** Who issues the CRL, if not the issuer of the certificate. */
  readonly crlIssuer?: readonly GeneralName[];
}

const POINT_NAME = 0xa0;
const FULL_NAME = 0xa0;
const REASONS = 0x81;
const CRL_ISSUER = 0xa2;

/** Checks CRLDistributionPoints. As in Go, a name relative to the CRL issuer is refused. `visit` gets the index of the point. */
export function walkCrlDistributionPoints(reader: DerReader, limits: Limits, visit?: Visitor): void {
  readEach(reader, (index) => {
    const point = reader.open(SEQUENCE, index);
    if (!reader.more()) reader.deviate("ERR_CERTIFICATE_EXTENSION", "the distribution point is empty");
    if (reader.peek() === POINT_NAME) {
      const pointName = reader.open(POINT_NAME, "distributionPoint");
      walkNames(reader, FULL_NAME, "fullName", index, limits, visit);
      reader.finishOpen(pointName);
    }
    if (reader.more()) reader.tolerate(() => walkReasonsAndIssuer(reader, index, limits, visit));
    reader.finishOpen(point);
  });
}

function walkNames(
  reader: DerReader,
  tag: number,
  label: string,
  index: number,
  limits: Limits,
  visit?: Visitor,
): void {
  const outer = reader.open(tag, label);
  const begin = reader.position;
  reader.tolerate(() => {
    walkGeneralNames(reader, limits);
    reader.start = begin;
    visit?.(reader, tag, index);
  });
  while (reader.peek() === URI) reader.read(URI, ""); // after a fault in Kubernetes mode: Go looks at the frames of the first URIs
  reader.finishOpen(outer);
}

function walkReasonsAndIssuer(reader: DerReader, index: number, limits: Limits, visit?: Visitor): void {
  if (reader.peek() === REASONS) {
    reader.start = readNamedBits(reader, "reasons", REASONS);
    visit?.(reader, REASONS, index);
  }
  if (reader.peek() === CRL_ISSUER) walkNames(reader, CRL_ISSUER, "cRLIssuer", index, limits, visit);
}

/** Reads CRLDistributionPoints. */
export function readCrlDistributionPoints(reader: DerReader, limits: Limits): DistributionPoint[] {
  const points: { fullName?: GeneralName[]; reasons?: ReasonFlag[]; crlIssuer?: GeneralName[] }[] = [];
  walkCrlDistributionPoints(reader, limits, (at, tag, index) => {
    while (points.length <= index) points.push({});
    const point = points[index]!;
    if (tag === FULL_NAME) point.fullName = generalNames(at, limits);
    else if (tag === CRL_ISSUER) point.crlIssuer = generalNames(at, limits);
    else point.reasons = REASON_FLAGS.filter((_, bit) => at.start & (1 << bit));
  });
  return points;
}

/** Writes CRLDistributionPoints. */
export function writeCrlDistributionPoints(writer: DerWriter, points: readonly DistributionPoint[]): void {
  const end = writer.mark();
  for (const { fullName, reasons, crlIssuer } of [...points].reverse()) {
    const point = writer.mark();
    if (crlIssuer !== undefined) writeGeneralNames(writer, crlIssuer, CRL_ISSUER);
    if (reasons !== undefined)
      writer.namedBits(
        reasons.reduce((bits, reason) => bits | (1 << REASON_FLAGS.indexOf(reason)), 0),
        REASONS,
      );
    if (fullName !== undefined) {
      const name = writer.mark();
      writeGeneralNames(writer, fullName, FULL_NAME);
      writer.close(POINT_NAME, name);
    }
    writer.close(SEQUENCE, point);
  }
  writer.close(SEQUENCE, end);
}
