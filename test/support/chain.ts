/** Signs certificates made of parts, at once and always the same, so that a test can build a chain that is wrong in exactly one way. */
import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { bits, hex, join } from "./tlv.ts";
import {
  basicConstraints,
  certificate,
  cn,
  ed25519,
  name,
  tbsCertificate,
  type Parts,
} from "./certificate.ts";

/** Somebody who has a name and an Ed25519 key. */
export interface Party {
  readonly subject: Uint8Array;
  readonly key: KeyObject;
  readonly subjectPublicKeyInfo: Uint8Array;
}

/** The same label gives the same key. */
export function party(commonName: string, keyLabel: string = commonName): Party {
  const seed = new Uint8Array(createHash("sha256").update(keyLabel).digest());
  const der = Buffer.from(join(hex("302e020100300506032b657004220420"), seed));
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const subjectPublicKeyInfo = new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }));
  return { subject: name(cn(commonName)), key, subjectPublicKeyInfo };
}

/** DER of a certificate about one party, signed by another (or by itself); parts replace what would stand there. */
export function signed(subject: Party, by: Party = subject, parts: Parts = {}): Uint8Array {
  const tbs = tbsCertificate({
    issuer: by.subject,
    subject: subject.subject,
    subjectPublicKeyInfo: subject.subjectPublicKeyInfo,
    innerAlgorithm: ed25519,
    ...parts,
  });
  return certificate({
    tbs,
    outerAlgorithm: parts.innerAlgorithm ?? ed25519,
    signature: bits(new Uint8Array(sign(null, tbs, by.key))),
  });
}

/** As {@link signed}, of a CA: with `cA TRUE` unless other extensions are given. */
export const signedCa = (subject: Party, by: Party = subject, parts: Parts = {}): Uint8Array =>
  signed(subject, by, { extensions: [basicConstraints()], ...parts });
