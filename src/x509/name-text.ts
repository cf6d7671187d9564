import type { Name } from "./name.ts";

/** Short names of the attribute types that names usually have (RFC 4519, RFC 4514 3, PKCS #9), and Kubernetes' own. */
const ATTRIBUTE_NAMES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.4": "SN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "STREET",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.12": "title",
  "2.5.4.17": "postalCode",
  "2.5.4.42": "GN",
  "2.5.4.97": "organizationIdentifier",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
  "1.3.6.1.4.1.57683.2": "kubernetesUid",
};

/** Short name of an attribute type that is given as dotted text; undefined if it has none. */
export function attributeName(type: string): string | undefined {
  return Object.hasOwn(ATTRIBUTE_NAMES, type) ? ATTRIBUTE_NAMES[type] : undefined;
}

/**
 * A name as text for people: `O = system:nodes, CN = system:node:node-1`, in encoded order, ` + ` between attributes that stand in one SET.
 *
 * Safe to print: a value with a comma, a plus sign, a quote, a backslash, spaces at an end or a character that cannot be seen or steers a terminal
 * stands in quotes, with `\u{202e}` for such a character. So two names with different values never read the same. Not for machines, and not to be compared: see
 * {@link Name.der}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeName, formatName, parseName } from "kubepki";
 *
 * const name = parseName(encodeName({ organizations: ["ops, CN = admin"], commonName: "jane" }));
 * assert.equal(formatName(name), `O = "ops, CN = admin", CN = jane`);
 * ```
 */
export function formatName({ rdns }: Name): string {
  return rdns
    .map((rdn) =>
      rdn.map(({ type, value }) => `${attributeName(type) ?? type} = ${showText(value)}`).join(" + "),
    )
    .join(", ");
}

/**
 * What no reader sees, a terminal obeys, or changes the direction of what follows; and white space but the space. Wider than
 * {@link findHidden}, which refuses: here nothing is lost.
 */
const UNSEEN = /(?! )[\p{C}\p{Z}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/gu;

/** What makes a value ambiguous among our own separators. */
const AMBIGUOUS = /^$|^ | $|[",+\\]/u;

/** Letters, digits and signs of ASCII that are none of {@link AMBIGUOUS}: nearly all names are so, and told at once. */
const PLAIN = /^(?! )[ !#-*\--[\]-~]+(?<! )$/;

/** A text from a stranger as it can be printed: as it is where nothing in it misleads, else in quotes. */
export function showText(text: string): string {
  if (PLAIN.test(text)) return text;
  return AMBIGUOUS.test(text) || escapeUnseen(text) !== text ? quoteText(text) : text;
}

/** The text in quotes; inside of them a quote and a backslash have a backslash before them, and what cannot be seen is `\u{...}`. */
export function quoteText(text: string): string {
  return `"${escapeUnseen(text.replaceAll(/["\\]/gu, "\\$&"))}"`;
}

/** The text with `\u{...}` for each character that cannot be seen or steers whoever shows it. */
export function escapeUnseen(text: string): string {
  return text.replaceAll(UNSEEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
