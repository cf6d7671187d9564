/** kubeconfig as YAML, read with the strictness of a program that holds credentials. */
import { Composer, Document, isMap, isScalar, isSeq, LineCounter, Parser, visit } from "yaml";
import type { CST, DocumentOptions, Node, ParseOptions, Scalar, SchemaOptions, Tags } from "yaml";
import { KubeconfigError } from "../../errors.ts";
import type { Kubeconfig } from "../../kubernetes/kubeconfig/kubeconfig.ts";
import { parseKubeconfig } from "../../kubernetes/kubeconfig/parse.ts";

/** How YAML is read; all fields have defaults. */
export interface KubeconfigTextOptions {
  /** The longest text that is read, in UTF-16 units; 1,048,576 by default. */
  readonly maxCharacters?: number;
}

const MAX_CHARACTERS = 1_048_576;

/** A kubeconfig needs 7; the rest is for extensions. */
const MAX_DEPTH = 32;

/** Go's reader takes `yes` for true and `0777` for octal, as YAML 1.1 does, but not `12:30` for a number; dates, binary, sets and merging are none of a kubeconfig. */
const READING: DocumentOptions & SchemaOptions & ParseOptions = {
  version: "1.1",
  merge: false,
  resolveKnownTags: false,
  uniqueKeys: false, // its way takes time that grows with the square
  customTags: (tags: Tags): Tags =>
    tags.filter(
      (tag) =>
        typeof tag === "object" &&
        /:(map|seq|str|null|bool|int|float)$/.test(tag.tag) &&
        !("format" in tag && tag.format === "TIME"),
    ),
};

/**
 * Reads the YAML (or JSON) text of a kubeconfig.
 *
 * One document without aliases and with unique keys; so no text stands for more than it shows, and no two readers see different values. Work is bounded by `maxCharacters` and a
 * depth of 32. An empty text is an empty kubeconfig, as for kubectl. What the object must be, {@link parseKubeconfig} says.
 *
 * Source: client-go `tools/clientcmd/loader.go` (`Load`); YAML 1.1, as Go's yaml.v2 reads it.
 *
 * @throws KubeconfigError `ERR_KUBECONFIG_YAML` with the `line`, `ERR_KUBECONFIG_SIZE`, `ERR_KUBECONFIG_FORMAT`; nothing of the text is in the message
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseKubeconfigYaml } from "kubepki/node";
 *
 * const config = parseKubeconfigYaml("clusters:\n- name: here\n  cluster: { server: https://127.0.0.1:6443 }\n");
 * assert.equal(config.clusters[0]?.cluster.server, "https://127.0.0.1:6443");
 * ```
 */
export function parseKubeconfigYaml(text: string, options: KubeconfigTextOptions = {}): Kubeconfig {
  const { maxCharacters = MAX_CHARACTERS } = options;
  if (text.length > maxCharacters)
    throw new KubeconfigError(
      "ERR_KUBECONFIG_SIZE",
      `the text has ${text.length} characters, at most ${maxCharacters} are read`,
    );
  return parseKubeconfig(parseYaml(text));
}

function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  const fail = (message: string, offset: number): never => {
    throw new KubeconfigError("ERR_KUBECONFIG_YAML", message, { line: lines.linePos(offset).line });
  };
  // The first pass does not recurse; only what it has found shallow goes to the second, which does.
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  checkDepth(tokens, fail);
  const documents = [...new Composer(READING).compose(tokens)];
  const [document, second] = documents;
  if (second) fail("the text has more than one document", second.range[0]);
  if (!document) return undefined;
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) fail(`the text is no YAML that is read here: ${fault.code}`, fault.pos[0]);
  return plain(document.contents, fail);
}

type Fail = (message: string, offset: number) => never;

function checkDepth(tokens: readonly CST.Token[], fail: Fail): void {
  const open: { readonly token: CST.Token; readonly depth: number }[] = tokens.map((token) => ({
    token,
    depth: 0,
  }));
  for (let next = open.pop(); next; next = open.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) fail(`the text is nested deeper than ${MAX_DEPTH} levels`, token.offset);
    if (token.type === "alias") fail("the text has an alias, which is not read", token.offset);
    if (token.type === "document" && token.value) open.push({ token: token.value, depth });
    if (!("items" in token)) continue;
    for (const { key, value } of token.items)
      for (const child of [key, value]) if (child) open.push({ token: child, depth: depth + 1 });
  }
}

/** Go takes `0o17` for a number, which YAML 1.1 does not. */
function scalar({ value, type }: Scalar): unknown {
  const isOctal = type === "PLAIN" && typeof value === "string" && /^[-+]?0o[0-7_]+$/.test(value);
  return isOctal ? Number(value.replaceAll(/[-+_]/g, "")) * (value.startsWith("-") ? -1 : 1) : value;
}

/** Plain data of nodes; recursion is no deeper than the tokens. */
function plain(node: Node | null, fail: Fail): unknown {
  if (isScalar(node)) return scalar(node);
  if (isSeq<Node | null>(node)) return node.items.map((item) => plain(item, fail));
  if (!isMap<Node | null, Node | null>(node)) return null;
  const entries = new Map<string, unknown>();
  for (const { key, value } of node.items) {
    const offset = (key ?? node).range?.[0] ?? 0;
    if (!isScalar(key)) fail("a key is no text", offset);
    const name = String(plain(key, fail));
    if (entries.has(name)) fail("a key stands there twice", offset);
    entries.set(name, plain(value, fail));
  }
  return Object.fromEntries(entries);
}

/**
 * Writes a kubeconfig as YAML, as kubectl and kubeadm do: keys in alphabetical order, base64 in one line.
 *
 * Texts that some reader of YAML would take for something else (`yes`, `0x1f`, `12:30`) are quoted. Nothing is checked, see `validateKubeconfig`. **With embedded credentials the
 * text is a secret**; `writeKubeconfig` makes files that nobody else can read.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseKubeconfig } from "kubepki";
 * import { encodeKubeconfigYaml, parseKubeconfigYaml } from "kubepki/node";
 *
 * const config = parseKubeconfig({ users: [{ name: "yes", user: { token: "1e3" } }] });
 * const text = encodeKubeconfigYaml(config);
 * assert.match(text, /token: "1e3"/);
 * assert.deepEqual(parseKubeconfigYaml(text), config);
 * ```
 */
export function encodeKubeconfigYaml(config: Kubeconfig): string {
  const document = new Document(config, {
    version: "1.1",
    sortMapEntries: true,
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Scalar: (_, node) => {
      const { value } = node;
      if (typeof value === "string" && (MAYBE_NUMBER.test(value) || MAYBE_BREAK.test(value)))
        node.type = "QUOTE_DOUBLE";
    },
  });
  // They stand between double quotes, where they can be escaped.
  return document
    .toString({ lineWidth: 0, indentSeq: false })
    .replaceAll(ALL_BREAKS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What some reader could take for a number, and more than that: quotes do no harm. */
const MAYBE_NUMBER = /^[-+.]?\d[\da-fobx_.:eE+-]*$/i;

/** Line breaks of YAML 1.1 and no others, marks and control characters: readers fold, drop or refuse them. */
const MAYBE_BREAK = /[\u007f-\u009f\u2028\u2029\ufeff]/;
const ALL_BREAKS = /[\u007f-\u009f\u2028\u2029\ufeff]/g;
