/** What extensions say, line by line. */
import type { Extension } from "../x509/extension.ts";
import type { ExtensionId, ExtensionValues } from "../x509/extensions/index.ts";
import type { DistributionPoint } from "../x509/extensions/crl-distribution-points.ts";
import type { AuthorityKeyIdentifier } from "../x509/extensions/key-identifiers.ts";
import { ACCESS_METHODS, OTHER_EXTENSIONS } from "./names.ts";
import type { GeneralName } from "../x509/general-name-values.ts";
import { formatName, showText } from "../x509/name-text.ts";
import { colons, octetLines, pairs } from "./report.ts";
import type { FormatOptions, Row } from "./report.ts";

type Lines<Id extends ExtensionId> = (
  value: ExtensionValues[Id],
  options: FormatOptions,
) => readonly string[];

/** One row for each extension that is understood. */
const EXTENSION_LINES: { readonly [Id in ExtensionId]: Lines<Id> } = {
  subjectKeyIdentifier: (identifier) => [colons(identifier)],
  keyUsage: (usages) => [usages.join(", ")],
  subjectAltName: (names) => names.map(generalNameText),
  basicConstraints: ({ ca, pathLength }) => [
    `CA: ${ca}${pathLength === undefined ? "" : `, path length: ${pathLength}`}`,
  ],
  nameConstraints: ({ permitted, excluded }) => [
    ...permitted.map((name) => `permitted ${generalNameText(name)}`),
    ...excluded.map((name) => `excluded ${generalNameText(name)}`),
  ],
  crlDistributionPoints: (points) => points.flatMap(distributionPointLines),
  certificatePolicies: (policies, options) =>
    policies.flatMap(({ policyIdentifier, policyQualifiers }) => [
      policyIdentifier,
      ...(policyQualifiers === undefined
        ? []
        : octetLines(policyQualifiers, options).map((line) => `  qualifiers ${line}`)),
    ]),
  policyMappings: (mappings) =>
    mappings.map(
      ({ issuerDomainPolicy, subjectDomainPolicy }) => `${issuerDomainPolicy} is ${subjectDomainPolicy}`,
    ),
  authorityKeyIdentifier: authorityKeyLines,
  policyConstraints: ({ requireExplicitPolicy, inhibitPolicyMapping }) => [
    ...(requireExplicitPolicy === undefined ? [] : [`require explicit policy: ${requireExplicitPolicy}`]),
    ...(inhibitPolicyMapping === undefined ? [] : [`inhibit policy mapping: ${inhibitPolicyMapping}`]),
  ],
  extendedKeyUsage: (usages) => [usages.join(", ")],
  inhibitAnyPolicy: (skip) => [`skip certificates: ${skip}`],
  authorityInfoAccess: (descriptions) =>
    descriptions.map(({ accessMethod, accessLocation }) => {
      const where = accessLocation === undefined ? "(a malformed location)" : generalNameText(accessLocation);
      return `${ACCESS_METHODS[accessMethod] ?? accessMethod} ${where}`;
    }),
};

/** The name of an extension, and whether it is critical. */
export function extensionLabel(name: string, critical: boolean): string {
  return critical ? `${name}, critical` : name;
}

/** One row: which extension, whether it is critical, what it says. */
export function extensionRow(extension: Extension, options: FormatOptions): Row {
  const { id, oid, critical, der } = extension;
  if (id === undefined) {
    const name = OTHER_EXTENSIONS[oid];
    const label = extensionLabel(name === undefined ? oid : `${name} (${oid})`, critical);
    return [label, ...octetLines(der, options)];
  }
  const lines = EXTENSION_LINES[id] as Lines<typeof id>;
  return [extensionLabel(id, critical), ...orNothing(lines(extension.value, options))];
}

/** A list that is empty, which only Kubernetes mode lets through, still has its row. */
export function orNothing(lines: readonly string[]): readonly string[] {
  return lines.length === 0 || lines[0] === "" ? ["(nothing)"] : lines;
}

const NAME_KINDS = {
  dns: "DNS",
  email: "email",
  uri: "URI",
  ip: "IP",
  registeredId: "registered id",
} as const;

/** One name: its kind and its value. */
export function generalNameText(name: GeneralName): string {
  switch (name.type) {
    case "directoryName":
      return `directory name ${formatName(name.name)}`;
    case "otherName":
      return `other name ${name.typeId}: ${octetLines(name.der, {}).join("")}`;
    case "x400Address":
    case "ediPartyName":
      return `${name.type} ${octetLines(name.der, {}).join("")}`;
    default:
      return `${NAME_KINDS[name.type]} ${showText(name.value)}`;
  }
}

/** What an authority key identifier says. */
export function authorityKeyLines(value: AuthorityKeyIdentifier): readonly string[] {
  const { keyIdentifier, authorityCertIssuer = [], authorityCertSerialNumber } = value;
  return [
    ...(keyIdentifier === undefined ? [] : [colons(keyIdentifier)]),
    ...authorityCertIssuer.map((name) => `issuer ${generalNameText(name)}`),
    ...(authorityCertSerialNumber === undefined ? [] : [`serial number ${pairs(authorityCertSerialNumber)}`]),
  ];
}

/** What a distribution point says. */
export function distributionPointLines(point: DistributionPoint): readonly string[] {
  const { fullName = [], reasons, crlIssuer = [] } = point;
  return [
    ...fullName.map(generalNameText),
    ...(reasons === undefined ? [] : [`  for ${reasons.join(", ")}`]),
    ...crlIssuer.map((name) => `  issued by ${generalNameText(name)}`),
  ];
}
