import type { CertificateKind } from "../kubernetes/cluster/config.ts";
import type { ClusterPlan } from "../kubernetes/cluster/plan.ts";
import { groupsOf, placeText, subjectText } from "./cluster-plan.ts";
import type { PlannedGroup } from "./cluster-plan.ts";
import { Html, html } from "./html.ts";
import { countOf } from "./report.ts";

const CARD_WIDTH = 372;
const CARD_HEIGHT = 66;
const COLUMN = 460;
const LINE = 78;
const MARGIN = 28;
const HEAD = 104;
/** Space between two trees. */
const GAP = 18;

/** What fits into a card, in characters of the fonts below; the whole text is in the tooltip. */
const NAME_LENGTH = 30;
const LINE_LENGTH = 56;

const KINDS: readonly (readonly [kind: CertificateKind, words: string])[] = [
  ["ca", "certificate authority"],
  ["server", "server"],
  ["client", "client"],
  ["peer", "both"],
];

/** Names of its own, for it may stand in the middle of a page. */
const STYLE = `
.kp{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;--back:#fff;--card:#fff;--ink:#0f172a;--dim:#475569;--line:#cbd5e1}
.kp-ca{--hue:#b45309}.kp-server{--hue:#2563eb}.kp-client{--hue:#15803d}.kp-peer{--hue:#9333ea}
.kp-back{fill:var(--back)}.kp-card{fill:var(--card);stroke:var(--line)}.kp-hue{fill:var(--hue)}.kp-edge{fill:none;stroke:var(--line);stroke-width:1.5}
.kp text{fill:var(--ink)}.kp-title{font-size:19px;font-weight:600}.kp-name{font-size:13.5px;font-weight:600}.kp .kp-dim{fill:var(--dim)}
.kp-mono{font:11px ui-monospace,SFMono-Regular,Menlo,'DejaVu Sans Mono',monospace}.kp .kp-count{fill:#fff;font-size:11px;font-weight:600}
@media(prefers-color-scheme:dark){.kp{--back:#0f172a;--card:#1e293b;--ink:#f1f5f9;--dim:#a8b5c7;--line:#475569}}
`;

interface Card {
  readonly group: PlannedGroup;
  readonly x: number;
  readonly y: number;
  readonly children: readonly Card[];
}

/**
 * A plan as a picture of who issues whom: an SVG that needs nothing beside itself, with light and dark colors, and tooltips with purpose and names. Every text of the plan is escaped.
 *
 * What each node has is one card with the number of nodes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatClusterPlanSvg, planClusterPki } from "kubepki";
 *
 * const plan = planClusterPki({ nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] });
 * assert.match(formatClusterPlanSvg(plan), /^<svg/);
 * ```
 */
export function formatClusterPlanSvg(plan: ClusterPlan): string {
  const { cards, height } = layOut(groupsOf(plan));
  const all = cards.flatMap(withChildren);
  const columns = Math.max(1, ...all.map(({ x }) => (x - MARGIN) / COLUMN + 1));
  const width = Math.max(2 * MARGIN + (columns - 1) * COLUMN + CARD_WIDTH, 2 * MARGIN + COLUMN + CARD_WIDTH);
  const { clusterName, nodes } = plan.config;
  const title = `The certificates of ${clusterName}`;
  const counts = `${countOf(plan.certificates.length, "certificate")} for ${countOf(nodes.length, "node")}, keys of ${plan.config.keyAlgorithm}`;
  return html`<svg
    class="kp"
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${width} ${height}"
    width="${width}"
    height="${height}"
    role="img"
    aria-label="${title}: ${counts}"
  >
    <style>
      ${new Html(STYLE)}
    </style>
    <rect class="kp-back" width="${width}" height="${height}" />
    <text class="kp-title" x="${MARGIN}" y="42">${title}</text>
    <text class="kp-dim" x="${MARGIN}" y="63">${counts}</text>
    ${KINDS.map(legend)} ${all.flatMap(edges)} ${all.map(drawCard)}
  </svg> `.text;
}

