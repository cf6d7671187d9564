/** Certificates that are refused by name, for CAs that issue no lists. */
import { toHex } from "../bytes.ts";
import { safely } from "../errors.ts";
import { signatureFromDer, signatureToDer } from "../keys/ecdsa-signature.ts";
import { readPublicKey } from "../keys/public-key.ts";
import { sha256 } from "../sha256.ts";
import { DerWriter } from "../der/writer.ts";
import { SEQUENCE } from "../der/tag.ts";
import { parseCertificate } from "../x509/certificate.ts";
import type { Certificate, CertificateInput } from "../x509/certificate.ts";
import { canonicalSerialNumber } from "../x509/serial-index.ts";

/** A certificate to refuse, by one of the names that people have for it. */
export type DenyEntry = {
  /** Why, for logs. */
  readonly reason?: string;
} & (
  | {
      /** The certificate itself. Found by what is signed, so in every form that its signature has. */
      readonly certificate: CertificateInput;
    }
  | {
      /** DER of the issuer's name: `certificate.issuer.der`, or the CA's `subject.der`. */
      readonly issuer: Uint8Array;
      /** Hex. */
      readonly serialNumber: string;
    }
  | {
      /** SHA-256 of the DER as hex, with or without colons: what `openssl x509 -fingerprint -sha256` prints. */
      readonly fingerprint: string;
    }
  | {
      /** `X509SHA256=` and the same as hex: what audit logs of Kubernetes 1.32 and later have under `authentication.kubernetes.io/credential-id`. */
      readonly credentialId: string;
    }
);

const CREDENTIAL_ID = "X509SHA256=";

/**
 * Certificates that are refused wherever they stand in a path. Give it as `denyList` to `verifyCertificateChain` or an authenticator.
 *
 * Each ECDSA signature has a twin: whoever has such a certificate can change its signature so that it still holds, and so its fingerprint. Therefore a
 * fingerprint on the list is also looked for among the twins of the certificate at hand; a certificate is found by its signed part; by issuer and
 * serial number there are no twins. Not refused: other certificates with the same key or name.
 *
 * @throws TypeError if an entry is malformed; PemError, DerError, CertificateError if its certificate does not parse
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DenyList, caTemplate, generateKeyPair, issueSelfSigned, parseIdentity, CREDENTIAL_ID_KEY } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * const [credentialId] = parseIdentity(certificate)!.extra[CREDENTIAL_ID_KEY]!;
 * const denyList = new DenyList([{ credentialId: credentialId!, reason: "laptop lost" }]);
 * assert.equal(denyList.find(certificate)?.reason, "laptop lost");
 * ```
 */
export class DenyList {
  #generation = 0;
  #entries: ReadonlyMap<string, DenyEntry>;

  /** Takes entries of any kind together. */
  constructor(entries: Iterable<DenyEntry>) {
    this.#entries = arrange(entries);
  }

  /** Grows with every {@link DenyList.replace}. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Refuses these certificates from now on and no others. Chains that an `Authenticator` remembers are verified again.
   *
   * @throws TypeError, PemError, DerError, CertificateError as the constructor; then the old entries stay
   */
  replace(entries: Iterable<DenyEntry>): void {
    this.#entries = arrange(entries);
    this.#generation++;
  }

  /** The entry that refuses this certificate, if one does. With the certificate of its issuer, twins are found of every curve. */
  find(certificate: Certificate, issuer?: Certificate): DenyEntry | undefined {
    const entries = this.#entries;
    if (entries.size === 0) return undefined;
    return (
      entries.get(serialKey(certificate.issuer.der, certificate.serialNumber)) ??
      entries.get(`tbs ${toHex(sha256(certificate.tbsCertificate))}`) ??
      entries.get(toHex(sha256(certificate.der))) ??
      entries.get(twinFingerprint(certificate, issuer) ?? "")
    );
  }
}

