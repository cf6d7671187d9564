/** The API reference is grouped by topic: every export has one, and the first page says where each begins. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { projectRoot } from "../source-tree.ts";
import { exported } from "./exported.ts";

const read = (path: string): string => readFileSync(new URL(path, projectRoot), "utf8");
const topics = JSON.parse(read("docs/tools/topics.json")) as Record<string, string[]>;
const prefixes = Object.values(topics).flat();
const root = fileURLToPath(projectRoot);

const topicOf = new Map<string, string | undefined>();
const used = new Set<string | undefined>();
for (const { name, symbol } of exported) {
  const path = symbol.declarations![0]!.getSourceFile().fileName.slice(root.length);
  const [prefix] = prefixes.filter((each) => path.startsWith(each)).toSorted((a, b) => b.length - a.length);
  used.add(prefix);
  topicOf.set(
    name,
    Object.keys(topics).find((topic) => topics[topic]!.includes(prefix!)),
  );
}

test("every export has a topic", () => {
  expect([...topicOf].filter(([, topic]) => topic === undefined)).toEqual([]);
});

test("every path of a topic leads to an export, and stands there once", () => {
  expect(prefixes.filter((prefix) => !used.has(prefix))).toEqual([]);
  expect(new Set(prefixes).size).toBe(prefixes.length);
});

test("the first page begins each topic with exports of it", () => {
  const rows = [...read("docs/tools/reference.md").matchAll(/^\| ([^|{]+?) \| (\{@link .*) \|$/gm)];
  expect(rows.map(([, topic]) => topic)).toEqual(Object.keys(topics));
  for (const [, topic, links] of rows)
    for (const [, folder, name] of links!.matchAll(/\{@link kubepki(\/\w+)?\.(\w+) \| \2\}/g))
      expect(topicOf.get(`src${folder ?? ""}/index.ts: ${name}`), name).toBe(topic);
});
