/** The rules of safe mode for the texts of an identity, which go beyond kube-apiserver's; reading and writing share them. */
import { IdentityError } from "../errors.ts";
import type { CodesOf } from "../errors.ts";
import { ANONYMOUS_USER, UNAUTHENTICATED_GROUP } from "./well-known.ts";

/** The three texts that an identity is made of. */
export interface IdentityNames {
  /** The user name; Kubernetes' CN. */
  readonly user: string;
  /** The groups in their order; Kubernetes' O. */
  readonly groups?: readonly string[];
  /** The user's uid. */
  readonly uid?: string | undefined;
}

/**
 * Characters without a shape of their own: zero-width and direction marks, fillers, variation selectors, tags, line and paragraph separators.
 * Source: Unicode `Default_Ignorable_Code_Point`, `Bidi_Control`, and the interlinear annotations.
 */
const INVISIBLE = /[\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/u;

/** Refuses what kube-apiserver takes and people or other programs would misread. */
export function checkNames({ user, groups = [], uid }: IdentityNames, allowInvisible = false): void {
  checkText(user, "user", allowInvisible);
  for (const group of groups) {
    if (group === "") failIdentity("ERR_IDENTITY_EMPTY_GROUP", "a group name is empty");
    checkText(group, "group", allowInvisible);
    if (group === UNAUTHENTICATED_GROUP) failUnauthenticated(group);
  }
  if (uid !== undefined) checkText(uid, "uid", allowInvisible);
  if (user === ANONYMOUS_USER) failUnauthenticated(user);
}

function checkText(text: string, field: string, allowInvisible: boolean): void {
  const at = findHidden(text, allowInvisible);
  if (at < 0) return;
  const code = isControl(text, at) ? "ERR_IDENTITY_CONTROL_CHARACTER" : "ERR_IDENTITY_INVISIBLE_CHARACTER";
  failIdentity(code, describeCharacter(text, at, field));
}

/** Index of a control character (C0, DEL, C1), which logs and headers would interpret, or else of an invisible one; -1 if there is none. */
export function findHidden(text: string, allowInvisible = false): number {
  let all = 0;
  for (let i = 0; i < text.length; i++) {
    if (isControl(text, i)) return i;
    all |= text.charCodeAt(i);
  }
  return all < 0x80 || allowInvisible ? -1 : text.search(INVISIBLE);
}

/** Tells whether the character that stands there is C0, DEL or C1. */
export function isControl(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/** For people: which character stands where. */
export function describeCharacter(text: string, at: number, field: string): string {
  const code = text.codePointAt(at)!.toString(16).toUpperCase().padStart(4, "0");
  return `the ${field} has character U+${code} at ${at}`;
}

function failUnauthenticated(name: string): never {
  failIdentity("ERR_IDENTITY_UNAUTHENTICATED_NAME", `${name} stands for callers who were not authenticated`);
}

/** An identity that must not be used. */
export function failIdentity(code: CodesOf<"IdentityError">, message: string): never {
  throw new IdentityError(code, message, { path: "tbsCertificate.subject" });
}
