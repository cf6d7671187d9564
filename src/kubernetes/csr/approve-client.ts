/** Who gets a client certificate of the API server approved, which Kubernetes leaves to people. */
import { foldName, isPrivilegedName } from "../../issue/subject-rules.ts";
import { findHidden } from "../../x509/hidden-characters.ts";
import { YEAR_SECONDS } from "../../issue/validity.ts";
import { printable } from "../../x509/printable.ts";
import { attributeValues } from "../../x509/name.ts";
import { GROUP_ATTRIBUTE, MASTERS_GROUP, USER_ATTRIBUTE } from "../well-known.ts";
import { MAX_SHOWN, NOBODY_ASKS, commonNameOf, deny, none, unseenNames } from "./approval.ts";
import type { ApprovalQuestion, ApprovalVerdict, Requester } from "./approval.ts";
import { CLIENT_SIGNER } from "./signers/index.ts";

/** Who the holder of the certificate will be to the API server, and by which key. */
export interface WantedIdentity {
  /** The user: the last CN. */
  readonly user: string;
  /** The groups: every O. */
  readonly groups: readonly string[];
  /** DER SubjectPublicKeyInfo of the key that will be certified. */
  readonly subjectPublicKeyInfo: Uint8Array;
}

/** What {@link approveUserClient} allows. */
export interface UserClientPolicy {
  /** Says whether the maker of the request may become this user with these groups, by this key. Nobody does without it. */
  readonly allows: (wanted: WantedIdentity, requester: Requester) => boolean | Promise<boolean>;
  /** Names with privileges that may be had all the same, to the letter: users and groups that begin with `system:`. None by default; `system:masters` is never among them. */
  readonly privilegedNames?: readonly string[];
  /** The longest lifetime, in seconds; 31,622,400 (366 days) by default. */
  readonly maxExpirationSeconds?: number;
  /** What the signer gives to a request that wishes for nothing, in seconds: kube-controller-manager's `--cluster-signing-duration`; a year by default, as there. */
  readonly defaultDurationSeconds?: number;
}

const MAX_EXPIRATION_SECONDS = 31_622_400;

/**
 * Decides about client certificates of users, `kubernetes.io/kube-apiserver-client`, which Kubernetes approves for nobody: such a certificate cannot be revoked, so that a
 * name has to be the maker's to have.
 *
 * Denied, with all reasons, is what breaks the signer's rules or asks for privileges: `system:masters` in every spelling and place of the subject, other names that have
 * privileges unless the policy names them, alternative names that Kubernetes does not see, too long a lifetime. What the policy does not allow is left to others, for a
 * person may know more. What {@link UserClientPolicy.allows} throws is passed on.
 *
 * Sources: Kubernetes `pkg/controller/certificates/signer/signer.go` (`validAPIServerClientUsages`), `plugin/pkg/admission/certificates/subjectrestriction`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { approveUserClient, createCertificateRequest, generateKeyPair } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const decide = async (subject: { commonName: string; organizations: string[] }) => {
 *   const { request } = await createCertificateRequest({ subject }, signer);
 *   const question = {
 *     request,
 *     signerName: "kubernetes.io/kube-apiserver-client",
 *     usages: ["digital signature", "client auth"],
 *     requester: { username: "jane", groups: ["developers", "system:authenticated"] },
 *     expirationSeconds: 3600,
 *   };
 *   // Everybody renews who they are, and nothing else.
 *   return approveUserClient(question, {
 *     allows: ({ user, groups }, requester) => user === requester.username && groups.every((group) => requester.groups.includes(group)),
 *   });
 * };
 * assert.equal((await decide({ commonName: "jane", organizations: ["developers"] })).decision, "approve");
 * assert.equal((await decide({ commonName: "jane", organizations: ["administrators"] })).decision, "none");
 * assert.equal((await decide({ commonName: "jane", organizations: ["System:Masters"] })).decision, "deny");
 * ```
 */
export async function approveUserClient(
  question: ApprovalQuestion,
  policy: UserClientPolicy,
): Promise<ApprovalVerdict> {
  const { request, requester, signerName } = question;
  if (signerName !== CLIENT_SIGNER.signerName)
    return none([`the request is for the signer ${signerName}, expected ${CLIENT_SIGNER.signerName}`]);
  if (requester.username === "") return none([NOBODY_ASKS]);
  const objections = objectionsTo(question, policy);
  if (objections.length > 0) return deny(objections);
  const user = commonNameOf(request);
  const groups = attributeValues(request.subject, GROUP_ATTRIBUTE);
  const { subjectPublicKeyInfo } = request;
  if (!(await policy.allows({ user, groups, subjectPublicKeyInfo }, requester)))
    return none([`the policy does not let ${shown(requester.username)} become ${shown(user)}`]);
  const message = `${shown(requester.username)} may become ${shown(user)}.`;
  return { decision: "approve", reason: "AutoApproved", message, objections };
}

function objectionsTo(question: ApprovalQuestion, policy: UserClientPolicy): string[] {
  const { maxExpirationSeconds = MAX_EXPIRATION_SECONDS, defaultDurationSeconds = YEAR_SECONDS } = policy;
  const { request, expirationSeconds = defaultDurationSeconds } = question;
  const objections = CLIENT_SIGNER.validate(question).map(({ message }) => message);
  if (commonNameOf(request) === "") objections.push("no user is wanted: the subject has no common name");
  objections.push(...privilegesOf(question, policy), ...unseenNames(request));
  if (!(expirationSeconds <= maxExpirationSeconds))
    objections.push(
      `a lifetime of ${expirationSeconds} seconds is wanted, at most ${maxExpirationSeconds} are allowed`,
    );
  return objections;
}

/** `system:masters` is looked for in every attribute: other programs may read another one than Kubernetes does. */
function privilegesOf({ request }: ApprovalQuestion, { privilegedNames = [] }: UserClientPolicy): string[] {
  return request.subject.rdns.flat().flatMap(({ type, value }) => {
    if (findHidden(value) >= 0) return [`${shown(value)} has characters that nobody sees`];
    if (foldName(value) === MASTERS_GROUP) return [`${shown(value)} is wanted, which may do everything`];
    if (type !== USER_ATTRIBUTE && type !== GROUP_ATTRIBUTE) return [];
    const isUser = type === USER_ATTRIBUTE;
    if (!isPrivilegedName(value, isUser) || privilegedNames.includes(value)) return [];
    return [
      `the ${isUser ? "user" : "group"} ${shown(value)} has privileges, and the policy does not name it`,
    ];
  });
}

function shown(text: string): string {
  return JSON.stringify(printable(text, MAX_SHOWN));
}
