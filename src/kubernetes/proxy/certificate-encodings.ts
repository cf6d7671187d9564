/** The forms in which proxies write certificates into headers. Each decoder reads its form whole, or refuses. */
import { decodeBase64 } from "../../base64.ts";
import { equalBytes, toHex } from "../../bytes.ts";
import { DerReader } from "../../der/reader.ts";
import { SEQUENCE } from "../../der/tag.ts";
import { HeaderError, PemError } from "../../errors.ts";
import { parsePem } from "../../pem.ts";
import type { PemBlock } from "../../pem.ts";
import { sha256 } from "../../sha256.ts";
import { failHeader, lowerCase } from "./header-fields.ts";
import { decodePercent } from "./percent.ts";
import { parseXfcc } from "./xfcc.ts";
import type { XfccElement, XfccLimits } from "./xfcc.ts";

/**
 * - `escaped-pem`: PEM with `%XX` for what a header cannot hold; `+` is a plus (nginx, AWS).
 * - `base64-list`: base64 of DER, divided by commas, maybe with `%XX` (Traefik).
 * - `base64-der`: base64 of DER certificates, one after the other (HAProxy).
 * - `byte-sequence`: base64 between colons, divided by commas (RFC 9440).
 * - `xfcc`: Envoy's elements, see {@link parseXfcc}.
 */
export type CertificateEncoding = "escaped-pem" | "base64-list" | "base64-der" | "byte-sequence" | "xfcc";

/** How certificates are read from a value; all fields have defaults. */
export interface DecodeOptions extends XfccLimits {
  /** XFCC: which element counts, from the end: 1 is the last. By default there must be one element only. */
  readonly hop?: number;
}

type Decoder = (value: string, header: string, options: DecodeOptions) => readonly Uint8Array[];

const DECODERS: Readonly<Record<CertificateEncoding, Decoder>> = {
  "escaped-pem": decodeEscapedPem,
  "base64-list": decodeBase64List,
  "base64-der": decodeConcatenated,
  "byte-sequence": decodeByteSequences,
  xfcc: decodeXfcc,
};

/**
 * The certificates in a value, in their order, as DER that nobody has parsed yet. At least one.
 *
 * @throws HeaderError
 */
export function decodeCertificates(
  encoding: CertificateEncoding,
  value: string,
  header: string,
  options: DecodeOptions,
): readonly [Uint8Array, ...Uint8Array[]] {
  const certificates = DECODERS[encoding](value, header, options);
  if (certificates.length === 0) failHeader("ERR_HEADER_NO_CERTIFICATE", "there is no certificate", header);
  return certificates as [Uint8Array, ...Uint8Array[]];
}

function decodeEscapedPem(value: string, header: string): Uint8Array[] {
  const pem = decodePercent(value);
  if (pem === undefined)
    failHeader("ERR_HEADER_SYNTAX", "a % is not followed by two hexadecimal digits", header);
  const blocks = readPem(pem, header);
  const other = blocks.find(({ label }) => label !== "CERTIFICATE");
  if (other || textOutside(pem))
    failHeader("ERR_HEADER_SYNTAX", "there is something else than certificates", header);
  return blocks.map(({ der }) => der);
}

function readPem(pem: string, header: string): readonly PemBlock[] {
  try {
    return parsePem(pem);
  } catch (cause) {
    if (!(cause instanceof PemError)) throw cause;
    const message = `expected PEM with percent-encoding: ${cause.message}`;
    throw new HeaderError("ERR_HEADER_SYNTAX", message, { path: header, cause });
  }
}

/** A proxy writes nothing before, between and after the blocks; {@link parsePem} has let them pass. */
function textOutside(pem: string): boolean {
  const ends = pem.split("-----END CERTIFICATE-----");
  const last = ends.pop()!;
  return (
    last.trim() !== "" || ends.some((part) => !part.trimStart().startsWith("-----BEGIN CERTIFICATE-----"))
  );
}

function decodeBase64List(value: string, header: string): Uint8Array[] {
  const list = decodePercent(value);
  if (list === undefined)
    failHeader("ERR_HEADER_SYNTAX", "a % is not followed by two hexadecimal digits", header);
  return list.split(",").map((item) => decodeItem(item, header));
}

function decodeByteSequences(value: string, header: string): Uint8Array[] {
  return value.split(",").map((part) => {
    const item = part.trim(); // RFC 9651 section 3.1: white space around commas is fine
    if (item.length < 2 || !item.startsWith(":") || !item.endsWith(":"))
      failHeader("ERR_HEADER_SYNTAX", "expected base64 between two colons", header);
    return decodeItem(item.slice(1, -1), header);
  });
}

function decodeConcatenated(value: string, header: string): Uint8Array[] {
  const bytes = decodeItem(value, header);
  const reader = new DerReader(bytes, { path: header });
  const certificates: Uint8Array[] = [];
  while (reader.more()) {
    const start = reader.position;
    reader.read(SEQUENCE, certificates.length);
    certificates.push(bytes.subarray(start, reader.position));
  }
  return certificates;
}

/** Base64 with padding and without white space. */
function decodeItem(text: string, header: string): Uint8Array {
  const bytes = hasSpace(text) ? undefined : decodeBase64(text, true);
  if (!bytes?.length) failHeader("ERR_HEADER_SYNTAX", "expected base64 with padding, without spaces", header);
  return bytes;
}

function hasSpace(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) <= 0x20) return true;
  return false;
}

function decodeXfcc(value: string, header: string, options: DecodeOptions): readonly Uint8Array[] {
  const elements = parseXfcc(value, options);
  const element = pickElement(elements, options.hop, header);
  const path = `${header}[${elements.indexOf(element)}]`;
  const { cert, chain, hash } = element;
  const [single, ...more] = cert ? decodeEscapedPem(cert, path) : [];
  if (more.length > 0) failHeader("ERR_HEADER_SYNTAX", "Cert has more than one certificate", path);
  const certificates = chain ? decodeEscapedPem(chain, path) : single ? [single] : [];
  const [leaf] = certificates;
  if (!leaf) failHeader("ERR_HEADER_NO_CERTIFICATE", "there is neither Cert nor Chain", path);
  if (single && !equalBytes(single, leaf))
    failHeader("ERR_HEADER_MISMATCH", "Cert is not the first certificate of Chain", path);
  if (hash !== undefined && lowerCase(hash) !== toHex(sha256(leaf)))
    failHeader("ERR_HEADER_MISMATCH", "Hash is not the SHA-256 of the certificate", path);
  return certificates;
}

function pickElement(elements: readonly XfccElement[], hop: number | undefined, header: string): XfccElement {
  if (hop !== undefined && !(Number.isInteger(hop) && hop >= 1))
    throw new TypeError(`hop is ${hop}, expected a whole number from 1`);
  const { length } = elements;
  if (hop === undefined ? length > 1 : length < hop) {
    const expected = hop === undefined ? "one" : `at least ${hop}`;
    failHeader("ERR_HEADER_HOP", `there are ${length} elements, expected ${expected}`, header);
  }
  return elements[length - (hop ?? 1)]!;
}
