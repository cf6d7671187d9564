/** What policies of approval are made of. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addressesWithin,
  approveKubeletServing,
  createCertificateRequest,
  generateKeyPair,
  namesLike,
} from "kubepki";
import type { KubeletServingPolicy } from "kubepki";

describe("addresses", () => {
  test.for<[string, string, boolean]>([
    ["192.0.2.0/24", "192.0.2.255", true],
    ["192.0.2.0/24", "192.0.3.0", false],
    ["192.0.2.7/24", "192.0.2.1", true],
    ["192.0.2.0/24", "::ffff:192.0.2.1", true],
    ["0.0.0.0/0", "::1", false],
    ["::/0", "::1", true],
    ["::/0", "192.0.2.1", false],
    ["2001:db8::/33", "2001:db8:7fff::1", true],
    ["2001:db8::/33", "2001:db8:8000::1", false],
    ["192.0.2.1/32", "192.0.2.1", true],
    ["192.0.2.0/24", "no address", false],
  ])("%s, %s: %s", ([subnet, address, isWithin]) => {
    expect(addressesWithin(["10.0.0.0/8", subnet])(address)).toBe(isWithin);
  });

  test("a subnet that is none is a misuse", () => {
    for (const text of ["192.0.2.0", "192.0.2.0/33", "node/8", ""])
      expect(() => addressesWithin([text])).toThrow(TypeError);
    expect(addressesWithin([])("192.0.2.1")).toBe(false);
  });
});

describe("names", () => {
  test.for<[string, string, boolean]>([
    ["node-*", "node-", true],
    ["node-*", "NODE-7", true],
    ["node-*", "node-7.example", false],
    ["*.example", "a.example", true],
    ["*.example", "a.b.example", false],
    ["*.*.example", "a.b.example", true],
    ["a*b*c", "axxbyybzzc", true],
    ["a*b*c", "axxbyybzz", false],
    ["**", "abc", true],
    ["", "", true],
    ["*", "", true],
    ["", "a", false],
    ["a.b", "axb", false],
  ])("%s, %s: %s", ([pattern, name, isLike]) => {
    expect(namesLike([pattern])(name)).toBe(isLike);
  });

  test("mean what the regular expression means", () => {
    const text = fc.array(fc.constantFrom("a", "b", ".", "*"), { maxLength: 8 }).map((list) => list.join(""));
    fc.assert(
      fc.property(text, text, (pattern, name) => {
        const source = pattern.replaceAll(".", "\\.").replaceAll("*", "[^.]*");
        expect(namesLike([pattern])(name)).toBe(new RegExp(`^${source}$`).test(name));
      }),
      { numRuns: 5000 },
    );
  });

  test("of many stars take no more steps than the product of the lengths", () => {
    // As a regular expression, this one takes longer than anybody lives.
    expect(namesLike(["a*".repeat(500) + "b"])("a".repeat(5000))).toBe(false);
  });
});

describe("the policy for serving certificates", () => {
  async function objections(
    names: { dnsNames?: string[]; ipAddresses?: string[] },
    more: Partial<KubeletServingPolicy>,
  ) {
    const { signer } = await generateKeyPair("ECDSA-P256");
    const subject = { commonName: "system:node:n1", organizations: ["system:nodes"] };
    const { request } = await createCertificateRequest({ subject, ...names }, signer);
    const verdict = await approveKubeletServing(
      {
        request,
        signerName: "kubernetes.io/kubelet-serving",
        usages: ["digital signature", "server auth"],
        requester: { username: "system:node:n1", groups: ["system:nodes"] },
        expirationSeconds: undefined,
      },
      {
        findNode: async (name) => ({ name, addresses: [{ type: "InternalIP", address: "192.0.2.1" }] }),
        allowsAddress: addressesWithin(["192.0.2.0/24"]),
        reservedNames: [],
        ...more,
      },
    );
    return verdict.objections;
  }

  test("bounds the names of nodes", async () => {
    expect(await objections({ dnsNames: ["n1"] }, { allowsNode: namesLike(["n*"]) })).toEqual([]);
    expect(await objections({ dnsNames: ["n1"] }, { allowsNode: namesLike(["m*"]) })).toEqual([
      "no node may have the name n1",
    ]);
  });

  test("bounds how many names there are", async () => {
    const both = { dnsNames: ["n1"], ipAddresses: ["192.0.2.1"] };
    expect(await objections(both, { maxNames: 2 })).toEqual([]);
    expect(await objections(both, { maxNames: 1 })).toEqual([
      "2 names and addresses are wanted, at most 1 are allowed",
    ]);
  });
});
