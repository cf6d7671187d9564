/** PKCS#12, `.p12` and `.pfx`: what browsers, Java and Windows import (RFC 7292). */
import * as asn1js from "asn1js";
import { AuthenticatedSafe, CertBag, ContentInfo, PFX, PKCS8ShroudedKeyBag, PrivateKeyInfo } from "pkijs";
import type { Attribute } from "pkijs";
import { FormatError, KeyError } from "../errors.ts";
import { parsePrivateKey } from "../keys/private-key.ts";
import type { PrivateKey, PrivateKeyOptions } from "../keys/private-key.ts";
import { keyMatchesCertificate } from "../keys/public-key.ts";
import { parseCertificate } from "../x509/certificate.ts";
import type { Certificate, CertificateInput } from "../x509/certificate.ts";
import { IterationBudget, bufferOf, passwordBytes, readBer, reading } from "./asn1.ts";
import type { PasswordLimits } from "./asn1.ts";
import { decryptKeyBag, encryptedKeyInfo } from "./encrypted-key.ts";
import type { EncryptOptions } from "./encrypted-key.ts";
import { readContents } from "./pkcs12-contents.ts";
import { encryptWithPassword } from "./pbes2.ts";
import type { Encrypted } from "./pbes2.ts";

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

const SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";
const CERT_BAG = "1.2.840.113549.1.12.10.1.3";
const X509_CERTIFICATE = "1.2.840.113549.1.9.22.1";
const FRIENDLY_NAME = "1.2.840.113549.1.9.20";
const LOCAL_KEY_ID = "1.2.840.113549.1.9.21";
const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";

/**
 * Reads a PKCS#12 file: checks that the password made its MAC, then decrypts keys and certificates.
 *
 * Read are files of OpenSSL 3, NSS, Java 12 and later and {@link createPkcs12}: AES under PBES2, a MAC of SHA-1 or SHA-2. Files of older tools, with RC2 or 3DES, are not: no WebCrypto
 * has these. Keys are not extractable by default. Not checked: whether the certificates are valid or belong to the keys. CRLs and secrets in the file are refused.
 *
 * Source: RFC 7292.
 *
 * @throws FormatError `ERR_FORMAT_PASSWORD`, `ERR_FORMAT_STRUCTURE`, `ERR_FORMAT_UNSUPPORTED`, `ERR_FORMAT_LIMIT`
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
  options: PrivateKeyOptions & PasswordLimits = {},
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
      certificates.push({ certificate: certificateOf(bagValue), ...names });
    else
      throw new FormatError(
        "ERR_FORMAT_UNSUPPORTED",
        `the file has a bag of type ${bagId}, neither key nor certificate`,
      );
  }
  return { keys, certificates };
}

function certificateOf({ certId, certValue }: CertBag): Certificate {
  if (certId !== X509_CERTIFICATE || !(certValue instanceof asn1js.OctetString))
    throw new FormatError(
      "ERR_FORMAT_UNSUPPORTED",
      `the file has a certificate of type ${certId}, which is not X.509`,
    );
  return parseCertificate(new Uint8Array(certValue.getValue()));
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

/** What goes into a PKCS#12 file. */
export interface NewPkcs12 {
  /** The key of the first certificate. Left out, the file is a store of trusted certificates. */
  readonly privateKey?: PrivateKey;
  /** The key's own certificate first, then its issuers. */
  readonly certificates: readonly CertificateInput[];
  /** What a person reads in a list of keys. */
  readonly friendlyName?: string;
}

/** How a PKCS#12 file is protected. */
export interface Pkcs12Options extends EncryptOptions {
  /** Rounds for the MAC, which are computed in JavaScript; 100,000 by default. Whoever guesses passwords tries the cheaper of the two. */
  readonly macIterations?: number;
}

const ITERATIONS = 600_000;
const MAC_ITERATIONS = 100_000;

/**
 * Writes a PKCS#12 file: keys and certificates encrypted under PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC, and a MAC of HMAC-SHA256. OpenSSL 3 and 1.1, NSS (Firefox, Chromium on
 * Linux), Java 8u301 and later, Windows 10 and macOS 15 open it.
 *
 * Source: RFC 7292, RFC 8018.
 *
 * @throws KeyError `ERR_KEY_MISMATCH` if the first certificate is not the key's, `ERR_KEY_NOT_EXTRACTABLE`
 * @throws TypeError if there is neither key nor certificate; PemError, DerError, CertificateError if a certificate does not parse
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueSelfSigned } from "kubepki";
 * import { createPkcs12 } from "kubepki/formats";
 *
 * const ours = await generateKeyPair("ECDSA-P256");
 * const other = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "ca" } }), ours.signer);
 * const mixed = createPkcs12({ privateKey: other.privateKey, certificates: [certificate] }, "secret");
 * await assert.rejects(mixed, { code: "ERR_KEY_MISMATCH" });
 * ```
 */
