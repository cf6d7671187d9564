import type { UserInfo } from "../kubernetes/authenticated-groups.ts";
import { createAuthentication } from "../node/middleware/authentication.ts";
import type { AuthenticationOptions } from "../node/middleware/authentication.ts";
import { answer } from "../node/middleware/handler.ts";
import type { HttpResponse } from "../node/middleware/handler.ts";
import type { HttpRequest } from "../node/middleware/source.ts";

declare global {
  // Where Express itself asks for additions to its types.
  // oxlint-disable-next-line typescript/no-namespace
  namespace Express {
    interface Request {
      /** Who is calling; undefined on routes that `authentication` does not guard, and with `nobody: "pass"`. */
      identity?: UserInfo | undefined;
    }
  }
}

/** What is needed of a request of Express. */
export interface ExpressRequest extends HttpRequest {
  /** Where the answer is put. */
  identity?: UserInfo | undefined;
}

/** A middleware of Express 5, which may stand before a whole app, a router or one route. */
export type ExpressMiddleware = (
  request: ExpressRequest,
  response: HttpResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

/**
 * A middleware that lets requests through whose sender is known, with `request.identity`, and answers others with 401 or 403.
 *
 * The server is one of `node:https` with `requestCert: true, rejectUnauthorized: false`; see `fromSocket`. A sender whom an outer
 * `authentication` has found is looked for again by an inner one.
 *
 * @throws TypeError as `createAuthentication` of `kubepki/node`
 *
 * @example
 * ```ts
 * import express from "express";
 * import { createAuthenticator } from "kubepki";
 * import { authentication } from "kubepki/express";
 * import { fromSocket } from "kubepki/node";
 *
 * const app = express();
 * const authenticator = createAuthenticator({ trustAnchors: [] }); // the client CAs
 * app.use(authentication({ sources: fromSocket(authenticator) }));
 * app.get("/", (request, response) => {
 *   response.json(request.identity?.groups);
 * });
 * ```
 */
export function authentication(options: AuthenticationOptions): ExpressMiddleware {
  const core = createAuthentication(options);
  return async (request, response, next) => {
    const decision = await core.decide(request);
    if (!decision.allowed) return answer(decision, response);
    request.identity = decision.identity;
    next();
  };
}
