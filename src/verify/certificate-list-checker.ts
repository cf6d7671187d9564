/** A {@link RevocationChecker} that has certificate lists. */
import { equalBytes, toHex } from "../bytes.ts";
import { PemError } from "../errors.ts";
import { parsePem } from "../pem.ts";
import { parseCertificateList } from "../x509/certificate-list.ts";
import type { CertificateList, CertificateListInput } from "../x509/certificate-list.ts";
import { CertificateListIndex } from "../x509/certificate-list-index.ts";
import type { ParseOptions } from "../x509/certificate-layout.ts";
import { MAX_LIST_BYTES } from "../x509/certificate-list-layout.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { RevokedCertificate } from "../x509/revoked-entry.ts";
import type { Asking } from "./asking.ts";
import { findIssuerFault, findTimeFault, findUseFault, signatureFault } from "./certificate-list.ts";
import type { ListFault } from "./certificate-list.ts";
import { describeName } from "./refusal.ts";
import { isInScope } from "./revocation.ts";
import type { RevocationChecker, RevocationQuestion, RevocationStatus } from "./revocation.ts";

/** Lists as PEM text with any number of `X509 CRL` blocks, or one by one; those that were read from a stream too. */
export type CertificateListsInput = string | readonly (CertificateListInput | CertificateListIndex)[];

/** What is kept of a list. */
interface Held {
  /** Everything but, for a streamed one, the entries. */
  readonly list: CertificateList;
  readonly find: (serialNumber: string) => RevokedCertificate | undefined;
  /** Lists of one issuer with one scope replace each other; those with another stand beside. */
  readonly scope: string;
  /** What was found about its signature, by the issuer's key. */
  readonly known: Map<string, ListFault | undefined>;
  /** The only key that it was verified with, for a streamed one. */
  readonly signedWith?: Uint8Array;
}

/**
 * Knows which certificates were revoked from certificate lists, and takes new lists while it works.
 *
 * A certificate is **good** if a list of its issuer (same name, and signed with the key of the certificate above it in the path) that is about it
 * and current does not have it; **revoked** if the newest list of a scope has it, also when that list is out of date, for time brings nobody back;
 * else **unknown**. Lists are verified when they are first needed, and each signature once for each key.
 *
 * Of several lists of one issuer with the same scope the one with the highest number counts. Lists that cannot be used (delta, indirect, for some
 * reasons only) are passed over, so that what they would say is unknown. Not checked: that no newer list exists.
 *
 * Source: RFC 5280 6.3.3.
 *
 * @throws PemError, DerError, CertificateListError, CertificateError if a list does not parse
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { CertificateListChecker, caTemplate, clientTemplate, createAuthenticator, generateKeyPair } from "kubepki";
 * import { issueCertificate, issueCertificateList, issueSelfSigned } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate: ca } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * const issuer = { certificate: ca, signer };
 * const { publicKey } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueCertificate(clientTemplate({ subject: { commonName: "jane" } }), { publicKey, issuer });
 *
 * const thisUpdate = new Date();
 * const nextUpdate = new Date(thisUpdate.getTime() + 86_400_000);
 * const entry = { serialNumber: certificate.serialNumber, revocationDate: thisUpdate };
 * const list = await issueCertificateList({ entries: [entry], crlNumber: "1", thisUpdate, nextUpdate }, { issuer });
 *
 * const checker = new CertificateListChecker([]);
 * const authenticator = createAuthenticator({ trustAnchors: [ca], revocation: { checker, onUnknown: "accept" } });
 * assert.equal((await authenticator.authenticate(certificate))?.username, "jane");
 * checker.replace([list]);
 * await assert.rejects(authenticator.authenticate(certificate), { code: "ERR_CHAIN_REVOKED" });
 * ```
 */
export class CertificateListChecker implements RevocationChecker {
  readonly #options: ParseOptions;
  #generation = 0;
  #lists: Map<string, Held[]>;

  /** Parses what is not parsed yet; `mode` and limits as for `parseCertificateList`. */
  constructor(lists: CertificateListsInput, options: ParseOptions = {}) {
    this.#options = options;
    this.#lists = arrange(lists, options);
  }

  /** Grows with every {@link CertificateListChecker.replace}. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Uses these lists from now on and no others. Chains that an `Authenticator` remembers are verified again.
   *
   * @throws PemError, DerError, CertificateListError, CertificateError if one does not parse; then the old ones stay
   */
  replace(lists: CertificateListsInput): void {
    this.#lists = arrange(lists, this.#options);
    this.#generation++;
  }

