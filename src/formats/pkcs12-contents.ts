/** From the outside of a PKCS#12 file to its bags: the MAC, then each part. */
import * as asn1js from "asn1js";
import { AuthenticatedSafe, EncryptedData, SafeContents, getCrypto } from "pkijs";
import type { ContentInfo, MacData, PFX } from "pkijs";
import { FormatError } from "../errors.ts";
import { bufferOf, passwordBytes, readBer, reading, readingLater } from "./asn1.ts";
import type { IterationBudget } from "./asn1.ts";
import { decryptWithPassword, passwordError } from "./pbes2.ts";

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
/** SHA-1 and SHA-2: the hashes that pkijs has for the MAC. */
const HASHES: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "SHA-1",
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};

/** All parts of the file, decrypted. */
export async function readContents(
  pfx: PFX,
  password: string,
  budget: IterationBudget,
): Promise<SafeContents[]> {
  const { authSafe, macData } = pfx;
  if (authSafe.contentType !== DATA || !(authSafe.content instanceof asn1js.OctetString))
    throw unsupported("the file is protected by a public key, expected a password");
  if (!macData) throw unsupported("the file has no MAC: nobody can tell whether it was changed");
  const content = new Uint8Array(authSafe.content.getValue());
  await checkMac(macData, content, password, budget);
  const schema = readBer(content, "AuthenticatedSafe");
  const { safeContents } = reading("AuthenticatedSafe", () => new AuthenticatedSafe({ schema }));
  const parts: SafeContents[] = [];
  for (const part of safeContents) parts.push(await readPart(part, password, budget));
  return parts;
}

async function checkMac(
  { mac, macSalt, iterations }: MacData,
  content: Uint8Array,
  password: string,
  budget: IterationBudget,
): Promise<void> {
  const { algorithmId } = mac.digestAlgorithm;
  const hashAlgorithm = Object.hasOwn(HASHES, algorithmId) ? HASHES[algorithmId] : undefined;
  if (hashAlgorithm === undefined)
    throw unsupported(`the MAC is made with ${algorithmId}, expected SHA-1 or SHA-2`);
  const iterationCount = iterations ?? 1;
  budget.take(iterationCount);
  const holds = await readingLater("PKCS#12 file", () =>
    getCrypto(true).verifyDataStampedWithPassword({
      password: passwordBytes(password),
      hashAlgorithm,
      salt: bufferOf(new Uint8Array(macSalt.getValue())),
      iterationCount,
      contentToVerify: bufferOf(content),
      signatureToVerify: bufferOf(new Uint8Array(mac.digest.getValue())),
    }),
  );
  if (!holds) throw passwordError();
}

async function readPart(
  { contentType, content }: ContentInfo,
  password: string,
  budget: IterationBudget,
): Promise<SafeContents> {
  const bytes = await contentOf(contentType, content as asn1js.AsnType, password, budget);
  const schema = readBer(bytes, "SafeContents");
  // pkijs does not read an empty list.
  if (schema instanceof asn1js.Sequence && schema.valueBlock.value.length === 0) return new SafeContents();
  return reading("SafeContents", () => new SafeContents({ schema }));
}

async function contentOf(
  contentType: string,
  content: asn1js.AsnType,
  password: string,
  budget: IterationBudget,
): Promise<Uint8Array> {
  if (contentType === DATA && content instanceof asn1js.OctetString)
    return new Uint8Array(content.getValue());
  if (contentType !== ENCRYPTED_DATA)
    throw unsupported(
      `a part of the file has the content type ${contentType}, expected data or encrypted data`,
    );
  const { encryptedContentInfo } = reading("EncryptedData", () => new EncryptedData({ schema: content }));
  const { contentEncryptionAlgorithm: algorithm } = encryptedContentInfo;
  const encrypted = reading("EncryptedData", () => encryptedContentInfo.getEncryptedContent());
  return decryptWithPassword({ algorithm, content: encrypted }, password, budget);
}

function unsupported(message: string): FormatError {
  return new FormatError("ERR_FORMAT_UNSUPPORTED", message);
}
