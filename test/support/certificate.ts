/**
 * Certificates from parts, each of which a test may replace, break or leave out. What is not given
 * is right: a P-256 client certificate, version 3, valid from 2020 to 2049.
 */
import { bits, bool, ctx, ctxPrimitive, hex, int, oid, octets, seq, set, tlv, utcTime, utf8 } from "./tlv.ts";

/** X.520 attribute types and others that names carry. */
export const attributes = {
  commonName: "2.5.4.3",
  serialNumber: "2.5.4.5",
  country: "2.5.4.6",
  organization: "2.5.4.10",
  organizationalUnit: "2.5.4.11",
  /** LDAP's uid, which Kubernetes ignores. */
  userId: "0.9.2342.19200300.100.1.1",
  /** Kubernetes' own UID (apimachinery/pkg/apis/asn1/oid.go). */
  kubernetesUid: "1.3.6.1.4.1.57683.2",
} as const;

export const attribute = (type: string, value: Uint8Array): Uint8Array => seq(oid(type), value);
export const cn = (value: string): Uint8Array => attribute(attributes.commonName, utf8(value));
export const o = (value: string): Uint8Array => attribute(attributes.organization, utf8(value));
/** One RDN per attribute, as OpenSSL writes names. */
export const name = (...list: readonly Uint8Array[]): Uint8Array => seq(...list.map((item) => set(item)));

/** ecdsa-with-SHA256, without parameters (RFC 5758 section 3.2). */
export const ecdsaWithSha256: Uint8Array = seq(oid("1.2.840.10045.4.3.2"));
export const ed25519: Uint8Array = seq(oid("1.3.101.112"));
/** The base point of P-256 (FIPS 186-4 D.1.2.3): a valid public key that nobody can mistake. */
export const p256Point: Uint8Array = hex(
  "04 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" +
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
);
export const ecAlgorithm: Uint8Array = seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"));
export const p256Key: Uint8Array = seq(ecAlgorithm, bits(p256Point));
/** A well-formed signature that verifies nothing. */
export const dummySignature: Uint8Array = bits(seq(int(1), int(1)));
export const validity: Uint8Array = seq(utcTime("200101000000Z"), utcTime("491231235959Z"));

export const extension = (id: string, value: Uint8Array, critical?: boolean): Uint8Array =>
  critical === undefined ? seq(oid(id), octets(value)) : seq(oid(id), bool(critical), octets(value));

export const extensionIds = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  crlDistributionPoints: "2.5.29.31",
  certificatePolicies: "2.5.29.32",
  policyMappings: "2.5.29.33",
  authorityKeyIdentifier: "2.5.29.35",
  policyConstraints: "2.5.29.36",
  extendedKeyUsage: "2.5.29.37",
  inhibitAnyPolicy: "2.5.29.54",
  authorityInfoAccess: "1.3.6.1.5.5.7.1.1",
} as const;

export const usageIds = {
  any: "2.5.29.37.0",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
} as const;

export const extendedKeyUsage = (...usages: readonly (keyof typeof usageIds)[]): Uint8Array =>
  extension(extensionIds.extendedKeyUsage, seq(...usages.map((usage) => oid(usageIds[usage]))));
export const subjectAltName = (...names: readonly Uint8Array[]): Uint8Array =>
  extension(extensionIds.subjectAltName, seq(...names));
export const basicConstraints = (pathLength?: number): Uint8Array =>
  extension(
    extensionIds.basicConstraints,
    pathLength === undefined ? seq(bool(true)) : seq(bool(true), int(pathLength)),
    true,
  );
export const keyUsage = (content: Uint8Array, unused: number): Uint8Array =>
  extension(extensionIds.keyUsage, bits(content, unused), true);

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const rfc822Name = (text: string): Uint8Array => ctxPrimitive(1, ascii(text));
export const dnsName = (text: string): Uint8Array => ctxPrimitive(2, ascii(text));
export const uri = (text: string): Uint8Array => ctxPrimitive(6, ascii(text));
export const ipAddress = (bytes: Uint8Array): Uint8Array => ctxPrimitive(7, bytes);

/** The fields of TBSCertificate, each a whole encoding; an empty one is left out. */
export interface Parts {
  version?: Uint8Array;
  serialNumber?: Uint8Array;
  innerAlgorithm?: Uint8Array;
  issuer?: Uint8Array;
  validity?: Uint8Array;
  subject?: Uint8Array;
  subjectPublicKeyInfo?: Uint8Array;
  uniqueIds?: Uint8Array;
  /** The list; {@link Parts.rawExtensions} replaces the whole `[3]`. */
  extensions?: readonly Uint8Array[];
  rawExtensions?: Uint8Array;
  afterExtensions?: Uint8Array;
}

const nothing = new Uint8Array();

/** TBSCertificate, RFC 5280 section 4.1. */
export function tbsCertificate(parts: Parts = {}): Uint8Array {
  const list = parts.extensions;
  return seq(
    parts.version ?? ctx(0, int(2)),
    parts.serialNumber ?? int(1),
    parts.innerAlgorithm ?? ecdsaWithSha256,
    parts.issuer ?? name(cn("ca")),
    parts.validity ?? validity,
    parts.subject ?? name(cn("alice")),
    parts.subjectPublicKeyInfo ?? p256Key,
    parts.uniqueIds ?? nothing,
    parts.rawExtensions ?? (list ? ctx(3, seq(...list)) : nothing),
    parts.afterExtensions ?? nothing,
  );
}

export interface CertificateParts extends Parts {
  tbs?: Uint8Array;
  outerAlgorithm?: Uint8Array;
  signature?: Uint8Array;
  afterSignature?: Uint8Array;
}

/** Certificate with a signature that verifies nothing, unless one is given. */
export function certificate(parts: CertificateParts = {}): Uint8Array {
  return seq(
    parts.tbs ?? tbsCertificate(parts),
    parts.outerAlgorithm ?? parts.innerAlgorithm ?? ecdsaWithSha256,
    parts.signature ?? dummySignature,
    parts.afterSignature ?? nothing,
  );
}

/** CertificationRequest, RFC 2986 section 4, with a signature that verifies nothing. */
export function certificationRequest(subject: Uint8Array, ...attributeList: Uint8Array[]): Uint8Array {
  const info = seq(int(0), subject, p256Key, tlv(0xa0, ...attributeList));
  return seq(info, ecdsaWithSha256, dummySignature);
}
