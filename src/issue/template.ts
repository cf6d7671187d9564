import { KEY_USAGES } from "../x509/extensions/key-usage.ts";
import type { ExtensionTemplate } from "../x509/extensions/encode.ts";
import type { ExtendedKeyUsage } from "../x509/extensions/extended-key-usage.ts";
import type { KeyUsage } from "../x509/extensions/key-usage.ts";
import type { NameConstraints } from "../x509/extensions/name-constraints.ts";
import type { GeneralName } from "../x509/general-name-values.ts";
import type { NameTemplate } from "../x509/name-writer.ts";
import { isEmptyName } from "./subject-rules.ts";
import { YEAR_SECONDS, csrSignerValidity, validFor } from "./validity.ts";
import type { Validity, ValidityOptions } from "./validity.ts";

/**
 * Which shape a certificate gets.
 *
 * - `"recommended"`: RFC 5280 as it is meant: no more key usage than needed, a subject key identifier in CA certificates only, where it helps.
 * - `"kubeadm"`: byte for byte the extensions that kubeadm 1.36 writes.
 * - `"csrSigner"`: those that kube-controller-manager writes into the answer to a CertificateSigningRequest.
 */
export type Preset = "recommended" | "kubeadm" | "csrSigner";

/** An extension whose value depends on keys, and is computed when the certificate is issued. */
export interface ComputedExtension {
  /** The authority key identifier is left out if the issuer has no subject key identifier, and in self-issued certificates, as in Go. */
  readonly computed: "subjectKeyIdentifier" | "authorityKeyIdentifier";
}

/** What a certificate shall say, without keys: plain data, which can be printed, compared and changed with a spread. */
export interface CertificateTemplate {
  /** Whom it is about. */
  readonly subject: NameTemplate;
  /** When it is valid. */
  readonly validity: Validity;
  /** Its extensions, in the order in which they are written. */
  readonly extensions: readonly (ExtensionTemplate | ComputedExtension)[];
}

/** Names beside the subject, by kind. Each kind keeps its order; the kinds are written in Go's order: DNS, e-mail, IP, URI. */
export interface AlternativeNames {
  /** DNS names; an IP address among them is refused, for no client would find it. */
  readonly dnsNames?: readonly string[];
  /** IPv4 and IPv6 addresses as text. */
  readonly ipAddresses?: readonly string[];
  /** Absolute URIs. */
  readonly uris?: readonly string[];
  /** E-mail addresses. */
  readonly emailAddresses?: readonly string[];
}

/** What every kind of template takes. */
export interface TemplateOptions extends ValidityOptions {
  /** `"recommended"` by default. */
  readonly preset?: Preset;
  /** Instead of the preset's key usages; empty leaves the extension out. */
  readonly keyUsage?: readonly KeyUsage[];
  /** Instead of the kind's extended key usages; empty leaves the extension out. */
  readonly extendedKeyUsage?: readonly ExtendedKeyUsage[];
  /** Further extensions, written last. */
  readonly extraExtensions?: readonly ExtensionTemplate[];
}

/** A list that cannot be empty. */
export type AtLeastOne<T> = readonly [T, ...T[]];

/** Alternative names of which at least one is a DNS name or an IP address: what a server is called by. */
export type ServerAlternativeNames =
  | (AlternativeNames & {
      /** At least one DNS name. */
      readonly dnsNames: AtLeastOne<string>;
    })
  | (AlternativeNames & {
      /** At least one IPv4 or IPv6 address as text. */
      readonly ipAddresses: AtLeastOne<string>;
    });

/** What {@link caTemplate} takes. */
export interface CaTemplateOptions extends TemplateOptions, AlternativeNames {
  /** Whom it is about; a CA must have a name. */
  readonly subject: NameTemplate;
  /** How many CAs may stand below; absent means any number. */
  readonly pathLength?: number;
  /** Which names certificates below may have; written critical. */
  readonly nameConstraints?: NameConstraints;
}

/** What {@link servingTemplate} takes. */
export type ServingTemplateOptions = TemplateOptions &
  ServerAlternativeNames & {
    /** Whom it is about; may be empty, for clients look at the alternative names. */
    readonly subject: NameTemplate;
  };

