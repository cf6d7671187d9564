/** How much of each thing is read before a parser stops; every number can be changed by the caller. */
export interface Limits {
  /** Bytes of one DER object; 64 KiB by default. cert-manager meets certificates of 36.5 kB, a Secret holds 1 MiB. */
  readonly maxBytes?: number;
  /** Attributes in one name, so also groups of one identity; 1,000 by default. Go has no limit. */
  readonly maxNameAttributes?: number;
  /** Bytes of one attribute value in a name; 4 KiB by default. RFC 5280 has 64 characters, which Kubernetes does not keep. */
  readonly maxNameValueBytes?: number;
}

/** {@link Limits.maxBytes} where the caller says nothing. */
export const MAX_BYTES = 65_536;
/** {@link Limits.maxNameAttributes} where the caller says nothing. */
export const MAX_NAME_ATTRIBUTES = 1000;
/** {@link Limits.maxNameValueBytes} where the caller says nothing. */
export const MAX_NAME_VALUE_BYTES = 4096;
