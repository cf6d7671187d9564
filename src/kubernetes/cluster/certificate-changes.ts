import type { Certificate } from "../../x509/certificate.ts";
import { formatIpAddress, parseIpAddress } from "../../x509/ip-address.ts";
import { formatName } from "../../x509/name-text.ts";
import { encodeName, parseName } from "../../x509/name-writer.ts";
import type { PlannedCertificate } from "./plan.ts";

/** One field in which a certificate differs from what is planned. */
export interface CertificateChange {
  /** Which field. */
  readonly field:
    | "subject"
    | "dnsNames"
    | "ipAddresses"
    | "uris"
    | "emailAddresses"
    | "keyUsage"
    | "extendedKeyUsage"
    | "validity";
  /** What only the certificate has; of the validity its end, as ISO 8601. */
  readonly removed: readonly string[];
  /** What only the plan has. */
  readonly added: readonly string[];
}

/**
 * What would be different if a certificate were replaced by a planned one: the fields in which they differ, and what each has that the other has not. The order of names is no
 * difference. Keys, serial numbers and issuers are not compared.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { certificateChanges, issueClusterPki } from "kubepki";
 *
 * const { certificates } = await issueClusterPki({ nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] });
 * const [ca] = certificates;
 * assert.deepEqual(certificateChanges(ca!.certificate, ca!), []);
 * ```
 */
export function certificateChanges(
  certificate: Certificate,
  planned: PlannedCertificate,
): CertificateChange[] {
  const endOf = ({ notAfter }: { readonly notAfter: Date }): string[] => [
    new Date(Math.floor(notAfter.getTime() / 1000) * 1000).toISOString(),
  ];
  const fields: readonly [CertificateChange["field"], readonly string[], readonly string[]][] = [
    ["subject", [formatName(certificate.subject)], [formatName(parseName(encodeName(planned.subject)))]],
    ["dnsNames", certificate.dnsNames, planned.dnsNames],
    ["ipAddresses", certificate.ipAddresses, planned.ipAddresses.map(plainAddress)],
    ["uris", certificate.uris, []],
    ["emailAddresses", certificate.emailAddresses, []],
    ["keyUsage", certificate.extensionValue("keyUsage") ?? [], planned.keyUsage],
    ["extendedKeyUsage", certificate.extensionValue("extendedKeyUsage") ?? [], planned.extendedKeyUsage],
    ["validity", endOf(certificate), endOf(planned.validity)],
  ];
  return fields.flatMap(([field, old, wanted]) => {
    const removed = old.filter((value) => !wanted.includes(value));
    const added = wanted.filter((value) => !old.includes(value));
    return removed.length + added.length > 0 ? [{ field, removed, added }] : [];
  });
}

/** As certificates have it. */
function plainAddress(text: string): string {
  const octets = parseIpAddress(text);
  return octets ? formatIpAddress(octets) : text;
}
