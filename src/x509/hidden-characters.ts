/** Characters that do not belong into a name that people read: reading, issuing and linting share the rule. */

/**
 * Characters without a shape of their own: zero-width and direction marks, fillers, variation selectors, tags, line and paragraph separators.
 * Source: Unicode `Default_Ignorable_Code_Point`, `Bidi_Control`, and the interlinear annotations.
 */
const INVISIBLE = /[\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/u;

/** Index of a control character (C0, DEL, C1), which logs and headers would interpret, or else of an invisible one; -1 if there is none. */
export function findHidden(text: string, allowInvisible = false): number {
  let all = 0;
  for (let i = 0; i < text.length; i++) {
    if (isControl(text, i)) return i;
    all |= text.charCodeAt(i);
  }
  return all < 0x80 || allowInvisible ? -1 : text.search(INVISIBLE);
}

/** Tells whether the character that stands there is C0, DEL or C1. */
export function isControl(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}
