/** Reading PKCS#12 files (RFC 7292). */
import * as asn1js from "asn1js";
import { CertBag, PFX, PKCS8ShroudedKeyBag, PrivateKeyInfo } from "pkijs";
import type { Attribute } from "pkijs";
import { FormatError } from "../errors.ts";
import { parsePrivateKey } from "../keys/private-key.ts";
import type { PrivateKey, PrivateKeyOptions } from "../keys/private-key.ts";
import { parseCertificate } from "../x509/certificate.ts";
import type { Certificate } from "../x509/certificate.ts";
import { IterationBudget, readBer, reading } from "./asn1.ts";
import type { CertificatesOptions, PasswordLimits } from "./asn1.ts";
import { decryptKeyBag } from "./encrypted-key.ts";
import { readContents } from "./pkcs12-contents.ts";

/** What stands beside a key or a certificate. */
export interface Pkcs12Names {
  /** What a person reads in a list of keys, if there is something. */
  readonly friendlyName?: string;
  /** Equal for a key and its certificate; hex. */
  readonly localKeyId?: string;
}

/** A key of a PKCS#12 file. */
export interface Pkcs12Key extends Pkcs12Names {
  /** The key. */
  readonly privateKey: PrivateKey;
}

/** A certificate of a PKCS#12 file. */
export interface Pkcs12Certificate extends Pkcs12Names {
  /** The certificate. */
  readonly certificate: Certificate;
}

/** What is in a PKCS#12 file, in its order. */
export interface Pkcs12Contents {
  /** Private keys; mostly one. */
  readonly keys: readonly Pkcs12Key[];
  /** Certificates; `keyMatchesCertificate` tells which belongs to a key. */
  readonly certificates: readonly Pkcs12Certificate[];
}

const X509_CERTIFICATE = "1.2.840.113549.1.9.22.1";
const FRIENDLY_NAME = "1.2.840.113549.1.9.20";
const LOCAL_KEY_ID = "1.2.840.113549.1.9.21";

/**
 * Reads a PKCS#12 file: checks that the password made its MAC, then decrypts keys and certificates.
 *
 * Read are files of OpenSSL 3, GnuTLS, NSS, Java 12 and later and `createPkcs12`: AES under PBES2, a MAC of SHA-1 or SHA-2, or PBMAC1 (RFC 9579). Files of older tools, with RC2 or 3DES, are not: no WebCrypto
 * has these. Keys are not extractable by default. Not checked: whether the certificates are valid or belong to the keys. CRLs and secrets in the file are refused.
 *
 * Source: RFC 7292, RFC 9579.
 *
 * @throws FormatError `ERR_FORMAT_PASSWORD`, `ERR_FORMAT_INTEGRITY`, `ERR_FORMAT_STRUCTURE`, `ERR_FORMAT_UNSUPPORTED`, `ERR_FORMAT_LIMIT`
 * @throws DerError, CertificateError, KeyError if a certificate or key does not parse
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueSelfSigned } from "kubepki";
 * import { createPkcs12, parsePkcs12 } from "kubepki/formats";
 *
 * const { privateKey, signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "ca" } }), signer);
 * const file = await createPkcs12({ privateKey, certificates: [certificate], friendlyName: "my CA" }, "secret", { iterations: 1000 });
 * const { keys, certificates } = await parsePkcs12(file, "secret");
 * assert.equal(keys[0]?.friendlyName, "my CA");
 * assert.deepEqual(certificates[0]?.certificate.der, certificate.der);
 * ```
 */
export async function parsePkcs12(
  input: Uint8Array,
  password: string,
  options: PrivateKeyOptions & PasswordLimits & CertificatesOptions = {},
): Promise<Pkcs12Contents> {
  const schema = readBer(input, "PKCS#12 file", options);
  const pfx = reading("PKCS#12 file", () => new PFX({ schema }));
  const budget = new IterationBudget(options);
  const contents = await readContents(pfx, password, budget);
  const keys: Pkcs12Key[] = [];
  const certificates: Pkcs12Certificate[] = [];
  for (const { bagId, bagValue, bagAttributes } of contents.flatMap(({ safeBags }) => safeBags)) {
    const names = namesOf(bagAttributes ?? []);
    if (bagValue instanceof PKCS8ShroudedKeyBag)
      keys.push({ privateKey: await decryptKeyBag(bagValue, password, budget, options), ...names });
    else if (bagValue instanceof PrivateKeyInfo)
      keys.push({
        privateKey: await parsePrivateKey(new Uint8Array(bagValue.toSchema().toBER()), options),
        ...names,
      });
    else if (bagValue instanceof CertBag)
      certificates.push({ certificate: certificateOf(bagValue, options), ...names });
    else
      throw new FormatError(
        "ERR_FORMAT_UNSUPPORTED",
        `the file has a bag of type ${bagId}, neither key nor certificate`,
      );
  }
  return { keys, certificates };
}

function certificateOf({ certId, certValue }: CertBag, options: CertificatesOptions): Certificate {
  if (certId !== X509_CERTIFICATE || !(certValue instanceof asn1js.OctetString))
    throw new FormatError(
      "ERR_FORMAT_UNSUPPORTED",
      `the file has a certificate of type ${certId}, which is not X.509`,
    );
  return parseCertificate(new Uint8Array(certValue.getValue()), options.certificates);
}

function namesOf(attributes: readonly Attribute[]): Pkcs12Names {
  const value = (wanted: string): unknown => attributes.find(({ type }) => type === wanted)?.values[0];
  const friendlyName = value(FRIENDLY_NAME);
  const localKeyId = value(LOCAL_KEY_ID);
  return {
    ...(friendlyName instanceof asn1js.BmpString && { friendlyName: friendlyName.getValue() }),
    ...(localKeyId instanceof asn1js.OctetString && { localKeyId: hexOf(localKeyId) }),
  };
}

function hexOf(octets: asn1js.OctetString): string {
  return Array.from(new Uint8Array(octets.getValue()), (octet) => octet.toString(16).padStart(2, "0")).join(
    "",
  );
}
