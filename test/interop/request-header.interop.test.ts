/** Headers of front proxies against the authenticator of the Kubernetes API server, over requests as they come over the wire. */
import { expect, test } from "vitest";
import { ChainError, HeaderError } from "../../src/errors.ts";
import type { HeaderPair } from "../../src/kubernetes/proxy/header-fields.ts";
import { createRequestHeaderAuthenticator } from "../../src/kubernetes/proxy/request-header-authenticator.ts";
import { parseRequestHeader, REQUEST_HEADER_NAMES } from "../../src/kubernetes/proxy/request-header.ts";
import type { RequestHeaderNames } from "../../src/kubernetes/proxy/request-header.ts";
import { setRequestHeader } from "../../src/kubernetes/proxy/set-request-header.ts";
import { Random } from "../support/random.ts";
import { makeCa } from "../kubernetes/proxy/fixtures.ts";
import type { Answer, Referee } from "./referee.ts";
import { isRefused } from "./referee.ts";
import { describeWithReferee } from "./suite.ts";

const ROUNDS = 4000;

const list = (text: string): string[] => text.split("|");

const HEADER_NAMES = list(
  "X-Remote-User|x-remote-user|X-REMOTE-USER|X_Remote_User|X-Remote-Users|X-Remote-Uid|x-remote-uid|X.Remote.Uid|X-Remote-Group|X-remote-Group|" +
    "X-Remote-Groups|Remote-User|remote-group|X-Remote|Accept|Host2|Cookie|X-Forwarded-For",
);
const PREFIXES = list("X-Remote-Extra-|x-remote-extra-|Impersonate-Extra-|X-Remote-|X-Remote-Extra");
const KEYS = list(
  "scopes|Scopes|a%2Fb|A%2fB|%|%2|%zz|a%|%25|%c3%a9|%C3%89|%e2%84%aa|a%20b|a+b|%41|example.com%2Fteam||-|a-b-C|%00|%ff|__proto__|constructor|a.b_c",
);
const VALUES = list(
  "jane||system:admin|system:anonymous|system:authenticated|system:unauthenticated|a b|  padded\t|a,b|a, b|\u00c3\u00a9|\u00e2\u0084\u00aa|%41|" +
    `system:masters|"q"|${"x".repeat(300)}`,
);

const pickSome = <T>(random: Random, from: readonly T[], most: number): T[] =>
  Array.from({ length: random.below(most + 1) }, () => random.pick(from));

function randomNames(random: Random): RequestHeaderNames {
  if (random.below(2) === 0) return REQUEST_HEADER_NAMES;
  const names = [
    "X-Remote-User",
    " x-remote-user",
    "Remote-User",
    "X-Remote-Group",
    "remote-group",
    "X-Remote-Uid",
  ];
  return {
    usernameHeaders: ["X-Remote-User", ...pickSome(random, names, 2)].slice(random.below(2)),
    uidHeaders: pickSome(random, names, 2),
    groupHeaders: pickSome(random, names, 3),
    extraHeaderPrefixes: pickSome(random, PREFIXES, 3),
  };
}

function randomHeaders(random: Random): HeaderPair[] {
  return Array.from({ length: random.below(9) }, () => {
    const name =
      random.below(3) === 0 ? random.pick(PREFIXES) + random.pick(KEYS) : random.pick(HEADER_NAMES);
    return [name, random.pick(VALUES)] as const;
  });
}

const wire = (headers: readonly HeaderPair[]): Buffer =>
  Buffer.from(
    [
      "GET / HTTP/1.1",
      "Host: a.example",
      ...headers.map(([name, value]) => `${name}: ${value}`),
      "",
      "",
    ].join("\r\n"),
    "latin1",
  );

/** As servers hand them over: without the white space around values. */
const received = (headers: readonly HeaderPair[]): HeaderPair[] =>
  headers.map(([name, value]) => [name, value.replaceAll(/^[ \t]+|[ \t]+$/g, "")]);

/** Go's octets as UTF-8; `Host` is no header there. */
const latin1 = (base64: string): string => Buffer.from(base64, "base64").toString("latin1");

type Verdict = Answer<"requestheader">;

