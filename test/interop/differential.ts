/** Asks this library and the referee about the same bytes and says where they part. */
import { PkiError } from "../../src/errors.ts";
import { parseIdentity, type Identity } from "../../src/kubernetes/identity.ts";
import { parseCertificate, type Certificate } from "../../src/x509/certificate.ts";
import { fieldDifferences } from "./compare.ts";
import type { CertificateView, UserView } from "./protocol.ts";
import { isRefused, type Referee } from "./referee.ts";

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

function compareParse(mode: Mode, ours: Outcome<Certificate>, go: CertificateView | string): Found[] {
  if ("error" in ours) {
    const { code, message } = ours.error;
    if (typeof go === "string" || mode === "safe") return [];
    return [[`${mode} refuses what Go accepts: ${code}`, message]];
  }
  if (typeof go === "string")
    return [[`${mode} accepts what Go refuses: ${go.replaceAll(/"[^"]*"|\d+/gu, "_")}`, go]];
  return fieldDifferences(ours.value, go).map(
    (text) => [`${mode} field ${text.split(":")[0]}`, text] as const,
  );
}

/** What of an identity the two must agree on. */
const ourUser = ({ user, groups, uid = "", extra }: Identity): string =>
  JSON.stringify({ user, groups, uid, extra });
const goUser = ({ user, groups, uid, extra }: UserView): string =>
  JSON.stringify({ user, groups, uid, extra });

function compareIdentity(mode: Mode, ours: Outcome<Identity | undefined>, go: UserView): Found[] {
  const theirs = go.error === undefined ? (go.ok ? goUser(go) : "no opinion") : "error";
  if ("error" in ours) {
    if (mode === "safe" || theirs === "error") return [];
    return [[`${mode} identity refused: ${ours.error.code}`, `${ours.error.message}; Kubernetes: ${theirs}`]];
  }
  const mine = ours.value === undefined ? "no opinion" : ourUser(ours.value);
  return mine === theirs
    ? []
    : [[`${mode} identity differs`, `ours ${mine}; Kubernetes: ${theirs} ${go.error ?? ""}`]];
}

function compareIn(
  mode: Mode,
  der: Uint8Array,
  go: { certificate: CertificateView; identity: UserView } | string,
): Found[] {
  const parsed = attempt(() => parseCertificate(der, { mode }));
  const found = compareParse(mode, parsed, typeof go === "string" ? go : go.certificate);
  const identity = attempt(() => parseIdentity(der, { mode }));
  if (typeof go !== "string") return [...found, ...compareIdentity(mode, identity, go.identity)];
  return "error" in identity ? found : [...found, [`${mode} identity of what Go refuses`, go]];
}

/** Every difference between this library and Go with Kubernetes on one input; none is the aim. */
export async function differences(referee: Referee, der: Uint8Array): Promise<Difference[]> {
  const encoded = Buffer.from(der).toString("base64");
  const answer = await referee.ask("identity", { leaf: encoded });
  const go = isRefused(answer) ? answer.error : answer;
  return (["kubernetes", "safe"] as const)
    .flatMap((mode) => compareIn(mode, der, go))
    .map(([finding, detail]) => ({ finding, detail, der: encoded }));
}
