import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PkiError } from "../../../src/errors.ts";
import { toUserInfo } from "../../../src/kubernetes/authenticated-groups.ts";
import {
  parseRequestHeader,
  removeRequestHeader,
  REQUEST_HEADER_NAMES,
} from "../../../src/kubernetes/proxy/request-header.ts";
import type { RequestHeaderNames } from "../../../src/kubernetes/proxy/request-header.ts";
import { createRequestHeaderAuthenticator } from "../../../src/kubernetes/proxy/request-header-authenticator.ts";
import { setRequestHeader } from "../../../src/kubernetes/proxy/set-request-header.ts";
import { encodeUtf8 } from "../../../src/kubernetes/proxy/percent.ts";
import { makeCa } from "./fixtures.ts";

type Values = Record<string, readonly string[]>;

interface Row {
  readonly name: string;
  readonly names: Partial<RequestHeaderNames>;
  readonly headers: Values;
  /** Undefined: no opinion. */
  readonly user?: { username: string; uid?: string; groups?: string[]; extra?: Values };
  /** What is left; nothing if it is not said. */
  readonly left?: Values;
  /** What safe mode has to say against it. */
  readonly safe?: string;
}

const user = { usernameHeaders: ["X-Remote-User"] };
const oneAndTwo = { "X-Remote-Group-1": ["one-a", "one-b"], "X-Remote-Group-2": ["two-a", "two-b"] };
const extras = {
  "X-Remote-extra-1-key1": ["alfa", "bravo"],
  "X-Remote-Extra-1-Key2": ["charlie", "delta"],
  "X-Remote-Extra-1-": ["india", "juliet"],
  "X-Remote-extra-2-": ["kilo", "lima"],
  "X-Remote-extra-2-Key1": ["echo", "foxtrot"],
  "X-Remote-Extra-2-key2": ["golf", "hotel"],
};
const readExtras = {
  key1: ["alfa", "bravo", "echo", "foxtrot"],
  key2: ["charlie", "delta", "golf", "hotel"],
  "": ["india", "juliet", "kilo", "lima"],
};
const four = ["one-a", "one-b", "two-a", "two-b"];

