/** URIs as Go writes them again after reading them: what a signer copies is not always what was asked for. */
import { parseUriHost } from "../../x509/uri.ts";
import { decodePercent } from "../proxy/percent.ts";

/** What stands for itself where Go writes a part of a URI; all else is escaped (Go net/url `shouldEscape`). */
const UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
const USER = "$&+,;=";
const HOST = "!$&'()*+,;=:[]<>\"";
const PATH = "$&+,/:;=@";
const FRAGMENT = "$&+,/:;=?@!()*";
/** What may stand in a path or fragment that is written as it was read (Go net/url `validEncoded`). */
const AS_READ = "!$&'()*+,;=:@[]%";

/**
 * The text of a URI that Go has read and writes again: the scheme in lower case, user and host escaped anew, path and fragment as they were unless they
 * have characters that must be escaped. The URI must be one that {@link parseUriHost} takes.
 *
 * Source: Go 1.26 net/url `Parse`, `URL.String`.
 */
export function rewriteUri(text: string): string {
  const [uri, fragment] = cut(text, "#");
  const end = fragment === "" ? "" : `#${rewritePart(fragment, FRAGMENT)}`;
  if (uri === "*") return uri + end;
  const [, colon = "", rest = ""] = /^([a-z][a-z0-9+.-]*:)?(.*)$/is.exec(uri)!;
  const scheme = colon.toLowerCase();
  const question = rest.indexOf("?");
  const query = question < 0 ? "" : rest.slice(question);
  const body = question < 0 ? rest : rest.slice(0, question);
  if (scheme !== "" && !body.startsWith("/")) return scheme + body + query + end;
  return scheme + rewriteBody(body, scheme !== "", parseUriHost(text) ?? "") + query + end;
}

/** Authority and path. */
function rewriteBody(body: string, hasScheme: boolean, host: string): string {
  const hasAuthority = body.startsWith("//") && (hasScheme || body[2] !== "/");
  const slash = hasAuthority ? (body + "/").indexOf("/", 2) : 0;
  const path = rewritePart(body.slice(slash), PATH);
  if (!hasAuthority) return !hasScheme && cut(path, "/")[0].includes(":") ? `./${path}` : path;
  const user = rewriteUser(body.slice(2, slash));
  const hasHost = host !== "" || user !== "";
  const slashes = hasHost || (hasScheme && path !== "") ? "//" : "";
  return slashes + user + escape(host, HOST) + path;
}

/** With its at sign; empty if there is none. */
function rewriteUser(authority: string): string {
  const at = authority.lastIndexOf("@");
  if (at < 0) return "";
  const userinfo = authority.slice(0, at);
  const colon = userinfo.indexOf(":");
  const parts = colon < 0 ? [userinfo] : [userinfo.slice(0, colon), userinfo.slice(colon + 1)];
  return `${parts.map((part) => escape(decodePercent(part) ?? "", USER)).join(":")}@`;
}

function rewritePart(text: string, kept: string): string {
  if (text === "*") return text;
  const isAsRead = [...text].every(
    (character) => UNRESERVED.includes(character) || kept.includes(character) || AS_READ.includes(character),
  );
  return isAsRead ? text : escape(decodePercent(text) ?? "", kept);
}

/** One character an octet. */
function escape(octets: string, kept: string): string {
  return Array.from(octets, (character) =>
    UNRESERVED.includes(character) || kept.includes(character)
      ? character
      : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");
}

function cut(text: string, mark: string): [before: string, after: string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
