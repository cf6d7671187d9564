/** Writing PKCS#12 files (RFC 7292). */
import * as asn1js from "asn1js";
import { AuthenticatedSafe, ContentInfo, PFX } from "pkijs";
import { KeyError } from "../errors.ts";
import type { PrivateKey } from "../keys/private-key.ts";
import { keyMatchesCertificate } from "../keys/public-key.ts";
import { parseCertificate } from "../x509/certificate.ts";
import type { Certificate, CertificateInput } from "../x509/certificate.ts";
import { bufferOf, passwordBytes } from "./asn1.ts";
import { encryptedKeyInfo } from "./encrypted-key.ts";
import type { EncryptOptions } from "./encrypted-key.ts";
import { encryptWithPassword } from "./pbes2.ts";
import type { Encrypted } from "./pbes2.ts";
import { pbmac1Data } from "./pkcs12-mac.ts";

/** Types of bags and of what they hold. */
const SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";
const CERT_BAG = "1.2.840.113549.1.12.10.1.3";
const X509_CERTIFICATE = "1.2.840.113549.1.9.22.1";
const FRIENDLY_NAME = "1.2.840.113549.1.9.20";
const LOCAL_KEY_ID = "1.2.840.113549.1.9.21";
const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";

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
  /** Rounds for the MAC; 100,000 by default, because they are computed in JavaScript, and with PBMAC1 as many as `iterations`. Whoever guesses passwords tries the cheaper of the two. */
  readonly macIterations?: number;
  /**
   * - `"pkcs12"`, the default: the MAC of RFC 7292, which every reader knows.
   * - `"pbmac1"`: that of RFC 9579, whose key is derived by WebCrypto and so without a stop; OpenSSL 3.4, GnuTLS 3.8.8 and later read it.
   */
  readonly mac?: "pkcs12" | "pbmac1";
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
  { iterations = ITERATIONS, macIterations, mac = "pkcs12" }: Pkcs12Options = {},
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
  return mac === "pbmac1"
    ? protectWithPbmac1(safeContents, password, macIterations ?? iterations)
    : protect(safeContents, password, macIterations ?? MAC_ITERATIONS);
}

async function protectWithPbmac1(
  safeContents: ContentInfo[],
  password: string,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const content = new Uint8Array(new AuthenticatedSafe({ safeContents }).toSchema().toBER());
  const macData = await pbmac1Data(content, password, iterations);
  const version = new asn1js.Integer({ value: 3 });
  const pfx = new asn1js.Sequence({ value: [version, plainContent(content).toSchema(), macData] });
  return new Uint8Array(pfx.toBER());
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