/** Facts of Kubernetes' own table: headerrequest/requestheader_test.go, `TestRequestHeader`. */
const rows: readonly Row[] = [
  { name: "empty", names: { usernameHeaders: [] }, headers: {} },
  { name: "user no match", names: user, headers: {} },
  { name: "user match", names: user, headers: { "X-Remote-User": ["Bob"] }, user: { username: "Bob" } },
  {
    name: "user exact match",
    names: user,
    headers: { "Prefixed-X-Remote-User-With-Suffix": ["Bob"], "X-Remote-User-With-Suffix": ["Bob"] },
  },
  {
    name: "user first match",
    names: { usernameHeaders: ["X-Remote-User", "A-Second-X-Remote-User", "Another-X-Remote-User"] },
    headers: {
      "X-Remote-User": ["", "First header, second value"],
      "A-Second-X-Remote-User": ["Second header, first value", "Second header, second value"],
      "Another-X-Remote-User": ["Third header, first value"],
    },
    user: { username: "Second header, first value" },
    safe: "ERR_HEADER_DUPLICATE",
  },
  {
    name: "user case-insensitive",
    names: { usernameHeaders: ["x-REMOTE-user"] },
    headers: { "X-Remote-User": ["Bob"] },
    user: { username: "Bob" },
  },
  {
    name: "groups none",
    names: { ...user, groupHeaders: ["X-Remote-Group"] },
    headers: { "X-Remote-User": ["Bob"] },
    user: { username: "Bob" },
  },
  {
    name: "groups all matches",
    names: { ...user, groupHeaders: ["X-Remote-Group-1", "X-Remote-Group-2"] },
    headers: { "X-Remote-User": ["Bob"], ...oneAndTwo },
    user: { username: "Bob", groups: four },
  },
  {
    name: "groups case-insensitive",
    names: { usernameHeaders: ["X-REMOTE-User"], groupHeaders: ["X-REMOTE-Group"] },
    headers: { "X-Remote-User": ["Bob"], "X-Remote-Group": ["Users"] },
    user: { username: "Bob", groups: ["Users"] },
  },
  {
    name: "uid none",
    names: { ...user, uidHeaders: ["X-Remote-Uid"] },
    headers: { "X-Remote-User": ["Bob"] },
    user: { username: "Bob" },
  },
  {
    name: "uid exact match",
    names: { ...user, uidHeaders: ["X-Remote-Uid"] },
    headers: { "X-Remote-User": ["Bob"], "X-Remote-Uid-1": ["8f5e"], "X-Remote-Uid-2": ["c764"] },
    user: { username: "Bob" },
    left: { "X-Remote-Uid-1": ["8f5e"], "X-Remote-Uid-2": ["c764"] },
  },
  {
    name: "uid first match",
    names: { ...user, uidHeaders: ["X-Remote-Uid-1", "X-Remote-Uid-2"] },
    headers: { "X-Remote-User": ["Bob"], "X-Remote-Uid-1": ["8f5e"], "X-Remote-Uid-2": ["c764"] },
    user: { username: "Bob", uid: "8f5e" },
  },
  {
    name: "extra prefix matches case-insensitive",
    names: {
      ...user,
      uidHeaders: ["X-Remote-UID"],
      groupHeaders: ["X-Remote-Group-1", "X-Remote-Group-2"],
      extraHeaderPrefixes: ["X-Remote-Extra-1-", "X-Remote-Extra-2-"],
    },
    headers: { "X-Remote-User": ["Bob"], "X-Remote-Uid": ["2ca8"], ...oneAndTwo, ...extras },
    user: { username: "Bob", uid: "2ca8", groups: four, extra: readExtras },
  },
  {
    name: "extra prefix matches case-insensitive with unrelated headers",
    names: {
      ...user,
      groupHeaders: ["X-Remote-Group-1", "X-Remote-Group-2"],
      extraHeaderPrefixes: ["X-Remote-Extra-1-", "X-Remote-Extra-2-"],
    },
    headers: {
      "X-Group-Remote": ["snorlax"],
      "X-Group-Bear": ["panda"],
      "X-Remote-User": ["Bob"],
      ...oneAndTwo,
      ...extras,
    },
    user: { username: "Bob", groups: four, extra: readExtras },
    left: { "X-Group-Remote": ["snorlax"], "X-Group-Bear": ["panda"] },
  },
  {
    name: "escaped extra keys",
    names: REQUEST_HEADER_NAMES,
    headers: {
      "X-Remote-User": ["Bob"],
      "X-Remote-Extra-Alpha": ["alphabetical"],
      "X-Remote-Extra-Alph4num3r1c": ["alphanumeric"],
      "X-Remote-Extra-Percent%20encoded": ["percent encoded"],
      "X-Remote-Extra-Almost%zzpercent%xxencoded": ["not quite percent encoded"],
      "X-Remote-Extra-Example.com%2fpercent%2520encoded": ["url with double percent encoding"],
      "X-Remote-Extra-Example.com%2F%E4%BB%8A%E6%97%A5%E3%81%AF": ["url with unicode"],
      "X-Remote-Extra-Abc123!#$+.-_*\\^`~|'": ["header key legal characters"],
    },
    user: {
      username: "Bob",
      extra: {
        alpha: ["alphabetical"],
        alph4num3r1c: ["alphanumeric"],
        "percent encoded": ["percent encoded"],
        "almost%zzpercent%xxencoded": ["not quite percent encoded"],
        "example.com/percent%20encoded": ["url with double percent encoding"],
        "example.com/今日は": ["url with unicode"],
        "abc123!#$+.-_*\\^`~|'": ["header key legal characters"],
      },
    },
  },
  // Beyond that table, from the code.
  {
    name: "empty groups do not count, empty extra values do",
    names: REQUEST_HEADER_NAMES,
    headers: {
      "X-Remote-User": ["Bob"],
      "X-Remote-Group": ["", "a", "", "a"],
      "X-Remote-Extra-K": ["", "v"],
    },
    user: { username: "Bob", groups: ["a", "a"], extra: { k: ["", "v"] } },
  },
  {
    name: "an empty uid is none",
    names: REQUEST_HEADER_NAMES,
    headers: { "X-Remote-User": ["Bob"], "X-Remote-Uid": [""] },
    user: { username: "Bob" },
  },
  {
    name: "a header with underscores is another header",
    names: REQUEST_HEADER_NAMES,
    headers: { "X-Remote-User": ["Bob"], X_Remote_Group: ["system:masters"] },
    user: { username: "Bob" },
    left: { X_Remote_Group: ["system:masters"] },
    safe: "ERR_HEADER_ALIAS",
  },
  {
    name: "a prefix with dots is another prefix",
    names: REQUEST_HEADER_NAMES,
    headers: { "X-Remote-User": ["Bob"], "X.Remote-Extra-A": ["b"] },
    user: { username: "Bob" },
    left: { "X.Remote-Extra-A": ["b"] },
    safe: "ERR_HEADER_ALIAS",
  },
  {
    name: "names of the configuration are trimmed",
    names: { usernameHeaders: [" X-Remote-User\t"] },
    headers: { "X-Remote-User": ["Bob"] },
    user: { username: "Bob" },
  },
  {
    name: "a key that an object would take for its own is a key",
    names: REQUEST_HEADER_NAMES,
    headers: {
      "X-Remote-User": ["Bob"],
      "X-Remote-Extra-__proto__": ["a"],
      "X-Remote-Extra-constructor": ["b"],
    },
    user: { username: "Bob", extra: JSON.parse('{"__proto__":["a"],"constructor":["b"]}') as Values },
  },
  {
    name: "invisible characters pass",
    names: REQUEST_HEADER_NAMES,
    headers: { "X-Remote-User": [encodeUtf8("Bob\u200b")] },
    user: { username: "Bob\u200b" },
    safe: "ERR_HEADER_VALUE",
  },
  {
    name: "a tab passes",
    names: REQUEST_HEADER_NAMES,
    headers: { "X-Remote-User": ["Bob\tBuilder"] },
    user: { username: "Bob\tBuilder" },
    safe: "ERR_HEADER_VALUE",
  },
  {
    name: "octets that are no UTF-8 pass, as JSON would show them",
    names: REQUEST_HEADER_NAMES,
    headers: { "X-Remote-User": ["B\xffb"] },
    user: { username: "B\ufffdb" },
    safe: "ERR_HEADER_VALUE",
  },
];

