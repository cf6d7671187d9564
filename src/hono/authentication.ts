// The types alone, for the addition below; nothing of it is left in the program.
// oxlint-disable-next-line import/no-empty-named-blocks, unicorn/require-module-specifiers
import type {} from "hono";
import type { UserInfo } from "../kubernetes/authenticated-groups.ts";
import { createAuthentication } from "../node/middleware/authentication.ts";
import type { AuthenticationOptions } from "../node/middleware/authentication.ts";
import type { HttpRequest } from "../node/middleware/source.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** Who is calling; undefined on routes that `authentication` does not guard, and with `nobody: "pass"`. */
    identity: UserInfo | undefined;
  }
}

/** What is needed of a context of Hono. */
export interface HonoContext {
  /** What `@hono/node-server` gives. */
  readonly env: unknown;
  /** Keeps the answer for `c.get("identity")` and `c.var.identity`. */
  set(name: "identity", value: UserInfo | undefined): void;
}

/** A middleware of Hono 4. */
export type HonoMiddleware = (
  context: HonoContext,
  next: () => Promise<void>,
) => Promise<Response | undefined>;

/**
 * A middleware that lets requests through whose sender is known, with `c.var.identity`, and answers others with 401 or 403.
 *
 * For `@hono/node-server`, whose requests have a socket; `serve({ createServer, serverOptions: { requestCert: true, rejectUnauthorized: false, ... } })`
 * of `node:https`, see `fromSocket`. On another server it throws, which Hono answers with 500.
 *
 * @throws TypeError as `createAuthentication` of `kubepki/node`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Hono } from "hono";
 * import { createAuthenticator } from "kubepki";
 * import { authentication } from "kubepki/hono";
 * import { fromSocket } from "kubepki/node";
 *
 * const app = new Hono();
 * const authenticator = createAuthenticator({ trustAnchors: [] }); // the client CAs
 * app.use(authentication({ sources: fromSocket(authenticator) }));
 * app.get("/", (c) => c.json(c.var.identity?.groups));
 *
 * const incoming = { socket: {}, rawHeaders: [] }; // what @hono/node-server passes on
 * assert.equal((await app.request("/", {}, { incoming })).status, 401);
 * ```
 */
export function authentication(options: AuthenticationOptions): HonoMiddleware {
  const core = createAuthentication(options);
  return async (context, next) => {
    const decision = await core.decide(incomingOf(context));
    if (!decision.allowed) {
      const { status, headers } = decision;
      return new Response(JSON.stringify(status), { status: status.code, headers: { ...headers } });
    }
    context.set("identity", decision.identity);
    await next();
    return undefined;
  };
}

function incomingOf({ env }: HonoContext): HttpRequest {
  const { incoming } = (env ?? {}) as { readonly incoming?: HttpRequest };
  if (!incoming) throw new TypeError("the request has no socket: serve the app with @hono/node-server");
  return incoming;
}
