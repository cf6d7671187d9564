/** Certificate lists of any length, read while they come. */
import { concatBytes } from "../bytes.ts";
import { elementEnd } from "../der/skip.ts";
import { SEQUENCE } from "../der/tag.ts";
import { DerWriter } from "../der/writer.ts";
import { CertificateListError, PkiError } from "../errors.ts";
import { verifySignature } from "../keys/verifier.ts";
import { CertificateListIndex, EntryStore } from "../x509/certificate-list-index.ts";
import { CertificateListLayout } from "../x509/certificate-list-layout.ts";
import { CertificateList } from "../x509/certificate-list.ts";
import { parseCertificate } from "../x509/certificate.ts";
import type { Certificate, CertificateInput } from "../x509/certificate.ts";
import { integerToHex } from "../x509/list-extensions.ts";
import { walkEntry } from "../x509/revoked-entry.ts";
import type { EntryNotes } from "../x509/revoked-entry.ts";
import { canonicalSerialNumber, hashSerial, serialContents, serialPlace } from "../x509/serial-index.ts";
import { ByteWindow } from "./byte-window.ts";
import type { ByteChunks } from "./byte-window.ts";
import { findIssuerFault } from "./certificate-list.ts";

/** Verifies one signature over bytes that come one after the other. */
export interface StreamingSignature {
  /** The next bytes that are signed; they may be gone after the call. */
  update(bytes: Uint8Array): void;
  /** No more bytes come: tells whether the signature holds. */
  verify(signature: Uint8Array): boolean | Promise<boolean>;
}

/**
 * Begins to verify a signature of this key under this algorithm, both DER.
 *
 * @throws KeyError, DerError if they must not be used
 */
export type StreamingVerifier = (
  subjectPublicKeyInfo: Uint8Array,
  signatureAlgorithm: Uint8Array,
) => StreamingSignature;

/** How a list is read from a stream. */
export interface ReadListOptions {
  /** The CA whose list it is. */
  readonly issuer: CertificateInput;
  /** Keep the entries of these certificates alone, so that memory does not grow with the list; all by default. Hex. */
  readonly serialNumbers?: Iterable<string>;
  /** Bytes of the list; 64 MiB by default, over a million entries. */
  readonly maxBytes?: number;
  /**
   * Verifies the signature. WebCrypto by default, which wants all bytes at once, so that **the whole list is kept until its end**; `nodeStreamingVerifier`
   * of `kubepki/node` keeps none of it.
   */
  readonly verifier?: StreamingVerifier;
}

const MAX_STREAMED_BYTES = 67_108_864;
/** Bytes of one entry, of the name of the issuer, or of the extensions. */
const MAX_ELEMENT_BYTES = 65_536;

/**
 * Reads a certificate list while its bytes come, with every check of `parseCertificateList` in safe mode, and verifies its signature at the end.
 *
 * Nothing of the list is given out before the signature was found to hold. What is kept is 64 KiB of the stream and the entries, as bytes in one array
 * with an index; with `serialNumbers`, only those. Checked besides: that the issuer's name and key are those of the list, and that it may sign
 * lists. Not checked: dates and scope, which a `CertificateListChecker` does when it is given the result.
 *
 * Offsets in errors about the header of the list are counted as if it had no entries.
 *
 * @param chunks a Node stream, the `body` of a `fetch`, or any other iterable of bytes: DER, no PEM
 * @throws CertificateListError `ERR_CRL_ISSUER`, `ERR_CRL_SIGNATURE` and what `parseCertificateList` throws; whatever the stream throws
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueCertificateList, issueSelfSigned, readCertificateList } from "kubepki";
 * import { nodeStreamingVerifier } from "kubepki/node";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * const dates = { thisUpdate: new Date(), nextUpdate: new Date(Date.now() + 86_400_000) };
 * const entries = [{ serialNumber: "1f", revocationDate: dates.thisUpdate }];
 * const { der } = await issueCertificateList({ entries, crlNumber: "1", ...dates }, { issuer: { certificate, signer } });
 *
 * const chunks = [der.subarray(0, 100), der.subarray(100)]; // createReadStream("ca.crl"), (await fetch(url)).body
 * const list = await readCertificateList(chunks, { issuer: certificate, verifier: nodeStreamingVerifier });
 * assert.equal(list.size, 1);
 * assert.equal(list.find("1f")?.serialNumber, "1f");
 * ```
 */
