import type { Finding } from "../finding.ts";
import type { PemOptions } from "../pem.ts";
import { momentOf } from "../verify/asking.ts";
import { parseCertificate } from "../x509/certificate.ts";
import type { Certificate, CertificateInput } from "../x509/certificate.ts";
import type { Limits } from "../x509/limits.ts";
import { formatName, showText } from "../x509/name-text.ts";
import { keyText, readKey } from "./algorithm-text.ts";
import { html } from "./html.ts";
import type { Html } from "./html.ts";
import { lintCertificate } from "./lint-certificate.ts";
import { identityRows, isSelfSigned, purposeLines } from "./purpose.ts";
import { dateText, pairs } from "./report.ts";
import type { FormatOptions, Row } from "./report.ts";
import { lifeStage } from "./time-words.ts";
import type { LifeStage } from "./time-words.ts";

/** A card is for a glance: so many lines of one thing, and so many characters of one line. */
const MAX_LINES = 5;
const MAX_CHARACTERS = 120;

/** White on each of them can be read (WCAG 2.2, 1.4.3), and each can be told from white and from black. */
const COLORS = { good: "#1a7f37", careful: "#9a6700", bad: "#cf222e" } as const;

/** What the badge says, and how good that is. */
const BADGES: Readonly<Record<LifeStage["stage"], readonly [text: string, color: keyof typeof COLORS]>> = {
  early: ["not yet valid", "bad"],
  valid: ["current", "good"],
  late: ["expires soon", "careful"],
  over: ["expired", "bad"],
};

/**
 * A certificate as a small card for dashboards: an HTML fragment, an `<article>` with the lifetime as a picture, that needs no script, style sheet, font or image of
 * anybody, and takes text colour and font of the page around it, dark or light.
 *
 * It says whom the certificate names to Kubernetes, what it is good for, how much of its lifetime has passed, and what is wrong with it; of long lists and texts the beginning.
 * All that comes from the certificate is escaped, cut to length and isolated in direction: no name can add markup, leave the card or turn the text after it around. Styles stand in `style`
 * attributes, which a Content-Security-Policy must allow (`style-src-attr 'unsafe-inline'`). **It says nothing about trust.** Markup and wording may change from version to version.
 *
 * @param options `at` is the time to which dates are compared, now by default
 * @throws PemError, DerError, CertificateError as {@link formatCertificate}; `TypeError` if `at` is no date
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, formatCertificateCard, generateKeyPair, issueSelfSigned } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "<b>kubernetes" } }), signer);
 * const card = formatCertificateCard(certificate);
 * assert(card.startsWith("<article ") && card.includes("&lt;b&gt;kubernetes"));
 * ```
 */
export function formatCertificateCard(
  input: CertificateInput,
  options: Pick<FormatOptions, "at"> & Limits & PemOptions = {},
): string {
  const certificate = parseCertificate(input, { ...options, mode: "kubernetes" });
  const at = momentOf(options.at);
  const life = lifeStage(certificate.notBefore, certificate.notAfter, at);
  const title = formatName(certificate.subject) || "nobody by name";
  const box =
    "box-sizing:border-box;max-width:34rem;padding:1rem 1.25rem;border:1px solid #8886;border-radius:.75rem;" +
    "overflow:hidden;overflow-wrap:anywhere;text-align:left;font-size:.875rem;line-height:1.45";
  return html`<article style="${box}" aria-label="Certificate of ${cut(title)}">
    ${[
      header(title, life),
      rows([
        ...identityRows(certificate).filter(([label]) => label !== "credential id"),
        ...facts(certificate),
      ]),
      lifetime(certificate, life),
      findingList(lintCertificate(certificate, { at })),
    ]}
  </article> `.text;
}

/** Text of a stranger: cut, and with a direction of its own. */
function own(text: string): Html {
  return html`<bdi>${cut(text)}</bdi>`;
}