const none: RequestHeaderNames = {
  usernameHeaders: [],
  uidHeaders: [],
  groupHeaders: [],
  extraHeaderPrefixes: [],
};
const rawOf = (headers: Values) => ({
  rawHeaders: Object.entries(headers).flatMap(([name, values]) => values.flatMap((value) => [name, value])),
});
/** As Kubernetes' own result, before the group adder. */
const plain = (result: ReturnType<typeof parseRequestHeader>) => {
  if (!result) return undefined;
  const { groups, ...rest } = result.userInfo;
  return { ...rest, groups: groups.filter((group) => group !== "system:authenticated") };
};

describe("kube-apiserver's answers", () => {
  test.for(rows)("$name", ({ names, headers, user: expected, left = {} }) => {
    const result = parseRequestHeader(rawOf(headers), { names: { ...none, ...names }, mode: "kubernetes" });
    expect(plain(result)).toEqual(expected && { groups: [], extra: {}, ...expected });
    if (expected) expect(result!.headers.flat()).toEqual(rawOf(left).rawHeaders);
  });

  test.for(rows)("$name: the same in safe mode, or refused", ({ names, headers, user: expected, safe }) => {
    const parse = () => parseRequestHeader(rawOf(headers), { names: { ...none, ...names } });
    if (safe) expect(parse).toThrow(expect.objectContaining({ name: "HeaderError", code: safe }) as Error);
    else expect(plain(parse())).toEqual(expected && { groups: [], extra: {}, ...expected });
  });
});