/** What must be equal, in one shape. Extra values of one key that come from several headers have no order in Go. */
function view(user: object, remaining: Record<string, readonly string[]>, isYes: boolean) {
  const { username, user: name, uid, groups, extra } = user as Record<string, unknown>;
  const sorted = Object.entries((extra ?? {}) as Record<string, readonly string[]>).map(
    ([key, values]) => [key, [...values].sort()] as const,
  );
  if (!isYes) return { isYes };
  return {
    isYes,
    user: username ?? name,
    uid: uid ?? "",
    groups,
    extra: sorted.sort(([a], [b]) => (a < b ? -1 : 1)),
    remaining: Object.entries(remaining)
      .map(([key, values]) => [key.toLowerCase(), values] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

function goView(verdict: Verdict) {
  if (isRefused(verdict)) return "refused";
  const remaining = Object.entries(verdict.remaining).map(
    ([name, values]) => [name, values.map(latin1)] as const,
  );
  return view(verdict.user, Object.fromEntries(remaining), verdict.user.ok);
}

function ourView(headers: readonly HeaderPair[], names: RequestHeaderNames) {
  const result = parseRequestHeader(received(headers), { names, mode: "kubernetes" });
  const remaining = new Map<string, string[]>();
  for (const [name, value] of result?.headers ?? []) {
    const key = name.toLowerCase();
    remaining.set(key, [...(remaining.get(key) ?? []), value]);
  }
  return view(result?.userInfo ?? {}, Object.fromEntries(remaining), result !== undefined);
}

const ask = (referee: Referee, headers: readonly HeaderPair[], names: RequestHeaderNames): Promise<Verdict> =>
  referee.ask("requestheader", { http: wire(headers).toString("base64"), ...names });

await describeWithReferee("X-Remote-* headers against the API server", (referee) => {
  test.each([1, 2, 3])(`name the same user in ${ROUNDS} requests (seed %i)`, async (seed) => {
    const random = new Random(seed);
    let users = 0;
    const questions = Array.from({ length: ROUNDS }, () => ({
      headers: randomHeaders(random),
      names: randomNames(random),
    }));
    const verdicts = await Promise.all(questions.map(({ headers, names }) => ask(referee, headers, names)));
    for (const [index, verdict] of verdicts.entries()) {
      const { headers, names } = questions[index]!;
      expect(ourView(headers, names), JSON.stringify({ headers, names })).toEqual(goView(verdict));
      if (!isRefused(verdict) && verdict.user.ok) users++;
    }
    expect(users).toBeGreaterThan(ROUNDS / 5);
  });

  test(`read the user that setRequestHeader writes, in ${ROUNDS} requests`, async () => {
    const random = new Random(4);
    const texts = ["jane", "Zoë", "a, b", "system:node:n1", "日本", "%41", "a b"];
    const keys = ["example.com/team", "a%2fb", "%", "ü", "x y", "scopes", "-", "a.b_c"];
    const users = Array.from({ length: ROUNDS }, () => ({
      username: random.pick(texts),
      groups: pickSome(random, texts, 3),
      ...(random.below(2) === 0 && { uid: random.pick(texts) }),
      extra: Object.fromEntries(pickSome(random, keys, 3).map((key) => [key, [random.pick(texts), "2"]])),
    }));
    const verdicts = await Promise.all(
      users.map((user) =>
        ask(referee, setRequestHeader([["X-Remote-User", "mallory"]], user), REQUEST_HEADER_NAMES),
      ),
    );
    for (const [index, verdict] of verdicts.entries()) {
      const { username: user, groups, uid = "", extra } = users[index]!;
      const expected = { ok: true, user, uid, groups: [...groups, "system:authenticated"], extra };
      expect(verdict, user).toEqual({ user: expected, remaining: {} });
    }
  });

  test("believe the same front proxies", async () => {
    const [proxies, strangers] = await Promise.all([makeCa("front-proxy-ca"), makeCa("other-ca")]);
    const at = Date.now();
    const headers: HeaderPair[] = [["X-Remote-User", "jane"]];
    const base64 = ({ der }: { readonly der: Uint8Array }): string => Buffer.from(der).toString("base64");
    const roots = [base64(proxies.certificate)];
    const peers = await Promise.all([
      proxies.client({ commonName: "front-proxy-client" }),
      proxies.client({ commonName: "Front-Proxy-Client" }),
      proxies.client({ commonName: "someone" }),
      proxies.client({ organizations: ["nameless"] }),
      proxies.server("front-proxy-client"),
      strangers.client({ commonName: "front-proxy-client" }),
    ]);
    const lists = [["front-proxy-client"], ["a", "someone"], ["FRONT-PROXY-CLIENT"], []];
    const answers: boolean[] = [];
    for (const { certificate } of peers)
      for (const allowedNames of lists) {
        const proxy = { roots, peers: [base64(certificate)], time: Math.floor(at / 1000), allowedNames };
        const question = { http: wire(headers).toString("base64"), ...REQUEST_HEADER_NAMES, proxy };
        const { user } = await referee.demand("requestheader", question);
        const ours = await authenticateBehind(proxies.pem, allowedNames, certificate.der, headers, at);
        const about = `${JSON.stringify(certificate.subject)} ${allowedNames.join()}`;
        expect(ours ?? "nobody", about).toBe(user.ok ? user.user : "nobody");
        answers.push(user.ok);
      }
    expect(answers.filter(Boolean)).toHaveLength(6);
  });
});

async function authenticateBehind(
  trustAnchors: string,
  [first, ...others]: readonly string[],
  certificate: Uint8Array,
  headers: readonly HeaderPair[],
  at: number,
): Promise<string | undefined> {
  const allowedNames = first === undefined ? "any" : ([first, ...others] as const);
  const authenticator = createRequestHeaderAuthenticator({
    trustedPeers: { trustAnchors, allowedNames },
    mode: "kubernetes",
  });
  try {
    return (await authenticator.authenticate({ headers, peer: { certificates: [certificate] } }, at))
      ?.username;
  } catch (error) {
    if (error instanceof HeaderError || error instanceof ChainError) return undefined;
    throw error;
  }
}
