/** The other direction: a proxy that has authenticated a client tells an API server behind it who that is. */
import type { Mode } from "../../der/reader.ts";
import { findHidden } from "../../x509/hidden-characters.ts";
import { describeCharacter } from "../identity-rules.ts";
import type { UserInfo } from "../authenticated-groups.ts";
import { checkValue, failHeader } from "./header-fields.ts";
import type { HeaderPair, HeadersInput } from "./header-fields.ts";
import { encodeUtf8 } from "./percent.ts";
import { removeRequestHeader } from "./request-header.ts";

/** Whom to name: a {@link UserInfo}, of which only the user name must be there. */
export type RequestHeaderUser = Pick<UserInfo, "username"> & Partial<UserInfo>;

/** How the headers are written. */
export interface SetRequestHeaderOptions {
  /**
   * - `"safe"`, the default: what would not arrive as it is, or could be misread on the way, is refused with a code.
   * - `"kubernetes"`: what client-go sends: keys of extra fields that lose their case, and characters that cannot be seen.
   */
  readonly mode?: Mode;
}

const USER = "X-Remote-User";
const UID = "X-Remote-Uid";
const GROUP = "X-Remote-Group";
const EXTRA_PREFIX = "X-Remote-Extra-";

/**
 * The headers of a request with `X-Remote-*` for this user in the place of any that came in: what kube-apiserver does before it passes a request on
 * to an aggregated API server.
 *
 * One pair for each group and each value; **keep them apart**. Groups that are joined with commas arrive as one group, so do not use `fetch` or web
 * `Headers`, which join. Node's `http.request({ headers: pairs.flat() })` and `http2` with lists of values are fine. Values are UTF-8, one
 * character an octet, as these want them. The server must see a client certificate for the front proxy's CA, or it will not believe a word.
 *
 * {@link parseRequestHeader} reads the same user from the result, where `extra` has no empty lists. `system:authenticated` is sent if it is
 * among the groups, as kube-apiserver does.
 *
 * Refused: a user name, uid or group that is empty (a receiver drops it), control characters, and space at the ends, which HTTP cuts off. In safe mode
 * also invisible and direction-changing characters, and keys with upper-case letters.
 *
 * Source: Kubernetes `staging/src/k8s.io/client-go/transport/round_trippers.go` (`SetAuthProxyHeaders`, `headerKeyEscape`).
 *
 * @param headers the headers of the request to pass on; none for a request of one's own
 * @throws HeaderError `ERR_HEADER_VALUE`, `ERR_HEADER_NAME`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { setRequestHeader } from "kubepki";
 *
 * const user = { username: "jane", groups: ["a", "b"], extra: { "example.com/team": ["blue"] } };
 * assert.deepEqual(setRequestHeader([["Accept", "text/plain"], ["x-remote-user", "admin"]], user), [
 *   ["Accept", "text/plain"],
 *   ["X-Remote-User", "jane"],
 *   ["X-Remote-Group", "a"],
 *   ["X-Remote-Group", "b"],
 *   ["X-Remote-Extra-example.com%2Fteam", "blue"],
 * ]);
 * ```
 */
export function setRequestHeader(
  headers: HeadersInput,
  user: RequestHeaderUser,
  options: SetRequestHeaderOptions = {},
): HeaderPair[] {
  const { username, uid = "", groups = [], extra = {} } = user;
  const { mode = "safe" } = options;
  const write = (name: string, text: string): HeaderPair => {
    if (text === "") failHeader("ERR_HEADER_VALUE", "the value is empty, so that nobody would read it", name);
    return [name, encodeValue(text, name, mode)];
  };
  return [
    ...removeRequestHeader(headers),
    write(USER, username),
    ...(uid === "" ? [] : [write(UID, uid)]),
    ...groups.map((group) => write(GROUP, group)),
    ...Object.entries(extra).flatMap(([key, values]) => {
      const name = EXTRA_PREFIX + escapeKey(key, mode);
      return values.map((value): HeaderPair => [name, encodeValue(value, name, mode)]);
    }),
  ];
}

function encodeValue(text: string, name: string, mode: Mode): string {
  const hidden = mode === "safe" ? findHidden(text) : -1;
  if (hidden >= 0) failHeader("ERR_HEADER_VALUE", describeCharacter(text, hidden, "value"), name);
  if (/^[ \t]|[ \t]$/.test(text))
    failHeader("ERR_HEADER_VALUE", "the value has a space at an end, which would get lost", name);
  return checkValue(encodeOctets(text, name), name);
}

/** Half a surrogate pair has no UTF-8; the encoder would put another character in its place. */
function encodeOctets(text: string, name: string): string {
  if (/\p{Surrogate}/u.test(text)) failHeader("ERR_HEADER_VALUE", "the text is ill-formed Unicode", name);
  return encodeUtf8(text);
}

/** Characters of a token (RFC 9110 section 5.6.2) without `%`, which is the escape. */
const TOKEN = "!#$&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Every octet that is no token character, and `%` itself, becomes `%XX`. */
function escapeKey(key: string, mode: Mode): string {
  if (mode === "safe" && /[A-Z]/.test(key)) {
    const message = `the key ${JSON.stringify(key.slice(0, 64))} has upper-case letters, which header names lose`;
    failHeader("ERR_HEADER_NAME", message, EXTRA_PREFIX);
  }
  return Array.from(encodeOctets(key, EXTRA_PREFIX), (octet) => {
    if (TOKEN.includes(octet)) return octet;
    return `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
