/**
 * What the parts of a bundle weigh: `node docs/tools/bundle-parts.ts` prints how many bytes of gzip `import { parseIdentity } from "kubepki"` has, and how many fewer without each part. The
 * numbers of docs/architecture.md come from here.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Files that are taken away. */
const parts: Readonly<Record<string, string>> = {
  "the checks of extensions": "x509/extension.ts",
  PEM: "pem.ts",
  "the checks of keys and algorithms": "x509/subject-public-key-info.ts",
  "times, with Go's forms": "der/time.ts",
  "SHA-256": "sha256.ts",
  "rules for the texts of identities": "kubernetes/identity-rules.ts",
};

/** Nothing under each name that a file exports. */
function stubOf(path: string): string {
  const names = readFileSync(path, "utf8").matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm);
  return [...names].map(([, name]) => `export let ${name};`).join(" ");
}

async function bundle(without?: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: 'import { parseIdentity } from "./src/index.ts"; globalThis.use = parseIdentity;',
      resolveDir: root,
    },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    packages: "external",
    target: "es2022",
    write: false,
    logLevel: "silent",
    plugins: [
      {
        name: "without",
        setup: (plugin) =>
          plugin.onLoad({ filter: /\.ts$/ }, ({ path }) =>
            path.endsWith(`/src/${without}`) ? { contents: stubOf(path), loader: "js" } : undefined,
          ),
      },
    ],
  });
  return outputFiles[0]!.text;
}

/** The code with each text of the wanted kind empty. */
function withoutTexts(code: string, isWanted: (literal: string) => boolean): string {
  const file = ts.createSourceFile("bundle.js", code, ts.ScriptTarget.ES2022, true);
  let [rest, at] = ["", 0];
  const visit = (node: ts.Node): void => {
    if ((ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) && isWanted(node.getText(file))) {
      rest += `${code.slice(at, node.getStart(file))}""`;
      at = node.end;
    } else ts.forEachChild(node, visit);
  };
  visit(file);
  return rest + code.slice(at);
}

const weigh = (code: string): number => gzipSync(code, { level: 9 }).length;
const whole = await bundle();
const total = weigh(whole);
const show = (what: string, bytes: number): void => console.log(`${String(bytes).padStart(6)}  ${what}`);

show("parseIdentity", total);
for (const [what, part] of Object.entries(parts))
  show(`less without ${what}`, total - weigh(await bundle(part)));
show("less without messages", total - weigh(withoutTexts(whole, (text) => text.includes(" "))));
show(
  "less without messages, codes and names of fields",
  total - weigh(withoutTexts(whole, (text) => text.includes(" ") || /^"[A-Za-z-]+(?:_|\b)/.test(text))),
);
