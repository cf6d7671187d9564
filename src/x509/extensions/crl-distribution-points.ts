import { readNamedBits } from "../../der/bit-string.ts";
import type { DerReader } from "../../der/reader.ts";
import { SEQUENCE, contextConstructed, contextPrimitive } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { writeGeneralNames } from "../general-name-writer.ts";
import { URI, readGeneralNames } from "../general-name.ts";
import type { GeneralName } from "../general-name.ts";
import type { Limits } from "../limits.ts";

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

const POINT_NAME = contextConstructed(0);
const FULL_NAME = contextConstructed(0);
const REASONS = contextPrimitive(1);
const CRL_ISSUER = contextConstructed(2);

/** Reads CRLDistributionPoints. As in Go, a name relative to the CRL issuer is refused. */
export function readCrlDistributionPoints(
  reader: DerReader,
  _keep: boolean,
  limits: Limits,
): DistributionPoint[] {
  const points: DistributionPoint[] = [];
  const outer = reader.open(SEQUENCE, "");
  while (reader.more()) {
    const point = reader.open(SEQUENCE, points.length);
    const fullName = reader.peek() === POINT_NAME ? readFullName(reader, limits) : undefined;
    const rest = reader.more() ? reader.tolerate(() => readReasonsAndIssuer(reader, limits)) : undefined;
    points.push(fullName === undefined ? { ...rest } : { fullName, ...rest });
    reader.finishOpen(point);
  }
  reader.finish(outer);
  return points;
}

function readFullName(reader: DerReader, limits: Limits): readonly GeneralName[] {
  const pointName = reader.open(POINT_NAME, "distributionPoint");
  const names = reader.open(FULL_NAME, "fullName");
  let fullName = reader.tolerate(() => readGeneralNames(reader, limits));
  if (fullName === undefined) {
    fullName = [];
    while (reader.peek() === URI) reader.read(URI, "fullName"); // Go insists on the frame of the URIs in front
  }
  reader.finishOpen(names);
  reader.finishOpen(pointName);
  return fullName;
}

function readReasonsAndIssuer(reader: DerReader, limits: Limits): DistributionPoint {
  const value: { reasons?: ReasonFlag[]; crlIssuer?: GeneralName[] } = {};
  if (reader.peek() === REASONS) {
    const bits = readNamedBits(reader, "reasons", REASONS);
    value.reasons = REASON_FLAGS.filter((_, bit) => bits & (1 << bit));
  }
  if (reader.peek() === CRL_ISSUER) {
    const issuer = reader.open(CRL_ISSUER, "cRLIssuer");
    value.crlIssuer = readGeneralNames(reader, limits);
    reader.finish(issuer);
  }
  return value;
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
