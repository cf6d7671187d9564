/** Domain names as Go looks at them in certificates. */

/**
 * Tells whether Go takes the text for a domain name: labels of printable ASCII without spaces, none of them empty, no dot at the end.
 * A constraint may begin with a dot; the empty text counts as valid. Much that is no host name passes, such as `a:80` or `*`.
 *
 * Source: Go 1.26 crypto/x509 `domainNameValid`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isDomainNameValid } from "kubepki";
 *
 * assert(isDomainNameValid("a.example", false));
 * assert(isDomainNameValid(".example", true));
 * assert(!isDomainNameValid("a..example", false));
 * ```
 */
export function isDomainNameValid(text: string, constraint: boolean): boolean {
  const start = constraint && text[0] === "." ? 1 : 0;
  let previous = 0x2e;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 33 || code > 126 || (code === 0x2e && previous === 0x2e)) return false;
    previous = code;
  }
  return previous !== 0x2e || text === "";
}
