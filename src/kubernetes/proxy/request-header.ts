/** The aggregation layer's headers (`X-Remote-*`): whom a front proxy, such as kube-apiserver itself, says that a request comes from. */
import type { Mode } from "../../der/reader.ts";
import { findHidden } from "../../x509/hidden-characters.ts";
import { authenticatedGroups } from "../authenticated-groups.ts";
import type { UserInfo } from "../authenticated-groups.ts";
import { describeCharacter } from "../identity-rules.ts";
import { checkValue, failAlias, failHeader, HeaderFields, hyphens, lowerCase } from "./header-fields.ts";
import type { HeaderField, HeaderPair, HeadersInput } from "./header-fields.ts";
import { decodePercent, decodeUtf8 } from "./percent.ts";

/** The names of the headers, as in the flags `--requestheader-*` of kube-apiserver. Order counts; names have no case. */
export interface RequestHeaderNames {
  /** Headers with the user name; the first that has one counts. */
  readonly usernameHeaders: readonly string[];
  /** Headers with the uid; the first that has one counts. */
  readonly uidHeaders: readonly string[];
  /** Headers with groups, one a value; all count. */
  readonly groupHeaders: readonly string[];
  /** What headers of extra fields begin with; the rest of the name is the key. */
  readonly extraHeaderPrefixes: readonly string[];
}

/** What kubeadm configures and client-go sends, with the uid of Kubernetes 1.32 and later. */
export const REQUEST_HEADER_NAMES: RequestHeaderNames = {
  usernameHeaders: ["X-Remote-User"],
  uidHeaders: ["X-Remote-Uid"],
  groupHeaders: ["X-Remote-Group"],
  extraHeaderPrefixes: ["X-Remote-Extra-"],
};

/** How the headers are read; all fields have defaults. */
export interface RequestHeaderOptions {
  /** The names; {@link REQUEST_HEADER_NAMES} by default. */
  readonly names?: RequestHeaderNames;
  /**
   * - `"safe"`, the default: what readers disagree on, or people cannot see, is refused with a code.
   * - `"kubernetes"`: exactly kube-apiserver's answer: of several users the first counts, aliases are not looked at, any character passes.
   */
  readonly mode?: Mode;
  /** Lets invisible and direction-changing characters pass in safe mode; false by default. */
  readonly allowInvisible?: boolean;
}

/** What was read, and what is left. */
export interface RequestHeaderResult {
  /** The user, in the shape of a TokenReview, with `system:authenticated` among the groups where it belongs. */
  readonly userInfo: UserInfo;
  /** All other headers in their order: what may be passed on. */
  readonly headers: readonly HeaderPair[];
}

/**
 * Reads whom the `X-Remote-*` headers name, as kube-apiserver and the API servers behind it do. **It says nothing about trust**: anybody can send
 * them. Use {@link createRequestHeaderAuthenticator}, which asks first who the sender is.
 *
 * The user is the first value of the first configured header that has one; undefined if there is none. Groups are all values that are not empty, in the
 * order of the configuration, then of the values. The key of an extra field is the rest of the header's name in lower case, then percent-decoded where that can be done.
 * Octets are read as UTF-8. A value that was joined with commas before it came here is refused in both modes, see {@link HeadersInput}.
 *
 * In safe mode also refused: a user or uid that is there twice; names with underscores or dots for hyphens; control, invisible and direction-changing characters.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/request/headerrequest/requestheader.go`.
 *
 * @throws HeaderError `ERR_HEADER_AMBIGUOUS`, `ERR_HEADER_VALUE`, `ERR_HEADER_SIZE`, `ERR_HEADER_CONFIG` for an empty name; in safe mode `ERR_HEADER_DUPLICATE`, `ERR_HEADER_ALIAS`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseRequestHeader } from "kubepki";
 *
 * const result = parseRequestHeader([
 *   ["Accept", "application/json"],
 *   ["X-Remote-User", "jane"],
 *   ["X-Remote-Group", "developers"],
 *   ["X-Remote-Group", "testers"],
 *   ["X-Remote-Extra-Example.com%2fTeam", "blue"],
 * ]);
 * assert.deepEqual(result?.userInfo.groups, ["developers", "testers", "system:authenticated"]);
 * assert.deepEqual(result.userInfo.extra, { "example.com/team": ["blue"] });
 * assert.deepEqual(result.headers, [["Accept", "application/json"]]);
 * ```
 */
export function parseRequestHeader(
  headers: HeadersInput,
  options: RequestHeaderOptions = {},
): RequestHeaderResult | undefined {
  const names = trimNames(options.names ?? REQUEST_HEADER_NAMES);
  const fields = new HeaderFields(headers);
  if (options.mode !== "kubernetes") refuseAliases(fields, names);
  const reader = new ValueReader(fields, options);
  const user = reader.first(names.usernameHeaders);
  if (user === "") return undefined;
  const uid = reader.first(names.uidHeaders);
  const groups = authenticatedGroups({ user, groups: reader.all(names.groupHeaders) });
  const extra = reader.extra(names.extraHeaderPrefixes);
  const userInfo = { username: user, ...(uid !== "" && { uid }), groups, extra };
  return { userInfo, headers: fields.pairs.filter(([name]) => !speaks(name, names)) };
}

