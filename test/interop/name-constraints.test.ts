/** Name constraints against Go's chain verification: generated constraints on a root, generated names on the leaf below it. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { GeneralName } from "../../src/x509/general-name-values.ts";
import { formatIpPrefix, formatIpAddress } from "../../src/x509/ip-address.ts";
import {
  findConstraintViolation,
  MAX_CONSTRAINT_COMPARISONS,
} from "../../src/x509/name-constraints-match.ts";
import {
  basicConstraints,
  dnsName,
  extendedKeyUsage,
  extension,
  extensionIds,
  ipAddress,
  keyUsage,
  rfc822Name,
  subjectAltName,
  uri,
} from "../support/certificate.ts";
import { ctx, hex, join, seq } from "../support/tlv.ts";
import { isRefused } from "./referee.ts";
import { describeWithReferee } from "./suite.ts";
import { edKey, forge } from "./vectors/forge.ts";

/** A name or constraint as we take it, and its encoding. */
interface Both {
  readonly value: GeneralName;
  readonly der: Uint8Array;
}

const dns = (value: string): Both => ({ value: { type: "dns", value }, der: dnsName(value) });
const email = (value: string): Both => ({ value: { type: "email", value }, der: rfc822Name(value) });
const uniform = (value: string): Both => ({ value: { type: "uri", value }, der: uri(value) });

const labels = fc
  .array(fc.constantFrom("a", "b", "A", "a-b"), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join("."));
const wild = fc.oneof(
  labels,
  labels.map((text) => `*.${text}`),
  fc.constantFrom("*", "a.", ".a", "a b", "a..b"),
);
const domains = fc.oneof(
  labels,
  labels.map((text) => `.${text}`),
  fc.constantFrom("", "*.a", "*.a.b"),
);
const octets = fc
  .oneof(
    fc.array(fc.constantFrom(0, 10, 128, 255), { minLength: 4, maxLength: 4 }),
    fc.array(fc.constantFrom(0, 0, 0xfd), { minLength: 16, maxLength: 16 }),
  )
  .map((list) => new Uint8Array(list));

const mailbox = fc.tuple(fc.constantFrom("a", "A", '"a"', "b"), labels).map((parts) => parts.join("@"));
const uris = fc
  .tuple(
    fc.constantFrom("s://", "https://u@", "s:"),
    fc.oneof(labels, fc.constantFrom("10.0.0.1", "[::1]", "", "a:b")),
    fc.constantFrom("", ":80", "/x"),
  )
  .map((parts) => parts.join(""))
  // We refuse a port without a host; Go lets it pass where only other names are excluded.
  .filter((text) => !text.includes("/:") && !text.includes("@:"));
const names = fc.oneof(
  wild.map(dns),
  fc.oneof(mailbox, fc.constantFrom("a", "a@*.a.b")).map(email),
  uris.map(uniform),
  octets.map((address): Both => ({
    value: { type: "ip", value: formatIpAddress(address) },
    der: ipAddress(address),
  })),
);
const prefixes = fc.tuple(octets, fc.nat(128)).map(([address, number]): Both => {
  const bits = number % (address.length * 8 + 1);
  const mask = new Uint8Array(address.length).map((_, i) => 0xff00 >> Math.min(8, Math.max(0, bits - i * 8)));
  const masked = address.map((octet, i) => octet & mask[i]!);
  return { value: { type: "ip", value: formatIpPrefix(masked, mask)! }, der: ipAddress(join(masked, mask)) };
});
const subtrees = fc.oneof(
  domains.map(dns),
  domains.map(uniform),
  fc.oneof(domains, mailbox).map(email),
  prefixes,
);

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const tree = (tag: number, list: readonly Both[]): Uint8Array =>
  list.length ? ctx(tag, ...list.map(({ der }) => seq(der))) : new Uint8Array();

await describeWithReferee("name constraints", (referee) => {
  const key = edKey("name constraints");

  const askGo = async (
    permitted: readonly Both[],
    excluded: readonly Both[],
    list: readonly Both[],
  ): Promise<boolean> => {
    const rule = extension(extensionIds.nameConstraints, seq(tree(0, permitted), tree(1, excluded)), true);
    const extensions = [keyUsage(hex("04"), 2), basicConstraints(), rule];
    const root = await forge(referee, { subjectName: "root", key, extensions });
    const alternative = subjectAltName(...list.map(({ der }) => der));
    const leaf = await forge(referee, {
      key,
      by: root,
      extensions: [extendedKeyUsage("clientAuth"), alternative],
    });
    const answer = await referee.ask("verify", {
      leaf: base64(leaf.der),
      roots: [base64(root.der)],
      time: 1_735_689_600,
      usages: ["clientAuth"],
    });
    return !isRefused(answer) && answer.ok;
  };

  test("Go decides alike", async () => {
    const seen = { true: 0, false: 0 };
    const some = (maxLength: number): fc.Arbitrary<Both[]> => fc.array(subtrees, { maxLength });
    await fc.assert(
      fc.asyncProperty(
        some(3),
        some(3),
        fc.array(names, { minLength: 1, maxLength: 2 }),
        async (permitted, excluded, list) => {
          if (permitted.length + excluded.length === 0) return;
          const values = (both: readonly Both[]): GeneralName[] => both.map(({ value }) => value);
          const constraints = { permitted: values(permitted), excluded: values(excluded) };
          const violation = findConstraintViolation(constraints, values(list), {
            remaining: MAX_CONSTRAINT_COMPARISONS,
          });
          const ok = violation === undefined;
          seen[`${ok}`]++;
          expect(await askGo(permitted, excluded, list)).toBe(ok);
        },
      ),
      { numRuns: 3000 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(300);
  });
});
