import { DerReader } from "../der/reader.ts";
import type { Mode } from "../der/reader.ts";
import { UTF8_STRING } from "../der/tag.ts";
import type { Limits } from "../x509/limits.ts";
import { walkName } from "../x509/name.ts";
import { encodeName } from "../x509/name-writer.ts";
import type { AttributeTemplate } from "../x509/name-writer.ts";
import { checkCharacters, checkNames, failIdentity } from "./identity-rules.ts";
import type { IdentityNames } from "./identity-rules.ts";
import { GROUP_ATTRIBUTE, UID_ATTRIBUTE, USER_ATTRIBUTE } from "./well-known.ts";

/** How an identity is written; all fields have defaults. */
export interface EncodeIdentityOptions extends Limits {
  /** `"safe"` by default: writes what {@link parseIdentity} reads; `"kubernetes"` writes what it reads in that mode. */
  readonly mode?: Mode;
  /** Lets invisible and direction-changing characters pass in safe mode; false by default. */
  readonly allowInvisible?: boolean;
}

/**
 * The subject that names an identity, as RDNs for the `subject` of a certificate template: one RDN for each group in the order given,
 * then the user, then the uid. Go's own encoder puts all groups into one SET, which DER sorts; with one RDN each, the order is kept.
 *
 * Texts are written as they are: nothing is split, escaped, trimmed or normalised, so no text can become another group.
 * The privileges of the names are not looked at; issuing does that.
 *
 * @throws IdentityError `ERR_IDENTITY_NO_USER`, `ERR_IDENTITY_EMPTY_UID`; in safe mode `ERR_IDENTITY_EMPTY_GROUP`,
 * `ERR_IDENTITY_CONTROL_CHARACTER`, `ERR_IDENTITY_INVISIBLE_CHARACTER`, `ERR_IDENTITY_UNAUTHENTICATED_NAME`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { identityRdns } from "kubepki";
 *
 * assert.deepEqual(identityRdns({ user: "jane", groups: ["developers"] }), [
 *   [{ type: "2.5.4.10", value: "developers" }],
 *   [{ type: "2.5.4.3", value: "jane" }],
 * ]);
 * ```
 */
export function identityRdns(
  identity: IdentityNames,
  options: Pick<EncodeIdentityOptions, "mode" | "allowInvisible"> = {},
): AttributeTemplate[][] {
  const { user, groups = [], uid } = identity;
  if (user === "") failIdentity("ERR_IDENTITY_NO_USER", "the user is empty, which authenticates nobody");
  if (uid === "") failIdentity("ERR_IDENTITY_EMPTY_UID", "the uid is empty");
  if (options.mode !== "kubernetes") {
    checkCharacters(identity, options.allowInvisible);
    checkNames(identity);
  }
  const rdns: AttributeTemplate[][] = groups.map((value) => [{ type: GROUP_ATTRIBUTE, value }]);
  rdns.push([{ type: USER_ATTRIBUTE, value: user }]);
  if (uid !== undefined) rdns.push([{ type: UID_ATTRIBUTE, value: uid, tag: UTF8_STRING }]);
  return rdns;
}

/**
 * The DER of the subject that names an identity; the twin of {@link parseIdentity}, which reads the same user, groups and uid from it.
 *
 * @throws IdentityError as {@link identityRdns}; TemplateError `ERR_TEMPLATE_NAME` for ill-formed Unicode; CertificateError
 * `ERR_CERTIFICATE_NAME` for more groups or longer texts than {@link Limits} allow, for parsing would refuse them
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeIdentity, parseName } from "kubepki";
 *
 * const name = parseName(encodeIdentity({ user: "jane", groups: ["zoo", "ape"] }));
 * assert.deepEqual(name.rdns.flat().map(({ value }) => value), ["zoo", "ape", "jane"]);
 * ```
 */
export function encodeIdentity(
  identity: IdentityNames,
  options: EncodeIdentityOptions = {},
): Uint8Array<ArrayBuffer> {
  const der = encodeName(identityRdns(identity, options));
  walkName(new DerReader(der), "subject", options);
  return der;
}
