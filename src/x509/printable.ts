/** For messages: short, and nothing in it that a terminal or a log would obey. */
export function printable(text: string, limit: number): string {
  let shown = "";
  for (const character of text.slice(0, limit)) {
    const code = character.codePointAt(0)!;
    shown += code > 0x1f && code < 0x7f ? character : `\\u{${code.toString(16)}}`;
  }
  return text.length > limit ? `${shown}...` : shown;
}
