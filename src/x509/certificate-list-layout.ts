import { readBitString } from "../der/bit-string.ts";
import { readInteger } from "../der/integer.ts";
import { DerReader } from "../der/reader.ts";
import type { Mode } from "../der/reader.ts";
import { GENERALIZED_TIME, INTEGER, SEQUENCE, UTC_TIME } from "../der/tag.ts";
import { readTime } from "../der/time.ts";
import { listInputError } from "../errors.ts";
import type { PkiError } from "../errors.ts";
import type { ParseOptions } from "./certificate-layout.ts";
import { LIST_EXTENSIONS, readListExtensions } from "./list-extensions.ts";
import type { ListExtension } from "./list-extensions.ts";
import { walkName } from "./name.ts";
import { walkEntry } from "./revoked-entry.ts";
import { walkAlgorithmIdentifier } from "./subject-public-key-info.ts";

/** Bytes of one list where the caller says nothing: 8 MiB, about 200,000 entries. */
export const MAX_LIST_BYTES = 8_388_608;

const EXTENSIONS = 0xa0;

/**
 * Where the parts of a certificate list are (RFC 5280 5.1). The constructor walks all of it once and checks every rule; no object is made for an
 * entry of the usual form.
 */
export class CertificateListLayout {
  /** The whole list. */
  readonly bytes: Uint8Array;
  /** How it was parsed. */
  readonly options: ParseOptions;
  /** How strictly it was parsed. */
  readonly mode: Mode;
  /** What Kubernetes mode let through. */
  readonly deviations: readonly PkiError[];
  /** Where the signed part begins. */
  tbsStart = 0;
  /** Offset after the signed part. */
  tbsEnd = 0;
  /** Where the inner signature algorithm begins. */
  algorithmStart = 0;
  /** Offset after the inner signature algorithm. */
  algorithmEnd = 0;
  /** Where the issuer begins. */
  issuerStart = 0;
  /** Offset after the issuer. */
  issuerEnd = 0;
  /** When it was issued, in seconds since 1970. */
  thisUpdate = 0;
  /** When the next one will be issued at the latest, in seconds since 1970, if it says so. */
  nextUpdate: number | undefined = undefined;
  /** Where the first entry begins. */
  entriesStart = 0;
  /** Offset after the last entry. */
  entriesEnd = 0;
  /** How many certificates are revoked. */
  entryCount = 0;
  /** Why an entry makes the whole list useless, if one does. */
  unusable: string | undefined = undefined;
  /** The extensions of the list. */
  extensions: readonly ListExtension[] = [];
  /** Where the octets of the signature begin. */
  signatureStart = 0;
  /** Offset after the signature. */
  signatureEnd = 0;

  constructor(bytes: Uint8Array, options: ParseOptions) {
    this.bytes = bytes;
    this.options = options;
    this.mode = options.mode ?? "safe";
    const reader = new DerReader(bytes, { mode: this.mode, errorMaker: listInputError });
    const { maxBytes = MAX_LIST_BYTES } = options;
    if (!(bytes.length <= maxBytes))
      reader.fail("ERR_DER_SIZE", `the list has ${bytes.length} bytes, at most ${maxBytes} are read`);
    const list = reader.open(SEQUENCE, "");
    this.tbsStart = reader.position;
    this.walkTbs(reader);
    this.tbsEnd = reader.position;
    this.walkOuterAlgorithm(reader);
    if (readBitString(reader, "signatureValue") !== 0)
      reader.deviate("ERR_DER_BIT_STRING", "a signature must be whole octets", "signatureValue");
    this.signatureStart = reader.start;
    this.signatureEnd = reader.position;
    reader.finishOpen(list);
    reader.endOpen(); // Go reads the first element and forgets the rest
    this.deviations = reader.deviations;
  }

  private walkTbs(reader: DerReader): void {
    const outer = reader.open(SEQUENCE, "tbsCertList");
    walkVersion(reader);
    this.algorithmStart = reader.position;
    walkAlgorithmIdentifier(reader, "signature");
    this.algorithmEnd = this.issuerStart = reader.position;
    walkName(reader, "issuer", this.options);
    this.issuerEnd = reader.position;
    this.thisUpdate = readTime(reader, "thisUpdate");
    const next = reader.peek();
    if (next === UTC_TIME || next === GENERALIZED_TIME) this.nextUpdate = readTime(reader, "nextUpdate");
    if (reader.peek() === SEQUENCE) this.walkEntries(reader);
    if (reader.peek() === EXTENSIONS) {
      const extensions = reader.open(EXTENSIONS, "crlExtensions");
      this.extensions = readListExtensions(reader, "", LIST_EXTENSIONS, this.options);
      reader.finishOpen(extensions);
    }
    reader.finishOpen(outer);
  }

  private walkEntries(reader: DerReader): void {
    const outer = reader.open(SEQUENCE, "revokedCertificates");
    this.entriesStart = reader.position;
    if (!reader.more())
      reader.deviate("ERR_CRL_EMPTY", "the list of entries must be left out where there is none");
    for (; reader.more(); this.entryCount++) walkEntry(reader, this.entryCount, this.options, this);
    this.entriesEnd = reader.position;
    reader.finish(outer);
  }

  /** RFC 5280 5.1.1.2: the algorithm beside the signature is the one that was signed. Go compares the contents of the two. */
  private walkOuterAlgorithm(reader: DerReader): void {
    const { bytes, algorithmStart, algorithmEnd } = this;
    const start = reader.position;
    walkAlgorithmIdentifier(reader, "signatureAlgorithm");
    let same = reader.position - start === algorithmEnd - algorithmStart;
    for (let i = 0; same && i < algorithmEnd - algorithmStart; i++)
      same = bytes[start + i] === bytes[algorithmStart + i];
    if (same) return;
    const message = "the signature algorithm inside of the signed part is another one";
    reader.fail("ERR_CRL_SIGNATURE_ALGORITHM", message, "signatureAlgorithm");
  }

  /** The layout's own reader over a part of the bytes, with the path of that part for errors. */
  reader(start: number, end: number, path: string): DerReader {
    return new DerReader(this.bytes, { start, end, path, mode: this.mode });
  }
}

/** RFC 5280 5.1.2.1. Go wants v2, which has number 1. */
function walkVersion(reader: DerReader): void {
  if (reader.peek() !== INTEGER)
    reader.fail("ERR_CRL_VERSION", "the list is of version 1, expected 2", "version");
  readInteger(reader, "version");
  if (reader.position - reader.start !== 1 || reader.bytes[reader.start] !== 1)
    reader.fail("ERR_CRL_VERSION", "the version number is not 1, which stands for v2", "version");
}