/** What {@link clientTemplate} takes. */
export interface ClientTemplateOptions extends TemplateOptions, AlternativeNames {
  /** Whom it is about: CN is the user, O are the groups. */
  readonly subject: NameTemplate;
}

const KUBEADM_KEY_USAGE: readonly KeyUsage[] = ["digitalSignature", "keyEncipherment"];
const LEAF = { id: "basicConstraints", critical: true, value: { ca: false } } as const;
const AUTHORITY = { computed: "authorityKeyIdentifier" } as const;

type UsageExtension<Id extends "keyUsage" | "extendedKeyUsage"> = Extract<
  ExtensionTemplate,
  { readonly id: Id }
>;
type LeafExtensions = readonly [
  UsageExtension<"keyUsage">,
  UsageExtension<"extendedKeyUsage">,
  typeof LEAF,
  typeof AUTHORITY,
];

/** One list for all leaves of a kind, frozen with all that is in it: what the rules say of it and how it is encoded is remembered by the objects. */
function leafExtensions(keyUsage: readonly KeyUsage[], extendedKeyUsage: ExtendedKeyUsage): LeafExtensions {
  return Object.freeze([
    Object.freeze({ id: "keyUsage", critical: true, value: Object.freeze([...keyUsage]) }),
    Object.freeze({ id: "extendedKeyUsage", critical: false, value: Object.freeze([extendedKeyUsage]) }),
    Object.freeze({ ...LEAF, value: Object.freeze(LEAF.value) }),
    Object.freeze(AUTHORITY),
  ] as const);
}

const SERVER = {
  recommended: /* @__PURE__ */ leafExtensions(["digitalSignature"], "serverAuth"),
  kubernetes: /* @__PURE__ */ leafExtensions(KUBEADM_KEY_USAGE, "serverAuth"),
};
const CLIENT = {
  recommended: /* @__PURE__ */ leafExtensions(["digitalSignature"], "clientAuth"),
  kubernetes: /* @__PURE__ */ leafExtensions(KUBEADM_KEY_USAGE, "clientAuth"),
};

/**
 * Template of a CA certificate, root or intermediate. Valid for ten years by default.
 *
 * With `preset: "kubeadm"` it has the key usages and the DNS name (that of its own CN) which kubeadm gives its CAs.
 *
 * @throws TemplateError `ERR_TEMPLATE_VALIDITY`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueSelfSigned } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" }, pathLength: 0 }), signer);
 * assert.deepEqual(certificate.extensionValue("basicConstraints"), { ca: true, pathLength: 0 });
 * ```
 */
export function caTemplate(options: CaTemplateOptions): CertificateTemplate {
  const { subject, pathLength, nameConstraints, preset = "recommended" } = options;
  const kubeadm = preset === "kubeadm";
  const keyUsage: readonly KeyUsage[] = kubeadm
    ? [...KUBEADM_KEY_USAGE, "keyCertSign"]
    : ["digitalSignature", "keyCertSign", "cRLSign"];
  const names = kubeadm ? { ...options, dnsNames: options.dnsNames ?? commonNames(subject) } : options;
  const constraints = pathLength === undefined ? { ca: true } : { ca: true, pathLength };
  return {
    subject,
    validity: validFor({ lifetimeSeconds: 10 * YEAR_SECONDS, ...options }),
    extensions: [
      ...usageExtensions(options, keyUsage, []),
      { id: "basicConstraints", critical: true, value: constraints },
      { computed: "subjectKeyIdentifier" },
      { computed: "authorityKeyIdentifier" },
      ...nameExtensions(names),
      ...(nameConstraints === undefined
        ? []
        : [{ id: "nameConstraints", critical: true, value: nameConstraints } as const]),
      ...(options.extraExtensions ?? []),
    ],
  };
}

/**
 * Template of a serving certificate. The type asks for a DNS name or an IP address, because clients look at nothing else. Valid for a year by default.
 *
 * @throws TemplateError `ERR_TEMPLATE_VALIDITY`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { servingTemplate } from "kubepki";
 *
 * const template = servingTemplate({ subject: { commonName: "kube-apiserver" }, dnsNames: ["kubernetes.default.svc"] });
 * assert.equal(template.extensions.length, 5);
 * ```
 */
