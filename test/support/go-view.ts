/** Holds a certificate that this library parsed against Go's view of the same bytes. */
import type { Certificate } from "../../src/x509/certificate.ts";
import { EXTENDED_KEY_USAGES } from "../../src/x509/extensions/extended-key-usage.ts";
import { KEY_USAGES } from "../../src/x509/extensions/key-usage.ts";
import type { ExtensionValues } from "../../src/x509/extensions/index.ts";
import type { Name } from "../../src/x509/name.ts";
import type { CertificateView, NameView, SubtreesView } from "../interop/protocol.ts";

type GeneralName = ExtensionValues["subjectAltName"][number];

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const text = (value: string): string => Buffer.from(value, "latin1").toString("hex");

/** An address in the one form that URL gives it, whoever wrote it. */
const address = (ip: string): string => (ip.includes(":") ? new URL(`http://[${ip}]/`).hostname : ip);
const addressOfHex = (bytes: string): string =>
  bytes.length === 8
    ? (bytes.match(/../gu) ?? []).map((octet) => Number.parseInt(octet, 16)).join(".")
    : address((bytes.match(/..../gu) ?? []).join(":"));

const attributes = (name: Name): object[] =>
  name.rdns.flat().map(({ type, value }) => ({ oid: type, value }));

/** The encoding as well where Go's is given: vectors leave it out. */
const goName = ({ attributes: list, raw }: Partial<NameView> = {}): object => ({
  attributes: list ?? [],
  ...(raw && { raw }),
});
const ourName = (name: Name, raw: boolean): object => ({
  attributes: attributes(name),
  ...(raw && { raw: base64(name.der) }),
});

/** `address/mask` in hexadecimal as a prefix; Go has refused masks with holes. */
function prefix(range: string): string {
  const [ip = "", mask = ""] = range.split("/");
  const bits = [...BigInt(`0x${mask}`).toString(2)].filter((bit) => bit === "1").length;
  return `${addressOfHex(ip)}/${bits}`;
}

const ourPrefix = (range: string): string => {
  const [ip = "", bits = ""] = range.split("/");
  return `${address(ip)}/${bits}`;
};

function ourSubtrees(names: readonly GeneralName[] | undefined): object {
  const values = (type: GeneralName["type"]): string[] =>
    (names ?? []).flatMap((name) => (name.type === type && "value" in name ? [name.value] : []));
  return {
    dnsNames: values("dns"),
    emailAddresses: values("email"),
    uriDomains: values("uri"),
    ipRanges: values("ip").map(ourPrefix),
  };
}

const goSubtrees = ({
  dnsNames = [],
  emailAddresses = [],
  uriDomains = [],
  ipRanges = [],
}: Partial<SubtreesView> = {}): object => ({
  dnsNames,
  emailAddresses,
  uriDomains,
  ipRanges: ipRanges.map(prefix),
});

/** The first URIs of fullName, as far as there are no other names before them: what Go collects. */
const leadingUris = (names: readonly GeneralName[] | undefined): string[] => {
  const list = names ?? [];
  const end = list.findIndex(({ type }) => type !== "uri");
  return (end < 0 ? list : list.slice(0, end)).flatMap((name) => ("value" in name ? [text(name.value)] : []));
};

function ourAccess(certificate: Certificate, method: string): string[] {
  return (certificate.extensionValue("authorityInfoAccess") ?? []).flatMap(
    ({ accessMethod, accessLocation }) =>
      accessMethod === method && accessLocation?.type === "uri" ? [text(accessLocation.value)] : [],
  );
}

const known = new Set<string>(Object.values(EXTENDED_KEY_USAGES));
/** Usages that Go has names for and this library has not. */
const alsoKnownToGo = new Set(["1.3.6.1.4.1.311.2.1.22", "1.3.6.1.4.1.311.61.1.1"]);

function ourUsages(certificate: Certificate): { known: string[]; unknown: string[] } {
  const oids = (certificate.extensionValue("extendedKeyUsage") ?? []).map((usage) =>
    usage in EXTENDED_KEY_USAGES ? EXTENDED_KEY_USAGES[usage as keyof typeof EXTENDED_KEY_USAGES] : usage,
  );
  const isKnown = (oid: string): boolean => known.has(oid) || alsoKnownToGo.has(oid);
  return { known: oids.filter(isKnown), unknown: oids.filter((oid) => !isKnown(oid)) };
}

const keyUsageBits = (certificate: Certificate): number =>
  (certificate.extensionValue("keyUsage") ?? []).reduce(
    (bits, usage) => bits | (1 << KEY_USAGES.indexOf(usage)),
    0,
  );

const wholeParts = (certificate: Certificate): object => ({
  tbsCertificate: base64(certificate.tbsCertificate),
  subjectPublicKeyInfo: base64(certificate.subjectPublicKeyInfo),
  signature: hex(certificate.signature),
});

