/** HTML from parts: what comes from outside is escaped by construction, not by care. */
import { escapeUnseen } from "../x509/name-text.ts";

/** Text that is HTML already; everything else is escaped when it is put in. */
export class Html {
  /** The markup. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What can be put into {@link html}. */
type Part = string | number | Html | readonly Html[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * A template tag: the literal is markup, what is put in is text, good between tags and between the quotes of an attribute. Characters that cannot be seen or change the
 * direction of writing become `\u{...}`.
 */
export function html(markup: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = markup[0]!;
  for (const [i, part] of parts.entries()) text += escapePart(part) + markup[i + 1]!;
  return new Html(text);
}

function escapePart(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(({ text }) => text).join("");
  return escapeUnseen(String(part)).replaceAll(/[&<>"']/gu, (character) => ENTITIES[character]!);
}
