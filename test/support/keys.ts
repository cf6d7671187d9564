/** Keys made by node:crypto, for tests to compare with. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { keyAlgorithmNames, supportsKeyAlgorithm } from "../../src/keys/generate.ts";
import type { KeyAlgorithmName } from "../../src/keys/algorithms.ts";

/** The algorithms of the table that this runtime has; the others are named once on the console. */
export async function supportedAlgorithms(): Promise<readonly KeyAlgorithmName[]> {
  const names = await Promise.all(
    keyAlgorithmNames().map(async (name) => ({ name, has: await supportsKeyAlgorithm(name) })),
  );
  const missing = names.filter(({ has }) => !has).map(({ name }) => name);
  if (missing.length > 0) console.info(`skipped: this runtime has no ${missing.join(", ")}`);
  return names.filter(({ has }) => has).map(({ name }) => name);
}

const made = new Map<string, KeyObject>();

/** A private key of node:crypto, always the same one of each algorithm. */
export function nodeKey(name: string): KeyObject {
  const known = made.get(name) ?? makeNodeKey(name);
  made.set(name, known);
  return known;
}

function makeNodeKey(name: string): KeyObject {
  if (name.startsWith("ECDSA-P"))
    return generateKeyPairSync("ec", { namedCurve: name.replace("ECDSA-P", "P-") }).privateKey;
  if (name.startsWith("RSA-"))
    return generateKeyPairSync("rsa", { modulusLength: Number(name.slice(4)) }).privateKey;
  return generateKeyPairSync(name.toLowerCase() as "ed25519").privateKey;
}

/** Bytes without Buffer's own methods, so that deep comparison looks at the bytes alone. */
export const plain = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/** A copy with one byte changed. */
export function changed(bytes: Uint8Array, at: number, mask = 1): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  copy[at]! ^= mask;
  return copy;
}