export async function createPkcs12(
  contents: NewPkcs12,
  password: string,
  { iterations = ITERATIONS, macIterations = MAC_ITERATIONS }: Pkcs12Options = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { privateKey, friendlyName } = contents;
  const certificates = contents.certificates.map((input) => parseCertificate(input));
  const [own] = certificates;
  if (!own && !privateKey) throw new TypeError("there is neither a key nor a certificate to write");
  if (privateKey && own && !keyMatchesCertificate(privateKey, own))
    throw new KeyError("ERR_KEY_MISMATCH", "the first certificate has another key than the private key");
  const names = bagNames(friendlyName, privateKey);
  const certBags = certificates.map((certificate, index) =>
    bag(CERT_BAG, certBag(certificate), index === 0 ? names : []),
  );
  const safeContents: ContentInfo[] = [];
  if (certBags.length > 0)
    safeContents.push(
      encryptedContent(await encryptWithPassword(contentsOf(certBags), password, iterations)),
    );
  if (privateKey) {
    const pkcs8 = await privateKey.exportDer("pkcs8");
    const key = await encryptWithPassword(pkcs8, password, iterations);
    pkcs8.fill(0);
    safeContents.push(plainContent(contentsOf([bag(SHROUDED_KEY_BAG, encryptedKeyInfo(key), names)])));
  }
  return protect(safeContents, password, macIterations);
}

async function protect(
  safeContents: ContentInfo[],
  password: string,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const authenticatedSafe = new AuthenticatedSafe({ safeContents });
  const pfx = new PFX({ parsedValue: { integrityMode: 0, authenticatedSafe } });
  await pfx.makeInternalValues({
    password: passwordBytes(password),
    iterations,
    pbkdf2HashAlgorithm: "SHA-256",
    hmacHashAlgorithm: "SHA-256",
  });
  return new Uint8Array(pfx.toSchema().toBER());
}

function bag(type: string, value: asn1js.Sequence, names: readonly asn1js.Sequence[]): asn1js.Sequence {
  return new asn1js.Sequence({
    value: [
      new asn1js.ObjectIdentifier({ value: type }),
      explicit(value),
      ...(names.length > 0 ? [new asn1js.Set({ value: [...names] })] : []),
    ],
  });
}

function certBag({ der }: Certificate): asn1js.Sequence {
  return new asn1js.Sequence({
    value: [
      new asn1js.ObjectIdentifier({ value: X509_CERTIFICATE }),
      explicit(new asn1js.OctetString({ valueHex: bufferOf(der) })),
    ],
  });
}

function bagNames(friendlyName: string | undefined, key: PrivateKey | undefined): asn1js.Sequence[] {
  const names: asn1js.Sequence[] = [];
  if (friendlyName !== undefined)
    names.push(attribute(FRIENDLY_NAME, new asn1js.BmpString({ value: friendlyName })));
  // Any octets do, as long as key and certificate have the same; of the key they are the same in every file.
  if (key)
    names.push(
      attribute(
        LOCAL_KEY_ID,
        new asn1js.OctetString({ valueHex: bufferOf(key.subjectPublicKeyInfo.slice(-20)) }),
      ),
    );
  return names;
}

function attribute(type: string, value: asn1js.BaseBlock): asn1js.Sequence {
  return new asn1js.Sequence({
    value: [new asn1js.ObjectIdentifier({ value: type }), new asn1js.Set({ value: [value] })],
  });
}

function contentsOf(bags: readonly asn1js.Sequence[]): Uint8Array {
  return new Uint8Array(new asn1js.Sequence({ value: [...bags] }).toBER());
}

function plainContent(bytes: Uint8Array): ContentInfo {
  return new ContentInfo({
    contentType: DATA,
    content: new asn1js.OctetString({ valueHex: bufferOf(bytes) }),
  });
}

/** One string of octets: pkijs would write it in pieces, which is BER and no DER. */
function encryptedContent({ algorithm, content }: Encrypted): ContentInfo {
  const info = new asn1js.Sequence({
    value: [
      new asn1js.ObjectIdentifier({ value: DATA }),
      algorithm.toSchema(),
      new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber: 0 }, valueHex: content }),
    ],
  });
  const value = new asn1js.Sequence({ value: [new asn1js.Integer({ value: 0 }), info] });
  return new ContentInfo({ contentType: ENCRYPTED_DATA, content: value });
}

function explicit(value: asn1js.BaseBlock): asn1js.Constructed {
  return new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: [value] });
}
