import { readCount } from "../../der/integer.ts";
import type { DerReader } from "../../der/reader.ts";
import { INTEGER, OBJECT_IDENTIFIER, SEQUENCE, contextPrimitive } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { CertificateError } from "../../errors.ts";
import { MAX_ARC_BITS, encodeOid, oidToText, readOid } from "../../oid.ts";

/** One certificate policy (RFC 5280 4.2.1.4). */
export interface PolicyInformation {
  /** The policy as dotted text. */
  readonly policyIdentifier: string;
  /** The PolicyQualifiers element as it is encoded, where there is one. */
  readonly policyQualifiers?: Uint8Array;
}

/** Reads CertificatePolicies; no policy may stand there twice. */
export function readCertificatePolicies(reader: DerReader): PolicyInformation[] {
  const policies = new Map<string, PolicyInformation>();
  const outer = reader.open(SEQUENCE, "");
  while (reader.more()) {
    const information = reader.open(SEQUENCE, policies.size);
    readOid(reader, "policyIdentifier", MAX_ARC_BITS);
    const policyIdentifier = oidToText(reader.bytes, reader.start, reader.position);
    if (policies.has(policyIdentifier)) fail(reader, `policy ${policyIdentifier} stands there twice`);
    const qualifiers = reader.position;
    if (reader.more()) reader.tolerate(() => reader.read(SEQUENCE, "policyQualifiers"));
    const policyQualifiers = reader.bytes.subarray(qualifiers, reader.position);
    policies.set(
      policyIdentifier,
      policyQualifiers.length ? { policyIdentifier, policyQualifiers } : { policyIdentifier },
    );
    reader.finishOpen(information);
  }
  reader.finish(outer);
  return [...policies.values()];
}

function fail(reader: DerReader, message: string): never {
  throw new CertificateError("ERR_CERTIFICATE_EXTENSION", message, reader.place());
}

/** Writes CertificatePolicies. */
export function writeCertificatePolicies(writer: DerWriter, policies: readonly PolicyInformation[]): void {
  const end = writer.mark();
  for (const { policyIdentifier, policyQualifiers } of [...policies].reverse()) {
    const information = writer.mark();
    if (policyQualifiers !== undefined) writer.raw(policyQualifiers);
    writer.oid(encodeOid(policyIdentifier));
    writer.close(SEQUENCE, information);
  }
  writer.close(SEQUENCE, end);
}

/** Two policies that a CA declares to be the same (RFC 5280 4.2.1.5); both as dotted text. */
export interface PolicyMapping {
  /** The policy of the issuer's domain. */
  readonly issuerDomainPolicy: string;
  /** The policy of the subject's domain that it is equal to. */
  readonly subjectDomainPolicy: string;
}

/** Reads PolicyMappings. Go looks at the frame of the identifiers only. */
export function readPolicyMappings(reader: DerReader): PolicyMapping[] {
  const mappings: PolicyMapping[] = [];
  const outer = reader.open(SEQUENCE, "");
  while (reader.more()) {
    const mapping = reader.open(SEQUENCE, mappings.length);
    const issuerDomainPolicy = readMappedPolicy(reader, "issuerDomainPolicy");
    const subjectDomainPolicy = readMappedPolicy(reader, "subjectDomainPolicy");
    mappings.push({ issuerDomainPolicy, subjectDomainPolicy });
    reader.finishOpen(mapping);
  }
  reader.finish(outer);
  return mappings;
}

function readMappedPolicy(reader: DerReader, label: string): string {
  const text = reader.tolerate(() => {
    readOid(reader, label, MAX_ARC_BITS);
    return oidToText(reader.bytes, reader.start, reader.position);
  });
  if (text === undefined) reader.read(OBJECT_IDENTIFIER, label);
  return text ?? "";
}

/** Writes PolicyMappings. */
export function writePolicyMappings(writer: DerWriter, mappings: readonly PolicyMapping[]): void {
  const end = writer.mark();
  for (const { issuerDomainPolicy, subjectDomainPolicy } of [...mappings].reverse()) {
    const mapping = writer.mark();
    writer.oid(encodeOid(subjectDomainPolicy));
    writer.oid(encodeOid(issuerDomainPolicy));
    writer.close(SEQUENCE, mapping);
  }
  writer.close(SEQUENCE, end);
}

/** After how many certificates policies are needed, or no longer mapped (RFC 5280 4.2.1.11). */
export interface PolicyConstraints {
  /** Certificates that may follow before a policy is required. */
  readonly requireExplicitPolicy?: number;
  /** Certificates that may follow before mappings no longer count. */
  readonly inhibitPolicyMapping?: number;
}

const REQUIRE_EXPLICIT = contextPrimitive(0);
const INHIBIT_MAPPING = contextPrimitive(1);

/** Reads PolicyConstraints. */
export function readPolicyConstraints(reader: DerReader): PolicyConstraints {
  const value: { requireExplicitPolicy?: number; inhibitPolicyMapping?: number } = {};
  const outer = reader.open(SEQUENCE, "");
  if (reader.peek() === REQUIRE_EXPLICIT) {
    value.requireExplicitPolicy = readCount(reader, "requireExplicitPolicy", REQUIRE_EXPLICIT);
  }
  if (reader.peek() === INHIBIT_MAPPING) {
    value.inhibitPolicyMapping = readCount(reader, "inhibitPolicyMapping", INHIBIT_MAPPING);
  }
  reader.finishOpen(outer);
  return value;
}

/** Writes PolicyConstraints. */
export function writePolicyConstraints(writer: DerWriter, value: PolicyConstraints): void {
  const end = writer.mark();
  if (value.inhibitPolicyMapping !== undefined)
    writer.smallInteger(value.inhibitPolicyMapping, INHIBIT_MAPPING);
  if (value.requireExplicitPolicy !== undefined)
    writer.smallInteger(value.requireExplicitPolicy, REQUIRE_EXPLICIT);
  writer.close(SEQUENCE, end);
}

/** Reads InhibitAnyPolicy (RFC 5280 4.2.1.14): certificates that may follow before anyPolicy no longer counts. */
export function readInhibitAnyPolicy(reader: DerReader): number {
  return readCount(reader, "", INTEGER);
}

/** Writes InhibitAnyPolicy. */
export function writeInhibitAnyPolicy(writer: DerWriter, certificates: number): void {
  writer.smallInteger(certificates);
}
