/** E-mail addresses as Go reads them in certificates. */
import { isDomainNameValid } from "./domain-name.ts";

/** An e-mail address in its two parts. */
export interface Mailbox {
  /** The part before the `@`, without quotes and backslashes; upper and lower case differ. */
  readonly local: string;
  /** The part after the `@`, as written; may be empty, as in Go. */
  readonly domain: string;
}

const BACKSLASH = 0x5c;
const QUOTE = 0x22;

/**
 * Reads a mailbox such as `a@example.com` or `"a b"@example.com`; undefined if the text is none.
 *
 * As lenient as Go: spaces inside of quotes and backslashes outside of them pass, and the domain is what {@link isDomainNameValid} takes.
 * Backslashes are gone from the local part, so that two spellings of one address are equal.
 *
 * Source: RFC 2821 section 4.1.2, RFC 3696 section 3, Go crypto/x509 `parseRFC2821Mailbox`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseMailbox } from "kubepki";
 *
 * assert.deepEqual(parseMailbox('"a\\ b"@example.com'), { local: "a b", domain: "example.com" });
 * assert.equal(parseMailbox("a..b@example.com"), undefined);
 * ```
 */
export function parseMailbox(text: string): Mailbox | undefined {
  const quoted = text.charCodeAt(0) === QUOTE;
  let at = quoted ? 1 : 0;
  let local = "";
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) {
      const next = text.charCodeAt(++at);
      if (quoted ? !isQuotable(next) : !(next <= 127)) return undefined;
    } else if (quoted ? code === QUOTE : !isAtom(code)) break;
    else if (quoted && !isQuotable(code)) return undefined;
    // A tab needs a backslash, even inside of quotes.
    else if (code === 9) return undefined;
    local += text[at];
  }
  if (quoted ? text.charCodeAt(at++) !== QUOTE : !isDotted(local)) return undefined;
  const domain = text.slice(at + 1);
  return text[at] === "@" && isDomainNameValid(domain, false) ? { local, domain } : undefined;
}

/** Tells whether Go reads the text as a mailbox; see {@link parseMailbox}. */
export function isMailboxValid(text: string): boolean {
  return parseMailbox(text) !== undefined;
}

/** What may stand between quotes: ASCII without NUL, line feed and carriage return. */
function isQuotable(code: number): boolean {
  return code > 0 && code <= 127 && code !== 10 && code !== 13;
}

/** RFC 2822 3.2.4 atext, and the dot: printable ASCII but for spaces and `"(),:;<>@[\]`. */
function isAtom(code: number): boolean {
  return code > 32 && code < 127 && !'"(),:;<>@[\\]'.includes(String.fromCharCode(code));
}

/** Not empty, no dot at either end, no two dots in a row. */
function isDotted(local: string): boolean {
  return local !== "" && !`.${local}.`.includes("..");
}
