import { describe, expect, test } from "vitest";
import {
  authenticateBootstrapToken,
  bootstrapTokenSecret,
  parseBootstrapToken,
  validateBootstrapTokenSecret,
} from "kubepki";
import type { BootstrapTokenSecret } from "kubepki";

const text = "abcdef.0123456789abcdef";
const now = new Date("2026-07-01T00:00:00Z");
const expiration = new Date("2026-07-02T00:00:00Z");
const good = bootstrapTokenSecret({ token: parseBootstrapToken(text), expiration });
const withData = (values: Record<string, string | undefined>): BootstrapTokenSecret => {
  const data: Record<string, string> = { ...good.data };
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) delete data[key];
    else data[key] = btoa(value);
  }
  return { ...good, data };
};
const withMetadata = (metadata: object): BootstrapTokenSecret => ({
  ...good,
  metadata: { ...good.metadata, ...metadata },
});
const kubeadm = "system:bootstrappers:kubeadm:default-node-token";

describe("the Secret of a bootstrap token", () => {
  test("is what kubeadm makes", () => {
    const values = Object.entries(good.data).map(([key, value]) => [key, atob(value)]);
    expect(Object.fromEntries(values)).toEqual({
      "token-id": "abcdef",
      "token-secret": "0123456789abcdef",
      expiration: "2026-07-02T00:00:00Z",
      "usage-bootstrap-authentication": "true",
      "usage-bootstrap-signing": "true",
      "auth-extra-groups": kubeadm,
    });
    expect(good).toMatchObject({
      metadata: { name: "bootstrap-token-abcdef", namespace: "kube-system" },
      type: "bootstrap.kubernetes.io/token",
    });
  });

  test("is not made of what is no token", () => {
    const token = { id: "abcdef", secret: "short" };
    expect(() => bootstrapTokenSecret({ token, expiration })).toThrow("5 characters");
  });

  test("lets its holder in, with groups that are sorted and there once", () => {
    expect(authenticateBootstrapToken(text, good, now)).toEqual({
      username: "system:bootstrap:abcdef",
      groups: ["system:bootstrappers", kubeadm, "system:authenticated"],
      extra: {},
    });
    const more = withData({
      "auth-extra-groups": "system:bootstrappers:b,system:bootstrappers:a,system:bootstrappers:b",
    });
    expect(authenticateBootstrapToken(text, more, now)?.groups).toEqual([
      "system:bootstrappers",
      "system:bootstrappers:a",
      "system:bootstrappers:b",
      "system:authenticated",
    ]);
    expect(authenticateBootstrapToken(text, withData({ "auth-extra-groups": "" }), now)?.groups).toHaveLength(
      2,
    );
  });

  test.each([
    "abcdef.0123456789abcdee",
    "abcdeg.0123456789abcdef",
    "abcdef.0123456789abcde",
    "",
    `${text}\n`,
  ])("lets nobody in with the token %j", (other) => {
    expect(authenticateBootstrapToken(other, good, now)).toBeUndefined();
  });

  const groups = (value: string) => withData({ "auth-extra-groups": value });
  test.each<[string, BootstrapTokenSecret, string[]]>([
    ["nothing", good, []],
    ["a time zone", withData({ expiration: "2026-07-01T01:00:00-02:00" }), []],
    ["fractions of a second", withData({ expiration: "2026-07-01T00:00:00.001Z" }), []],
    ["no signing", withData({ "usage-bootstrap-signing": undefined }), []],
    ["the longest group", groups(`system:bootstrappers:${"a".repeat(256)}`), []],
    ["no expiration", withData({ expiration: undefined }), ["ENDLESS"]],
    ["another namespace", withMetadata({ namespace: "default" }), ["NAME"]],
    ["another name", withMetadata({ name: "bootstrap-token-abcdeg" }), ["NAME"]],
    ["a deletion", withMetadata({ deletionTimestamp: "2026-06-30T00:00:00Z" }), ["NAME"]],
    ["another type", { ...good, type: "Opaque" }, ["TYPE"]],
    ["another id", withData({ "token-id": "abcdeg" }), ["NAME"]],
    ["a short secret", withData({ "token-secret": "0123" }), ["TOKEN"]],
    ["an end that is now", withData({ expiration: "2026-07-01T00:00:00Z" }), ["EXPIRED"]],
    ["an end that is no time", withData({ expiration: "tomorrow" }), ["EXPIRED"]],
    ["an end without a zone", withData({ expiration: "2026-07-02T00:00:00" }), ["EXPIRED"]],
    ["an end on a day that is none", withData({ expiration: "2026-07-32T00:00:00Z" }), ["EXPIRED"]],
    ["an end on February 30", withData({ expiration: "2027-02-30T00:00:00Z" }), ["EXPIRED"]],
    ["an end at 24 o'clock", withData({ expiration: "2027-02-01T24:00:00Z" }), ["EXPIRED"]],
    ["an end at second 60", withData({ expiration: "2027-02-01T00:00:60Z" }), ["EXPIRED"]],
    ["no log-in", withData({ "usage-bootstrap-authentication": undefined }), ["USAGE"]],
    ["log-in in capitals", withData({ "usage-bootstrap-authentication": "True" }), ["USAGE"]],
    ["a group of others", groups("system:masters"), ["GROUP"]],
    ["a group with a colon at its end", groups("system:bootstrappers:a:"), ["GROUP"]],
    ["a group with capitals", groups("system:bootstrappers:A"), ["GROUP"]],
    ["an empty group", groups("system:bootstrappers:a,"), ["GROUP"]],
    ["a group with a space", groups("system:bootstrappers:a, system:bootstrappers:b"), ["GROUP"]],
    ["too long a group", groups(`system:bootstrappers:${"a".repeat(257)}`), ["GROUP"]],
    ["no data at all", { metadata: good.metadata, type: good.type }, ["NAME", "TOKEN", "ENDLESS", "USAGE"]],
    ["nothing at all", {}, ["NAME", "NAME", "TYPE", "TOKEN", "ENDLESS", "USAGE"]],
  ])("with %s", (_, secret, codes) => {
    const findings = validateBootstrapTokenSecret(secret, now);
    expect(findings.map(({ code }) => code)).toEqual(codes.map((code) => `FINDING_BOOTSTRAP_SECRET_${code}`));
    const letsIn = findings.every(({ severity }) => severity === "warning");
    expect(authenticateBootstrapToken(text, secret, now) !== undefined).toBe(letsIn);
    expect(JSON.stringify(findings)).not.toContain("0123");
  });

  test("is read without the help of Object's own properties", () => {
    expect(
      validateBootstrapTokenSecret({ ...good, data: { __proto__: good.data } as never }, now),
    ).not.toEqual([]);
  });
});