  /** What the lists say of a certificate whose issuer's signature was found to hold. */
  *check({ certificate, issuer, at }: RevocationQuestion): Asking<RevocationStatus> {
    const ofIssuer = this.#lists.get(toHex(certificate.issuer.der)) ?? [];
    const about = ofIssuer.filter(({ list }) => isInScope(list, certificate));
    if (about.length === 0)
      return unknown(`there is no list of ${describeName(certificate.issuer)} about it`, Infinity);
    const newest = new Map<string, Held>();
    let until = Infinity;
    let reason = "";
    for (const held of about) {
      const fault = yield* listFault(held, issuer);
      const early = at < held.list.layout.thisUpdate * 1000;
      if (early && !fault) until = Math.min(until, held.list.layout.thisUpdate * 1000 - 1);
      if (fault || early) reason ||= `the list ${(fault ?? findTimeFault(held.list, at)!).message}`;
      else if (isNewer(held, newest.get(held.scope))) newest.set(held.scope, held);
    }
    return judge([...newest.values()], certificate, at, { until, reason });
  }
}

function unknown(reason: string, until: number): RevocationStatus {
  return { status: "unknown", reason, until };
}

function judge(
  lists: readonly Held[],
  certificate: Certificate,
  at: number,
  others: { readonly until: number; readonly reason: string },
): RevocationStatus {
  let { until, reason } = others;
  let good = false;
  for (const { list, find } of lists) {
    const entry = find(certificate.serialNumber);
    if (entry) return { status: "revoked", entry, until };
    const fault = findTimeFault(list, at);
    if (fault) reason ||= `the list ${fault.message}`;
    else {
      good = true;
      until = Math.min(until, list.layout.nextUpdate! * 1000);
    }
  }
  return good ? { status: "good", until } : unknown(reason, until);
}

/** Everything but the dates. */
function* listFault({ list, known, signedWith }: Held, issuer: Certificate): Asking<ListFault | undefined> {
  const fault = findUseFault(list) ?? findIssuerFault(list, issuer);
  if (fault) return fault;
  if (signedWith)
    return equalBytes(signedWith, issuer.subjectPublicKeyInfo) ? undefined : signatureFault(false, issuer);
  const key = toHex(issuer.subjectPublicKeyInfo);
  if (!known.has(key)) {
    if (known.size >= MAX_KEYS) known.clear();
    known.set(key, signatureFault((yield [{ child: list, issuer }])[0]!, issuer));
  }
  return known.get(key);
}

/** Keys of one issuer's name whose answers are remembered: a CA has one, or two while it is renewed. */
const MAX_KEYS = 16;

/** Hex without leading zeros: the longer is the larger. */
function isNewer({ list }: Held, other: Held | undefined): boolean {
  if (!other) return true;
  const [ours, theirs] = [list.crlNumber!, other.list.crlNumber!];
  return ours.length === theirs.length ? ours > theirs : ours.length > theirs.length;
}

function arrange(input: CertificateListsInput, options: ParseOptions): Map<string, Held[]> {
  const lists = new Map<string, Held[]>();
  for (const item of typeof input === "string" ? derOfLists(input, options) : input) {
    const held = item instanceof CertificateListIndex ? holdIndex(item) : holdList(item, options);
    const issuer = toHex(held.list.issuer.der);
    lists.set(issuer, [...(lists.get(issuer) ?? []), held]);
  }
  return lists;
}

function derOfLists(pem: string, options: ParseOptions): Uint8Array[] {
  const { maxBytes = MAX_LIST_BYTES, mode = "safe" } = options;
  const lists: Uint8Array[] = [];
  for (const { label, der, line } of parsePem(pem, { mode, maxCharacters: maxBytes * 1.4 + 1024 })) {
    if (label !== "X509 CRL")
      throw new PemError("ERR_PEM_LABEL", `found ${JSON.stringify(label)}, expected X509 CRL`, { line });
    lists.push(der);
  }
  if (lists.length === 0) throw new PemError("ERR_PEM_NO_BLOCK", "the text has no X509 CRL block");
  return lists;
}

function holdList(input: CertificateListInput, options: ParseOptions): Held {
  const list = parseCertificateList(input, options);
  return { list, find: (serialNumber) => list.find(serialNumber), scope: scopeOf(list), known: new Map() };
}

/** The signature of a streamed list was verified with one key while its bytes were there, and cannot be verified again. */
function holdIndex(index: CertificateListIndex): Held {
  const { header: list, signedWith } = index;
  const find = (serialNumber: string): RevokedCertificate | undefined => index.find(serialNumber);
  return { list, find, scope: scopeOf(list), known: new Map(), signedWith };
}

function scopeOf({ extensions }: CertificateList): string {
  const scope = extensions.find(({ id }) => id === "issuingDistributionPoint");
  return scope ? toHex(scope.der) : "";
}
