import { readCount } from "../../der/integer.ts";
import type { DerReader } from "../../der/reader.ts";
import { INTEGER, OBJECT_IDENTIFIER, SEQUENCE } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { MAX_ARC_BITS, encodeOid, oidToText, readOid } from "../../oid.ts";
import type { Visitor } from "../general-name.ts";
import type { Limits } from "../limits.ts";
import { readEach } from "./each.ts";

/** One certificate policy (RFC 5280 4.2.1.4). */
export interface PolicyInformation {
  /** The policy as dotted text. */
  readonly policyIdentifier: string;
  /** The PolicyQualifiers element as it is encoded, where there is one. */
  readonly policyQualifiers?: Uint8Array;
}

/** Checks CertificatePolicies; no policy may stand there twice. `visit` gets each policy, then the element of its qualifiers. */
export function walkCertificatePolicies(reader: DerReader, _limits: Limits, visit?: Visitor): void {
  const seen = new Set<string>();
  readEach(reader, (index) => {
    const information = reader.open(SEQUENCE, index);
    readOid(reader, "policyIdentifier", MAX_ARC_BITS);
    const policy = String(reader.contents());
    if (seen.has(policy)) reader.fail("ERR_CERTIFICATE_EXTENSION", "the policy stands there twice");
    seen.add(policy);
    visit?.(reader, OBJECT_IDENTIFIER, index);
    const begin = reader.position;
    if (reader.more()) reader.tolerate(() => reader.read(SEQUENCE, "policyQualifiers"));
    reader.start = begin;
    if (reader.position > begin) visit?.(reader, SEQUENCE, index);
    reader.finishOpen(information);
  });
}

/** Reads CertificatePolicies. */
export function readCertificatePolicies(reader: DerReader, limits: Limits): PolicyInformation[] {
  const policies: PolicyInformation[] = [];
  walkCertificatePolicies(reader, limits, (at, tag) => {
    if (tag === SEQUENCE) policies.push({ ...policies.pop()!, policyQualifiers: at.contents() });
    else policies.push({ policyIdentifier: oidToText(at.bytes, at.start, at.position) });
  });
  return policies;
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

/** Checks PolicyMappings; Go looks at the frame of the identifiers only. `visit` gets the issuer's policy, then the subject's. */
export function walkPolicyMappings(reader: DerReader, _limits: Limits, visit?: Visitor): void {
  readEach(reader, (index) => {
    const mapping = reader.open(SEQUENCE, index);
    for (const label of ["issuerDomainPolicy", "subjectDomainPolicy"]) {
      const begin = reader.position;
      reader.tolerate(() => readOid(reader, label, MAX_ARC_BITS));
      if (reader.position === begin) reader.read(OBJECT_IDENTIFIER, label);
      visit?.(reader, OBJECT_IDENTIFIER, index);
    }
    reader.finishOpen(mapping);
  });
}

/** Reads PolicyMappings. */
export function readPolicyMappings(reader: DerReader, limits: Limits): PolicyMapping[] {
  const policies: string[] = [];
  walkPolicyMappings(reader, limits, (at) => policies.push(oidToText(at.bytes, at.start, at.position)));
  const mappings: PolicyMapping[] = [];
  for (let i = 0; i < policies.length; i += 2) {
    mappings.push({ issuerDomainPolicy: policies[i]!, subjectDomainPolicy: policies[i + 1]! });
  }
  return mappings;
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

const REQUIRE_EXPLICIT = 0x80;
const INHIBIT_MAPPING = 0x81;

/** Reads PolicyConstraints. */
export function readPolicyConstraints(reader: DerReader): PolicyConstraints {
  const value: { requireExplicitPolicy?: number; inhibitPolicyMapping?: number } = {};
  const outer = reader.open(SEQUENCE, "");
  if (!reader.more()) reader.deviate("ERR_CERTIFICATE_EXTENSION", "the policy constraints say nothing");
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
