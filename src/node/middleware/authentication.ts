/** The core of every middleware here: who is calling, may they, and what do they get to hear if not. Knows no framework. */
import type { UserInfo } from "../../kubernetes/authenticated-groups.ts";
import { ANONYMOUS_USER, UNAUTHENTICATED_GROUP } from "../../kubernetes/well-known.ts";
import type { HttpRequest, IdentitySource } from "./source.ts";
import { forbidden, internalError, unauthorized } from "./status.ts";
import type { Status } from "./status.ts";

/** How a server tells its callers apart. */
export interface AuthenticationOptions {
  /** Whom to ask, in this order, until one knows the caller. kube-apiserver asks its front proxies' headers first, then certificates. */
  readonly sources: IdentitySource | readonly [IdentitySource, ...IdentitySource[]];
  /**
   * What becomes of a caller who has shown nothing, or a good certificate that names nobody:
   *
   * - `"refuse"`, the default: 401;
   * - `"anonymous"`: the user `system:anonymous`, as kube-apiserver with `--anonymous-auth`;
   * - `"pass"`: the handler is called without an identity. Not together with `authorize`.
   *
   * Who has shown something that is not good is refused in any case.
   */
  readonly nobody?: "refuse" | "anonymous" | "pass";
  /** Whether this user may do this; 403 if not, and 500 if it throws. Everybody may by default. */
  readonly authorize?: (user: UserInfo, request: HttpRequest) => boolean | Promise<boolean>;
  /** Is told of every refusal, and why; the caller is not. For logs: messages are short and hold no control characters of strangers. */
  readonly onRefusal?: (refusal: Refusal, request: HttpRequest) => void;
  /** The clock, in milliseconds since 1970; this machine's by default. */
  readonly now?: () => number;
}

/** A request that goes no further. */
export interface Refusal {
  /** Says which of the two this is. */
  readonly allowed: false;
  /** The answer, for JSON; `code` is the HTTP status. */
  readonly status: Status;
  /** Header fields of the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the sources, or the authorizer, threw; empty if the caller has shown nothing, or may not. Not for the caller. */
  readonly errors: readonly unknown[];
  /** Who was refused, if it is known. */
  readonly identity?: UserInfo;
}

/** A request that goes on. */
export interface Admission {
  /** Says which of the two this is. */
  readonly allowed: true;
  /** Who is calling; undefined only with `nobody: "pass"`. */
  readonly identity: UserInfo | undefined;
}

/** Decides about requests. Made by {@link createAuthentication}. */
export interface Authentication {
  /** Who is calling, or why the request goes no further. Never rejects, unless `onRefusal` throws. */
  decide(request: HttpRequest): Promise<Admission | Refusal>;
}

/** As kube-apiserver sends errors: as JSON, never guessed to be a page, never kept. */
const headers = {
  "content-type": "application/json",
  "x-content-type-options": "nosniff",
  "cache-control": "no-cache, private",
};

/**
 * The decision of kube-apiserver about who is calling, for servers of any framework; `kubepki/express` and its siblings are thin layers over it.
 *
 * Sources are asked in turn and the first that knows the caller wins. If none does: 401 if one of them found something bad, and else what `nobody` says. A
 * refused certificate is never anonymous. The refused caller reads a Kubernetes `Status` that does not say why.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/request/union/union.go`, `.../endpoints/filters/{authentication,authorization}.go`,
 * `pkg/kubeapiserver/authenticator/config.go`.
 *
 * @throws TypeError if there is no source, or `authorize` is to judge callers without an identity
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createAuthenticator } from "kubepki";
 * import { createAuthentication, fromSocket } from "kubepki/node";
 *
 * const sources = fromSocket(createAuthenticator({ trustAnchors: [] }));
 * const request = { socket: {}, rawHeaders: [] };
 * const decision = await createAuthentication({ sources }).decide(request);
 * assert(!decision.allowed && decision.status.code === 401);
 * const open = await createAuthentication({ sources, nobody: "anonymous" }).decide(request);
 * assert(open.allowed && open.identity?.username === "system:anonymous");
 * ```
 */
export function createAuthentication(options: AuthenticationOptions): Authentication {
  const { nobody = "refuse", authorize, onRefusal, now = Date.now } = options;
  const sources = typeof options.sources === "function" ? [options.sources] : [...options.sources];
  if (sources.length === 0) throw new TypeError("sources names nobody who could know a caller");
  if (nobody === "pass" && authorize)
    throw new TypeError('authorize cannot judge callers without an identity: nobody must not be "pass"');

  const judge = async (request: HttpRequest): Promise<Admission | Refusal> => {
    const { identity, errors } = await identify(sources, request, now());
    const user = identity ?? (nobody === "anonymous" && errors.length === 0 ? anonymous() : undefined);
    if (!user && (nobody !== "pass" || errors.length > 0)) return refuse(unauthorized(), errors);
    if (!user || !authorize) return { allowed: true, identity: user };
    try {
      // Exactly true: a predicate of JavaScript may answer anything, and an object is no permission.
      // oxlint-disable-next-line typescript/no-unnecessary-boolean-literal-compare
      if ((await authorize(user, request)) === true) return { allowed: true, identity: user };
      return refuse(forbidden(user, request), [], user);
    } catch (error) {
      return refuse(internalError(), [error], user);
    }
  };

  return {
    async decide(request) {
      const decision = await judge(request);
      if (!decision.allowed) onRefusal?.(decision, request);
      return decision;
    },
  };
}

/** The first who knows; and what the others have thrown, which only counts if nobody does. */
async function identify(
  sources: readonly IdentitySource[],
  request: HttpRequest,
  at: number,
): Promise<{ readonly identity?: UserInfo; readonly errors: readonly unknown[] }> {
  const errors: unknown[] = [];
  for (const source of sources) {
    try {
      const identity = await source(request, at);
      if (identity) return { identity, errors };
    } catch (error) {
      errors.push(error);
    }
  }
  return { errors };
}

/** Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/request/anonymous/anonymous.go`. */
function anonymous(): UserInfo {
  return { username: ANONYMOUS_USER, groups: [UNAUTHENTICATED_GROUP], extra: {} };
}

function refuse(status: Status, errors: readonly unknown[], identity?: UserInfo): Refusal {
  return { allowed: false, status, headers, errors, ...(identity && { identity }) };
}