describe("the group of all who are authenticated", () => {
  const groups = (username: string, ...sent: string[]) =>
    parseRequestHeader(rawOf({ "X-Remote-User": [username], "X-Remote-Group": sent }))!.userInfo.groups;

  test("is added at the end, and not twice", () => {
    expect(groups("jane", "b", "a")).toEqual(["b", "a", "system:authenticated"]);
    expect(groups("jane", "system:authenticated", "a")).toEqual(["system:authenticated", "a"]);
  });

  test("is not added to those who are not: kube-apiserver passes them on as well", () => {
    expect(groups("system:anonymous", "system:unauthenticated")).toEqual(["system:unauthenticated"]);
  });

  test("comes without a credential id", () => {
    expect(parseRequestHeader(rawOf({ "X-Remote-User": ["jane"] }))!.userInfo.extra).toEqual({});
  });
});

describe("values that may have been joined", () => {
  const shapes = (name: string, value: string) => [
    new Headers([[name, value]]),
    { [name]: value },
    new Map([[name, value]]),
  ];

  test("are refused in both modes, for who knows how many there were", () => {
    for (const mode of ["safe", "kubernetes"] as const) {
      for (const headers of shapes("X-Remote-User", "jane, bob"))
        expect(() => parseRequestHeader(headers, { mode })).toThrow(
          expect.objectContaining({ code: "ERR_HEADER_AMBIGUOUS" }) as Error,
        );
    }
    const headers = new Headers({ "X-Remote-User": "jane" });
    for (const group of ["a", "b"]) headers.append("X-Remote-Group", group);
    expect(() => parseRequestHeader(headers)).toThrow(
      expect.objectContaining({ code: "ERR_HEADER_AMBIGUOUS" }) as Error,
    );
  });

  test("are read where they were kept apart", () => {
    const pairs = [
      ["x-remote-user", "Doe, Jane"],
      ["x-remote-group", "a, b"],
    ] as const;
    for (const headers of [
      pairs,
      { rawHeaders: pairs.flat() },
      Object.fromEntries(pairs.map(([name, value]) => [name, [value]])),
    ])
      expect(parseRequestHeader(headers)?.userInfo).toMatchObject({
        username: "Doe, Jane",
        groups: ["a, b", "system:authenticated"],
      });
  });

  test("are read where they have no comma", () => {
    for (const headers of shapes("X-Remote-User", "jane"))
      expect(parseRequestHeader(headers)?.userInfo.username).toBe("jane");
  });
});

describe("refused is", () => {
  const parse =
    (headers: Values, options = {}) =>
    () =>
      parseRequestHeader(rawOf(headers), options);
  const withCode = (code: string) => expect.objectContaining({ code }) as Error;

  test("a line end or a NUL, in both modes", () => {
    for (const mode of ["safe", "kubernetes"] as const)
      for (const odd of ["\r", "\n", "\0", "\x1b", "\x7f", "\u0100"]) {
        expect(parse({ "X-Remote-User": [`jane${odd}`] }, { mode })).toThrow(withCode("ERR_HEADER_VALUE"));
        expect(parse({ "X-Remote-User": ["jane"], "X-Remote-Group": ["a", odd] }, { mode })).toThrow(
          withCode("ERR_HEADER_VALUE"),
        );
      }
  });

  test("in safe mode a line end that a key has in disguise", () => {
    expect(parse({ "X-Remote-User": ["jane"], "X-Remote-Extra-A%0d%0aB": ["c"] })).toThrow(
      withCode("ERR_HEADER_VALUE"),
    );
  });

  test("a uid that is there twice", () => {
    expect(parse({ "X-Remote-User": ["jane"], "X-Remote-Uid": ["1", "2"] })).toThrow(
      withCode("ERR_HEADER_DUPLICATE"),
    );
  });

  test("too much", () => {
    expect(parse({ "X-Remote-User": ["a".repeat(65_537)] })).toThrow(withCode("ERR_HEADER_SIZE"));
    const many = Array.from({ length: 17 }, () => "a".repeat(65_000));
    expect(parse({ "X-Remote-User": ["jane"], "X-Remote-Group": many })).toThrow(withCode("ERR_HEADER_SIZE"));
  });

  test("an empty name in the configuration", () => {
    const names = { ...REQUEST_HEADER_NAMES, groupHeaders: [" "] };
    expect(parse({}, { names })).toThrow(withCode("ERR_HEADER_CONFIG"));
    expect(() => removeRequestHeader([], names)).toThrow(withCode("ERR_HEADER_CONFIG"));
  });
});

