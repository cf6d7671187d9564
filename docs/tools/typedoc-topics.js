/** Groups the API reference by topic: what `topics.json` says of the file in which something is declared, the longest path first. */
import { readFileSync } from "node:fs";
import { Application, Comment, CommentTag, Converter } from "typedoc";

const topics = JSON.parse(readFileSync(new URL("topics.json", import.meta.url), "utf8"));
const paths = Object.entries(topics)
  .flatMap(([topic, prefixes]) => prefixes.map((prefix) => ({ topic, prefix })))
  .toSorted((a, b) => b.prefix.length - a.prefix.length);

/** TypeDoc calls this. */
export function load(app) {
  app.on(Application.EVENT_BOOTSTRAP_END, () => {
    app.options.setValue("categoryOrder", Object.keys(topics));
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? [])
      for (const exported of module.children ?? []) file(project, exported);
  });
}

function file(project, exported) {
  const path = project.getSymbolIdFromReflection(exported)?.packagePath;
  if (path === undefined) return; // a reference to what another entry point has
  const { topic } = paths.find(({ prefix }) => path.startsWith(prefix)) ?? {};
  if (topic === undefined) throw new Error(`topics.json has no topic for ${path}`);
  for (const documented of exported.signatures ?? [exported]) {
    documented.comment ??= new Comment();
    documented.comment.blockTags.push(new CommentTag("@category", [{ kind: "text", text: topic }]));
  }
}