function ours(certificate: Certificate, whole: boolean): Record<string, unknown> {
  const basic = certificate.extensionValue("basicConstraints");
  const usages = ourUsages(certificate);
  const constraints = certificate.extensionValue("nameConstraints");
  const keyId = (bytes: Uint8Array | undefined): string => (bytes ? hex(bytes) : "");
  return {
    version: certificate.version,
    serialNumber: certificate.serialNumber.replace(/^0+(?=.)/u, ""),
    issuer: ourName(certificate.issuer, whole),
    subject: ourName(certificate.subject, whole),
    notBefore: certificate.notBefore.getTime() / 1000,
    notAfter: certificate.notAfter.getTime() / 1000,
    extensions: certificate.extensions.map(({ oid, critical, der }) => ({
      oid,
      critical,
      ...(whole && { value: base64(der) }),
    })),
    ...(whole && wholeParts(certificate)),
    basicConstraintsValid: basic !== undefined,
    isCA: basic?.ca ?? false,
    maxPathLen: basic ? (basic.pathLength ?? -1) : 0,
    keyUsage: keyUsageBits(certificate),
    extKeyUsage: usages.known,
    unknownExtKeyUsage: usages.unknown,
    subjectKeyId: keyId(certificate.extensionValue("subjectKeyIdentifier")),
    authorityKeyId: keyId(certificate.extensionValue("authorityKeyIdentifier")?.keyIdentifier),
    dnsNames: certificate.dnsNames,
    emailAddresses: certificate.emailAddresses,
    ipAddresses: certificate.ipAddresses.map(address),
    uris: certificate.uris.length,
    permitted: ourSubtrees(constraints?.permitted),
    excluded: ourSubtrees(constraints?.excluded),
    policies: (certificate.extensionValue("certificatePolicies") ?? []).map(
      (policy) => policy.policyIdentifier,
    ),
    policyMappings: (certificate.extensionValue("policyMappings") ?? []).map(
      ({ issuerDomainPolicy, subjectDomainPolicy }) => [issuerDomainPolicy, subjectDomainPolicy],
    ),
    requireExplicitPolicy: certificate.extensionValue("policyConstraints")?.requireExplicitPolicy ?? null,
    inhibitPolicyMapping: certificate.extensionValue("policyConstraints")?.inhibitPolicyMapping ?? null,
    inhibitAnyPolicy: certificate.extensionValue("inhibitAnyPolicy") ?? null,
    ocspServer: ourAccess(certificate, "1.3.6.1.5.5.7.48.1"),
    issuingCertificateUrl: ourAccess(certificate, "1.3.6.1.5.5.7.48.2"),
    crlDistributionPoints: (certificate.extensionValue("crlDistributionPoints") ?? []).flatMap(
      ({ fullName }) => leadingUris(fullName),
    ),
  };
}

const atLeastMinusOne = (value: number | null | undefined): number | null =>
  typeof value === "number" ? Math.max(value, -1) : null;

const gos = (view: Partial<CertificateView>): Record<string, unknown> => ({
  ...view,
  // Beyond 2^53 a path length has no limit in practice, and no exact JavaScript number.
  maxPathLen: Math.min(view.maxPathLen ?? 0, Number.MAX_SAFE_INTEGER),
  // A negative number of certificates, which RFC 5280 forbids, has no meaning: any is as good as -1.
  requireExplicitPolicy: atLeastMinusOne(view.requireExplicitPolicy),
  inhibitPolicyMapping: atLeastMinusOne(view.inhibitPolicyMapping),
  inhibitAnyPolicy: atLeastMinusOne(view.inhibitAnyPolicy),
  issuer: goName(view.issuer),
  subject: goName(view.subject),
  ipAddresses: (view.ipAddressBytes ?? []).map(addressOfHex),
  // Go writes URIs anew, we keep them as they are written.
  uris: (view.uris ?? []).length,
  permitted: goSubtrees(view.permitted),
  excluded: goSubtrees(view.excluded),
});

/** JSON that does not depend on the order of members. */
const steady = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) =>
    Object(item) === item && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item as object).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );

/**
 * Names and both values of every field in which the two differ. The view may be one of the kept
 * vectors: they leave out empty members and what is cut from the certificate itself.
 */
export function fieldDifferences(certificate: Certificate, view: Partial<CertificateView>): string[] {
  const go = gos(view);
  const absent = (value: unknown): unknown =>
    Array.isArray(value) ? [] : typeof value === "string" ? "" : null;
  return Object.entries(ours(certificate, view.tbsCertificate !== undefined)).flatMap(([field, value]) => {
    const [mine, theirs] = [steady(value), steady(go[field] ?? absent(value))];
    return mine === theirs ? [] : [`${field}: ours ${mine}, Go's ${theirs}`];
  });
}
