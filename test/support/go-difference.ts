/** Says where this library and Go with Kubernetes part on the same bytes. */
import { PkiError } from "../../src/errors.ts";
import { parseIdentity, type Identity } from "../../src/kubernetes/identity.ts";
import { parseCertificate, type Certificate } from "../../src/x509/certificate.ts";
import type { CertificateView, UserView } from "../interop/protocol.ts";
import { fieldDifferences } from "./go-view.ts";

type Mode = "safe" | "kubernetes";
type Outcome<T> = { readonly value: T } | { readonly error: PkiError };

/** Only the library's own errors are an outcome; any other goes up. */
function attempt<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof PkiError) return { error };
    throw error;
  }
}

export interface Difference {
  /** What kind of disagreement, and the error or field concerned: equal texts are one finding. */
  readonly finding: string;
  readonly detail: string;
  readonly der: string;
}

type Found = readonly [finding: string, detail: string];

function compareParse(
  mode: Mode,
  ours: Outcome<Certificate>,
  go: Partial<CertificateView> | string,
): Found[] {
  if ("error" in ours) {
    const { code, message } = ours.error;
    if (typeof go === "string" || mode === "safe") return [];
    return [[`${mode} refuses what Go accepts: ${code}`, message]];
  }
  if (typeof go === "string")
    return [[`${mode} accepts what Go refuses: ${go.replaceAll(/"[^"]*"|\d+/gu, "_")}`, go]];
  const { value } = ours;
  const fields = attempt(() => fieldDifferences(value, go));
  // What was parsed must be readable: no getter may find a fault that parsing did not.
  if ("error" in fields)
    return [[`${mode} parses what it cannot read: ${fields.error.code}`, fields.error.message]];
  return fields.value.map((text) => [`${mode} field ${text.split(":")[0]}`, text] as const);
}

/** What of an identity the two must agree on; kept vectors leave out the credential id. */
const ourUser = ({ user, groups, uid = "", extra }: Identity, withExtra: boolean): string =>
  JSON.stringify({ user, groups, uid, ...(withExtra && { extra }) });
const goUser = ({ user, groups, uid, extra }: UserView): string =>
  JSON.stringify({ user, groups, uid, ...(extra && { extra }) });

function compareIdentity(mode: Mode, ours: Outcome<Identity | undefined>, go: UserView): Found[] {
  const theirs = go.error === undefined ? (go.ok ? goUser(go) : "no opinion") : "error";
  if ("error" in ours) {
    if (mode === "safe" || theirs === "error") return [];
    return [[`${mode} identity refused: ${ours.error.code}`, `${ours.error.message}; Kubernetes: ${theirs}`]];
  }
  const mine = ours.value === undefined ? "no opinion" : ourUser(ours.value, Boolean(go.extra));
  return mine === theirs
    ? []
    : [[`${mode} identity differs`, `ours ${mine}; Kubernetes: ${theirs} ${go.error ?? ""}`]];
}

/** Go's view and Kubernetes' answer, or the error with which Go refused to parse. */
export type GoAnswer =
  | { readonly certificate: Partial<CertificateView>; readonly identity: UserView }
  | string;

function compareIn(mode: Mode, der: Uint8Array, go: GoAnswer): Found[] {
  const parsed = attempt(() => parseCertificate(der, { mode }));
  const found = compareParse(mode, parsed, typeof go === "string" ? go : go.certificate);
  const identity = attempt(() => parseIdentity(der, { mode }));
  if (typeof go !== "string") return [...found, ...compareIdentity(mode, identity, go.identity)];
  return "error" in identity ? found : [...found, [`${mode} identity of what Go refuses`, go]];
}

/** Every difference on one input; none is the aim. */
export const compare = (der: Uint8Array, go: GoAnswer): Difference[] =>
  (["kubernetes", "safe"] as const)
    .flatMap((mode) => compareIn(mode, der, go))
    .map(([finding, detail]) => ({ finding, detail, der: Buffer.from(der).toString("base64") }));

/**
 * Where this library parts from Go on purpose; each row has its place in docs/strictness.md, and a
 * vector that shows it: a row that no longer describes anything fails a test.
 */
export const deliberate: readonly { readonly finding: RegExp; readonly reason: string }[] = [
  {
    finding:
      /^kubernetes (?:identity refused|refuses what Go accepts): ERR_DER_INTEGER: .*tbsCertificate\.version/u,
    reason: "Go lets the version number 2^63 - 1 overflow and takes the certificate for v1",
  },
  {
    finding: /^kubernetes (?:identity refused|refuses what Go accepts): ERR_DER_OID: .*at most 64 are read/u,
    reason: "an object identifier has a limit of 64 octets, in Go only the arcs outside of policies have one",
  },
  {
    finding: /^(?:kubernetes|safe) (?:accepts|identity of) what Go refuses: .*(?:not on curve|P\d{3} point)/u,
    reason:
      "that a point lies on its curve is checked when the key is imported, which is before anything is verified with it",
  },
  {
    finding: /^kubernetes field (?:crlDistributionPoints|ocspServer|issuingCertificateUrl): /u,
    reason:
      "a URI with an octet above 127 in an extension that Go does not check is left out, not handed on as bytes",
  },
];

type Row = (typeof deliberate)[number];

/** Whether a difference is one that a row describes. */
export const describes = ({ finding: pattern }: Row, { finding, detail }: Difference): boolean =>
  pattern.test(`${finding}: ${detail}`);

/** Differences that nobody meant, one of each kind with its shortest example. */
export function unexplained(found: readonly Difference[]): string[] {
  const shortest = new Map<string, Difference>();
  for (const difference of found) {
    const { finding, der } = difference;
    if (deliberate.some((row) => describes(row, difference))) continue;
    if (der.length < (shortest.get(finding)?.der.length ?? Infinity)) shortest.set(finding, difference);
  }
  return [...shortest.values()].map(({ finding, detail, der }) => `${finding}: ${detail} [${der}]`);
}
