/** From the outside of a PKCS#12 file to its bags: the MAC, then each part. */
import * as asn1js from "asn1js";
import { AuthenticatedSafe, EncryptedData, PKCS8ShroudedKeyBag, SafeContents } from "pkijs";
import type { ContentInfo, PFX } from "pkijs";
import { FormatError, PkiError } from "../errors.ts";
import { readBer, reading } from "./asn1.ts";
import type { IterationBudget } from "./asn1.ts";
import { decryptBag } from "./encrypted-key.ts";
import { decryptWithPassword, passwordError } from "./pbes2.ts";
import { macHolds } from "./pkcs12-mac.ts";

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";

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
  if (!(await macHolds(macData, content, password, budget))) {
    if (!(await opensAnything(content, password, budget))) throw passwordError();
    const message = "the password is right, but the MAC does not hold: the file was changed or damaged";
    throw new FormatError("ERR_FORMAT_INTEGRITY", message);
  }
  const parts: SafeContents[] = [];
  for (const part of partsOf(content)) parts.push(await readPart(part, password, budget));
  return parts;
}

/**
 * Whether something of the content opens with the password, although the MAC does not hold: then the password is right and the file was changed.
 * A wrong password makes noise of what is encrypted, which is no structure.
 */
async function opensAnything(
  content: Uint8Array,
  password: string,
  budget: IterationBudget,
): Promise<boolean> {
  try {
    for (const part of partsOf(content)) {
      const { safeBags } = await readPart(part, password, budget);
      if (part.contentType === ENCRYPTED_DATA) return true;
      for (const { bagValue } of safeBags)
        if (bagValue instanceof PKCS8ShroudedKeyBag) {
          const key = await decryptBag(bagValue, password, budget);
          readBer(key, "private key");
          key.fill(0);
          return true;
        }
    }
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
  }
  return false;
}

function partsOf(content: Uint8Array): readonly ContentInfo[] {
  const schema = readBer(content, "AuthenticatedSafe");
  return reading("AuthenticatedSafe", () => new AuthenticatedSafe({ schema })).safeContents;
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
