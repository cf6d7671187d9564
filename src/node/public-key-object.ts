/** Public keys as OpenSSL has them. */
import { createPublicKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { ByteCache } from "../byte-cache.ts";
import { KeyError } from "../errors.ts";
import type { KeyAlgorithm } from "../keys/algorithms.ts";
import type { PublicKeyParts } from "../keys/public-key.ts";
import { encodePem } from "../pem.ts";

const MAX_REMEMBERED = 256;
const remembered = /* @__PURE__ */ new ByteCache<KeyObject>(MAX_REMEMBERED);

/** An OpenSSL key of DER that was read before; remembered by its bytes. */
export function importPublicKey(subjectPublicKeyInfo: Uint8Array, parts: PublicKeyParts): KeyObject {
  const known = remembered.get(subjectPublicKeyInfo);
  if (known) return known;
  try {
    const key = isQuickAsPoint(parts) ? fromPoint(parts) : fromText(subjectPublicKeyInfo);
    remembered.set(key, subjectPublicKeyInfo);
    return key;
  } catch (error) {
    throw importError(error, parts.algorithm);
  }
}

/** As text: whether an object is a key, Node 24 finds out by exceptions, four of them, which take longer than OpenSSL does; a text is no object. */
function fromText(subjectPublicKeyInfo: Uint8Array): KeyObject {
  return createPublicKey(encodePem("PUBLIC KEY", subjectPublicKeyInfo));
}

/** OpenSSL 3.0 (Node 20 and 22) takes twice as long to find out what DER or PEM holds as to prove that a point is one of P-256; on other curves the proof is slow. */
function isQuickAsPoint({ name }: PublicKeyParts): boolean {
  return name === "ECDSA-P256" && (process.versions.openssl?.startsWith("3.0.") ?? false);
}

/** RFC 5480 2.2: one octet that says "uncompressed", then both coordinates. */
function fromPoint({ publicKey }: PublicKeyParts): KeyObject {
  const middle = (publicKey.length + 1) / 2;
  const text = (start: number, end?: number): string =>
    Buffer.from(publicKey.subarray(start, end)).toString("base64url");
  const key = { kty: "EC", crv: "P-256", x: text(1, middle), y: text(middle) };
  return createPublicKey({ key, format: "jwk" });
}

/** OpenSSL does not say that it lacks an algorithm. But where a key is any octets of the right number, nothing else can be wrong with it. */
export function importError(cause: unknown, { kind, name }: KeyAlgorithm): KeyError {
  return kind === "octets"
    ? new KeyError("ERR_KEY_UNSUPPORTED_BY_RUNTIME", `this runtime's OpenSSL has no ${name}`, { cause })
    : new KeyError("ERR_KEY_FORMAT", `this runtime's OpenSSL does not take the ${name} key`, { cause });
}
