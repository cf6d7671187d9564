import { toHex } from "../bytes.ts";
import type { Purposes } from "../inspect/purpose.ts";
import { Readable } from "../readable.ts";
import { sha256 } from "../sha256.ts";
import type { FoundCertificate } from "./found.ts";

/** A certificate that was audited, in words; data that survives JSON. */
export interface AuditedCertificate {
  /** Where it was found. */
  readonly path: string;
  /** Its subject as `formatName` writes it. */
  readonly subject: string;
  /** What it is good for. */
  readonly kind: "ca" | "server" | "client" | "peer" | "other";
  /** Where its issuer was found; undefined for roots and if it was not found. */
  readonly issuer?: string | undefined;
  /** ISO 8601. */
  readonly notBefore: string;
  /** ISO 8601. */
  readonly notAfter: string;
  /** SHA-256 of its DER, in hex: copies have the same. */
  readonly fingerprint: string;
}

/** Makes the texts when they are asked for: of thousands of certificates, few are. `JSON.stringify` and `console.log` give all of it. */
export class AuditedTexts extends Readable implements AuditedCertificate {
  readonly #found: FoundCertificate;

  constructor(found: FoundCertificate) {
    super();
    this.#found = found;
  }

  get path(): string {
    return this.#found.path;
  }

  get subject(): string {
    return this.#found.subject;
  }

  get kind(): AuditedCertificate["kind"] {
    return kindOf(this.#found.purposes);
  }

  get issuer(): string | undefined {
    return this.#found.issuer?.path;
  }

  get notBefore(): string {
    return new Date(this.#found.layout.notBefore * 1000).toISOString();
  }

  get notAfter(): string {
    return new Date(this.#found.layout.notAfter * 1000).toISOString();
  }

  get fingerprint(): string {
    return toHex(sha256(this.#found.layout.bytes));
  }

  override toJSON(): Record<keyof AuditedCertificate, string | undefined> {
    const { path, subject, kind, issuer, notBefore, notAfter, fingerprint } = this;
    return { path, subject, kind, issuer, notBefore, notAfter, fingerprint };
  }
}

function kindOf({ ca, server, client }: Purposes): AuditedCertificate["kind"] {
  if (ca) return "ca";
  if (server && client) return "peer";
  return server ? "server" : client ? "client" : "other";
}
