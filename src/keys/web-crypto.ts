/** What the key functions ask of WebCrypto, and its errors in our words. */
import { KeyError } from "../errors.ts";
import type { KeyAlgorithm, SignatureAlgorithm } from "./algorithms.ts";

/**
 * A key of WebCrypto, by whichever types the program has of it: the DOM's, Node's or a worker's. So the declarations need no `lib: ["dom"]` on a server.
 *
 * Source: W3C Web Cryptography API 13.
 */
export type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** Both halves of a key, as WebCrypto makes them. */
export interface CryptoKeyPair {
  /** Signs. */
  readonly privateKey: CryptoKey;
  /** Verifies. */
  readonly publicKey: CryptoKey;
}

/** Members of WebCrypto's dictionaries; each operation reads those that it knows. */
export interface WebCryptoParameters {
  readonly name: string;
  readonly hash?: string;
  readonly saltLength?: number;
  readonly namedCurve?: string;
}

/** One dictionary for importing, signing and verifying with a key under a signature algorithm. */
export function webCryptoParameters(key: KeyAlgorithm, signature: SignatureAlgorithm): WebCryptoParameters {
  const { webCryptoName: name, hash, saltLength } = signature;
  return {
    name,
    ...(hash && { hash }),
    ...(saltLength && { saltLength }),
    ...(key.kind === "curve" && { namedCurve: key.curve }),
  };
}

/**
 * Awaits an operation that makes a `CryptoKey`; the DOMException of a failure becomes a KeyError. `otherwise` says what it means if it is not
 * that the runtime lacks the algorithm.
 *
 * @throws KeyError `ERR_KEY_UNSUPPORTED_BY_RUNTIME`, `otherwise`
 */
export async function cryptoKeyFrom<T>(
  algorithm: string,
  operation: () => Promise<T>,
  otherwise: "ERR_KEY_FORMAT" | "ERR_KEY_MISMATCH" = "ERR_KEY_FORMAT",
): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    if (cause instanceof Error && cause.name === "NotSupportedError") {
      throw new KeyError("ERR_KEY_UNSUPPORTED_BY_RUNTIME", `this runtime's WebCrypto has no ${algorithm}`, {
        cause,
      });
    }
    throw new KeyError(otherwise, `this runtime's WebCrypto does not take the ${algorithm} key`, { cause });
  }
}
