/** Every relative link of a Markdown page leads to a file, and to a heading in it. */
import { existsSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";
import { listFiles, projectRoot, readText } from "../source-tree.ts";

const pages = [
  ...["README", "CHANGELOG", "CONTRIBUTING", "SECURITY"].map((name) => `${name}.md`),
  ...listFiles("docs", ".md").filter((path) => !path.startsWith("docs/api/")),
];

/** Targets of `[text](target)` outside of code, but for those on other sites. */
function linksOf(path: string): string[] {
  const text = readText(path).replaceAll(/^```[^]*?^```$/gm, "");
  return Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target!).filter(
    (target) => !/^[a-z]+:/.test(target),
  );
}

/** The anchors that GitHub makes of headings. */
function anchorsOf(path: string): string[] {
  const headings = readText(path).matchAll(/^#+ (.*)$/gm);
  return Array.from(headings, ([, text]) =>
    text!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test("there are links to follow", () => {
  expect(pages.flatMap(linksOf).length).toBeGreaterThan(20);
});

test.for(pages)("links of %s lead somewhere", (page) => {
  const broken = linksOf(page).filter((link) => {
    const [file, anchor] = link.split("#") as [string, string | undefined];
    const target = file === "" ? page : posix.join(posix.dirname(page), file);
    if (!existsSync(new URL(target, projectRoot))) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
  expect(broken).toEqual([]);
});
