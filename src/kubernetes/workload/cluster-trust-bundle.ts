/** ClusterTrustBundle of certificates.k8s.io: CAs that a cluster hands to its pods. */
import { equalBytes } from "../../bytes.ts";
import { PemError, PkiError } from "../../errors.ts";
import type { Finding } from "../../finding.ts";
import { encodePem, parsePem } from "../../pem.ts";
import type { PemBlock } from "../../pem.ts";
import { parseCertificate } from "../../x509/certificate.ts";
import type { Certificate } from "../../x509/certificate.ts";
import { isDns1123Subdomain } from "../../x509/dns-name.ts";
import { validateSignerName } from "../csr/signer-name.ts";

/** `ClusterTrustBundle`, in the shape of certificates.k8s.io/v1beta1 and v1alpha1. */
export interface ClusterTrustBundle {
  /** The group and version; `certificates.k8s.io/v1beta1` since Kubernetes 1.33. */
  readonly apiVersion: string;
  /** Always the same. */
  readonly kind: "ClusterTrustBundle";
  /** The object's name, which begins with the signer's name if there is one. */
  readonly metadata: {
    /** Its name. */
    readonly name: string;
    /** By which pods choose among the bundles of a signer. */
    readonly labels?: Readonly<Record<string, string>>;
  };
  /** What it says. */
  readonly spec: {
    /** Whose CAs these are; absent for bundles of no signer. Cannot be changed. */
    readonly signerName?: string;
    /** PEM of the CAs, in no order. */
    readonly trustBundle: string;
  };
}

