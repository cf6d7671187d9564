/** What a caller who is refused gets to read: the `Status` objects of kube-apiserver, which say no more than they must. */
import type { UserInfo } from "../../kubernetes/authenticated-groups.ts";
import type { HttpRequest } from "./source.ts";

/** `Status` of meta/v1, as kube-apiserver sends it. */
export interface Status {
  /** Always the same. */
  readonly kind: "Status";
  /** Always the same. */
  readonly apiVersion: "v1";
  /** Always empty. */
  readonly metadata: Readonly<Record<string, never>>;
  /** Always the same. */
  readonly status: "Failure";
  /** For people. */
  readonly message: string;
  /** For programs. */
  readonly reason: "Unauthorized" | "Forbidden" | "InternalError";
  /** Always empty where it is there. */
  readonly details?: Readonly<Record<string, never>>;
  /** The HTTP status. */
  readonly code: 401 | 403 | 500;
}

const failure = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure" } as const;

/** Source: Kubernetes `apiserver/pkg/endpoints/filters/authentication.go` (`Unauthorized`), `apimachinery/pkg/api/errors` (`NewUnauthorized`). */
export function unauthorized(): Status {
  return { ...failure, message: "Unauthorized", reason: "Unauthorized", code: 401 };
}

/**
 * It names the caller and the path, and nothing else.
 *
 * Source: Kubernetes `apiserver/pkg/endpoints/handlers/responsewriters/errors.go` (`Forbidden`, `forbiddenMessage`).
 */
export function forbidden({ username }: UserInfo, request: HttpRequest): Status {
  const user = JSON.stringify(username);
  const path = JSON.stringify((request.originalUrl ?? request.url ?? "").split("?", 1)[0]);
  const message = `forbidden: User ${user} cannot ${(request.method ?? "get").toLowerCase()} path ${path}`;
  return { ...failure, message: escapeMarkup(message), reason: "Forbidden", details: {}, code: 403 };
}

/** The authorizer failed. Source: Kubernetes `responsewriters/errors.go` (`InternalError`), where it is plain text. */
export function internalError(): Status {
  return { ...failure, message: "Internal Server Error", reason: "InternalError", code: 500 };
}

/** As Kubernetes' `sanitizer` does: browsers that guess at types must not find any markup. */
function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
