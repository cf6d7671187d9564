/** When a certificate is to be replaced. */
import type { Certificate } from "../../x509/certificate.ts";
import { parseIpAddress, sameIpAddress } from "../../x509/ip-address.ts";
import { attributeValues } from "../../x509/name.ts";
import { GROUP_ATTRIBUTE, USER_ATTRIBUTE } from "../well-known.ts";
import type { ManagedTemplate } from "./kubelet-template.ts";

/** Go's longest duration, in whole milliseconds: some 292 years. What is longer counts as that. */
const LONGEST = 9_223_372_036_854;

/**
 * The moment at which client-go's certificate manager replaces a certificate: after 70 to 90 % of its lifetime, by chance, so that nodes which joined
 * together do not come back together.
 *
 * `chance` is a number from 0 up to, not including, 1: `Math.random()`. It is drawn again at each start of a kubelet, and so may the moment be in the past.
 *
 * Source: client-go `util/certificate/certificate_manager.go` (`nextRotationDeadline`, `jitteryDuration`); it counts in nanoseconds, this in milliseconds.
 *
 * @throws RangeError if `chance` is not in its range
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rotationDeadline } from "kubepki";
 *
 * const day = { notBefore: new Date("2026-01-01T00:00:00Z"), notAfter: new Date("2026-01-02T00:00:00Z") };
 * assert.equal(rotationDeadline(day, 0).toISOString(), "2026-01-01T16:48:00.000Z");
 * assert(rotationDeadline(day, Math.random()).getTime() < Date.parse("2026-01-01T21:36:00Z"));
 * ```
 */
export function rotationDeadline(
  { notBefore, notAfter }: { readonly notBefore: Date; readonly notAfter: Date },
  chance: number,
): Date {
  if (!(chance >= 0 && chance < 1))
    throw new RangeError(`chance must be from 0 up to, not including, 1; it is ${chance}`);
  const total = Math.min(notAfter.getTime() - notBefore.getTime(), LONGEST);
  // The terms of Go's sum, each cut to a whole number of its own, in units of a nanosecond there.
  const jittered = Math.trunc(chance * 0.2 * total * 1e6) / 1e6;
  return new Date(Math.floor(notBefore.getTime() + total + jittered - Math.trunc(total * 0.3 * 1e6) / 1e6));
}

/** What a certificate lacks of what is wanted; of every kind those in the order in which they are wanted. */
export interface TemplateGap {
  /** The wanted common name, if the certificate has another. */
  readonly commonName?: string;
  /** Organizations that are missing. */
  readonly organizations: readonly string[];
  /** DNS names that are missing; a wildcard covers nothing here but itself. */
  readonly dnsNames: readonly string[];
  /** IP addresses that are missing. */
  readonly ipAddresses: readonly string[];
}

/**
 * What a certificate lacks of a template, or nothing if it satisfies it: then it need not be replaced before its time. What it has beyond is no reason.
 *
 * Usages, keys, issuers, URIs and e-mail addresses are not compared, as in client-go.
 *
 * Source: client-go `util/certificate/certificate_manager.go` (`certSatisfiesTemplateLocked`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueCertificate, issueSelfSigned, kubeletServingTemplate, servingTemplate, templateGap } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const issuer = { ...(await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer)), signer };
 * const template = servingTemplate({ subject: { commonName: "system:node:worker-1", organizations: ["system:nodes"] }, ipAddresses: ["192.0.2.7"] });
 * const { certificate } = await issueCertificate(template, { publicKey: (await generateKeyPair("ECDSA-P256")).publicKey, issuer, allowPrivileged: true });
 * const wanted = kubeletServingTemplate("worker-1", [{ type: "InternalIP", address: "192.0.2.8" }]);
 * assert.deepEqual(wanted && templateGap(certificate, wanted)?.ipAddresses, ["192.0.2.8"]);
 * ```
 */
export function templateGap(certificate: Certificate, wanted: ManagedTemplate): TemplateGap | undefined {
  const { commonName = "", organizations = [] } = wanted.subject;
  const groups = new Set(attributeValues(certificate.subject, GROUP_ATTRIBUTE));
  const names = new Set(certificate.dnsNames);
  const other = (attributeValues(certificate.subject, USER_ATTRIBUTE).at(-1) ?? "") !== commonName;
  const gap: TemplateGap = {
    ...(other && { commonName }),
    organizations: organizations.filter((group) => !groups.has(group)),
    dnsNames: (wanted.dnsNames ?? []).filter((name) => !names.has(name)),
    ipAddresses: (wanted.ipAddresses ?? []).filter((address) => !hasAddress(certificate, address)),
  };
  const lacking = gap.organizations.length + gap.dnsNames.length + gap.ipAddresses.length;
  return other || lacking > 0 ? gap : undefined;
}

function hasAddress({ ipAddresses }: Certificate, wanted: string): boolean {
  const octets = parseIpAddress(wanted);
  return ipAddresses.some((text) => {
    const own = parseIpAddress(text);
    return octets && own ? sameIpAddress(octets, own) : text === wanted;
  });
}
