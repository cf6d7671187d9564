/** The rules of safe mode for the texts of an identity, which go beyond kube-apiserver's; reading and writing share them. */
import { IdentityError } from "../errors.ts";
import type { CodesOf } from "../errors.ts";
import { findHidden, isControl } from "../x509/hidden-characters.ts";
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

/** Refuses names that kube-apiserver takes and that stand for something else. */
export function checkNames({ user, groups = [] }: IdentityNames): void {
  if (user === ANONYMOUS_USER) failUnauthenticated(user);
  for (const group of groups) {
    if (group === "") failIdentity("ERR_IDENTITY_EMPTY_GROUP", "a group name is empty");
    if (group === UNAUTHENTICATED_GROUP) failUnauthenticated(group);
  }
}

/** Refuses characters that kube-apiserver takes and people or other programs would misread. */
export function checkCharacters({ user, groups = [], uid }: IdentityNames, allowInvisible = false): void {
  checkText(user, "user", allowInvisible);
  for (const group of groups) checkText(group, "group", allowInvisible);
  if (uid !== undefined) checkText(uid, "uid", allowInvisible);
}

function checkText(text: string, field: string, allowInvisible: boolean): void {
  const at = findHidden(text, allowInvisible);
  if (at < 0) return;
  const code = isControl(text, at) ? "ERR_IDENTITY_CONTROL_CHARACTER" : "ERR_IDENTITY_INVISIBLE_CHARACTER";
  failIdentity(code, describeCharacter(text, at, field));
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
