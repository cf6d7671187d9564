import { Html, html } from "../inspect/html.ts";
import { countOf } from "../inspect/report.ts";
import { spanInWords } from "../inspect/time-words.ts";
import type { ClusterAudit } from "./audit.ts";
import type { AuditedCertificate } from "./audited-certificate.ts";

const WIDTH = 980;
const LEFT = 330;
const RIGHT = 130;
const HEAD = 96;
const LINE = 24;
const DAY = 86_400_000;

/** More are a number below: who has thousands of nodes looks at the first to expire. */
const MAX_ROWS = 60;
/** What fits beside the bars; the whole text is in the tooltip. */
const NAME_LENGTH = 44;

const TICKS: readonly (readonly [days: number, words: string])[] = [
  [1, "a day"],
  [7, "a week"],
  [30, "a month"],
  [90, "3 months"],
  [365, "a year"],
  [3650, "10 years"],
];

/** Names of its own, for it may stand in the middle of a page. */
const STYLE = `
.ka{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;--back:#fff;--ink:#0f172a;--dim:#475569;--line:#e2e8f0}
.ka-over{--hue:#b91c1c}.ka-soon{--hue:#c2410c}.ka-later{--hue:#a16207}.ka-far{--hue:#15803d}
.ka-back{fill:var(--back)}.ka-tick{stroke:var(--line)}.ka-bar{fill:var(--hue)}.ka text{fill:var(--ink)}.ka .ka-dim{fill:var(--dim)}.ka .ka-end{text-anchor:end}.ka .ka-mid{text-anchor:middle}
.ka-title{font-size:19px;font-weight:600}
@media(prefers-color-scheme:dark){.ka{--back:#0f172a;--ink:#f1f5f9;--dim:#a8b5c7;--line:#334155}.ka-over{--hue:#f87171}.ka-soon{--hue:#fb923c}.ka-later{--hue:#facc15}.ka-far{--hue:#4ade80}}
`;

/**
 * An audit as a picture of what expires when, the first to expire on top: an SVG that needs nothing beside itself, with light and dark colors. The time axis is logarithmic, so that tomorrow and
 * the end of a CA fit on it; copies of a certificate are one bar. Every text of the certificates is escaped.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { auditClusterPki, formatClusterAuditSvg } from "kubepki";
 *
 * assert.match(formatClusterAuditSvg(await auditClusterPki([])), /^<svg/);
 * ```
 */
export function formatClusterAuditSvg({ certificates, at }: ClusterAudit): string {
  const now = Date.parse(at);
  const different = [
    ...new Map(certificates.toReversed().map((one) => [one.fingerprint, one])).values(),
  ].toReversed();
  const shown = different.slice(0, MAX_ROWS);
  const left = different.length - shown.length;
  const height = HEAD + shown.length * LINE + (left > 0 ? LINE : 0) + 20;
  const title = "What expires when";
  const about = `${countOf(different.length, "certificate")}, looked at on ${at.slice(0, 10)}`;
  return html`<svg
    class="ka"
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${WIDTH} ${height}"
    width="${WIDTH}"
    height="${height}"
    role="img"
    aria-label="${title}: ${about}"
  >
    <style>
      ${new Html(STYLE)}
    </style>
    <rect class="ka-back" width="${WIDTH}" height="${height}" />
    <text class="ka-title" x="20" y="36">${title}</text>
    <text class="ka-dim" x="20" y="57">${about}</text>
    ${TICKS.map((tick) => drawTick(tick, height))} ${shown.map((one, row) => drawRow(one, row, now))}
    ${left > 0 ? html`<text class="ka-dim" x="20" y="${height - 22}">and ${left} more, which expire no earlier</text>` : ""}
  </svg> `.text;
}

/** Where so many days from now are. */
function place(days: number): number {
  const longest = Math.log1p(3650);
  return LEFT + (WIDTH - LEFT - RIGHT) * Math.min(1, Math.log1p(Math.max(0, days)) / longest);
}

function drawTick([days, words]: (typeof TICKS)[number], height: number): Html {
  const x = place(days).toFixed(1);
  return html`<line class="ka-tick" x1="${x}" x2="${x}" y1="${HEAD - 8}" y2="${height - 16}" /><text
      class="ka-dim ka-mid"
      x="${x}"
      y="${HEAD - 14}"
      >${words}</text
    >`;
}

function drawRow({ subject, path, notAfter, kind }: AuditedCertificate, row: number, now: number): Html {
  const days = (Date.parse(notAfter) - now) / DAY;
  const y = HEAD + row * LINE;
  const end = place(days);
  const span = spanInWords(Math.abs(days) * 86_400);
  const words = days < 0 ? `${span} ago` : `in ${span}`;
  const name = path.length > NAME_LENGTH ? `…${path.slice(1 - NAME_LENGTH)}` : path;
  return html`<g class="ka-${stageOf(days)}"
    ><title>${subject} (${kind}), ${path}: ${notAfter}</title
    ><text class="ka-end" x="${LEFT - 12}" y="${y + 16}">${name}</text
    ><rect
      class="ka-bar"
      x="${LEFT}"
      y="${y + 5}"
      width="${Math.max(3, end - LEFT).toFixed(1)}"
      height="14"
      rx="3"
    /><text class="ka-dim" x="${(end + 8).toFixed(1)}" y="${y + 16}">${words}</text></g
  >`;
}

function stageOf(days: number): string {
  if (days < 0) return "over";
  return days < 30 ? "soon" : days < 90 ? "later" : "far";
}
