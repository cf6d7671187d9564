/** What kube-apiserver says to a PodCertificateRequest before it takes it. */
import { decodeBase64 } from "../../base64.ts";
import { PkiError } from "../../errors.ts";
import { readPublicKey } from "../../keys/public-key.ts";
import type { PublicKeyParts } from "../../keys/public-key.ts";
import { parseCertificateRequest } from "../../verify/certificate-request.ts";
import { isDns1123Subdomain } from "../../x509/dns-name.ts";
import { readCertificateRequest } from "../../x509/certificate-request.ts";
import { isKubernetesSignerName, validateSignerName } from "../csr/signer-name.ts";
import { DEFAULT_MAX_EXPIRATION_SECONDS } from "./api-object.ts";
import type { PodCertificateRequest, PodCertificateRequestSpec } from "./api-object.ts";
import { finding } from "./finding.ts";
import type { PodCertificateFinding } from "./finding.ts";
import { verifyPodUid } from "./proof.ts";

/* Kubernetes `pkg/apis/certificates/types.go`. */
const MIN_EXPIRATION_SECONDS = 3600;
/** 91 days. */
const MAX_EXPIRATION_SECONDS = 7_862_400;
/** A day, for the signers of Kubernetes itself. */
const MAX_KUBERNETES_EXPIRATION_SECONDS = 86_400;
/** Octets of a key, a proof or a stub: 10 KiB. */
const MAX_OCTETS = 10_240;
/** Octets of all annotations: 256 KiB. */
const MAX_ANNOTATIONS = 262_144;
const MAX_UID = 128;

/**
 * Everything for which kube-apiserver would refuse to create the object, in its words where it has some; empty if it takes it. It stops at the first of several
 * faults of a key; here are all that can be found.
 *
 * The key's proof is verified, so that this is not at once. Not checked: what admission asks, that is whether node, pod and service account are those of the cluster.
 * Proofs of RSA keys are taken with two lengths of salt only, see {@link verifyPodUid}.
 *
 * Source: Kubernetes `pkg/apis/certificates/validation/validation.go` (`ValidatePodCertificateRequestCreate`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validatePodCertificateRequest } from "kubepki";
 *
 * const findings = await validatePodCertificateRequest({
 *   spec: {
 *     signerName: "example.com/workloads",
 *     podName: "web-0", podUID: "1", serviceAccountName: "web", serviceAccountUID: "2", nodeName: "node-1", nodeUID: "3",
 *     maxExpirationSeconds: 60,
 *   },
 * });
 * assert.deepEqual(findings.map(({ path }) => path), ["spec.maxExpirationSeconds", "spec"]);
 * ```
 */
export async function validatePodCertificateRequest({
  metadata = {},
  spec,
}: PodCertificateRequest): Promise<PodCertificateFinding[]> {
  return [
    ...validateName(metadata),
    ...validateSignerName(spec.signerName).map(({ path, message }) => finding("SIGNER_NAME", path, message)),
    ...validateSubjects(spec),
    ...validateExpiration(spec),
    ...validateAnnotations(spec.unverifiedUserAnnotations ?? {}),
    ...(await validateKey(spec)),
  ];
}

function validateName({
  name,
  generateName,
}: NonNullable<PodCertificateRequest["metadata"]>): PodCertificateFinding[] {
  if (name === undefined || name === "" || isDns1123Subdomain(name)) {
    // What is generated from goes through the same rule, but may end in a hyphen or a dot that the rest follows.
    const start = generateName ?? "";
    if (name || start === "" || isDns1123Subdomain(`${start}a`)) return [];
    return [finding("NAME", "metadata.generateName", "no DNS subdomain can begin so")];
  }
  return [finding("NAME", "metadata.name", "the name is no DNS subdomain")];
}

function validateSubjects(spec: PodCertificateRequestSpec): PodCertificateFinding[] {
  const names = ["podName", "serviceAccountName", "nodeName"] as const;
  const uids = ["podUID", "serviceAccountUID", "nodeUID"] as const;
  return [
    ...names
      .filter((field) => !isDns1123Subdomain(spec[field]))
      .map((field) => finding("SUBJECT", `spec.${field}`, "the name is no DNS subdomain")),
    ...uids.flatMap((field) => {
      const octets = new TextEncoder().encode(spec[field]).length;
      if (octets > 0 && octets <= MAX_UID) return [];
      const message = octets === 0 ? "must not be empty" : `may not be more than ${MAX_UID} bytes`;
      return [finding("SUBJECT", `spec.${field}`, message)];
    }),
  ];
}

function validateExpiration(spec: PodCertificateRequestSpec): PodCertificateFinding[] {
  const { signerName, maxExpirationSeconds: seconds = DEFAULT_MAX_EXPIRATION_SECONDS } = spec;
  const most = isKubernetesSignerName(signerName)
    ? MAX_KUBERNETES_EXPIRATION_SECONDS
    : MAX_EXPIRATION_SECONDS;
  if (Number.isInteger(seconds) && seconds >= MIN_EXPIRATION_SECONDS && seconds <= most) return [];
  const message = `must be in the range [${MIN_EXPIRATION_SECONDS}, ${most}]`;
  return [finding("EXPIRATION", "spec.maxExpirationSeconds", message)];
}

