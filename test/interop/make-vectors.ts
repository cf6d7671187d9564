/**
 * Asks the referee about every odd input and keeps its answers in test/vectors, so that plain tests
 * hold them where there is no referee. The same inputs give the same files.
 *
 * `node test/interop/make-vectors.ts` writes them; the interop tests compare.
 */
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { certificate, certificationRequest } from "../support/certificate.ts";
import type { CertificateView, NameView, UserView } from "./protocol.ts";
import { isRefused, startReferee, type Referee } from "./referee.ts";
import { noon, scenarios, type Scenario } from "./vectors/chains.ts";
import { names, requests as goRequests, templates } from "./vectors/encodings.ts";
import { extensions } from "./vectors/extensions.ts";
import { ecKey, type Issued } from "./vectors/forge.ts";
import { hostCases, patternCertificates, patternHosts } from "./vectors/hostnames.ts";
import { structures } from "./vectors/structures.ts";
import { subjects } from "./vectors/subjects.ts";
import { keys, pemTexts, requests } from "./vectors/texts.ts";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Empty lists, empty texts and nulls say nothing in these files and are left out. */
function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(compact);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value)
    .map(([key, item]) => [key, compact(item)] as const)
    .filter(([, item]) => item !== null && item !== "" && !(Array.isArray(item) && item.length === 0));
  return Object.fromEntries(
    kept.filter(([, item]) => typeof item !== "object" || Object.keys(item as object).length > 0),
  );
}

const nameOf = ({ raw: _raw, ...name }: NameView): object => name;

/** The view without what can be cut from the certificate itself. */
function viewOf(view: CertificateView): object {
  const { tbsCertificate: _tbs, subjectPublicKeyInfo: _key, signature: _signature, ...rest } = view;
  const listed = view.extensions.map(({ oid, critical }) => ({ oid, critical }));
  return { ...rest, issuer: nameOf(view.issuer), subject: nameOf(view.subject), extensions: listed };
}

/** Attributes as they are (an empty value matters), the rest compact. */
const compactView = (view: CertificateView): object => {
  const kept = compact(viewOf(view)) as { subject?: object; issuer?: object };
  const attributes = (name: NameView) => ({ attributes: name.attributes, organization: name.organization });
  return {
    ...kept,
    issuer: { ...kept.issuer, ...attributes(view.issuer) },
    subject: { ...kept.subject, ...attributes(view.subject) },
  };
};

/** The extra (credential id) is the certificate's SHA-256 and is left out. */
const userOf = ({ extra: _extra, ...user }: UserView): object => user;

async function judge(referee: Referee, der: Uint8Array): Promise<object> {
  const leaf = base64(der);
  const answer = await referee.ask("identity", { leaf });
  if (isRefused(answer)) return { der: leaf, error: answer.error };
  return { der: leaf, certificate: compactView(answer.certificate), identity: userOf(answer.identity) };
}

/** encoding/asn1 prints a pointer in one of its errors. */
const steady = (error: string): string => error.replaceAll(/0x[0-9a-f]+/gu, "0x...");

async function judgeRequest(referee: Referee, der: Uint8Array): Promise<object> {
  const answer = await referee.ask("csr", { der: base64(der) });
  if (isRefused(answer)) return { der: base64(der), error: steady(answer.error) };
  const { subjectPublicKeyInfo: _key, signature: _signature, signatureError: _error, ...rest } = answer;
  const view = compact({ ...rest, subject: undefined }) as object;
  return { der: base64(der), request: { ...view, subject: nameOf(answer.subject) } };
}

/** One line per case, which keeps differences readable. */
const each = <T, R extends object>(
  cases: Readonly<Record<string, T>>,
  ask: (value: T) => Promise<R>,
): Promise<object[]> =>
  Promise.all(Object.entries(cases).map(async ([name, value]) => ({ name, ...(await ask(value)) })));

async function subjectVectors(referee: Referee): Promise<object[]> {
  return each(subjects, async (subject) => ({
    ...(await judge(referee, certificate({ subject }))),
    csr: await judgeRequest(referee, certificationRequest(subject)),
  }));
}

async function hostVectors(referee: Referee): Promise<object[]> {
  const asked = (der: Uint8Array, hosts: readonly string[]) =>
    referee.demand("hostname", { leaf: base64(der), hosts });
  const table = patternCertificates.map(async ({ pattern, der }) => {
    const { verdicts } = await asked(der, patternHosts);
    return {
      name: `pattern ${JSON.stringify(pattern)}`,
      pattern,
      der: base64(der),
      valid: patternHosts.filter((_, i) => verdicts[i] === null),
    };
  });
  const cases = hostCases.map(async ({ name, der, hosts }) => {
    const { verdicts } = await asked(der, hosts);
    return { name, der: base64(der), hosts: hosts.map((host, i) => [host, verdicts[i]]) };
  });
  return Promise.all([...table, ...cases]);
}

const errorOr = async <T extends object>(answer: Promise<T>): Promise<object> => {
  const value = await answer;
  return isRefused(value) ? { error: value.error } : value;
};

async function pemVectors(referee: Referee): Promise<object[]> {
  return each(pemTexts, async (text) => ({
    text,
    blocks: (await referee.demand("pem", { text })).blocks,
    certificates: await errorOr(referee.ask("certspem", { text })),
  }));
}