test("invisible characters pass where that was said", () => {
  const headers = rawOf({ "X-Remote-User": [encodeUtf8("jane\u200b")] });
  expect(parseRequestHeader(headers, { allowInvisible: true })?.userInfo.username).toBe("jane\u200b");
});

describe("what is set", () => {
  const asJane = { username: "jane", uid: "42", groups: ["a", "b"], extra: { k: ["v", ""] } };

  test("replaces what came in, aliases too, and keeps the rest", () => {
    const incoming = {
      rawHeaders: [
        "Host",
        "a",
        "x-remote-user",
        "admin",
        "X_REMOTE.GROUP",
        "system:masters",
        "X-Remote-Extra-Z",
        "1",
        "x-remote_extra-y",
        "2",
      ],
    };
    expect(setRequestHeader(incoming, asJane)).toEqual([
      ["Host", "a"],
      ["X-Remote-User", "jane"],
      ["X-Remote-Uid", "42"],
      ["X-Remote-Group", "a"],
      ["X-Remote-Group", "b"],
      ["X-Remote-Extra-k", "v"],
      ["X-Remote-Extra-k", ""],
    ]);
  });

  /** Facts of client-go's transport/round_trippers_test.go, `TestAuthProxyRoundTripper` and `TestHeaderEscapeRoundTrip`. */
  test.for([
    ["one", "one"],
    ["example.com/two", "example.com%2Ftwo"],
    ["example.com/two%20three", "example.com%2Ftwo%2520three"],
    ["almost%zzpercent%xxencoded", "almost%25zzpercent%25xxencoded"],
    ["example.com/ᛒᚥᛏᛖᚥᚢとロビン", undefined],
    ["abc123!#$+.-_*\\^`~|'", "abc123!#$+.-_*%5C^`~|'"],
    ["@=:", "%40%3D%3A"],
    ["", ""],
  ] as const)("the key %s is escaped and read back", ([key, escaped]) => {
    const pairs = setRequestHeader([], { username: "jane", extra: { [key]: ["v"] } });
    if (escaped !== undefined) expect(pairs.at(-1)).toEqual([`X-Remote-Extra-${escaped}`, "v"]);
    expect(pairs.at(-1)![0]).toMatch(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/);
    expect(parseRequestHeader(pairs)?.userInfo.extra).toEqual({ [key]: ["v"] });
  });

  test("never has a line end, a NUL, or half a character, in either mode", () => {
    for (const mode of ["safe", "kubernetes"] as const)
      for (const odd of [
        "a\rb",
        "a\nb",
        "\u0085\r\nX-Remote-Group: system:masters",
        "a\0",
        "\x7f",
        "\ud800",
        " a",
        "a ",
        "\ta",
        "",
      ])
        for (const bad of [
          { username: odd },
          { ...asJane, groups: [odd] },
          { ...asJane, extra: { k: [odd === "" ? "\n" : odd] } },
        ])
          expect(() => setRequestHeader([], bad, { mode })).toThrow(
            expect.objectContaining({ code: "ERR_HEADER_VALUE" }) as Error,
          );
    expect(() => setRequestHeader([], { ...asJane, uid: "a\nb" })).toThrow(PkiError);
  });

  test("has nothing that cannot be seen, and no key that would lose its case, unless client-go's answer is asked for", () => {
    const invisible = { username: "jane\u200b" };
    const upper = { ...asJane, extra: { Key: ["v"] } };
    expect(() => setRequestHeader([], invisible)).toThrow(
      expect.objectContaining({ code: "ERR_HEADER_VALUE" }) as Error,
    );
    expect(() => setRequestHeader([], upper)).toThrow(
      expect.objectContaining({ code: "ERR_HEADER_NAME" }) as Error,
    );
    expect(setRequestHeader([], invisible, { mode: "kubernetes" })).toEqual([
      ["X-Remote-User", encodeUtf8("jane\u200b")],
    ]);
    expect(setRequestHeader([], upper, { mode: "kubernetes" }).at(-1)).toEqual(["X-Remote-Extra-Key", "v"]);
  });
});

