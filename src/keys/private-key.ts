import { equalBytes } from "../bytes.ts";
import { KeyError, PemError } from "../errors.ts";
import { encodePem, parsePem, type PemBlock } from "../pem.ts";
import { signatureAlgorithmNamed } from "./algorithm-identifier.ts";
import type { KeyAlgorithm, PublicKeyAlgorithmName } from "./algorithms.ts";
import {
  readPrivateKey,
  writePrivateKey,
  type PrivateKeyEncoding,
  type PrivateKeyParts,
} from "./private-key-der.ts";
import { encodeSubjectPublicKeyInfo, readPublicKey } from "./public-key.ts";
import { cryptoKeySigner, type Signer } from "./signer.ts";
import { cryptoKeyFrom, webCryptoParameters } from "./web-crypto.ts";
import type { CryptoKey } from "./web-crypto.ts";

/**
 * How a private key is written: `"pkcs8"`, `"sec1"` (ECDSA only), `"pkcs1"` (RSA only), or `"kubernetes"`: as kubeadm and client-go write it,
 * SEC 1 for ECDSA and PKCS#1 for RSA, and PKCS#8 for the rest.
 */
export type PrivateKeyFormat = PrivateKeyEncoding | "kubernetes";

/** How private keys are made and read. */
export interface PrivateKeyOptions {
  /** Whether the key may be written out again. */
  readonly extractable?: boolean;
}

/**
 * A private key that does not show itself: logging, JSON, text and copying give its algorithm and public key, never the secret.
 * What does give the secret has `export` in its name, and works only for extractable keys.
 *
 * Made by {@link generateKeyPair} and {@link parsePrivateKey}. Guaranteed: it belongs to its public key; one that was read has signed once.
 * JavaScript cannot promise that a secret leaves memory; an unextractable key is held by the runtime alone.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair } from "kubepki";
 *
 * const { privateKey } = await generateKeyPair("ECDSA-P256");
 * assert.equal(String(privateKey), "PrivateKey(ECDSA-P256)");
 * assert.match(await privateKey.exportPem(), /^-----BEGIN EC PRIVATE KEY-----/);
 * ```
 */
export class PrivateKey {
  /** What kind of key it is; for RSA with its size. */
  readonly algorithm: PublicKeyAlgorithmName;
  /** DER SubjectPublicKeyInfo of the public half. */
  readonly subjectPublicKeyInfo: Uint8Array;
  /** Signs with this key. */
  readonly signer: Signer;
  readonly #key: CryptoKey;

  /** Not for callers: {@link generateKeyPair} and {@link parsePrivateKey} make these. */
  constructor(key: CryptoKey, signer: Signer) {
    this.algorithm = readPublicKey(signer.subjectPublicKeyInfo).name;
    this.subjectPublicKeyInfo = signer.subjectPublicKeyInfo;
    this.signer = signer;
    this.#key = key;
    const value = (): string => this.toString();
    Object.defineProperty(this, Symbol.for("nodejs.util.inspect.custom"), { value }); // what console.log shows
  }

  /** Whether the key may be exported. */
  get extractable(): boolean {
    return this.#key.extractable;
  }

