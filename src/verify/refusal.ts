/** Why a path was not taken, and which of many such reasons is worth telling. */
import { ChainError } from "../errors.ts";
import type { CodesOf } from "../errors.ts";
import { printable } from "../x509/printable.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { Fault } from "./checks.ts";

/** A reason against one path, or against one certificate in any path. */
interface Refusal {
  /** What is wrong, as a stable name. */
  readonly code: CodesOf<"ChainError">;
  /** What is wrong, for people. */
  readonly message: string;
  /** Place of the certificate at fault, 0 for the leaf. */
  readonly certificateIndex: number;
  /** The error behind it, such as that of a key which cannot be used. */
  readonly cause?: unknown;
}

/**
 * From the least useful to the most: a path that fails late is the one that was meant. Running out of budget comes first of all, for then nobody
 * knows what else there was.
 */
const RANKS: readonly CodesOf<"ChainError">[] = [
  "ERR_CHAIN_UNKNOWN_AUTHORITY",
  "ERR_CHAIN_SIGNATURE",
  "ERR_CHAIN_SIGNATURE_ALGORITHM",
  "ERR_CHAIN_KEY",
  "ERR_CHAIN_NOT_A_CA",
  "ERR_CHAIN_CRITICAL_EXTENSION",
  "ERR_CHAIN_NOT_YET_VALID",
  "ERR_CHAIN_EXPIRED",
  "ERR_CHAIN_PATH_LENGTH",
  "ERR_CHAIN_POLICY",
  "ERR_CHAIN_USAGE",
  "ERR_CHAIN_NAME_CONSTRAINTS",
  "ERR_CHAIN_REVOCATION_UNKNOWN",
  "ERR_CHAIN_REVOKED",
  "ERR_SERVER_NAME_MISMATCH",
  "ERR_CHAIN_BUDGET",
];

const FIXES: Partial<Record<CodesOf<"ChainError">, string>> = {
  ERR_CHAIN_UNKNOWN_AUTHORITY:
    "add the issuing CA to the trust anchors, or send the missing intermediate with the certificate",
  ERR_CHAIN_SIGNATURE: "trust the CA whose key signed it: this one has the same name and another key",
  ERR_CHAIN_SIGNATURE_ALGORITHM: "issue the certificate again with SHA-256 or better",
  ERR_CHAIN_KEY: "make a new key: ECDSA P-256, Ed25519, or RSA with 2048 bits or more",
  ERR_CHAIN_NOT_A_CA: "issue it from a CA certificate with cA TRUE and, if there is a key usage, keyCertSign",
  ERR_CHAIN_CRITICAL_EXTENSION: "issue the certificate again without the extension, or not critical",
  ERR_CHAIN_NOT_YET_VALID: "check the clock, or wait",
  ERR_CHAIN_EXPIRED: "renew the certificate",
  ERR_CHAIN_PATH_LENGTH: "issue from a CA with fewer intermediates below it, or with a larger path length",
  ERR_CHAIN_POLICY: "issue the certificates under one policy, or the CA without policy constraints",
  ERR_CHAIN_USAGE:
    "issue the certificate again with the wanted extended key usage, which every CA above it must allow",
  ERR_CHAIN_NAME_CONSTRAINTS: "issue the certificate from a CA that may certify this name",
  ERR_CHAIN_REVOKED: "get a new certificate, with a new key",
  ERR_CHAIN_REVOCATION_UNKNOWN: "give the current certificate list of its issuer",
  ERR_CHAIN_BUDGET: "send only the certificates of the path",
};

/** More would only be the same again. */
const MAX_REASONS = 32;

/** Collects reasons, each once. */
export class Refusals {
  readonly #list: Refusal[] = [];
  readonly #refused = new Map<Certificate, Set<string>>();

  /** Adds what is wrong with a certificate at its place. Many paths may lead to it, and its name is put into words for the first alone. */
  refuse(certificate: Certificate, { code, message, cause }: Fault, certificateIndex: number): void {
    const known = this.#refused.get(certificate) ?? new Set();
    const key = `${certificateIndex} ${message}`;
    if (known.has(key)) return;
    this.#refused.set(certificate, known.add(key));
    const sentence = `${describeCertificate(certificate, certificateIndex)} ${message}`;
    this.add({ code, message: sentence, certificateIndex, ...(cause !== undefined && { cause }) });
  }

  add(refusal: Refusal): void {
    const { code, message } = refusal;
    if (this.#list.length >= MAX_REASONS && code !== "ERR_CHAIN_BUDGET") return;
    if (!this.#list.some((other) => other.code === code && other.message === message))
      this.#list.push(refusal);
  }

  /** The most useful one as an error, with all others in `reasons`. */
  error(): ChainError {
    const reasons = this.#list
      .toSorted((a, b) => RANKS.indexOf(b.code) - RANKS.indexOf(a.code))
      .map((refusal) => toError(refusal));
    const { code, certificateIndex, cause } = reasons[0]!;
    const details = {
      certificateIndex: certificateIndex ?? 0,
      reasons,
      ...(cause !== undefined && { cause }),
    };
    return new ChainError(code as Refusal["code"], reasons[0]!.message, { ...details, ...fixOf(code) });
  }
}

function toError({ code, message, certificateIndex, cause }: Refusal): ChainError {
  return new ChainError(code, message, {
    certificateIndex,
    ...(cause !== undefined && { cause }),
    ...fixOf(code),
  });
}

function fixOf(code: string): { fix?: string } {
  const fix = FIXES[code as Refusal["code"]];
  return fix === undefined ? {} : { fix };
}

const COMMON_NAME = "2.5.4.3";

/** A certificate in words: where it stands in the path, and its common name. */
export function describeCertificate(certificate: Certificate, certificateIndex: number): string {
  return `certificate ${certificateIndex}${certificateIndex === 0 ? ", the leaf" : ""} (${describeName(certificate.subject)})`;
}

/** A name in words: its last common name, or else its last attribute. */
export function describeName({ rdns }: Certificate["subject"]): string {
  const attributes = rdns.flat();
  const attribute = attributes.findLast(({ type }) => type === COMMON_NAME) ?? attributes.at(-1);
  if (!attribute) return "without a name";
  const { type, value } = attribute;
  return `${type === COMMON_NAME ? "CN" : type}="${printable(value, 64)}"`;
}