/** Keys are those of annotations with a domain: `example.com/name` (`IsDomainPrefixedKey`). */
function validateAnnotations(annotations: Readonly<Record<string, string>>): PodCertificateFinding[] {
  const path = "spec.unverifiedUserAnnotations";
  const encoder = new TextEncoder();
  let octets = 0;
  const findings: PodCertificateFinding[] = [];
  for (const [key, value] of Object.entries(annotations)) {
    octets += encoder.encode(key).length + encoder.encode(value).length;
    const [domain = "", name, ...more] = key.split("/", 3);
    if (name === undefined || more.length > 0 || !isDns1123Subdomain(domain) || !isQualifiedName(name))
      findings.push(finding("ANNOTATIONS", path, "each key must be a domain, a slash and a name"));
  }
  if (octets > MAX_ANNOTATIONS)
    findings.push(finding("ANNOTATIONS", path, `may not be more than ${MAX_ANNOTATIONS} bytes`));
  return findings;
}

/** The second half of a label's or an annotation's key (`IsQualifiedName`). */
function isQualifiedName(name: string): boolean {
  return name.length <= 63 && /^[\w.-]+$/.test(name) && /^[^_.-]/.test(name) && /[^_.-]$/.test(name);
}

async function validateKey(spec: PodCertificateRequestSpec): Promise<PodCertificateFinding[]> {
  const { stubPKCS10Request: stub = "", pkixPublicKey: key = "", proofOfPossession: proof = "" } = spec;
  if (stub === "" ? key === "" || proof === "" : key !== "" || proof !== "") {
    const message = "exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set";
    return [finding("KEY", "spec", message)];
  }
  return stub === "" ? validateProof(spec.podUID, key, proof) : validateStub(stub);
}

/** Nobody asks for an empty subject, or for no extensions: signers look at the key alone. */
async function validateStub(base64: string): Promise<PodCertificateFinding[]> {
  const path = "spec.stubPKCS10Request";
  const der = octetsOf(base64);
  if (der === undefined) return [tooLong("KEY", path)];
  try {
    const request = await parseCertificateRequest(der, { mode: "kubernetes" });
    return keyFault(readPublicKey(request.subjectPublicKeyInfo)).map((message) =>
      finding("KEY", path, message),
    );
  } catch (error) {
    return [faultOf(error, path, "KEY", "must be a PKCS#10 request with a signature that holds")];
  }
}

async function validateProof(
  podUid: string,
  keyText: string,
  proofText: string,
): Promise<PodCertificateFinding[]> {
  const [path, proofPath] = ["spec.pkixPublicKey", "spec.proofOfPossession"];
  const [spki, proof] = [octetsOf(keyText), octetsOf(proofText)];
  if (spki === undefined) return [tooLong("KEY", path)];
  if (proof === undefined) return [tooLong("PROOF", proofPath)];
  try {
    const faults = keyFault(readPublicKey(spki));
    if (faults.length > 0) return faults.map((message) => finding("KEY", path, message));
    if (await verifyPodUid(podUid, spki, proof)) return [];
    return [finding("PROOF", proofPath, "could not verify proof-of-possession signature")];
  } catch (error) {
    return [faultOf(error, path, "KEY", "must be a valid PKIX-serialized public key")];
  }
}

/** Ed25519, the three curves, and RSA of 3072 or 4096 bits, to the next whole octet as Go counts. */
function keyFault({ algorithm, name, signatureSize }: PublicKeyParts): string[] {
  if (algorithm.kind === "curve" || name === "Ed25519") return [];
  if (algorithm.kind !== "rsa")
    return ["unknown public key type; supported types are Ed25519, ECDSA, and RSA"];
  const bits = signatureSize! * 8;
  return bits === 3072 || bits === 4096 ? [] : ["RSA keys must have modulus size 3072 or 4096"];
}

/** The key that a request is for, DER SubjectPublicKeyInfo, which the certificate must have; undefined if it cannot be read. */
export function requestedKey(spec: PodCertificateRequestSpec): Uint8Array | undefined {
  const { stubPKCS10Request = "", pkixPublicKey = "" } = spec;
  const der = octetsOf(stubPKCS10Request || pkixPublicKey);
  if (der === undefined || der.length === 0) return undefined;
  if (stubPKCS10Request === "") return der;
  try {
    return readCertificateRequest(der, { mode: "kubernetes" }).subjectPublicKeyInfo;
  } catch (error) {
    if (error instanceof PkiError) return undefined;
    throw error;
  }
}

/** Tells whether a stub says nothing but the key, as those of kubelets; signers are to deny others. */
export function isStubEmpty({ stubPKCS10Request = "" }: PodCertificateRequestSpec): boolean {
  if (stubPKCS10Request === "") return true;
  const request = readCertificateRequest(octetsOf(stubPKCS10Request)!, { mode: "kubernetes" });
  return request.subject.rdns.length === 0 && request.extensions.length === 0;
}

/** What the base64 holds; undefined if that is too much. Text that is no base64 is nothing, which is no key. */
function octetsOf(base64: string): Uint8Array | undefined {
  // Four characters are three octets; white space is not written by anybody here.
  if (base64.length > (MAX_OCTETS / 3 + 1) * 4) return undefined;
  const octets = decodeBase64(base64, false) ?? new Uint8Array();
  return octets.length > MAX_OCTETS ? undefined : octets;
}

function tooLong(kind: "KEY" | "PROOF", path: string): PodCertificateFinding {
  return finding(kind, path, `may not be more than ${MAX_OCTETS} bytes`);
}

function faultOf(error: unknown, path: string, kind: "KEY", message: string): PodCertificateFinding {
  if (!(error instanceof PkiError)) throw error;
  if (error.code === "ERR_KEY_UNSUPPORTED_BY_RUNTIME") throw error;
  return finding(kind, path, `${message}: ${error.message}`);
}