export async function readCertificateList(
  chunks: ByteChunks,
  options: ReadListOptions,
): Promise<CertificateListIndex> {
  const window = new ByteWindow(chunks);
  try {
    return await new ListReading(window, options).run();
  } finally {
    await window.close();
  }
}

/** One list on its way. */
class ListReading {
  readonly #window: ByteWindow;
  readonly #issuer: Certificate;
  readonly #options: ReadListOptions;
  readonly #wanted: ReadonlySet<string> | undefined;
  /** Of those that are wanted, so that no text is made for the others. */
  readonly #hashes = new Set<number>();
  #store = new EntryStore(0, {});
  readonly #notes: EntryNotes = { unusable: undefined };
  #size = 0;

  constructor(window: ByteWindow, options: ReadListOptions) {
    this.#window = window;
    this.#options = options;
    this.#issuer = parseCertificate(options.issuer);
    this.#wanted = options.serialNumbers && new Set([...options.serialNumbers].map(canonicalSerialNumber));
    for (const serialNumber of this.#wanted ?? [])
      this.#hashes.add(hashSerial(serialContents(serialNumber), 0));
  }

  async run(): Promise<CertificateListIndex> {
    const window = this.#window;
    const { maxBytes = MAX_STREAMED_BYTES } = this.#options;
    const end = await window.enter(SEQUENCE, Number.MAX_SAFE_INTEGER, "");
    if (end > maxBytes)
      window.reader(end, "").fail("ERR_DER_SIZE", `the list has ${end} bytes, at most ${maxBytes} are read`);
    const early: Uint8Array[] = [];
    window.onPass = (bytes) => early.push(bytes.slice());
    const tbsEnd = await window.enter(SEQUENCE, end, "tbsCertList");
    const head = await this.#readHead(tbsEnd);
    const signature = this.#startVerifying(head[1] ?? new Uint8Array());
    for (const bytes of early) signature.update(bytes);
    window.onPass = (bytes) => signature.update(bytes);
    await this.#readEntries(tbsEnd);
    const tail = await this.#readTail(tbsEnd, "tbsCertList");
    window.onPass = () => undefined;
    const outside = await this.#readTail(end, "");
    if (await window.fill(1))
      window.reader(Number.MAX_SAFE_INTEGER, "").fail("ERR_DER_TRAILING_DATA", "bytes follow the list");
    const header = new CertificateList(new CertificateListLayout(assemble([...head, ...tail], outside), {}));
    header.layout.unusable = this.#notes.unusable;
    await this.#finish(header, signature);
    const isKept = (serialNumber: string): boolean =>
      this.#wanted?.has(canonicalSerialNumber(serialNumber)) ?? true;
    return new CertificateListIndex(
      header,
      this.#issuer.subjectPublicKeyInfo,
      this.#size,
      this.#store,
      isKept,
    );
  }

  /** Version, algorithm, issuer and dates: everything before the entries, or before the extensions. */
  async #readHead(tbsEnd: number): Promise<Uint8Array[]> {
    const window = this.#window;
    const head: Uint8Array[] = [];
    while (window.offset < tbsEnd && head.length < 5) {
      await window.fill(1);
      const tag = window.bytes[window.position];
      if (head.length === 4 && (tag === SEQUENCE || tag === 0xa0)) break;
      head.push(await window.element(tbsEnd, "tbsCertList", head.length, MAX_ELEMENT_BYTES));
    }
    return head;
  }

