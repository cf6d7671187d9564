/** Rows of `TestCleanerWithApprovedExpiredCSR` and its neighbours in Kubernetes' `cleaner_test.go`. */
import { expect, test } from "vitest";
import { caTemplate, encodePem, generateKeyPair, isRequestOutdated, issueSelfSigned } from "kubepki";
import type { DatedSigningRequest } from "kubepki";

const now = Date.UTC(2030, 0, 10);
const { signer } = await generateKeyPair("ECDSA-P256");
const until = async (time: number): Promise<string> => {
  const validity = { notBefore: new Date(now - 30 * 86_400_000), notAfter: new Date(time) };
  const template = caTemplate({ subject: { commonName: "ca" }, validity });
  const { certificate } = await issueSelfSigned(template, signer, { now: validity.notBefore });
  return btoa(encodePem("CERTIFICATE", certificate.der));
};
const [expired, valid] = await Promise.all([until(now - 1000), until(now + 3_600_000)]);
const ago = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();
const object = (
  created: string | undefined,
  conditions: [string, string | undefined][],
  certificate?: string,
): DatedSigningRequest => ({
  metadata: created === undefined ? {} : { creationTimestamp: created },
  spec: { request: "", signerName: "example.com/a" },
  status: {
    conditions: conditions.map(([type, time]) => ({
      type,
      status: "True",
      ...(time !== undefined && { lastUpdateTime: time }),
    })),
    ...(certificate !== undefined && { certificate }),
  },
});

test.for<[string, DatedSigningRequest, boolean]>([
  ["approved, signed and valid, of now", object(ago(1), [["Approved", ago(50)]], valid), false],
  ["approved, signed and valid, of before", object(ago(1), [["Approved", ago(61)]], valid), true],
  ["approved, signed, expired", object(ago(1), [["Approved", ago(1)]], expired), true],
  ["signed and expired, but never approved", object(ago(1), [["example.com/Seen", ago(1)]], expired), false],
  ["signed with what is no certificate", object(ago(1), [["Approved", ago(1)]], btoa("garbage")), false],
  ["signed with what is no base64", object(ago(1), [["Approved", ago(1)]], "*"), false],
  ["approved and not signed, of now", object(ago(1), [["Approved", ago(61)]]), false],
  ["approved and not signed for a day", object(ago(1), [["Approved", ago(24 * 60 + 1)]]), true],
  ["denied, of now", object(ago(1), [["Denied", ago(59)]]), false],
  ["denied, of before", object(ago(1), [["Denied", ago(61)]]), true],
  [
    "failed, of now",
    object(ago(1), [
      ["Approved", ago(59)],
      ["Failed", ago(59)],
    ]),
    false,
  ],
  [
    "failed, of before",
    object(ago(1), [
      ["Approved", ago(59)],
      ["Failed", ago(61)],
    ]),
    true,
  ],
  ["pending, of now", object(ago(60), []), false],
  ["pending for a day", object(ago(24 * 60 + 1), []), true],
  ["pending, of an unknown time", object(undefined, []), false],
  ["with a condition of somebody's own", object(ago(48 * 60), [["example.com/Seen", ago(48 * 60)]]), false],
  ["denied at an unknown time", object(ago(48 * 60), [["Denied", undefined]]), false],
])("%s", ([, request, outdated]) => {
  expect(isRequestOutdated(request, now)).toBe(outdated);
});

test("dates of client libraries are taken", () => {
  const request = {
    metadata: { creationTimestamp: new Date(now - 25 * 3_600_000) },
    spec: { request: "", signerName: "a.b/c" },
  };
  expect(isRequestOutdated(request, now)).toBe(true);
});
