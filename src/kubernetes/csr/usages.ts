import { EXTENDED_KEY_USAGES } from "../../x509/extensions/extended-key-usage.ts";
import type { ExtendedKeyUsage } from "../../x509/extensions/extended-key-usage.ts";
import { KEY_USAGES } from "../../x509/extensions/key-usage.ts";
import type { KeyUsage } from "../../x509/extensions/key-usage.ts";

/**
 * THE table of the usages that a CertificateSigningRequest may ask for, with what each becomes in the certificate: a bit of the key usage, or an
 * extended key usage. Two pairs are aliases: `signing` of `digital signature`, `s/mime` of `email protection`.
 *
 * Source: Kubernetes `pkg/apis/certificates/types.go`, `pkg/apis/certificates/v1/helpers.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { CERTIFICATE_USAGES } from "kubepki";
 *
 * assert.equal(Object.keys(CERTIFICATE_USAGES).length, 23);
 * assert.equal(CERTIFICATE_USAGES["client auth"], "clientAuth");
 * ```
 */
export const CERTIFICATE_USAGES = {
  /** The key signs data other than certificates and CRLs. */
  "digital signature": "digitalSignature",
  /** Another word for `digital signature`; the signers of kubelets and users do not take it. */
  signing: "digitalSignature",
  /** The key signs what nobody shall be able to deny. */
  "content commitment": "contentCommitment",
  /** The key encrypts keys, as in TLS with RSA key exchange. */
  "key encipherment": "keyEncipherment",
  /** The key encrypts data. */
  "data encipherment": "dataEncipherment",
  /** The key agrees on keys. */
  "key agreement": "keyAgreement",
  /** The key signs certificates; Kubernetes' signers write it beside cA FALSE. */
  "cert sign": "keyCertSign",
  /** The key signs CRLs. */
  "crl sign": "cRLSign",
  /** Key agreement for encryption only. */
  "encipher only": "encipherOnly",
  /** Key agreement for decryption only. */
  "decipher only": "decipherOnly",
  /** Everything. */
  any: "any",
  /** TLS servers. */
  "server auth": "serverAuth",
  /** TLS clients. */
  "client auth": "clientAuth",
  /** Programs. */
  "code signing": "codeSigning",
  /** E-mail. */
  "email protection": "emailProtection",
  /** Another word for `email protection`. */
  "s/mime": "emailProtection",
  /** IPsec, an old one. */
  "ipsec end system": "ipsecEndSystem",
  /** IPsec, an old one. */
  "ipsec tunnel": "ipsecTunnel",
  /** IPsec, an old one. */
  "ipsec user": "ipsecUser",
  /** Time stamps. */
  timestamping: "timeStamping",
  /** Answers about revocation. */
  "ocsp signing": "ocspSigning",
  /** Of the time of export restrictions. */
  "microsoft sgc": "microsoftServerGatedCrypto",
  /** Of the time of export restrictions. */
  "netscape sgc": "netscapeServerGatedCrypto",
} as const;

/** A usage as a CertificateSigningRequest spells it, in `spec.usages`. */
export type CertificateUsage = keyof typeof CERTIFICATE_USAGES;

/** The two kinds of usages of a certificate. */
export interface X509Usages {
  /** Bits of the key usage, in their order; the extension is left out if there is none. */
  readonly keyUsage: readonly KeyUsage[];
  /** Extended key usages, in the order in which kube-controller-manager writes them; the extension is left out if there is none. */
  readonly extendedKeyUsage: readonly ExtendedKeyUsage[];
}

/** What {@link usagesToX509} makes of a list of usages. */
export interface MappedUsages extends X509Usages {
  /** Those that Kubernetes does not know, as given and in their order; a signer must refuse them. */
  readonly unknown: readonly string[];
}

/** What {@link usagesFromX509} makes of the usages of a certificate. */
export interface NamedUsages {
  /** Kubernetes' words; of two aliases the one that all signers take. */
  readonly usages: readonly CertificateUsage[];
  /** Extended key usages for which Kubernetes has no word. */
  readonly unknown: readonly ExtendedKeyUsage[];
}

/**
 * Tells whether Kubernetes knows the usage. It is compared to the letter: neither case nor white space is adjusted.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isCertificateUsage } from "kubepki";
 *
 * assert(isCertificateUsage("client auth"));
 * assert(!isCertificateUsage("clientAuth"));
 * ```
 */
export function isCertificateUsage(usage: string): usage is CertificateUsage {
  return Object.hasOwn(CERTIFICATE_USAGES, usage);
}

/**
 * What the usages of a CertificateSigningRequest become in the certificate. Neither the order of the list nor duplicates and aliases make a difference.
 * Not checked: whether a signer allows them.
 *
 * Source: Kubernetes `pkg/controller/certificates/authority/policies.go` (`keyUsagesFromStrings`), which fails if any is unknown.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { usagesToX509 } from "kubepki";
 *
 * assert.deepEqual(usagesToX509(["client auth", "server auth", "signing", "web"]), {
 *   keyUsage: ["digitalSignature"],
 *   extendedKeyUsage: ["serverAuth", "clientAuth"],
 *   unknown: ["web"],
 * });
 * ```
 */
export function usagesToX509(usages: readonly string[]): MappedUsages {
  const wanted = new Set<string>(usages.filter(isCertificateUsage).map((usage) => CERTIFICATE_USAGES[usage]));
  return {
    keyUsage: KEY_USAGES.filter((usage) => wanted.has(usage)),
    extendedKeyUsage: extendedKeyUsages().filter((usage) => wanted.has(usage)),
    unknown: usages.filter((usage) => !isCertificateUsage(usage)),
  };
}

/**
 * The usages that a CertificateSigningRequest must list to get a certificate with these: the way back from {@link usagesToX509}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { usagesFromX509 } from "kubepki";
 *
 * const { usages } = usagesFromX509({ keyUsage: ["digitalSignature"], extendedKeyUsage: ["clientAuth"] });
 * assert.deepEqual(usages, ["digital signature", "client auth"]);
 * ```
 */
export function usagesFromX509({ keyUsage, extendedKeyUsage }: Partial<X509Usages>): NamedUsages {
  const written = new Set<string>([...(keyUsage ?? []), ...(extendedKeyUsage ?? [])]);
  const words = Object.keys(CERTIFICATE_USAGES).filter(isCertificateUsage);
  const known = new Set<string>(Object.values(CERTIFICATE_USAGES));
  return {
    usages: words.filter((word) => !ALIASES.has(word) && written.has(CERTIFICATE_USAGES[word])),
    unknown: [...new Set(extendedKeyUsage)].filter((usage) => !known.has(usage)),
  };
}

/** What to do about a usage that Kubernetes does not know. */
export const KNOWN_USAGES = "write the usage as CERTIFICATE_USAGES does, for example client auth";

/** Words that mean no more than another word of the table does. */
const ALIASES: ReadonlySet<CertificateUsage> = /* @__PURE__ */ new Set<CertificateUsage>([
  "signing",
  "s/mime",
]);

/** The keys stand in the order of Kubernetes' signers. */
function extendedKeyUsages(): (keyof typeof EXTENDED_KEY_USAGES)[] {
  return Object.keys(EXTENDED_KEY_USAGES) as (keyof typeof EXTENDED_KEY_USAGES)[];
}
