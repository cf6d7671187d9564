// The types alone, for the addition below; nothing of it is left in the program.
// oxlint-disable-next-line import/no-empty-named-blocks, unicorn/require-module-specifiers
import type {} from "koa";
import type { UserInfo } from "../kubernetes/authenticated-groups.ts";
import { createAuthentication } from "../node/middleware/authentication.ts";
import type { AuthenticationOptions } from "../node/middleware/authentication.ts";
import type { HttpRequest } from "../node/middleware/source.ts";

declare module "koa" {
  interface DefaultContext {
    /** Who is calling; undefined where `authentication` does not guard, and with `nobody: "pass"`. */
    identity?: UserInfo | undefined;
  }
}

/** What is needed of a context of Koa. */
export interface KoaContext {
  /** Node's request. */
  readonly req: HttpRequest;
  /** The status of the answer. */
  status: number;
  /** The body of the answer. */
  body: unknown;
  /** Where the answer is put. */
  identity?: UserInfo | undefined;
  /** Sets header fields. */
  set(fields: Record<string, string>): void;
}

/** A middleware of Koa 3. */
export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/**
 * A middleware that lets requests through whose sender is known, with `ctx.identity`, and answers others with 401 or 403.
 *
 * `app.callback()` is given to a server of `node:https` or `node:http2` with `requestCert: true, rejectUnauthorized: false`; see `fromSocket`.
 *
 * @throws TypeError as `createAuthentication` of `kubepki/node`
 *
 * @example
 * ```ts
 * import Koa from "koa";
 * import { createAuthenticator } from "kubepki";
 * import { authentication } from "kubepki/koa";
 * import { fromSocket } from "kubepki/node";
 *
 * const app = new Koa();
 * const authenticator = createAuthenticator({ trustAnchors: [] }); // the client CAs
 * app.use(authentication({ sources: fromSocket(authenticator) }));
 * app.use((context) => {
 *   context.body = context.identity?.groups;
 * });
 * ```
 */
export function authentication(options: AuthenticationOptions): KoaMiddleware {
  const core = createAuthentication(options);
  return async (context, next) => {
    const decision = await core.decide(context.req);
    if (decision.allowed) {
      context.identity = decision.identity;
      await next();
      return;
    }
    context.status = decision.status.code;
    context.set({ ...decision.headers });
    context.body = JSON.stringify(decision.status);
  };
}