/** Whole characters, so that no half of a pair is left. */
function cut(text: string): string {
  const start = Array.from(text.slice(0, MAX_CHARACTERS * 2))
    .slice(0, MAX_CHARACTERS)
    .join("");
  return start.length < text.length ? `${start}…` : text;
}

function header(title: string, { stage }: LifeStage): Html {
  const [text, color] = BADGES[stage];
  return html`<header style="display:flex;gap:.75rem;align-items:flex-start;justify-content:space-between">
    <strong style="font-size:1rem">${own(title)}</strong>${badge(text, color)}
  </header>`;
}

function badge(text: string, color: keyof typeof COLORS): Html {
  const style = `flex:none;padding:.1rem .6rem;border-radius:1rem;font-size:.75rem;white-space:nowrap;color:#fff;background:${COLORS[color]}`;
  return html`<span style="${style}">${text}</span>`;
}

function facts(certificate: Certificate): Row[] {
  const { issuer, serialNumber, subjectPublicKeyInfo, dnsNames, ipAddresses } = certificate;
  const names = [...dnsNames, ...ipAddresses];
  return [
    ["good for", ...purposeLines(certificate)],
    ...(names.length === 0 ? [] : [["names", ...names.map(showText)] as const]),
    ["issuer", isSelfSigned(certificate) ? "itself" : formatName(issuer) || "(empty)"],
    ["serial", pairs(serialNumber)],
    ["key", keyText(readKey(subjectPublicKeyInfo))],
  ];
}

function rows(all: readonly Row[]): Html {
  const items = all.map(([label, ...lines]) => {
    const shown = lines.slice(0, MAX_LINES).map((line) => html`<div>${own(line)}</div>`);
    const left = lines.length - shown.length;
    const more = left > 0 ? [html`<div style="opacity:.7">and ${left} more</div>`] : [];
    return html`<dt style="opacity:.7">${label}</dt>
      <dd style="margin:0;min-width:0">${[...shown, ...more]}</dd>`;
  });
  return html`<dl
    style="display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.25rem 1rem;margin:.75rem 0"
  >
    ${items}
  </dl>`;
}

/** A bar that fills from the first to the last day, with a mark where the moment stands. */
function lifetime({ notBefore, notAfter }: Certificate, { words, stage, passed }: LifeStage): Html {
  const [, color] = BADGES[stage];
  const width = Math.round(passed * 1000) / 10;
  const day = (date: Date): string => dateText(date).slice(0, -10);
  return html`<figure style="margin:.75rem 0 0">
    <svg
      role="img"
      aria-label="${words}"
      viewBox="0 0 100 3"
      preserveAspectRatio="none"
      style="display:block;width:100%;height:.5rem;border-radius:.25rem"
    >
      <rect width="100" height="3" fill="currentColor" fill-opacity=".15" />
      <rect width="${width}" height="3" fill="${COLORS[color]}" />
    </svg>
    <figcaption style="display:flex;justify-content:space-between;gap:.75rem;font-size:.75rem">
      <time datetime="${dateText(notBefore)}">${day(notBefore)}</time><strong>${words}</strong
      ><time datetime="${dateText(notAfter)}">${day(notAfter)}</time>
    </figcaption>
  </figure>`;
}

function findingList(findings: readonly Finding[]): Html {
  if (findings.length === 0) return html``;
  // What forbids comes before what warns; each kind stays in its order.
  const sorted = [...findings].sort(
    (a, b) => Number(b.severity === "error") - Number(a.severity === "error"),
  );
  const items = sorted.slice(0, MAX_LINES).map(({ severity, message }) => {
    const color = severity === "error" ? "bad" : "careful";
    return html`<li style="display:flex;gap:.5rem;align-items:baseline;margin:.25rem 0">
      ${badge(severity, color)}<span>${own(message)}</span>
    </li>`;
  });
  const left = findings.length - items.length;
  const more = left > 0 ? [html`<li style="opacity:.7">and ${left} more</li>`] : [];
  return html`<ul style="list-style:none;margin:.75rem 0 0;padding:0">
    ${[...items, ...more]}
  </ul>`;
}