/** What {@link clusterTrustBundle} takes. */
export interface ClusterTrustBundleOptions {
  /** Whose CAs these are; it becomes the beginning of the object's name. */
  readonly signerName?: string;
  /** The object's name, without the part that the signer's name makes. */
  readonly name: string;
  /** The CAs. */
  readonly trustAnchors: readonly Certificate[];
  /** Labels, by which pods choose among the bundles of a signer. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Kubernetes `ValidateClusterTrustBundle`: 1 MiB. */
const MAX_BYTES = 1_048_576;

/**
 * Makes a ClusterTrustBundle object: each CA once, in an order that depends on the certificates alone, so that the same CAs give the same object.
 *
 * Nothing is checked here, see {@link validateClusterTrustBundle}.
 *
 * Source: Kubernetes `pkg/apis/certificates/types.go` (`ClusterTrustBundle`), KEP-3257.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, clusterTrustBundle, generateKeyPair, issueSelfSigned, validateClusterTrustBundle } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "my CA" } }), signer);
 * const bundle = clusterTrustBundle({ signerName: "example.com/my-signer", name: "v1", trustAnchors: [certificate] });
 * assert.equal(bundle.metadata.name, "example.com:my-signer:v1");
 * assert.deepEqual(validateClusterTrustBundle(bundle), []);
 * ```
 */
export function clusterTrustBundle(options: ClusterTrustBundleOptions): ClusterTrustBundle {
  const { signerName, name, trustAnchors, labels } = options;
  const trustBundle = encodeTrustBundle(trustAnchors);
  return {
    apiVersion: "certificates.k8s.io/v1beta1",
    kind: "ClusterTrustBundle",
    metadata: {
      name: signerName === undefined ? name : `${namePrefix(signerName)}${name}`,
      ...(labels && { labels }),
    },
    spec: signerName === undefined ? { trustBundle } : { signerName, trustBundle },
  };
}

/**
 * The CAs as PEM: each once, ordered by their bytes, so that the same CAs give the same text. During a rotation, pass the old and the new ones together.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, encodeTrustBundle, generateKeyPair, issueSelfSigned } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const make = async () => (await issueSelfSigned(caTemplate({ subject: { commonName: "CA" } }), signer)).certificate;
 * const [older, newer] = [await make(), await make()];
 * assert.equal(encodeTrustBundle([older, newer, older]), encodeTrustBundle([newer, older]));
 * ```
 */
export function encodeTrustBundle(trustAnchors: readonly Certificate[]): string {
  const texts = trustAnchors.map(({ der }) => encodePem("CERTIFICATE", der));
  return [...new Set(texts)].sort().join("");
}

/** The codes of {@link validateClusterTrustBundle}. */
export type TrustBundleFindingCode =
  | "FINDING_TRUST_BUNDLE_NAME"
  | "FINDING_TRUST_BUNDLE_SIGNER_NAME"
  | "FINDING_TRUST_BUNDLE_SIZE"
  | "FINDING_TRUST_BUNDLE_PEM"
  | "FINDING_TRUST_BUNDLE_CERTIFICATE"
  | "FINDING_TRUST_BUNDLE_DUPLICATE"
  | "FINDING_TRUST_BUNDLE_EMPTY";

/** A finding of {@link validateClusterTrustBundle}. */
export interface TrustBundleFinding extends Finding {
  /** Stable name of the rule. */
  readonly code: TrustBundleFindingCode;
}

/**
 * Everything for which kube-apiserver would refuse the object, in its words where it has some; empty if it takes it.
 *
 * With `old`, the object that is to be replaced: the signer's name must be the same, and a bundle that does not change is not looked at again.
 * Signatures, dates and key usages of the CAs are not looked at, as by the server. A certificate that only Go reads is a finding here, too.
 *
 * Source: Kubernetes `pkg/apis/certificates/validation/validation.go` (`ValidateClusterTrustBundle`, `ValidateClusterTrustBundleUpdate`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { clusterTrustBundle, validateClusterTrustBundle } from "kubepki";
 *
 * const findings = validateClusterTrustBundle(clusterTrustBundle({ name: "empty", trustAnchors: [] }));
 * assert.equal(findings[0]?.message, "at least one trust anchor must be provided");
 * ```
 */
export function validateClusterTrustBundle(
  bundle: ClusterTrustBundle,
  old?: ClusterTrustBundle,
): TrustBundleFinding[] {
  const { signerName, trustBundle } = bundle.spec;
  const findings = validateName(bundle.metadata.name, signerName);
  if (old && (old.spec.signerName ?? "") !== (signerName ?? ""))
    findings.push(finding("FINDING_TRUST_BUNDLE_SIGNER_NAME", "spec.signerName", "field is immutable"));
  if (old && old.spec.trustBundle === trustBundle) return findings;
  return [...findings, ...validateTrustBundle(trustBundle)];
}

function validateName(name: string, signerName: string | undefined): TrustBundleFinding[] {
  const path = "metadata.name";
  const invalid = (message: string): TrustBundleFinding =>
    finding("FINDING_TRUST_BUNDLE_NAME", path, message);
  if (!signerName) {
    if (name.includes(":"))
      return [invalid('ClusterTrustBundle without signer name must not have ":" in its name')];
    return isDns1123Subdomain(name) ? [] : [invalid("the name is no DNS subdomain")];
  }
  const findings = validateSignerName(signerName, "spec.signerName").map(
    ({ path: field, message }): TrustBundleFinding =>
      finding("FINDING_TRUST_BUNDLE_SIGNER_NAME", field, message),
  );
  const prefix = namePrefix(signerName);
  if (!name.startsWith(prefix))
    return [
      ...findings,
      invalid(`ClusterTrustBundle for signerName ${signerName} must be named with prefix ${prefix}`),
    ];
  if (!isDns1123Subdomain(name.slice(prefix.length)))
    findings.push(invalid("what follows the signer's name is no DNS subdomain"));
  return findings;
}

function namePrefix(signerName: string): string {
  return `${signerName.replaceAll("/", ":")}:`;
}

function validateTrustBundle(text: string): TrustBundleFinding[] {
  const size = new TextEncoder().encode(text).length;
  if (size > MAX_BYTES)
    return [bundleFinding("SIZE", `the bundle has ${size} bytes, at most ${MAX_BYTES} are allowed`)];
  let blocks: readonly PemBlock[];
  try {
    blocks = parsePem(text, { mode: "kubernetes", maxCharacters: MAX_BYTES, maxBlocks: MAX_BYTES });
  } catch (error) {
    if (!(error instanceof PemError)) throw error;
    return error.code === "ERR_PEM_NO_BLOCK" ? [empty()] : [bundleFinding("PEM", error.message)];
  }
  if (blocks.length === 0) return [empty()];
  const anchors = blocks.map((block, index) => readAnchor(block, index));
  return [...anchors.filter((anchor) => "code" in anchor), ...findDuplicates(blocks)];
}

function readAnchor({ label, der, headers }: PemBlock, index: number): TrustBundleFinding | Certificate {
  if (label !== "CERTIFICATE") return bundleFinding("PEM", `entry ${index} has bad block type: ${label}`);
  if (headers) return bundleFinding("PEM", `entry ${index} has PEM block headers`);
  try {
    const certificate = parseCertificate(der, { mode: "kubernetes" });
    if (certificate.extensionValue("basicConstraints")?.ca) return certificate;
    return bundleFinding("CERTIFICATE", `entry ${index} does not have the CA bit set`);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return bundleFinding("CERTIFICATE", `entry ${index} does not parse as X.509: ${error.message}`);
  }
}

function findDuplicates(blocks: readonly PemBlock[]): TrustBundleFinding[] {
  const sorted = blocks.map(({ der }, index) => ({ der, index, key: encodePem("CERTIFICATE", der) }));
  sorted.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.index - b.index));
  return sorted.flatMap(({ der, index }, place) => {
    const before = sorted[place - 1];
    return before && equalBytes(before.der, der)
      ? [bundleFinding("DUPLICATE", `duplicate trust anchor (indices [${before.index} ${index}])`)]
      : [];
  });
}

function empty(): TrustBundleFinding {
  return bundleFinding("EMPTY", "at least one trust anchor must be provided");
}

function bundleFinding(
  kind: "SIZE" | "PEM" | "CERTIFICATE" | "DUPLICATE" | "EMPTY",
  message: string,
): TrustBundleFinding {
  return finding(`FINDING_TRUST_BUNDLE_${kind}`, "spec.trustBundle", message);
}

function finding(code: TrustBundleFindingCode, path: string, message: string): TrustBundleFinding {
  return { code, severity: "error", path, message };
}
