/** A browser looks at the cards: what a name can do there, and whether all stays inside of the card. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { formatCertificateCard } from "kubepki";
import { certificate, cn, dnsName, name, o, subjectAltName } from "../support/certificate.ts";

const browser = ["chromium", "chromium-browser", "google-chrome"].find(
  (command) => spawnSync(command, ["--version"]).status === 0,
);
if (browser === undefined) console.info("skipped: there is no chromium");

const folder = mkdtempSync(join(tmpdir(), "kubepki-card-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the script in a page with the card, and gives back what it returns. */
function look(der: Uint8Array, script: string): unknown {
  const file = join(folder, "card.html");
  const card = formatCertificateCard(der, { at: Date.UTC(2030, 0) });
  const answer = `document.title = JSON.stringify((() => { ${script} })())`;
  writeFileSync(
    file,
    `<!doctype html><meta charset="utf-8"><title></title>${card}<script>${answer}</script>`,
  );
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${join(folder, "profile")}`];
  const { stdout } = spawnSync(
    browser!,
    [...flags, "--window-size=800,900", "--dump-dom", pathToFileURL(file).href],
    {
      encoding: "utf8",
      timeout: 60_000,
    },
  );
  return JSON.parse(
    /<title>(.*?)<\/title>/su
      .exec(stdout)![1]!
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&amp;", "&"),
  );
}

const hostile = certificate({
  subject: name(
    o("<img src=x onerror=document.body.remove()>"),
    o("W".repeat(900)),
    cn('</bdi></article><script>document.body.remove()</script>\u202e"\u0301'),
  ),
  extensions: [subjectAltName(dnsName("<i>".repeat(40)), dnsName("a".repeat(300)))],
});

describe.skipIf(browser === undefined)("a card in a browser", () => {
  test("has no element that a name made, and shows the name as it is", () => {
    const seen = look(
      hostile,
      `const all = [...document.querySelectorAll("article *")].map((e) => e.localName);
       return { tags: [...new Set(all)].sort(), title: document.querySelector("article dd bdi").textContent, cards: document.body.children.length };`,
    ) as { tags: string[]; title: string; cards: number };
    const tags = [
      "bdi",
      "dd",
      "div",
      "dl",
      "dt",
      "figcaption",
      "figure",
      "header",
      "li",
      "rect",
      "span",
      "strong",
      "svg",
      "time",
      "ul",
    ];
    expect(seen.tags).toEqual(tags);
    expect(seen.title).toContain("</bdi></article><script>document.body.remove()</script>\\u{202e}");
    expect(seen.cards).toBe(2);
  });

  test("keeps everything inside", () => {
    const outside = look(
      hostile,
      `const card = document.querySelector("article").getBoundingClientRect();
       return [...document.querySelectorAll("article *")].filter((e) => {
         const box = e.getBoundingClientRect();
         return box.right > card.right || box.left < card.left || box.bottom > card.bottom;
       }).map((e) => e.outerHTML.slice(0, 80));`,
    );
    expect(outside).toEqual([]);
  });
});
