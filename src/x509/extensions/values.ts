/** The reading side of the extension table. Apart, so that a bundle that only checks has none of it. */
import type { DerReader } from "../../der/reader.ts";
import type { Limits } from "../limits.ts";
import { readAuthorityInfoAccess } from "./authority-info-access.ts";
import { readBasicConstraints } from "./basic-constraints.ts";
import { readCrlDistributionPoints } from "./crl-distribution-points.ts";
import { readExtendedKeyUsage } from "./extended-key-usage.ts";
import type { ExtensionId, ExtensionValues } from "./index.ts";
import { readAuthorityKeyIdentifier, readSubjectKeyIdentifier } from "./key-identifiers.ts";
import { readKeyUsage } from "./key-usage.ts";
import { readNameConstraints } from "./name-constraints.ts";
import {
  readCertificatePolicies,
  readInhibitAnyPolicy,
  readPolicyConstraints,
  readPolicyMappings,
} from "./policies.ts";
import { readSubjectAltName } from "./subject-alt-name.ts";

/** Reads the contents of extnValue, with the same checks as the row's `walk`. */
export const EXTENSION_READERS: {
  readonly [Id in ExtensionId]: (reader: DerReader, limits: Limits) => ExtensionValues[Id];
} = {
  subjectKeyIdentifier: readSubjectKeyIdentifier,
  keyUsage: readKeyUsage,
  subjectAltName: readSubjectAltName,
  basicConstraints: readBasicConstraints,
  nameConstraints: readNameConstraints,
  crlDistributionPoints: readCrlDistributionPoints,
  certificatePolicies: readCertificatePolicies,
  policyMappings: readPolicyMappings,
  authorityKeyIdentifier: readAuthorityKeyIdentifier,
  policyConstraints: readPolicyConstraints,
  extendedKeyUsage: readExtendedKeyUsage,
  inhibitAnyPolicy: readInhibitAnyPolicy,
  authorityInfoAccess: readAuthorityInfoAccess,
};
