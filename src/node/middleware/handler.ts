/** The middleware for servers of Node without a framework: `node:http`, `node:https` and `node:http2`. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { UserInfo } from "../../kubernetes/authenticated-groups.ts";
import { createAuthentication } from "./authentication.ts";
import type { AuthenticationOptions, Refusal } from "./authentication.ts";
import type { HttpRequest } from "./source.ts";

/** What is needed of Node's `ServerResponse` or `Http2ServerResponse`. */
export interface HttpResponse {
  /** The status. */
  statusCode: number;
  /** Sets a header field. */
  setHeader(name: string, value: string): unknown;
  /** Sends the body and ends. */
  end(body: string): unknown;
}

/** What a request has when it comes to the handler. */
export interface Identified {
  /** Who is calling; undefined only with `nobody: "pass"`. */
  identity: UserInfo | undefined;
}

/**
 * A handler of requests that is called for those whose sender is known, with `request.identity`. Others get a 401 or a 403.
 *
 * What the handler throws or rejects with is left to Node, as that of an asynchronous handler: a server with `captureRejections` answers 500, any other process
 * ends. For HTTP/2, name the types: `withAuthentication<Http2ServerRequest, Http2ServerResponse>`.
 *
 * @throws TypeError as {@link createAuthentication}
 *
 * @example
 * ```ts
 * import { createServer } from "node:https";
 * import { createAuthenticator } from "kubepki";
 * import { fromSocket, withAuthentication } from "kubepki/node";
 *
 * const authenticator = createAuthenticator({ trustAnchors: [] }); // the client CAs
 * const handler = withAuthentication({ sources: fromSocket(authenticator) }, (request, response) => {
 *   response.end(`hello ${request.identity?.username}`);
 * });
 * const server = createServer({ requestCert: true, rejectUnauthorized: false }, handler);
 * server.close();
 * ```
 */
export function withAuthentication<
  Request extends HttpRequest = IncomingMessage,
  Response extends HttpResponse = ServerResponse,
>(
  options: AuthenticationOptions,
  handler: (request: Request & Identified, response: Response) => unknown,
): (request: Request, response: Response) => void {
  const authentication = createAuthentication(options);
  // The promise is for Node, which knows what to do with one though the types do not say so.
  // oxlint-disable-next-line typescript/no-misused-promises
  return async (request, response) => {
    const decision = await authentication.decide(request);
    if (!decision.allowed) return answer(decision, response);
    await handler(Object.assign(request, { identity: decision.identity }), response);
  };
}

/** Sends the answer to somebody who is refused. */
export function answer({ status, headers }: Refusal, response: HttpResponse): void {
  response.statusCode = status.code;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(JSON.stringify(status));
}
