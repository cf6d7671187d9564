import type { GeneralName } from "../x509/general-name-values.ts";
import type { CrlReason } from "../x509/list-extensions.ts";

/** A certificate to revoke. */
export interface RevocationEntry {
  /** Hex, above zero, at most 20 octets; `certificate.serialNumber` has it so. */
  readonly serialNumber: string;
  /** When it was revoked. */
  readonly revocationDate: Date;
  /** Why; `unspecified` is written by leaving it out, as RFC 5280 5.3.1 wants. `removeFromCRL` is for deltas, which are not issued. */
  readonly reasonCode?: Exclude<CrlReason, "removeFromCRL">;
  /** Since when its key is believed to be in wrong hands. */
  readonly invalidityDate?: Date;
}

/** Which certificates a list is about; without it, all of the issuer's. */
export interface ListScope {
  /** Names under which this part of the list is found; the certificates state one of them in their distribution points. */
  readonly fullName?: readonly GeneralName[];
  /** Leaves or CAs alone. */
  readonly only?: "userCerts" | "caCerts";
}

/** What goes into a list. */
export interface CertificateListTemplate {
  /** The revoked certificates, each once; written in this order. */
  readonly entries: readonly RevocationEntry[];
  /** Larger than that of every list before; hex, at most 20 octets. */
  readonly crlNumber: string;
  /** When it is issued. */
  readonly thisUpdate: Date;
  /** When the next one will be there at the latest; from then on this one says nothing. */
  readonly nextUpdate: Date;
  /** Which certificates it is about; all of the issuer's by default. */
  readonly scope?: ListScope;
}
