import type { CertificateKind } from "../kubernetes/cluster/config.ts";
import type { ClusterPlan } from "../kubernetes/cluster/plan.ts";
import { escapeUnseen } from "../x509/name-text.ts";
import { groupsOf, placeText, subjectText } from "./cluster-plan.ts";

/** Fill, border, text: light enough for both themes. */
const CLASSES: Readonly<Record<CertificateKind, string>> = {
  ca: "fill:#fef3c7,stroke:#b45309,color:#451a03",
  server: "fill:#dbeafe,stroke:#1d4ed8,color:#172554",
  client: "fill:#dcfce7,stroke:#15803d,color:#052e16",
  peer: "fill:#f3e8ff,stroke:#7e22ce,color:#3b0764",
};

/**
 * A plan as a tree of who issues whom, as the text of a Mermaid flowchart, which many sites draw in a code block of the language `mermaid`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatClusterPlanMermaid, planClusterPki } from "kubepki";
 *
 * const plan = planClusterPki({ nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] });
 * assert.match(formatClusterPlanMermaid(plan), /^flowchart LR\n/);
 * ```
 */
export function formatClusterPlanMermaid(plan: ClusterPlan): string {
  const groups = groupsOf(plan);
  const ids = new Map(groups.map(({ planned }, i) => [planned.name, `c${i}`]));
  const nodes = groups.map((group) => {
    const { planned } = group;
    const lines = [planned.name, subjectText(planned), placeText(group)].map(escape);
    return `  ${ids.get(planned.name)}["${lines.join("<br>")}"]:::${planned.kind}`;
  });
  const edges = groups.flatMap(({ planned: { name, ca } }) =>
    ca !== undefined && ids.has(ca) ? [`  ${ids.get(ca)} --> ${ids.get(name)}`] : [],
  );
  const classes = Object.entries(CLASSES).map(([kind, style]) => `  classDef ${kind} ${style}`);
  return `${["flowchart LR", ...nodes, ...edges, ...classes].join("\n")}\n`;
}

/** Mermaid takes characters by their number; only these can end a label or be read as markup. */
function escape(text: string): string {
  return escapeUnseen(text).replaceAll(/["#&<>;`]/gu, (character) => `#${character.charCodeAt(0)};`);
}
