// The types alone, for the addition below; nothing of it is left in the program.
// oxlint-disable-next-line import/no-empty-named-blocks, unicorn/require-module-specifiers
import type {} from "fastify";
import type { UserInfo } from "../kubernetes/authenticated-groups.ts";
import { createAuthentication } from "../node/middleware/authentication.ts";
import type { AuthenticationOptions } from "../node/middleware/authentication.ts";
import type { HttpRequest } from "../node/middleware/source.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who is calling; undefined on routes that `authentication` does not guard, and with `nobody: "pass"`. */
    identity: UserInfo | undefined;
  }
}

/** What is needed of a request of Fastify. */
export interface FastifyRequestLike {
  /** Node's request. */
  readonly raw: HttpRequest;
  /** Where the answer is put. */
  identity: UserInfo | undefined;
}

/** What is needed of a reply of Fastify. */
export interface FastifyReplyLike {
  /** Sets the status. */
  code(status: number): unknown;
  /** Sets header fields. */
  headers(fields: Record<string, string>): unknown;
  /** Sends the body. */
  send(body: string): unknown;
}

/** What is needed of an instance of Fastify 5. */
export interface FastifyLike {
  /** Whether requests have this property already. */
  hasRequestDecorator(name: "identity"): boolean;
  /** Gives every request a property. */
  decorateRequest(name: "identity", value: undefined): unknown;
  /** Does something with every request of this instance and those within. */
  addHook(
    name: "onRequest",
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>,
  ): unknown;
}

/**
 * A plugin that lets requests through whose sender is known, with `request.identity`, and answers others with 401 or 403.
 *
 * It holds for the instance that registers it and those within, not for the ones around: register it in a plugin of your own to guard some routes only.
 * It asks before the body is read. The server has `https: { requestCert: true, rejectUnauthorized: false, ... }`; see `fromSocket`.
 *
 * @throws TypeError as `createAuthentication` of `kubepki/node`
 *
 * @example
 * ```ts
 * import { fastify } from "fastify";
 * import { createAuthenticator } from "kubepki";
 * import { authentication } from "kubepki/fastify";
 * import { fromSocket } from "kubepki/node";
 *
 * const app = fastify();
 * const authenticator = createAuthenticator({ trustAnchors: [] }); // the client CAs
 * await app.register(authentication({ sources: fromSocket(authenticator) }));
 * app.get("/", async (request) => request.identity?.groups);
 * await app.close();
 * ```
 */
export function authentication(options: AuthenticationOptions): (instance: FastifyLike) => Promise<void> {
  const core = createAuthentication(options);
  const plugin = async (instance: FastifyLike): Promise<void> => {
    if (!instance.hasRequestDecorator("identity")) instance.decorateRequest("identity", undefined);
    instance.addHook("onRequest", async (request, reply) => {
      const decision = await core.decide(request.raw);
      if (decision.allowed) {
        request.identity = decision.identity;
        return undefined;
      }
      reply.code(decision.status.code);
      reply.headers({ ...decision.headers });
      return reply.send(JSON.stringify(decision.status));
    });
  };
  // Fastify's word for: this belongs to who registers it, not to an instance of its own.
  return Object.assign(plugin, {
    [Symbol.for("skip-override")]: true,
    [Symbol.for("fastify.display-name")]: "kubepki",
  });
}
