/** The core, without any server: who is asked, and what becomes of the answers. */
import { createAuthentication, fromProxy, withAuthentication } from "kubepki/node";
import type { AuthenticationOptions, HttpRequest, HttpResponse, IdentitySource, Refusal } from "kubepki/node";
import { createRequestHeaderAuthenticator } from "kubepki";
import { describe, expect, test } from "vitest";

const request = { socket: {}, rawHeaders: [], method: "POST", url: "/a?b" };
const user = (username: string) => ({ username, groups: [], extra: {} });
const known =
  (username: string): IdentitySource =>
  async () =>
    user(username);
const nothing: IdentitySource = async () => undefined;
const bad: IdentitySource = async () => {
  throw new Error("bad");
};

async function outcome(options: AuthenticationOptions): Promise<string | number | undefined> {
  const decision = await createAuthentication(options).decide(request);
  return decision.allowed ? decision.identity?.username : decision.status.code;
}

// Kubernetes: union.go, and "fail on error" where anonymous is added.
describe.for(["refuse", "anonymous", "pass"] as const)("nobody: %s", (nobody) => {
  const unknown = { refuse: 401, anonymous: "system:anonymous", pass: undefined }[nobody];
  test.for<[string, AuthenticationOptions["sources"], unknown]>([
    ["the first who knows", [known("a"), known("b")], "a"],
    ["one who knows after one who does not", [nothing, known("b")], "b"],
    ["one who knows after one who found something bad", [bad, known("b")], "b"],
    ["something bad after one who knows is not looked at", [known("a"), bad], "a"],
    ["nobody knows", [nothing, nothing], unknown],
    ["something bad", [bad, nothing], 401],
    ["nothing, then something bad", [nothing, bad], 401],
    ["one source without a list", known("a"), "a"],
  ])("%s", async ([, sources, expected]) => {
    expect(await outcome({ sources, nobody })).toBe(expected);
  });
});

test("anonymous has the group of those who were not authenticated, and no other", async () => {
  const decision = await createAuthentication({ sources: nothing, nobody: "anonymous" }).decide(request);
  expect(decision).toEqual({
    allowed: true,
    identity: { username: "system:anonymous", groups: ["system:unauthenticated"], extra: {} },
  });
});

describe("authorize", () => {
  test.for([
    ["true", true, "a"],
    ["false", false, 403],
    ["a promise of true", Promise.resolve(true), "a"],
    ["a promise of false", Promise.resolve(false), 403],
    ["something that is only like true", "yes" as unknown as boolean, 403],
  ] as const)("%s", async ([, answer, expected]) => {
    expect(await outcome({ sources: known("a"), authorize: () => answer })).toBe(expected);
  });

  test("an authorizer that fails is a 500 that says nothing", async () => {
    const refusals: Refusal[] = [];
    const failure = new Error("secret");
    const { decide } = createAuthentication({
      sources: known("a"),
      authorize: () => Promise.reject(failure),
      onRefusal: (refusal) => refusals.push(refusal),
    });
    const decision = await decide(request);
    expect(decision).toMatchObject({ allowed: false, status: { code: 500, reason: "InternalError" } });
    expect(JSON.stringify(!decision.allowed && decision.status)).not.toContain("secret");
    expect(refusals).toMatchObject([{ errors: [failure], identity: { username: "a" } }]);
  });

  test("the message names caller, verb and path, and has no markup", async () => {
    const authorize = (): boolean => false;
    const { decide } = createAuthentication({ sources: known('<i>"&'), authorize });
    expect(await decide({ ...request, originalUrl: "/outer/<b>?c" })).toMatchObject({
      status: { message: 'forbidden: User "&lt;i&gt;\\"&amp;" cannot post path "/outer/&lt;b&gt;"' },
    });
  });
});

test("options that make no sense are refused when the server starts", () => {
  expect(() => createAuthentication({ sources: [] as never })).toThrow(TypeError);
  const authorize = (): boolean => true;
  expect(() => createAuthentication({ sources: nothing, nobody: "pass", authorize })).toThrow(TypeError);
});

test("a proxy speaks for others beside clients who speak for themselves", async () => {
  const trustedPeers = { addresses: ["10.0.0.7"] } as const;
  const sources = [fromProxy(createRequestHeaderAuthenticator({ trustedPeers })), nothing] as const;
  const { decide } = createAuthentication({ sources });
  const rawHeaders = ["X-Remote-User", "jane"];
  const from = (remoteAddress: string) => decide({ ...request, rawHeaders, socket: { remoteAddress } });
  expect(await from("10.0.0.7")).toMatchObject({ identity: { username: "jane" } });
  expect(await from("10.0.0.8")).toMatchObject({ status: { code: 401 } });
});

test("what a handler throws is what the wrapper rejects with", async () => {
  const response = { statusCode: 0, setHeader: () => undefined, end: () => undefined };
  const failing = withAuthentication<HttpRequest, HttpResponse>({ sources: known("a") }, () => {
    throw new Error("broken");
  });
  await expect(failing({ ...request }, response) as unknown).rejects.toThrow("broken");
  const rejecting = withAuthentication<HttpRequest, HttpResponse>({ sources: known("a") }, async () =>
    Promise.reject(new Error("later")),
  );
  await expect(rejecting({ ...request }, response) as unknown).rejects.toThrow("later");
});