  /**
   * The secret as DER, byte for byte as Go and OpenSSL write it. Fill it with zeros after use.
   *
   * @throws KeyError `ERR_KEY_NOT_EXTRACTABLE`, `ERR_KEY_FORMAT` if the algorithm has no such encoding
   */
  async exportDer(format: PrivateKeyFormat = "kubernetes"): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.extractable) {
      throw new KeyError(
        "ERR_KEY_NOT_EXTRACTABLE",
        `the ${this.algorithm} key was not made or read with extractable: true`,
      );
    }
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", this.#key));
    const parts = readPrivateKey(pkcs8);
    const { publicKey } = readPublicKey(this.subjectPublicKeyInfo);
    const der = writePrivateKey({ ...parts, publicKey }, encodingOf(format, parts.algorithm));
    pkcs8.fill(0);
    return der;
  }

  /**
   * The secret as PEM, with the label `EC PRIVATE KEY`, `RSA PRIVATE KEY` or `PRIVATE KEY`. Write it to a file with mode 0600.
   *
   * @throws KeyError `ERR_KEY_NOT_EXTRACTABLE`, `ERR_KEY_FORMAT` if the algorithm has no such encoding
   */
  async exportPem(format: PrivateKeyFormat = "kubernetes"): Promise<string> {
    const der = await this.exportDer(format);
    const { algorithm } = readPublicKey(this.subjectPublicKeyInfo);
    const pem = encodePem(LABELS[encodingOf(format, algorithm)], der);
    der.fill(0);
    return pem;
  }

  /** What JSON shows: everything but the secret. */
  toJSON(): Pick<PrivateKey, "algorithm" | "extractable"> {
    return { algorithm: this.algorithm, extractable: this.extractable };
  }

  /** `PrivateKey(ECDSA-P256)`. */
  toString(): string {
    return `PrivateKey(${this.algorithm})`;
  }
}

const LABELS: Readonly<Record<PrivateKeyEncoding, string>> = {
  pkcs8: "PRIVATE KEY",
  sec1: "EC PRIVATE KEY",
  pkcs1: "RSA PRIVATE KEY",
};

function encodingOf(format: PrivateKeyFormat, { kind }: KeyAlgorithm): PrivateKeyEncoding {
  if (format !== "kubernetes") return format;
  return kind === "curve" ? "sec1" : kind === "rsa" ? "pkcs1" : "pkcs8";
}

/**
 * Reads a private key: DER in PKCS#8, SEC 1 or PKCS#1, or PEM with the label `PRIVATE KEY`, `EC PRIVATE KEY` or `RSA PRIVATE KEY`.
 *
 * In PEM, other blocks such as `EC PARAMETERS` and certificates are skipped; there must be one private key. As Go, it takes ECDSA keys without
 * their public key or with lost leading zeros, and PKCS#8 with attributes. Unlike Go, it takes no key that contradicts itself, and nothing behind
 * the key. Not checked: numbers of an RSA key that its first signature did without. `extractable` is false by default: who read the key from a file has it already.
 *
 * Source: Go crypto/x509 `ParsePKCS8PrivateKey`, `ParseECPrivateKey`, `ParsePKCS1PrivateKey`, client-go keyutil `ParsePrivateKeyPEM`.
 *
 * @throws KeyError `ERR_KEY_ENCRYPTED`, `ERR_KEY_FORMAT`, `ERR_KEY_MISMATCH`, `ERR_KEY_WEAK`, `ERR_KEY_UNSUPPORTED_ALGORITHM`,
 * `ERR_KEY_UNSUPPORTED_BY_RUNTIME`
 * @throws PemError `ERR_PEM_NO_BLOCK`, `ERR_PEM_MULTIPLE`, and the codes of {@link parsePem}
 * @throws DerError if it is not DER
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, keyMatchesCertificate, parsePrivateKey } from "kubepki";
 *
 * const { privateKey } = await generateKeyPair("Ed25519");
 * const again = await parsePrivateKey(await privateKey.exportPem());
 * assert.equal(keyMatchesCertificate(again, privateKey), true);
 * assert.equal(again.extractable, false);
 * ```
 */
export async function parsePrivateKey(
  input: string | Uint8Array,
  { extractable = false }: PrivateKeyOptions = {},
): Promise<PrivateKey> {
  const parts = readPrivateKeyInput(input);
  const { algorithm } = parts;
  const publicKey = await publicKeyOf(parts);
  const subjectPublicKeyInfo = encodeSubjectPublicKeyInfo(algorithm, publicKey);
  const { name } = readPublicKey(subjectPublicKeyInfo);
  const privateKey = await importPkcs8({ ...parts, publicKey }, name, extractable);
  return new PrivateKey(privateKey, await cryptoKeySigner({ privateKey, subjectPublicKeyInfo }));
}

