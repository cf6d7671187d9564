import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseKubeconfig } from "kubepki";
import { encodeKubeconfigYaml, parseKubeconfigYaml } from "kubepki/node";

const yamlFault = (line?: number): unknown =>
  expect.objectContaining({ code: "ERR_KUBECONFIG_YAML", ...(line !== undefined && { line }) });

describe("parseKubeconfigYaml", () => {
  test("reads what kubectl writes", () => {
    const text = `apiVersion: v1
clusters: null
contexts:
- context:
    cluster: ""
    user: me
  name: here
current-context: here
kind: Config
preferences: {}
users:
- name: me
  user:
    token: abc
`;
    const config = parseKubeconfigYaml(text);
    expect(config.users).toEqual([{ name: "me", user: { token: "abc" } }]);
    expect(config.clusters).toEqual([]);
    expect(config["current-context"]).toBe("here");
  });

  test.for(["", "\n", "---\n", "# nothing\n", "\uFEFF", "null"])(
    "takes %j for an empty kubeconfig",
    (text) => {
      expect(parseKubeconfigYaml(text)).toEqual(parseKubeconfig({}));
    },
  );

  test("reads JSON", () => {
    expect(parseKubeconfigYaml('{"kind": "Config", "current-context": "a"}')["current-context"]).toBe("a");
  });

  test("takes yes for true, as Go does, and so refuses it as a name", () => {
    const cluster = (value: string) =>
      parseKubeconfigYaml(
        `clusters: [{ name: a, cluster: { server: s, insecure-skip-tls-verify: ${value} } }]`,
      );
    expect(cluster("yes").clusters[0]!.cluster["insecure-skip-tls-verify"]).toBe(true);
    expect(() => parseKubeconfigYaml("current-context: yes")).toThrow(
      expect.objectContaining({ code: "ERR_KUBECONFIG_FORMAT", path: "current-context" }),
    );
  });

  test.for(["0o17", "-0o1_7", "0x1f", "1_000", "1e3", ".5"])("takes %s for a number, as Go does", (text) => {
    expect(() => parseKubeconfigYaml(`current-context: ${text}`)).toThrow(
      expect.objectContaining({ code: "ERR_KUBECONFIG_FORMAT" }),
    );
    const config = parseKubeconfig({ "current-context": text });
    expect(encodeKubeconfigYaml(config)).toContain(`current-context: "${text}"`);
  });

  test("takes a time of day for text, as Go does", () => {
    expect(parseKubeconfigYaml("current-context: 12:30:45")["current-context"]).toBe("12:30:45");
  });

  test("takes a date for text, as Go does", () => {
    const { extensions } = parseKubeconfigYaml(
      "extensions: [{ name: a, extension: { last-update: 2026-11-24T10:00:00Z } }]",
    );
    expect(extensions![0]!.extension).toEqual({ "last-update": "2026-11-24T10:00:00Z" });
  });

  test.for<[string, string, number]>([
    ["an alias", "users:\n- &a { name: a }\n- *a\n", 3],
    ["merging", "users:\n- &a { name: a }\n- <<: *a\n", 3],
    ["a tag", "current-context: !!binary YQ==\n", 1],
    ["a key that stands there twice", "kind: Config\ncurrent-context: a\ncurrent-context: b\n", 3],
    ["a key that is no text", "? [a]\n: b\n", 1],
    ["two documents", "kind: Config\n---\nkind: Config\n", 2],
    ["a bracket that does not end", "users: [\n", 2],
    ["a quote that does not end", 'users: "a\n', 2],
    ["tabs", "users:\n\t- name: a\n", 2],
  ])("refuses %s", ([, text, line]) => {
    expect(() => parseKubeconfigYaml(text)).toThrow(yamlFault(line));
  });

  test("shows nothing of the text in its errors", () => {
    for (const text of [
      "token: *s3cret",
      "token: !s3cret a",
      "s3cret: 1\ns3cret: 2",
      "token: [s3cret",
      "token: s3cret: s3cret",
    ]) {
      expect(() => parseKubeconfigYaml(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("s3cret") }),
      );
    }
  });

  test("refuses a text over the limit before it is read", () => {
    const fault = expect.objectContaining({ code: "ERR_KUBECONFIG_SIZE" });
    expect(() => parseKubeconfigYaml(" ".repeat(1_048_577))).toThrow(fault);
    expect(() => parseKubeconfigYaml("kind: Config", { maxCharacters: 11 })).toThrow(fault);
    expect(parseKubeconfigYaml("kind: Config", { maxCharacters: 12 }).kind).toBe("Config");
  });

  test.for<[string, string]>([
    ["brackets", "[".repeat(100_000)],
    ["braces", "{".repeat(100_000)],
    ["dashes", "- ".repeat(50_000)],
    ["question marks", "? ".repeat(50_000)],
    ["indents", Array.from({ length: 400 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join("")],
  ])("refuses deep nesting by %s, and does not overflow the stack", ([, text]) => {
    expect(() => parseKubeconfigYaml(text)).toThrow(yamlFault());
  });

  test("refuses a bomb of aliases", () => {
    const lines = ["a: &a [x, x, x, x, x, x, x, x, x]"];
    for (const [from, to] of ["ab", "bc", "cd", "de", "ef", "fg", "gh", "hi"].map(
      (pair) => [...pair] as [string, string],
    ))
      lines.push(`${to}: &${to} [${`*${from}, `.repeat(9)}]`);
    expect(() => parseKubeconfigYaml(lines.join("\n"))).toThrow(yamlFault());
  });
});

describe("encodeKubeconfigYaml", () => {
  const hardText = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom(
      "yes",
      "No",
      "on",
      "y",
      "~",
      "null",
      "",
      " ",
      "0x1f",
      "0777",
      "1_000",
      "1e3",
      ".inf",
      "12:30:45",
      "2026-11-24",
      "<<",
      "=",
      "- a",
      "a: b",
      "#",
      "a #b",
      "|",
      ">",
      "\n",
      "a\nb",
      "\t",
      "'",
      '"',
      "*a",
      "&a",
      "!a",
      "%a",
      "@a",
      "`a",
      "---",
      "...",
      "\u0085",
      "\u2028",
      "\uFEFF",
    ),
  );

  test("parse(encode(x)) = x, whatever the texts are", () => {
    const arbitrary = fc.record({
      name: hardText,
      token: hardText,
      groups: fc.array(hardText),
      extension: fc.jsonValue({ maxDepth: 4, noUnicodeString: false }),
    });
    fc.assert(
      fc.property(arbitrary, ({ name, token, groups, extension }) => {
        const config = parseKubeconfig({
          users: [{ name, user: { token, "as-groups": groups } }],
          extensions: [{ name: token, extension }],
          "current-context": name,
        });
        expect(parseKubeconfigYaml(encodeKubeconfigYaml(config))).toEqual(config);
      }),
      { numRuns: 500 },
    );
  });

  test("writes keys in order and base64 in one line", () => {
    const data = Buffer.alloc(3000, "a").toString("base64");
    const text = encodeKubeconfigYaml(
      parseKubeconfig({
        users: [{ user: { "client-key-data": data, "client-certificate-data": data }, name: "me" }],
      }),
    );
    expect(text).toBe(`apiVersion: v1
clusters: []
contexts: []
current-context: ""
kind: Config
users:
- name: me
  user:
    client-certificate-data: ${data}
    client-key-data: ${data}
`);
  });
});
