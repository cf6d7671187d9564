/** A certificate chain and its private key, as one thing. */
import { KeyError } from "../../errors.ts";
import { keyMatchesCertificate } from "../../keys/public-key.ts";
import { encodePem, parsePem } from "../../pem.ts";
import { parseCertificates } from "../../x509/certificate.ts";
import type { Certificate } from "../../x509/certificate.ts";
import { keyObjectSigner, parseKeyObject } from "../signer.ts";

/**
 * A certificate, the chain that is sent with it, and its private key, which does not show itself: logging and JSON give the certificate alone.
 *
 * Made by {@link parseCertificatePair} and by a `CertificateStore`. Guaranteed: the key is that of the first certificate. Not checked: whether the certificate is
 * current, or who signed it.
 */
export class CertificatePair {
  /** The certificate of the key, then the intermediates that are sent with it. */
  readonly certificates: readonly [Certificate, ...Certificate[]];
  readonly #keyPem: string;

  /** Not for callers: {@link parseCertificatePair} makes these. */
  constructor(certificates: readonly [Certificate, ...Certificate[]], keyPem: string) {
    this.certificates = certificates;
    this.#keyPem = keyPem;
    const value = (): string => this.toString();
    Object.defineProperty(this, Symbol.for("nodejs.util.inspect.custom"), { value }); // what console.log shows
  }

  /** The certificate of the key. */
  get certificate(): Certificate {
    return this.certificates[0];
  }

  /** Tells whether the end of the certificate is past at this moment. */
  isExpired(at: Date | number = Date.now()): boolean {
    return this.certificate.notAfter.getTime() < Number(at);
  }

  /** PEM of the certificates, in their order. */
  get certificatePem(): string {
    return this.certificates.map(({ der }) => encodePem("CERTIFICATE", der)).join("");
  }

  /** Certificates and private key for `tls.createServer`, `server.setSecureContext`, `https.Agent` and `tls.connect`. Holds the secret: do not log it. */
  exportTlsOptions(): TlsKeyPair {
    return { cert: this.certificatePem, key: this.#keyPem };
  }

  /** PEM of the certificates, then of the key: the contents of a kubelet's file. Write it with mode 0600. */
  exportPem(): string {
    return this.certificatePem + this.#keyPem;
  }

  /** What JSON shows: PEM of the certificates. */
  toJSON(): string {
    return this.certificatePem;
  }

  /** `CertificatePair(serial number, end)`. */
  toString(): string {
    const { serialNumber, notAfter } = this.certificate;
    return `CertificatePair(${serialNumber}, until ${notAfter.toISOString()})`;
  }
}

/** What Node's TLS takes. */
export interface TlsKeyPair {
  /** PEM of the certificate and its intermediates. */
  readonly cert: string;
  /** PEM of the private key. */
  readonly key: string;
}

/**
 * Reads a certificate chain and its private key from PEM; both may be the same text, as in a kubelet's files.
 *
 * Guaranteed: there is one key, it works, and it is that of the first certificate. In the text that the pair exports, other blocks and text between them are left out.
 *
 * Source: Go crypto/tls `X509KeyPair`, client-go `util/certificate/certificate_store.go` (`loadFile`).
 *
 * @throws KeyError `ERR_KEY_MISMATCH` if the key is another's, and the codes of `parsePrivateKey`
 * @throws PemError, DerError, CertificateError as `parseCertificates`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, encodePem, generateKeyPair, issueSelfSigned } from "kubepki";
 * import { parseCertificatePair } from "kubepki/node";
 *
 * const { privateKey, signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * const pair = parseCertificatePair(encodePem("CERTIFICATE", certificate.der), await privateKey.exportPem());
 * assert.doesNotMatch(JSON.stringify(pair), /PRIVATE KEY/);
 * ```
 */
export function parseCertificatePair(certificatePem: string, keyPem: string): CertificatePair {
  const [certificate, ...intermediates] = parseCertificates(certificatePem);
  const key = parseKeyObject(keyPem);
  if (!keyMatchesCertificate(keyObjectSigner(key), certificate!))
    throw new KeyError("ERR_KEY_MISMATCH", "the private key is not that of the first certificate");
  return new CertificatePair([certificate!, ...intermediates], onlyKey(keyPem));
}

/** The key's block alone, in the encoding that it has; that there is one, the reader of keys has seen. */
function onlyKey(pem: string): string {
  const block = parsePem(pem).find(({ label }) => label.endsWith("PRIVATE KEY"))!;
  return encodePem(block.label, block.der);
}
