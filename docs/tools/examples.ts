/**
 * The examples of the documentation as programs: fenced `ts` blocks of Markdown pages and TSDoc comments.
 *
 * A block marked `ts no-run` is only type-checked, for examples that need a cluster or another package.
 */

export interface Example {
  /** File and line of the fence: `README.md:42`. */
  readonly place: string;
  /** Line of the fence, from 1. */
  readonly line: number;
  readonly code: string;
  readonly run: boolean;
}

/** The `ts` blocks of a Markdown page. */
export function extractFromMarkdown(path: string, text: string): Example[] {
  return extractBlocks(path, text.split("\n"));
}

/** The `ts` blocks inside the doc comments of a TypeScript file. */
export function extractFromSource(path: string, text: string): Example[] {
  let inComment = false;
  const lines = text.split("\n").map((line) => {
    if (/^\s*\/\*\*/.test(line)) inComment = true;
    const content = inComment ? line.replace(/^\s*(\/\*\*|\*(?!\/)) ?/, "") : "";
    if (line.includes("*/")) inComment = false;
    return content;
  });
  return extractBlocks(path, lines);
}

function extractBlocks(path: string, lines: readonly string[]): Example[] {
  const examples: Example[] = [];
  let start: { line: number; indent: string; run: boolean } | undefined;
  for (const [index, line] of lines.entries()) {
    const fence = /^(?<indent>\s*)```(?<info>.*)$/.exec(line)?.groups;
    if (!fence) continue;
    if (start && start.indent === fence["indent"] && fence["info"] === "") {
      const code = lines.slice(start.line, index).join("\n");
      examples.push({ place: `${path}:${start.line}`, line: start.line, code, run: start.run });
      start = undefined;
    } else if (!start && /^ts( no-run)?$/.test(fence["info"]!.trim())) {
      start = { line: index + 1, indent: fence["indent"]!, run: fence["info"]!.trim() === "ts" };
    }
  }
  if (start) throw new Error(`${path}:${start.line}: the block has no closing fence`);
  return examples;
}

/**
 * The module of an example: its code at the line where it stands in the documentation, so that compilers and stack
 * traces name the right line. Always a module, even without imports.
 */
export function renderExample(example: Example): string {
  return `${"\n".repeat(example.line)}${example.code}\nexport {};\n`;
}
