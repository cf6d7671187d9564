/** Which names a certificate lacks. */
import { parseIpAddress } from "../x509/ip-address.ts";
import { isServerNameMatch } from "./server-name.ts";
import type { ServerNames } from "./server-name.ts";

/** Names to add to a certificate, by kind, ready for `servingTemplate`. */
export interface MissingNames {
  /** Host names, in the order in which they were wanted, each once. */
  readonly dnsNames: readonly string[];
  /** Addresses, in the order in which they were wanted, each once. */
  readonly ipAddresses: readonly string[];
}

/**
 * Which of the wanted hosts a certificate is not valid for, by the rules of {@link verifyServerName}; an address may stand in brackets.
 *
 * A wildcard in the certificate covers what it covers for Go: one label. Not checked: whether what is wanted can stand in a certificate at all,
 * see {@link validateDnsName}.
 *
 * Source: Go crypto/x509 `VerifyHostname`, RFC 9525 section 6.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { missingSans } from "kubepki";
 *
 * const certificate = { dnsNames: ["*.example.com"], ipAddresses: ["192.0.2.1"] };
 * const { dnsNames, ipAddresses } = missingSans(certificate, ["api.example.com", "example.com", "192.0.2.1", "192.0.2.2"]);
 * assert.deepEqual(dnsNames, ["example.com"]);
 * assert.deepEqual(ipAddresses, ["192.0.2.2"]);
 * ```
 */
export function missingSans(certificate: ServerNames, wanted: readonly string[]): MissingNames {
  const dnsNames = new Set<string>();
  const ipAddresses = new Set<string>();
  for (const host of wanted) {
    if (isServerNameMatch(certificate, host)) continue;
    const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
    if (parseIpAddress(bare)) ipAddresses.add(bare);
    else dnsNames.add(host);
  }
  return { dnsNames: [...dnsNames], ipAddresses: [...ipAddresses] };
}