/** The parts of a private key in DER or PEM; see {@link parsePrivateKey}. */
export function readPrivateKeyInput(input: string | Uint8Array): PrivateKeyParts {
  if (typeof input !== "string") return readPrivateKey(new Uint8Array(input));
  const blocks = parseKeyPem(input).filter(({ label }) => label.endsWith("PRIVATE KEY"));
  const [block, second] = blocks;
  if (!block) throw new PemError("ERR_PEM_NO_BLOCK", "there is no private key in the text");
  if (second)
    throw new PemError("ERR_PEM_MULTIPLE", `there are ${blocks.length} private keys in the text`, {
      line: second.line,
    });
  const encoding = (Object.keys(LABELS) as PrivateKeyEncoding[]).find((name) => LABELS[name] === block.label);
  if (encoding) return readPrivateKey(block.der, encoding);
  const place = { line: block.line };
  if (block.label === "ENCRYPTED PRIVATE KEY")
    throw new KeyError("ERR_KEY_ENCRYPTED", "the private key is encrypted", place);
  throw new PemError(
    "ERR_PEM_LABEL",
    `a block is labelled ${JSON.stringify(block.label)}, which is no kind of key that is read`,
    place,
  );
}

/** The headers of RFC 1421, which a strict reader refuses, mean that a traditional key is encrypted. */
function parseKeyPem(text: string): readonly PemBlock[] {
  try {
    return parsePem(text);
  } catch (error) {
    if (
      error instanceof PemError &&
      error.code === "ERR_PEM_HEADERS" &&
      text.includes("Proc-Type: 4,ENCRYPTED")
    ) {
      throw new KeyError("ERR_KEY_ENCRYPTED", "the private key is encrypted", { cause: error });
    }
    throw error;
  }
}

async function importPkcs8(parts: PrivateKeyParts, name: string, extractable: boolean): Promise<CryptoKey> {
  const { algorithm, publicKey } = parts;
  const parameters = webCryptoParameters(algorithm, signatureAlgorithmNamed(algorithm.signature));
  const pkcs8 = writePrivateKey(parts, "pkcs8");
  // The number of a curve key is known to be in range: what else can be wrong is the point beside it.
  const otherwise = algorithm.kind === "curve" && publicKey ? "ERR_KEY_MISMATCH" : "ERR_KEY_FORMAT";
  const run = (): Promise<CryptoKey> =>
    crypto.subtle.importKey("pkcs8", pkcs8, parameters, extractable, ["sign"]);
  try {
    return await cryptoKeyFrom(name, run, otherwise);
  } finally {
    pkcs8.fill(0);
  }
}

/** The public key that the encoding states, where WebCrypto sees it too; else the one that it derives, which must be the stated one. */
async function publicKeyOf(parts: PrivateKeyParts): Promise<Uint8Array> {
  const { algorithm, publicKey: stated } = parts;
  if (stated && algorithm.kind !== "octets") return stated;
  const derived = await derivePublicKey(parts);
  if (!stated || equalBytes(stated, derived)) return derived;
  throw new KeyError("ERR_KEY_MISMATCH", `the ${algorithm.name} key states a public key that is not its own`);
}

/** WebCrypto tells the public half of a key in JSON Web Keys only. Some runtimes (Firefox) do not import a curve key without it at all. */
async function derivePublicKey(parts: PrivateKeyParts): Promise<Uint8Array> {
  const { algorithm } = parts;
  const jwk: JsonWebKey & { pub?: string } = await crypto.subtle.exportKey(
    "jwk",
    await importPkcs8(parts, algorithm.name, true),
  );
  const { x, y, pub } = jwk;
  if (algorithm.kind === "curve" && x && y) return Uint8Array.of(4, ...fromBase64Url(x), ...fromBase64Url(y));
  const publicKey = pub ?? x;
  if (publicKey) return fromBase64Url(publicKey);
  throw new KeyError(
    "ERR_KEY_UNSUPPORTED_BY_RUNTIME",
    `this runtime's WebCrypto cannot tell the public key of the ${algorithm.name} key, and the key does not say it`,
  );
}

function fromBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
