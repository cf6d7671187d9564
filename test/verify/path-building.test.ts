/** What following a hostile chain costs, in steps: each is a certificate that is looked at, whatever its size. */
import { describe, expect, test } from "vitest";
import { Budget, MAX_PATH_STEPS } from "../../src/verify/budget.ts";
import { CertificatePool } from "../../src/verify/certificate-pool.ts";
import { candidatePaths } from "../../src/verify/path-building.ts";
import { parseCertificate } from "../../src/x509/certificate.ts";
import { basicConstraints, dnsName, subjectAltName } from "../support/certificate.ts";
import { party, signed, signedCa, type Party } from "../support/chain.ts";

const root = party("root");
const rootDer = signedCa(root);
const alice = party("alice");
const parties = (count: number, name: (i: number) => string): Party[] =>
  Array.from({ length: count }, (_, i) => party(name(i), `${name(i)} ${i}`));

/** Walks all paths, as if no signature were known to be wrong. */
function walk(leaf: Uint8Array, intermediates: readonly Uint8Array[], trustAnchors = [rootDer]) {
  const budget = new Budget();
  const cut = { isTooDeep: false, isTooLong: false, isOutOfSteps: false };
  const refused: string[] = [];
  const problem = {
    leaf: parseCertificate(leaf),
    trustAnchors: new CertificatePool(trustAnchors),
    intermediates: new CertificatePool(intermediates),
    maxIntermediates: 8,
    rules: { at: Date.UTC(2026, 5), usages: ["any"], mode: "safe" },
    budget,
    refuse: (_: unknown, { code }: { readonly code: string }) => refused.push(code),
    isRefuted: () => false,
  } as const;
  const paths = candidatePaths(problem, cut);
  const hasPath = paths.next().done === false;
  const first = MAX_PATH_STEPS - budget.steps;
  const others = [...paths];
  return {
    paths: hasPath ? others.length + 1 : 0,
    /** Up to the first path, which is mostly the good one. */
    first,
    steps: Math.min(MAX_PATH_STEPS - budget.steps, MAX_PATH_STEPS),
    cut,
    refused,
  };
}

const manyNames = {
  extensions: [
    basicConstraints(),
    subjectAltName(...Array.from({ length: 400 }, (_, i) => dnsName(`n${i}.example.com`))),
  ],
};

describe("a chain", () => {
  const [upper, lower] = parties(2, (i) => `ca ${i}`) as [Party, Party];
  const chain = [signedCa(upper, root), signedCa(lower, upper)];
  const leaf = signed(alice, lower);

  test("costs a step for each issuer", () => {
    expect(walk(leaf, chain)).toMatchObject({ paths: 1, first: 3 });
  });

  test("costs the same among a thousand strangers", () => {
    const strangers = parties(1000, (i) => `stranger ${i}`).map((stranger) => signedCa(stranger));
    const { first, steps } = walk(leaf, [...strangers, ...chain], [...strangers, rootDer]);
    expect(first).toBe(3);
    expect(steps).toBe(walk(leaf, chain).steps);
  });

  test("is found early beside a mesh that leads nowhere", () => {
    const mesh = parties(6, (i) => (i === 0 ? "ca 1" : `member ${i}`));
    const cross = mesh.flatMap((subject) =>
      mesh.filter((by) => by !== subject).map((by) => signedCa(subject, by)),
    );
    // No more than to look at every certificate twice: to rank it, and to try it.
    expect(walk(leaf, [...cross, ...chain]).first).toBeLessThanOrEqual(2 * (cross.length + chain.length + 1));
  });
});

describe("sixteen CAs of one name, each signed by the name", () => {
  const members = parties(16, () => "root");
  const leaf = signed(alice, members[0]);
  const small = walk(
    leaf,
    members.map((member) => signedCa(member, root)),
  );

  test("are left when the steps are spent", () => {
    expect(small.cut.isOutOfSteps).toBe(true);
    expect(small.steps).toBe(MAX_PATH_STEPS);
    expect(small.paths).toBeLessThan(MAX_PATH_STEPS);
  });

  test("take as many steps with four hundred names each", () => {
    const large = walk(
      leaf,
      members.map((member) => signedCa(member, root, manyNames)),
    );
    expect(large).toEqual(small);
  });

  test("are ranked once for each that asks, not for each path", () => {
    const two = members.slice(0, 2).map((member) => signedCa(member, root));
    // Three children rank two candidates each; the paths are leaf, one of two or both in either order, root.
    expect(walk(leaf, two)).toMatchObject({ paths: 5, cut: { isOutOfSteps: false } });
    expect(walk(leaf, two).steps).toBe(walk(leaf, two.toReversed()).steps);
  });
});

describe("a CA that allows no intermediates below it", () => {
  const lower = parties(8, () => "lower");
  const upper = parties(8, () => "root");
  const leaf = signed(alice, lower[0]);
  const chain = [
    ...lower.map((ca) => signedCa(ca, root)),
    ...upper.map((ca) => signedCa(ca, root, { extensions: [basicConstraints(0)] })),
  ];

  test("ends every path that would go through it, long before the steps are spent", () => {
    const { paths, steps, cut, refused } = walk(leaf, chain);
    expect(paths).toBe(8);
    expect(cut).toMatchObject({ isTooLong: true, isOutOfSteps: false });
    expect(steps).toBeLessThan(MAX_PATH_STEPS / 4);
    expect(new Set(refused)).toEqual(new Set(["ERR_CHAIN_PATH_LENGTH"]));
  });
});
