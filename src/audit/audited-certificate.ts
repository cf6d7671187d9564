import { toHex } from "../bytes.ts";
import type { Purposes } from "../inspect/purpose.ts";
import { Readable } from "../readable.ts";
import { sha256 } from "../sha256.ts";
import type { formatName } from "../x509/name-text.ts";
import type { FoundCertificate } from "./found.ts";

/** A certificate that was audited, in words. `JSON.stringify` and `console.log` give all of it; its texts are made when they are asked for. */
export class AuditedCertificate extends Readable {
  readonly #found: FoundCertificate;

  /** Not for callers: `auditClusterPki` makes these. */
  constructor(found: FoundCertificate) {
    super();
    this.#found = found;
  }

  /** Where it was found. */
  get path(): string {
    return this.#found.path;
  }

  /** Its subject as {@link formatName} writes it. */
  get subject(): string {
    return this.#found.subject;
  }

  /** What it is good for. */
  get kind(): "ca" | "server" | "client" | "peer" | "other" {
    return kindOf(this.#found.purposes);
  }

  /** Where its issuer was found; undefined for roots and if it was not found. */
  get issuer(): string | undefined {
    return this.#found.issuer?.path;
  }

  /** ISO 8601. */
  get notBefore(): string {
    return new Date(this.#found.layout.notBefore * 1000).toISOString();
  }

  /** ISO 8601. */
  get notAfter(): string {
    return new Date(this.#found.layout.notAfter * 1000).toISOString();
  }

  /** SHA-256 of its DER, in hex: copies have the same. */
  get fingerprint(): string {
    return toHex(sha256(this.#found.layout.bytes));
  }

  /** All of it, as plain data. */
  override toJSON(): Record<string, string | undefined> {
    const { path, subject, kind, issuer, notBefore, notAfter, fingerprint } = this;
    return { path, subject, kind, issuer, notBefore, notAfter, fingerprint };
  }
}

function kindOf({ ca, server, client }: Purposes): AuditedCertificate["kind"] {
  if (ca) return "ca";
  if (server && client) return "peer";
  return server ? "server" : client ? "client" : "other";
}
