/** Words, colours and tables for the terminal. */
import { stdout } from "node:process";

type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const CODES: Record<Style, readonly [on: number, off: number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** The text in a style, if the terminal has colours and NO_COLOR does not forbid them. */
export function paint(style: Style, text: string): string {
  const [on, off] = CODES[style];
  return stdout.isTTY && stdout.hasColors() ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

/** Prints a line, indented by two spaces. */
export function say(text = ""): void {
  stdout.write(text === "" ? "\n" : `  ${text}\n`);
}

/** A headline with space above it. */
export function headline(text: string): void {
  say();
  say(paint("bold", text));
}

/** Something that went as it should. */
export function done(text: string): void {
  say(`${paint("green", "✓")} ${text}`);
}

/** Rows of labels and values; the labels are dim and aligned, long values are broken between words. */
export function facts(rows: readonly (readonly [label: string, value: string])[], indent = 2): void {
  const width = Math.max(...rows.map(([label]) => label.length));
  for (const [label, value] of rows) {
    const [first, ...others] = wrap(value, COLUMNS - indent - width);
    say(`${" ".repeat(indent)}${paint("dim", label.padEnd(width))}  ${first}`);
    for (const line of others) say(`${" ".repeat(indent + width)}  ${line}`);
  }
}

/** Where a line is broken. */
const COLUMNS = 100;

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A table with a dim head and a coloured second column. Cells are plain text. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i]!))).join("  ");
  say(paint("dim", line(head.map((title) => title.toUpperCase()))));
  for (const row of rows) {
    const [first, second, ...rest] = row.map((cell, i) =>
      i === row.length - 1 ? cell : cell.padEnd(widths[i]!),
    );
    say([first!, paint("cyan", second!), ...rest].join("  "));
  }
}

/** A day, as people compare them. */
export function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Text of others, with nothing in it that a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