describe("laws", () => {
  const visible = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter(
      (text) =>
        !/[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/u.test(text) && !/^[ \t]|[ \t]$/.test(text),
    );
  const key = visible.map((text) => text.replaceAll(/[A-Z]/g, "a"));
  const userInfo = fc.record({
    username: visible,
    uid: visible,
    groups: fc.array(visible),
    extra: fc.dictionary(key, fc.array(visible, { minLength: 1 })),
  });

  test("what is set is what is read, through every shape that keeps values apart", () => {
    fc.assert(
      fc.property(
        userInfo,
        fc.array(fc.tuple(fc.constantFrom("Host", "X-Remote-User", "x-remote-group"), visible)),
        (info, incoming) => {
          const pairs = setRequestHeader(
            incoming.map(([name, value]) => [name, encodeUtf8(value)] as const),
            info,
          );
          const { groups, ...rest } = parseRequestHeader({ rawHeaders: pairs.flat() })!.userInfo;
          expect(rest).toEqual({ username: info.username, uid: info.uid, extra: info.extra });
          expect(groups).toEqual(
            toUserInfo({ user: info.username, groups: info.groups, uid: undefined, extra: {} } as never)
              .groups,
          );
        },
      ),
    );
  });

  test("what was read and removed is not read again", () => {
    fc.assert(
      fc.property(userInfo, (info) => {
        const { headers } = parseRequestHeader(setRequestHeader([["Host", "a"]], info))!;
        expect(headers).toEqual([["Host", "a"]]);
        expect(parseRequestHeader(headers)).toBeUndefined();
      }),
    );
  });

  test("any headers are read or refused with a code", () => {
    const names = fc.oneof(
      fc.constantFrom("X-Remote-User", "X-Remote-Group", "X-Remote-Uid", "x_remote_user"),
      fc.string().map((text) => `X-Remote-Extra-${text}`),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(names, fc.string({ unit: "binary" }))),
        fc.constantFrom("safe" as const, "kubernetes" as const),
        (pairs, mode) => {
          try {
            parseRequestHeader(pairs, { mode });
          } catch (error) {
            expect(error).toBeInstanceOf(PkiError);
          }
        },
      ),
    );
  });
});

describe("an authenticator behind the aggregation layer", async () => {
  const ca = await makeCa("front-proxy-ca");
  const proxy = (await ca.client({ commonName: "front-proxy-client" })).certificate;
  const other = (await ca.client({ commonName: "jane" })).certificate;
  const authenticator = createRequestHeaderAuthenticator({
    trustedPeers: { trustAnchors: ca.pem, allowedNames: ["front-proxy-client"] },
  });
  const headers = rawOf({ "X-Remote-User": ["jane"], Accept: ["text/plain"] });

  test("believes the front proxy, and leaves the other headers", async () => {
    const peer = { certificates: proxy };
    expect(await authenticator.authenticate({ headers, peer })).toMatchObject({ username: "jane" });
    expect((await authenticator.read({ headers, peer }))?.headers).toEqual([["Accept", "text/plain"]]);
    expect(await authenticator.authenticate({ headers: [], peer })).toBeUndefined();
  });

  test("believes nobody else, whether or not there are headers", async () => {
    for (const peer of [{}, { certificates: other }, { address: "127.0.0.1" }])
      for (const sent of [headers, []])
        await expect(authenticator.authenticate({ headers: sent, peer })).rejects.toMatchObject({
          code: "ERR_HEADER_UNTRUSTED_PEER",
        });
  });

  test("is not made without a header for the user, or with an empty name", () => {
    const trustedPeers = { unixSocket: true } as const;
    for (const usernameHeaders of [[], [""]])
      expect(() =>
        createRequestHeaderAuthenticator({
          trustedPeers,
          names: { ...REQUEST_HEADER_NAMES, usernameHeaders },
        }),
      ).toThrow(expect.objectContaining({ code: "ERR_HEADER_CONFIG" }) as Error);
  });
});
