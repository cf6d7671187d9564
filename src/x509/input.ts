import { DerError } from "../errors.ts";
import { pemToDer } from "../pem.ts";
import type { PemLabel } from "../pem.ts";
import type { ParseOptions } from "./certificate-layout.ts";
import { MAX_BYTES } from "./limits.ts";

/**
 * DER or PEM. A string is PEM and nothing else; bytes are DER and nothing else.
 *
 * `{ raw }` takes `X509Certificate` and `PeerCertificate` of `node:tls`, without their types.
 */
export type DerInput =
  | string
  | Uint8Array
  | ArrayBuffer
  | {
      /** DER. */
      readonly raw: Uint8Array;
    };

/**
 * A private copy of the input's DER, so that nobody changes what was checked. A plain `Uint8Array`, never a `Buffer`: one kind of
 * array keeps every reader fast.
 *
 * `copyOf` makes the copy of an array of bytes; one of its own by default.
 *
 * @throws DerError `ERR_DER_SIZE`, PemError the codes of {@link pemToDer}; `TypeError` if the input is none of the four kinds
 */
export function toDer(
  input: DerInput,
  label: PemLabel,
  options: ParseOptions,
  copyOf: (bytes: Uint8Array) => Uint8Array = ownCopy,
): Uint8Array {
  if (typeof input === "string") return pemToDer(input, label, options);
  const bytes = bytesOf(input);
  const { maxBytes = MAX_BYTES } = options;
  if (!(bytes.byteLength <= maxBytes)) {
    throw new DerError(
      "ERR_DER_SIZE",
      `the input has ${bytes.byteLength} bytes, at most ${maxBytes} are read`,
    );
  }
  return copyOf(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes));
}

function ownCopy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function bytesOf(input: Exclude<DerInput, string>): Uint8Array | ArrayBuffer {
  if (input instanceof Uint8Array || input instanceof ArrayBuffer) return input;
  const raw: unknown = input?.raw;
  if (raw instanceof Uint8Array) return raw;
  throw new TypeError("expected PEM text, DER bytes, or an object with DER bytes in `raw`");
}