/** Names and certificates as Go writes them; keys are P-256 and signatures those of RFC 6979. */
async function encodingVectors(referee: Referee): Promise<object> {
  const caKey = ecKey("encoding ca");
  const leafKey = ecKey("encoding leaf");
  const [[caName, caTemplate] = ["", undefined], ...leaves] = Object.entries(templates);
  if (!caTemplate) throw new Error("the first template is the CA");
  const ca = await referee.demand("create", { ...caTemplate, key: caKey.pkcs8 });
  const issued = leaves.map(async ([name, template]) => {
    const publicKey = base64(leafKey.spki);
    const { der } = await referee.demand("create", {
      ...template,
      key: caKey.pkcs8,
      parent: ca.der,
      publicKey,
    });
    return { name, template, der };
  });
  const encoded = names.map(async (name) => ({ name, der: (await referee.demand("name", { name })).der }));
  return {
    caKey: caKey.pkcs8,
    leafKey: leafKey.pkcs8,
    names: await Promise.all(encoded),
    certificates: [{ name: caName, template: caTemplate, der: ca.der }, ...(await Promise.all(issued))],
    requests: await each(goRequests, async (request) => ({
      request,
      ...(await referee.demand("createcsr", { ...request, key: leafKey.pkcs8 })),
    })),
  };
}

async function judgeChain(
  referee: Referee,
  scenario: Scenario,
  pick: (issued: Issued) => string,
): Promise<object> {
  const { name, usages = ["clientAuth"], time = noon, roots, peers, allowedNames, uidGateOff } = scenario;
  const ders = (list: readonly Issued[]): string[] => list.map(({ der }) => base64(der));
  const [leaf = "", ...intermediates] = ders(peers);
  const { error, ...verdict } = await referee.demand("verify", {
    leaf,
    roots: ders(roots),
    intermediates,
    time,
    usages,
  });
  const options = { ...(allowedNames && { allowedNames }), ...(uidGateOff && { uidGateOff }) };
  const user = await referee.demand("authenticate", {
    roots: ders(roots),
    peers: ders(peers),
    time,
    ...options,
  });
  const outcome = {
    verify: { ...verdict, ...(error !== undefined && { error }) },
    authenticate: userOf(user),
  };
  return { name, time, usages, ...options, roots: roots.map(pick), peers: peers.map(pick), ...outcome };
}

/** Certificates are written once and named by their SHA-256, as in the chains. */
async function chainVectors(referee: Referee): Promise<object> {
  const certificates: Record<string, string> = {};
  const pick = ({ der }: Issued): string => {
    const digest = sha256(der);
    certificates[digest] = base64(der);
    return digest;
  };
  const cases: object[] = [];
  for (const scenario of await scenarios(referee)) cases.push(await judgeChain(referee, scenario, pick));
  return { certificates, cases };
}

/** Every file of test/vectors that comes from the referee. */
export async function makeVectors(referee: Referee): Promise<Readonly<Record<string, object>>> {
  const judgeAll = (cases: Readonly<Record<string, Uint8Array>>) => each(cases, (der) => judge(referee, der));
  return {
    "go-subjects": { cases: await subjectVectors(referee) },
    "go-structures": { cases: await judgeAll(structures) },
    "go-extensions": { cases: await judgeAll(extensions) },
    "go-requests": { cases: await each(requests, (der) => judgeRequest(referee, der)) },
    "go-hostnames": { hosts: patternHosts, cases: await hostVectors(referee) },
    "go-pem": { cases: await pemVectors(referee) },
    "go-keys": {
      cases: await each(keys, async ([kind, der]) => {
        const question = { format: kind, der: base64(der) };
        return { ...question, ...(await errorOr(referee.ask("parsekey", question))) };
      }),
    },
    "go-encodings": await encodingVectors(referee),
    "go-chains": await chainVectors(referee),
  };
}

/** One element of a list and one member of an object per line, two levels deep. */
export function format(vectors: object): string {
  const lines = (value: unknown, depth: number): string => {
    if (depth === 0 || typeof value !== "object" || value === null) return JSON.stringify(value);
    const [open, close] = Array.isArray(value) ? "[]" : "{}";
    const items = Array.isArray(value)
      ? value.map((item) => lines(item, depth - 1))
      : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${lines(item, depth - 1)}`);
    return `${open}\n${items.join(",\n")}\n${close}`;
  };
  return `${lines(vectors, 2)}\n`;
}

const note =
  "Answers of Go's crypto/x509 and of k8s.io/apiserver, kept by test/interop/make-vectors.ts. DER is base64; empty members are left out.";

/** Where a file of vectors is kept. */
export const vectorPath = (file: string): URL => new URL(`../vectors/${file}.json`, import.meta.url);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const referee = await startReferee();
  if ("reason" in referee) throw new Error(referee.reason);
  const { "golang-1.26-src": go, "golang-k8s-apiserver-dev": kubernetes } = referee.versions;
  for (const [file, vectors] of Object.entries(await makeVectors(referee))) {
    await writeFile(vectorPath(file), format({ note, go, kubernetes, ...vectors }));
  }
  referee.close();
}
