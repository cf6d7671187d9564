/** THE table of extensions: one row for each that is understood. Types, checks and round-trip tests come from it. */
import { matchesBytes } from "../../bytes.ts";
import type { DerReader } from "../../der/reader.ts";
import type { GeneralName } from "../general-name-values.ts";
import type { Limits } from "../limits.ts";
import { walkAuthorityInfoAccess } from "./authority-info-access.ts";
import type { AccessDescription } from "./authority-info-access.ts";
import { readBasicConstraints } from "./basic-constraints.ts";
import type { BasicConstraints } from "./basic-constraints.ts";
import { walkCrlDistributionPoints } from "./crl-distribution-points.ts";
import type { DistributionPoint } from "./crl-distribution-points.ts";
import { walkExtendedKeyUsage } from "./extended-key-usage.ts";
import type { ExtendedKeyUsage } from "./extended-key-usage.ts";
import { walkAuthorityKeyIdentifier, readSubjectKeyIdentifier } from "./key-identifiers.ts";
import type { AuthorityKeyIdentifier } from "./key-identifiers.ts";
import { walkKeyUsage } from "./key-usage.ts";
import type { KeyUsage } from "./key-usage.ts";
import { walkNameConstraints } from "./name-constraints.ts";
import type { NameConstraints } from "./name-constraints.ts";
import {
  walkCertificatePolicies,
  readInhibitAnyPolicy,
  readPolicyConstraints,
  walkPolicyMappings,
} from "./policies.ts";
import type { PolicyConstraints, PolicyInformation, PolicyMapping } from "./policies.ts";
import { walkSubjectAltName } from "./subject-alt-name.ts";

/** The value of each extension that is understood, by its name in RFC 5280 4.2. */
export interface ExtensionValues {
  /** The key identifier, as octets. */
  readonly subjectKeyIdentifier: Uint8Array;
  /** What the key may do, in the order of the bits. */
  readonly keyUsage: readonly KeyUsage[];
  /** Further names of the subject, in encoded order. */
  readonly subjectAltName: readonly GeneralName[];
  /** Whether the subject is a CA. */
  readonly basicConstraints: BasicConstraints;
  /** Which names a CA may certify. */
  readonly nameConstraints: NameConstraints;
  /** Where CRLs are found. */
  readonly crlDistributionPoints: readonly DistributionPoint[];
  /** Under which policies the certificate was issued. */
  readonly certificatePolicies: readonly PolicyInformation[];
  /** Which policies are equal. */
  readonly policyMappings: readonly PolicyMapping[];
  /** Which key signed the certificate. */
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier;
  /** From where on policies are required. */
  readonly policyConstraints: PolicyConstraints;
  /** What the certificate may be used for, in encoded order. */
  readonly extendedKeyUsage: readonly ExtendedKeyUsage[];
  /** From where on anyPolicy no longer counts. */
  readonly inhibitAnyPolicy: number;
  /** Where the issuer's certificate and OCSP responder are found. */
  readonly authorityInfoAccess: readonly AccessDescription[];
}

/** Name of an extension that is understood. */
export type ExtensionId = keyof ExtensionValues;

/** One row of the table. */
export interface ExtensionRow {
  /** The object identifier as dotted text. */
  readonly oid: string;
  /** Checks the contents of extnValue and makes no values; what it returns does not matter. */
  readonly walk: (reader: DerReader, limits: Limits) => unknown;
  /** Set where Go refuses a critical one, as RFC 5280 asks CAs not to write it. */
  readonly neverCritical?: true | undefined;
}

/** THE table. The values are read and written by `values.ts` and `encode.ts`, whose types make sure that no row is missing. */
export const EXTENSIONS: { readonly [Id in ExtensionId]: ExtensionRow } = {
  subjectKeyIdentifier: { oid: "2.5.29.14", walk: readSubjectKeyIdentifier, neverCritical: true },
  keyUsage: { oid: "2.5.29.15", walk: walkKeyUsage },
  subjectAltName: { oid: "2.5.29.17", walk: walkSubjectAltName },
  basicConstraints: { oid: "2.5.29.19", walk: readBasicConstraints },
  nameConstraints: { oid: "2.5.29.30", walk: walkNameConstraints },
  crlDistributionPoints: { oid: "2.5.29.31", walk: walkCrlDistributionPoints },
  certificatePolicies: { oid: "2.5.29.32", walk: walkCertificatePolicies },
  policyMappings: { oid: "2.5.29.33", walk: walkPolicyMappings },
  authorityKeyIdentifier: { oid: "2.5.29.35", walk: walkAuthorityKeyIdentifier, neverCritical: true },
  policyConstraints: { oid: "2.5.29.36", walk: readPolicyConstraints },
  extendedKeyUsage: { oid: "2.5.29.37", walk: walkExtendedKeyUsage },
  inhibitAnyPolicy: { oid: "2.5.29.54", walk: readInhibitAnyPolicy },
  authorityInfoAccess: { oid: "1.3.6.1.5.5.7.1.1", walk: walkAuthorityInfoAccess, neverCritical: true },
};

/** A row with its name, as a lookup gives it. */
export interface NamedRow extends ExtensionRow {
  /** Its name. */
  readonly id: ExtensionId;
  /** A bit of its own among the rows, to note cheaply what has been seen. */
  readonly bit: number;
}

/** Contents of 1.3.6.1.5.5.7.1.1, the only row that is not under 2.5.29. */
const AUTHORITY_INFO_ACCESS = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01];

/** The rows by their last arc under 2.5.29, so that a lookup takes one index instead of making text; the other row is at 0. */
const BY_ARC: readonly (NamedRow | undefined)[] = /* @__PURE__ */ indexByArc();

function indexByArc(): (NamedRow | undefined)[] {
  const rows = Array.from<NamedRow | undefined>({ length: 128 }).fill(undefined);
  for (const [index, id] of (Object.keys(EXTENSIONS) as ExtensionId[]).entries()) {
    const { oid, walk, neverCritical } = EXTENSIONS[id];
    // Written out, so that all rows have the same shape.
    const row = { id, bit: 1 << index, oid, walk, neverCritical };
    rows[oid.startsWith("2.5.29.") ? Number(oid.slice(7)) : 0] = row;
  }
  return rows;
}

/** The row of the extension whose object identifier has these contents, if it is understood. */
export function findExtension(bytes: Uint8Array, start: number, end: number): NamedRow | undefined {
  if (end - start === 3 && bytes[start] === 0x55 && bytes[start + 1] === 0x1d) {
    const arc = bytes[start + 2]!;
    return arc > 0 ? BY_ARC[arc] : undefined;
  }
  return matchesBytes(bytes, start, end, AUTHORITY_INFO_ACCESS) ? BY_ARC[0] : undefined;
}