/**
 * All headers but those that name a user: what a proxy may pass on before it sets its own, and what kube-apiserver leaves of a request. Aliases with
 * underscores and dots are removed as well.
 *
 * Source: Kubernetes `requestheader.go` (`ClearAuthenticationHeaders`).
 *
 * @throws HeaderError `ERR_HEADER_CONFIG` for an empty name
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { removeRequestHeader } from "kubepki";
 *
 * const incoming = { rawHeaders: ["Host", "a.example", "x-remote-user", "admin", "X_Remote_Group", "system:masters"] };
 * assert.deepEqual(removeRequestHeader(incoming), [["Host", "a.example"]]);
 * ```
 */
export function removeRequestHeader(
  headers: HeadersInput,
  names: RequestHeaderNames = REQUEST_HEADER_NAMES,
): HeaderPair[] {
  const trimmed = trimNames(names);
  const aliases = mapNames(trimmed, hyphens);
  return new HeaderFields(headers).pairs.filter(([name]) => !speaks(hyphens(name), aliases));
}

/** Names in lower case without white space around them. */
export function trimNames(names: RequestHeaderNames): RequestHeaderNames {
  return mapNames(names, (name) => {
    const trimmed = lowerCase(name.trim());
    if (trimmed === "") failHeader("ERR_HEADER_CONFIG", "a configured header name is empty");
    return trimmed;
  });
}

function mapNames(names: RequestHeaderNames, map: (name: string) => string): RequestHeaderNames {
  return {
    usernameHeaders: names.usernameHeaders.map(map),
    uidHeaders: names.uidHeaders.map(map),
    groupHeaders: names.groupHeaders.map(map),
    extraHeaderPrefixes: names.extraHeaderPrefixes.map(map),
  };
}

function wholeNames({ usernameHeaders, uidHeaders, groupHeaders }: RequestHeaderNames): string[] {
  return [...usernameHeaders, ...uidHeaders, ...groupHeaders];
}

function speaks(header: string, names: RequestHeaderNames): boolean {
  const name = lowerCase(header);
  return (
    wholeNames(names).includes(name) || names.extraHeaderPrefixes.some((prefix) => name.startsWith(prefix))
  );
}

function refuseAliases(fields: HeaderFields, names: RequestHeaderNames): void {
  fields.refuseAliases(wholeNames(names));
  for (const prefix of names.extraHeaderPrefixes)
    for (const name of fields.names())
      if (hyphens(name).startsWith(hyphens(prefix)) && !name.startsWith(prefix)) failAlias(name, prefix);
}

/** Octets of all values that are read. */
const MAX_TOTAL_LENGTH = 1_048_576;

/** Reads values, each with the checks of its mode. */
class ValueReader {
  readonly #fields: HeaderFields;
  readonly #safe: boolean;
  readonly #allowInvisible: boolean;
  #left = MAX_TOTAL_LENGTH;

  constructor(fields: HeaderFields, { mode, allowInvisible = false }: RequestHeaderOptions) {
    this.#fields = fields;
    this.#safe = mode !== "kubernetes";
    this.#allowInvisible = allowInvisible;
  }

  /** The first value of the first of these headers where that is not empty; otherwise an empty text. */
  first(names: readonly string[]): string {
    for (const name of names) {
      const field = this.#fields.get(name);
      if (this.#safe && field && field.values.length > 1)
        failHeader(
          "ERR_HEADER_DUPLICATE",
          `the header is there ${field.values.length} times, expected once`,
          name,
        );
      const value = field ? this.#values(field, name)[0]! : "";
      if (value !== "") return value;
    }
    return "";
  }

  /** All values that are not empty. */
  all(names: readonly string[]): string[] {
    return names.flatMap((name) => {
      const field = this.#fields.get(name);
      return field ? this.#values(field, name).filter((value) => value !== "") : [];
    });
  }

  extra(prefixes: readonly string[]): Readonly<Record<string, readonly string[]>> {
    const found = new Map<string, string[]>();
    for (const prefix of prefixes)
      for (const name of this.#fields.names()) {
        if (!name.startsWith(prefix)) continue;
        const key = this.#text(decodePercent(name.slice(prefix.length)) ?? name.slice(prefix.length), name);
        const values = this.#values(this.#fields.get(name)!, name);
        const known = found.get(key);
        if (known) for (const value of values) known.push(value);
        else found.set(key, values);
      }
    return Object.fromEntries(found);
  }

  #values({ values, distinct }: HeaderField, name: string): string[] {
    if (!distinct && values.some((value) => value.includes(",")))
      failHeader("ERR_HEADER_AMBIGUOUS", "the value may have been several that were joined", name);
    return values.map((value) => {
      this.#left -= value.length;
      if (this.#left < 0)
        failHeader("ERR_HEADER_SIZE", `the values have more than ${MAX_TOTAL_LENGTH} characters`, name);
      return this.#text(checkValue(value, name), name);
    });
  }

  #text(octets: string, name: string): string {
    const text = decodeUtf8(octets, this.#safe);
    if (text === undefined) failHeader("ERR_HEADER_VALUE", "the value is no UTF-8", name);
    const hidden = this.#safe ? findHidden(text, this.#allowInvisible) : -1;
    if (hidden >= 0) failHeader("ERR_HEADER_VALUE", describeCharacter(text, hidden, "value"), name);
    return text;
  }
}
