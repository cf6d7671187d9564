/** The writing side of the extension table; the type makes sure that no row is missing. Apart, so that a bundle that only parses has none of it. */
import { OCTET_STRING, SEQUENCE } from "../../der/tag.ts";
import { DerWriter } from "../../der/writer.ts";
import { encodeOid } from "../../oid.ts";
import { writeAuthorityInfoAccess } from "./authority-info-access.ts";
import { writeBasicConstraints } from "./basic-constraints.ts";
import { writeCrlDistributionPoints } from "./crl-distribution-points.ts";
import { writeExtendedKeyUsage } from "./extended-key-usage.ts";
import { EXTENSIONS } from "./index.ts";
import type { ExtensionId, ExtensionValues } from "./index.ts";
import { writeAuthorityKeyIdentifier, writeSubjectKeyIdentifier } from "./key-identifiers.ts";
import { writeKeyUsage } from "./key-usage.ts";
import { writeNameConstraints } from "./name-constraints.ts";
import {
  writeCertificatePolicies,
  writeInhibitAnyPolicy,
  writePolicyConstraints,
  writePolicyMappings,
} from "./policies.ts";
import { writeSubjectAltName } from "./subject-alt-name.ts";

/** An extension to write: one that is understood with its value, or any other with its bytes. */
export type ExtensionTemplate =
  | {
      [Id in ExtensionId]: {
        /** Its name in RFC 5280. */
        readonly id: Id;
        /** Whether who does not understand it must refuse the certificate. */
        readonly critical: boolean;
        /** What it says. */
        readonly value: ExtensionValues[Id];
      };
    }[ExtensionId]
  | {
      /** Absent, which tells it from one that is understood. */
      readonly id?: undefined;
      /** The object identifier as dotted text. */
      readonly oid: string;
      /** Whether who does not understand it must refuse the certificate. */
      readonly critical: boolean;
      /** The DER element inside of extnValue. */
      readonly der: Uint8Array;
    };

const WRITERS: { readonly [Id in ExtensionId]: (writer: DerWriter, value: ExtensionValues[Id]) => void } = {
  subjectKeyIdentifier: writeSubjectKeyIdentifier,
  keyUsage: writeKeyUsage,
  subjectAltName: writeSubjectAltName,
  basicConstraints: writeBasicConstraints,
  nameConstraints: writeNameConstraints,
  crlDistributionPoints: writeCrlDistributionPoints,
  certificatePolicies: writeCertificatePolicies,
  policyMappings: writePolicyMappings,
  authorityKeyIdentifier: writeAuthorityKeyIdentifier,
  policyConstraints: writePolicyConstraints,
  extendedKeyUsage: writeExtendedKeyUsage,
  inhibitAnyPolicy: writeInhibitAnyPolicy,
  authorityInfoAccess: writeAuthorityInfoAccess,
};

/** Object identifiers of the rows, as contents; made once because every certificate has several of them. */
const OIDS = /* @__PURE__ */ new Map<ExtensionId, Uint8Array>();

function extensionOid(id: ExtensionId): Uint8Array {
  let contents = OIDS.get(id);
  if (contents === undefined) OIDS.set(id, (contents = encodeOid(EXTENSIONS[id].oid)));
  return contents;
}

/** Writes one Extension (RFC 5280 4.1): criticality only if TRUE. */
export function writeExtension(writer: DerWriter, extension: ExtensionTemplate): void {
  const end = writer.mark();
  const value = writer.mark();
  if (extension.id === undefined) writer.raw(extension.der);
  else writeValue(writer, extension.id, extension.value);
  writer.close(OCTET_STRING, value);
  if (extension.critical) writer.boolean(true);
  writer.oid(extension.id === undefined ? encodeOid(extension.oid) : extensionOid(extension.id));
  writer.close(SEQUENCE, end);
}

function writeValue(writer: DerWriter, id: ExtensionId, value: ExtensionValues[ExtensionId]): void {
  // Each row takes its own kind of value, which callers' types have paired with the id.
  (WRITERS[id] as (writer: DerWriter, value: ExtensionValues[ExtensionId]) => void)(writer, value);
}

/**
 * The DER of an extension's value, as it stands inside of extnValue.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeExtensionValue } from "kubepki";
 *
 * assert.deepEqual([...encodeExtensionValue("basicConstraints", { ca: true, pathLength: 0 })], [0x30, 6, 1, 1, 0xff, 2, 1, 0]);
 * ```
 */
export function encodeExtensionValue<Id extends ExtensionId>(
  id: Id,
  value: ExtensionValues[Id],
): Uint8Array<ArrayBuffer> {
  const writer = new DerWriter();
  writeValue(writer, id, value);
  return writer.finish();
}
