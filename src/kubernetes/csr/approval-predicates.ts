/** What policies of approval are made of. */
import { parseIpAddress, parseIpPrefix, sameIpAddress } from "../../x509/ip-address.ts";
import { none } from "./approval.ts";
import type { ApprovalQuestion, ApprovalVerdict } from "./approval.ts";

/**
 * Tells whether an address is in one of the subnets; for `allowsAddress` of a policy. An IPv4 address written as IPv6 is that IPv4 address.
 *
 * @throws TypeError if one of the texts is no subnet such as `192.0.2.0/24`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { addressesWithin } from "kubepki";
 *
 * const isOurs = addressesWithin(["192.0.2.0/24", "2001:db8::/32"]);
 * assert.equal(isOurs("192.0.2.7"), true);
 * assert.equal(isOurs("198.51.100.7"), false);
 * ```
 */
export function addressesWithin(subnets: readonly string[]): (address: string) => boolean {
  const prefixes = subnets.map((subnet) => {
    const prefix = parseIpPrefix(subnet);
    if (!prefix) throw new TypeError(`${JSON.stringify(subnet)} is no subnet such as 192.0.2.0/24`);
    return prefix;
  });
  return (text) => {
    const address = parseIpAddress(text);
    if (!address) return false;
    const last = address.subarray(-4);
    const octets = sameIpAddress(address, last) ? last : address;
    return prefixes.some(
      ({ address: base, mask }) =>
        base.length === octets.length && mask.every((bits, i) => (base[i]! & bits) === (octets[i]! & bits)),
    );
  };
}

/**
 * Tells whether a name is like one of the patterns; for `allowsNode` of a policy. A `*` stands for any number of characters but dots, everything else for
 * itself, upper and lower case alike. No regular expression, so that no name makes it slow: it takes at most the product of the lengths.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { namesLike } from "kubepki";
 *
 * const isOurs = namesLike(["node-*.int.example"]);
 * assert.equal(isOurs("node-17.int.example"), true);
 * assert.equal(isOurs("node-17.elsewhere.int.example"), false);
 * ```
 */
export function namesLike(patterns: readonly string[]): (name: string) => boolean {
  const wanted = patterns.map((pattern) => pattern.toLowerCase());
  return (name) => wanted.some((pattern) => isLike(pattern, name.toLowerCase()));
}

/** Goes back to the last star only: what an earlier star took need not be taken again. */
function isLike(pattern: string, name: string): boolean {
  let star = -1;
  let taken = 0;
  let at = 0;
  let i = 0;
  while (i < name.length) {
    if (pattern[at] === "*") {
      star = at++;
      taken = i;
    } else if (at < pattern.length && pattern[at] === name[i]) {
      at++;
      i++;
    } else if (star >= 0 && name[taken] !== ".") {
      at = star + 1;
      i = ++taken;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

/** Decides about a request, or leaves it to others. */
export type Approver = (question: ApprovalQuestion) => Promise<ApprovalVerdict>;

/**
 * The verdict of the first approver that does not leave the request to others; if all do, all that they say. So one controller can serve several signers.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createCertificateRequest, firstVerdict, generateKeyPair } from "kubepki";
 * import type { Approver } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { request } = await createCertificateRequest({ subject: { commonName: "jane" } }, signer);
 * const strangers: Approver = async () => ({ decision: "none", reason: "NotMine", message: "not mine", objections: ["not mine"] });
 * const everybody: Approver = async () => ({ decision: "approve", reason: "Open", message: "Welcome.", objections: [] });
 * const question = { request, signerName: "example.com/a", usages: [], requester: { username: "jane", groups: [] }, expirationSeconds: undefined };
 * assert.equal((await firstVerdict(question, [strangers, everybody])).decision, "approve");
 * assert.deepEqual((await firstVerdict(question, [strangers])).objections, ["not mine"]);
 * ```
 */
export async function firstVerdict(
  question: ApprovalQuestion,
  approvers: readonly Approver[],
): Promise<ApprovalVerdict> {
  const objections: string[] = [];
  for (const approve of approvers) {
    const verdict = await approve(question);
    if (verdict.decision !== "none") return verdict;
    objections.push(...verdict.objections);
  }
  return none(objections);
}