  async #readEntries(tbsEnd: number): Promise<void> {
    const window = this.#window;
    await window.fill(1);
    if (window.offset >= tbsEnd || window.bytes[window.position] !== SEQUENCE) return;
    const path = "tbsCertList.revokedCertificates";
    const end = await window.enter(SEQUENCE, tbsEnd, path);
    if (window.offset === end)
      window
        .reader(end, path)
        .fail("ERR_CRL_EMPTY", "the list of entries must be left out where there is none");
    this.#store = new EntryStore(end - window.offset, {});
    while (window.offset < end) {
      await window.size(end, path, this.#size, MAX_ELEMENT_BYTES);
      this.#walkEntries(end, path);
    }
  }

  /** Checks all entries that are there as a whole. */
  #walkEntries(end: number, path: string): void {
    const window = this.#window;
    const { bytes, position } = window;
    const reader = window.reader(Math.min(end, window.base + window.end), path);
    const before = this.#size;
    while (reader.more() && window.hasElementAt(reader.position)) {
      const start = reader.position;
      walkEntry(reader, this.#size++, {}, this.#notes);
      if (this.#wanted && this.#isWanted(bytes, start)) this.#store.add(bytes, start, reader.position, 1);
    }
    if (!this.#wanted) this.#store.add(bytes, position, reader.position, this.#size - before);
    window.pass(reader.position - position);
  }

  #isWanted(bytes: Uint8Array, at: number): boolean {
    const place = serialPlace(bytes, at);
    return (
      this.#hashes.has(hashSerial(bytes, place)) &&
      this.#wanted!.has(integerToHex(bytes, place + 1, elementEnd(bytes, place - 1)))
    );
  }

  /** The elements up to the end; what does not belong there is found by the reader of the header. */
  async #readTail(end: number, path: string): Promise<Uint8Array[]> {
    const tail: Uint8Array[] = [];
    while (this.#window.offset < end && tail.length < 3)
      tail.push(await this.#window.element(end, path, tail.length, MAX_ELEMENT_BYTES));
    if (this.#window.offset < end)
      this.#window.reader(end, path).fail("ERR_DER_TRAILING_DATA", "there are more elements than a list has");
    return tail;
  }

  #startVerifying(algorithm: Uint8Array): StreamingSignature {
    const { verifier = gatheringVerifier } = this.#options;
    try {
      return verifier(this.#issuer.subjectPublicKeyInfo, algorithm);
    } catch (cause) {
      throw unusable(cause);
    }
  }

  async #finish(header: CertificateList, signature: StreamingSignature): Promise<void> {
    const fault = findIssuerFault(header, this.#issuer);
    if (fault) throw new CertificateListError(fault.code, `the list ${fault.message}`);
    let holds;
    try {
      holds = await signature.verify(header.signature);
    } catch (cause) {
      throw unusable(cause);
    }
    if (!holds)
      throw new CertificateListError(
        "ERR_CRL_SIGNATURE",
        "the list has a signature that was not made by its issuer",
      );
  }
}

/** WebCrypto hashes and verifies in one call. */
function gatheringVerifier(subjectPublicKeyInfo: Uint8Array, algorithm: Uint8Array): StreamingSignature {
  const parts: Uint8Array[] = [];
  return {
    update: (bytes) => void parts.push(bytes.slice()),
    verify: (signature) => verifySignature(subjectPublicKeyInfo, algorithm, signature, concatBytes(...parts)),
  };
}

/** A key or an algorithm that cannot be used is a fault of the list; any other error is not about lists. */
function unusable(cause: unknown): unknown {
  if (!(cause instanceof PkiError)) return cause;
  const message = `the list has no usable signature: ${cause.message}`;
  return new CertificateListError("ERR_CRL_SIGNATURE", message, { cause });
}

/** The list without its entries, for the one reader of lists. */
function assemble(tbs: readonly Uint8Array[], outside: readonly Uint8Array[]): Uint8Array {
  const writer = new DerWriter();
  for (const part of outside.toReversed()) writer.raw(part);
  const end = writer.mark();
  for (const part of tbs.toReversed()) writer.raw(part);
  writer.close(SEQUENCE, end);
  writer.close(SEQUENCE, 0);
  return writer.finish();
}