/** Leaves stand below each other, and who issues them stands beside the first. */
function layOut(groups: readonly PlannedGroup[]): { readonly cards: Card[]; readonly height: number } {
  const names = new Set(groups.map(({ planned }) => planned.name));
  const childrenOf = new Map<string | undefined, PlannedGroup[]>();
  for (const group of groups) {
    const { ca } = group.planned;
    const parent = ca !== undefined && names.has(ca) ? ca : undefined;
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), group]);
  }
  let y = HEAD;
  const place = (group: PlannedGroup, depth: number): Card => {
    const top = y;
    const below = group.planned.kind === "ca" ? (childrenOf.get(group.planned.name) ?? []) : [];
    const children = below.map((child) => place(child, depth + 1));
    if (children.length === 0) y += LINE;
    return { group, x: MARGIN + depth * COLUMN, y: top, children };
  };
  const cards = (childrenOf.get(undefined) ?? []).map((root) => {
    const card = place(root, 0);
    y += GAP;
    return card;
  });
  return { cards, height: y + MARGIN - GAP };
}

function withChildren(card: Card): Card[] {
  return [card, ...card.children.flatMap(withChildren)];
}

function legend([kind, words]: (typeof KINDS)[number], i: number): Html {
  const x = MARGIN + COLUMN + [0, 160, 232, 298][i]!;
  return html`<g class="kp-${kind}"
    ><circle class="kp-hue" cx="${x + 5}" cy="38" r="5" /><text class="kp-dim" x="${x + 16}" y="42"
      >${words}</text
    ></g
  >`;
}

function edges({ x, y, children }: Card): Html[] {
  const from = x + CARD_WIDTH;
  return children.map((child) => {
    const [start, end] = [y + CARD_HEIGHT / 2, child.y + CARD_HEIGHT / 2];
    const middle = (from + child.x) / 2;
    return html`<path
      class="kp-edge"
      d="M${from} ${start}C${middle} ${start} ${middle} ${end} ${child.x} ${end}"
    />`;
  });
}

function drawCard({ group, x, y }: Card): Html {
  const { planned } = group;
  const { name, kind, purpose, dnsNames, ipAddresses, files, usedBy } = planned;
  const subject = subjectText(planned);
  const readers = [...new Set(usedBy.map(({ component }) => component))].join(", ");
  const flags = usedBy.map(({ component, flag, file }) => `${component} ${flag}=${file}`);
  const about: readonly string[] = [`${name}: ${purpose}`, subject, ...dnsNames, ...ipAddresses, ...flags];
  const third = readers === "" ? files.join(", ") : `${files[0]!}  →  ${readers}`;
  const count = placeText(group);
  const pill = Math.max(count.length * 6.4 + 16, 26);
  return html`<g class="kp-${kind}" transform="translate(${x} ${y})"
    ><title>${about.map((line) => html`${line} `)}</title>
    <rect class="kp-card" width="${CARD_WIDTH}" height="${CARD_HEIGHT}" rx="8" /><rect
      class="kp-hue"
      x="0"
      y="8"
      width="4"
      height="${CARD_HEIGHT - 16}"
      rx="2"
    />
    <text class="kp-name" x="16" y="22">${cut(name, NAME_LENGTH)}</text>
    <rect class="kp-hue" x="${CARD_WIDTH - pill - 10}" y="9" width="${pill}" height="18" rx="9" /><text
      class="kp-count"
      x="${CARD_WIDTH - pill / 2 - 10}"
      y="22"
      text-anchor="middle"
      >${count}</text
    >
    <text class="kp-mono" x="16" y="40">${cut(subject, LINE_LENGTH - 4)}</text>
    <text class="kp-dim" x="16" y="57">${cut(third, LINE_LENGTH)}</text></g
  > `;
}

/** Whole characters, so that no half of a pair is left. */
function cut(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length > length ? `${characters.slice(0, length - 1).join("")}…` : text;
}