export function servingTemplate(options: ServingTemplateOptions): CertificateTemplate {
  return leafTemplate(options, SERVER);
}

/**
 * Template of a client certificate; to Kubernetes, CN is the user and O are the groups. Valid for a year by default.
 *
 * @throws TemplateError `ERR_TEMPLATE_VALIDITY`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { clientTemplate } from "kubepki";
 *
 * const template = clientTemplate({ subject: { commonName: "jane", organizations: ["developers"] }, lifetimeSeconds: 3600 });
 * assert.deepEqual(template.extensions[1], { id: "extendedKeyUsage", critical: false, value: ["clientAuth"] });
 * ```
 */
export function clientTemplate(options: ClientTemplateOptions): CertificateTemplate {
  return leafTemplate(options, CLIENT);
}

function leafTemplate(options: ClientTemplateOptions, kind: typeof SERVER): CertificateTemplate {
  const { subject, preset = "recommended", extraExtensions = [] } = options;
  const usual = preset === "recommended" ? kind.recommended : kind.kubernetes;
  const common = options.keyUsage || options.extendedKeyUsage ? withUsages(usual, options) : usual;
  const names = nameExtensions(options);
  const own = names.length > 0 || extraExtensions.length > 0;
  return {
    subject,
    validity: preset === "csrSigner" ? signerValidity(options) : validFor(options),
    extensions: own ? [...common, ...names, ...extraExtensions] : common,
  };
}

function withUsages(
  [keyUsage, extendedKeyUsage, ...rest]: LeafExtensions,
  options: TemplateOptions,
): CertificateTemplate["extensions"] {
  return [...usageExtensions(options, keyUsage.value, extendedKeyUsage.value), ...rest];
}

function signerValidity({
  validity,
  lifetimeSeconds = YEAR_SECONDS,
  now = new Date(),
}: ValidityOptions): Validity {
  return validity ?? csrSignerValidity(lifetimeSeconds, now);
}

function usageExtensions(
  options: TemplateOptions,
  keyUsage: readonly KeyUsage[],
  extendedKeyUsage: readonly ExtendedKeyUsage[],
): ExtensionTemplate[] {
  const extensions: ExtensionTemplate[] = [];
  const usages = options.keyUsage ?? keyUsage;
  const extended = options.extendedKeyUsage ?? extendedKeyUsage;
  const odd = usages.find((usage) => !KEY_USAGES.includes(usage));
  if (odd !== undefined) throw new TypeError(`${JSON.stringify(odd)} is no key usage`);
  if (usages.length > 0) {
    const value = KEY_USAGES.filter((usage) => usages.includes(usage)); // in the order of the bits
    extensions.push({ id: "keyUsage", critical: true, value });
  }
  if (extended.length > 0) extensions.push({ id: "extendedKeyUsage", critical: false, value: extended });
  return extensions;
}

/** The subject alternative name, if there is any; critical only if the subject is empty (RFC 5280 4.2.1.6). */
function nameExtensions(options: AlternativeNames & { readonly subject: NameTemplate }): ExtensionTemplate[] {
  if (!(options.dnsNames ?? options.emailAddresses ?? options.ipAddresses ?? options.uris)) return [];
  const value = generalNamesOf(options);
  return value.length === 0 ? [] : [{ id: "subjectAltName", critical: isEmptyName(options.subject), value }];
}

/** In Go's order of kinds. */
export function generalNamesOf(options: AlternativeNames): GeneralName[] {
  const names: GeneralName[] = [];
  const add = (type: "dns" | "email" | "ip" | "uri", values: readonly string[] | undefined): void =>
    values?.forEach((value) => names.push({ type, value }));
  add("dns", options.dnsNames);
  add("email", options.emailAddresses);
  add("ip", options.ipAddresses);
  add("uri", options.uris);
  return names;
}

function commonNames(name: NameTemplate): string[] {
  return "commonName" in name && name.commonName !== undefined ? [name.commonName] : [];
}