/**
 * The `authentication.kubernetes.io/credential-id` values that kube-apiserver gives to whoever comes with this certificate: that of the certificate, and that of
 * its twin where its ECDSA signature has one. `issuer` says which curve that is; without it, that of the certificate's own key is taken.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/request/x509/x509.go` (`CommonNameUserConversion`).
 *
 * @throws PemError, DerError, CertificateError if a certificate does not parse
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, credentialIds, generateKeyPair, issueSelfSigned } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * assert.equal(credentialIds(certificate).length, 2);
 * ```
 */
export function credentialIds(input: CertificateInput, issuer?: CertificateInput): string[] {
  const certificate = parseCertificate(input, { mode: "kubernetes" });
  const above = issuer === undefined ? undefined : parseCertificate(issuer, { mode: "kubernetes" });
  const twin = twinFingerprint(certificate, above);
  const fingerprints = [toHex(sha256(certificate.der)), ...(twin === undefined ? [] : [twin])];
  return fingerprints.map((fingerprint) => CREDENTIAL_ID + fingerprint);
}

function arrange(entries: Iterable<DenyEntry>): Map<string, DenyEntry> {
  const arranged = new Map<string, DenyEntry>();
  for (const entry of entries) arranged.set(keyOf(entry), entry);
  return arranged;
}

function keyOf(entry: DenyEntry): string {
  if ("certificate" in entry) {
    const certificate = parseCertificate(entry.certificate, { mode: "kubernetes" });
    return `tbs ${toHex(sha256(certificate.tbsCertificate))}`;
  }
  if ("issuer" in entry) return serialKey(entry.issuer, entry.serialNumber);
  if ("fingerprint" in entry) return fingerprintOf(entry.fingerprint.replaceAll(":", ""));
  if (!entry.credentialId.startsWith(CREDENTIAL_ID))
    throw new TypeError(`a credential id of a certificate begins with ${CREDENTIAL_ID}`);
  return fingerprintOf(entry.credentialId.slice(CREDENTIAL_ID.length));
}

function fingerprintOf(hex: string): string {
  if (!/^[0-9A-Fa-f]{64}$/.test(hex)) throw new TypeError("a SHA-256 fingerprint has 64 digits of hex");
  return hex.toLowerCase();
}

function serialKey(issuer: Uint8Array, serialNumber: string): string {
  return `serial ${canonicalSerialNumber(serialNumber)} ${toHex(issuer)}`;
}

/**
 * The fingerprint of the same certificate with the other signature that holds: r and the order less s. Undefined if it has none, or if nobody says
 * which curve it was signed on: without the issuer, that of the certificate's own key is taken, as it is mostly the same.
 */
function twinFingerprint(certificate: Certificate, issuer: Certificate = certificate): string | undefined {
  const result = safely(() => {
    const { algorithm } = readPublicKey(issuer.subjectPublicKeyInfo, { minimumRsaBits: 1024 });
    if (algorithm.kind !== "curve") return undefined;
    const value = signatureFromDer(certificate.signature, algorithm);
    value.set(subtract(algorithm.order, value.subarray(algorithm.size)), algorithm.size);
    const writer = new DerWriter(certificate.der.length + 16);
    writer.bitString(signatureToDer(value, algorithm));
    writer.raw(certificate.signatureAlgorithm.der);
    writer.raw(certificate.tbsCertificate);
    writer.close(SEQUENCE, 0);
    return toHex(sha256(writer.finish()));
  });
  return result.ok ? result.value : undefined;
}

/** Of two numbers with as many octets, big-endian; public ones, so time tells nothing. */
function subtract(from: Uint8Array, number: Uint8Array): Uint8Array {
  const difference = new Uint8Array(from.length);
  let borrow = 0;
  for (let i = from.length - 1; i >= 0; i--) {
    const digit = from[i]! - number[i]! - borrow;
    borrow = digit < 0 ? 1 : 0;
    difference[i] = digit & 0xff;
  }
  return difference;
}
