/**
 * Writes docs/errors.md from the comments of the error codes in src/errors.ts.
 *
 * Run: `node docs/tools/error-codes.ts`; a test holds that the committed page is what this writes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import ts from "typescript";

export interface ErrorCodeEntry {
  readonly code: string;
  readonly className: string;
  readonly cause: string;
  readonly fix: string;
  readonly source: string;
}

/** Reads the registry: one entry per member of the interface `ErrorCodes`, in its order. */
export function parseErrorCodes(source: string): ErrorCodeEntry[] {
  const file = ts.createSourceFile("errors.ts", source, ts.ScriptTarget.ES2022, true);
  const registry = file.statements.find(
    (node) => ts.isInterfaceDeclaration(node) && node.name.text === "ErrorCodes",
  ) as ts.InterfaceDeclaration | undefined;
  if (!registry) throw new Error("src/errors.ts has no interface ErrorCodes");
  return registry.members.map(parseMember);
}

function parseMember(member: ts.TypeElement): ErrorCodeEntry {
  const code = member.name?.getText() ?? "";
  const className = ts.isPropertySignature(member) ? member.type?.getText().replaceAll('"', "") : undefined;
  const comment = ts.getTextOfJSDocComment(ts.getJSDocCommentsAndTags(member)[0]?.comment) ?? "";
  const parts = /^(?<cause>.+?) Fix: (?<fix>.+?) Source: (?<source>.+)$/s.exec(
    comment.replaceAll(/\s+/g, " ").trim(),
  )?.groups;
  if (!className || !parts) {
    throw new Error(`${code}: the comment must read "<cause> Fix: <fix> Source: <source>"`);
  }
  return {
    code,
    className,
    cause: parts["cause"]!,
    fix: capitalize(parts["fix"]!),
    source: parts["source"]!,
  };
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The page: one section per class, one heading per code, so that a code is a link target. */
export function renderErrorCodes(entries: readonly ErrorCodeEntry[]): string {
  const classNames = [...new Set(entries.map((entry) => entry.className))];
  const sections = classNames.map((className) => {
    const codes = entries.filter((entry) => entry.className === className).map(renderEntry);
    return `## ${className}\n\n${codes.join("\n\n")}`;
  });
  return `${INTRODUCTION}\n${sections.join("\n\n")}\n`;
}

function renderEntry({ code, cause, fix, source }: ErrorCodeEntry): string {
  return `### ${code}\n\n${cause}\n\n- **Fix:** ${fix}\n- **Source:** ${source}`;
}

const INTRODUCTION = `# Error codes

<!-- Generated from the comments in src/errors.ts by docs/tools/error-codes.ts. Do not edit. -->

Every error that input can provoke is a \`PkiError\`. Its class says what the caller does about it, its \`code\` what happened.
Codes are API: they keep their meaning. The message adds what was found, what was expected and where.
`;

if (import.meta.main) {
  const root = new URL("../../", import.meta.url);
  const source = readFileSync(new URL("src/errors.ts", root), "utf8");
  writeFileSync(new URL("docs/errors.md", root), renderErrorCodes(parseErrorCodes(source)));
}
